"""The sorted pairs of pixels against Python's own sort."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import images, masks, shapes
from trees.pairs import pairs_inside

from classicseg._core.bands import BAND_PIXELS, band_size
from classicseg._core.image import as_image
from classicseg.trees import pixel_pairs
from classicseg.trees.pixel_lines import planes_of
from classicseg.trees.pixel_pairs import rounded_pairs, sorted_pairs


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
    assert (np.diff(found.levels) > 0).all()


@given(st.data())
def test_rounded_distances_lie_below_the_exact_ones_by_less_than_a_fifth_of_a_percent(data):
    image, connectivity = data.draw(scenes_of_pairs())
    unit = data.draw(st.sampled_from([1.0, 0.3, 700.0])) * max(1.0, float(image.values.max()))
    with band_size(data.draw(st.sampled_from([1, 20, BAND_PIXELS]))):
        found = unpacked(rounded_pairs(planes_of(image), image.mask, connectivity, unit))
    exact = {row[1:]: row[0] / unit for row in listed(image, connectivity, euclidean)}
    assert set(exact) == {row[1:] for row in found}
    for distance, *pair in found:
        assert exact[tuple(pair)] * 0.998 <= distance <= exact[tuple(pair)] * (1 + 1e-7)


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
