"""Pixels to the nearest center in whose window they are, by color and place: the heart of SLIC.

Lengths are in units of a cell's side, and differences of color in units of the compactness, so that the distance
that counts is their sum of squares.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.superpixels.centers import add_up
from classicseg.superpixels.windows import Centers, Lines, reach, windows_across


class Turn(NamedTuple):
    """The lines that one round of assignment visits, and the unit of color."""

    inverse: Any
    """One over the compactness, in the dtype of the centers."""
    first: int
    """The first line."""
    step: int
    """How many lines further the next one is."""
    is_last: bool
    """Nobody needs the sums any more."""


class Buffers(NamedTuple):
    """Rows for the line that is assigned."""

    rows: NDArray[Any]
    """(channels, length), in units of the compactness."""
    best: NDArray[Any]
    """(length,), the least distance so far."""
    ramp: NDArray[Any]
    """(length,), the places along the line."""
    new: NDArray[np.int32]
    """(length,), the nearest center so far."""
    near: NDArray[np.int32]
    """(n, 3), the centers whose windows the line crosses, and where."""
    queries: NDArray[Any]
    """(n, 3 + channels), what distances to these are made of."""
    at: NDArray[np.int64]
    """(ndim,), the indices of the line along the other axes."""


def assign(
    values: NDArray[Any], labels: NDArray[np.int32], centers: Centers, lines: Lines, turn: Turn
) -> tuple[NDArray[Any], int]:
    """Give the pixels of a turn's lines the nearest center whose window they are in.

    Parameters
    ----------
    values : ndarray, shape (channels, n_lines, length)
        In any unit.
    labels : ndarray of int32, shape (n_lines, length)
        The centers of the pixels, in place; 0 where a pixel takes no part. Where no window reaches a pixel,
        it keeps what it has; of equally near centers the first in order counts.

    Returns
    -------
    sums : ndarray, shape (n, 1 + ndim + channels)
        Of each center the number of its pixels in these lines, and the sums of their indices and values: int64 and
        exact for integers, float64 for floats, whose bands are added in order. Nothing of the last turn.
    n_changed : int
        How many pixels have another center than before.
    """
    n, n_columns = len(centers.places), 1 + len(lines.units) + len(values)
    row_size = max(1, labels.shape[1] * 2**13 // max(2**13, n))  # the sums of all bands are a few bytes a pixel
    dtype = np.float64 if values.dtype.kind == "f" else np.int64

    def work(start: int, stop: int) -> tuple[NDArray[Any], int]:
        sums = np.zeros((1 if turn.is_last else n, n_columns), dtype)
        buffers = _buffers_of(labels.shape[1], values, centers)
        n_changed = _assign(values, labels, centers, lines, turn, buffers, start, stop)
        if not turn.is_last:
            index = np.zeros(len(lines.lengths), np.int64)
            add_up(values, labels, lines.lengths, turn.first, turn.step, index, sums, start, stop)
        return sums, n_changed

    found = run_bands(work, len(labels), row_size)
    total = found[0][0]
    for sums, _ in found[1:]:
        total += sums
    return total, sum(n_changed for _, n_changed in found)


def _buffers_of(length: int, values: NDArray[Any], centers: Centers) -> Buffers:
    dtype, n = centers.places.dtype, len(centers.order)
    return Buffers(
        np.empty((len(values), length), dtype),
        np.empty(length, dtype),
        np.empty(length, dtype),
        np.empty(length, np.int32),
        np.empty((n, 3), np.int32),
        np.empty((n, 3 + len(values)), dtype),
        np.empty(centers.places.shape[1], np.int64),
    )


def _assign_numpy(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    centers: Centers,
    lines: Lines,
    turn: Turn,
    _: Buffers,
    start: int,
    stop: int,
) -> int:
    numbers = np.arange(start + (turn.first - start) % turn.step, stop, turn.step)
    dtype, own = centers.places.dtype, labels[numbers]
    colors = values[:, numbers].astype(dtype) * turn.inverse
    indices = np.array(np.unravel_index(numbers, lines.lengths.tolist()))
    best = np.where(own == 0, -1, np.inf).astype(dtype)
    new = own.copy()
    ramp = (np.arange(own.shape[1]) * lines.units[-1]).astype(dtype)
    for k in centers.order.tolist():
        place = centers.places[k].astype(np.float64)
        apart = indices * lines.units[:-1, np.newaxis] - place[:-1, np.newaxis]
        near = np.flatnonzero((np.abs(apart) <= 1).all(axis=0))
        left, right = reach(place[-1], lines.units[-1], own.shape[1])
        if not len(near) or left >= right:
            continue
        across = np.zeros(len(near))
        for steps in apart:
            across += steps[near] ** 2
        along = dtype.type(left * lines.units[-1] - place[-1]) + ramp[: right - left]
        color = sum((colors[c, near, left:right] - value) ** 2 for c, value in enumerate(centers.colors[k]))
        distance = color * centers.weights[k] + (across.astype(dtype)[:, np.newaxis] + along * along)
        block = near, slice(left, right)
        is_less = distance < best[block]
        new[block] = np.where(is_less, k, new[block])
        best[block] = np.where(is_less, distance, best[block])
    labels[numbers] = new
    return int(np.count_nonzero(new != own))


@kernel(numpy=_assign_numpy)
def _assign(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    centers: Centers,
    lines: Lines,
    turn: Turn,
    buffers: Buffers,
    start: int,
    stop: int,
) -> int:
    """Assign the lines of one turn from `start` to `stop`."""
    length, n_changed = labels.shape[1], 0
    rows, best, ramp, new = buffers.rows, buffers.best, buffers.ramp, buffers.new
    near, queries, index = buffers.near, buffers.queries, buffers.at
    for x in range(length):
        ramp[x] = x * lines.units[-1]
    for line in range(start + (turn.first - start) % turn.step, stop, turn.step):
        for c in range(len(values)):
            _widen(values[c, line], turn.inverse, rows[c])
        _begin(labels[line], best, new)
        n = windows_across(line, length, lines, centers, index, near, queries)
        if len(values) == 1:
            _compare_one(rows, ramp, near, queries, n, best, new)
        elif len(values) == 3:
            _compare_three(rows, ramp, near, queries, n, best, new)
        else:
            _compare_many(rows, ramp, near, queries, n, best, new)
        n_changed += _replace(labels[line], new)
    return n_changed


@kernel()
def _widen(values: NDArray[Any], inverse: Any, row: NDArray[Any]) -> None:
    for x in range(len(row)):
        row[x] = values[x] * inverse


@kernel()
def _begin(labels: NDArray[np.int32], best: NDArray[Any], new: NDArray[np.int32]) -> None:
    """No distance is less than that of a pixel that takes no part."""
    for x in range(len(new)):
        new[x] = labels[x]
        best[x] = -1.0 if labels[x] == 0 else np.inf


@kernel()
def _compare_one(
    rows: NDArray[Any],
    ramp: NDArray[Any],
    near: NDArray[np.int32],
    queries: NDArray[Any],
    n: int,
    best: NDArray[Any],
    new: NDArray[np.int32],
) -> None:
    """Give the pixels of each window its center where it is nearer than the best so far: one channel."""
    for i in range(n):
        k, left, right = near[i, 0], near[i, 1], near[i, 2]
        across, offset, weight, value = queries[i, 0], queries[i, 1], queries[i, 2], queries[i, 3]
        row, least, nearest = rows[0, left:right], best[left:right], new[left:right]
        for x in range(right - left):
            apart, along = row[x] - value, offset + ramp[x]
            distance = apart * apart * weight + (across + along * along)
            is_less, former, other = distance < least[x], nearest[x], least[x]
            nearest[x] = k if is_less else former
            least[x] = distance if is_less else other


@kernel()
def _compare_three(
    rows: NDArray[Any],
    ramp: NDArray[Any],
    near: NDArray[np.int32],
    queries: NDArray[Any],
    n: int,
    best: NDArray[Any],
    new: NDArray[np.int32],
) -> None:
    """The same with three channels: 4 times as fast as with any number."""
    for i in range(n):
        k, left, right = near[i, 0], near[i, 1], near[i, 2]
        across, offset, weight = queries[i, 0], queries[i, 1], queries[i, 2]
        a, b, c = queries[i, 3], queries[i, 4], queries[i, 5]
        one, two, three = rows[0, left:right], rows[1, left:right], rows[2, left:right]
        least, nearest = best[left:right], new[left:right]
        for x in range(right - left):
            apart_a, apart_b, apart_c, along = one[x] - a, two[x] - b, three[x] - c, offset + ramp[x]
            color = apart_a * apart_a + apart_b * apart_b + apart_c * apart_c
            distance = color * weight + (across + along * along)
            is_less, former, other = distance < least[x], nearest[x], least[x]
            nearest[x] = k if is_less else former
            least[x] = distance if is_less else other


@kernel()
def _compare_many(
    rows: NDArray[Any],
    ramp: NDArray[Any],
    near: NDArray[np.int32],
    queries: NDArray[Any],
    n: int,
    best: NDArray[Any],
    new: NDArray[np.int32],
) -> None:
    """The same with any number of channels."""
    for i in range(n):
        k, left, right = near[i, 0], near[i, 1], near[i, 2]
        for x in range(left, right):
            apart, along = rows[0, x] - queries[i, 3], queries[i, 1] + ramp[x - left]
            color = apart * apart
            for c in range(1, len(rows)):
                apart = rows[c, x] - queries[i, 3 + c]
                color += apart * apart
            distance = color * queries[i, 2] + (queries[i, 0] + along * along)
            if distance < best[x]:
                new[x], best[x] = k, distance


@kernel()
def _replace(labels: NDArray[np.int32], new: NDArray[np.int32]) -> int:
    """Write new labels, and count those that differ."""
    n = 0
    for x in range(len(new)):
        n += labels[x] != new[x]
    for x in range(len(new)):
        labels[x] = new[x]
    return n
