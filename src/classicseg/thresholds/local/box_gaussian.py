"""Splits at a smooth mean of the window around every pixel: three boxes one after the other along each axis.

That is a Gaussian of the same variance but for 6 % of its peak [1]. Three boxes are third differences of the
entering values, summed up three times: one pass, and a few rows to keep, whatever the window.

[1] Wells W. M. Efficient synthesis of Gaussian filters by cascaded uniform filters. IEEE Transactions on Pattern
Analysis and Machine Intelligence 8(2), 1986.
"""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg.thresholds.local.windows import (
    Scale,
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
    """(axes, 8), how far back the terms of (1 - z**a) (1 - z**b) (1 - z**c) lie …"""
    signs: NDArray[np.int64]
    """… and what they count."""
    rows: NDArray[np.int64]
    """How much of the weights along the first axis lies inside the image, for each row."""


def smooth_bits(field: WindowedImage) -> int:
    """How many bits a level may have for the weighted sums to fit 64; more for what the border cuts."""
    weight = 1
    for size, length in zip(field.sizes, field.reaches, strict=True):
        low, middle, high = sorted(three_boxes(size))
        weight *= low * middle * min(high, length)
    return 62 - weight.bit_length()


def three_boxes(size: int) -> tuple[int, int, int]:
    """Odd widths, as equal as can be, that reach as far as a window together: their sum is its length + 2."""
    width = (size + 2) // 3
    width -= width % 2 == 0
    rest = (size + 2 - 3 * width) // 2
    return width, width + 2 * (rest > 1), width + 2 * (rest > 0)


def smooth_window(field: WindowedImage) -> tuple[Window, Smooth]:
    """The weights of a field's window."""
    boxes = np.array([three_boxes(size) for size in field.sizes])
    lags, signs = np.zeros((len(boxes), 8), np.int64), np.zeros((len(boxes), 8), np.int64)
    for axis, widths in enumerate(boxes):
        terms: dict[int, int] = {}
        for chosen in product((0, 1), repeat=3):
            lag = int(widths @ chosen)
            terms[lag] = terms.get(lag, 0) + (-1) ** sum(chosen)
        lags[axis, : len(terms)], signs[axis, : len(terms)] = list(terms), list(terms.values())
    axes = field.window().axes
    axes[:, 3] = [size // 2 for size in field.sizes[1:]]  # not cut: the weights depend on it
    reach = smooth_sums_numpy(np.ones(field.shape[1:], np.int64), boxes[1:])
    rows = smooth_sums_numpy(np.ones(field.shape[0], np.int64), boxes[:1])
    return Window(field.sizes[0] // 2, axes, reach.ravel()), Smooth(boxes, lags, signs, rows)


def smooth_sums_numpy(numbers: NDArray[np.int64], boxes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Three box sums along each axis, of widths (axes, 3), as if all were 0 around the image."""
    for axis, widths in enumerate(boxes):
        reach = int((widths // 2).sum())
        padding = [(0, 0)] * numbers.ndim
        padding[axis] = (reach, reach)
        numbers = np.pad(numbers, padding)
        for width in widths:
            radii = np.zeros(numbers.ndim, np.int64)
            radii[axis] = width // 2
            numbers = box_sums_numpy(numbers, radii)
        numbers = numbers.take(np.arange(reach, numbers.shape[axis] - reach), axis=axis)
    return numbers


def split_by_smooth_mean_numpy(
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    scale: Scale,
    window: Window,
    smooth: Smooth,
    offset: float,
    fuzz: float,
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> tuple[int, int]:
    first, last = max(start - window.radius, 0), min(stop + window.radius, len(values))
    numbers = levels_numpy(values[first:last], scale)
    inside = marks[first:last].astype(np.int64) if len(marks) else np.ones_like(numbers)
    shape = (last - first, *shape_of(values, window)[1:])
    total, weight = (
        smooth_sums_numpy(of_pixels.reshape(shape), smooth.boxes)[start - first : stop - first]
        for of_pixels in (numbers * inside, inside)
    )
    above = (numbers[start - first : stop - first].reshape(total.shape) * weight - total).astype(np.float64)
    least = -offset * weight
    n_dark = write_labels_numpy(above >= least, marks, labels, start, stop)
    if values.itemsize <= 2:
        return n_dark, 0
    unsure = np.abs(above - least) < fuzz * weight + 2.0**-44 * np.abs(least)
    unsure = unsure.reshape(stop - start, -1) & (labels[start:stop] > 0)
    n_dark -= int(np.count_nonzero(labels[start:stop][unsure] == 1))
    labels[start:stop][unsure] = 0
    return n_dark, int(np.count_nonzero(unsure))


@kernel(numpy=split_by_smooth_mean_numpy)
def split_by_smooth_mean(
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    scale: Scale,
    window: Window,
    smooth: Smooth,
    offset: float,
    fuzz: float,
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> tuple[int, int]:
    """Split by a weighted mean of the window; `offset` in levels, of which rounding may move `fuzz`.

    Returns how many pixels are of class 1, and how many of floats are left in doubt, with label 0.
    """
    n_sums, n = 1 + (len(marks) > 0), values.shape[1]
    running = np.zeros((3, n_sums, n), np.int64)
    scratch = np.empty((2, n_sums, n), np.int64)
    first, n_dark, n_unsure = max(start - window.radius, 0), 0, 0
    for entering in range(first, stop + window.radius):
        row = entering - window.radius
        _enter_smooth(running, values, marks, scale, smooth, first, entering)
        if row < start:
            continue
        source = running[2]
        for a in range(len(window.axes)):
            outer, length, inner, radius = window.axes[a]
            target = scratch[a % 2]
            add_smooth_along(source, target, outer, length, inner, radius, smooth.lags[a + 1], smooth.signs[a + 1])
            source = target
        for i in range(n):
            weight = source[1, i] if n_sums == 2 else smooth.rows[row] * window.reach[i]
            above = float(level(values, row, i, scale) * weight - source[0, i])
            least = -offset * float(weight)
            bright = int(above >= least)
            labels[row, i] = 1 + bright
            n_dark += 1 - bright
            doubt = fuzz * float(weight) + 2.0**-44 * np.abs(least)
            if values.itemsize > 2 and np.abs(above - least) < doubt:
                labels[row, i] = 0
                n_dark -= 1 - bright
                n_unsure += int(n_sums == 1 or marks[row, i] > 0)
        if n_sums == 2:
            n_dark -= hide_row(marks, row, labels)
    return n_dark, n_unsure


@kernel()
def _enter_smooth(
    running: NDArray[np.int64],
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    scale: Scale,
    smooth: Smooth,
    first: int,
    entering: int,
) -> None:
    """Third differences of the rows, summed up three times; rows before `first` do not exist."""
    for lag in range(smooth.lags.shape[1]):
        row, sign = entering - smooth.lags[0, lag], smooth.signs[0, lag]
        if sign != 0 and first <= row < len(values):
            for i in range(values.shape[1]):
                there = sign if len(marks) == 0 or marks[row, i] > 0 else 0
                running[0, 0, i] += there * level(values, row, i, scale)
                if len(marks) > 0:
                    running[0, 1, i] += there
    for s in range(running.shape[1]):
        for i in range(values.shape[1]):
            running[1, s, i] += running[0, s, i]
            running[2, s, i] += running[1, s, i]


@kernel()
def add_smooth_along(
    source: NDArray[np.int64],
    target: NDArray[np.int64],
    outer: int,
    length: int,
    inner: int,
    radius: int,
    lags: NDArray[np.int64],
    signs: NDArray[np.int64],
) -> None:
    """Three boxes along one axis in one pass: third differences, summed up three times."""
    running = np.empty((3, inner), np.int64)
    for s in range(len(source)):
        for block in range(outer):
            first = block * length * inner
            running[:] = 0
            for j in range(length + radius):
                for lag in range(len(lags)):
                    entering = j - lags[lag]
                    if signs[lag] != 0 and 0 <= entering < length:
                        for i in range(inner):
                            running[0, i] += signs[lag] * source[s, first + entering * inner + i]
                for i in range(inner):
                    running[1, i] += running[0, i]
                    running[2, i] += running[1, i]
                if j >= radius:
                    for i in range(inner):
                        target[s, first + (j - radius) * inner + i] = running[2, i]
