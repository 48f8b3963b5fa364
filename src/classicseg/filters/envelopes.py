"""The lower envelope of parabolas, line by line: squared distances along one more axis.

Felzenszwalb P. F., Huttenlocher D. P. Distance transforms of sampled functions. Theory of Computing 8, 2012.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel

LINES = 16
"""So many lines that are not contiguous are copied to where they are: a cache line of squares."""


class Axis(NamedTuple):
    """An axis that parabolas are taken along, and what the numbers before it stand for."""

    length: int
    inner: int
    """How many pixels lie between two neighbors along it."""
    square: float
    """The squared distance of two neighbors."""
    first_square: float
    """The same along the first axis, whose steps have been counted."""
    far: float
    """Numbers from here on are infinite."""
    is_counted: bool
    """Whether the numbers are steps along the first axis; else they are squares."""


class Scratch(NamedTuple):
    """What a band keeps of the lines that it works on."""

    names: NDArray[Any]
    """(n_lines, length)"""
    squares: NDArray[np.float64]
    """(n_lines, length)"""
    sites: NDArray[np.int64]
    """(length + 2,), where the parabolas of the envelope stand, …"""
    heights: NDArray[np.float64]
    """… how high, …"""
    bounds: NDArray[np.float64]
    """… and from where on each is the lowest."""
    halves: NDArray[np.float64]
    """(length + 2,), ``1 / (2 square d)`` for each distance d of two parabolas: a division takes longer."""


def far_of(numbers: NDArray[Any]) -> float:
    """From where on numbers stand for infinity: half of what counts can be, or the highest square."""
    if numbers.dtype.kind == "u":
        return float(2 ** (8 * numbers.dtype.itemsize - 1))
    return float(np.iinfo(np.int32).max) if numbers.dtype.kind == "i" else math.inf


def scratch_of(dtype: np.dtype[Any], n_lines: int, axis: Axis) -> Scratch:
    apart = np.maximum(np.arange(axis.length + 2), 1)
    return Scratch(
        np.empty((n_lines, axis.length), dtype),
        np.empty((n_lines, axis.length)),
        np.empty(axis.length + 2, np.int64),
        np.empty(axis.length + 2),
        np.empty(axis.length + 2),
        1 / (2 * axis.square * apart),
    )


def _across_numpy(
    labels: NDArray[Any],
    before: NDArray[Any],
    axis: Axis,
    scratch: Scratch,
    squares: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    shape = (-1, axis.length, axis.inner)
    names, numbers, out = labels.reshape(shape), before.reshape(shape), squares.reshape(shape)
    per_part = -(-axis.inner // LINES)
    for block in range(start, stop):
        part, columns = block // per_part, slice(block % per_part * LINES, (block % per_part + 1) * LINES)
        found = _lowest_numpy(names[part, :, columns].T, numbers[part, :, columns].T, axis)
        out[part, :, columns] = np.minimum(found, far_of(squares)).T


@kernel(numpy=_across_numpy)
def across(
    labels: NDArray[Any],
    before: NDArray[Any],
    axis: Axis,
    scratch: Scratch,
    squares: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    """Write the squares along an axis, of blocks of lines side by side."""
    length, inner, far = axis.length, axis.inner, axis.far
    per_part, lines = -(-inner // LINES), scratch.squares
    for block in range(start, stop):
        column = block % per_part * LINES
        first, count = block // per_part * length * inner + column, min(LINES, inner - column)
        for i in range(length):
            row = first + i * inner
            for j in range(count):
                scratch.names[j, i] = labels[row + j]
                number = np.float64(before[row + j])
                square = number * number * axis.first_square if axis.is_counted else number
                lines[j, i] = square if number < far else np.inf
        for j in range(count):
            _lower(scratch.names[j], lines[j], axis.square, *scratch[2:])
        for i in range(length):
            row = first + i * inner
            for j in range(count):
                squares[row + j] = min(lines[j, i], 2147483647.0) if squares.itemsize == 4 else lines[j, i]


def _along_numpy(
    labels: NDArray[Any],
    before: NDArray[Any],
    axis: Axis,
    scratch: Scratch,
    unit: float,
    out: NDArray[np.float32],
    start: int,
    stop: int,
) -> None:
    band = slice(start * axis.length, stop * axis.length)
    names, numbers = (array[band].reshape(-1, axis.length) for array in (labels, before))
    out[band] = np.sqrt(_lowest_numpy(names, numbers, axis)).reshape(-1) * unit


@kernel(numpy=_along_numpy)
def along(
    labels: NDArray[Any],
    before: NDArray[Any],
    axis: Axis,
    scratch: Scratch,
    unit: float,
    out: NDArray[np.float32],
    start: int,
    stop: int,
) -> None:
    """Write the distances of contiguous lines."""
    length, far, squares = axis.length, axis.far, scratch.squares[0]
    for line in range(start, stop):
        names, numbers = labels[line * length : (line + 1) * length], before[line * length : (line + 1) * length]
        if axis.is_counted:
            for x in range(length):
                number = np.float64(numbers[x])
                squares[x] = number * number * axis.first_square if number < far else np.inf
        else:
            for x in range(length):
                number = np.float64(numbers[x])
                squares[x] = number if number < far else np.inf
        _lower(names, squares, axis.square, *scratch[2:])
        distances = out[line * length : (line + 1) * length]
        for x in range(length):
            distances[x] = math.sqrt(squares[x]) * unit


def _lowest_numpy(names: NDArray[Any], numbers: NDArray[Any], axis: Axis) -> NDArray[np.float64]:
    """Of lines (n, length), the least parabola at each pixel: over those of its label, and over 0 of others."""
    given = numbers.astype(np.float64)
    squares = given * given * axis.first_square if axis.is_counted else given
    squares = np.where(names == 0, 0.0, np.where(given < axis.far, squares, np.inf))
    lowest = squares.copy()
    for step in range(1, axis.length):
        risen = axis.square * (step * step)
        if risen >= lowest.max():
            break
        same = names[:, step:] == names[:, :-step]
        for here, there in [(np.s_[:, step:], np.s_[:, :-step]), (np.s_[:, :-step], np.s_[:, step:])]:
            np.minimum(lowest[here], np.where(same, squares[there], 0.0) + risen, out=lowest[here])
    return lowest


@kernel()
def _lower(
    names: NDArray[Any],
    squares: NDArray[np.float64],
    square: float,
    sites: NDArray[np.int64],
    heights: NDArray[np.float64],
    bounds: NDArray[np.float64],
    halves: NDArray[np.float64],
) -> None:
    """Lower the squares of a line to the envelope of the parabolas over each run."""
    length, start = len(names), 0
    while start < length:
        stop, name = start + 1, names[start]
        while stop < length and names[stop] == name:
            stop += 1
        if name == 0:
            for x in range(start, stop):
                squares[x] = 0.0
            start = stop
            continue
        last = -1
        for site in range(max(start - 1, 0), min(stop + 1, length)):
            height = squares[site] if start <= site < stop else 0.0
            if height == np.inf:
                continue
            bound = -np.inf
            while last >= 0:
                before = sites[last]
                bound = (height - heights[last]) * halves[site - before] + 0.5 * (site + before)
                if bound > bounds[last]:
                    break
                last -= 1
                bound = -np.inf
            last += 1
            sites[last], heights[last], bounds[last] = site, height, bound
        if last >= 0:
            here = 0
            for x in range(start, stop):
                while here < last and bounds[here + 1] < x:
                    here += 1
                apart = x - sites[here]
                squares[x] = heights[here] + square * (apart * apart)
        start = stop
