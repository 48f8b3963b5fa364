"""Histograms show each class's pixels, and precision against recall shows each curve's best F."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from classicseg import threshold_segment
from classicseg.extras.plot import histogram_with_thresholds, precision_recall_plot
from classicseg.extras.plot.colors import label_colors

pytest.importorskip("matplotlib")

from matplotlib.figure import Figure
from matplotlib.patches import StepPatch

IMAGE = np.random.default_rng(0).integers(0, 101, (20, 30))


def fills(axes) -> list[StepPatch]:
    return [patch for patch in axes.patches if isinstance(patch, StepPatch) and patch.get_fill()]


def numbers_above(axes) -> list[str]:
    (top,) = axes.child_axes
    return [label.get_text() for label in top.get_xticklabels()]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
def test_each_class_has_its_pixels_in_its_color(dtype: type) -> None:
    image = IMAGE.astype(dtype)
    axes = histogram_with_thresholds(image, [20, 50.0])
    labels = threshold_segment(image, thresholds=[20, 50.0])
    for number, patch in enumerate(fills(axes), start=1):
        counts, edges, _ = patch.get_data()
        assert counts.sum() == (labels == number).sum()
        assert_array_equal(np.diff(edges), 1)
        assert_allclose(patch.get_facecolor()[:3], label_colors(number))
    assert [line.get_xdata()[0] for line in axes.lines] == [20, 50]
    assert numbers_above(axes) == ["20", "50"]
    assert axes.get_yscale() == "linear"


def test_a_bin_that_a_threshold_divides_is_as_high_on_both_sides() -> None:
    values = np.random.default_rng(0).normal(size=(40, 50))
    low, high = (patch.get_data() for patch in fills(histogram_with_thresholds(values, 0.123456789)))
    counts, edges = np.histogram(values, 256)
    split = np.searchsorted(edges, 0.123456789) - 1
    assert low.edges[-1] == high.edges[0] == 0.123456789
    assert low.values[-1] == high.values[0] == counts[split]
    assert_array_equal(np.concatenate([low.values, high.values[1:]]), counts)


def test_wide_ranges_have_bins_of_whole_numbers() -> None:
    image = np.arange(3000, dtype=np.uint16).reshape(50, 60)
    (patch,) = fills(histogram_with_thresholds(image, []))
    counts, edges, _ = patch.get_data()
    assert_array_equal(np.diff(edges), 12)
    assert_array_equal(counts, 12)
    assert edges[0] == 0


def test_what_takes_no_part_is_not_counted() -> None:
    image = IMAGE.astype(float)
    image[0] = np.nan
    axes = histogram_with_thresholds(image, 30, mask=IMAGE != 7)
    assert sum(patch.get_data().values.sum() for patch in fills(axes)) == (IMAGE[1:] != 7).sum()


def test_colors_and_volumes() -> None:
    red = np.dstack([IMAGE, IMAGE * 0, IMAGE * 0])
    edges = fills(histogram_with_thresholds(red, 0.5))[-1].get_data().edges
    assert edges[-1] == pytest.approx(0.2125 * IMAGE.max())
    volume = histogram_with_thresholds(np.stack([IMAGE] * 5), 50, channel_axis=None)
    assert sum(patch.get_data().values.sum() for patch in fills(volume)) == 5 * IMAGE.size


def test_a_tower_makes_the_scale_logarithmic() -> None:
    image = np.where(IMAGE < 60, 0, IMAGE)
    axes = histogram_with_thresholds(image, 50)
    assert axes.get_yscale() == "log"
    assert 0 < axes.get_ylim()[0] < np.bincount(image[image > 0])[60:].min()


def test_thresholds_beyond_the_values_and_crowded_ones() -> None:
    axes = histogram_with_thresholds(IMAGE.astype(np.uint8), [-50, 40, 41, 300])
    assert axes.get_xlim()[0] < -50
    assert axes.get_xlim()[1] > 300
    assert len(fills(axes)) == 3  # the first and the last class are empty
    (top,) = axes.child_axes
    assert {label.get_rotation() for label in top.get_xticklabels()} == {90}
    assert numbers_above(histogram_with_thresholds(IMAGE, 33.333333)) == ["33.333"]


@pytest.mark.parametrize("value", [7, 0.3, -1e30, 1e100, 2.0**60])
def test_a_constant_image_has_one_bin(value: float) -> None:
    axes = histogram_with_thresholds(np.full((3, 4), value), value)
    (patch,) = fills(axes)[-1:]
    assert patch.get_data().values.max() == 12
    axes.figure.savefig(io.BytesIO(), format="png", dpi=20)


def test_values_too_near_for_bins() -> None:
    assert fills(histogram_with_thresholds([[0.3, np.nextafter(0.3, 1)]], []))[0].get_data().values.max() == 2


def test_the_histogram_is_drawn_where_it_is_told() -> None:
    axes = Figure().add_subplot()
    assert histogram_with_thresholds(IMAGE, 3, ax=axes) is axes


def test_mistakes_in_a_histogram_are_named() -> None:
    for thresholds, error, message in [
        ([3, 2], ValueError, "strictly ascending"),
        ([3, 3], ValueError, "strictly ascending"),
        (np.nan, ValueError, "thresholds is nan"),
        ("otsu", TypeError, "thresholds is 'otsu'"),
    ]:
        with pytest.raises(error, match=message):
            histogram_with_thresholds(IMAGE, thresholds)
    with pytest.raises(ValueError, match="no pixel"):
        histogram_with_thresholds(IMAGE, 3, mask=np.zeros(IMAGE.shape, bool))


def legend(axes) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_the_legend_has_the_best_measures_best_first() -> None:
    recall, precision = np.linspace(0, 1, 11), np.linspace(1, 0, 11)
    axes = precision_recall_plot({"line": (recall, precision), "none": (0, 0), "point": ([0.8], [0.8])})
    assert legend(axes) == ["point (F 0.80)", "line (F 0.50)", "none (F 0.00)"]
    line, none, point = axes.lines[-3:]
    assert_array_equal(line.get_xdata(), recall)
    assert_array_equal(line.get_ydata(), precision)
    assert line.get_markevery() == [5]
    assert line.get_linestyle() == "-"
    assert (none.get_linestyle(), point.get_linestyle()) == ("None", "None")
    assert len({tuple(drawn.get_color()) for drawn in (line, none, point)}) == 3
    assert len({drawn.get_marker() for drawn in (line, none, point)}) == 3


def test_lines_of_equal_measure_and_the_square() -> None:
    axes = precision_recall_plot({"a": (0.5, 0.5)})
    for measure, line in zip(np.arange(1, 10) / 10, axes.lines[:9], strict=True):
        recall, precision = line.get_data()
        assert_allclose(2 * recall * precision / (recall + precision), measure)
        assert (recall[0], precision[-1]) == (1, 1)
    (right,) = axes.child_axes
    assert [label.get_text() for label in right.get_yticklabels()] == [f"0.{n}" for n in range(1, 10)]
    assert_allclose(right.get_yticks(), [line.get_ydata()[0] for line in axes.lines[:9]])
    assert (axes.get_xlim(), axes.get_ylim(), axes.get_aspect()) == ((0, 1), (0, 1), 1)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("recall", "precision")


def test_curves_are_drawn_where_they_are_told() -> None:
    axes = Figure().add_subplot()
    assert precision_recall_plot({"a": (0.5, 0.5)}, ax=axes) is axes


def test_many_curves_take_turns_in_style() -> None:
    axes = precision_recall_plot({str(n): ([0.1, n / 10], [0.9, 0.5]) for n in range(10)})
    assert len({tuple(line.get_color()) for line in axes.lines[9:]}) == 10
    assert len({line.get_marker() for line in axes.lines[9:]}) == 5


def test_mistakes_in_curves_are_named() -> None:
    for curve, error, message in [
        (0.5, TypeError, "is no pair"),
        ((0.5, 0.5, 0.5), TypeError, "is no pair"),
        (("a", "b"), TypeError, "holds no numbers"),
        (([0.1, 0.2], [0.3]), ValueError, r"shape \(2,\) and precision of shape \(1,\)"),
        (([], []), ValueError, "one axis of equal length"),
        ((1.2, 0.5), ValueError, "recall from 1.2"),
        (([0.5, 0.6], [0.5, np.nan]), ValueError, "precision from nan.*leave out"),
    ]:
        with pytest.raises(error, match=message):
            precision_recall_plot({"Canny": curve})
    with pytest.raises(ValueError, match="curves is empty"):
        precision_recall_plot({})
