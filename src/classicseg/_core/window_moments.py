"""Splits at thresholds of the mean and the standard deviation of the window around every pixel."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg._core.window_sums import new_columns, slide_columns, window_sums, window_sums_numpy
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

DEVIATION = 0
PRODUCT = 1
ROOT_MEAN_SQUARE = 2
EXPONENTIAL = 3


class Rule(NamedTuple):
    """A threshold of the mean m and the standard deviation s of a window of n pixels, in levels.

    Formula by formula, with M = m + zero:
    DEVIATION m + k s - offset, PRODUCT m + k (s / r - 1) M, ROOT_MEAN_SQUARE m + k sqrt(s² + M² - M² / n),
    EXPONENTIAL m + (2 exp(-5 M / r) + k (s / r - 1)) M.
    """

    formula: int
    zero: float = 0.0
    k: float = 0.0
    inverse_r: float = 0.0
    offset: float = 0.0
    length: float = 0.0
    """The threshold is below all values where fewer than one in so many pixels of the window are summed."""


def split_by_moments_numpy(
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    least: int,
    scale: Scale,
    window: Window,
    rule: Rule,
    columns_type: NDArray[Any],
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> int:
    count, mean, deviation, size = _moments_numpy(values, marks, least, scale, window, start, stop)
    thresholds = _threshold.loops(rule, count, mean, deviation)
    if rule.length > 0:
        thresholds = np.where(count * rule.length < size, -np.inf, thresholds)
    return write_labels_numpy(levels_numpy(values[start:stop], scale) >= thresholds, marks, labels, start, stop)


@kernel(numpy=split_by_moments_numpy)
def split_by_moments(
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    least: int,
    scale: Scale,
    window: Window,
    rule: Rule,
    columns_type: NDArray[Any],
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> int:
    """Split by mean and deviation of the pixels of mark `least` or more in the window."""
    columns = new_columns(values, marks, least, columns_type)
    scratch = np.empty((min(2, len(window.axes) - 1), *columns.shape), columns.dtype)
    totals = np.empty((4, values.shape[1]), np.int64)
    sums, thresholds = np.zeros((5, values.shape[1])), np.empty(values.shape[1])
    n_dark = 0
    for row in range(start, stop):
        above = slide_columns(columns, values, marks, least, scale, window.radius, start, row)
        window_sums(values, columns, window.axes, scratch, totals, above, window.reach, sums)
        _threshold_row(rule, sums, thresholds)
        n_dark += _split_row(values, row, scale, thresholds, labels)
        if len(marks) > 0:
            n_dark -= hide_row(marks, row, labels)
    return n_dark


def greatest_deviation_numpy(
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    counted: NDArray[np.uint8],
    scale: Scale,
    window: Window,
    columns_type: NDArray[Any],
    start: int,
    stop: int,
) -> float:
    _, _, deviation, _ = _moments_numpy(values, marks, 1, scale, window, start, stop)
    return float(deviation[counted[start:stop] > 0 if len(counted) else ...].max(initial=0.0))


@kernel(numpy=greatest_deviation_numpy)
def greatest_deviation(
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    counted: NDArray[np.uint8],
    scale: Scale,
    window: Window,
    columns_type: NDArray[Any],
    start: int,
    stop: int,
) -> float:
    """The greatest standard deviation, in levels, of the windows of the pixels of a band that are counted."""
    columns = new_columns(values, marks, 1, columns_type)
    scratch = np.empty((min(2, len(window.axes) - 1), *columns.shape), columns.dtype)
    totals, sums = np.empty((4, values.shape[1]), np.int64), np.zeros((5, values.shape[1]))
    greatest = 0.0
    for row in range(start, stop):
        above = slide_columns(columns, values, marks, 1, scale, window.radius, start, row)
        window_sums(values, columns, window.axes, scratch, totals, above, window.reach, sums)
        for i in range(values.shape[1]):
            count = max(sums[1, i], 1.0)
            spread = sums[3, i] - sums[2, i] * (sums[2, i] / count)
            if len(counted) == 0 or counted[row, i] > 0:
                greatest = max(greatest, spread / count)
    return np.sqrt(greatest)


def _moments_numpy(
    values: NDArray[Any],
    marks: NDArray[np.uint8],
    least: int,
    scale: Scale,
    window: Window,
    start: int,
    stop: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    shape, radii = shape_of(values, window), radii_of(window)
    middle, count, total, squares, size = window_sums_numpy(values, marks, least, scale, radii, shape, start, stop)
    count = np.maximum(count, 1.0)
    mean = total / count
    return count, middle + mean, np.sqrt(np.maximum((squares - total * mean) / count, 0.0)), size


@kernel()
def _threshold(rule: Rule, count: Any, mean: Any, deviation: Any) -> Any:
    """Of arrays as of numbers."""
    if rule.formula == DEVIATION:
        return mean + rule.k * deviation - rule.offset
    value = mean + rule.zero
    if rule.formula == PRODUCT:
        return mean + rule.k * (deviation * rule.inverse_r - 1.0) * value
    if rule.formula == ROOT_MEAN_SQUARE:
        square = deviation * deviation + value * value * (1.0 - 1.0 / count)
        return mean + rule.k * np.sqrt(square)
    bump = 2.0 * np.exp(-5.0 * np.maximum(value, 0.0) * rule.inverse_r)
    return mean + value * (bump + rule.k * (deviation * rule.inverse_r - 1.0))


@kernel()
def _threshold_row(rule: Rule, sums: NDArray[np.float64], thresholds: NDArray[np.float64]) -> None:
    for i in range(len(thresholds)):
        count = max(sums[1, i], 1.0)
        mean = sums[2, i] / count
        deviation = np.sqrt(max((sums[3, i] - sums[2, i] * mean) / count, 0.0))
        thresholds[i] = _threshold(rule, count, sums[0, i] + mean, deviation)
    if rule.length > 0:
        for i in range(len(thresholds)):
            if max(sums[1, i], 1.0) * rule.length < sums[4, i]:
                thresholds[i] = -np.inf


@kernel()
def _split_row(
    values: NDArray[Any], row: int, scale: Scale, thresholds: NDArray[np.float64], labels: NDArray[np.int32]
) -> int:
    n_bright = 0
    for i in range(len(thresholds)):
        bright = int(float(level(values, row, i, scale)) >= thresholds[i])
        labels[row, i] = 1 + bright
        n_bright += bright
    return len(thresholds) - n_bright
