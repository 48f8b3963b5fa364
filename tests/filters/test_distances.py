"""Distances are those of brute force: to the nearest pixel of another label, in any dimension and spacing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage
from strategies import classes, masks

from classicseg import distance_map
from classicseg._core.bands import band_size
from classicseg.filters import envelopes

SPACINGS = st.sampled_from([0.5, 1.0, 1.5, 3.0])


def nearest_other(labels, spacing):
    """The distance to the nearest pixel of another label, pixel by pixel."""
    places = np.argwhere(np.ones(labels.shape, bool)) * spacing
    found = np.zeros(labels.shape)
    for index, label in np.ndenumerate(labels):
        if label:
            others = places[labels.reshape(-1) != label]
            squares = ((others - np.multiply(index, spacing)) ** 2).sum(axis=1)
            found[index] = np.sqrt(squares.min(initial=np.inf))
    return found


@given(classes(), st.data())
def test_each_distance_is_the_least(labels, data):
    spacing = data.draw(st.one_of(SPACINGS, st.tuples(*[SPACINGS] * labels.ndim)))
    mask = data.draw(st.none() | masks(labels.shape))
    with band_size(data.draw(st.sampled_from([4, 2**18]))):
        found = distance_map(labels, mask=mask, spacing=spacing)
    shown = labels if mask is None else np.where(mask, labels, 0)
    assert found.dtype == np.float32
    assert_allclose(found, nearest_other(shown, spacing), rtol=1e-6)


@given(classes(highest=1), st.data())
def test_of_one_spacing_they_are_exact_and_turn_with_the_image(labels, data):
    spacing = data.draw(SPACINGS)
    found = distance_map(labels == 1, spacing=spacing)
    assert_array_equal(found, np.float32(nearest_other(labels, spacing)))
    axis = data.draw(st.integers(0, labels.ndim - 1))
    assert_array_equal(np.flip(distance_map(np.flip(labels == 1, axis), spacing=spacing), axis), found)
    assert_array_equal(distance_map((labels == 1).T, spacing=spacing).T, found)


@given(classes(highest=2), st.data())
def test_flips_flip_them_with_any_spacing(labels, data):
    spacing = data.draw(st.tuples(*[st.sampled_from([0.7, 1.3, 2.1])] * labels.ndim))
    axis = data.draw(st.integers(0, labels.ndim - 1))
    flipped = distance_map(np.flip(labels, axis), spacing=spacing)
    assert_array_equal(np.flip(flipped, axis), distance_map(labels, spacing=spacing))


@pytest.mark.parametrize("shape", [(1, 300), (300, 1), (70, 90), (12, 30, 40), (5, 6, 7, 8)])
def test_far_zeros_are_found(shape):
    inside = np.random.default_rng(0).random(shape) < 0.98
    assert_allclose(distance_map(inside), ndimage.distance_transform_edt(inside), rtol=1e-6)


def test_long_axes_are_counted_in_more_bits():
    line = np.ones((2**15 + 3, 2), bool)
    line[0] = False
    assert_array_equal(distance_map(line)[:, 1], np.arange(2**15 + 3))
    assert envelopes.far_of(np.empty(0, np.uint32)) == 2**31


@pytest.mark.jit
def test_volumes_of_many_pixels_have_squares_beyond_32_bits():
    assert_array_equal(distance_map(np.arange(50_000).reshape(1, 1, -1) > 0).reshape(-1), np.arange(50_000))


def test_without_an_outside_they_are_infinite():
    assert np.isinf(distance_map(np.ones((3, 4), bool))).all()
    assert np.isinf(distance_map([[[7]]])).all()
    assert not distance_map(np.zeros((3, 4), bool)).any()


def test_what_is_wrong_is_said():
    with pytest.raises(TypeError, match="labels has dtype float64"):
        distance_map([[0.5]])
    with pytest.raises(ValueError, match="spacing has 3 numbers"):
        distance_map([[1, 0]], spacing=(1, 2, 3))
