"""Splits by the least and the greatest value of the window around every pixel.

At a cost that does not depend on the window: cut into pieces of one window's length, an axis has each window made
of the end of one piece and the beginning of the next [1, 2].

[1] van Herk M. A fast algorithm for local minimum and maximum filters on rectangular and octagonal kernels.
Pattern Recognition Letters 13, 1992. [2] Gil J., Werman M. Computing 2-D min, median, and max filters. IEEE
Transactions on Pattern Analysis and Machine Intelligence 15(5), 1993.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from classicseg._core.kernel import kernel
from classicseg.thresholds.local.windows import Window, hide_row, radii_of, shape_of, write_labels_numpy


def split_by_extremes_numpy(
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    window: Window,
    ends: NDArray[Any],
    contrast: float,
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> int:
    low, high = _extremes_numpy(values, marks, window, ends, start, stop)
    middle = (low + high) / 2.0
    of_all = (float(ends[0]) + float(ends[1])) / 2.0
    bright = np.where(high - low < contrast, middle >= of_all, values[start:stop] >= middle)
    return write_labels_numpy(bright, marks, labels, start, stop)


@kernel(numpy=split_by_extremes_numpy)
def split_by_extremes(
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    window: Window,
    ends: NDArray[Any],
    contrast: float,
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> int:
    """Split at the middle of the window's extremes; where they are too near, the window is one class."""
    n = values.shape[1]
    rows = np.empty((2, 2 * window.radius + 1, n), values.dtype)
    begun, found = np.empty((2, n), values.dtype), np.empty((2, n), values.dtype)
    of_all = (np.float64(ends[0]) + np.float64(ends[1])) / 2.0
    start_extremes(values, marks, start, window.radius, window.axes, ends, rows)
    n_dark = 0
    for row in range(start, stop):
        next_extremes(values, marks, start, row, window.radius, window.axes, ends, rows, begun, found)
        for i in range(n):
            low, high = np.float64(found[0, i]), np.float64(found[1, i])
            middle = (low + high) / 2.0
            one = middle >= of_all
            bright = int(one if high - low < contrast else np.float64(values[row, i]) >= middle)
            labels[row, i] = 1 + bright
            n_dark += 1 - bright
        if len(marks) > 0:
            n_dark -= hide_row(marks, row, labels)
    return n_dark


def mark_contrast_numpy(
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    window: Window,
    ends: NDArray[Any],
    contrast: NDArray[np.uint8],
    start: int,
    stop: int,
) -> None:
    low, high = _extremes_numpy(values, marks, window, ends, start, stop)
    size = np.abs(low) + np.abs(high)
    ratio = np.divide(high - low, size, out=np.zeros_like(size), where=size > 0)
    there = marks[start:stop] > 0 if len(marks) else True
    contrast[start:stop] = np.where(there, 1.0 + np.floor(254.0 * ratio), 0.0)


@kernel(numpy=mark_contrast_numpy)
def mark_contrast(
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    window: Window,
    ends: NDArray[Any],
    contrast: NDArray[np.uint8],
    start: int,
    stop: int,
) -> None:
    """Mark each pixel with 1 to 255 for a contrast of 0 to 1 in the window, and 0 where it takes no part."""
    n = values.shape[1]
    rows = np.empty((2, 2 * window.radius + 1, n), values.dtype)
    begun, found = np.empty((2, n), values.dtype), np.empty((2, n), values.dtype)
    start_extremes(values, marks, start, window.radius, window.axes, ends, rows)
    for row in range(start, stop):
        next_extremes(values, marks, start, row, window.radius, window.axes, ends, rows, begun, found)
        for i in range(n):
            low, high = np.float64(found[0, i]), np.float64(found[1, i])
            size = abs(low) + abs(high)
            ratio = (high - low) / size if size > 0 else 0.0
            contrast[row, i] = 1 + int(254.0 * ratio) if len(marks) == 0 or marks[row, i] > 0 else 0


def _extremes_numpy(
    values: NDArray[Any], marks: NDArray[np.uint8], window: Window, ends: NDArray[Any], start: int, stop: int
) -> NDArray[np.float64]:
    shape = shape_of(values, window)
    inside = marks > 0 if len(marks) else np.ones(values.shape, bool)
    both = extremes_numpy(values.reshape(shape), inside.reshape(shape), radii_of(window), ends)
    return np.stack([found.reshape(values.shape)[start:stop].astype(np.float64) for found in both])


def extremes_numpy(
    values: NDArray[Any], inside: NDArray[np.bool_], radii: NDArray[np.int64], ends: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The least and the greatest value inside each window; `ends` are those of the whole image."""
    least, greatest = np.where(inside, values, ends[1]), np.where(inside, values, ends[0])
    for axis, radius in enumerate(radii):
        size = 2 * min(int(radius), values.shape[axis]) + 1
        least = ndimage.minimum_filter1d(least, size, axis, mode="constant", cval=float(ends[1]))
        greatest = ndimage.maximum_filter1d(greatest, size, axis, mode="constant", cval=float(ends[0]))
    return least, greatest


@kernel()
def start_extremes(
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    start: int,
    radius: int,
    axes: NDArray[np.int64],
    ends: NDArray[Any],
    rows: NDArray[Any],
) -> None:
    """Fill the rows of the window around row `start`: (least and greatest, window, plane)."""
    for place in range(rows.shape[1]):
        _load(values, marks, start - radius + place, axes, ends, rows[0, place], rows[1, place])


@kernel()
def next_extremes(
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    start: int,
    row: int,
    radius: int,
    axes: NDArray[np.int64],
    ends: NDArray[Any],
    rows: NDArray[Any],
    begun: NDArray[Any],
    found: NDArray[Any],
) -> None:
    """Find the extremes of the windows around a row, the next after the one before or `start`.

    rows[:, place:] hold the extremes of what is left of one piece, `begun` those of what has come of the next
    piece, whose rows replace those that are done with.
    """
    window = rows.shape[1]
    place = (row - start) % window
    for side in range(2):
        if place == 0:
            begun[side, :] = ends[1 - side]
            for above in range(window - 2, -1, -1):
                _take(rows[side, above], rows[side, above + 1], rows[side, above], side == 1)
        _take(rows[side, place], begun[side], found[side], side == 1)
    _load(values, marks, row - radius + window, axes, ends, rows[0, place], rows[1, place])
    for side in range(2):
        _take(rows[side, place], begun[side], begun[side], side == 1)


@kernel()
def _load(
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    row: int,
    axes: NDArray[np.int64],
    ends: NDArray[Any],
    least: NDArray[Any],
    greatest: NDArray[Any],
) -> None:
    """The extremes along the axes of a row's plane. What takes no part, or is no row, is the other end."""
    if not 0 <= row < len(values):
        least[:] = ends[1]
        greatest[:] = ends[0]
        return
    for i in range(len(least)):
        there = len(marks) == 0 or marks[row, i] > 0
        least[i] = values[row, i] if there else ends[1]
        greatest[i] = values[row, i] if there else ends[0]
    for a in range(len(axes)):
        outer, length, inner, radius = axes[a]
        _along(least, ends[1], False, outer, length, inner, min(radius, length))
        _along(greatest, ends[0], True, outer, length, inner, min(radius, length))


@kernel()
def _along(
    plane: NDArray[Any], neutral: Any, highest: bool, outer: int, length: int, inner: int, radius: int
) -> None:
    """Replace each value by the extreme of the window along one axis."""
    window, n = (2 * radius + 1) * inner, (length + 2 * radius) * inner
    first_half, second_half = np.empty(n, plane.dtype), np.empty(n, plane.dtype)
    for block in range(outer):
        line = plane[block * length * inner : (block + 1) * length * inner]
        second_half[:] = neutral
        for i in range(len(line)):
            second_half[radius * inner + i] = line[i]
        for begin in range(0, n, window):
            end = min(begin + window, n)
            for i in range(begin, begin + inner):
                first_half[i] = second_half[i]
            for i in range(begin + inner, end):
                first_half[i] = _outer(second_half[i], first_half[i - inner], highest)
            for i in range(end - inner - 1, begin - 1, -1):
                second_half[i] = _outer(second_half[i], second_half[i + inner], highest)
        _take(second_half[: len(line)], first_half[2 * radius * inner :], line, highest)


@kernel()
def _take(one: NDArray[Any], other: NDArray[Any], out: NDArray[Any], highest: bool) -> None:
    for i in range(len(out)):
        out[i] = _outer(one[i], other[i], highest)


@kernel()
def _outer(one: Any, other: Any, highest: bool) -> Any:
    return one if (one > other) == highest else other
