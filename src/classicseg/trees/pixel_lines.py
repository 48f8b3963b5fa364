"""An image as lines of pixels, and the pairs of neighbors that begin in a line, measured row by row.

A pair is a pixel and one of the neighbors after it in raster order. It is kept as one number, the pixel's flat index
and, in the lowest bits, which of the neighbors: so that pairs in ascending order go pixel by pixel, right before down.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.labeling.lines import line_at, line_grid

_BITS_LOST = 14
"""Of the 23 bits of a float32 after the first, a rounded weight keeps 9."""


class PixelLines(NamedTuple):
    """An image as lines along its last axis that is longer than 1, and which neighbors come after a pixel."""

    values: NDArray[Any]
    """(channels, n_lines, length)"""
    inside: NDArray[np.bool_]
    """(n_lines, length), where a pixel takes part; (0, 0): everywhere."""
    lengths: NDArray[np.int64]
    """Of the other axes."""
    steps: NDArray[np.int64]
    """(n_neighbors, n_axes), along the other axes, from a pixel's line to that of each neighbor …"""
    shifts: NDArray[np.int64]
    """(n_neighbors,), … and along the line: the first neighbor is the next pixel of the line."""
    bits: int
    """How many bits tell the neighbors apart."""


class Ruler(NamedTuple):
    """How a pair is measured: its key is a whole number, which ascends with the distance of its pixels."""

    is_euclidean: bool
    """Squared Euclidean distances, or the greatest difference of a channel."""
    unit: float
    """Distances are divided by it, then cut to a number of bits; 0: they are whole numbers, and their own keys."""


def pixel_lines(values: NDArray[Any], mask: NDArray[np.bool_] | None, connectivity: int) -> PixelLines:
    """View planes (channels, M, N[, …]) as lines.

    Two pixels are neighbors where no coordinate differs by more than 1 and at most `connectivity` differ.
    """
    lines, lengths, before, diagonal = line_grid(values[0], connectivity)
    steps, shifts = [np.zeros(len(lengths), np.int64)], [1]
    for step, is_diagonal in zip(-before[::-1], diagonal[::-1].tolist(), strict=True):
        shifts += range(-is_diagonal, is_diagonal + 1)
        steps += [step] * (2 * is_diagonal + 1)
    return PixelLines(
        values.reshape(len(values), *lines.shape),
        np.zeros((0, 0), bool) if mask is None else mask.reshape(lines.shape),
        lengths,
        np.array(steps, np.int64),
        np.array(shifts, np.int64),
        (len(shifts) - 1).bit_length(),
    )


def planes_of(image: Image) -> NDArray[Any]:
    """The values of an image, channels first: (channels, M, N[, …])."""
    return np.ascontiguousarray(np.moveaxis(image.values, -1, 0))


def neighbor_offsets_after(lines: PixelLines) -> NDArray[np.int64]:
    """(n_neighbors,), from the flat index of a pixel to that of each neighbor after it."""
    strides = np.cumprod([lines.values.shape[2], *lines.lengths[:0:-1].tolist()], dtype=np.int64)[::-1]
    return lines.steps @ strides + lines.shifts


def distances_of_keys(keys: NDArray[np.int64], ruler: Ruler) -> NDArray[np.float64]:
    """The distance that each key stands for, in units of the ruler."""
    found = keys.astype(np.float64)
    if ruler.unit > 0:
        found = (keys << _BITS_LOST).astype(np.uint32).view(np.float32).astype(np.float64)
    return np.sqrt(found) if ruler.is_euclidean else found


def pairs_of_rows(
    lines: PixelLines, ruler: Ruler, start: int, stop: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The pairs that begin in lines `start` to `stop`, in raster order, and their distances: the definition."""
    values, inside, n = lines.values, lines.inside, lines.values.shape[2]
    line, x = (index.reshape(-1, 1) for index in np.divmod(np.arange(start * n, stop * n), n))
    step, strides = lines.steps[np.newaxis], np.cumprod([1, *lines.lengths[:0:-1].tolist()])[::-1]
    index = line[..., np.newaxis] // strides % lines.lengths + step
    there, beside = (line + lines.steps @ strides), x + lines.shifts
    is_pair = ((index >= 0) & (index < lines.lengths)).all(axis=-1) & (beside >= 0) & (beside < n)
    pixel, neighbor = np.nonzero(is_pair)
    here, other = (line[pixel, 0], x[pixel, 0]), (there[is_pair], beside[is_pair])
    if len(inside):
        kept = inside[here] & inside[other]
        pixel, neighbor, here, other = (
            pixel[kept],
            neighbor[kept],
            *((rows[kept], columns[kept]) for rows, columns in (here, other)),
        )
    distances = np.zeros(len(pixel))
    for plane in values:
        apart = np.abs(plane[here].astype(np.float64) - plane[other])
        distances = distances + apart**2 if ruler.is_euclidean else np.maximum(distances, apart)
    return (pixel + start * n) << lines.bits | neighbor, distances


def keys_of_distances(distances: NDArray[np.float64], ruler: Ruler) -> NDArray[np.int64]:
    """The definition of a key."""
    if ruler.unit == 0:
        return distances.astype(np.int64)
    with np.errstate(over="ignore", under="ignore"):
        cut = (distances / ruler.unit).astype(np.float32)
    return (cut.view(np.uint32) >> _BITS_LOST).astype(np.int64)


@kernel()
def measure_line(
    lines: PixelLines, is_euclidean: bool, line: int, room: NDArray[np.float64], distances: NDArray[np.float64]
) -> None:
    """Write the distance from each pixel of a line to each neighbor after it, (n_neighbors, length); -1: no pair."""
    values, inside, lengths, shifts = lines.values, lines.inside, lines.lengths, lines.shifts
    n = values.shape[2]
    for k in range(len(shifts)):
        shift, there = shifts[k], line_at(line, lengths, lines.steps[k])
        row = distances[k]
        first, last = max(0, -shift), min(n, n - shift)
        if there < 0:
            first = last = n
        for x in range(first):
            row[x] = -1.0
        for x in range(max(last, first), n):
            row[x] = -1.0
        if last <= first:
            continue
        part, total = row[first:last], room[first:last]
        for x in range(len(total)):
            total[x] = 0.0
        for c in range(len(values)):
            here, other = values[c, line, first:last], values[c, there, first + shift : last + shift]
            if is_euclidean:
                _add_squares(here, other, total)
            else:
                _raise(here, other, total)
        for x in range(len(total)):
            part[x] = total[x]
        if len(inside) > 0:
            _leave_out(inside[line, first:last], inside[there, first + shift : last + shift], part)


@kernel()
def _add_squares(here: NDArray[Any], there: NDArray[Any], total: NDArray[np.float64]) -> None:
    """Add the squares of differences."""
    for x in range(len(total)):
        apart = np.float64(here[x]) - np.float64(there[x])
        total[x] += apart * apart


@kernel()
def _raise(here: NDArray[Any], there: NDArray[Any], total: NDArray[np.float64]) -> None:
    """Take differences where they are greater."""
    for x in range(len(total)):
        apart = abs(np.float64(here[x]) - np.float64(there[x]))
        total[x] = apart if apart > total[x] else total[x]


@kernel()
def _leave_out(here: NDArray[np.bool_], there: NDArray[np.bool_], distances: NDArray[np.float64]) -> None:
    """Where a pixel takes no part there is no pair."""
    for x in range(len(distances)):
        distances[x] = distances[x] if here[x] and there[x] else -1.0


@kernel()
def key_line(
    distances: NDArray[np.float64], unit: float, ratios: NDArray[np.float32], keys: NDArray[np.int32]
) -> None:
    """Write the key of each distance, -1 where there is no pair; `ratios` has room for them."""
    if unit == 0.0:
        for x in range(len(distances)):
            keys[x] = np.int32(distances[x])
        return
    for x in range(len(distances)):
        ratios[x] = np.float32(distances[x] / unit)
    bits = ratios.view(np.int32)
    for x in range(len(distances)):
        keys[x] = bits[x] >> _BITS_LOST if distances[x] >= 0.0 else -1
