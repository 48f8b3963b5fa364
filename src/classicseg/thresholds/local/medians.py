"""Splits at the median of the window around every pixel.

uint8 and uint16 have few enough values for a histogram of the window that slides along (`window_histograms`), from
which the median is read: exactly, since it is one of the values counted or the mean of two.

Floats are counted in bins, about as full as each other by a sample of the image. The bin of the median is then
known. If the bin of a pixel is another one, the bins decide; so they do where a bin has one value only. In the
remaining cases the window is looked through: a pixel is at or above the median if more than half of the window are
not above it. That is counting, without any rounding, and the labels do not depend on the bins.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.thresholds.local.window_histograms import (
    coarse_width,
    column_medians,
    count_row,
    sliding_medians,
    window_lines,
)
from classicseg.thresholds.local.windows import (
    Window,
    WindowedImage,
    hide_row,
    radii_of,
    shape_of,
    write_labels_numpy,
)


class Ranks(NamedTuple):
    """The bins that values are counted in."""

    bins: NDArray[Any]
    """The bin of each pixel, uint8 or uint16."""
    lows: NDArray[np.float64]
    """The least value of each bin; empty where the values, uint8 or uint16, are the bins."""
    highs: NDArray[np.float64]
    """The greatest value of each bin; empty likewise."""


def as_ranks(image: WindowedImage) -> Ranks:
    """Sort the pixels of an image into bins: each value that a sample of the pixels has is a bin of its own."""
    values = image.values
    if values.dtype.kind == "u":
        return Ranks(values, np.empty(0), np.empty(0))
    rows, row_size = values.shape
    sample = np.unique(values[:: -(-rows // _SAMPLED), :: -(-row_size // _SAMPLED)])
    firsts = np.unique(np.concatenate([sample, np.nextafter(sample, values.dtype.type(np.inf))]))
    bins = np.empty(values.shape, np.uint16)
    run_bands(_write_bins, rows, row_size, values, firsts, bins)
    lows = np.concatenate([[-np.inf], firsts.astype(np.float64)])
    highs = np.concatenate([np.nextafter(firsts, values.dtype.type(-np.inf)).astype(np.float64), [np.inf]])
    bins.flags.writeable = False
    return Ranks(bins, lows, highs)


_SAMPLED = 180
"""The sample has at most so many rows and columns: two bins for each of its pixels must fit 16 bits."""


def _write_bins(
    values: NDArray[Any], firsts: NDArray[Any], bins: NDArray[np.uint16], start: int, stop: int
) -> None:
    """Find the bins of a band of rows."""
    bins[start:stop] = np.searchsorted(firsts, values[start:stop], side="right")


def counts_type(image: WindowedImage) -> NDArray[Any]:
    """An empty array of the type that counts of a window need."""
    most_pixels = math.prod(min(size, n) for size, n in zip(image.sizes, image.shape, strict=True))
    return np.empty(0, np.int32 if most_pixels < 2**31 else np.int64)


def split_by_median_numpy(
    values: NDArray[Any],
    inside: NDArray[np.uint8],
    ranks: Ranks,
    window: Window,
    offset: float,
    counts: NDArray[Any],
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> int:
    shape = shape_of(values, window)
    valid = inside > 0 if len(inside) else np.ones(values.shape, bool)
    medians = medians_numpy(values.reshape(shape), valid.reshape(shape), radii_of(window), start, stop)
    bright = values[start:stop] >= medians.reshape(stop - start, -1) - offset
    return write_labels_numpy(bright, inside, labels, start, stop)


@kernel(numpy=split_by_median_numpy)
def split_by_median(
    values: NDArray[Any],
    inside: NDArray[np.uint8],
    ranks: Ranks,
    window: Window,
    offset: float,
    counts: NDArray[Any],
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> int:
    """Split by the median of the window, less an offset; `counts` has the type of what is counted."""
    n, radius, n_dark = values.shape[1], window.radius, 0
    medians = np.zeros((2, n), np.int64)
    flat = values.itemsize == 1 and len(window.axes) == 1 and 2 * radius < 65535  # counts of a column fit uint16
    columns = n if flat else 0
    n_bins = 256 if values.itemsize == 1 else 2**16
    fine, coarse = np.zeros((columns, 256), np.uint16), np.zeros((columns, 16), np.uint16)
    window_fine = np.empty(n_bins, counts.dtype)
    window_coarse = np.empty(n_bins // coarse_width(n_bins), counts.dtype)
    for row in range(start, stop):
        if flat:
            if row == start:
                for entering in range(max(row - radius, 0), min(row + radius, len(values))):
                    count_row(fine, coarse, values, inside, entering, 1)
            if row + radius < len(values):
                count_row(fine, coarse, values, inside, row + radius, 1)
            if row > start and row > radius:
                count_row(fine, coarse, values, inside, row - radius - 1, -1)
            column_medians(fine, coarse, window.axes[0, 3], counts, medians)
        else:
            sliding_medians(ranks.bins, inside, row, radius, window.axes, window_fine, window_coarse, medians)
        for i in range(n):
            value = float(values[row, i])
            if values.itemsize <= 2:
                bright = int(value >= float(medians[0, i] + medians[1, i]) / 2.0 - offset)
            else:
                least, greatest = _bounds(ranks, medians[0, i], medians[1, i])
                bright = int(value >= greatest - offset)
                if bright == 0 and value >= least - offset:
                    bright = int(reaches_median(values, inside, row, i, radius, window.axes, offset))
            labels[row, i] = 1 + bright
            n_dark += 1 - bright
        if len(inside) > 0:
            n_dark -= hide_row(inside, row, labels)
    return n_dark


def medians_numpy(
    values: NDArray[Any], valid: NDArray[np.bool_], radii: NDArray[np.int64], start: int, stop: int
) -> NDArray[np.float64]:
    """The median of the valid values of each window of some rows: of an even number the mean of the middle two."""
    radii = np.minimum(radii, values.shape)
    known = np.where(valid, values.astype(np.float64), np.inf)
    padded = np.pad(known, [(radius, radius) for radius in radii], constant_values=np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, tuple(2 * radii + 1))
    medians = np.zeros((stop - start, *values.shape[1:]))
    for row in range(start, stop):
        ordered = np.sort(windows[row].reshape(*values.shape[1:], -1), axis=-1)
        count = np.count_nonzero(ordered < np.inf, axis=-1)[..., np.newaxis]
        lower, upper = (
            np.take_along_axis(ordered, np.clip(middle, 0, ordered.shape[-1] - 1), axis=-1)[..., 0]
            for middle in ((count - 1) // 2, count // 2)
        )
        medians[row - start] = (lower + upper) / 2.0
    return medians


@kernel()
def _bounds(ranks: Ranks, lower: int, upper: int) -> tuple[float, float]:
    """Bounds of the mean of two values, of which the bins are known."""
    return (ranks.lows[lower] + ranks.lows[upper]) / 2.0, (ranks.highs[lower] + ranks.highs[upper]) / 2.0


@kernel()
def reaches_median(
    values: NDArray[Any],
    inside: NDArray[np.uint8],
    row: int,
    i: int,
    radius: int,
    axes: NDArray[np.int64],
    offset: float,
) -> bool:
    """Whether a value is at or above the median of its window less an offset, by looking through the window."""
    length, half = axes[-1, 1], axes[-1, 3]
    line, x = i // length, i % length
    lines = window_lines(axes, line)
    value = np.float64(values[row, i])
    count = n_below = 0
    below, above = -np.inf, np.inf
    for other_row in range(max(row - radius, 0), min(row + radius + 1, len(values))):
        for other_line in lines:
            first = other_line * length
            for index in range(first + max(x - half, 0), first + min(x + half + 1, length)):
                if len(inside) == 0 or inside[other_row, index] > 0:
                    other = np.float64(values[other_row, index])
                    count += 1
                    if value >= other - offset:
                        n_below += 1
                        below = max(below, other)
                    else:
                        above = min(above, other)
    if 2 * n_below == count:
        return bool(value >= (below + above) / 2.0 - offset)
    return 2 * n_below > count
