"""Lines of a segmentation on its image: where they run, and which of them a truth has too."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from classicseg.extras.plot import boundaries_plot
from classicseg.extras.plot.boundaries import _AGREED, _FOUND, _MISSED
from classicseg.extras.plot.slices import as_bytes

pytest.importorskip("matplotlib")

BLACK = np.zeros((7, 9))
HALVES = np.repeat([[1, 1, 1, 1, 2, 2, 2, 2, 2]], 7, 0)
AGREED, FOUND, MISSED = (tuple(as_bytes(color).tolist()) for color in (_AGREED, _FOUND, _MISSED))


def lines(axes, color=FOUND) -> np.ndarray:
    return (axes.images[0].get_array() == color).all(axis=-1)


def test_lines_run_where_labels_differ() -> None:
    axes = boundaries_plot(BLACK, HALVES)
    expected = np.zeros(BLACK.shape, bool)
    expected[:, 3] = True
    np.testing.assert_array_equal(lines(axes), expected)
    assert axes.get_legend() is None
    assert not axes.axison


def test_an_edge_map_is_drawn_as_it_is() -> None:
    edges = np.eye(7, 9, dtype=bool)
    np.testing.assert_array_equal(lines(boundaries_plot(BLACK, edges)), edges)
    assert not lines(boundaries_plot(BLACK, np.zeros_like(edges))).any()
    np.testing.assert_array_equal(lines(boundaries_plot(BLACK, HALVES > 1)), HALVES > 1)


def test_the_image_is_grey_and_darker_than_lines() -> None:
    colors = np.dstack([np.linspace(0, 255, 63).reshape(7, 9)] * 2 + [BLACK])
    shown = boundaries_plot(colors, np.ones((7, 9), int)).images[0].get_array()
    assert (shown == shown[..., :1]).all()
    assert 0 < shown.max() < 190
    wide = boundaries_plot(np.moveaxis(colors, -1, 0), np.ones((7, 9), int), channel_axis=0)
    np.testing.assert_array_equal(wide.images[0].get_array(), shown)


EDGES = arrays(bool, (5, 6), elements=st.sampled_from([False, False, True]))


@given(found=EDGES, truth=EDGES)
def test_what_agrees_within_a_pixel(found: np.ndarray, truth: np.ndarray) -> None:
    axes = boundaries_plot(np.zeros(found.shape), found, truth=truth)
    for row, column in np.ndindex(found.shape):
        window = np.s_[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
        expected = None
        if found[row, column]:
            expected = AGREED if truth[window].any() else FOUND
        elif truth[row, column] and not found[window].any():
            expected = MISSED
        for color in (AGREED, FOUND, MISSED):
            assert lines(axes, color)[row, column] == (color == expected)


def test_several_truths_and_labels_as_truth() -> None:
    thirds = np.repeat([[1, 1, 1, 2, 2, 2, 3, 3, 3]], 7, 0)
    nothing = np.zeros(BLACK.shape, int)
    for truth in ([thirds, nothing], (nothing, thirds > 9, thirds), thirds, thirds.tolist()):
        axes = boundaries_plot(BLACK, HALVES, truth=truth)
        assert lines(axes, MISSED)[:, 5].all()  # one third's end; the other is beside the halves'
        assert lines(axes, AGREED)[:, 3].all()
        assert not lines(axes, FOUND).any()
    legend = axes.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [
        "both, within one pixel",
        "found only",
        "truth only",
    ]
    colors = [tuple(np.rint(255 * np.array(patch.get_facecolor()[:3])).tolist()) for patch in legend.get_patches()]
    assert colors == [AGREED, FOUND, MISSED]


def test_a_volume_shows_its_middle_slice() -> None:
    labels = np.stack([HALVES * 0, HALVES, HALVES * 0])
    plane = boundaries_plot(BLACK, HALVES, truth=HALVES)
    for truth in (labels, [labels]):
        axes = boundaries_plot(np.stack([BLACK] * 3), labels, truth=truth)
        np.testing.assert_array_equal(axes.images[0].get_array(), plane.images[0].get_array())


def test_lines_of_a_large_image_are_wider() -> None:
    labels = np.repeat([1, 2], 1050)[np.newaxis].repeat(20, 0)
    assert lines(boundaries_plot(np.zeros(labels.shape), labels)).sum(axis=1).tolist() == [3] * 20


def test_it_draws_where_it_is_told() -> None:
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    assert boundaries_plot(BLACK, HALVES, truth=HALVES, ax=axes) is axes
    assert lines(axes, AGREED).any()


def test_mistakes_are_named() -> None:
    for labels, truth, message in [
        (HALVES[1:], None, "boundaries_or_labels has shape"),
        (HALVES, HALVES[1:], "truth has shape"),
        (HALVES, [HALVES, HALVES[1:]], r"truth\[1\] has shape"),
        (HALVES, [], "truth is an empty sequence"),
    ]:
        with pytest.raises((TypeError, ValueError), match=message):
            boundaries_plot(BLACK, labels, truth=truth)
    with pytest.raises(TypeError, match="boundaries_or_labels has dtype"):
        boundaries_plot(BLACK, HALVES / 2)
