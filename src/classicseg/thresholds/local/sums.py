"""Sums over the window around every pixel, of values and of their squares.

At a cost that does not depend on the window: down the rows, sums of columns are kept, to which the entering row is
added and from which the leaving one is taken off; along every other axis a running sum does the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg.thresholds.local.windows import Scale, WindowedImage, box_sums_numpy, level, levels_numpy


def columns_type(field: WindowedImage) -> NDArray[Any]:
    """An empty array of the type that sums of columns need: half the memory to move where 32 bits do."""
    small = field.values.itemsize == 1 and len(field.shape) == 2 and min(field.sizes[0], len(field.values)) < 2**15
    return np.empty(0, np.int32 if small else np.int64)


def window_sums_numpy(
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    least: int,
    scale: Scale,
    radii: NDArray[np.int64],
    shape: tuple[int, ...],
    start: int,
    stop: int,
) -> NDArray[np.float64]:
    """The sums of `window_sums` for some rows of an image of some shape: (5, rows, pixels of a plane)."""
    first, last = max(start - int(radii[0]), 0), min(stop + int(radii[0]), len(values))
    numbers = levels_numpy(values[first:last], scale)
    marks = marks[first:last] if len(marks) else np.full(numbers.shape, least, np.uint8)

    def box(of_pixels: NDArray[Any]) -> NDArray[np.int64]:
        sums = box_sums_numpy(of_pixels.astype(np.int64).reshape(last - first, *shape[1:]), radii)
        return sums[start - first : stop - first].reshape(stop - start, -1)

    chosen = marks >= least
    total, squares, count = box(numbers * chosen), box(numbers**2 * chosen), box(chosen)
    middle = np.zeros_like(count) if values.itemsize == 1 else (total / np.maximum(count, 1)).astype(np.int64)
    centered = squares - middle * (2 * total - count * middle)
    return np.stack([middle, count, total - count * middle, centered, box(marks > 0)]).astype(np.float64)


@kernel()
def window_sums(
    values: NDArray[Any],
    columns: NDArray[Any],
    axes: NDArray[np.int64],
    scratch: NDArray[Any],
    totals: NDArray[np.int64],
    above: int,
    reach: NDArray[np.int64],
    out: NDArray[np.float64],
) -> None:
    """Finish a row's sums along the axes of the plane, from those of the columns.

    They are: a level near the mean, the number of pixels summed, their sum and sum of squares counted from
    that level, and, where not all are summed, how many pixels the window has. The squares of deeper images are
    counted from near the mean, in integers, because float64 would cancel; those of uint8 are small enough to
    be exact from 0.
    """
    source = _add_along_middle(columns, axes, scratch)
    for s in range(len(columns)):
        _run_along_last(source[s], totals[s], axes[-1, 1], axes[-1, 3])
    marked, chosen = len(columns) > 2, len(columns) > 3
    for i in range(len(reach)):
        n = totals[2, i] if marked else above * reach[i]
        total, squares = totals[0, i], totals[1, i]
        if values.itemsize > 1:
            middle = np.int64(float(total) / float(max(n, 1)))
            squares -= middle * (2 * total - n * middle)
            total -= n * middle
            out[0, i] = middle
        out[1, i] = n
        out[2, i] = total
        out[3, i] = squares
    if chosen:
        for i in range(len(reach)):
            out[4, i] = totals[3, i]


@kernel()
def new_columns(
    values: NDArray[Any], marks: NDArray[np.uint8], least: int, columns_type: NDArray[Any]
) -> NDArray[Any]:
    n_sums = 2 + int(len(marks) > 0) + int(least > 1)
    return np.zeros((n_sums, values.shape[1]), columns_type.dtype)


@kernel()
def slide_columns(
    columns: NDArray[Any],
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    least: int,
    scale: Scale,
    radius: int,
    start: int,
    row: int,
) -> int:
    """Move the sums of columns on to a row, from the one before it or from nothing; return their height."""
    first, last = max(row - radius, 0), min(row + radius, len(values) - 1)
    if row == start:
        for near in range(first, last + 1):
            _add_row(columns, values, marks, least, scale, near, 1)
    else:
        if row + radius < len(values):
            _add_row(columns, values, marks, least, scale, row + radius, 1)
        if row > radius:
            _add_row(columns, values, marks, least, scale, row - radius - 1, -1)
    return last - first + 1


@kernel()
def _add_row(
    columns: NDArray[Any],
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    least: int,
    scale: Scale,
    row: int,
    sign: int,
) -> None:
    """Add a row to the sums of columns, or take it off again.

    They are: levels, squares of levels, and where there are marks the number of pixels of mark `least` or more,
    which alone are summed, and of pixels with any mark, if there are four.
    """
    if len(columns) == 2:
        for i in range(columns.shape[1]):
            number = level(values, row, i, scale)
            columns[0, i] += sign * number
            columns[1, i] += sign * number * number
        return
    for i in range(columns.shape[1]):
        chosen = sign * np.int64(marks[row, i] >= least)
        number = level(values, row, i, scale)
        columns[0, i] += chosen * number
        columns[1, i] += chosen * number * number
        columns[2, i] += chosen
        if len(columns) == 4:
            columns[3, i] += sign * np.int64(marks[row, i] > 0)


@kernel()
def _run_along_last(source: NDArray[Any], target: NDArray[np.int64], length: int, radius: int) -> None:
    """A running sum along each line: one loop without a question for each of its stretches."""
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
    """Sum each of several planes over boxes along one axis."""
    for s in range(len(source)):
        for block in range(outer):
            first = block * length * inner
            for i in range(first, first + inner):
                target[s, i] = 0
            for j in range(min(radius + 1, length)):
                for i in range(inner):
                    target[s, first + i] += source[s, first + j * inner + i]
            for j in range(1, length):
                place = first + j * inner
                for i in range(place, place + inner):
                    target[s, i] = target[s, i - inner]
                if j + radius < length:
                    for i in range(place, place + inner):
                        target[s, i] += source[s, i + radius * inner]
                if j > radius:
                    for i in range(place, place + inner):
                        target[s, i] -= source[s, i - (radius + 1) * inner]
