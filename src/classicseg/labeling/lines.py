"""An array as lines along its last axis, and which of the lines before a line touch it.

Components and the pairs of regions that touch are found line by line: so one loop serves every number of
dimensions, and a line is read as runs of equal pixels.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel


def line_grid(
    labels: NDArray[Any], connectivity: int
) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """View an array as lines along its last axis that is longer than 1.

    Returns the lines (n, length); the lengths of the other axes; the steps along these axes to each line before a
    line that touches it; and for each such step whether its pixels are also neighbors diagonally along the line,
    0 or 1. An array of one line is one row.
    """
    longer = [length for length in labels.shape if length > 1] or [1]
    *lengths, length = longer if len(longer) > 1 else [1, *longer]
    around = itertools.product((-1, 0, 1), repeat=len(lengths))
    steps = [step for step in around if step < (0,) * len(lengths) and np.count_nonzero(step) <= connectivity]
    diagonal = [int(np.count_nonzero(step) < connectivity) for step in steps]
    return (
        labels.reshape(-1, length),
        np.array(lengths, np.int64),
        np.array(steps, np.int64),
        np.array(diagonal, np.int64),
    )


def pixel_steps(steps: NDArray[np.int64], diagonal: NDArray[np.int64]) -> list[tuple[int, ...]]:
    """The steps to the pixels before a pixel that are its neighbors, those along its line first."""
    along = [(*[0] * steps.shape[1], -1)]
    return along + [
        (*step, shift)
        for step, is_diagonal in zip(steps.tolist(), diagonal.tolist(), strict=True)
        for shift in range(-is_diagonal, is_diagonal + 1)
    ]


def ball_of_lines(
    counts: list[int], spacing: list[float], radius: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The offsets of the lines that a ball crosses, and how many pixels of each, to both sides, are within it."""
    offsets, halves = [], []
    for offset in itertools.product(*(range(-count, count + 1) for count in counts[:-1])):
        half = counts[-1] + 1
        while half >= 0 and _length((*offset, half), spacing) > radius:
            half -= 1
        if half >= 0:
            offsets.append(offset)
            halves.append(half)
    return np.array(offsets, np.int64).reshape(len(halves), len(spacing) - 1), np.array(halves, np.int64)


def _length(offset: tuple[int, ...], spacing: list[float]) -> float:
    """The length of an offset in pixels."""
    total = 0.0
    for count, step in zip(offset, spacing, strict=True):  # in this order, as scipy's distance transform adds
        total += (count * step) * (count * step)
    return math.sqrt(total)


@kernel()
def line_at(line: int, lengths: NDArray[np.int64], step: NDArray[np.int64]) -> int:
    """The number of the line at `step` from a line; -1 beyond the border."""
    found, stride, rest = 0, 1, line
    for i in range(len(lengths)):
        axis = len(lengths) - 1 - i
        index = rest % lengths[axis] + step[axis]
        if index < 0 or index >= lengths[axis]:
            return -1
        found += index * stride
        stride *= lengths[axis]
        rest //= lengths[axis]
    return found
