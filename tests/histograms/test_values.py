"""Values with their counts, and the best split: against exhaustive search and scikit-image."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from classicseg.histograms.float32 import float_histogram
from classicseg.histograms.values import value_histogram

FLAT = st.integers(0, 60).map(lambda n: (n,))


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
def test_value_histogram_is_unique_with_counts(dtype):
    @settings(deadline=None)
    @given(hnp.arrays(np.uint8, FLAT, elements=st.integers(0, 255)), st.sampled_from([1, 255, 256]))
    def check(values, factor):
        values = values.astype(dtype) * np.dtype(dtype).type(min(factor, 1 if dtype == "u1" else 256))
        levels, counts = value_histogram(values)
        expected_levels, expected_counts = np.unique(values, return_counts=True)
        assert (levels.dtype, counts.dtype) == (np.float64, np.int64)
        np.testing.assert_array_equal(levels, expected_levels)
        np.testing.assert_array_equal(counts, expected_counts)

    check()


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_value_histogram_of_several_bands_and_any_stride(dtype):
    values = np.random.default_rng(0).integers(0, 256, 1_500_001).astype(dtype)[::2]
    levels, counts = value_histogram(values)
    expected_levels, expected_counts = np.unique(values, return_counts=True)
    np.testing.assert_array_equal(levels, expected_levels)
    np.testing.assert_array_equal(counts, expected_counts)


def test_value_histogram_covers_all_65536_levels():
    levels, counts = value_histogram(np.arange(2**16, dtype=np.uint16))
    np.testing.assert_array_equal(levels, np.arange(2**16))
    assert (counts == 1).all()


@st.composite
def histograms(draw, most=9, levels=None):
    levels = st.integers(0, 255) if levels is None else levels
    values = sorted(draw(st.sets(levels, min_size=1, max_size=most)))
    counts = draw(st.lists(st.integers(1, 50), min_size=len(values), max_size=len(values)))
    return np.array(values, np.float64), np.array(counts, np.int64)


@pytest.mark.parametrize("offset", [0.0, -70_000.0, 2.0**40])
@pytest.mark.parametrize("spread", [1, 65_535, 65_536, 0.5])
def test_whole_floats_are_counted_as_levels(offset, spread):
    values = offset + spread * np.random.default_rng(0).permutation(np.repeat([0.0, 0.25, 0.5, 1.0], 3))
    for array in (values, np.floor(values), values.astype(np.float32)):
        levels, counts = value_histogram(array)
        expected_levels, expected_counts = np.unique(array, return_counts=True)
        np.testing.assert_array_equal(levels, expected_levels)
        np.testing.assert_array_equal(counts, expected_counts)


def test_weights_are_summed_for_each_value():
    levels, sums = value_histogram(np.array([3, 1, 3, 2], np.uint8), np.array([0.5, 0, 0.25, 1]))
    np.testing.assert_array_equal(levels, [2, 3])
    np.testing.assert_array_equal(sums, [1, 0.75])


@given(
    hnp.arrays(np.float32, FLAT, elements=st.floats(-10, 10, width=32) | st.sampled_from([0.0, -0.0])),
    st.sampled_from([-np.inf, 0.0]),
)
def test_many_floats_are_counted_as_they_are_sorted(values, least):
    values = np.maximum(values, np.float32(least))
    distinct, counts = float_histogram(values)
    expected, of_each = np.unique(values, return_counts=True)
    np.testing.assert_array_equal(distinct, expected)
    np.testing.assert_array_equal(counts, of_each)
    many = np.tile(values, 2**16)[: 2**16]
    np.testing.assert_array_equal(value_histogram(many)[0], np.unique(many))
