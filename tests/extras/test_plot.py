"""An overlay shows each segment in its own color over the image, whatever the image's dtype and dimensions."""

from __future__ import annotations

import doctest
import subprocess
import sys

import numpy as np
import pytest

from classicseg.extras import plot
from classicseg.extras.plot import (
    boundaries_plot,
    compare_sheet,
    histogram_with_thresholds,
    overlay,
    overlay_image,
    precision_recall_plot,
)

LABELS = np.repeat(np.repeat(np.arange(1, 5, dtype=np.int32).reshape(2, 2), 20, 0), 30, 1)
IMAGE = np.add.outer(np.arange(40), np.arange(60))


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.int16, np.float32, np.float64])
def test_shape_and_dtype(dtype: type) -> None:
    image = IMAGE.astype(dtype)
    for pixels, channel_axis in [(image, None), (np.stack([image] * 3, -1), "auto"), (np.stack([image] * 5), 0)]:
        picture = overlay_image(pixels, LABELS, channel_axis=channel_axis)
        assert picture.shape == (40, 60, 3)
        assert picture.dtype == np.uint8


def test_colors_depend_on_the_label_alone_and_differ_from_their_neighbors() -> None:
    flat = np.ones((1, 999))
    labels = np.arange(999).reshape(1, -1)

    def colors(names: np.ndarray) -> np.ndarray:
        return overlay_image(np.ones((*names.shape, 1)).repeat(3, -1), names)[..., :].astype(int)

    wide = overlay_image(flat.repeat(3, 0).repeat(3, 1), labels.repeat(3, 0).repeat(3, 1))[0, ::3].astype(int)
    np.testing.assert_array_equal(wide[7], colors(np.full((3, 3), 7))[1, 1])
    for distance in (1, 2, 3):
        assert np.abs(wide[1 + distance :] - wide[1:-distance]).sum(axis=1).min() > 30


def test_what_is_not_assigned_keeps_its_grey() -> None:
    labels = np.where(LABELS == 1, 0, LABELS)
    picture = overlay_image(IMAGE, labels)
    unassigned = picture[1:18, 1:28]
    assert (unassigned == unassigned[..., :1]).all()
    assert (picture[25, 10] != picture[25, 10, 0]).any()


def test_lines_stand_between_segments() -> None:
    picture = overlay_image(np.zeros((40, 60)), LABELS)
    assert picture[19].min() >= 200
    assert picture[:, 29].min() >= 200
    assert picture[5, 5].min() < 100


def test_values_are_stretched_and_holes_are_black() -> None:
    image = 1000 + IMAGE / 1000
    image[0, 0], image[0, 1] = np.nan, np.inf
    picture = overlay_image(image, np.zeros((40, 60), int))
    assert picture[0, 0].max() == 0
    assert picture.min() == 0
    assert picture.max() == 255
    assert overlay_image(np.full((4, 4), np.nan), np.ones((4, 4), int)).shape == (4, 4, 3)


def test_a_volume_shows_its_middle_slice() -> None:
    volume, labels = np.stack([IMAGE] * 5), np.stack([np.zeros_like(LABELS)] * 2 + [LABELS] + [LABELS * 0] * 2)
    np.testing.assert_array_equal(overlay_image(volume, labels), overlay_image(IMAGE, LABELS))


def test_labels_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="spatial shape"):
        overlay_image(IMAGE, LABELS[1:])


def test_inputs_stay_as_they_were() -> None:
    image, labels = IMAGE.copy(), LABELS.copy()
    overlay_image(image, labels)
    np.testing.assert_array_equal(image, IMAGE)
    np.testing.assert_array_equal(labels, LABELS)


def test_a_sheet_has_a_panel_for_each_method_the_image_and_the_truth() -> None:
    pytest.importorskip("matplotlib")
    found = {"quarters": LABELS, "halves": (LABELS > 2) + 1, "none": LABELS * 0}
    titles = [axes.get_title() for axes in compare_sheet(IMAGE, found)]
    assert titles == ["image", "quarters: 4 segments", "halves: 2 segments", "none: 0 segments"]
    axes = compare_sheet(IMAGE, found, truth=LABELS, scores={"halves": "IoU 0.50"})
    titles = [panel.get_title() for panel in axes]
    assert titles == ["image", "truth", "quarters: 4 segments", "halves: IoU 0.50", "none: 0 segments"]
    np.testing.assert_array_equal(axes[1].images[0].get_array(), overlay_image(IMAGE, LABELS))
    with pytest.raises(ValueError, match="segmentations are empty"):
        compare_sheet(IMAGE, {})


@pytest.mark.parametrize(
    ("n", "grid"), [(1, (1, 2)), (2, (1, 3)), (3, (1, 4)), (4, (2, 3)), (5, (2, 3)), (7, (2, 4))]
)
def test_a_sheet_has_few_gaps(n: int, grid: tuple[int, int]) -> None:
    axes = compare_sheet(IMAGE, {str(k): LABELS for k in range(n)})
    assert axes[0].get_gridspec().get_geometry() == grid


def test_an_overlay_is_drawn_where_it_is_to_be() -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure()
    own = figure.add_subplot()
    assert overlay(IMAGE, LABELS, ax=own) is own
    np.testing.assert_array_equal(own.images[0].get_array(), overlay_image(IMAGE, LABELS))
    assert overlay(IMAGE, LABELS).figure is not figure


def test_boundaries_are_drawn_by_what_is_true_of_them() -> None:
    image = np.zeros((20, 30))
    truth, found = np.zeros((2, 20, 30), bool)
    truth[5, :], found[6, :20], found[15, :] = True, True, True
    axes = boundaries_plot(image, found, truth=truth)
    picture = axes.images[0].get_array()
    hit, wrong, missed = picture[6, 3], picture[15, 3], picture[5, 28]
    assert (picture[6, :20] == hit).all()
    assert (picture[15] == wrong).all()
    assert (picture[5, 23:] == missed).all()
    assert not picture[5, :18].any()
    assert len({tuple(color) for color in (hit, wrong, missed)}) == 3
    assert (boundaries_plot(image, found).images[0].get_array()[15] == wrong).all()
    several = boundaries_plot(image, found, truth=[truth, found]).images[0].get_array()
    assert (several[15] == hit).all()


def test_labels_are_drawn_by_their_boundaries() -> None:
    picture = boundaries_plot(np.zeros((40, 60)), LABELS).images[0].get_array()
    lines = picture.any(axis=-1)
    assert 0 < lines.mean() < 0.1
    with pytest.raises(ValueError, match="labels have shape"):
        boundaries_plot(IMAGE, LABELS[1:])


def test_a_histogram_is_parted_by_its_thresholds() -> None:
    image = np.array([[0, 1, 1, 5, 6, 6, 6, 9]])
    axes = histogram_with_thresholds(image, [3, 8])
    assert [line.get_xdata()[0] for line in axes.lines] == [3, 8]
    assert [text.get_text() for text in axes.texts] == ["3", "8"]
    heights = [patch.get_height() for patch in axes.patches]
    assert heights == [1, 2, 0, 0, 0, 1, 3, 0, 0, 1]
    assert len({patch.get_facecolor() for patch in axes.patches}) == 3
    floats = histogram_with_thresholds(np.linspace(0, 1, 1000).reshape(10, 100), 0.5)
    assert len(floats.patches) == 256
    deep = histogram_with_thresholds(np.arange(65536).reshape(256, 256), 7)
    assert {patch.get_height() for patch in deep.patches} == {256}
    with pytest.raises(ValueError, match="no pixel takes part"):
        histogram_with_thresholds(image, 3, mask=image > 10)
    with pytest.raises(ValueError, match="thresholds is nan"):
        histogram_with_thresholds(image, np.nan)


def test_curves_are_named_with_their_best_f() -> None:
    axes = precision_recall_plot({"one": ([0.8, 0.6], [0.4, 0.6]), "point": (0.5, 0.7)})
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["one (F 0.60)", "point (F 0.58)"]
    assert [line.get_marker() for line in axes.lines][-2:] == ["None", "o"]
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 1), (0, 1))
    for line, f in zip(axes.lines, np.arange(1, 10) / 10, strict=False):
        recall, precision = line.get_data()
        np.testing.assert_allclose(2 * recall * precision / (recall + precision), f)


@pytest.mark.parametrize(
    ("curves", "message"),
    [
        ({}, "curves are empty"),
        ({"a": ([0.1], [0.1, 0.2])}, "a has 1 recalls and 2 precisions"),
        ({"a": ([], [])}, "a has 0 recalls"),
        ({"a": ([1.2], [0.5])}, "a has values outside 0 to 1"),
        ({"a": ([np.nan], [0.5])}, "a has values outside 0 to 1"),
    ],
)
def test_curves_that_cannot_be_are_refused(curves: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        precision_recall_plot(curves)


@pytest.mark.parametrize("name", plot.__all__)
def test_the_example_of_each_function_runs(name: str) -> None:
    pytest.importorskip("matplotlib")
    (test,) = doctest.DocTestFinder(recurse=False).find(getattr(plot, name), name, globs={})
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0


def test_matplotlib_waits_until_a_sheet_is_drawn() -> None:
    code = "import sys, classicseg.extras.plot; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
