"""Chan and Vese's segmentation beside scikit-image's steps, and by the means of its sides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from skimage.segmentation import morphological_chan_vese, morphsnakes
from strategies import scenes

from classicseg import chan_vese_segment


@pytest.fixture(autouse=True)
def _first_order_of_smoothing(monkeypatch):
    """scikit-image alternates the two orders over all calls of a process; here each call begins with the first."""
    both = [
        lambda u: morphsnakes.sup_inf(morphsnakes.inf_sup(u)),
        lambda u: morphsnakes.inf_sup(morphsnakes.sup_inf(u)),
    ]
    monkeypatch.setattr(morphsnakes, "_curvop", morphsnakes._fcycle(both))


def disk_in(shape, center, radius, rng=None, noise=0):
    image = np.where(np.hypot(*(i - c for i, c in zip(np.indices(shape), center, strict=True))) < radius, 200, 60)
    return (image + (rng.integers(0, noise, shape) if noise else 0)).astype(np.uint8)


@pytest.mark.parametrize("smoothing", [0, 1, 2, 3])
@pytest.mark.parametrize("n_steps", [1, 2, 7])
def test_steps_are_those_of_scikit_image_away_from_the_border(smoothing, n_steps):
    image = disk_in((60, 70), (30, 33), 14, np.random.default_rng(0), 90)
    start = disk_in((60, 70), (28, 36), 12) > 100
    expected = morphological_chan_vese(
        image.astype(float), n_steps, start.astype(np.int8), smoothing=smoothing, lambda1=1.0, lambda2=1.5
    )
    found = chan_vese_segment(image, init=start, smoothing=smoothing, max_iter=n_steps, outside_weight=1.5)
    assert_array_equal(found - 1, expected)


def test_volumes_are_those_of_scikit_image_too():
    rng = np.random.default_rng(1)
    image = np.full((16, 18, 17), 50) + rng.integers(0, 40, (16, 18, 17))
    image[5:11, 5:12, 5:12] += 100
    start = np.zeros(image.shape, bool)
    start[4:10, 5:10, 6:13] = True
    expected = morphological_chan_vese(image.astype(float), 5, start.astype(np.int8), smoothing=1)
    assert_array_equal(chan_vese_segment(image, init=start, max_iter=5, channel_axis=None) - 1, expected)


@pytest.mark.parametrize("init", ["grid", [[3, 30], [4, 31]]])
def test_a_noisy_disk_is_found_and_the_end_is_a_fixed_point(init):
    truth = disk_in((40, 40), (20, 20), 9) > 100
    image = disk_in((40, 40), (20, 20), 9, np.random.default_rng(2), 60)
    labels = chan_vese_segment(image, init=init)
    assert (labels == 1 + truth).mean() > 0.99
    assert_array_equal(chan_vese_segment(image, init=init, max_iter=1001), labels)


def test_channels_count_together_and_a_side_may_vanish():
    image = np.zeros((20, 20, 3), np.uint8)
    image[..., 1] = 99
    image[5:15, 5:15] = (99, 0, 9)
    labels = chan_vese_segment(image, init=[[3, 12], [3, 12]], smoothing=0)
    assert_array_equal(np.unique(labels[5:15, 5:15]), [2])
    assert (labels == 2).sum() == 100
    assert_array_equal(chan_vese_segment(np.arange(16.0).reshape(4, 4), init=np.zeros((4, 4), bool)), 1)
    assert_array_equal(chan_vese_segment([[3]]), [[1]])
    far = chan_vese_segment(np.full((3, 3), 0.1), init=[[0, 1], [0, 1]])
    assert_array_equal(far, 1)


@given(scenes(dtype="f8"), st.sampled_from([0.1, 1 / 3, 7.0]), st.booleans())
def test_darker_is_1(image, scale, is_flipped):
    init = np.zeros(image.shape, bool)
    init[2:4, 2:5] = True
    labels = chan_vese_segment(image * scale, init=~init if is_flipped else init, max_iter=9)
    if labels.max() > 1:
        assert image[labels == 1].mean() < image[labels == 2].mean()


def test_what_is_refused():
    image = np.zeros((4, 5))
    for options, error, text in [
        ({"init": "circle"}, ValueError, "init is 'circle'; expected labels, a box or 'grid'"),
        ({"init": np.zeros((4, 5))}, TypeError, "init"),
        ({"init": np.zeros((5, 4), int)}, ValueError, r"init has shape \(5, 4\)"),
        ({"init": [[0, 9], [0, 2]]}, ValueError, "init is the box"),
        ({"init": [[2, 2], [0, 2]]}, ValueError, "init is the box"),
        ({"smoothing": -1}, ValueError, "smoothing is -1"),
        ({"inside_weight": -1}, ValueError, "inside_weight is -1"),
        ({"max_iter": 1.5}, TypeError, "max_iter is 1.5"),
    ]:
        with pytest.raises(error, match=text):
            chan_vese_segment(image, **options)
