"""Sums of the levels, and of their squares, over the window around every pixel.

A sliding sum costs the same whatever the window. Down the rows, each column of the plane keeps the sum of those of
its pixels that lie in the window: moving on by one row adds the entering row and subtracts the leaving one. Within
a row, the sums of the columns are summed along each axis of the plane in the same way. All numbers are whole, so
that what is subtracted is exactly what was added.

There are two sums, of the levels and of their squares, or more: where not every pixel takes part, a third one
counts the pixels that are summed; and where only pixels of a mark of `least_summed` or more are summed, a fourth
one counts all that take part.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg.thresholds.local.windows import (
    Levels,
    Window,
    WindowedImage,
    box_sums_numpy,
    level,
    levels_numpy,
    radii_of,
    shape_of,
)


def columns_type(image: WindowedImage) -> NDArray[Any]:
    """An empty array of the type that sums of columns need: half the memory to move where 32 bits do."""
    small = image.values.itemsize == 1 and len(image.shape) == 2 and min(image.sizes[0], len(image.values)) < 2**15
    return np.empty(0, np.int32 if small else np.int64)


def window_sums_numpy(pixels: Levels, window: Window, start: int, stop: int) -> NDArray[np.float64]:
    """What `window_sums` finds, for some rows of an image: (5, rows, pixels of a plane)."""
    shape, radii = shape_of(pixels.values, window), radii_of(window)
    first, last = max(start - window.radius, 0), min(stop + window.radius, len(pixels.values))
    levels = levels_numpy(pixels.values[first:last], pixels.scale)
    inside = np.full(levels.shape, pixels.least_summed, np.uint8)
    if len(pixels.inside):
        inside = pixels.inside[first:last]

    def box(numbers: NDArray[Any]) -> NDArray[np.int64]:
        sums = box_sums_numpy(numbers.astype(np.int64).reshape(last - first, *shape[1:]), radii)
        return sums[start - first : stop - first].reshape(stop - start, -1)

    summed = inside >= pixels.least_summed
    total, squares, count = box(levels * summed), box(levels**2 * summed), box(summed)
    middle = np.zeros_like(count)
    if pixels.values.itemsize > 1:
        middle = (total / np.maximum(count, 1)).astype(np.int64)
    centered = squares - middle * (2 * total - count * middle)
    return np.stack([middle, count, total - count * middle, centered, box(inside > 0)]).astype(np.float64)


@kernel()
def window_sums(
    values: NDArray[Any],
    columns: NDArray[Any],
    window: Window,
    scratch: NDArray[Any],
    totals: NDArray[np.int64],
    height: int,
    out: NDArray[np.float64],
) -> None:
    """Finish the sums of a row along the axes of the plane, from the sums of `height` rows in its columns.

    The five rows of `out` are a level c near the mean of the window, the number n of pixels that are summed, the
    sum of their differences to c, the sum of the squares of these, and, where not every pixel that takes part is
    summed, the number of those that take part.

    c keeps the variance of deep images exact: the sums of levels and of squares are shifted to c in integers,
    where float64 would lose digits. Those of uint8 are small enough for c = 0.
    """
    axes, counts = window.axes, window.counts
    source = _add_along_middle(columns, axes, scratch)
    for s in range(len(columns)):
        _run_along_last(source[s], totals[s], axes[-1, 1], axes[-1, 3])
    counted, marked = len(columns) > 2, len(columns) > 3
    for i in range(len(counts)):
        n = totals[2, i] if counted else height * counts[i]
        total, squares = totals[0, i], totals[1, i]
        if values.itemsize > 1:
            middle = np.int64(float(total) / float(max(n, 1)))
            squares -= middle * (2 * total - n * middle)
            total -= n * middle
            out[0, i] = middle
        out[1, i] = n
        out[2, i] = total
        out[3, i] = squares
    if marked:
        for i in range(len(counts)):
            out[4, i] = totals[3, i]


@kernel()
def new_columns(pixels: Levels, columns_type: NDArray[Any]) -> NDArray[Any]:
    """Sums of columns of no rows: two, three or four of them (see above)."""
    n_sums = 2 + int(len(pixels.inside) > 0) + int(pixels.least_summed > 1)
    return np.zeros((n_sums, pixels.values.shape[1]), columns_type.dtype)


@kernel()
def slide_columns(columns: NDArray[Any], pixels: Levels, radius: int, start: int, row: int) -> int:
    """Move the sums of columns on to a row, from the row before it or, at `start`, from none; return their
    height."""
    n_rows = len(pixels.values)
    first, last = max(row - radius, 0), min(row + radius, n_rows - 1)
    if row == start:
        for entering in range(first, last + 1):
            _add_row(columns, pixels, entering, 1)
    else:
        if row + radius < n_rows:
            _add_row(columns, pixels, row + radius, 1)
        if row > radius:
            _add_row(columns, pixels, row - radius - 1, -1)
    return last - first + 1


@kernel()
def _add_row(columns: NDArray[Any], pixels: Levels, row: int, sign: int) -> None:
    """Add a row to the sums of columns, or subtract it again."""
    values, inside, least_summed, scale = pixels
    if len(columns) == 2:
        for i in range(columns.shape[1]):
            number = level(values, row, i, scale)
            columns[0, i] += sign * number
            columns[1, i] += sign * number * number
        return
    for i in range(columns.shape[1]):
        summed = sign * np.int64(inside[row, i] >= least_summed)
        number = level(values, row, i, scale)
        columns[0, i] += summed * number
        columns[1, i] += summed * number * number
        columns[2, i] += summed
        if len(columns) == 4:
            columns[3, i] += sign * np.int64(inside[row, i] > 0)


@kernel()
def _run_along_last(source: NDArray[Any], target: NDArray[np.int64], length: int, radius: int) -> None:
    """A running sum along each line of the last axis: one loop without a condition for each of its stretches."""
    radius = min(radius, length)
    begun, ended = radius + 1, length - radius  # from here on a pixel leaves, from there on none enters
    for first in range(0, len(source), length):
        line, sums = source[first : first + length], target[first : first + length]
        total = np.int64(0)
        for i in range(radius):
            total += np.int64(line[i])
        for i in range(min(begun, ended)):
            total += np.int64(line[i + radius])
            sums[i] = total
        for i in range(begun, ended):
            total += np.int64(line[i + radius]) - np.int64(line[i - radius - 1])
            sums[i] = total
        for i in range(ended, min(begun, length)):
            sums[i] = total
        for i in range(max(begun, ended), length):
            total -= np.int64(line[i - radius - 1])
            sums[i] = total


@kernel()
def _add_along_middle(columns: NDArray[Any], axes: NDArray[np.int64], scratch: NDArray[Any]) -> NDArray[Any]:
    """Sum over boxes along every axis of the plane but the last."""
    source = columns
    for a in range(len(axes) - 1):
        outer, length, inner, radius = axes[a]
        _add_along(source, scratch[a % 2], outer, length, inner, radius)
        source = scratch[a % 2]
    return source


@kernel()
def _add_along(
    source: NDArray[Any], target: NDArray[Any], outer: int, length: int, inner: int, radius: int
) -> None:
    """Sum each of several planes over boxes along one axis: a running sum of lines of `inner` pixels."""
    for s in range(len(source)):
        for block in range(outer):
            first = block * length * inner
            for i in range(first, first + inner):
                target[s, i] = 0
            for j in range(min(radius + 1, length)):
                for i in range(inner):
                    target[s, first + i] += source[s, first + j * inner + i]
            for j in range(1, length):
                line = first + j * inner
                for i in range(line, line + inner):
                    target[s, i] = target[s, i - inner]
                if j + radius < length:
                    for i in range(line, line + inner):
                        target[s, i] += source[s, i + radius * inner]
                if j > radius:
                    for i in range(line, line + inner):
                        target[s, i] -= source[s, i - (radius + 1) * inner]
