"""Active contours beside scikit-image's steps, and where edges hold them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from skimage.segmentation import morphological_geodesic_active_contour, morphsnakes

from classicseg import active_contour_segment, gradient_magnitude


@pytest.fixture(autouse=True)
def _first_order_of_smoothing(monkeypatch):
    """scikit-image alternates the two orders over all calls of a process; here each call begins with the first."""
    both = [
        lambda u: morphsnakes.sup_inf(morphsnakes.inf_sup(u)),
        lambda u: morphsnakes.inf_sup(morphsnakes.sup_inf(u)),
    ]
    monkeypatch.setattr(morphsnakes, "_curvop", morphsnakes._fcycle(both))


def scene():
    image = np.zeros((60, 70)) + np.random.default_rng(0).normal(0, 0.5, (60, 70))
    image[20:40, 22:48] += 20
    return image


@pytest.mark.parametrize("balloon", [-1, 0, 1])
@pytest.mark.parametrize(("smoothing", "n_steps"), [(0, 3), (1, 1), (1, 6), (2, 4)])
def test_steps_are_those_of_scikit_image_away_from_the_border(balloon, smoothing, n_steps):
    image, start = scene(), np.zeros((60, 70), bool)
    start[15:45, 17:53] = True
    strengths, threshold = gradient_magnitude(image, sigma=1), 1.0
    expected = morphological_geodesic_active_contour(
        -strengths, n_steps, start.astype(np.int8), smoothing=smoothing, threshold=-threshold, balloon=balloon
    )
    options = {"sigma": 1, "threshold": threshold, "max_iter": n_steps, "smoothing": smoothing}
    assert_array_equal(active_contour_segment(image, init=start, balloon=balloon, **options) - 1, expected)


@pytest.mark.parametrize(("balloon", "init"), [(-1, "inner"), (1, [[28, 32], [30, 34]])])
def test_edges_hold_the_contour_from_either_side(balloon, init):
    truth = np.zeros((60, 70), bool)
    truth[20:40, 22:48] = True
    inside = active_contour_segment(scene(), init=init, balloon=balloon, sigma=1, threshold=1) == 2
    assert (inside & truth).sum() / (inside | truth).sum() > 0.9


def test_without_edges_nothing_is_left_or_all_is_filled():
    assert_array_equal(active_contour_segment(np.zeros((9, 9))), 1)
    assert_array_equal(active_contour_segment(np.zeros((9, 9)), balloon=1, init=[[4, 5], [4, 5]]), 1)
    assert_array_equal(active_contour_segment([[3]]), [[1]])
    mask = np.zeros((4, 4), bool)
    assert_array_equal(active_contour_segment(np.zeros((4, 4)), mask=mask), 0)


def test_spacing_counts():
    image = np.repeat(scene(), 2, axis=1)
    wide = active_contour_segment(scene(), sigma=2, threshold=1)
    assert_array_equal(active_contour_segment(scene(), sigma=4, threshold=0.5, spacing=2), wide)
    fine = active_contour_segment(image, sigma=2, threshold=1, spacing=(1, 0.5))
    assert abs((fine == 2).sum() / 2 - (wide == 2).sum()) < 0.1 * (wide == 2).sum()


def test_what_is_refused():
    image = np.zeros((4, 5))
    for options, error, text in [
        ({"init": "grid"}, ValueError, "init is 'grid'; expected labels, a box or 'inner'"),
        ({"balloon": 2}, ValueError, "balloon is 2"),
        ({"threshold": -1}, ValueError, "threshold is -1"),
        ({"sigma": np.nan}, ValueError, "sigma is nan"),
    ]:
        with pytest.raises(error, match=text):
            active_contour_segment(image, **options)
