"""Local thresholds: each method against its paper's formula over explicit windows, and against other libraries."""

from __future__ import annotations

import itertools
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import laws_of
from numpy.testing import assert_array_equal
from skimage import data, filters
from strategies import images, masks, scenes, shapes

from classicseg import connected_regions, local_threshold_segment, otsu_threshold
from classicseg.thresholds.local.methods import METHODS


@pytest.mark.parametrize("method", METHODS)
@given(data=st.data())
def test_every_method_keeps_every_law(method, data):
    segment = partial(local_threshold_segment, method=method, window=data.draw(st.sampled_from([1, 3, 7, 75])))
    laws = laws_of(segment)
    laws[data.draw(st.sampled_from(sorted(laws)))](segment, data)


# The formulas, written out over the window of each pixel.


def around(image, inside, point, window):
    """The values of the window around a pixel that take part."""
    box = tuple(slice(max(0, p - w // 2), p + w // 2 + 1) for p, w in zip(point, window, strict=True))
    return image[box][inside[box]]


def thresholds(formula, image, inside, window):
    """T for each pixel, -inf where none takes part."""
    found = np.full(image.shape, -np.inf)
    for point in zip(*np.nonzero(inside), strict=True):
        found[point] = formula(around(image, inside, point, window))
    return found


def nick(v, k=-0.15):
    mean = v.mean()
    return mean + k * np.sqrt(((v**2).sum() - mean**2) / v.size)


def phansalkar(v, r, k=0.25, p=2, q=10):
    """The paper has values of 0 to 1: q and r are in those."""
    mean = v.mean()
    return mean * (1 + p * np.exp(-q * max(mean, 0) / (2 * r)) + k * (v.std() / r - 1))


def formula_of(method, image, inside, window):
    seen = image[inside]
    r = (seen.max() - seen.min()) / 2
    if r == 0:
        return None
    if method == "wolf":
        greatest = max(around(image, inside, p, window).std() for p in zip(*np.nonzero(inside), strict=True))
        greatest = greatest or 1.0  # flat windows only
    return {
        "mean": np.mean,
        "median": np.median,
        "niblack": lambda v: v.mean() - 0.2 * v.std(),
        "sauvola": lambda v: v.mean() * (1 + 0.2 * (v.std() / r - 1)),
        "wolf": lambda v: v.mean() - 0.5 * (1 - v.std() / greatest) * (v.mean() - seen.min()),
        "nick": nick,
        "phansalkar": partial(phansalkar, r=r),
        "bernsen": lambda v: (
            (v.max() + v.min()) / 2
            if v.max() - v.min() >= r / 5
            else (np.inf if v.max() + v.min() < seen.max() + seen.min() else -np.inf)
        ),
    }[method]


def assert_split(labels, image, inside, found):
    """The labels are those of the thresholds; where rounding decides, either is right."""
    expected = np.where(inside, np.where(image >= found, 2, 1), 0)
    if not (expected == 1).any():
        expected[inside] = 1
    near = inside & (np.abs(image - found) < 1e-9 * (1 + np.abs(image)))
    assert_array_equal(labels[~near], expected[~near])


@given(
    st.sampled_from(["mean", "median", "niblack", "sauvola", "wolf", "nick", "phansalkar", "bernsen"]),
    st.integers(1, 3),
    st.data(),
)
def test_each_method_is_its_formula(method, ndim, data):
    image = data.draw(images(data.draw(shapes(ndim, 1, 7)), dtype=data.draw(st.sampled_from(["u1", "u2", "f8"]))))
    image = image * image.dtype.type(data.draw(st.sampled_from([1, 200] if image.dtype != np.uint8 else [1])))
    inside = data.draw(st.just(np.ones(image.shape, bool)) | masks(image.shape))
    window = tuple(data.draw(st.sampled_from([1, 3, 5, 99])) for _ in range(ndim))
    labels = local_threshold_segment(image, method=method, window=window, mask=inside, channel_axis=None)
    values = image.astype(float)
    formula = formula_of(method, values, inside, window) if inside.any() else None
    if formula is None:
        assert_array_equal(labels, inside)
    else:
        assert_split(labels, values, inside, thresholds(formula, values, inside, window))


@given(st.sampled_from(["niblack", "sauvola", "nick", "phansalkar", "wolf"]), scenes(dtype="f8"), st.data())
def test_floats_are_as_exact_as_integers(method, image, data):
    """Values that are no whole levels of the image's range, and far from 0."""
    image = image * 0.1 + data.draw(st.sampled_from([0.0, -40.0, 1000.0]))
    if image.max() == image.min():
        return
    inside = np.ones(image.shape, bool)
    formula = formula_of(method, image, inside, (5, 5))
    found = thresholds(formula, image, inside, (5, 5))
    labels = local_threshold_segment(image, method=method, window=5)
    far = np.abs(image - found) > 2.0**-21 * (image.max() - image.min()) * 2
    expected = np.where(image >= found, 2, 1)
    if far.all() and not (expected == 1).any():
        expected[:] = 1
    if (labels == 2).any():
        assert_array_equal(labels[far], expected[far])


def smooth_weights(window):
    """The weights of the three boxes that a window of "gaussian" is made of."""
    width = max(w for w in range(1, window + 1, 2) if 3 * w <= window + 2)
    widths = [width, width, width]
    for i in range((window + 2 - 3 * width) // 2):
        widths[i] += 2
    weights = np.ones(1, int)
    for width in widths:
        weights = np.convolve(weights, np.ones(width, int))
    assert len(weights) == window
    return weights


@given(st.integers(1, 3), st.data())
def test_a_gaussian_is_three_boxes_cut_at_border_and_mask(ndim, data):
    image = data.draw(images(data.draw(shapes(ndim, 1, 7)), dtype=data.draw(st.sampled_from(["u1", "u2", "f8"]))))
    inside = data.draw(st.just(np.ones(image.shape, bool)) | masks(image.shape))
    window = tuple(data.draw(st.sampled_from([1, 3, 5, 7, 9, 21])) for _ in range(ndim))
    labels = local_threshold_segment(image, method="gaussian", window=window, mask=inside, channel_axis=None)
    expected = np.zeros(image.shape, int)
    for point in zip(*np.nonzero(inside), strict=True):
        total = weight = 0
        for other in zip(*np.nonzero(inside), strict=True):
            steps = [q - p + w // 2 for p, q, w in zip(point, other, window, strict=True)]
            if all(0 <= step < w for step, w in zip(steps, window, strict=True)):
                here = int(np.prod([smooth_weights(w)[step] for step, w in zip(steps, window, strict=True)]))
                total, weight = total + here * int(image[other]), weight + here
        expected[point] = 1 + (int(image[point]) * weight >= total)
    assert_array_equal(labels, expected if (expected == 1).any() else inside)


def test_a_gaussian_has_about_the_sigma_of_its_window():
    for window in (15, 75, 301):
        weights, steps = smooth_weights(window), np.arange(window) - window // 2
        sigma = np.sqrt((weights * steps**2).sum() / weights.sum())
        assert window / 6 <= sigma <= window / 6 + 0.5
        ideal = np.exp(-(steps**2) / (2 * sigma**2))
        assert np.abs(weights / weights.max() - ideal).max() < 0.09


def high_contrast(image, inside):
    """Contrast over 3 pixels an axis, in 254 steps, at or above Otsu's threshold."""
    codes = np.zeros(image.shape, int)
    for point in zip(*np.nonzero(inside), strict=True):
        v = around(image, inside, point, (3,) * image.ndim)
        size = abs(v.max()) + abs(v.min())
        codes[point] = 1 + int(254 * ((v.max() - v.min()) / size if size else 0))
    seen = np.unique(codes[inside])
    least = otsu_threshold(codes, mask=inside, channel_axis=None) if len(seen) > 1 else 2
    return inside & (codes >= least)


@given(st.integers(1, 3), st.data())
def test_su_takes_the_pixels_of_high_contrast(ndim, data):
    image = data.draw(images(data.draw(shapes(ndim, 1, 7)))).astype(float)
    inside = data.draw(st.just(np.ones(image.shape, bool)) | masks(image.shape))
    window = tuple(data.draw(st.sampled_from([3, 5, 7])) for _ in range(ndim))
    labels = local_threshold_segment(image, method="su", window=window, mask=inside, channel_axis=None)
    high, found = high_contrast(image, inside), np.full(image.shape, -np.inf)
    for point in zip(*np.nonzero(inside), strict=True):
        edges = around(image, high, point, window)
        if edges.size * max(window) >= around(image, inside, point, window).size:
            found[point] = edges.mean() + edges.std() / 2
    assert_split(labels, image, inside, found)


@given(scenes(), st.data())
def test_isauvola_keeps_what_reaches_high_contrast(image, data):
    inside = data.draw(st.just(np.ones(image.shape, bool)) | masks(image.shape))
    values = image.astype(float)
    formula = formula_of("sauvola", values, inside, (7, 7)) if inside.any() else None
    if formula is None:
        return
    dark = values < thresholds(formula, values, inside, (7, 7))
    high = high_contrast(values, inside)
    expected = np.where(inside, 2, 0)
    regions = connected_regions(dark, connectivity=2)
    for name in range(1, regions.max() + 1):
        if (high & (regions == name)).any():
            expected[regions == name] = 1
    labels = local_threshold_segment(image, method="isauvola", window=7, mask=inside)
    assert_array_equal(labels, expected if (expected == 1).any() else inside)


def test_textbook_values():
    line = [[10, 20, 10, 110, 120, 110]]
    assert_array_equal(local_threshold_segment(line, method="mean", window=3), [[1, 2, 1, 2, 2, 1]])
    assert_array_equal(local_threshold_segment(line, method="mean", window=3, offset=10), [[2, 2, 1, 2, 2, 2]])
    assert_array_equal(local_threshold_segment(line, method="bernsen", window=3), [[1, 1, 1, 2, 2, 2]])
    assert_array_equal(local_threshold_segment(line, method="bernsen", window=3, contrast=9), [[1, 2, 1, 2, 2, 1]])


# Other libraries, where the window lies inside the image (they reflect it at the border).


def inner(array, window):
    return array[window // 2 : -(window // 2), window // 2 : -(window // 2)]


@pytest.mark.large
@pytest.mark.parametrize("window", [15, 31, 75])
def test_scikit_image_finds_the_same(window):
    page = data.page()
    for method, peer, options in [
        ("sauvola", filters.threshold_sauvola(page, window, k=0.3, r=100), {"k": 0.3, "r": 100}),
        ("niblack", filters.threshold_niblack(page, window, k=0.4), {"k": -0.4}),
        ("mean", filters.threshold_local(page, window, "mean", offset=10), {"offset": 10}),
        ("median", filters.threshold_local(page, window, "median", offset=10), {"offset": 10}),
    ]:
        labels = local_threshold_segment(page, method=method, window=window, **options)
        same = (labels == 2) == (page >= peer)
        assert inner(same, window).mean() >= 0.999, method


@pytest.mark.large
@pytest.mark.parametrize("window", [15, 31, 75])
def test_doxa_finds_the_same(window):
    """With v <= T for ink: pixels that equal their threshold differ, as in flat paper under Niblack's.

    "su" differs on purpose: doxapy 0.9 takes the deviation of the edge pixels for 0.
    """
    doxapy = pytest.importorskip("doxapy")
    page = data.page()
    half = (int(page.min()) + int(page.max())) // 2
    for method, options, theirs, least in [
        ("sauvola", {"r": 128}, {"k": 0.2}, 0.999),
        ("isauvola", {"r": 128}, {"k": 0.2}, 0.999),
        ("wolf", {"k": 0.3}, {"k": 0.3}, 0.999),
        ("nick", {"k": -0.1}, {"k": -0.1}, 0.999),
        ("niblack", {}, {"k": -0.2}, 0.995),
        ("bernsen", {"contrast": 26}, {"threshold": half, "contrast-limit": 25}, 0.995),
    ]:
        peer = doxapy.Binarization(getattr(doxapy.Binarization.Algorithms, method.upper()))
        peer.initialize(page)
        white = np.empty_like(page)
        peer.to_binary(white, {"window": window, **theirs})
        labels = local_threshold_segment(page, method=method, window=window, **options)
        assert inner((labels == 2) == (white > 0), window).mean() >= least, method


# Input of every kind.


@pytest.mark.parametrize("method", METHODS)
def test_a_window_larger_than_the_image_is_cut(method):
    image = data.page()[:9, :12]
    options = {"method": method, "window": 1001 if method == "gaussian" else 10**18 + 1}
    labels = local_threshold_segment(image, **options)
    assert labels.shape == image.shape
    if method not in ("gaussian", "su"):  # there the length of the window counts
        assert_array_equal(labels, local_threshold_segment(image, method=method, window=(17, 23)))


@pytest.mark.parametrize("method", METHODS)
def test_one_pixel_flat_images_and_extremes_of_dtypes(method):
    segment = partial(local_threshold_segment, method=method)
    assert_array_equal(segment([[7]]), [[1]])
    assert_array_equal(segment([7.0]), [1])
    assert_array_equal(segment(np.full((5, 6), -3e38, np.float32)), np.ones((5, 6)))
    high = np.array([[-3e38, 3e38, 3e38], [3e38, 3e38, -3e38]], np.float32)
    assert_array_equal(segment(high), segment(high.astype(float)))
    image = np.arange(24).reshape(4, 6).astype(np.uint16) * 2700
    assert_array_equal(segment(image.astype(">u2"), window=5), segment(image, window=5))
    steps = np.array([[0.0, 5e-324, 1.0], [1.0, 1.0, 0.0]])
    assert set(np.unique(segment(steps, window=3))) <= {1, 2}


@pytest.mark.parametrize("method", ["mean", "gaussian", "median", "sauvola", "bernsen"])
@given(image=scenes(), window=st.sampled_from([3, 9]))
def test_depth_does_not_count(method, image, window):
    """Of whole numbers a method finds the same, whatever holds them."""
    segment = partial(local_threshold_segment, method=method, window=window)
    assert_array_equal(segment(image), segment(image.astype(np.uint16)))


def test_windows_of_lengths_of_their_own():
    image = np.zeros((5, 9), np.uint8)
    image[:, 4] = 100
    tall = local_threshold_segment(image, method="mean", window=(5, 1))
    assert_array_equal(tall, np.ones(image.shape))
    wide = local_threshold_segment(image, method="mean", window=np.array([1, 3]))
    assert_array_equal(wide[0], [2, 2, 2, 1, 2, 1, 2, 2, 2])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"window": 4}, ValueError, "window is 4; expected an odd number.*pass 5"),
        ({"window": (3, 4)}, ValueError, "window is 4"),
        ({"window": (3, 3, 3)}, ValueError, "window has 3 numbers; expected one, or one for each of 2 axes"),
        ({"window": 0}, ValueError, "window is 0; expected a whole number >= 1"),
        ({"window": -3}, ValueError, "window is -3"),
        ({"window": 3.0}, TypeError, "window is 3.0"),
        ({"window": np.nan}, TypeError, "window is nan"),
        ({"window": "large"}, TypeError, "window is 'large'"),
        ({"window": [[3, 3]]}, ValueError, "window has 1 numbers"),
        ({"method": "otsu"}, ValueError, "method is 'otsu'; expected one of 'sauvola', .*'median'"),
        ({"method": None}, ValueError, "method is None"),
        ({"k": np.nan}, ValueError, "k is nan"),
        ({"k": "0.2"}, TypeError, "k is '0.2'"),
        ({"r": 0}, ValueError, "r is 0.0; expected a finite number > 0"),
        ({"offset": 3}, ValueError, "offset is 3, which 'sauvola' does not use, but 'mean', 'gaussian', 'median'"),
        ({"contrast": 3}, ValueError, "contrast is 3, which 'sauvola' does not use, but 'bernsen'; leave it out"),
        ({"method": "bernsen", "contrast": -1}, ValueError, "contrast is -1.0"),
        ({"method": "median", "k": 0.1}, ValueError, "k is 0.1, which 'median' does not use"),
        ({"method": "wolf", "r": 128}, ValueError, "r is 128, which 'wolf' does not use"),
        ({"method": "gaussian", "window": 10**6 + 1}, ValueError, r"too long for 'gaussian'.*method='mean'"),
    ],
)
def test_mistakes(options, error, message):
    with pytest.raises(error, match=message):
        local_threshold_segment(np.arange(12).reshape(3, 4).astype(np.uint8), **options)


def test_every_option_is_used_by_some_method_and_by_its_methods_alone():
    image, options = data.page()[:30, :40], {"k": 0.9, "r": 9, "offset": 30, "contrast": 200}
    for method, (option, value) in itertools.product(METHODS, options.items()):
        try:
            changed = local_threshold_segment(image, method=method, window=9, **{option: value})
        except ValueError:
            continue
        assert (changed != local_threshold_segment(image, method=method, window=9)).any(), (method, option)
