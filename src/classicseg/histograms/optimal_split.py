"""The best way to split values into classes.

The best split of values on a line into k classes of least squared error is at once the optimum of
one-dimensional k-means (Fisher 1958) and of Otsu's criterion with k classes (Otsu 1979: greatest variance between
the classes is least variance within). Dynamic programming finds it exactly.
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
"""Where one class has so many times the error of the classes that are found, or less, the sums tell them apart."""

_ROUNDING = 2.0**-30


def optimal_split(levels: NDArray[np.float64], counts: NDArray[Any], n_classes: int) -> NDArray[np.int64]:
    """Split ascending levels into classes of least squared error.

    Returns the index of each class's first level, from the second class on: n_classes - 1 of them, or one less
    than there are levels where that is fewer. Of equal optima it is the one with the lowest first levels.
    O(n_classes · n · log n), for two classes O(n).

    Sums over all levels are as exact as the farthest of them lets them be. Where the error that is found is small
    beside that, the levels fall into parts at the gaps that no class of an optimum crosses, for it would have a
    greater error by itself. Each part has sums of its own; what is found so may tell further gaps.
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
    """How much classes count that begin at 0 and at `starts`, and their means."""
    firsts, apart = _from_first_levels(levels, starts)
    sizes = np.add.reduceat(counts, firsts)
    return sizes, levels[firsts] + np.add.reduceat(counts * apart, firsts) / sizes


def class_errors(
    levels: NDArray[np.float64], counts: NDArray[Any], starts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The squared error of each of these classes."""
    firsts, apart = _from_first_levels(levels, starts)
    means = np.add.reduceat(counts * apart, firsts) / np.add.reduceat(counts, firsts)
    apart -= np.repeat(means, np.diff(firsts, append=len(levels)))
    return np.add.reduceat(counts * (apart * apart), firsts)


def _from_first_levels(
    levels: NDArray[np.float64], starts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The first level of each class, and how far levels are above that of their own, which cancels nothing."""
    firsts = np.concatenate([[0], starts])
    return firsts, levels - np.repeat(levels[firsts], np.diff(firsts, append=len(levels)))


def _with_room(levels: NDArray[np.float64], counts: NDArray[Any]) -> NDArray[np.float64]:
    """Levels by a power of two: no squared error overflows, and of levels 1e-150 as far apart none vanishes."""
    of_counts, of_levels = (math.frexp(number)[1] for number in (counts.sum(), levels[-1] - levels[0]))
    return np.ldexp(levels, 500 - of_counts // 2 - of_levels)


def _errors_across_gaps(levels: NDArray[np.float64], counts: NDArray[Any]) -> NDArray[np.float64]:
    """The squared errors of pairs of neighboring levels."""
    below, above = counts[:-1].astype(np.float64), counts[1:].astype(np.float64)
    return below * (above / (below + above)) * np.diff(levels) ** 2


def _split_parts(
    levels: NDArray[np.float64], counts: NDArray[Any], n_classes: int, parts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The best split of which no class crosses the first level of a part.

    The more classes a part has, the less it gains by a further one: so each goes where most is gained, of equal
    parts to the lowest.
    """
    if not len(parts):
        return _splits(levels, counts, n_classes)[-1]
    most, bounds = n_classes - len(parts), [0, *parts.tolist(), len(levels)]
    splits, gains = [], np.full((len(parts) + 1, most), -np.inf)
    for i, (first, stop) in enumerate(itertools.pairwise(bounds)):
        own = levels[first:stop], counts[first:stop]
        splits.append(_splits(*own, min(most, stop - first)))
        errors = [class_errors(*own, starts).sum() for starts in splits[-1]]
        gains[i, : len(errors) - 1] = -np.diff(errors)
    chosen = [0] * len(splits)
    for _ in range(most - 1):
        i = int(np.argmax(gains[np.arange(len(chosen)), chosen]))
        chosen[i] += 1
    found = [first + np.append(0, split[k]) for first, split, k in zip(bounds[:-1], splits, chosen, strict=True)]
    return np.concatenate(found)[1:]


def _splits(levels: NDArray[np.float64], counts: NDArray[Any], most: int) -> list[NDArray[np.int64]]:
    """The best splits into 1, 2 … `most` classes, by sums over all of these levels."""
    if most == 1:
        return [np.empty(0, np.int64)]
    apart = levels - levels[0]
    apart -= np.average(apart, weights=counts)
    weights = np.concatenate([[0.0], np.cumsum(counts, dtype=np.float64)])
    sums = np.concatenate([[0.0], np.cumsum(counts * (apart / np.abs(apart).max()))])
    table = run_interruptible(_best_starts, weights, sums, most)
    return [_trace(table[: k + 1]) for k in range(most)]


def _best_starts_numpy(
    weights: NDArray[np.float64], sums: NDArray[np.float64], n_classes: int
) -> NDArray[np.int64]:
    """The first level of the last of c + 1 classes of the first j + 1 levels, for each c and j; of all n_classes,
    for all levels alone. The classes' least squared error is their greatest sum of (sum of values)² / (number).

    best[j] is that sum for the first j + 1 levels in c + 1 classes, and starts[c, j] the first level of the last
    one. A start never falls as levels are added, so that of the middle j bounds those of both halves; all halves
    of one size are solved in one pass over their candidates.
    """
    n = len(weights) - 1
    best = sums[1:] ** 2 / weights[1:]
    starts = np.zeros((n_classes, n), np.int64)
    for c in range(1, n_classes):
        fewer, best = best, best.copy()
        before = c - 1 if c < n_classes - 1 else n - 2  # the last class ends at the last level
        solved, bounds = np.array([before, n]), np.array([c, n - 1])  # one before the first, one behind the last
        while len(middle := (solved[1:] + solved[:-1])[np.diff(solved) > 1] // 2):
            place = np.searchsorted(solved, middle)
            low, high = bounds[place - 1], np.minimum(bounds[place], middle)
            sizes = high - low + 1
            runs = np.cumsum(sizes) - sizes
            first = np.arange(sizes.sum()) + np.repeat(low - runs, sizes)
            last = np.repeat(middle, sizes)
            total = fewer[first - 1] + (sums[last + 1] - sums[first]) ** 2 / (weights[last + 1] - weights[first])
            best[middle] = np.maximum.reduceat(total, runs)
            starts[c, middle] = np.minimum.reduceat(np.where(total == best[last], first, n), runs)
            solved, bounds = np.insert(solved, place, middle), np.insert(bounds, place, starts[c, middle])
    return starts


@kernel(numpy=_best_starts_numpy)
def _best_starts(weights: NDArray[np.float64], sums: NDArray[np.float64], n_classes: int) -> NDArray[np.int64]:
    """The same by divide and conquer: the best start of the last class never falls as levels are added."""
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
            low, high, first_low, first_high = stack[height]
            j = (low + high) // 2
            greatest, start = -1.0, first_low
            for first in range(first_low, min(j, first_high) + 1):
                difference = sums[j + 1] - sums[first]
                total = fewer[first - 1] + difference * difference / (weights[j + 1] - weights[first])
                if total > greatest:
                    greatest, start = total, first
            best[j], starts[c, j] = greatest, start
            if low < j:
                stack[height] = np.array([low, j - 1, first_low, start])
                height += 1
            if j < high:
                stack[height] = np.array([j + 1, high, start, first_high])
                height += 1
    return starts


@kernel()
def _trace(starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Read the classes' first levels off the table, last class first."""
    found = np.empty(len(starts) - 1, np.int64)
    last = starts.shape[1] - 1
    for c in range(len(starts) - 1, 0, -1):
        found[c - 1] = starts[c, last]
        last = found[c - 1] - 1
    return found
