"""Hysteresis against SciPy's connected components."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import ndimage
from strategies import shapes

from classicseg._core import bands
from classicseg._core.hysteresis import pieces_that_hold


@given(st.data())
def test_pieces_with_a_strong_pixel_are_kept(data):
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), most=12))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    weak = rng.random(shape) < data.draw(st.sampled_from([0.2, 0.4, 0.7]))
    strong = weak & (rng.random(shape) < 0.1)
    pieces = ndimage.label(weak, np.ones((3,) * len(shape)))[0]
    expected = np.isin(pieces, np.unique(pieces[strong])) & weak
    pixels, bands._BAND_PIXELS = bands._BAND_PIXELS, data.draw(st.sampled_from([1, 50, 2**18]))
    try:
        assert_array_equal(pieces_that_hold(weak, strong), expected)
    finally:
        bands._BAND_PIXELS = pixels


def test_one_long_chain_through_many_bands():
    snake = np.zeros((400, 400), bool)
    snake[::2] = True
    snake[1::4, -1] = snake[3::4, 0] = True
    strong = np.zeros_like(snake)
    strong[-2, 200] = True
    pixels, bands._BAND_PIXELS = bands._BAND_PIXELS, 400
    try:
        assert_array_equal(pieces_that_hold(snake, strong), snake)
    finally:
        bands._BAND_PIXELS = pixels
