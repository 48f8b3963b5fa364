"""Seeds by number: exactly as many, in equal shares of what takes part."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from classicseg import seed_grid
from classicseg.superpixels.cells import _halve, _packed, equal_cells


@st.composite
def halvings(draw):
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=4, max_side=7))
    mask = draw(hnp.arrays(bool, shape))
    mask.flat[draw(st.integers(0, mask.size - 1))] = True
    spacing = tuple(draw(st.lists(st.sampled_from([1.0, 2.5, 30.0]), min_size=mask.ndim, max_size=mask.ndim)))
    return mask, draw(st.integers(1, int(mask.sum()))), spacing


@given(halvings())
def test_kernel_equals_its_definition(halving):
    mask, n, spacing = halving
    pixels, shifts, ones = _packed(mask)
    results = []
    for function in (_halve.numpy, _halve):
        numbers, extents = np.zeros(mask.size, np.int32), np.zeros(n)
        function(pixels, shifts, ones, np.array(mask.shape), np.array(spacing), numbers, extents)
        results.append((numbers, extents))
    assert_array_equal(results[0][0], results[1][0])
    assert_allclose(results[0][1], results[1][1])


@given(halvings())
def test_as_many_seeds_as_asked_on_pixels_that_take_part(halving):
    mask, n, spacing = halving
    points = seed_grid(np.zeros(mask.shape), n, mask=mask, spacing=spacing, channel_axis=None)
    assert points.shape == (n, mask.ndim)
    assert points.dtype == np.int64
    assert mask[tuple(points.T)].all()
    assert len(np.unique(points, axis=0)) == n
    areas = np.bincount(equal_cells(mask.shape, mask, n, spacing).labels[mask], minlength=n + 1)[1:]
    if not mask.all():
        assert areas.max() - areas.min() <= 1 or _box_is_full(mask)


def _box_is_full(mask):
    box = tuple(slice(axis.min(), axis.max() + 1) for axis in np.nonzero(mask))
    return mask[box].all()


def test_a_box_is_cut_into_boxes():
    labels = equal_cells((40, 60), None, 8, (1.0, 1.0)).labels
    for k in range(1, 9):
        assert _box_is_full(labels == k)
    assert_array_equal(np.bincount(labels.ravel())[1:], 300)
    mask = np.zeros((50, 70), bool)
    mask[5:45, 5:65] = True
    assert_array_equal(equal_cells(mask.shape, mask, 8, (1.0, 1.0)).labels[5:45, 5:65], labels)


def test_spacing_says_which_axis_is_long():
    thick = seed_grid(np.zeros((4, 20)), 4, spacing=(30, 1))
    assert_array_equal(np.unique(thick[:, 0]), [0, 1, 2, 3])
    flat = seed_grid(np.zeros((4, 20)), 4)
    assert_array_equal(np.unique(flat[:, 1]), [2, 7, 12, 17])


def test_channels_are_no_axis():
    assert seed_grid(np.zeros((8, 9, 3)), 5).shape == (5, 2)


def test_mistakes():
    mask = np.zeros((3, 4), bool)
    mask[1] = True
    with pytest.raises(
        ValueError, match="n_segments is 5; expected at most 4, the number of pixels that take part"
    ):
        seed_grid(np.zeros((3, 4)), 5, mask=mask)
    with pytest.raises(ValueError, match="n_segments is 0; expected a whole number >= 1"):
        seed_grid(np.zeros((3, 4)), 0)
    with pytest.raises(TypeError, match="n_segments"):
        seed_grid(np.zeros((3, 4)), 2.5)
