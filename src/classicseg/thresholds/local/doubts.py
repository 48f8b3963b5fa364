"""Pixels of floats that levels leave in doubt are decided by finer levels, or without rounding.

Levels of a part of an image are as fine as its range allows. So where a split leaves most pixels of a box in
doubt, that box is split again by levels of its own, and what is still in doubt is halved. Of an image with one
far value, all but its surroundings is decided as soon as the half that holds this value is left. What remains
of boxes no longer than the window is decided without rounding. None of this shows in the labels, which are
those of exact sums.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.thresholds.local.windows import Scale, WindowedImage


class Decision(NamedTuple):
    """How a method decides pixels of floats."""

    split: Callable[[WindowedImage, Scale, NDArray[np.int32]], list[tuple[int, int]]]
    """By levels: writes labels, 0 where rounding could decide, and returns for each band how many are 1, and 0."""
    gaps: Callable[[WindowedImage, tuple[NDArray[np.int64], ...]], NDArray[np.float64]]
    """How far above some pixels their thresholds are, without rounding."""
    bits: int
    """Of levels."""


def split_beyond_doubt(field: WindowedImage, decision: Decision, labels: NDArray[np.int32]) -> int:
    """Split a field, and return how many pixels are of class 1."""
    n_dark, n_unsure = np.sum(decision.split(field, field.scale(decision.bits), labels), axis=0).tolist()
    if n_unsure > 0:
        n_dark += sum(field.run(_decide_band, field, decision, labels))
    return int(n_dark)


def are_whole(field: WindowedImage, scale: Scale) -> bool:
    """Whether all values are whole levels, counted from 0: one look at a few places says no of most images."""
    if field.values.dtype.kind == "u":
        return True
    if max(map(abs, field.own_ends)) * scale.inverse > 2.0**52:
        return False
    rows, row_size = field.values.shape
    few = field.values[:: rows // 16 + 1, :: row_size // 16 + 1]
    return n_broken_numpy(few, scale, 0, len(few)) == 0 and not any(
        run_bands(n_broken, rows, row_size, field.values, scale)
    )


def n_broken_numpy(values: NDArray[Any], scale: Scale, start: int, stop: int) -> int:
    levels = values[start:stop].astype(np.float64) * scale.inverse
    return int(np.count_nonzero(np.rint(levels) != levels))


@kernel(numpy=n_broken_numpy)
def n_broken(values: NDArray[Any], scale: Scale, start: int, stop: int) -> int:
    """How many values are no whole levels."""
    count = 0
    for row in range(start, stop):
        for i in range(values.shape[1]):
            number = np.float64(values[row, i]) * scale.inverse
            count += int(np.rint(number) != number)
    return count


def _decide_band(
    values: NDArray[Any],
    field: WindowedImage,
    decision: Decision,
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> int:
    unsure = labels[start:stop] == 0
    if len(field.marks):
        unsure &= field.marks[start:stop] > 0
    places = np.flatnonzero(unsure) + start * labels.shape[1]
    points = np.stack(np.unravel_index(places, field.shape), axis=1)
    found = labels.reshape(field.shape)
    return _decide(field, decision, points, found) if len(points) else 0


def _decide(field: WindowedImage, decision: Decision, points: NDArray[np.int64], labels: NDArray[np.int32]) -> int:
    """Label some pixels (n, axes), and return how many are of class 1."""
    low, high = points.min(axis=0), points.max(axis=0) + 1
    sides = high - low
    small = all(side <= max(size, _SMALL) for side, size in zip(sides, field.sizes, strict=True))
    n_dark = 0
    if small or 2 * len(points) > np.prod(sides):
        part, first = field.part(low, high)
        scale, found = part.scale(decision.bits), np.empty(part.values.shape, np.int32)
        decision.split(part, scale, found)
        places = tuple((points - first).T)
        of_points = found.reshape(part.shape)[places]
        if small and not of_points.all():
            rest = tuple(axis[of_points == 0] for axis in places)
            of_points[of_points == 0] = 1 + (decision.gaps(part, rest) <= 0)
        labels[tuple(points.T)] = of_points
        n_dark, points = int(np.count_nonzero(of_points == 1)), points[of_points == 0]
        if len(points) == 0:
            return n_dark
    axis = int(np.argmax(sides))
    first_half = points[:, axis] < (low[axis] + high[axis]) // 2
    for half in (points[first_half], points[~first_half]):
        if len(half):
            n_dark += _decide(field, decision, half, labels)
    return n_dark


_SMALL = 32
"""Boxes of so many pixels a side are small beside any window: less is all border."""
