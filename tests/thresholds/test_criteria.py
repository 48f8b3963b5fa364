"""Each threshold against its paper's formula, computed the long way over all splits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import entr, xlogy
from strategies import images, scenes

import classicseg

FEW = hnp.arrays(np.uint8, st.integers(2, 40), elements=st.integers(0, 12))


def without_common_gaps(values):
    """Two numbers that differ by 3 are neighbors, where all differences are multiples of 3."""
    above = values - values.min()
    return values.min() + above // np.gcd.reduce(np.unique(above))


MANY = images().map(np.ravel) | scenes().map(np.ravel)
PIXELS = (FEW | MANY).filter(lambda values: np.ptp(values) > 0).map(without_common_gaps)


def splits(values):
    """Each way to call the darker values dark, with the least value of the rest."""
    return [(values[values < least], values[values >= least], least) for least in np.unique(values)[1:]]


def shares(values):
    return np.unique(values, return_counts=True)[1] / values.size


def squared_error(dark, bright):
    return sum(((part - part.mean()) ** 2).sum() for part in (dark, bright))


def cross_entropy(dark, bright):
    """sum g log(g / mean of its class), g counted from the least value."""
    parts = [part - dark.min() for part in (dark, bright)]
    return sum(xlogy(part, part / (part.mean() or 1)).sum() for part in parts)


def minimum_error(dark, bright):
    """J = 1 + 2 sum P log(deviation / P), with the variance of a level's own width."""
    n = dark.size + bright.size
    return 1 + sum(
        part.size / n * (np.log(part.var() + 1 / 12) - 2 * np.log(part.size / n)) for part in (dark, bright)
    )


def no_entropy(dark, bright):
    return -entr(shares(dark)).sum() - entr(shares(bright)).sum()


def no_correlation(dark, bright):
    return np.log((shares(dark) ** 2).sum()) + np.log((shares(bright) ** 2).sum())


def fuzziness(dark, bright):
    total = 0.0
    for part in (dark, bright):
        mean = np.floor(part.mean() + 0.5)
        member = 1 / (1 + np.abs(part - mean) / np.ptp([dark.min(), bright.max()]))
        total += (entr(member) + entr(1 - member)).sum()
    return total


def difference_of_information(dark, bright):
    """A pixel's membership is 1/2 at the split and 1 at the far end, by the pixels in between."""
    means = []
    for part, sign in ((dark, 1), (bright, -1)):
        beyond = np.array([(sign * part < sign * value).sum() for value in part])
        means.append(-np.log(1 - beyond / (2 * part.size)).mean() / 2)
    return abs(means[0] - means[1])


CRITERIA = {
    "otsu": squared_error,
    "li": cross_entropy,
    "kittler": minimum_error,
    "kapur": no_entropy,
    "yen": no_correlation,
    "huang": fuzziness,
    "shanbhag": difference_of_information,
}


@pytest.mark.parametrize("name", CRITERIA)
@given(values=PIXELS)
def test_the_optimum_of_all_splits(name, values):
    values = values.astype(np.int64)
    found = getattr(classicseg, f"{name}_threshold")(values.astype(np.uint8))
    worth = {least: CRITERIA[name](dark, bright) for dark, bright, least in splits(values)}
    scale = max(map(abs, worth.values()))
    assert found in worth, "the least value of the brighter class"
    assert_allclose(worth[found], min(worth.values()), atol=1e-9 * scale)
    assert found == min(least for least, w in worth.items() if w <= min(worth.values()) + 1e-12 * scale) or (
        name == "otsu"  # its ties are those of its own arithmetic, which has no logarithms
    )


@given(PIXELS)
def test_isodata_is_the_lowest_fixed_point(values):
    middles = [
        middle
        for dark, bright, _ in splits(values)
        if dark.max() < (middle := (dark.mean() + bright.mean()) / 2) <= bright.min()
    ]
    found = classicseg.isodata_threshold(values)
    assert_allclose(found, min(middles), rtol=1e-14)
    dark, bright = values[values < found], values[values >= found]
    assert_allclose(found, (dark.mean() + bright.mean()) / 2, rtol=1e-14)


@given(PIXELS)
def test_moments_are_kept(values):
    """The equations of Tsai's appendix: z0 and z1 are the roots of z² + c1 z + c0."""
    scaled = (values.astype(float) - values.min()) / np.ptp(values)
    m1, m2, m3 = (np.mean(scaled**power) for power in (1, 2, 3))
    c0, c1 = np.linalg.solve([[1, m1], [m1, m2]], [-m2, -m3])
    z0, z1 = sorted(np.roots([1, c1, c0]).real)
    share = (z1 - m1) / (z1 - z0)
    found = classicseg.moments_threshold(values.astype(np.uint8))
    misses = {least: abs(dark.size / values.size - share) for dark, _, least in splits(values)}
    assert_allclose(misses[found], min(misses.values()), atol=1e-7)


def test_two_values_keep_their_shares():
    for n_dark in (1, 5, 99):
        image = np.repeat([3.0, 4.0, 5.0], [n_dark, 0, 100 - n_dark])
        assert classicseg.moments_threshold(image) == 5


@given(PIXELS)
def test_renyi_weighs_three_orders(values):
    n, low, counts = values.size, int(values.min()), np.bincount(values - values.min())
    best = []
    for order in (0.5, 1, 2):
        entropies = []
        for t in range(len(counts) - 1):
            both = [part[part > 0] / part.sum() for part in (counts[: t + 1], counts[t + 1 :])]
            powers = [entr(p).sum() if order == 1 else np.log((p**order).sum()) / (1 - order) for p in both]
            entropies.append(sum(powers))
        best.append(next(t for t, e in enumerate(entropies) if e >= max(entropies) - 1e-12 * max(entropies)))
    t1, t2, t3 = sorted(best)
    below = np.cumsum(counts)
    near = (t2 - t1 <= 5, t3 - t2 <= 5)
    weights = {(True, True): (1, 2, 1), (True, False): (0, 1, 3), (False, True): (3, 1, 0)}.get(near, (1, 2, 1))
    omega = (below[t3] - below[t1]) / n
    last = (
        t1 * (below[t1] / n + omega * weights[0] / 4)
        + t2 * omega * weights[1] / 4
        + t3 * (1 - below[t3] / n + omega * weights[2] / 4)
    )
    found = classicseg.renyi_threshold(values)
    expected = low + int(last + 1e-9)  # the last level of the darker class
    assert found == values[values > expected].min()


@given(PIXELS)
def test_triangle_is_the_farthest_bin_below_the_line(values):
    values = values.astype(np.int64) - int(values.min())
    counts = np.bincount(values)
    peak, last = int(np.argmax(counts)), len(counts) - 1
    tail = last if last - peak > peak else 0
    line = np.array([peak - tail, counts[peak]], float)
    distance = {
        t: ((t - tail) * line[1] - counts[t] * line[0]) / np.hypot(*line) * np.sign(line[0])
        for t in range(min(peak, tail), max(peak, tail) + 1)
        if t != peak
    }
    found = classicseg.triangle_threshold(values.astype(np.uint8))
    dark = max(t for t in range(last) if values[values > t].min() == found)
    worth = max(d for t, d in distance.items() if values[values > min(t, last - 1)].min() == found)
    assert_allclose(worth, max(distance.values()), atol=1e-9)
    assert dark < last


@given(PIXELS)
def test_minimum_is_the_valley_of_the_smoothed_histogram(values):
    counts = np.bincount(values - values.min()).astype(float)
    if len(counts) == 2:
        assert classicseg.minimum_threshold(values) == values.max()
        return
    for _ in range(10_000):
        runs = [(level, sum(1 for _ in run)) for level, run in itertools.groupby(counts)]
        heights = [-1.0, *(level for level, _ in runs), -1.0]
        ends = np.cumsum([length for _, length in runs]) - 1
        peaks = [ends[i] for i in range(len(runs)) if heights[i] < heights[i + 1] > heights[i + 2]]
        if len(peaks) <= 2:
            break
        padded = [counts[0], *counts, counts[-1]]
        counts = np.array([(a + c + b) / 3 for a, b, c in zip(padded, padded[1:], padded[2:], strict=False)])
    if len(peaks) < 2:
        with pytest.raises(ValueError, match="never has two peaks"):
            classicseg.minimum_threshold(values)
        return
    valley = min(range(peaks[0], peaks[1]), key=lambda i: counts[i])
    assert classicseg.minimum_threshold(values) == values[values > values.min() + valley].min()


@given(PIXELS, st.sampled_from(["u1", "u2", "f4", "f8"]))
def test_the_mean(values, dtype):
    assert_allclose(classicseg.mean_threshold(values.astype(dtype)), values.mean(), rtol=1e-15)


@pytest.mark.parametrize("far", [-9999, -(2.0**31), 1e10, 1e20, -3.4028234663852886e38, 1e150])
def test_otsu_s_classes_of_the_others_stay_beside_a_value_far_away(far):
    rng = np.random.default_rng(1)
    image = rng.normal(np.repeat([100, 150, 220], 20), 3).astype(np.float64 if abs(far) > 1e40 else np.float32)
    alone, far = classicseg.multi_otsu_thresholds(image), image.dtype.type(far)
    found = classicseg.multi_otsu_thresholds(np.append(np.full(15, far), image), n_classes=4)
    assert_array_equal(found, [image.min(), *alone] if far < 0 else [*alone, far])
    assert classicseg.otsu_threshold(np.append(image, far)) == max(image.min(), far)
