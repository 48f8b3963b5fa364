"""Decides the pixels of floats that quantizing leaves in doubt: by finer levels, or without rounding.

The levels of an image divide its range, so that a smaller part of the image, of a smaller range, has finer levels
of its own. Let a split leave pixels in doubt. If they fill most of the box around them, that box is split again,
by its own levels. What is still in doubt is halved, and each half goes the same way. In an image with one far
value, nearly all pixels are decided as soon as a half no longer contains that value. When a box is no longer than
the window, halving helps no more, and its pixels are decided without rounding (`exact`).

How fine the levels are, and where halving stops, changes the time and never a label: labels are those of exact
sums.
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
    """By levels: writes labels, 0 where rounding could decide; returns for each band how many are 1, and how many
    0."""
    gaps: Callable[[WindowedImage, tuple[NDArray[np.int64], ...]], NDArray[np.float64]]
    """How far above some pixels their thresholds are, without rounding."""
    bits: int
    """Levels have so many bits at most."""


def split_beyond_doubt(image: WindowedImage, decision: Decision, labels: NDArray[np.int32]) -> int:
    """Split an image, and return how many pixels are of class 1."""
    n_dark, n_unsure = np.sum(decision.split(image, image.scale(decision.bits), labels), axis=0).tolist()
    if n_unsure > 0:
        n_dark += sum(image.run(_decide_band, image, decision, labels))
    return int(n_dark)


def are_whole(image: WindowedImage, scale: Scale) -> bool:
    """Whether all values are whole multiples of the quantum; a look at a few pixels says no for most images."""
    if image.values.dtype.kind == "u":
        return True
    if max(map(abs, image.own_extremes)) * scale.inverse > 2.0**52:
        return False
    rows, row_size = image.values.shape
    sample = image.values[:: rows // 16 + 1, :: row_size // 16 + 1]
    return count_fractional_numpy(sample, scale, 0, len(sample)) == 0 and not any(
        run_bands(count_fractional, rows, row_size, image.values, scale)
    )


def count_fractional_numpy(values: NDArray[Any], scale: Scale, start: int, stop: int) -> int:
    levels = values[start:stop].astype(np.float64) * scale.inverse
    return int(np.count_nonzero(np.rint(levels) != levels))


@kernel(numpy=count_fractional_numpy)
def count_fractional(values: NDArray[Any], scale: Scale, start: int, stop: int) -> int:
    """How many values are no whole multiples of the quantum."""
    count = 0
    for row in range(start, stop):
        for i in range(values.shape[1]):
            number = np.float64(values[row, i]) * scale.inverse
            count += int(np.rint(number) != number)
    return count


def _decide_band(
    image: WindowedImage, decision: Decision, labels: NDArray[np.int32], start: int, stop: int
) -> int:
    """Decide the pixels of a band of rows that have label 0, and return how many are of class 1."""
    unsure = labels[start:stop] == 0
    if len(image.inside):
        unsure &= image.inside[start:stop] > 0
    indices = np.flatnonzero(unsure) + start * labels.shape[1]
    points = np.stack(np.unravel_index(indices, image.shape), axis=1)
    found = labels.reshape(image.shape)
    return _decide(image, decision, points, found) if len(points) else 0


def _decide(image: WindowedImage, decision: Decision, points: NDArray[np.int64], labels: NDArray[np.int32]) -> int:
    """Label some pixels, given by their indices (n, axes), and return how many are of class 1."""
    low, high = points.min(axis=0), points.max(axis=0) + 1
    sides = high - low
    small = all(side <= max(size, _SMALL) for side, size in zip(sides, image.sizes, strict=True))
    n_dark = 0
    if small or 2 * len(points) > np.prod(sides):
        part, first = image.part(low, high)
        scale, found = part.scale(decision.bits), np.empty(part.values.shape, np.int32)
        decision.split(part, scale, found)
        pixels = tuple((points - first).T)
        of_points = found.reshape(part.shape)[pixels]
        if small and not of_points.all():
            rest = tuple(axis[of_points == 0] for axis in pixels)
            of_points[of_points == 0] = 1 + (decision.gaps(part, rest) <= 0)
        labels[tuple(points.T)] = of_points
        n_dark, points = int(np.count_nonzero(of_points == 1)), points[of_points == 0]
        if len(points) == 0:
            return n_dark
    axis = int(np.argmax(sides))
    first_half = points[:, axis] < (low[axis] + high[axis]) // 2
    for half in (points[first_half], points[~first_half]):
        if len(half):
            n_dark += _decide(image, decision, half, labels)
    return n_dark


_SMALL = 32
"""A box of so many pixels a side is never halved: what is computed for smaller ones is mostly their border."""
