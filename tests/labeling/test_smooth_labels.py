"""The majority around each pixel is the one that is counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import ndimage
from strategies import classes, masks

from classicseg import smooth_labels
from classicseg._core.bands import band_size

SPACINGS = st.sampled_from([0.5, 1.0, 1.5, 2.0])


def majorities(labels, radius, spacing, inside):
    """Pixel by pixel."""
    found = np.zeros_like(labels)
    places = np.argwhere(np.ones(labels.shape, bool))
    for index in np.argwhere(inside):
        squares = (((places - index) * np.float64(spacing)) ** 2).sum(axis=1)
        counts = np.bincount(labels.reshape(-1)[(squares <= radius**2) & inside.reshape(-1)])
        own = labels[tuple(index)]
        found[tuple(index)] = own if counts[own] == counts.max() else counts.argmax()
    return found


@given(classes(), st.sampled_from([0, 0.5, 1, 1.5, 2, 9]), st.data())
def test_each_pixel_takes_the_majority(labels, radius, data):
    spacing = data.draw(st.one_of(SPACINGS, st.tuples(*[SPACINGS] * labels.ndim)))
    mask = data.draw(st.none() | masks(labels.shape))
    with band_size(data.draw(st.sampled_from([4, 2**18]))):
        found = smooth_labels(labels, radius=radius, mask=mask, spacing=spacing)
    inside = np.ones(labels.shape, bool) if mask is None else mask
    assert found.dtype == np.int32
    assert_array_equal(found, majorities(labels, radius, spacing, inside))


@given(classes(highest=3), st.data())
def test_turns_turn_the_result(labels, data):
    axis, found = data.draw(st.integers(0, labels.ndim - 1)), smooth_labels(labels)
    assert_array_equal(np.flip(smooth_labels(np.flip(labels, axis)), axis), found)
    assert_array_equal(smooth_labels(labels.T).T, found)


def test_of_a_set_it_is_a_median():
    image = np.random.default_rng(0).random((20, 30)) < 0.5
    found = smooth_labels(image)
    assert found.dtype == bool
    assert_array_equal(found[1:-1, 1:-1], ndimage.median_filter(image, 3)[1:-1, 1:-1])


def test_labels_of_any_size_keep_their_names():
    assert_array_equal(smooth_labels([[2**31 - 1, 2**31 - 1, 7]], radius=2), [[2**31 - 1] * 3])


def test_what_is_wrong_is_said():
    with pytest.raises(ValueError, match="radius is -1"):
        smooth_labels([[1]], radius=-1)
