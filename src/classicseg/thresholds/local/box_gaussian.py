"""Splits at a smooth mean of the window around every pixel: three box filters one after the other along each axis.

What is summed. Three boxes of odd widths a, b, c in a row weight the pixels like a Gaussian of the same variance,
but for 6 % of its peak [1]. Together they span the window: a + b + c = its length + 2.

By which trick. With z a shift by one pixel, a box of width a is (1 - z^a) / (1 - z). So three boxes are the
difference (1 - z^a) (1 - z^b) (1 - z^c), of eight terms at most, summed up three times. A row that enters is added
with its sign at the lag of each term, and three running sums follow: one pass over the pixels, and a few rows to
keep, whatever the window.

Why it is exact. The weights are whole numbers, and so are the levels: weighted sums in int64 lose nothing, as long
as they fit (`smooth_bits`). A pixel v of weights that add up to w is at or above the mean S / w, less an offset,
if v w - S >= -offset w: nothing is divided.

[1] Wells W. M. Efficient synthesis of Gaussian filters by cascaded uniform filters. IEEE Transactions on Pattern
Analysis and Machine Intelligence 8(2), 1986.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg.thresholds.local.windows import (
    Levels,
    Window,
    WindowedImage,
    box_sums_numpy,
    hide_row,
    level,
    levels_numpy,
    shape_of,
    write_labels_numpy,
)


class Smooth(NamedTuple):
    """Three boxes along each axis."""

    boxes: NDArray[np.int64]
    """(axes, 3), their widths."""
    lags: NDArray[np.int64]
    """(axes, 8), the exponents of the terms of (1 - z^a) (1 - z^b) (1 - z^c): how far back a row or pixel lies."""
    signs: NDArray[np.int64]
    """(axes, 8), the factors of these terms; 0 where there are fewer terms."""
    rows: NDArray[np.int64]
    """The sum of those weights along the first axis that lie inside the image, for each row."""


def smooth_bits(image: WindowedImage) -> int:
    """How many bits a level may have so that weighted sums fit 64 bits: more, where the border cuts the window."""
    weight = 1
    for size, length in zip(image.sizes, image.full_shape, strict=True):
        low, middle, high = sorted(three_boxes(size))
        weight *= low * middle * min(high, length)
    return 62 - weight.bit_length()


def three_boxes(size: int) -> tuple[int, int, int]:
    """Three odd widths, as equal as can be, that span a window together: their sum is its length + 2."""
    width = (size + 2) // 3
    width -= width % 2 == 0
    rest = (size + 2 - 3 * width) // 2
    return width, width + 2 * (rest > 1), width + 2 * (rest > 0)


def smooth_window(image: WindowedImage) -> tuple[Window, Smooth]:
    """The window of an image with its weights: of a row of the plane, and down the rows."""
    boxes = np.array([three_boxes(size) for size in image.sizes])
    lags, signs = np.zeros((len(boxes), 8), np.int64), np.zeros((len(boxes), 8), np.int64)
    for axis, widths in enumerate(boxes):
        terms: dict[int, int] = {}
        for chosen in product((0, 1), repeat=3):
            lag = int(widths @ chosen)
            terms[lag] = terms.get(lag, 0) + (-1) ** sum(chosen)
        lags[axis, : len(terms)], signs[axis, : len(terms)] = list(terms), list(terms.values())
    axes = image.window().axes
    axes[:, 3] = [size // 2 for size in image.sizes[1:]]  # not cut: the weights depend on it
    counts = smooth_sums_numpy(np.ones(image.shape[1:], np.int64), boxes[1:])
    rows = smooth_sums_numpy(np.ones(image.shape[0], np.int64), boxes[:1])
    return Window(image.sizes[0] // 2, axes, counts.ravel()), Smooth(boxes, lags, signs, rows)


def smooth_sums_numpy(numbers: NDArray[np.int64], boxes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Three box sums along each axis, of widths (axes, 3), as if all were 0 around the image."""
    for axis, widths in enumerate(boxes):
        halo = int((widths // 2).sum())
        padding = [(0, 0)] * numbers.ndim
        padding[axis] = (halo, halo)
        numbers = np.pad(numbers, padding)
        for width in widths:
            radii = np.zeros(numbers.ndim, np.int64)
            radii[axis] = width // 2
            numbers = box_sums_numpy(numbers, radii)
        numbers = numbers.take(np.arange(halo, numbers.shape[axis] - halo), axis=axis)
    return numbers


def split_by_smooth_mean_numpy(
    pixels: Levels,
    window: Window,
    smooth: Smooth,
    offset: float,
    rounding: float,
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> tuple[int, int]:
    values = pixels.values
    first, last = max(start - window.radius, 0), min(stop + window.radius, len(values))
    levels = levels_numpy(values[first:last], pixels.scale)
    valid = pixels.inside[first:last].astype(np.int64) if len(pixels.inside) else np.ones_like(levels)
    shape = (last - first, *shape_of(values, window)[1:])
    total, weight = (
        smooth_sums_numpy(numbers.reshape(shape), smooth.boxes)[start - first : stop - first]
        for numbers in (levels * valid, valid)
    )
    above = (levels[start - first : stop - first].reshape(total.shape) * weight - total).astype(np.float64)
    least = -offset * weight
    n_dark = write_labels_numpy(above >= least, pixels.inside, labels, start, stop)
    if values.itemsize <= 2:
        return n_dark, 0
    unsure = np.abs(above - least) < rounding * weight + 2.0**-44 * np.abs(least)
    unsure = unsure.reshape(stop - start, -1) & (labels[start:stop] > 0)
    n_dark -= int(np.count_nonzero(labels[start:stop][unsure] == 1))
    labels[start:stop][unsure] = 0
    return n_dark, int(np.count_nonzero(unsure))


@kernel(numpy=split_by_smooth_mean_numpy)
def split_by_smooth_mean(
    pixels: Levels,
    window: Window,
    smooth: Smooth,
    offset: float,
    rounding: float,
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> tuple[int, int]:
    """Split by a weighted mean of the window; `offset` is in levels, of which quantizing may move `rounding`.

    Returns how many pixels are of class 1, and how many of floats are left in doubt, with label 0.
    """
    values, inside, scale = pixels.values, pixels.inside, pixels.scale
    n_sums, n = 1 + (len(inside) > 0), values.shape[1]
    running = np.zeros((3, n_sums, n), np.int64)
    scratch = np.empty((2, n_sums, n), np.int64)
    first, n_dark, n_unsure = max(start - window.radius, 0), 0, 0
    for entering in range(first, stop + window.radius):
        row = entering - window.radius
        _enter_smooth(running, pixels, smooth, first, entering)
        if row < start:
            continue
        source = running[2]
        for a in range(len(window.axes)):
            target = scratch[a % 2]
            add_smooth_along(source, target, window.axes[a], smooth.lags[a + 1], smooth.signs[a + 1])
            source = target
        for i in range(n):
            weight = source[1, i] if n_sums == 2 else smooth.rows[row] * window.counts[i]
            above = float(level(values, row, i, scale) * weight - source[0, i])
            least = -offset * float(weight)
            bright = int(above >= least)
            labels[row, i] = 1 + bright
            n_dark += 1 - bright
            doubt = rounding * float(weight) + 2.0**-44 * np.abs(least)
            if values.itemsize > 2 and np.abs(above - least) < doubt:
                labels[row, i] = 0
                n_dark -= 1 - bright
                n_unsure += int(n_sums == 1 or inside[row, i] > 0)
        if n_sums == 2:
            n_dark -= hide_row(inside, row, labels)
    return n_dark, n_unsure


@kernel()
def _enter_smooth(running: NDArray[np.int64], pixels: Levels, smooth: Smooth, first: int, entering: int) -> None:
    """Let a row enter: the terms of the difference, summed up three times. Rows before `first` do not exist."""
    values, inside, scale = pixels.values, pixels.inside, pixels.scale
    for term in range(smooth.lags.shape[1]):
        row, sign = entering - smooth.lags[0, term], smooth.signs[0, term]
        if sign != 0 and first <= row < len(values):
            for i in range(values.shape[1]):
                factor = sign if len(inside) == 0 or inside[row, i] > 0 else 0
                running[0, 0, i] += factor * level(values, row, i, scale)
                if len(inside) > 0:
                    running[0, 1, i] += factor
    for s in range(running.shape[1]):
        for i in range(values.shape[1]):
            running[1, s, i] += running[0, s, i]
            running[2, s, i] += running[1, s, i]


@kernel()
def add_smooth_along(
    source: NDArray[np.int64],
    target: NDArray[np.int64],
    axis: NDArray[np.int64],
    lags: NDArray[np.int64],
    signs: NDArray[np.int64],
) -> None:
    """Three boxes along one axis of a plane (a row of `Window.axes`) in one pass, as down the rows."""
    outer, length, inner, radius = axis
    running = np.empty((3, inner), np.int64)
    for s in range(len(source)):
        for block in range(outer):
            first = block * length * inner
            for k in range(3):
                for i in range(inner):
                    running[k, i] = 0
            for j in range(length + radius):
                for term in range(len(lags)):
                    entering = j - lags[term]
                    if signs[term] != 0 and 0 <= entering < length:
                        for i in range(inner):
                            running[0, i] += signs[term] * source[s, first + entering * inner + i]
                for i in range(inner):
                    running[1, i] += running[0, i]
                    running[2, i] += running[1, i]
                if j >= radius:
                    for i in range(inner):
                        target[s, first + (j - radius) * inner + i] = running[2, i]
