"""Distinct colors: by table and by sort the same, in the same order, and back to pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal

from classicseg import set_workers
from classicseg.histograms import distinct_colors as colors

SHAPES = [("u1", 2), ("u1", 3), ("u1", 4), ("u1", 8), ("u2", 2), ("u2", 3), ("u2", 4)]


def noise(seed, n, levels=256):
    return np.random.default_rng(seed).integers(0, levels, (n, 3)).astype(np.uint8)


@given(st.data(), st.sampled_from(SHAPES))
def test_each_distinct_row_once_with_its_count(data, kind):
    dtype, n_channels = kind
    elements = st.integers(0, data.draw(st.sampled_from([1, 3, 255, np.iinfo(dtype).max])))
    pixels = data.draw(hnp.arrays(dtype, (data.draw(st.integers(1, 30)), n_channels), elements=elements))
    found, counts = colors.distinct_colors(pixels)
    rows, expected = np.unique(pixels, axis=0, return_counts=True)
    order = np.lexsort(found.T[::-1])
    assert found.dtype == dtype
    assert_array_equal(found[order], rows)
    assert_array_equal(counts[order], expected)
    assert_array_equal(colors.unpack(colors.pack(pixels), pixels), pixels)


@given(st.data(), st.sampled_from(SHAPES))
def test_packing_kernels_equal_their_definitions(data, kind):
    pixels = data.draw(hnp.arrays(kind[0], (data.draw(st.integers(1, 20)), kind[1])))
    n = len(pixels)
    keys, expected = np.zeros(n, np.uint64), np.zeros(n, np.uint64)
    colors._pack(pixels, keys, 0, n)
    colors._pack.numpy(pixels, expected, 0, n)
    assert_array_equal(keys, expected)
    back, again = np.empty_like(pixels), np.empty_like(pixels)
    colors._unpack(keys, back, 0, n)
    colors._unpack.numpy(keys, again, 0, n)
    assert_array_equal(back, pixels)
    assert_array_equal(again, pixels)


def test_a_run_of_colors_lies_in_a_small_box():
    cube = np.stack(np.meshgrid(*[np.arange(0, 256, 8)] * 3), axis=-1).reshape(-1, 3).astype(np.uint8)
    found, _ = colors.distinct_colors(cube)
    runs = found.reshape(-1, 64, 3).astype(int)
    assert (runs.max(axis=1) - runs.min(axis=1)).sum(axis=1).mean() < 3 * 64


@pytest.mark.large
@pytest.mark.parametrize("levels", [2, 30, 256])
def test_the_table_finds_what_the_sort_finds(levels, monkeypatch):
    pixels = noise(0, 150_000, levels)
    assert colors.have_table(pixels)
    by_table = colors.distinct_colors(pixels)
    with set_workers(1):
        alone = colors.distinct_colors(pixels)
    monkeypatch.setattr(colors, "have_table", lambda _: False)
    by_sort = colors.distinct_colors(pixels)
    for found in (by_table, alone):
        assert_array_equal(found[0], by_sort[0])
        assert_array_equal(found[1], by_sort[1])


@pytest.mark.large
@pytest.mark.parametrize("n", [65_535, 65_536, 131_070, 131_071, 400_000])
def test_counters_of_16_bits_lose_nothing(n):
    pixels = np.full((n + 70_000, 3), 7, np.uint8)
    pixels[:70_000] = [0, 255, 3]
    for n_workers in (1, 3):
        with set_workers(n_workers):
            found, counts = colors.distinct_colors(pixels)
        assert_array_equal(found, [[7, 7, 7], [0, 255, 3]])
        assert_array_equal(counts, [n, 70_000])


@pytest.mark.large
def test_counters_that_fill_up_in_the_same_chunk_are_all_noted(monkeypatch):
    monkeypatch.setattr(colors, "_CHUNK", 2**17)
    pixels = np.tile(np.array([[1, 2, 3], [4, 5, 6]], np.uint8), (65_540, 1))
    for n_workers in (1, 2):
        with set_workers(n_workers):
            assert_array_equal(colors.distinct_colors(pixels)[1], [65_540, 65_540])


@given(st.integers(0, 99), st.integers(1, 5))
def test_counting_kernel_equals_its_definition(seed, levels):
    pixels = noise(seed, 40, levels)
    cuts = np.array([0, 1, 2, 256])
    for start, stop in [(0, 3), (0, 1), (1, 3)]:
        one, other = np.zeros(2**24, np.uint16), np.zeros(2**24, np.uint16)
        one[colors._keys(pixels[:3])] = other[colors._keys(pixels[:3])] = 65_533
        noted = colors._count(pixels, cuts, one, 40, start, stop)
        expected = colors._count.numpy(pixels, cuts, other, 40, start, stop)
        assert_array_equal(np.sort(noted), np.sort(expected))
        assert_array_equal(one, other)


@pytest.mark.large
def test_listing_kernel_equals_its_definition():
    counters = np.zeros(2**24, np.uint16)
    counters[colors._keys(noise(1, 5_000))] = 3
    starts = np.cumsum([0, *[np.count_nonzero(plane) for plane in counters.reshape(16, -1)]])
    one, other = ((np.zeros((starts[-1], 3), np.uint8), np.zeros(starts[-1])) for _ in range(2))
    for start, stop in [(0, 5), (5, 16)]:
        colors._list(counters, starts, *one, start, stop)
        colors._list.numpy(counters, starts, *other, start, stop)
    assert_array_equal(one[0], other[0])
    assert_array_equal(one[1], other[1])


@pytest.mark.parametrize("highest", [1, 300, 70_000])
def test_painting_gives_each_pixel_the_label_of_its_color(highest):
    pixels = noise(2, 500, 6)
    found, _ = colors.distinct_colors(pixels)
    labels = np.random.default_rng(0).integers(1, highest + 1, len(found)).astype(np.int32)
    painted = colors.paint_colors(pixels, found, labels)
    expected = dict(zip(map(tuple, found.tolist()), labels.tolist(), strict=True))
    assert_array_equal(painted, [expected[tuple(pixel)] for pixel in pixels.tolist()])
    table, other, out = np.zeros(2**24, np.int32), np.zeros(2**24, np.int32), np.zeros(500, np.int32)
    colors._fill.numpy(found, labels, table, 0, len(found))
    colors._fill(found, labels, other, 0, len(found))
    colors._look_up.numpy(pixels, table, out, 0, 500)
    assert_array_equal(table, other)
    assert_array_equal(out, painted)


@pytest.mark.large
@pytest.mark.parametrize("levels", [3, 40, 256])
def test_present_colors_are_those_that_are_counted(levels):
    pixels = noise(5, 2**16, levels)
    assert_array_equal(colors.present_colors(pixels), colors.distinct_colors(pixels)[0])
    seen, expected = np.zeros(2**24, np.uint8), np.zeros(2**24, np.uint8)
    colors._mark(pixels[:300], seen, 10, 200)
    colors._mark.numpy(pixels[:300], expected, 10, 200)
    assert_array_equal(seen, expected)
