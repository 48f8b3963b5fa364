"""The pairs of neighboring pixels of an image in ascending order of their distance, for Kruskal's algorithm.

Whole numbers are counted: one pass counts the pairs of each distance, and a second one puts each pair in its
place. Floats are sorted by all of their bits, digit by digit. No step depends on the range of the values.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands, run_interruptible
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.trees.pixel_lines import (
    PixelLines,
    Ruler,
    distances_of_keys,
    key_line,
    keys_of_distances,
    least_roots,
    measure_pairs,
    neighbor_offsets_after,
    pairs_of_rows,
    pixel_lines,
    planes_of,
)
from classicseg.types import Norm

_MOST_KEYS = 2**20
"""Whole numbers up to here are counted."""

_ROUNDED_KEYS = 2**19
"""Rounded distances have fewer keys than this."""

_DIGIT = 11
"""The bits of a digit: counters for 2048 of them stay in the first cache."""


class PixelPairs(NamedTuple):
    """The pairs of neighboring pixels in ascending order of their distance; equals in raster order."""

    pairs: NDArray[Any]
    """(n,), uint32 or int64: the flat index of the first pixel, shifted by `bits`, and which neighbor after it."""
    starts: NDArray[np.int64]
    """(n_levels + 1,), where the pairs of each level begin; a level holds the pairs of one distance."""
    levels: NDArray[np.float64]
    """(n_levels,), the distances, ascending; the roots of two squares may round to one number."""
    offsets: NDArray[np.int64]
    """(n_neighbors,), from the flat index of a pixel to that of each neighbor after it, ascending: right before
    down."""
    bits: int
    """How many bits tell the neighbors apart."""


def sorted_pairs(image: Image, connectivity: int, norm: Norm = "euclidean") -> PixelPairs:
    """Sort the pairs of neighbors that take part by their exact distance."""
    ruler = Ruler(norm == "euclidean" and image.n_channels > 1, 0.0)
    return exact_pairs(planes_of(image), image.mask, connectivity, ruler, image.values.dtype)


def exact_pairs(
    planes: NDArray[Any], mask: NDArray[np.bool_] | None, connectivity: int, ruler: Ruler, dtype: np.dtype[Any]
) -> PixelPairs:
    """The same for planes, whose values were of a dtype."""
    lines = pixel_lines(planes, mask, connectivity)
    if dtype.kind == "u":
        highest = int(np.iinfo(dtype).max)
        n_keys = 1 + (len(planes) * highest**2 if ruler.is_euclidean else highest)
        if n_keys <= _MOST_KEYS:
            return _counted(lines, ruler, n_keys)
    return _sorted_by_digits(lines, ruler)


def rounded_pairs(
    planes: NDArray[Any], mask: NDArray[np.bool_] | None, connectivity: int, unit: float
) -> PixelPairs:
    """Sort the pairs by their Euclidean distance in units, whose square is cut to 12 bits.

    So a distance is rounded down, by itself, by less than 0.03 %. Those beyond 1e19 units count as equal, as do
    those below 1e-22.
    """
    return _counted(pixel_lines(planes, mask, connectivity), Ruler(True, unit * unit), _ROUNDED_KEYS)


def _counted(lines: PixelLines, ruler: Ruler, n_keys: int) -> PixelPairs:
    """Sort by counting the pairs of each key, band by band: those of a key come from one band after another."""
    n_lines, length = lines.values.shape[1:]
    size = length // 2 + 1  # larger bands: each has counts of its own
    found = run_bands(_count_pairs, n_lines, size, lines, ruler, n_keys)
    height = found[1][0] if len(found) > 1 else n_lines
    counts = np.array([counts for _, counts in found])
    of_keys = counts.sum(axis=0, dtype=np.int64)
    keys, dtype = np.flatnonzero(of_keys), _pair_dtype(lines)
    starts = np.concatenate([[0], np.cumsum(of_keys[keys])])
    begins = np.zeros(counts.shape, dtype)
    begins[:, keys] = starts[:-1] + np.cumsum(counts[:, keys], axis=0, dtype=np.int64) - counts[:, keys]
    del counts, found
    pairs = np.empty(starts[-1], dtype)
    run_bands(_place_pairs, n_lines, size, lines, ruler, height, begins, pairs)
    return PixelPairs(pairs, starts, distances_of_keys(keys, ruler), neighbor_offsets_after(lines), lines.bits)


def _pair_dtype(lines: PixelLines) -> type[np.generic]:
    return np.uint32 if lines.values[0].size << lines.bits <= 2**32 else np.int64


def _sorted_by_digits(lines: PixelLines, ruler: Ruler) -> PixelPairs:
    """Sort by the bits of floats, the lowest digit first."""
    n_lines, length = lines.values.shape[1:]
    most = lines.values[0].size * len(lines.shifts)
    pairs, distances, n_pairs = np.empty(most, _pair_dtype(lines)), np.empty(most), np.zeros(1, np.int64)
    run_bands(_list_pairs, n_lines, length, lines, ruler, pairs, distances, n_pairs, sequential=True)
    pairs, bits = pairs[: n_pairs[0]], distances[: n_pairs[0]].view(np.int64)
    other_pairs, other_bits = np.empty_like(pairs), np.empty_like(bits)
    for shift in range(0, 64, _DIGIT):
        counts = np.zeros(2**_DIGIT, np.int64)
        run_bands(_count_digits, len(bits), 1, bits, shift, counts, sequential=True)
        if counts.max(initial=0) < len(bits):
            begins = np.cumsum(counts) - counts
            run_bands(
                _place_by_digit, len(bits), 1, pairs, bits, shift, begins, other_pairs, other_bits, sequential=True
            )
            pairs, bits, other_pairs, other_bits = other_pairs, other_bits, pairs, bits
    del other_pairs, other_bits
    starts, levels = run_interruptible(_levels_of, bits, ruler)
    return PixelPairs(pairs, starts, levels, neighbor_offsets_after(lines), lines.bits)


def _levels_of(bits: NDArray[np.int64], ruler: Ruler) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Where each level begins among sorted distances, and its distance."""
    is_first = np.ones(len(bits), bool)
    np.not_equal(bits[1:], bits[:-1], out=is_first[1:])
    begins = np.flatnonzero(is_first)
    levels = bits[begins].view(np.float64)
    return np.append(begins, len(bits)), least_roots(levels) if ruler.is_euclidean else levels


def _count_pairs_numpy(
    lines: PixelLines, ruler: Ruler, n_keys: int, start: int, stop: int
) -> tuple[int, NDArray[np.int32]]:
    _, distances = pairs_of_rows(lines, ruler, start, stop)
    return start, np.bincount(keys_of_distances(distances, ruler), minlength=n_keys).astype(np.int32)


@kernel(numpy=_count_pairs_numpy)
def _count_pairs(
    lines: PixelLines, ruler: Ruler, n_keys: int, start: int, stop: int
) -> tuple[int, NDArray[np.int32]]:
    """Count the pairs of each key that begin in lines `start` to `stop`; return `start` as well."""
    n, n_neighbors = lines.values.shape[2], len(lines.shifts)
    distances, keys = np.empty(n), np.empty(n, np.int32)
    ratios, counts = np.empty(n, np.float32), np.zeros(n_keys, np.int32)
    for line in range(start, stop):
        for k in range(n_neighbors):
            measure_pairs(lines, ruler.is_euclidean, line, k, distances)
            key_line(distances, ruler.unit, ratios, keys)
            for x in range(n):
                if keys[x] >= 0:
                    counts[keys[x]] += 1
    return start, counts


def _place_pairs_numpy(
    lines: PixelLines,
    ruler: Ruler,
    height: int,
    begins: NDArray[Any],
    pairs: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    found, distances = pairs_of_rows(lines, ruler, start, stop)
    keys = keys_of_distances(distances, ruler)
    order = np.argsort(keys, kind="stable")
    counts = np.bincount(keys, minlength=begins.shape[1])
    first = begins[start // height].astype(np.int64) - np.cumsum(counts) + counts
    pairs[first[keys[order]] + np.arange(len(order))] = found[order]
    begins[start // height] += counts.astype(begins.dtype)


@kernel(numpy=_place_pairs_numpy)
def _place_pairs(
    lines: PixelLines,
    ruler: Ruler,
    height: int,
    begins: NDArray[Any],
    pairs: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    """Put the pairs that begin in lines `start` to `stop` where those of their key and band of lines begin."""
    n, n_neighbors, bits = lines.values.shape[2], len(lines.shifts), lines.bits
    distances, keys = np.empty(n), np.empty((n_neighbors, n), np.int32)
    ratios, places = np.empty(n, np.float32), begins[start // height]
    for line in range(start, stop):
        for k in range(n_neighbors):
            measure_pairs(lines, ruler.is_euclidean, line, k, distances)
            key_line(distances, ruler.unit, ratios, keys[k])
        for x in range(n):
            pixel = (line * n + x) << bits
            for k in range(n_neighbors):
                key = keys[k, x]
                if key >= 0:
                    pairs[places[key]] = pixel | k
                    places[key] += 1


def _list_pairs_numpy(
    lines: PixelLines,
    ruler: Ruler,
    pairs: NDArray[Any],
    distances: NDArray[np.float64],
    n_pairs: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    found, lengths = pairs_of_rows(lines, ruler, start, stop)
    part = slice(n_pairs[0], n_pairs[0] + len(found))
    pairs[part], distances[part] = found, lengths
    n_pairs += len(found)


@kernel(numpy=_list_pairs_numpy)
def _list_pairs(
    lines: PixelLines,
    ruler: Ruler,
    pairs: NDArray[Any],
    distances: NDArray[np.float64],
    n_pairs: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    """Add the pairs that begin in lines `start` to `stop`, in raster order, and their distances."""
    n, n_neighbors, bits = lines.values.shape[2], len(lines.shifts), lines.bits
    found, size = np.empty((n_neighbors, n)), n_pairs[0]
    for line in range(start, stop):
        for k in range(n_neighbors):
            measure_pairs(lines, ruler.is_euclidean, line, k, found[k])
        for x in range(n):
            pixel = (line * n + x) << bits
            for k in range(n_neighbors):
                if found[k, x] >= 0.0:
                    pairs[size] = pixel | k
                    distances[size] = found[k, x]
                    size += 1
    n_pairs[0] = size


def _count_digits_numpy(
    bits: NDArray[np.int64], shift: int, counts: NDArray[np.int64], start: int, stop: int
) -> None:
    counts += np.bincount(bits[start:stop] >> shift & (len(counts) - 1), minlength=len(counts))


@kernel(numpy=_count_digits_numpy)
def _count_digits(bits: NDArray[np.int64], shift: int, counts: NDArray[np.int64], start: int, stop: int) -> None:
    """Count the numbers of each digit."""
    last = len(counts) - 1
    for i in range(start, stop):
        counts[bits[i] >> shift & last] += 1


def _place_by_digit_numpy(
    pairs: NDArray[Any],
    bits: NDArray[np.int64],
    shift: int,
    begins: NDArray[np.int64],
    other_pairs: NDArray[Any],
    other_bits: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    digits = bits[start:stop] >> shift & (len(begins) - 1)
    order = np.argsort(digits, kind="stable")
    counts = np.bincount(digits, minlength=len(begins))
    places = (begins - np.cumsum(counts) + counts)[digits[order]] + np.arange(len(order))
    other_pairs[places], other_bits[places] = pairs[start:stop][order], bits[start:stop][order]
    begins += counts


@kernel(numpy=_place_by_digit_numpy)
def _place_by_digit(
    pairs: NDArray[Any],
    bits: NDArray[np.int64],
    shift: int,
    begins: NDArray[np.int64],
    other_pairs: NDArray[Any],
    other_bits: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    """Put each pair where those of its digit begin, one after another."""
    last = len(begins) - 1
    for i in range(start, stop):
        digit = bits[i] >> shift & last
        place = begins[digit]
        other_pairs[place] = pairs[i]
        other_bits[place] = bits[i]
        begins[digit] = place + 1
