"""Sums of floats are exact, whatever their sizes and their order."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal

from classicseg._core.bands import band_size
from classicseg._core.exact_sums import _EXPONENTS, _count, exact_mean, exact_weighted_mean

NUMBERS = st.floats(-1e308, 1e308) | st.floats(-1e-300, 1e-300) | st.sampled_from([0.0, 2.0**54 + 4, 1e-30, -2.0])


@given(hnp.arrays(np.float64, st.integers(1, 20), elements=NUMBERS), st.sampled_from([3, 100]))
def test_a_mean_is_rounded_once(values, n_pixels):
    exact = float(sum(map(Fraction, values.tolist())) / len(values))
    with band_size(n_pixels):
        assert exact_mean(values) == exact_mean(values[::-1]) == exact
    assert exact_weighted_mean(values, np.ones(len(values), np.int64)) == exact


@given(st.lists(st.tuples(NUMBERS, st.integers(1, 2**30)), min_size=1, max_size=9))
def test_a_weighted_mean_is_rounded_once(pairs):
    values, counts = np.array([value for value, _ in pairs]), np.array([count for _, count in pairs])
    total = sum(Fraction(value) * count for value, count in pairs)
    assert exact_weighted_mean(values, counts) == float(total / sum(count for _, count in pairs))


@given(hnp.arrays(st.sampled_from([np.float32, np.float64]), 9, elements=st.floats(-(2.0**99), 2.0**99, width=32)))
def test_the_kernel_equals_its_definition(values):
    counters, defined = np.zeros((2, 2, _EXPONENTS), np.int64)
    _count(values, counters, 1, 8)
    _count.numpy(values, defined, 1, 8)
    assert_array_equal(counters, defined)
