"""The sorted pairs of pixels against Python's own sort."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import images, masks, shapes
from trees.pairs import Sets, pairs_inside

from classicseg._core.bands import BAND_PIXELS, band_size
from classicseg._core.image import as_image
from classicseg.trees import mean_difference, pixel_pairs
from classicseg.trees.pixel_lines import Ruler, pixel_lines, planes_of
from classicseg.trees.pixel_pairs import rounded_pairs, sorted_pairs
from classicseg.trees.pixel_sets import labels_of_sets, pixel_sets, root_of, unite


@st.composite
def scenes_of_pairs(draw):
    """An image of any kind, its mask, and a connectivity."""
    shape = draw(shapes(draw(st.integers(1, 3)), most=5))
    image = draw(images(shape, n_channels=draw(st.integers(1, 3)), dtype=draw(st.sampled_from(["u1", "u2"]))))
    if draw(st.booleans()):
        image = image * draw(st.sampled_from([np.float32(0.1), np.float64(1 / 3), np.float64(1e30)]))
    mask = draw(st.none() | masks(shape))
    return as_image(image, channel_axis=-1, mask=mask), draw(st.integers(1, len(shape)))


def listed(image, connectivity, distance):
    """Distance, first pixel and second pixel of each pair, sorted, equals in raster order."""
    index, values = np.arange(np.prod(image.shape)).reshape(image.shape), image.values.astype(np.float64)
    pairs = pairs_inside(image.shape, image.mask, connectivity)
    found = [(distance(values[one], values[two]), index[one], index[two]) for one, two in pairs]
    return sorted(found, key=lambda row: row[0])


def unpacked(found):
    """The same rows."""
    pairs = found.pairs.astype(np.int64)
    first = pairs >> found.bits
    second = first + found.offsets[pairs & ((1 << found.bits) - 1)]
    assert found.starts[-1] == len(pairs)
    assert (np.diff(found.starts) > 0).all()
    return list(zip(np.repeat(found.levels, np.diff(found.starts)), first, second, strict=True))


def euclidean(a, b):
    return np.sqrt(((a - b) ** 2).sum())


def maximum(a, b):
    return np.abs(a - b).max()


@given(st.data())
def test_pairs_are_sorted_by_distance_then_in_raster_order(data):
    image, connectivity = data.draw(scenes_of_pairs())
    norm = data.draw(st.sampled_from([euclidean, maximum]))
    with band_size(data.draw(st.sampled_from([1, 20, BAND_PIXELS]))):
        found = sorted_pairs(image, connectivity, norm.__name__)
    rows = unpacked(found)
    expected = listed(image, connectivity, norm)
    assert [row[1:] for row in rows] == [row[1:] for row in expected]
    np.testing.assert_allclose([row[0] for row in rows], [row[0] for row in expected], rtol=1e-15)
    assert (np.diff(found.levels) >= 0).all()  # two squares may have one root, rounded


@given(st.data())
def test_rounded_distances_lie_below_the_exact_ones_by_less_than_a_thousandth(data):
    image, connectivity = data.draw(scenes_of_pairs())
    unit = data.draw(st.sampled_from([1.0, 0.3, 700.0])) * max(1.0, float(image.values.max()))
    with band_size(data.draw(st.sampled_from([1, 20, BAND_PIXELS]))):
        found = unpacked(rounded_pairs(planes_of(image), image.mask, connectivity, unit))
    exact = {row[1:]: row[0] / unit for row in listed(image, connectivity, euclidean)}
    assert set(exact) == {row[1:] for row in found}
    for distance, *pair in found:
        assert exact[tuple(pair)] * 0.9997 <= distance <= exact[tuple(pair)] * (1 + 1e-7)


def test_distances_of_one_step_that_differ_by_rounding_alone_are_one_level():
    values = np.array([[[0.0, 1.0, 2.0 + 1e-12, 10.0, 10.0]]])
    assert_array_equal(rounded_pairs(values, None, 1, 1.0).starts, [0, 1, 3, 4])


def test_far_values_sort_and_do_not_overflow():
    values = np.array([[[-1e150, 1e150, 0.0, 5e-324, 1e-30, 1.0]]])
    found = rounded_pairs(values, None, 1, 1.0)
    assert_array_equal(found.pairs >> found.bits, [2, 3, 4, 0, 1])
    assert np.isinf(found.levels[-1])


def test_indices_that_32_bits_do_not_hold_are_kept_in_64(monkeypatch):
    image = as_image(np.arange(6.0).reshape(2, 3) ** 2)
    narrow = sorted_pairs(image, 2)
    monkeypatch.setattr(pixel_pairs, "_pair_dtype", lambda _: np.int64)
    wide = sorted_pairs(image, 2)
    assert (narrow.pairs.dtype, wide.pairs.dtype) == (np.uint32, np.int64)
    assert_array_equal(narrow.pairs, wide.pairs)


@pytest.mark.parametrize("dtype", ["u1", "f8"])
def test_a_single_pixel_has_no_pairs(dtype):
    found = sorted_pairs(as_image(np.ones((1, 1), dtype)), 1)
    assert len(found.pairs) == 0
    assert_array_equal(found.starts, [0])
    assert len(found.levels) == 0


def calls(data):
    """Each kernel that has a definition, with arguments."""
    image, connectivity = data.draw(scenes_of_pairs())
    lines = pixel_lines(planes_of(image), image.mask, connectivity)
    n_lines = lines.values.shape[1]
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, n_lines)] * 2)))
    ruler = Ruler(data.draw(st.booleans()), data.draw(st.sampled_from([0.3, 1e30])))
    if image.values.dtype.kind == "u":
        ruler = data.draw(st.sampled_from([ruler, Ruler(False, 0.0)]))
    count = pixel_pairs._count_pairs
    yield count, (lines, ruler, 2**19, start, stop)
    counts = count.numpy(lines, ruler, 2**19, 0, n_lines)[1]
    begins = (np.cumsum(counts) - counts)[np.newaxis].astype(np.uint32)
    most = lines.values[0].size * len(lines.shifts)
    yield pixel_pairs._place_pairs, (lines, ruler, n_lines, begins, np.zeros(most, np.uint32), 0, stop)
    listed = np.zeros(most, np.uint32), np.zeros(most), np.zeros(1, np.int64)
    yield pixel_pairs._list_pairs, (lines, ruler, *listed, start, stop)
    yield mean_difference._sum_distances, (lines, start, stop)
    bits, shift = (
        np.abs(image.values.astype(np.float64).ravel()).view(np.int64),
        data.draw(st.sampled_from([0, 44, 55])),
    )
    counts = np.zeros(2048, np.int64)
    pixel_pairs._count_digits.numpy(bits, shift, counts, 0, len(bits))
    yield pixel_pairs._count_digits, (bits, shift, np.ones(2048, np.int64), 0, len(bits) // 2)
    places = np.cumsum(counts) - counts, np.zeros(len(bits), np.uint32), np.zeros_like(bits)
    yield pixel_pairs._place_by_digit, (np.arange(len(bits), dtype=np.uint32), bits, shift, *places, 0, len(bits))


@given(st.data())
def test_kernels_equal_their_definitions(data):
    for kernel, arguments in calls(data):
        found = []
        for function in (kernel.numpy, kernel.loops, kernel):
            own = [argument.copy() if isinstance(argument, np.ndarray) else argument for argument in arguments]
            with np.errstate(over="ignore", invalid="ignore"):  # as in a band
                result = function(*own)
            found.append([result, *(argument for argument in own if isinstance(argument, np.ndarray))])
        for other in found[1:]:
            for one, two in zip(found[0], other, strict=True):
                if kernel is mean_difference._sum_distances:
                    np.testing.assert_allclose(two, one, rtol=1e-14)
                else:
                    np.testing.assert_equal(two, one)


@given(st.data())
def test_sets_are_numbered_by_their_first_pixel(data):
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), most=5))
    mask = data.draw(st.none() | masks(shape))
    sets, expected = pixel_sets(shape, mask), Sets(shape, mask)
    inside = [tuple(pixel) for pixel in np.argwhere(expected.names > 0).tolist()]
    for _ in range(data.draw(st.integers(0, 12)) if inside else 0):
        one, other = (data.draw(st.sampled_from(inside)) for _ in range(2))
        a, b = (root_of(sets, int(np.ravel_multi_index(pixel, shape))) for pixel in (one, other))
        if a != b:
            unite(sets, a, b)
            expected.join(expected.of(one), expected.of(other))
    with band_size(data.draw(st.sampled_from([4, BAND_PIXELS]))):
        assert_array_equal(labels_of_sets(sets, shape), expected.labels())
