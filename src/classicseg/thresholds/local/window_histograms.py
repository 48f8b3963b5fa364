"""Medians of the window around every pixel, by histograms that slide.

Of a plane of uint8 at a cost that does not depend on the window: a histogram of each column slides down the
rows, and their sum along each row, of which only the part around the median is kept up to date [1]. Deeper values
and volumes take one histogram, which the pixels of one side of the window enter and those of the other leave [2].

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
    marks: NDArray[np.uint8],
    row: int,
    sign: int,
) -> None:
    """Count a row of uint8 into the columns' histograms of 256 and of 16 levels, or take it out again."""
    for i in range(values.shape[1]):
        if len(marks) == 0 or marks[row, i] > 0:
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
    """The lower and the upper median of the windows of one row, of the histograms of its columns."""
    n = len(fine)
    sums, parts = np.zeros(16, counts.dtype), np.zeros(256, counts.dtype)
    fresh = np.full(16, -2 * (radius + n))  # the column that a part of 16 levels was last brought up to
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
            medians[0, x] = _nth(sums, parts, fresh, fine, radius, x, (count - 1) // 2)
            medians[1, x] = medians[0, x]
            if count % 2 == 0:
                medians[1, x] = _nth(sums, parts, fresh, fine, radius, x, count // 2)


@kernel()
def _nth(
    sums: NDArray[Any],
    parts: NDArray[Any],
    fresh: NDArray[np.int64],
    fine: NDArray[np.uint16],
    radius: int,
    x: int,
    rank: int,
) -> int:
    part = 0
    while rank >= sums[part]:
        rank -= int(sums[part])
        part += 1
    _refresh(parts[16 * part : 16 * part + 16], fresh, fine, radius, x, part)
    value = 16 * part
    while rank >= parts[value]:
        rank -= int(parts[value])
        value += 1
    return value


@kernel()
def _refresh(
    levels: NDArray[Any], fresh: NDArray[np.int64], fine: NDArray[np.uint16], radius: int, x: int, part: int
) -> None:
    """Bring 16 levels of the window's histogram up to a column, by what has changed or from the beginning."""
    n, first = len(fine), 16 * part
    if x - fresh[part] > radius:
        levels[:] = 0
        for column in range(max(x - radius, 0), min(x + radius + 1, n)):
            for q in range(16):
                levels[q] += fine[column, first + q]
    else:
        for middle in range(fresh[part] + 1, x + 1):
            if middle + radius < n:
                for q in range(16):
                    levels[q] += fine[middle + radius, first + q]
            if middle > radius:
                for q in range(16):
                    levels[q] -= fine[middle - radius - 1, first + q]
    fresh[part] = x


@kernel()
def sliding_medians(
    bins: NDArray[Any],
    marks: NDArray[np.uint8],
    row: int,
    radius: int,
    axes: NDArray[np.int64],
    fine: NDArray[Any],
    coarse: NDArray[Any],
    medians: NDArray[np.int64],
) -> None:
    """The bins of the lower and the upper median of one row's plane, by histograms along its last axis."""
    length, reach = axes[-1, 1], min(axes[-1, 3], axes[-1, 1])
    for line in range(bins.shape[1] // length):
        near = near_lines(axes, line)
        fine[:] = 0
        coarse[:] = 0
        count = 0
        for x in range(-reach, length):
            if x + reach < length:
                count += _enter(bins, marks, row, radius, near * length + x + reach, fine, coarse, 1)
            if x > reach:
                count += _enter(bins, marks, row, radius, near * length + x - reach - 1, fine, coarse, -1)
            if x >= 0 and count > 0:
                upper = _ranked(fine, coarse, count // 2)
                medians[0, line * length + x] = upper if count % 2 == 1 else _ranked(fine, coarse, count // 2 - 1)
                medians[1, line * length + x] = upper


@kernel()
def near_lines(axes: NDArray[np.int64], line: int) -> NDArray[np.int64]:
    """The lines of a plane in the window of one along all its axes but the last."""
    near = np.zeros(1, np.int64)
    lines = 1
    for a in range(len(axes) - 1):
        lines *= axes[a, 1]
    for a in range(len(axes) - 1):
        lines //= axes[a, 1]
        middle = line // lines % axes[a, 1]
        first, last = max(middle - axes[a, 3], 0), min(middle + axes[a, 3], axes[a, 1] - 1)
        wider = np.empty(len(near) * (last - first + 1), np.int64)
        for i in range(len(wider)):
            wider[i] = near[i // (last - first + 1)] + (first + i % (last - first + 1)) * lines
        near = wider
    return near


@kernel()
def _enter(
    bins: NDArray[Any],
    marks: NDArray[np.uint8],
    row: int,
    radius: int,
    places: NDArray[np.int64],
    fine: NDArray[Any],
    coarse: NDArray[Any],
    sign: int,
) -> int:
    """Count one side of the window in or out, and return by how many pixels the window changes."""
    levels = share(len(fine))
    change = 0
    for near in range(max(row - radius, 0), min(row + radius + 1, len(bins))):
        for place in places:
            if len(marks) == 0 or marks[near, place] > 0:
                number = np.int64(bins[near, place])
                fine[number] += sign
                coarse[number // levels] += sign
                change += sign
    return change


@kernel()
def _ranked(fine: NDArray[Any], coarse: NDArray[Any], rank: int) -> int:
    part = 0
    while rank >= coarse[part]:
        rank -= int(coarse[part])
        part += 1
    number = part * share(len(fine))
    while rank >= fine[number]:
        rank -= int(fine[number])
        number += 1
    return number


@kernel()
def share(n_levels: int) -> int:
    """How many levels one count of the coarse histogram covers."""
    return 256 if n_levels > 256 else 16
