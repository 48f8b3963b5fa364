"""Local thresholds of floats are those of exact sums, whatever values lie beside each other."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal
from strategies import images, masks, scenes, shapes

from classicseg import local_threshold_segment
from classicseg._core.image import as_image
from classicseg.thresholds.local import doubts as window_doubts
from classicseg.thresholds.local.box_gaussian import three_boxes
from classicseg.thresholds.local.exact import as_digits, joined, quotient, squared
from classicseg.thresholds.local.medians import as_ranks, counts_type
from classicseg.thresholds.local.windows import as_windowed

FAR = (1e5, -1e5, 1e30, -1e30, -9999.0, -3.4e38, 1e149)
"""What lies beside the values of 0 to 200: dead and hot pixels, fill values, the largest of a dtype."""


@st.composite
def spoiled(draw, shape, dtype=None):
    """Floats with ties that are none when rounded, and values far from them."""
    image = draw(images(shape, dtype="f8", highest=20)) * draw(st.sampled_from([1.0, 0.1, 1 / 3]))
    image += draw(st.sampled_from([0.0, 0.7, 1e6]))
    places = st.lists(st.integers(0, image.size - 1), max_size=3, unique=True)
    for place in draw(places):
        image.flat[place] = draw(st.sampled_from(FAR))
    dtype = draw(st.sampled_from(["f4", "f8"])) if dtype is None else dtype
    return image.clip(-3.4e38, 3.4e38).astype(dtype) if dtype == "f4" else image


@given(
    hnp.arrays(np.float64, st.integers(1, 9), elements=st.floats(-1e150, 1e150, allow_nan=False)),
    st.sampled_from([17, 21, 34, 62]),
)
def test_digits_are_the_numbers(values, width):
    digits = as_digits(values, width)
    scale = Fraction(2) ** digits.exponent
    assert [number * scale for number in joined(digits.planes, width)] == [Fraction(value) for value in values]
    assert all((np.abs(plane) < 2**width).all() for plane in digits.planes)
    if width < 30:
        squares = joined(squared(digits.planes), width)
        assert [square * scale**2 for square in squares] == [Fraction(value) ** 2 for value in values]


@given(st.integers(-(10**40), 10**40), st.integers(1, 10**20), st.integers(-300, 300))
def test_a_quotient_is_rounded_once(number, by, exponent):
    assert quotient(number, by, exponent) == float(Fraction(number, by) * Fraction(2) ** exponent)


def windows_of(image, inside, window):
    """Of each pixel that takes part: its place, and the others of its window with their places."""
    points = list(zip(*np.nonzero(inside), strict=True))
    for point in points:
        yield (
            point,
            [
                other
                for other in points
                if all(abs(p - q) <= w // 2 for p, q, w in zip(point, other, window, strict=True))
            ],
        )


def weight_of(point, other, window):
    """The weight that "gaussian" gives a pixel of the window."""
    weight = 1
    for p, q, w in zip(point, other, window, strict=True):
        weights = np.ones(1, int)
        for width in three_boxes(w):
            weights = np.convolve(weights, np.ones(width, int))
        weight *= int(weights[q - p + w // 2])
    return weight


def assert_exact(labels, image, inside, window, threshold):
    """The labels are those of exact thresholds, which are found of the weights and values of a window."""
    expected = np.zeros(image.shape, int)
    for point, others in windows_of(image, inside, window):
        weights = [weight_of(point, other, window) for other in others]
        values = [Fraction(float(image[other])) for other in others]
        expected[point] = 1 + (Fraction(float(image[point])) >= threshold(weights, values))
    assert_array_equal(labels, expected if (expected == 1).any() else inside)


def draw_case(data):
    ndim = data.draw(st.integers(1, 3))
    shape = data.draw(shapes(ndim, 1, 9 - 2 * ndim))
    image = data.draw(spoiled(shape))
    inside = data.draw(st.just(np.ones(shape, bool)) | masks(shape))
    window = tuple(data.draw(st.sampled_from([1, 3, 5, 11])) for _ in range(ndim))
    return image, inside, window


THRESHOLDS = {
    "mean": lambda weights, values: sum(values) / len(values),
    "gaussian": lambda weights, values: sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights),
    "median": lambda weights, values: Fraction(float(np.median(np.array(values, float)))),
}


@pytest.mark.parametrize("method", THRESHOLDS)
@given(data=st.data())
def test_means_and_medians_are_exact(method, data):
    """Ties included: no pixel whose value is its threshold in fractions is dark, and no other one is near."""
    image, inside, window = draw_case(data)
    labels = local_threshold_segment(image, method=method, window=window, mask=inside, channel_axis=None)
    assert_exact(labels, image, inside, window, THRESHOLDS[method])


def formula(method, values, r, least, greatest):
    """T of a window, of its mean and deviation in fractions that are rounded once, and how far that may be off."""
    n, mean = len(values), sum(values) / len(values)
    m, s = float(mean), math.sqrt(float(sum((v - mean) ** 2 for v in values) / n))
    return {
        "niblack": lambda: m - 0.2 * s,
        "nick": lambda: m - 0.15 * math.sqrt(s * s + m * m * (1 - 1 / n)),
        "sauvola": lambda: m * (1 + 0.2 * (s / r - 1)),
        "phansalkar": lambda: m * (1 + 2 * math.exp(-5 * max(m, 0) / r) + 0.25 * (s / r - 1)),
        "wolf": lambda: m + 0.5 * (s / greatest - 1) * (m - least),
    }[method](), 1e-6 * (abs(m) + s + abs(least)) if method == "wolf" else 1e-12 * (abs(m) + s)


@pytest.mark.parametrize("method", ["niblack", "nick", "sauvola", "phansalkar", "wolf"])
@given(data=st.data())
def test_deviations_are_exact(method, data):
    image, inside, window = draw_case(data)
    if not inside.any() or image[inside].min() == image[inside].max():
        return
    found = {
        point: [Fraction(float(image[other])) for other in others]
        for point, others in windows_of(image, inside, window)
    }
    r, least = float(np.ptp(image[inside].astype(float))) / 2, float(image[inside].min())
    spreads = [sum((v - sum(vs) / len(vs)) ** 2 for v in vs) / len(vs) for vs in found.values()]
    greatest = math.sqrt(float(max(spreads))) or 1.0
    labels = local_threshold_segment(image, method=method, window=window, mask=inside, channel_axis=None)
    expected, sure = np.where(inside, 1, 0), np.zeros(image.shape, bool)
    for point, values in found.items():
        threshold, error = formula(method, values, r, least, greatest)
        expected[point] = 1 + (float(image[point]) >= threshold)
        sure[point] = abs(float(image[point]) - threshold) > error
    if (expected[inside & sure] == 1).any():
        assert_array_equal(labels[sure], expected[sure])


LOCAL = {
    "mean": {},
    "median": {},
    "gaussian": {},
    "niblack": {},
    "nick": {},
    "sauvola": {"r": 30.0},
    "phansalkar": {"r": 30.0},
    "bernsen": {"contrast": 0.0},
}
"""Methods whose labels depend on the pixel's own window alone."""


@pytest.mark.parametrize("method", LOCAL)
@given(data=st.data())
def test_a_far_value_changes_nothing_beyond_its_reach(method, data):
    """To the bit, ties included, for one pixel, and for a block of a fill value."""
    ndim = data.draw(st.integers(1, 3))
    shape = data.draw(shapes(ndim, 4, [60, 24, 9][ndim - 1]))
    image = data.draw(scenes(shape)) * data.draw(st.sampled_from([1.0, 0.1, 1 / 255])) + data.draw(
        st.sampled_from([0.0, 0.3, -1e4])
    )
    if data.draw(st.booleans()):
        image += np.random.default_rng(0).normal(0, 0.01, shape)
    image = np.pad(image, [(0, 4)] + [(0, 0)] * (ndim - 1), mode="edge")
    image[-3::2] -= 150  # dark pixels beside what may change: without one all would be 1
    image = image.astype(data.draw(st.sampled_from(["f4", "f8"])))
    window = data.draw(st.sampled_from([3, 5]))
    corner = [data.draw(st.integers(0, length - 1)) for length in shape]
    sides = [data.draw(st.sampled_from([1, 1, max(1, length // 2)])) for length in shape]
    box = tuple(slice(c, c + side) for c, side in zip(corner, sides, strict=True))
    box = (slice(box[0].start, min(box[0].stop, shape[0] - 2)), *box[1:])
    spoiled = image.astype(np.float64)
    spoiled[box] = data.draw(st.sampled_from(FAR))
    beyond = np.ones(image.shape, bool)
    beyond[tuple(slice(max(0, b.start - window // 2), b.stop + window // 2) for b in box)] = False
    segment = partial(local_threshold_segment, method=method, window=window, channel_axis=None, **LOCAL[method])
    if image.dtype == np.float32 and np.abs(spoiled).max() < 3e38:
        spoiled = spoiled.astype(np.float32)
    found, expected = segment(spoiled), segment(image)
    if found.max() == expected.max() == 2:  # else none is below its threshold, or all are
        assert_array_equal(found[beyond], expected[beyond])


@pytest.mark.large
@pytest.mark.parametrize("method", ["mean", "median", "niblack", "sauvola", "gaussian"])
def test_a_fill_value_over_half_the_image(method):
    """Beside noise, where levels of the range would hold nothing of what is left."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:120, :150]
    clean = (0.2 + 0.4 * ((y - 60) ** 2 + (x - 100) ** 2 < 900) + rng.normal(0, 0.01, y.shape)).astype(np.float32)
    options = {"r": 0.3} if method == "sauvola" else {}
    segment = partial(local_threshold_segment, method=method, window=15, **options)
    expected = segment(clean)
    for fill in (-9999, 1e6, -3.4e38):
        image = clean.copy()
        image[:, :80] = fill
        assert_array_equal(segment(image)[:, 87:], expected[:, 87:])


@pytest.mark.large
@pytest.mark.parametrize("method", ["mean", "gaussian", "niblack"])
def test_a_ramp_of_floats_is_one_tie(method):
    """The mean of each window is its middle in fractions, and nearly so of floats: all must be exact."""
    ramp = np.add.outer(np.linspace(0, 1, 40), np.linspace(0, 3, 50))
    labels = local_threshold_segment(ramp, method=method, window=5)
    inside = np.ones(ramp.shape, bool)
    if method != "niblack":
        assert_exact(labels, ramp, inside, (5, 5), THRESHOLDS[method])
    assert_array_equal(labels, local_threshold_segment(ramp * 2.0**30, method=method, window=5))
    assert_array_equal(labels[::-1], local_threshold_segment(ramp[::-1], method=method, window=5))


@given(spoiled((12, 14)), st.sampled_from(["mean", "niblack", "gaussian"]))
def test_boxes_and_levels_decide_nothing(image, method):
    """Where a split stops and what it calls doubtful shows in time alone."""
    labels = local_threshold_segment(image, method=method, window=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window_doubts, "_SMALL", 3)
        assert_array_equal(labels, local_threshold_segment(image, method=method, window=3))
        patch.setattr(window_doubts, "are_whole", lambda windowed, scale: False)
        assert_array_equal(labels, local_threshold_segment(image, method=method, window=3))


@given(spoiled((9, 40)))
def test_bins_hold_their_values(image):
    windowed = as_windowed(as_image(image), (3, 3))
    ranks = as_ranks(windowed)
    assert (ranks.lows[ranks.bins] <= windowed.values).all()
    assert (windowed.values <= ranks.highs[ranks.bins]).all()
    assert len(np.unique(ranks.bins)) == len(np.unique(image))  # a small image is looked at whole


def test_bins_fit_16_bits():
    image = np.random.default_rng(0).random((700, 800))
    ranks = as_ranks(as_windowed(as_image(image), (3, 3)))
    assert 2**15 < len(ranks.lows) <= 2**16


def test_counts_of_large_windows_have_64_bits():
    values = np.broadcast_to(np.uint8(0), (2**16, 2**15))
    for window, dtype in [((2**15 - 1, 2**15 - 1), np.int32), ((2**17 + 1, 2**15 + 1), np.int64)]:
        windowed = as_windowed(as_image(np.zeros((2, 2), np.uint8)), window)
        windowed = type(windowed)(**{**vars(windowed), "values": values, "shape": values.shape})
        assert counts_type(windowed).dtype == dtype


def test_products_of_windows_cover_all_places():
    """The definitions above see a window as the kernels do."""
    image, inside = np.zeros((3, 4)), np.ones((3, 4), bool)
    seen = dict(windows_of(image, inside, (3, 3)))
    assert seen[1, 1] == list(product(range(3), range(3)))
