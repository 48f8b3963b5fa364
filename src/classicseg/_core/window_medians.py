"""Splits at the median of the window around every pixel.

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
from classicseg._core.windows import (
    Scale,
    Window,
    hide_row,
    level,
    levels_numpy,
    radii_of,
    shape_of,
    write_labels_numpy,
)

_NOTHING = np.iinfo(np.int64).max


def split_by_median_numpy(
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    scale: Scale,
    window: Window,
    offset: float,
    n_levels: int,
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> int:
    shape = shape_of(values, window)
    inside = marks > 0 if len(marks) else np.ones(values.shape, bool)
    doubles = double_medians_numpy(
        values.reshape(shape), inside.reshape(shape), radii_of(window), scale, start, stop
    ).reshape(stop - start, -1)
    bright = 2 * levels_numpy(values[start:stop], scale) >= doubles - 2.0 * offset
    return write_labels_numpy(bright, marks, labels, start, stop)


@kernel(numpy=split_by_median_numpy)
def split_by_median(
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    scale: Scale,
    window: Window,
    offset: float,
    n_levels: int,
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> int:
    """Split by the median of the window; `offset` in levels, of which there are `n_levels`."""
    n, radius, n_dark = values.shape[1], window.radius, 0
    doubles = np.empty(n, np.int64)
    flat = values.itemsize == 1 and len(window.axes) == 1 and 2 * radius < 65535  # counts of a column fit uint16
    columns = n if flat else 0
    fine, coarse = np.zeros((columns, 256), np.uint16), np.zeros((columns, 16), np.uint16)
    sliding, pieces = np.empty(n_levels, np.int32), np.empty(n_levels // share(n_levels) + 1, np.int32)
    for row in range(start, stop):
        if flat:
            if row == start:
                for near in range(max(row - radius, 0), min(row + radius, len(values))):
                    count_row(fine, coarse, values, marks, near, 1)
            if row + radius < len(values):
                count_row(fine, coarse, values, marks, row + radius, 1)
            if row > start and row > radius:
                count_row(fine, coarse, values, marks, row - radius - 1, -1)
            column_medians(fine, coarse, window.axes[0, 3], doubles)
        else:
            sliding_medians(values, marks, row, radius, window.axes, scale, sliding, pieces, doubles)
        for i in range(n):
            bright = int(2.0 * float(level(values, row, i, scale)) >= float(doubles[i]) - 2.0 * offset)
            labels[row, i] = 1 + bright
            n_dark += 1 - bright
        if len(marks) > 0:
            n_dark -= hide_row(marks, row, labels)
    return n_dark


def double_medians_numpy(
    values: NDArray[Any], inside: NDArray[np.bool_], radii: NDArray[np.int64], scale: Scale, start: int, stop: int
) -> NDArray[np.int64]:
    """Twice the median level inside each window around some rows: of an even number it is the mean of two."""
    radii = np.minimum(radii, values.shape)
    levels = np.where(inside, levels_numpy(values, scale), _NOTHING)
    padded = np.pad(levels, [(radius, radius) for radius in radii], constant_values=_NOTHING)
    windows = np.lib.stride_tricks.sliding_window_view(padded, tuple(2 * radii + 1))
    doubles = np.zeros((stop - start, *values.shape[1:]), np.int64)
    for row in range(start, stop):
        ordered = np.sort(windows[row].reshape(*values.shape[1:], -1), axis=-1)
        count = np.count_nonzero(ordered < _NOTHING, axis=-1)[..., np.newaxis]
        for middle in (np.maximum(count - 1, 0) // 2, np.minimum(count // 2, ordered.shape[-1] - 1)):
            found = np.take_along_axis(ordered, middle, axis=-1)
            doubles[row - start] += np.where(count > 0, found, 0)[..., 0]
    return doubles


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
    fine: NDArray[np.uint16], coarse: NDArray[np.uint16], radius: int, doubles: NDArray[np.int64]
) -> None:
    """Twice the medians of one row, of the histograms of its columns."""
    n = len(fine)
    sums, parts = np.zeros(16, np.int32), np.zeros(256, np.int32)
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
        doubles[x] = 0
        if count > 0:
            median = _nth(sums, parts, fresh, fine, radius, x, (count - 1) // 2)
            upper = median if count % 2 == 1 else _nth(sums, parts, fresh, fine, radius, x, count // 2)
            doubles[x] = median + upper


@kernel()
def _nth(
    sums: NDArray[np.int32],
    parts: NDArray[np.int32],
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
    levels: NDArray[np.int32], fresh: NDArray[np.int64], fine: NDArray[np.uint16], radius: int, x: int, part: int
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
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    row: int,
    radius: int,
    axes: NDArray[np.int64],
    scale: Scale,
    fine: NDArray[np.int32],
    coarse: NDArray[np.int32],
    doubles: NDArray[np.int64],
) -> None:
    """Twice the medians of one row's plane, by histograms that slide along its last axis."""
    length, reach = axes[-1, 1], min(axes[-1, 3], axes[-1, 1])
    for line in range(values.shape[1] // length):
        near = _near_lines(axes, line)
        fine[:] = 0
        coarse[:] = 0
        count = 0
        for x in range(-reach, length):
            if x + reach < length:
                count += _enter(values, marks, row, radius, near * length + x + reach, scale, fine, coarse, 1)
            if x > reach:
                count += _enter(values, marks, row, radius, near * length + x - reach - 1, scale, fine, coarse, -1)
            if x >= 0:
                doubles[line * length + x] = 0
                if count > 0:
                    upper = _ranked(fine, coarse, count // 2)
                    lower = upper if count % 2 == 1 else _ranked(fine, coarse, count // 2 - 1)
                    doubles[line * length + x] = lower + upper


@kernel()
def _near_lines(axes: NDArray[np.int64], line: int) -> NDArray[np.int64]:
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
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    row: int,
    radius: int,
    places: NDArray[np.int64],
    scale: Scale,
    fine: NDArray[np.int32],
    coarse: NDArray[np.int32],
    sign: int,
) -> int:
    """Count one side of the window in or out, and return by how many pixels the window changes."""
    levels = share(len(fine))
    change = 0
    for near in range(max(row - radius, 0), min(row + radius + 1, len(values))):
        for place in places:
            if len(marks) == 0 or marks[near, place] > 0:
                number = level(values, near, place, scale)
                fine[number] += sign
                coarse[number // levels] += sign
                change += sign
    return change


@kernel()
def _ranked(fine: NDArray[np.int32], coarse: NDArray[np.int32], rank: int) -> int:
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
