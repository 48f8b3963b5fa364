"""Hysteresis against SciPy's connected components."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal
from scipy import ndimage
from strategies import shapes

from classicseg._core.bands import BAND_PIXELS, band_size
from classicseg._core.grid import neighbor_offsets
from classicseg.labeling.reconstruction import reconstruct, weak_components


@given(st.data())
def test_pieces_with_a_strong_pixel_are_kept(data):
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), most=12))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    weak = rng.random(shape) < data.draw(st.sampled_from([0.2, 0.4, 0.7]))
    strong = weak & (rng.random(shape) < 0.1)
    pieces = ndimage.label(weak, np.ones((3,) * len(shape)))[0]
    expected = np.isin(pieces, np.unique(pieces[strong])) & weak
    with band_size(data.draw(st.sampled_from([1, 50, BAND_PIXELS]))):
        assert_array_equal(reconstruct(weak, strong), expected)


def test_one_long_chain_through_many_bands():
    snake = np.zeros((400, 400), bool)
    snake[::2] = True
    snake[1::4, -1] = snake[3::4, 0] = True
    strong = np.zeros_like(snake)
    strong[-2, 200] = True
    with band_size(400):
        assert_array_equal(reconstruct(snake, strong), snake)


@given(st.data())
def test_what_weak_pixels_reach_is_numbered_alike(data):
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=9))
    grid = np.pad(data.draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, 3))), 1)
    nodes = np.flatnonzero(np.pad(data.draw(hnp.arrays(bool, shape)), 1))
    offsets = neighbor_offsets(shape, len(shape))
    results = []
    for reach in (weak_components, weak_components.loops, weak_components.numpy):
        own = grid.copy().reshape(-1)
        found, names = reach(own, nodes, offsets)
        order = np.argsort(found)
        results.append((found[order], names[order], own))
    for other in results[1:]:
        for one, two in zip(results[0], other, strict=True):
            assert_array_equal(one, two)
