"""Sums over windows: brute force, and the loop beside its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from classicseg.filters import window_sums as sums
from classicseg.filters.window_sums import window_sums


@pytest.mark.parametrize("shape", [(1,), (9,), (6, 7), (3, 1, 8)])
def test_sums_over_windows_are_cut_at_the_border(shape):
    values = np.random.default_rng(0).integers(-9, 10, shape)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(values, 2), (5,) * values.ndim)
    assert_array_equal(window_sums(values, 5), windows.sum(axis=tuple(range(values.ndim, 2 * values.ndim))))


def test_masks_are_counted():
    mask = np.random.default_rng(0).random((8, 9)) < 0.5
    assert_array_equal(window_sums(mask, 3), window_sums(mask.astype(np.int64), 3))


@given(st.tuples(*[st.integers(1, 6)] * 3), st.integers(0, 8), st.integers(0, 99))
def test_the_loop_equals_its_definition(shape, reach, seed):
    lines = np.random.default_rng(seed).integers(-99, 99, shape)
    found, expected = np.empty((2, *shape), np.int64)
    sums._slide(lines, reach, found)
    sums._slide.numpy(lines, reach, expected)
    assert_array_equal(found, expected)
