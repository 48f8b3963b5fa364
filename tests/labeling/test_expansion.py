"""Objects grow as one grows them by hand: each pixel takes the nearest object, of equals the smallest label."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import classes, masks

from classicseg import expand_labels
from classicseg._core.bands import band_size

SPACINGS = st.sampled_from([0.5, 1.0, 1.5, 2.0])


def grown(labels, distance, spacing):
    """Pixel by pixel."""
    found = labels.copy()
    places, names = np.argwhere(labels) * np.float64(spacing), labels[labels > 0]
    for index in np.argwhere(labels == 0):
        squares = ((places - index * np.float64(spacing)) ** 2).sum(axis=1)
        if squares.min(initial=np.inf) <= distance**2:
            found[tuple(index)] = names[squares == squares.min()].min()
    return found


@given(classes(), st.floats(0, 5), st.data())
def test_each_pixel_takes_the_nearest(labels, distance, data):
    spacing = data.draw(st.one_of(SPACINGS, st.tuples(*[SPACINGS] * labels.ndim)))
    mask = data.draw(st.none() | masks(labels.shape))
    distance = np.round(2 * distance) / 2
    labels[np.random.default_rng(0).random(labels.shape) < 0.6] = 0
    with band_size(data.draw(st.sampled_from([4, 2**18]))):
        found = expand_labels(labels, distance=distance, mask=mask, spacing=spacing)
    shown = labels if mask is None else np.where(mask, labels, 0)
    expected = grown(shown, distance, spacing)
    assert found.dtype == np.int32
    assert_array_equal(found, expected if mask is None else np.where(mask, expected, 0))


@given(classes(highest=3), st.data())
def test_turns_turn_the_result(labels, data):
    axis = data.draw(st.integers(0, labels.ndim - 1))
    found = expand_labels(labels, distance=2.5, spacing=0.8)
    assert_array_equal(np.flip(expand_labels(np.flip(labels, axis), distance=2.5, spacing=0.8), axis), found)
    assert_array_equal(expand_labels(labels.T, distance=2.5, spacing=0.8).T, found)


def test_sets_stay_sets_and_labels_their_names():
    assert_array_equal(expand_labels([[False, False, True]], distance=1), [[False, True, True]])
    assert expand_labels([[False, True]], distance=1).dtype == bool
    assert_array_equal(expand_labels([[2**31 - 1, 0]], distance=3), [[2**31 - 1] * 2])


def test_a_distance_beyond_the_image_fills_it():
    labels = np.zeros((5, 6), int)
    assert not expand_labels(labels, distance=1e9).any()
    labels[2, 1] = 4
    assert (expand_labels(labels, distance=1e9) == 4).all()
    assert (expand_labels(labels, distance=1e140, spacing=(1, 2)) == 4).all()


def test_what_is_wrong_is_said():
    with pytest.raises(ValueError, match="distance is -1"):
        expand_labels([[1]], distance=-1)
    with pytest.raises(ValueError, match="labels holds values from -1"):
        expand_labels([[-1]], distance=1)
