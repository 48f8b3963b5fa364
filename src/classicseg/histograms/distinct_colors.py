"""The distinct colors of an image with their counts, and the way back from colors to pixels.

A photograph of 12 million pixels has about a million colors; what depends on values alone is computed on those.
They are sorted by an interleaved key (`pack`): first by the high four bits of all channels, which name a cell of
the color cube, then by the next four bits. So any run of neighbors in the list lies in a small box.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import n_workers, run_bands, run_interruptible
from classicseg._core.kernel import kernel

_CHUNK = 2**22
"""Pixels that are counted between two chances for Ctrl-C: 10 ms."""

_FULL = 2**16 - 1
"""The greatest count of 16 bits, which take half the memory of 32. A full counter starts again, and its key is
noted."""


def are_packable(pixels: NDArray[Any]) -> bool:
    """Whether a pixel of (n, channels) fits one 64-bit number."""
    return pixels.dtype.kind == "u" and 8 * pixels.dtype.itemsize * pixels.shape[1] <= 64


def have_table(pixels: NDArray[Any]) -> bool:
    """Whether a table of all possible colors is worth its 32 MB."""
    return pixels.dtype == np.uint8 and pixels.shape[1] == 3 and len(pixels) >= 2**16


def distinct_colors(pixels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return the distinct rows of packable pixels and how often each occurs."""
    if have_table(pixels):
        return _distinct_by_table(pixels)
    keys, counts = run_interruptible(partial(np.unique, return_counts=True), pack(pixels))
    return unpack(keys, pixels), counts.astype(np.float64)


def present_colors(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the distinct rows alone, by a table (see `have_table`)."""
    seen = np.zeros(2**24, np.uint8)
    run_bands(_mark, len(pixels), 1, pixels, seen)
    return _listed(seen)[0]


def pack(pixels: NDArray[Any]) -> NDArray[np.uint64]:
    """One number for each packable pixel: four bits of each channel in turn, the highest first."""
    keys = np.empty(len(pixels), np.uint64)
    run_bands(_pack, len(pixels), pixels.shape[1], pixels, keys)
    return keys


def unpack(keys: NDArray[np.uint64], like: NDArray[Any]) -> NDArray[Any]:
    """The pixels of packed numbers, with the channels and the dtype of `like`."""
    pixels = np.empty((len(keys), like.shape[1]), like.dtype)
    run_bands(_unpack, len(keys), like.shape[1], keys, pixels)
    return pixels


def paint_colors(pixels: NDArray[Any], colors: NDArray[Any], labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Give each pixel the label of its color, by a table (see `have_table`)."""
    table = np.zeros(2**24, np.min_scalar_type(int(labels.max(initial=0))))
    run_bands(_fill, len(colors), 1, colors, labels, table)
    painted = np.empty(len(pixels), np.int32)
    run_bands(_look_up, len(pixels), 1, pixels, table, painted)
    return painted


def _distinct_by_table(pixels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Count in a table, each worker the colors of a range of red: 12 Mpx in 30 ms, which a sort needs 470 for."""
    counters = np.zeros(2**24, np.uint16)
    parts = n_workers()
    sample = np.sort(pixels[:: len(pixels) // 4096, 0])
    cuts = np.array([0, *sample[len(sample) * np.arange(1, parts) // parts], 256])
    full_keys, most = [], len(pixels) // _FULL  # so many counters can be full in all, and so in any chunk
    for first in range(0, len(pixels), _CHUNK):
        chunk = pixels[first : first + _CHUNK]
        full_keys += run_bands(_count, parts, len(chunk), chunk, cuts, counters, most)
    colors, counts = _listed(counters)
    for key in np.concatenate(full_keys).tolist():
        counts[_index_of(key, colors)] += _FULL
    return colors, counts


def _listed(counters: NDArray[Any]) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The colors that are counted in a table, and their counts."""
    starts = np.cumsum([0, *(np.count_nonzero(plane) for plane in counters.reshape(16, -1))])
    colors, counts = np.empty((starts[-1], 3), np.uint8), np.empty(starts[-1])
    run_bands(_list, 16, 2**18, counters, starts, colors, counts)
    return colors, counts


def _index_of(key: int, colors: NDArray[Any]) -> int:
    """The index of a color of the table among those listed."""
    color = np.array([[key >> 16, key >> 8 & 255, key & 255]], np.uint8)
    return bisect_left(range(len(colors)), pack(color)[0], key=lambda i: pack(colors[i : i + 1])[0])


def _pack_numpy(pixels: NDArray[Any], keys: NDArray[np.uint64], start: int, stop: int) -> None:
    wide = pixels[start:stop].astype(np.uint64)
    keys[start:stop] = 0
    for shift in range(8 * pixels.dtype.itemsize - 4, -1, -4):
        for channel in wide.T:
            keys[start:stop] = keys[start:stop] << np.uint64(4) | channel >> np.uint64(shift) & np.uint64(15)


@kernel(numpy=_pack_numpy)
def _pack(pixels: NDArray[Any], keys: NDArray[np.uint64], start: int, stop: int) -> None:
    """Write one number for each pixel."""
    for i in range(start, stop):
        key = np.uint64(0)
        for shift in range(8 * pixels.itemsize - 4, -1, -4):
            for c in range(pixels.shape[1]):
                key = key << np.uint64(4) | np.uint64(pixels[i, c]) >> np.uint64(shift) & np.uint64(15)
        keys[i] = key


def _unpack_numpy(keys: NDArray[np.uint64], pixels: NDArray[Any], start: int, stop: int) -> None:
    rest = keys[start:stop].copy()
    pixels[start:stop] = 0
    for shift in range(0, 8 * pixels.dtype.itemsize, 4):
        for c in range(pixels.shape[1] - 1, -1, -1):
            pixels[start:stop, c] += ((rest & np.uint64(15)) << np.uint64(shift)).astype(pixels.dtype)
            rest >>= np.uint64(4)


@kernel(numpy=_unpack_numpy)
def _unpack(keys: NDArray[np.uint64], pixels: NDArray[Any], start: int, stop: int) -> None:
    """Write the pixel of each number."""
    for i in range(start, stop):
        key = keys[i]
        pixels[i] = 0
        for shift in range(0, 8 * pixels.itemsize, 4):
            for c in range(pixels.shape[1] - 1, -1, -1):
                pixels[i, c] |= (key & np.uint64(15)) << np.uint64(shift)
                key = key >> np.uint64(4)


def _count_numpy(
    pixels: NDArray[Any], cuts: NDArray[np.int64], counters: NDArray[np.uint16], most: int, start: int, stop: int
) -> NDArray[np.int64]:
    own = pixels[(pixels[:, 0] >= cuts[start]) & (pixels[:, 0] < cuts[stop])]
    found, counts = np.unique(_keys(own), return_counts=True)
    totals = counters[found] + counts
    times = np.maximum(totals - 1, 0) // _FULL
    counters[found] = totals - times * _FULL
    return np.repeat(found, times)


@kernel(numpy=_count_numpy)
def _count(
    pixels: NDArray[Any], cuts: NDArray[np.int64], counters: NDArray[np.uint16], most: int, start: int, stop: int
) -> NDArray[np.int64]:
    """Count the pixels whose red lies in parts start to stop; return the keys of full counters."""
    low, high = cuts[start], cuts[stop]
    full_keys = np.empty(most, np.int64)
    n_full = 0
    for i in range(len(pixels)):
        red = np.int64(pixels[i, 0])
        if low <= red < high:
            key = red << 16 | np.int64(pixels[i, 1]) << 8 | np.int64(pixels[i, 2])
            if counters[key] == _FULL:
                full_keys[n_full] = key
                n_full += 1
                counters[key] = 0
            counters[key] += 1
    return full_keys[:n_full]


def _list_numpy(
    counters: NDArray[Any],
    starts: NDArray[np.int64],
    colors: NDArray[np.uint8],
    counts: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    cells = counters.reshape((16,) * 6).transpose(0, 2, 4, 1, 3, 5)[start:stop]  # the high bits first
    indices = np.nonzero(cells)
    listed = slice(starts[start], starts[stop])
    counts[listed] = cells[indices]
    for c in range(3):
        colors[listed, c] = 16 * (indices[c] + (start if c == 0 else 0)) + indices[c + 3]


@kernel(numpy=_list_numpy)
def _list(
    counters: NDArray[Any],
    starts: NDArray[np.int64],
    colors: NDArray[np.uint8],
    counts: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    """List the colors of planes start to stop of 16 reds each, in the order of their packed keys."""
    n = starts[start]
    for cell in range(start << 8, stop << 8):
        red, green, blue = cell >> 8 << 4, (cell >> 4 & 15) << 4, (cell & 15) << 4
        for r in range(red, red + 16):
            for g in range(green, green + 16):
                for b in range(blue, blue + 16):
                    count = counters[r << 16 | g << 8 | b]
                    if count > 0:
                        colors[n, 0], colors[n, 1], colors[n, 2] = r, g, b
                        counts[n] = count
                        n += 1


def _mark_numpy(pixels: NDArray[Any], seen: NDArray[np.uint8], start: int, stop: int) -> None:
    seen[_keys(pixels[start:stop])] = 1


@kernel(numpy=_mark_numpy)
def _mark(pixels: NDArray[Any], seen: NDArray[np.uint8], start: int, stop: int) -> None:
    """Mark in a table the colors that occur."""
    for i in range(start, stop):
        seen[np.int64(pixels[i, 0]) << 16 | np.int64(pixels[i, 1]) << 8 | np.int64(pixels[i, 2])] = 1


def _keys(colors: NDArray[Any]) -> NDArray[np.int64]:
    """The index of each color in the table: red, green and blue, 8 bits each."""
    return colors.astype(np.int64) @ np.array([2**16, 2**8, 1])


def _fill_numpy(
    colors: NDArray[Any], labels: NDArray[np.int32], table: NDArray[Any], start: int, stop: int
) -> None:
    table[_keys(colors[start:stop])] = labels[start:stop]


@kernel(numpy=_fill_numpy)
def _fill(colors: NDArray[Any], labels: NDArray[np.int32], table: NDArray[Any], start: int, stop: int) -> None:
    """Enter the label of each color in a table."""
    for i in range(start, stop):
        table[np.int64(colors[i, 0]) << 16 | np.int64(colors[i, 1]) << 8 | np.int64(colors[i, 2])] = labels[i]


def _look_up_numpy(
    colors: NDArray[Any], table: NDArray[Any], labels: NDArray[np.int32], start: int, stop: int
) -> None:
    labels[start:stop] = table[_keys(colors[start:stop])]


@kernel(numpy=_look_up_numpy)
def _look_up(colors: NDArray[Any], table: NDArray[Any], labels: NDArray[np.int32], start: int, stop: int) -> None:
    """Give each pixel the label that the table has for its color."""
    for i in range(start, stop):
        labels[i] = table[np.int64(colors[i, 0]) << 16 | np.int64(colors[i, 1]) << 8 | np.int64(colors[i, 2])]
