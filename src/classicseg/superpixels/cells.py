"""Cells that superpixels start from: a number of equal shares of the pixels, by halving along the longest axis.

A box of n cells is cut across its longest axis so that the parts are as n // 2 to the rest. Where a cut between
two rows of pixels would miss a share by much, and on any other mask, the pixels themselves are counted: then no
two cells differ by more than a pixel or two.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.grid import bounding_box
from classicseg._core.kernel import kernel

_TOLERANCE = 0.1
"""How much of the smaller share a cut between two rows may miss."""


class Cells(NamedTuple):
    """Shares of the pixels that take part."""

    labels: NDArray[np.int32]
    """The spatial shape: the number of each pixel's cell from 1 to n; 0 where a pixel takes no part."""
    n: int
    size: float
    """The side of a cell, in units of `spacing`: of a cube of a cell's volume, or of a thin mask's cells more."""


def equal_cells(
    shape: tuple[int, ...], mask: NDArray[np.bool_] | None, n: int, spacing: tuple[float, ...]
) -> Cells:
    """Cut the pixels that take part, at least n, into n cells."""
    if mask is None:
        box, n_pixels = tuple(slice(0, length) for length in shape), int(np.prod(shape))
    else:
        box, n_pixels = bounding_box(mask), int(np.count_nonzero(mask))
    lengths = np.array([part.stop - part.start for part in box])
    volume = n_pixels / n * float(np.prod(spacing))
    size = volume ** (1 / len(shape))
    labels = np.zeros(shape, np.int32)
    corners = _halved_box(lengths, n, np.array(spacing)) if n_pixels == np.prod(lengths) else None
    if corners is not None:
        inner = labels[box]
        for number, (low, high) in enumerate(corners, start=1):
            inner[tuple(map(slice, low.tolist(), high.tolist()))] = number
        longest = ((corners[:, 1] - corners[:, 0]) * spacing).max(axis=1)
        return Cells(labels, n, max(size, float(np.median(longest)) / math.sqrt(2)))
    inside = np.ones(lengths, bool) if mask is None else mask[box]
    pixels, shifts, ones = _packed(inside)
    numbers, extents = np.zeros(inside.size, np.int32), np.empty(n)
    run_interruptible(_halve, pixels, shifts, ones, lengths, np.array(spacing), numbers, extents)
    labels[box] = numbers.reshape(inside.shape)
    return Cells(labels, n, max(size, float(np.median(extents)) / math.sqrt(2)))


def _halved_box(lengths: NDArray[np.int64], n: int, spacing: NDArray[np.float64]) -> NDArray[np.int64] | None:
    """The corners of n boxes, (n, 2, ndim), in the order of their halves; None where a cut misses its share."""
    corners = np.stack([np.zeros_like(lengths), lengths])[np.newaxis]
    counts = np.array([n])
    while counts.max() > 1:
        sides = corners[:, 1] - corners[:, 0]
        axes = np.argmax((sides - 1) * spacing, axis=1)
        rows = np.arange(len(counts))
        side, first = sides[rows, axes], counts // 2
        cut = (2 * side * first + counts) // (2 * counts)
        missed = np.abs(cut * counts - side * first)
        if ((counts > 1) & (missed > _TOLERANCE * side * first)).any():
            return None
        halves = np.repeat(corners[:, np.newaxis], 2, axis=1)
        halves[rows, 0, 1, axes] = corners[rows, 0, axes] + cut
        halves[rows, 1, 0, axes] = corners[rows, 0, axes] + cut
        shares = np.stack([first, counts - first], axis=1)
        is_whole = counts == 1
        halves[is_whole, 1] = corners[is_whole]
        corners, counts = halves[shares > 0], shares[shares > 0]
    return corners


def _packed(inside: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The indices of the pixels inside in one number each; for each axis where its bits begin, and as many ones.

    Bits are taken apart 10 times as fast as a flat index is divided.
    """
    bits = [(length - 1).bit_length() for length in inside.shape]
    shifts = np.cumsum([0, *bits[:0:-1]])[::-1].astype(np.int64)
    pixels = np.zeros(int(np.count_nonzero(inside)), np.int64)
    for places, shift in zip(np.nonzero(inside), shifts, strict=True):
        pixels |= places << shift
    return pixels, shifts, np.array([(1 << n) - 1 for n in bits])


def _halve_numpy(
    pixels: NDArray[np.int64],
    shifts: NDArray[np.int64],
    ones: NDArray[np.int64],
    lengths: NDArray[np.int64],
    spacing: NDArray[np.float64],
    numbers: NDArray[np.int32],
    extents: NDArray[np.float64],
) -> None:
    waiting, found = [(pixels, len(extents))], 0
    while waiting:
        part, count = waiting.pop()
        places = part >> shifts[:, np.newaxis] & ones[:, np.newaxis]
        sides = (places.max(axis=1) - places.min(axis=1)) * spacing
        if count == 1:
            numbers[np.ravel_multi_index(tuple(places), lengths.tolist())] = found + 1
            extents[found] = (sides + spacing).max()
            found += 1
            continue
        order = np.argsort(places[np.argmax(sides)], kind="stable")
        is_first = np.zeros(len(part), bool)
        is_first[order[: len(part) * (count // 2) // count]] = True
        waiting += [(part[~is_first], count - count // 2), (part[is_first], count // 2)]


@kernel(numpy=_halve_numpy)
def _halve(
    pixels: NDArray[np.int64],
    shifts: NDArray[np.int64],
    ones: NDArray[np.int64],
    lengths: NDArray[np.int64],
    spacing: NDArray[np.float64],
    numbers: NDArray[np.int32],
    extents: NDArray[np.float64],
) -> None:
    """Number the cells of pixels, in raster order, and tell the longest side of each."""
    longest = 0
    for axis in range(len(lengths)):
        longest = max(longest, lengths[axis])
    part, other = pixels.copy(), np.empty_like(pixels)
    rows = np.empty(longest, np.int64)
    waiting = np.empty((65, 3), np.int64)  # the smaller half first: as many as halvings of 2**63
    waiting[0, 0], waiting[0, 1], waiting[0, 2] = 0, len(pixels), len(extents)
    depth, found = 1, 0
    while depth > 0:
        depth -= 1
        start, stop, count = waiting[depth, 0], waiting[depth, 1], waiting[depth, 2]
        axis, low, high, extent = _longest(part[start:stop], shifts, ones, spacing)
        if count == 1:
            for i in range(start, stop):
                flat = 0
                for a in range(len(lengths)):
                    flat = flat * lengths[a] + (part[i] >> shifts[a] & ones[a])
                numbers[flat] = found + 1
            extents[found] = extent
            found += 1
            continue
        first = (stop - start) * (count // 2) // count
        _divide(part[start:stop], other, shifts[axis], ones[axis], rows[: high + 1], low, first)
        waiting[depth, 0], waiting[depth, 1], waiting[depth, 2] = start + first, stop, count - count // 2
        depth += 1
        waiting[depth, 0], waiting[depth, 1], waiting[depth, 2] = start, start + first, count // 2
        depth += 1


@kernel()
def _longest(
    part: NDArray[np.int64], shifts: NDArray[np.int64], ones: NDArray[np.int64], spacing: NDArray[np.float64]
) -> tuple[int, int, int, float]:
    """The axis along which some pixels extend most, from where to where, and the longest side of their box."""
    best, extent, axis, low, high = -1.0, 0.0, 0, 0, 0
    for a in range(len(shifts)):
        shift, ones_of = shifts[a], ones[a]
        least: Any = ones_of
        most: Any = np.int64(0)
        for i in range(len(part)):
            place = part[i] >> shift & ones_of
            least, most = min(least, place), max(most, place)
        side = (most - least) * spacing[a]
        extent = max(extent, side + spacing[a])
        if side > best:
            best, axis, low, high = side, a, least, most
    return axis, low, high, extent


@kernel()
def _divide(
    part: NDArray[np.int64],
    other: NDArray[np.int64],
    shift: int,
    ones: int,
    rows: NDArray[np.int64],
    low: int,
    first: int,
) -> None:
    """Move the `first` pixels along an axis to the front; both parts stay in raster order."""
    for place in range(low, len(rows)):
        rows[place] = 0
    for i in range(len(part)):
        rows[part[i] >> shift & ones] += 1
    cut, rest = low, first
    while rows[cut] < rest:
        rest -= rows[cut]
        cut += 1
    ahead, behind = 0, 0
    for i in range(len(part)):
        pixel = part[i]
        place = pixel >> shift & ones
        at_cut = place == cut and rest > 0
        rest -= at_cut
        goes_first = place < cut or at_cut
        part[ahead] = pixel
        other[behind] = pixel
        ahead += goes_first
        behind += not goes_first
    for i in range(behind):
        part[ahead + i] = other[i]
