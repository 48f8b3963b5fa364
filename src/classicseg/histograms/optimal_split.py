"""The split of values on a line into k classes of least squared error.

It is the optimum of one-dimensional k-means (Fisher 1958), and of Otsu's criterion with k classes (Otsu 1979),
since the greatest variance between the classes goes with the least variance within. Dynamic programming finds it
exactly: the best split of the first j levels into c + 1 classes is the best split of fewer levels into c classes,
and one class behind it.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.kernel import kernel

_CLEAR = 2.0**20
"""Sums over all levels resolve a split well enough, if the levels as one class have so many times its error or
less."""

_ROUNDING = 2.0**-30
"""By so much, relatively, an error must be greater for rounding not to have decided."""


def optimal_split(levels: NDArray[np.float64], counts: NDArray[Any], n_classes: int) -> NDArray[np.int64]:
    """Split ascending levels into classes of least squared error.

    Returns the index of each class's first level, from the second class on: n_classes - 1 of them, or one less
    than there are levels where that is fewer. Of equal optima it is the one with the lowest first levels.
    O(n_classes · n · log n), for two classes O(n).

    A level far away takes precision from sums over all levels. If the error that is found is small beside such
    sums, the levels are cut at gaps: a class that held the two levels beside a wide gap would by itself have a
    greater error than all classes of the split that was found, so no class of an optimum crosses that gap. Each
    part between gaps gets sums of its own. The better split that is found so may show further gaps.
    """
    n_classes = min(n_classes, len(levels))
    if n_classes <= 1 or n_classes == len(levels):
        return np.arange(1, n_classes)
    scaled, parts = _with_room(levels, counts), np.empty(0, np.int64)
    while True:
        found = _split_parts(scaled, counts, n_classes, parts)
        error = class_errors(scaled, counts, found).sum()
        if class_errors(scaled, counts, parts).sum() <= _CLEAR * error:
            return found
        gaps = 1 + np.flatnonzero(_errors_across_gaps(scaled, counts) > error * (1 + _ROUNDING))
        if len(gaps) <= len(parts):
            return found
        parts = gaps


def class_means(
    levels: NDArray[np.float64], counts: NDArray[Any], starts: NDArray[np.int64]
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """The sums of the counts, and the means, of the classes that begin at level 0 and at the levels `starts`."""
    firsts, above = _from_first_levels(levels, starts)
    sizes = np.add.reduceat(counts, firsts)
    return sizes, levels[firsts] + np.add.reduceat(counts * above, firsts) / sizes


def class_errors(
    levels: NDArray[np.float64], counts: NDArray[Any], starts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The squared error of each class of the same kind."""
    firsts, above = _from_first_levels(levels, starts)
    means = np.add.reduceat(counts * above, firsts) / np.add.reduceat(counts, firsts)
    above -= np.repeat(means, np.diff(firsts, append=len(levels)))
    return np.add.reduceat(counts * (above * above), firsts)


def _from_first_levels(
    levels: NDArray[np.float64], starts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The index of each class's first level, and how far each level is above the first one of its class.

    Sums of these differences lose nothing to cancellation.
    """
    firsts = np.concatenate([[0], starts])
    return firsts, levels - np.repeat(levels[firsts], np.diff(firsts, append=len(levels)))


def _with_room(levels: NDArray[np.float64], counts: NDArray[Any]) -> NDArray[np.float64]:
    """Levels times a power of two: no squared error overflows, and levels that differ by 1e-150 do not vanish."""
    count_bits, range_bits = (math.frexp(number)[1] for number in (counts.sum(), levels[-1] - levels[0]))
    return np.ldexp(levels, 500 - count_bits // 2 - range_bits)


def _errors_across_gaps(levels: NDArray[np.float64], counts: NDArray[Any]) -> NDArray[np.float64]:
    """The squared error of each pair of neighboring levels, taken as a class."""
    below, above = counts[:-1].astype(np.float64), counts[1:].astype(np.float64)
    return below * (above / (below + above)) * np.diff(levels) ** 2


def _split_parts(
    levels: NDArray[np.float64], counts: NDArray[Any], n_classes: int, parts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The best split into classes that lie within one part each.

    A further class lowers the error of a part by less than the class before it. So the classes are given out one
    by one, each to the part that gains most; of equal ones to the lowest.
    """
    if not len(parts):
        return _splits(levels, counts, n_classes)[-1]
    most_classes, bounds = n_classes - len(parts), [0, *parts.tolist(), len(levels)]
    splits, gains = [], np.full((len(parts) + 1, most_classes), -np.inf)
    for i, (first, stop) in enumerate(itertools.pairwise(bounds)):
        own = levels[first:stop], counts[first:stop]
        splits.append(_splits(*own, min(most_classes, stop - first)))
        errors = [class_errors(*own, starts).sum() for starts in splits[-1]]
        gains[i, : len(errors) - 1] = -np.diff(errors)
    chosen = [0] * len(splits)
    for _ in range(most_classes - 1):
        i = int(np.argmax(gains[np.arange(len(chosen)), chosen]))
        chosen[i] += 1
    found = [first + np.append(0, split[k]) for first, split, k in zip(bounds[:-1], splits, chosen, strict=True)]
    return np.concatenate(found)[1:]


def _splits(levels: NDArray[np.float64], counts: NDArray[Any], most_classes: int) -> list[NDArray[np.int64]]:
    """The best splits into 1, 2 … `most_classes` classes, by sums over all of these levels."""
    if most_classes == 1:
        return [np.empty(0, np.int64)]
    above = levels - levels[0]
    above -= np.average(above, weights=counts)
    weights = np.concatenate([[0.0], np.cumsum(counts, dtype=np.float64)])
    sums = np.concatenate([[0.0], np.cumsum(counts * (above / np.abs(above).max()))])
    table = run_interruptible(_best_starts, weights, sums, most_classes)
    return [_trace(table[: k + 1]) for k in range(most_classes)]


def _best_starts_numpy(
    weights: NDArray[np.float64], sums: NDArray[np.float64], n_classes: int
) -> NDArray[np.int64]:
    """starts[c, j]: in the best split of the first j + 1 levels into c + 1 classes, the first level of the last
    class.

    For the last c only the last j is needed, and found. Least squared error is the greatest sum over the classes
    of (sum of values)² / (sum of counts), and best[j] is that sum for the current c.

    A start never falls when levels are added. So the start for the middle j bounds the starts for both halves; all
    halves of one size are solved in one pass over their candidates.
    """
    n = len(weights) - 1
    best = sums[1:] ** 2 / weights[1:]
    starts = np.zeros((n_classes, n), np.int64)
    for c in range(1, n_classes):
        fewer, best = best, best.copy()
        before = c - 1 if c < n_classes - 1 else n - 2  # the last class ends at the last level
        solved, bounds = np.array([before, n]), np.array([c, n - 1])  # one before the first, one behind the last
        while len(middle := (solved[1:] + solved[:-1])[np.diff(solved) > 1] // 2):
            position = np.searchsorted(solved, middle)
            low, high = bounds[position - 1], np.minimum(bounds[position], middle)
            sizes = high - low + 1
            runs = np.cumsum(sizes) - sizes
            first = np.arange(sizes.sum()) + np.repeat(low - runs, sizes)
            last = np.repeat(middle, sizes)
            total = fewer[first - 1] + (sums[last + 1] - sums[first]) ** 2 / (weights[last + 1] - weights[first])
            best[middle] = np.maximum.reduceat(total, runs)
            starts[c, middle] = np.minimum.reduceat(np.where(total == best[last], first, n), runs)
            solved, bounds = np.insert(solved, position, middle), np.insert(bounds, position, starts[c, middle])
    return starts


@kernel(numpy=_best_starts_numpy)
def _best_starts(weights: NDArray[np.float64], sums: NDArray[np.float64], n_classes: int) -> NDArray[np.int64]:
    """The same by divide and conquer, one half after the other: a stack of ranges of j and of their starts."""
    n = len(weights) - 1
    best = np.empty(n)
    for j in range(n):
        best[j] = sums[j + 1] ** 2 / weights[j + 1]
    starts = np.zeros((n_classes, n), np.int64)
    stack = np.empty((128, 4), np.int64)
    for c in range(1, n_classes):
        fewer = best.copy()
        stack[0, 0] = c if c < n_classes - 1 else n - 1  # the last class ends at the last level
        stack[0, 1], stack[0, 2], stack[0, 3] = n - 1, c, n - 1
        height = 1
        while height > 0:
            height -= 1
            low, high, first_low, first_high = (
                stack[height, 0],
                stack[height, 1],
                stack[height, 2],
                stack[height, 3],
            )
            j = (low + high) // 2
            greatest, start = -1.0, first_low
            for first in range(first_low, min(j, first_high) + 1):
                difference = sums[j + 1] - sums[first]
                total = fewer[first - 1] + difference * difference / (weights[j + 1] - weights[first])
                if total > greatest:
                    greatest, start = total, first
            best[j], starts[c, j] = greatest, start
            if low < j:
                stack[height, 0], stack[height, 1], stack[height, 2], stack[height, 3] = (
                    low,
                    j - 1,
                    first_low,
                    start,
                )
                height += 1
            if j < high:
                stack[height, 0], stack[height, 1], stack[height, 2], stack[height, 3] = (
                    j + 1,
                    high,
                    start,
                    first_high,
                )
                height += 1
    return starts


@kernel()
def _trace(starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Read the first level of each class off the table, from the last class to the first."""
    found = np.empty(len(starts) - 1, np.int64)
    last = starts.shape[1] - 1
    for c in range(len(starts) - 1, 0, -1):
        found[c - 1] = starts[c, last]
        last = found[c - 1] - 1
    return found
