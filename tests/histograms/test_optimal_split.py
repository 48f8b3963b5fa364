import itertools
import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from classicseg.histograms.optimal_split import optimal_split
from classicseg.histograms.values import value_histogram


def squared_error(levels, counts, starts):
    """Of the classes that begin at these indexes, exactly."""
    total = Fraction(0)
    for start, stop in itertools.pairwise([0, *starts, len(levels)]):
        values = [Fraction(float(level)) for level in levels[start:stop]]
        weights = [int(count) for count in counts[start:stop]]
        mean = sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)
        total += sum(w * (v - mean) ** 2 for w, v in zip(weights, values, strict=True))
    return total


@st.composite
def histograms(draw, most=9, levels=None):
    levels = st.integers(0, 255) if levels is None else levels
    values = sorted(draw(st.sets(levels, min_size=1, max_size=most)))
    counts = draw(st.lists(st.integers(1, 50), min_size=len(values), max_size=len(values)))
    return np.array(values, np.float64), np.array(counts, np.int64)


@settings(deadline=None)
@given(histograms(), st.integers(1, 5))
def test_optimal_split_is_the_exhaustive_optimum(histogram, n_classes):
    levels, counts = histogram
    found = optimal_split(levels, counts, n_classes)
    n_starts = min(n_classes, len(levels)) - 1
    assert found.shape == (n_starts,)
    assert (np.diff([0, *found, len(levels)]) > 0).all()
    every = itertools.combinations(range(1, len(levels)), n_starts)
    least = min(squared_error(levels, counts, starts) for starts in every)
    error = squared_error(levels, counts, found)
    assert float(error) <= float(least) * (1 + 1e-12) + 1e-9


@settings(deadline=None)
@given(
    histograms(7, st.floats(-1, 1, width=32)),
    st.integers(2, 4),
    st.sampled_from([1.0, 1e140, 1e-140, 2.0**-40]),
    st.sampled_from([0.0, 1.0, 1e6]),
)
def test_optimal_split_of_floats_far_from_1_and_from_0(histogram, n_classes, scale, offset):
    levels, counts = histogram
    levels = (levels + offset) * scale
    assume((np.diff(levels) > 0).all() and np.isfinite(levels).all())
    found = optimal_split(levels, counts, n_classes)
    n_starts = min(n_classes, len(levels)) - 1
    assert (np.diff([0, *found, len(levels)]) > 0).all()
    every = itertools.combinations(range(1, len(levels)), n_starts)
    least = min(squared_error(levels, counts, starts) for starts in every)
    total = squared_error(levels, counts, [])
    assert squared_error(levels, counts, found) - least <= total * Fraction(1, 10**9)


FAR = [1e5, 2.0**31, 1e10, 1e20, 9.96921e36, 3.4028234663852886e38, 1e150]
"""Fill values and dead pixels, by their size."""


@settings(deadline=None)
@given(
    histograms(6),
    st.dictionaries(
        st.sampled_from([*FAR, *(-far for far in FAR)]), st.integers(1, 10**7), min_size=1, max_size=3
    ),
    st.sampled_from([1, 10**4]),
    st.sampled_from([1.0, 1 / 255, 1e-3]),
    st.integers(2, 5),
)
def test_optimal_split_beside_levels_far_away(histogram, far, weight, scale, n_classes):
    levels = np.concatenate([histogram[0] * scale, list(far)])
    order = np.argsort(levels)
    levels, counts = levels[order], np.concatenate([histogram[1] * weight, list(far.values())])[order]
    found = optimal_split(levels, counts, n_classes)
    n_starts = min(n_classes, len(levels)) - 1
    every = itertools.combinations(range(1, len(levels)), n_starts)
    least = min(squared_error(levels, counts, starts) for starts in every)
    assert squared_error(levels, counts, found) <= least * (1 + Fraction(1, 10**9))


def test_of_equal_optima_beside_a_level_far_away_the_lowest():
    for far in FAR:
        assert optimal_split(np.array([0.0, 1.0, 2.0, far]), np.ones(4, np.int64), 3).tolist() == [1, 3]
        assert optimal_split(np.array([-far, 0.0, 1.0, 2.0]), np.ones(4, np.int64), 3).tolist() == [1, 2]
        apart = np.array([0.0, 1.0, far, far + far / 8])
        apart = np.sort(np.concatenate([apart, -apart[2:]]))  # three parts, of which two gain as much
        assert optimal_split(apart, np.ones(6, np.int64), 4).tolist() == [1, 2, 4]


def test_levels_on_every_scale():
    levels = np.concatenate([[0.0], 10.0 ** np.arange(-3, 150, 3)])
    counts = np.ones(len(levels), np.int64)
    for n_classes in (2, 5, 20, len(levels) - 1):  # all that is below the greatest ones is one class
        assert optimal_split(levels, counts, n_classes).tolist() == list(range(len(levels)))[1 - n_classes :]


@pytest.mark.parametrize("far", [*FAR, *(-far for far in FAR)])
def test_a_level_far_away_is_a_class_and_leaves_the_others(far):
    rng = np.random.default_rng(0)
    levels, counts = value_histogram(rng.normal([100, 150, 220], 3, (400, 3)).astype(np.float32).ravel())
    alone = optimal_split(levels, counts, 3)
    with_far, of_each = np.append(levels, far), np.append(counts, 15)
    order = np.argsort(with_far)
    found = optimal_split(with_far[order], of_each[order], 4)
    assert found.tolist() == ([*alone, len(levels)] if far > 0 else [1, *(alone + 1)])


def test_of_equal_optima_the_lowest():
    assert optimal_split(np.array([0.0, 1.0, 2.0]), np.ones(3, np.int64), 2).tolist() == [1]
    assert optimal_split(np.arange(4.0), np.ones(4, np.int64), 3).tolist() == [1, 2]


def test_as_many_classes_as_levels_or_more():
    levels, counts = np.array([3.0, 5.0, 9.0]), np.array([1, 7, 2])
    for n_classes in (3, 4, 100):
        assert optimal_split(levels, counts, n_classes).tolist() == [1, 2]
    assert optimal_split(levels, counts, 1).tolist() == []
    assert optimal_split(levels[:1], counts[:1], 5).tolist() == []
    assert optimal_split(levels[:0], counts[:0], 5).tolist() == []


@pytest.mark.parametrize("n_classes", [2, 3, 4])
@pytest.mark.parametrize("seed", range(4))
def test_optimal_split_is_scikit_image_s(n_classes, seed):
    filters = pytest.importorskip("skimage.filters")
    rng = np.random.default_rng(seed)
    image = np.clip(rng.normal(rng.choice([40, 90, 150, 220], (60, 60)), 12), 0, 255).astype(np.uint8)
    levels, counts = value_histogram(image.ravel())
    ours = optimal_split(levels, counts, n_classes)
    theirs = filters.threshold_multiotsu(image, n_classes)  # a class's greatest value; here its least
    theirs = np.searchsorted(levels, theirs, side="right")
    np.testing.assert_array_equal(ours, theirs)
    if n_classes == 2:
        assert levels[ours[0] - 1] == filters.threshold_otsu(image)


@pytest.mark.jit
def test_65536_levels_and_8_classes_are_fast():
    counts = np.random.default_rng(0).integers(1, 1000, 2**16)
    levels = np.arange(2.0**16)
    optimal_split(levels[:9], counts[:9], 8)
    start = time.perf_counter()
    found = optimal_split(levels, counts, 8)
    seconds = time.perf_counter() - start
    print(f"65 536 levels, 8 classes: {seconds:.3f} s")
    assert seconds < 3.0
    np.testing.assert_allclose(found, np.arange(1, 8) * 2**13, rtol=0.02)


def test_large_counts_lose_nothing():
    levels, counts = np.arange(6.0), np.array([10**12, 1, 10**12, 10**12, 1, 10**12])
    found = optimal_split(levels, counts, 3)
    every = itertools.combinations(range(1, 6), 2)
    least = min(squared_error(levels, counts, starts) for starts in every)
    assert squared_error(levels, counts, found) <= least * (1 + Fraction(1, 10**9))
