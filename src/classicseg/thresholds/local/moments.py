"""Splits at thresholds that are made of the mean and the standard deviation of the window around every pixel.

The sum S of the levels of the n pixels of a window, and the sum Q of their squares, come from `sums`. The mean is
S / n and the variance (Q - S² / n) / n, and a formula turns both into the threshold T. S and Q are whole numbers,
and exact; what follows is float64.

uint8 and uint16 are compared with T in float64. A float that was quantized is compared by its gap, T - v, which is
found from the differences to the pixel, not from T and v themselves. Where the gap is smaller than what all
rounding together may have moved it by (`_doubt`), the pixel is left with label 0 for `doubts` to decide.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg.thresholds.local.sums import new_columns, slide_columns, window_sums, window_sums_numpy
from classicseg.thresholds.local.windows import (
    Levels,
    Scale,
    Window,
    hide_row,
    level,
    levels_numpy,
    n_hidden,
    write_labels_numpy,
)

DEVIATION = 0
PRODUCT = 1
ROOT_MEAN_SQUARE = 2
EXPONENTIAL = 3


class MomentRule(NamedTuple):
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
    rounding: float = 0.0
    """By how many levels rounding moves a pixel relative to the mean of its window at most; 0 where all values are
    whole levels."""
    highest: float = 0.0
    """No level is greater."""


def split_by_moments_numpy(
    pixels: Levels,
    window: Window,
    rule: MomentRule,
    columns_type: NDArray[Any],
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> tuple[int, int]:
    values = pixels.values
    count, middle, part, deviation, size = _moments_numpy(pixels, window, start, stop)
    levels, mean = levels_numpy(values[start:stop], pixels.scale), middle + part
    gaps = threshold_numpy(rule, count, 0.0, mean, deviation) + (middle - levels + part)
    thresholds = threshold_numpy(rule, count, mean, mean, deviation)
    bright = levels >= thresholds if values.itemsize <= 2 else gaps <= 0
    sparse = (rule.length > 0) & (count * rule.length < size)
    n_dark = write_labels_numpy(bright | sparse, pixels.inside, labels, start, stop)
    if values.itemsize <= 2:
        return n_dark, 0
    unsure = ~sparse & (np.abs(gaps) < _doubt.loops(rule, middle - levels + part, mean + rule.zero, deviation))
    unsure &= labels[start:stop] > 0
    n_dark -= int(np.count_nonzero(labels[start:stop][unsure] == 1))
    labels[start:stop][unsure] = 0
    return n_dark, int(np.count_nonzero(unsure))


@kernel(numpy=split_by_moments_numpy)
def split_by_moments(
    pixels: Levels,
    window: Window,
    rule: MomentRule,
    columns_type: NDArray[Any],
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> tuple[int, int]:
    """Split by the mean and the deviation of the pixels of the window that are summed.

    Returns how many pixels are of class 1, and how many of floats are left in doubt, with label 0.
    """
    values, inside = pixels.values, pixels.inside
    columns = new_columns(pixels, columns_type)
    scratch = np.empty((min(2, len(window.axes) - 1), *columns.shape), columns.dtype)
    totals = np.empty((4, values.shape[1]), np.int64)
    sums, thresholds = np.zeros((5, values.shape[1])), np.empty(values.shape[1])
    aboves, doubts = np.empty(values.shape[1]), np.empty(values.shape[1])
    n_dark = n_unsure = 0
    for row in range(start, stop):
        height = slide_columns(columns, pixels, window.radius, start, row)
        window_sums(values, columns, window, scratch, totals, height, sums)
        if values.itemsize > 2:
            dark, unsure = _decide_row(pixels, row, rule, sums, aboves, thresholds, doubts, labels)
            n_unsure += unsure - (n_hidden(inside, row, labels, 0) if len(inside) > 0 else 0)
        else:
            _threshold_row(rule, sums, thresholds)
            dark = _split_row(values, row, pixels.scale, thresholds, labels)
        n_dark += dark
        if len(inside) > 0:
            n_dark -= hide_row(inside, row, labels)
    return n_dark, n_unsure


def greatest_deviation_numpy(
    pixels: Levels, window: Window, counted: NDArray[np.uint8], columns_type: NDArray[Any], start: int, stop: int
) -> float:
    *_, deviation, _ = _moments_numpy(pixels, window, start, stop)
    return float(deviation[counted[start:stop] > 0 if len(counted) else ...].max(initial=0.0))


@kernel(numpy=greatest_deviation_numpy)
def greatest_deviation(
    pixels: Levels, window: Window, counted: NDArray[np.uint8], columns_type: NDArray[Any], start: int, stop: int
) -> float:
    """The greatest standard deviation, in levels, of the windows of the pixels of a band that are counted."""
    n = pixels.values.shape[1]
    columns = new_columns(pixels, columns_type)
    scratch = np.empty((min(2, len(window.axes) - 1), *columns.shape), columns.dtype)
    totals, sums = np.empty((4, n), np.int64), np.zeros((5, n))
    greatest = 0.0
    for row in range(start, stop):
        height = slide_columns(columns, pixels, window.radius, start, row)
        window_sums(pixels.values, columns, window, scratch, totals, height, sums)
        for i in range(n):
            count = max(sums[1, i], 1.0)
            spread = sums[3, i] - sums[2, i] * (sums[2, i] / count)
            if len(counted) == 0 or counted[row, i] > 0:
                greatest = max(greatest, spread / count)
    return np.sqrt(greatest)


def _moments_numpy(pixels: Levels, window: Window, start: int, stop: int) -> tuple[NDArray[np.float64], ...]:
    """Of each window: the count, a level near the mean, the mean less that level, the deviation, and the size."""
    middle, count, total, squares, size = window_sums_numpy(pixels, window, start, stop)
    count = np.maximum(count, 1.0)
    mean = total / count
    return count, middle, mean, np.sqrt(np.maximum((squares - total * mean) / count, 0.0)), size


@kernel()
def _threshold(rule: MomentRule, count: Any, mean: Any, level: Any, deviation: Any) -> Any:
    """The threshold by a formula, of numbers or of arrays.

    `level` is the mean of the window; `mean` is the same, or less a number, such as the pixel's level, which is
    then taken off the threshold as well. The order of the lines matters for vectorizing: with `value` made before
    the first branch, or a sum behind the last one, a row takes ten times as long.
    """
    if rule.formula == DEVIATION:
        return mean + rule.k * deviation - rule.offset
    value = level + rule.zero
    if rule.formula == PRODUCT:
        return mean + rule.k * (deviation * rule.inverse_r - 1.0) * value
    if rule.formula == ROOT_MEAN_SQUARE:
        square = deviation * deviation + value * value * (1.0 - 1.0 / count)
        return mean + rule.k * np.sqrt(square)
    bump = 2.0 * np.exp(-5.0 * np.maximum(value, 0.0) * rule.inverse_r)
    return mean + value * (bump + rule.k * (deviation * rule.inverse_r - 1.0))


threshold_numpy = _threshold.loops


@kernel()
def _doubt(rule: MomentRule, above: Any, value: Any, deviation: Any) -> Any:
    """By how much rounding may have moved the gap between a pixel and its threshold at most; of numbers or arrays.

    Quantizing moves the pixel, the mean and the deviation by half a level and a little each, and so the threshold
    by as much times the derivatives of the formula. The second term stands for all rounding of float64: 256 times
    what one operation rounds.
    """
    k, bump, scaled = abs(rule.k), 2.0 * (rule.formula == EXPONENTIAL), 1.0 * (rule.formula != DEVIATION)
    ratio, size = deviation * rule.inverse_r, abs(value)
    moved = 1.0 + bump + 0.5 * k * (1.0 + abs(ratio - 1.0) + (size + 1.0) * rule.inverse_r)
    terms = abs(above) + k * deviation + abs(rule.offset) + scaled * size * (bump + k * (ratio + 1.0))
    return rule.rounding * moved + 2.0**-44 * terms


@kernel()
def _threshold_row(rule: MomentRule, sums: NDArray[np.float64], thresholds: NDArray[np.float64]) -> None:
    """The thresholds of a row, from the sums of its windows."""
    for i in range(len(thresholds)):
        count = max(sums[1, i], 1.0)
        mean = sums[2, i] / count
        deviation = np.sqrt(max((sums[3, i] - sums[2, i] * mean) / count, 0.0))
        thresholds[i] = _threshold(rule, count, sums[0, i] + mean, sums[0, i] + mean, deviation)
    if rule.length > 0:
        for i in range(len(thresholds)):
            if max(sums[1, i], 1.0) * rule.length < sums[4, i]:
                thresholds[i] = -np.inf


@kernel()
def _decide_row(
    pixels: Levels,
    row: int,
    rule: MomentRule,
    sums: NDArray[np.float64],
    aboves: NDArray[np.float64],
    gaps: NDArray[np.float64],
    doubts: NDArray[np.float64],
    labels: NDArray[np.int32],
) -> tuple[int, int]:
    """Split a row of floats by the gaps between thresholds and pixels, where these are beyond doubt.

    `aboves` is filled with how far the mean of each window is above the pixel. The greatest doubt that there can
    be is tried first: most rows are beyond it, and need no doubt of their own for each pixel.
    """
    values, scale = pixels.values, pixels.scale
    for i in range(len(gaps)):
        count = max(sums[1, i], 1.0)
        part = sums[2, i] / count
        deviation = np.sqrt(max((sums[3, i] - sums[2, i] * part) / count, 0.0))
        gaps[i] = _threshold(rule, count, 0.0, sums[0, i] + part, deviation)
    for i in range(len(gaps)):
        level = np.rint((np.float64(values[row, i]) - scale.low) * scale.inverse)
        aboves[i] = sums[0, i] - level + sums[2, i] / max(sums[1, i], 1.0)
        gaps[i] += aboves[i]
    if rule.length > 0:
        for i in range(len(gaps)):
            if max(sums[1, i], 1.0) * rule.length < sums[4, i]:
                gaps[i] = -np.inf
    highest = abs(rule.zero) + rule.highest
    doubts[:] = _doubt(rule, highest, highest, highest) + abs(rule.k) * rule.rounding
    n_dark, n_unsure = _label_row(row, gaps, doubts, labels)
    if n_unsure > 0:
        _doubt_row(rule, sums, aboves, doubts)
        n_dark, n_unsure = _label_row(row, gaps, doubts, labels)
    return n_dark, n_unsure


@kernel()
def _doubt_row(
    rule: MomentRule, sums: NDArray[np.float64], aboves: NDArray[np.float64], doubts: NDArray[np.float64]
) -> None:
    """The doubt about each pixel of a row."""
    for i in range(len(doubts)):
        count = max(sums[1, i], 1.0)
        part = sums[2, i] / count
        deviation = np.sqrt(max((sums[3, i] - sums[2, i] * part) / count, 0.0))
        doubts[i] = _doubt(rule, aboves[i], sums[0, i] + part + rule.zero, deviation)


@kernel()
def _label_row(
    row: int, gaps: NDArray[np.float64], doubts: NDArray[np.float64], labels: NDArray[np.int32]
) -> tuple[int, int]:
    """Label a row by its gaps, and 0 where the doubt is greater; return how many pixels are 1, and how many 0."""
    n_dark = n_bright = 0
    for i in range(len(gaps)):
        dark = int(gaps[i] > 0.0) & int(gaps[i] >= doubts[i])
        bright = int(gaps[i] <= 0.0) & int(-gaps[i] >= doubts[i])
        labels[row, i] = dark + 2 * bright
        n_dark += dark
        n_bright += bright
    return n_dark, len(gaps) - n_dark - n_bright


@kernel()
def _split_row(
    values: NDArray[Any], row: int, scale: Scale, thresholds: NDArray[np.float64], labels: NDArray[np.int32]
) -> int:
    """Label a row by its thresholds, and return how many pixels are of class 1."""
    n_bright = 0
    for i in range(len(thresholds)):
        bright = int(float(level(values, row, i, scale)) >= thresholds[i])
        labels[row, i] = 1 + bright
        n_bright += bright
    return len(thresholds) - n_bright
