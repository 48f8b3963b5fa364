"""Splits by the least and the greatest value of the window around every pixel.

The method of van Herk, and of Gil and Werman, costs three comparisons a pixel and axis, whatever the window [1,
2]. An axis is cut into blocks as long as the window. Every window then is the end of one block and the beginning
of the next. So its maximum is the greater of two running maxima: of the one block from its end backwards, and of
the next from its beginning forwards. Minima go alike, and a box is done one axis after the other. Values are only
compared, never computed with, and the extremes are exact for every dtype.

[1] van Herk M. A fast algorithm for local minimum and maximum filters on rectangular and octagonal kernels.
Pattern Recognition Letters 13, 1992. [2] Gil J., Werman M. Computing 2-D min, median, and max filters. IEEE
Transactions on Pattern Analysis and Machine Intelligence 15(5), 1993.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from classicseg._core.kernel import kernel
from classicseg.thresholds.local.windows import Window, hide_row, radii_of, shape_of, write_labels_numpy


class Pixels(NamedTuple):
    """The pixels that are compared: fields of `WindowedImage`."""

    values: NDArray[Any]
    inside: NDArray[np.uint8]
    extremes: NDArray[Any]
    """The least and the greatest value of the image. A pixel that takes no part counts as the greatest one where
    minima are looked for, and as the least one where maxima are: so it never decides."""


class Sliding(NamedTuple):
    """What is kept of the rows of a window that moves down; index 0 is for minima, 1 for maxima."""

    rows: NDArray[Any]
    """(2, rows of the window, pixels of a plane). From the index of the current row on, each row holds the
    extremes of itself and of all later rows of its block; the rows before hold the next block as it comes."""
    begun: NDArray[Any]
    """(2, pixels of a plane): the extremes of the rows of the next block that have come."""
    found: NDArray[Any]
    """(2, pixels of a plane): the extremes of the windows of the current row."""


def split_by_extremes_numpy(
    pixels: Pixels, window: Window, contrast: float, labels: NDArray[np.int32], start: int, stop: int
) -> int:
    low, high = _extremes_numpy(pixels, window, start, stop)
    middle = (low + high) / 2.0
    middle_of_all = (float(pixels.extremes[0]) + float(pixels.extremes[1])) / 2.0
    bright = np.where(high - low < contrast, middle >= middle_of_all, pixels.values[start:stop] >= middle)
    return write_labels_numpy(bright, pixels.inside, labels, start, stop)


@kernel(numpy=split_by_extremes_numpy)
def split_by_extremes(
    pixels: Pixels, window: Window, contrast: float, labels: NDArray[np.int32], start: int, stop: int
) -> int:
    """Split at the middle of the extremes of the window.

    Where these differ by less than `contrast`, the pixel is bright if the middle is not below that of the whole
    image.
    """
    values, inside, extremes = pixels
    n_dark = 0
    middle_of_all = (np.float64(extremes[0]) + np.float64(extremes[1])) / 2.0
    sliding = start_extremes(pixels, window, start)
    for row in range(start, stop):
        next_extremes(pixels, window, sliding, start, row)
        for i in range(values.shape[1]):
            low, high = np.float64(sliding.found[0, i]), np.float64(sliding.found[1, i])
            middle = (low + high) / 2.0
            flat = middle >= middle_of_all
            bright = int(flat if high - low < contrast else np.float64(values[row, i]) >= middle)
            labels[row, i] = 1 + bright
            n_dark += 1 - bright
        if len(inside) > 0:
            n_dark -= hide_row(inside, row, labels)
    return n_dark


def mark_contrast_numpy(pixels: Pixels, window: Window, marks: NDArray[np.uint8], start: int, stop: int) -> None:
    low, high = _extremes_numpy(pixels, window, start, stop)
    size = np.abs(low) + np.abs(high)
    ratio = np.divide(high - low, size, out=np.zeros_like(size), where=size > 0)
    valid = pixels.inside[start:stop] > 0 if len(pixels.inside) else True
    marks[start:stop] = np.where(valid, 1.0 + np.floor(254.0 * ratio), 0.0)


@kernel(numpy=mark_contrast_numpy)
def mark_contrast(pixels: Pixels, window: Window, marks: NDArray[np.uint8], start: int, stop: int) -> None:
    """Mark each pixel with 1 to 255 for a contrast of 0 to 1 in its window, and 0 where it takes no part.

    Contrast is (max - min) / (|max| + |min|).
    """
    values, inside, _ = pixels
    sliding = start_extremes(pixels, window, start)
    for row in range(start, stop):
        next_extremes(pixels, window, sliding, start, row)
        for i in range(values.shape[1]):
            low, high = np.float64(sliding.found[0, i]), np.float64(sliding.found[1, i])
            size = abs(low) + abs(high)
            ratio = (high - low) / size if size > 0 else 0.0
            marks[row, i] = 1 + int(254.0 * ratio) if len(inside) == 0 or inside[row, i] > 0 else 0


def _extremes_numpy(pixels: Pixels, window: Window, start: int, stop: int) -> NDArray[np.float64]:
    """The least and the greatest value of the windows of some rows."""
    values, inside, extremes = pixels
    shape = shape_of(values, window)
    valid = inside > 0 if len(inside) else np.ones(values.shape, bool)
    both = extremes_numpy(values.reshape(shape), valid.reshape(shape), radii_of(window), extremes)
    return np.stack([found.reshape(values.shape)[start:stop].astype(np.float64) for found in both])


def extremes_numpy(
    values: NDArray[Any], valid: NDArray[np.bool_], radii: NDArray[np.int64], extremes: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The least and the greatest valid value in each window; `extremes` are those of the whole image."""
    least, greatest = np.where(valid, values, extremes[1]), np.where(valid, values, extremes[0])
    for axis, radius in enumerate(radii):
        size = 2 * min(int(radius), values.shape[axis]) + 1
        least = ndimage.minimum_filter1d(least, size, axis, mode="constant", cval=float(extremes[1]))
        greatest = ndimage.maximum_filter1d(greatest, size, axis, mode="constant", cval=float(extremes[0]))
    return least, greatest


@kernel()
def start_extremes(pixels: Pixels, window: Window, start: int) -> Sliding:
    """Make room for a window that moves down from row `start`, and load the rows of its first position."""
    values = pixels.values
    n = values.shape[1]
    rows = np.empty((2, 2 * window.radius + 1, n), values.dtype)
    for index in range(rows.shape[1]):
        _load(pixels, window.axes, start - window.radius + index, rows[0, index], rows[1, index])
    return Sliding(rows, np.empty((2, n), values.dtype), np.empty((2, n), values.dtype))


@kernel()
def next_extremes(pixels: Pixels, window: Window, sliding: Sliding, start: int, row: int) -> None:
    """Find the extremes of the windows around a row: `start`, or the next after the row before."""
    rows, begun, found = sliding
    height = rows.shape[1]
    index = (row - start) % height
    for side in range(2):
        if index == 0:  # a block is done: the rows that have come are the current one
            for i in range(begun.shape[1]):
                begun[side, i] = pixels.extremes[1 - side]
            for above in range(height - 2, -1, -1):
                _take(rows[side, above], rows[side, above + 1], rows[side, above], side == 1)
        _take(rows[side, index], begun[side], found[side], side == 1)
    _load(pixels, window.axes, row - window.radius + height, rows[0, index], rows[1, index])
    for side in range(2):
        _take(rows[side, index], begun[side], begun[side], side == 1)


@kernel()
def _load(pixels: Pixels, axes: NDArray[np.int64], row: int, least: NDArray[Any], greatest: NDArray[Any]) -> None:
    """The extremes of a row's plane along its axes. Beyond the first and the last row nothing takes part."""
    values, inside, extremes = pixels
    if not 0 <= row < len(values):
        for i in range(len(least)):
            least[i] = extremes[1]
            greatest[i] = extremes[0]
        return
    for i in range(len(least)):
        valid = len(inside) == 0 or inside[row, i] > 0
        least[i] = values[row, i] if valid else extremes[1]
        greatest[i] = values[row, i] if valid else extremes[0]
    for a in range(len(axes)):
        outer, length, inner, radius = axes[a]
        _along(least, extremes[1], False, outer, length, inner, min(radius, length))
        _along(greatest, extremes[0], True, outer, length, inner, min(radius, length))


@kernel()
def _along(
    plane: NDArray[Any], neutral: Any, highest: bool, outer: int, length: int, inner: int, radius: int
) -> None:
    """Replace each value by the maximum, or the minimum, of the window along one axis.

    `forwards` and `backwards` hold the running extremes of the blocks of a line, `inner` pixels beside each other.
    """
    window, n = (2 * radius + 1) * inner, (length + 2 * radius) * inner
    forwards, backwards = np.empty(n, plane.dtype), np.empty(n, plane.dtype)
    for block in range(outer):
        line = plane[block * length * inner : (block + 1) * length * inner]
        for i in range(n):
            backwards[i] = neutral
        for i in range(len(line)):
            backwards[radius * inner + i] = line[i]
        for begin in range(0, n, window):
            end = min(begin + window, n)
            for i in range(begin, begin + inner):
                forwards[i] = backwards[i]
            for i in range(begin + inner, end):
                forwards[i] = _outer(backwards[i], forwards[i - inner], highest)
            for i in range(end - inner - 1, begin - 1, -1):
                backwards[i] = _outer(backwards[i], backwards[i + inner], highest)
        _take(backwards[: len(line)], forwards[2 * radius * inner :], line, highest)


@kernel()
def _take(a: NDArray[Any], b: NDArray[Any], out: NDArray[Any], highest: bool) -> None:
    """Elementwise the greater, or the smaller, of two arrays."""
    for i in range(len(out)):
        out[i] = _outer(a[i], b[i], highest)


@kernel()
def _outer(a: Any, b: Any, highest: bool) -> Any:
    """The greater, or the smaller, of two values."""
    return a if (a > b) == highest else b
