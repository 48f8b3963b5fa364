"""Bins hold exactly the pixels that a comparison with their edges says they hold."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from skimage import data
from strategies import images, scenes

import classicseg
from classicseg._core.image import as_scalar_image
from classicseg.thresholds import fuzzy, shape
from classicseg.thresholds.histograms import _count_bins, _count_quanta, _edges, binned, split_sums, value_bins

FLOATS = st.floats(-1e30, 1e30) | st.floats(-1e-30, 1e-30) | st.integers(-3, 3).map(float)
COUNTS = hnp.arrays(np.float64, st.integers(2, 40), elements=st.integers(1, 50))


@st.composite
def float_images(draw):
    """Also values that differ by a few units in the last place only."""
    values = draw(hnp.arrays(np.float64, st.integers(1, 30), elements=FLOATS))
    if draw(st.booleans()):
        values = 1.0 + draw(hnp.arrays(np.float64, len(values), elements=st.integers(0, 9))) * 2.0**-52
    values = values[np.abs(values).max(initial=0) * (values == values) >= 0]
    return values if values.any() and np.abs(values).max() >= 1e-150 else np.append(values, 1.0)


@given(float_images(), st.integers(2, 300))
def test_bins_agree_with_the_comparison(values, bins):
    histogram = binned(as_scalar_image(values), bins)
    assert histogram.counts.sum() == values.size
    assert (histogram.counts > 0).all()
    assert len(histogram.levels) <= bins
    assert histogram.levels[0] == values.min()
    assert (len(histogram.levels) > 1) == (np.ptp(values) > 0)
    for k, level in enumerate(histogram.levels):
        assert (values >= level).sum() == histogram.counts[k:].sum()


@given(images(), st.sampled_from([1, 7, 200]), st.integers(2, 300))
def test_bins_of_levels_are_whole_numbers_of_them(image, spread, bins):
    image = image.astype(np.uint16) * np.uint16(spread)
    histogram = binned(as_scalar_image(image), bins)
    differences = np.unique(image - image.min()).astype(int)
    level = max(int(np.gcd.reduce(differences)), 1)
    n_levels = int(np.ptp(image)) // level + 1
    width = level * -(-n_levels // bins)
    assert_array_equal(histogram.positions, np.unique((image - image.min()) // width))
    assert_array_equal(histogram.levels, image.min() + width * histogram.positions)
    for k, edge in enumerate(histogram.levels):
        assert (image >= edge).sum() == histogram.counts[k:].sum()


@given(images(), st.sampled_from(["i2", "i8", "f4", "f8"]), st.integers(-30, 30), st.integers(2, 300))
def test_whole_numbers_have_the_same_bins_in_every_dtype(image, dtype, exponent, bins):
    expected = binned(as_scalar_image(image), bins)
    histogram = binned(as_scalar_image(image.astype(dtype)), bins)
    for field, other in zip(histogram, expected, strict=True):
        assert_array_equal(field, other)
    scaled = binned(as_scalar_image(image * 2.0**exponent), bins)
    assert_array_equal(scaled.levels, expected.levels * 2.0**exponent)
    assert_array_equal(scaled.positions, expected.positions)
    assert_array_equal(scaled.counts, expected.counts)


def test_uint8_is_never_merged():
    image = np.array([0, 1, 254, 255], np.uint8)
    assert_array_equal(binned(as_scalar_image(image), 256).levels, image)
    assert_array_equal(binned(as_scalar_image(image.astype(np.uint16) * 257), 256).levels, image * 257.0)


BY_BINS = ["huang", "kapur", "kittler", "minimum", "renyi", "shanbhag", "triangle", "yen"]
FACTORS = st.sampled_from([1 / 255, 257.0, 0.1, -3.0, 1e30, 1e-30]) | st.floats(1e-3, 1e3)


@given(images(), FACTORS, st.sampled_from([0.0, 0.0, 1000.0]), st.integers(2, 300))
def test_bins_are_the_same_by_any_factor(image, factor, offset, bins):
    image = image.astype(np.float64) * (1 if factor > 0 else -1)
    expected = binned(as_scalar_image(image), bins)
    scaled = (image + offset) * abs(factor)
    for dtype in (np.float64, np.float32):
        if dtype == np.float32 and offset > 0:
            continue
        values = scaled.astype(dtype)
        for copy in (values, values.astype(np.float64)):
            found = binned(as_scalar_image(copy), bins)
            assert_array_equal(found.positions, expected.positions)
            assert_array_equal(found.counts, expected.counts)
            for level, edge in zip(found.levels, expected.levels, strict=True):
                assert_array_equal(copy >= level, image >= edge)


@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3), st.sampled_from([2**8, 2**12, 2**16, 2**20]))
def test_deep_images_have_the_same_bins_by_any_factor(seed, factor, n_levels):
    image = np.random.default_rng(seed).integers(0, n_levels, 400).astype(np.float64)
    expected, found = (binned(as_scalar_image(values), 256) for values in (image, image * factor))
    assert_array_equal(found.positions, expected.positions)
    assert_array_equal(found.counts, expected.counts)


@pytest.mark.large
@pytest.mark.parametrize("method", BY_BINS)
@pytest.mark.parametrize("name", ["coins", "text"])
def test_photographs_have_the_same_labels_by_any_factor(name, method):
    image = getattr(data, name)()
    labels = classicseg.threshold_segment(image, thresholds=method)
    single = image.astype(np.float32)
    for scaled in (
        image / 255.0,
        single / 255,
        image.astype(np.uint16) * 257,
        image * 0.1,
        single * 0.1,
        single - 99,
    ):
        assert_array_equal(classicseg.threshold_segment(scaled, thresholds=method), labels)


def test_real_numbers_have_equal_bins():
    values = np.random.default_rng(0).random(500)
    for copy in (values, values.astype(np.float32)):
        assert_allclose(np.diff(binned(as_scalar_image(copy), 10).levels), np.ptp(copy) / 10)
    values[7] = -9999  # which widens them
    assert_array_equal(binned(as_scalar_image(values), 10).counts, [1, 499])


@given(hnp.arrays(np.float32, st.integers(2, 60), elements=st.floats(-9, 9, width=32)), st.integers(2, 99))
def test_counting_kernel(values, bins):
    if np.ptp(values) == 0:
        return
    edges = _edges(float(values.min()), float(values.max()), bins)
    steps = len(edges) / (float(values.max()) - float(values.min()))
    for wrong in (1.0, 0.5, 1.3):  # a guess that is off is put right
        found = _count_bins(values, edges, steps * wrong, 1, len(values))
        assert_array_equal(found, _count_bins.numpy(values, edges, steps, 1, len(values)))


@given(hnp.arrays(np.float32, st.integers(1, 20), elements=st.integers(0, 99).map(lambda n: n / 4)), st.booleans())
def test_levels_kernel(values, pooled):
    of_each = np.arange(1, 1 + len(values)) if pooled else np.empty(0, np.int64)
    for rounding in (0.1, 0.3, 0.5):
        arguments = values, of_each, 0.0, 25.0, 50, rounding, 0, len(values)
        *found, wrong = _count_quanta(*arguments)
        *defined, first = _count_quanta.numpy(*arguments)
        assert wrong == first
        if wrong == 0.0:
            for mine, other in zip(found, defined, strict=True):
                assert_array_equal(mine, other)


@given(COUNTS, st.data())
def test_fuzziness_kernel(counts, data):
    positions = np.cumsum(data.draw(hnp.arrays(np.int64, len(counts), elements=st.integers(1, 9)))) - 1
    means = np.floor(np.cumsum(counts * positions) / np.cumsum(counts) + 0.5).astype(np.int64)
    doubt = np.linspace(0, 1, positions[-1] + 1) ** 0.5
    arguments = positions, counts, means, doubt
    assert_allclose(fuzzy._fuzziness(*arguments), fuzzy._fuzziness.numpy(*arguments), rtol=1e-12)


@given(COUNTS)
def test_information_kernel(counts):
    found = fuzzy._information(counts)
    assert_allclose(found, fuzzy._information.numpy(counts), rtol=1e-13)
    below = np.cumsum(counts) - counts
    logs = [-np.log(1 - below[: k + 1] / (2 * counts[: k + 1].sum())) for k in range(len(counts))]
    means = [(counts[: k + 1] @ logs[k]) / counts[: k + 1].sum() / 2 for k in range(len(counts))]
    assert_allclose(found, means, rtol=1e-13, atol=1e-16)


@given(COUNTS | hnp.arrays(np.float64, st.integers(2, 60), elements=st.sampled_from([0, 1, 5, 90])))
def test_valley_kernel(counts):
    for most in (0, 1, 200):
        assert shape._valley(counts, most) == shape._valley.numpy(counts, most)


@given(float_images())
@example(np.array([2.0**54 + 4, 1e-30, -2]))
def test_the_mean_is_rounded_once(values):
    exact = float(sum(map(Fraction, values.tolist())) / len(values))
    if np.ptp(values) > 0:
        expected = min(max(exact, math.nextafter(values.min(), math.inf)), values.max())
        assert classicseg.mean_threshold(values) == expected
        assert classicseg.mean_threshold(values[::-1]) == classicseg.mean_threshold(values)
        assert classicseg.mean_threshold(classicseg.pixel_histogram(values)) == classicseg.mean_threshold(values)


@given(COUNTS)
def test_sums_below_and_above_each_split(counts):
    below, above = split_sums(counts)
    assert_array_equal(below, [counts[:k].sum() for k in range(1, len(counts))])
    assert_array_equal(above, [counts[k:].sum() for k in range(1, len(counts))])


@given(scenes(dtype="f8"))
def test_positions_are_values_by_a_power_of_two(image):
    histogram = value_bins(as_scalar_image(image))
    if len(histogram.levels) > 1:
        assert 0.5 <= histogram.positions[-1] <= 1
        ratio = (histogram.levels[-1] - histogram.levels[0]) / histogram.positions[-1]
        assert np.log2(ratio) == np.round(np.log2(ratio))
        assert_array_equal(histogram.levels[0] + histogram.positions * ratio, histogram.levels)


@given(scenes(dtype="f8"), st.integers(2, 40), st.sampled_from(["kapur", "yen", "huang", "kittler", "triangle"]))
def test_floats_are_thresholded_as_the_numbers_of_their_bins(image, bins, name):
    image = image * 0.1
    if np.ptp(image) == 0:
        return
    image[image == image.min()] -= np.pi / 3  # no levels, but of two values
    assume(len(np.unique(image)) > 2)
    edges = image.min() + np.ptp(image) * (np.arange(bins) / bins)
    numbers = np.searchsorted(edges, image, side="right") - 1
    assume(np.gcd.reduce(numbers.ravel()) == 1)  # or the numbers would have wider levels themselves
    method = getattr(classicseg, f"{name}_threshold")
    assert_allclose(method(image, bins=bins), edges[int(method(numbers.astype(np.uint8)))], rtol=1e-12)


@pytest.mark.parametrize("bins", [1, 65537, 2.0, None])
def test_bins_are_checked(bins):
    with pytest.raises((TypeError, ValueError), match="bins is"):
        classicseg.kapur_threshold([[1, 2]], bins=bins)
