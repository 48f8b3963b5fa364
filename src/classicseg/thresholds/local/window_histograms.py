"""Histograms of the window around every pixel that slide with it, and the medians read from them.

A plane of uint8 costs the same whatever the window [1]. Each column has a histogram of its pixels in the window,
which moves down by one pixel in and one out. The histogram of the window is the sum of those of its columns, and
moves along the row by one column in and one out. Every histogram is kept twice, in 256 fine levels and in 16
coarse ones. The coarse one tells which block of 16 levels holds the median, and only that block of the fine one is
brought up to date.

Deeper values and volumes have one histogram for the window. The pixels of one of its sides enter, and those of the
opposite side leave [2].

[1] Perreault S., Hebert P. Median filtering in constant time. IEEE Transactions on Image Processing 16(9), 2007.
[2] Huang T. S., Yang G. J., Tang G. Y. A fast two-dimensional median filtering algorithm. IEEE Transactions on
Acoustics, Speech, and Signal Processing 27(1), 1979.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel


@kernel()
def count_row(
    fine: NDArray[np.uint16],
    coarse: NDArray[np.uint16],
    values: NDArray[Any],
    inside: NDArray[np.uint8],
    row: int,
    sign: int,
) -> None:
    """Count a row of uint8 into the columns' histograms of 256 and of 16 levels, or take it out again."""
    for i in range(values.shape[1]):
        if len(inside) == 0 or inside[row, i] > 0:
            value = int(values[row, i])
            if sign > 0:
                fine[i, value] += 1
                coarse[i, value // 16] += 1
            else:
                fine[i, value] -= 1
                coarse[i, value // 16] -= 1


@kernel()
def column_medians(
    fine: NDArray[np.uint16],
    coarse: NDArray[np.uint16],
    radius: int,
    counts: NDArray[Any],
    medians: NDArray[np.int64],
) -> None:
    """The lower and the upper median of the windows of one row, from the histograms of its columns."""
    n = len(fine)
    sums, levels = np.zeros(16, counts.dtype), np.zeros(256, counts.dtype)
    updated = np.full(16, -2 * (radius + n))  # the column that a block of 16 levels was last brought up to
    for x in range(min(radius, n)):
        for q in range(16):
            sums[q] += coarse[x, q]
    for x in range(n):
        if x + radius < n:
            for q in range(16):
                sums[q] += coarse[x + radius, q]
        if x > radius:
            for q in range(16):
                sums[q] -= coarse[x - radius - 1, q]
        count = 0
        for q in range(16):
            count += int(sums[q])
        if count > 0:
            medians[0, x] = _nth(sums, levels, updated, fine, radius, x, (count - 1) // 2)
            medians[1, x] = medians[0, x]
            if count % 2 == 0:
                medians[1, x] = _nth(sums, levels, updated, fine, radius, x, count // 2)


@kernel()
def _nth(
    sums: NDArray[Any],
    levels: NDArray[Any],
    updated: NDArray[np.int64],
    fine: NDArray[np.uint16],
    radius: int,
    x: int,
    rank: int,
) -> int:
    """The value of a rank in the window of column x: its block by the coarse histogram, then its level."""
    block = 0
    while rank >= sums[block]:
        rank -= int(sums[block])
        block += 1
    _update(levels[16 * block : 16 * block + 16], updated, fine, radius, x, block)
    value = 16 * block
    while rank >= levels[value]:
        rank -= int(levels[value])
        value += 1
    return value


@kernel()
def _update(
    levels: NDArray[Any], updated: NDArray[np.int64], fine: NDArray[np.uint16], radius: int, x: int, block: int
) -> None:
    """Bring 16 levels of the window's histogram up to column x: by the columns that changed, or all anew."""
    n, first = len(fine), 16 * block
    if x - updated[block] > radius:
        levels[:] = 0
        for column in range(max(x - radius, 0), min(x + radius + 1, n)):
            for q in range(16):
                levels[q] += fine[column, first + q]
    else:
        for middle in range(updated[block] + 1, x + 1):
            if middle + radius < n:
                for q in range(16):
                    levels[q] += fine[middle + radius, first + q]
            if middle > radius:
                for q in range(16):
                    levels[q] -= fine[middle - radius - 1, first + q]
    updated[block] = x


@kernel()
def sliding_medians(
    bins: NDArray[Any],
    inside: NDArray[np.uint8],
    row: int,
    radius: int,
    axes: NDArray[np.int64],
    fine: NDArray[Any],
    coarse: NDArray[Any],
    medians: NDArray[np.int64],
) -> None:
    """The bins of the lower and the upper median of one row's plane, by a histogram that slides along each
    line."""
    length, half = axes[-1, 1], min(axes[-1, 3], axes[-1, 1])
    for line in range(bins.shape[1] // length):
        lines = window_lines(axes, line)
        fine[:] = 0
        coarse[:] = 0
        count = 0
        for x in range(-half, length):
            if x + half < length:
                count += _enter(bins, inside, row, radius, lines * length + x + half, fine, coarse, 1)
            if x > half:
                count += _enter(bins, inside, row, radius, lines * length + x - half - 1, fine, coarse, -1)
            if x >= 0 and count > 0:
                upper = _ranked(fine, coarse, count // 2)
                medians[0, line * length + x] = upper if count % 2 == 1 else _ranked(fine, coarse, count // 2 - 1)
                medians[1, line * length + x] = upper


@kernel()
def window_lines(axes: NDArray[np.int64], line: int) -> NDArray[np.int64]:
    """The lines of a plane that lie in the window of one of them, along all axes of the plane but the last."""
    found = np.zeros(1, np.int64)
    n_lines = 1
    for a in range(len(axes) - 1):
        n_lines *= axes[a, 1]
    for a in range(len(axes) - 1):
        n_lines //= axes[a, 1]
        middle = line // n_lines % axes[a, 1]
        first, last = max(middle - axes[a, 3], 0), min(middle + axes[a, 3], axes[a, 1] - 1)
        wider = np.empty(len(found) * (last - first + 1), np.int64)
        for i in range(len(wider)):
            wider[i] = found[i // (last - first + 1)] + (first + i % (last - first + 1)) * n_lines
        found = wider
    return found


@kernel()
def _enter(
    bins: NDArray[Any],
    inside: NDArray[np.uint8],
    row: int,
    radius: int,
    side: NDArray[np.int64],
    fine: NDArray[Any],
    coarse: NDArray[Any],
    sign: int,
) -> int:
    """Count one side of the window in or out, and return by how many pixels the window changes."""
    width = coarse_width(len(fine))
    change = 0
    for other_row in range(max(row - radius, 0), min(row + radius + 1, len(bins))):
        for index in side:
            if len(inside) == 0 or inside[other_row, index] > 0:
                number = np.int64(bins[other_row, index])
                fine[number] += sign
                coarse[number // width] += sign
                change += sign
    return change


@kernel()
def _ranked(fine: NDArray[Any], coarse: NDArray[Any], rank: int) -> int:
    """The bin of the value of a rank."""
    block = 0
    while rank >= coarse[block]:
        rank -= int(coarse[block])
        block += 1
    number = block * coarse_width(len(fine))
    while rank >= fine[number]:
        rank -= int(fine[number])
        number += 1
    return number


@kernel()
def coarse_width(n_bins: int) -> int:
    """How many bins of the fine histogram one bin of the coarse one covers."""
    return 256 if n_bins > 256 else 16
