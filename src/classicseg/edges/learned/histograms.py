"""Soft histograms of color and texture at half the resolution: what half-discs are compared by.

A value counts for the two bins that it lies between, in fifteenths. The bins of texture are eight directions of
the gradient of lightness, and one for its absence. Each pixel of half the resolution has 240 counts a histogram
where all of its pixels take part, and counts are whole numbers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.edges.learned.grids import Taps, halving
from classicseg.filters.color import LAB_STEPS

SHARES = 15
"""A value is divided between two bins in so many shares."""

FULL = 16 * SHARES
"""The counts of a pixel of half the resolution, all of whose pixels take part."""

N_LIGHT, N_COLOR, N_TEXTURE = 12, 10, 9
"""The bins of L*, of a* and of b*, and of texture."""

GROUPS = ((0, 12), (12, 22), (22, 32), (32, 41))
"""First and last bin of L*, a*, b* and texture."""

N_PLANES = 45
"""All bins, the counts, and the sums of L*, a* and b*."""

_BAND = 2**16
"""The pixels of half the resolution that are counted at once, in four bytes a bin."""

_OFFSET = 8192
"""Steps of Lab lie from -8192 to 8191."""

_COLOR_UNIT = 8.0
"""Differences of a* and b* near 0 count more: up to about here evenly, then by their logarithm."""

_QUIET = 3.0
"""A gradient of so many L* a pixel counts half as texture."""

_UNIT = _QUIET * 8 * LAB_STEPS
"""The same in the units of Sobel's weights."""


class Positions(NamedTuple):
    """Where each pixel's values lie, (M, N)."""

    lab: NDArray[np.uint8]
    """(3, M, N), in shares of bins."""
    directions: NDArray[np.uint8]
    """The two bins of texture, each 0 to 7: eight times the first plus the second."""
    shares: NDArray[np.uint8]
    """How many shares of 15 each has: sixteen times the first plus the second."""


class Histograms(NamedTuple):
    """At half the resolution."""

    counts: NDArray[np.uint8]
    """(bins + 1, M, N); last all counts of each pixel."""
    colors: NDArray[np.uint16]
    """(3, M, N), the sums of L*, a* and b*."""


def soft_histograms(steps: NDArray[np.int16], mask: NDArray[np.bool_]) -> Histograms:
    """The counts of an image in steps of Lab, (3, M, N)."""
    shape = steps.shape[1:]
    positions = Positions(*(np.empty(s, np.uint8) for s in (steps.shape, shape, shape)))
    run_bands(_positions, shape[0], shape[1], steps, mask, _tables(), positions)
    taps = halving(shape)
    half = len(taps.rows), len(taps.columns)
    found = Histograms(np.empty((N_PLANES - 3, *half), np.uint8), np.empty((3, *half), np.uint16))
    height = max(1, _BAND // half[1])
    for first in range(0, half[0], height):
        rows = slice(first, first + height)
        own = taps._replace(rows=taps.rows[rows], row_weights=taps.row_weights[rows])
        part = np.zeros((N_PLANES, len(own.rows), half[1]), np.float32)
        run_bands(_count, part.shape[1], half[1] * 8, steps, mask, positions, own, part)
        found.counts[:, rows], found.colors[:, rows] = part[:-3], part[-3:]
    return found


def _tables() -> NDArray[np.uint8]:
    """The position of each step of L*, a* and b*, (3, 16384)."""
    values = (np.arange(2 * _OFFSET) - _OFFSET) / LAB_STEPS
    light = np.clip(values / 100, 0, 1) * SHARES * (N_LIGHT - 1)
    color = np.arcsinh(values / _COLOR_UNIT) / np.arcsinh(110 / _COLOR_UNIT)
    color = np.clip((color + 1) / 2, 0, 1) * SHARES * (N_COLOR - 1)
    return np.rint(np.stack([light, color, color])).astype(np.uint8)


def _positions_numpy(steps: Any, mask: Any, tables: Any, positions: Positions, start: int, stop: int) -> None:
    for c in range(3):
        positions.lab[c, start:stop] = tables[c, steps[c, start:stop].astype(np.int64) + _OFFSET]
    rows, width = slice(start, stop + 2), mask.shape[1]
    light = np.pad(steps[0].astype(np.int64), 1)[rows]
    inside = np.pad(mask, 1)[rows]
    here = light[1:-1, 1:-1]
    cut = [[(slice(i, i + stop - start), slice(j, j + width)) for j in range(3)] for i in range(3)]
    around = [[np.where(inside[own], light[own], here) for own in row] for row in cut]
    top, middle, bottom = around
    down = bottom[0] + 2 * bottom[1] + bottom[2] - top[0] - 2 * top[1] - top[2]
    right = top[2] + 2 * middle[2] + bottom[2] - top[0] - 2 * middle[0] - bottom[0]
    short, long = (np.float64(part(abs(down), abs(right))) for part in (np.minimum, np.maximum))
    t = np.divide(short, long, out=np.zeros(here.shape), where=long > 0)
    place = 2 * t * (1.3476 - 0.3476 * t)
    i = np.where(place >= 1, 1, 0)
    size = np.sqrt(short * short + long * long)
    both = (SHARES * size / (size + _UNIT) + 0.5).astype(np.int64)
    two = (both * (place - i) + 0.5).astype(np.int64)
    sign = np.where((down > 0) == (right > 0), 1, -1)
    first, second = (np.where(abs(right) >= abs(down), sign * k, 4 - sign * k) % 8 for k in (i, i + 1))
    positions.directions[start:stop] = np.where(long > 0, 8 * first + second, 0)
    positions.shares[start:stop] = np.where(long > 0, 16 * (both - two) + two, 0)


@kernel(numpy=_positions_numpy)
def _positions(steps: Any, mask: Any, tables: Any, positions: Positions, start: int, stop: int) -> None:
    """Positions of the pixels of rows `start` to `stop`."""
    height, width = mask.shape
    light = steps[0]
    around = np.zeros((3, 3), np.int64)
    for y in range(start, stop):
        for x in range(width):
            for c in range(3):
                positions.lab[c, y, x] = tables[c, steps[c, y, x] + _OFFSET]
            here = np.int64(light[y, x])
            for i in range(3):
                for j in range(3):
                    v, u = y + i - 1, x + j - 1
                    inside = 0 <= v < height and 0 <= u < width and mask[v, u]
                    around[i, j] = np.int64(light[v, u]) if inside else here
            down = around[2, 0] + 2 * around[2, 1] + around[2, 2] - around[0, 0] - 2 * around[0, 1] - around[0, 2]
            right = around[0, 2] + 2 * around[1, 2] + around[2, 2] - around[0, 0] - 2 * around[1, 0] - around[2, 0]
            first, second, one, two = _direction(down, right)
            positions.directions[y, x] = 8 * first + second
            positions.shares[y, x] = 16 * one + two


@kernel()
def _direction(down: int, right: int) -> tuple[int, int, int, int]:
    """The two bins of a gradient, and the shares of each."""
    v, u = abs(down), abs(right)
    short, long = float(min(v, u)), float(max(v, u))
    if long == 0:
        return 0, 0, 0, 0
    t = short / long
    place = 2 * t * (1.3476 - 0.3476 * t)  # nearly the arc tangent, in parts of 22.5 degrees
    i = 1 if place >= 1 else 0
    size = np.sqrt(short * short + long * long)
    both = int(SHARES * size / (size + _UNIT) + 0.5)
    two = int(both * (place - i) + 0.5)
    sign = 1 if (down > 0) == (right > 0) else -1
    if u >= v:
        return (sign * i) % 8, (sign * (i + 1)) % 8, both - two, two
    return (4 - sign * i) % 8, (4 - sign * (i + 1)) % 8, both - two, two


def _count_numpy(steps: Any, mask: Any, positions: Positions, taps: Taps, out: Any, start: int, stop: int) -> None:
    sums = np.stack([steps[0] // 2, *((steps[1:].astype(np.int64) + _OFFSET) // 4)])
    for i in range(3):
        for j in range(3):
            at = np.ix_(taps.rows[start:stop, i], taps.columns[:, j])
            w = taps.row_weights[start:stop, i, np.newaxis] * taps.column_weights[:, j] * mask[at]
            for c, (first, last) in enumerate(GROUPS[:3]):
                position = positions.lab[c][at].astype(np.int64)
                for b in range(last - first):
                    out[first + b, start:stop] += w * np.maximum(SHARES - abs(position - SHARES * b), 0)
            directions, shares = positions.directions[at], positions.shares[at].astype(np.int64)
            one, two = shares // 16, shares % 16
            for k in range(8):
                out[32 + k, start:stop] += w * (one * (directions // 8 == k) + two * (directions % 8 == k))
            out[40, start:stop] += w * (SHARES - one - two)
            out[41, start:stop] += w * SHARES
            for c in range(3):
                out[42 + c, start:stop] += w * sums[c][at]


@kernel(numpy=_count_numpy)
def _count(steps: Any, mask: Any, positions: Positions, taps: Taps, out: Any, start: int, stop: int) -> None:
    """Rows `start` to `stop` of the counts."""
    fifteen = np.float32(SHARES)
    for y in range(start, stop):
        for i in range(3):
            v, of_row = taps.rows[y, i], taps.row_weights[y, i]
            if of_row == 0:
                continue
            for x in range(len(taps.columns)):
                for j in range(3):
                    u = taps.columns[x, j]
                    w = of_row * taps.column_weights[x, j]
                    if w == 0 or not mask[v, u]:
                        continue
                    first = 0
                    for c in range(3):
                        position = np.int64(positions.lab[c, v, u])
                        b = position // 15
                        rest = np.float32(position - 15 * b)
                        out[first + b, y, x] += w * (fifteen - rest)
                        out[first + b + 1, y, x] += w * rest
                        first += 12 if c == 0 else 10
                    directions, shares = np.int64(positions.directions[v, u]), np.int64(positions.shares[v, u])
                    one, two = np.float32(shares // 16), np.float32(shares % 16)
                    out[32 + directions // 8, y, x] += w * one
                    out[32 + directions % 8, y, x] += w * two
                    out[40, y, x] += w * (fifteen - one - two)
                    out[41, y, x] += w * fifteen
                    out[42, y, x] += w * np.float32(np.int64(steps[0, v, u]) // 2)
                    out[43, y, x] += w * np.float32((np.int64(steps[1, v, u]) + _OFFSET) // 4)
                    out[44, y, x] += w * np.float32((np.int64(steps[2, v, u]) + _OFFSET) // 4)
