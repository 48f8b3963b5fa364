"""Pixels to the nearest center within a window, by color and place: the heart of SLIC.

All lengths are in units of a cell's side, and all differences of color in units of the compactness, so that the
distance that counts is their sum of squares. The window of a center is a cell's side to each direction. An image
of any number of axes is lines along the last one; for each line the centers nearby are looked up in a coarse grid.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.superpixels.centers import add_line, add_up

_BINS = 0.999
"""Bins in a cell's side: a little wider than a window reaches, so that rounding hides no center."""


class Centers(NamedTuple):
    """Where superpixels 1 … n - 1 are, in color and space; 0 and those without pixels are not among `order`."""

    places: NDArray[Any]
    """(n, ndim), in units of a cell's side; floats of the dtype that distances are computed in."""
    colors: NDArray[Any]
    """(n, channels), in units of the compactness."""
    weights: NDArray[Any]
    """(n,), what a squared difference of color counts."""
    order: NDArray[np.int32]
    """The centers, bin by bin."""
    begins: NDArray[np.int64]
    """Where each bin begins in `order`, and where the last one ends."""


class Lines(NamedTuple):
    """An image as lines along its last axis."""

    lengths: NDArray[np.int64]
    """Of the other axes."""
    strides: NDArray[np.int64]
    """From one bin to the next along these."""
    around: NDArray[np.int64]
    """From a bin to it and the ones around it, ascending."""
    units: NDArray[np.float64]
    """(ndim,), from one pixel to the next along each axis, in units of a cell's side."""


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


def as_lines(shape: tuple[int, ...], units: NDArray[np.float64]) -> Lines:
    """Describe the lines of an image of at least two axes."""
    bins = _n_bins(shape, units)
    strides = np.cumprod([1, *bins[:0:-1]], dtype=np.int64)[::-1].copy()
    steps = np.array(list(itertools.product((-1, 0, 1), repeat=len(bins))))
    return Lines(np.array(shape[:-1]), strides, np.sort(steps @ strides), units)


def _n_bins(shape: tuple[int, ...], units: NDArray[np.float64]) -> list[int]:
    """Along each axis but the last, with an empty bin at both ends."""
    return [
        math.floor((length - 1) * unit * _BINS) + 3 for length, unit in zip(shape[:-1], units[:-1], strict=True)
    ]


def as_centers(
    places: NDArray[Any], colors: NDArray[Any], weights: NDArray[Any], is_there: NDArray[np.bool_], lines: Lines
) -> Centers:
    """Sort centers into bins."""
    inner = np.floor(places[:, :-1].astype(np.float64) * _BINS).astype(np.int64) + 1
    bins = np.where(is_there, inner @ lines.strides, -1)
    order = np.argsort(bins, kind="stable")[np.count_nonzero(~is_there) :]
    n_bins = _n_bins((*lines.lengths.tolist(), 1), lines.units)[0] * int(lines.strides[0])
    begins = np.searchsorted(bins[order], np.arange(n_bins + 1))
    return Centers(places, colors, weights, order.astype(np.int32), begins)


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
        return sums, _assign(values, labels, centers, lines, turn, sums, start, stop)

    found = run_bands(work, len(labels), row_size)
    total = found[0][0]
    for sums, _ in found[1:]:
        total += sums
    return total, sum(n_changed for _, n_changed in found)


def _assign_numpy(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    centers: Centers,
    lines: Lines,
    turn: Turn,
    sums: NDArray[Any],
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
        left, right = _reach(place[-1], lines.units[-1], own.shape[1])
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
    if not turn.is_last:
        add_up(values, labels, lines.lengths, turn.first, turn.step, sums, start, stop)
    return int(np.count_nonzero(new != own))


@kernel(numpy=_assign_numpy)
def _assign(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    centers: Centers,
    lines: Lines,
    turn: Turn,
    sums: NDArray[Any],
    start: int,
    stop: int,
) -> int:
    """Assign the lines of one turn from `start` to `stop`."""
    length, n_changed = labels.shape[1], 0
    rows = np.empty((len(values), length), centers.places.dtype)
    best, ramp, new = np.empty_like(rows[0]), np.empty_like(rows[0]), np.empty(length, np.int32)
    queries = np.empty((len(centers.order), 3 + len(values)), rows.dtype)
    near, index = np.empty((len(queries), 3), np.int32), np.zeros(len(lines.units), np.int64)
    for x in range(length):
        ramp[x] = x * lines.units[-1]
    for line in range(start + (turn.first - start) % turn.step, stop, turn.step):
        for c in range(len(values)):
            _widen(values[c, line], turn.inverse, rows[c])
        _begin(labels[line], best, new)
        n = _ask(line, length, lines, centers, index, near, queries)
        if len(values) == 1:
            _compare_one(rows, ramp, near, queries, n, best, new)
        elif len(values) == 3:
            _compare_three(rows, ramp, near, queries, n, best, new)
        else:
            _compare_many(rows, ramp, near, queries, n, best, new)
        n_changed += _replace(labels[line], new)
        if not turn.is_last:
            add_line(values, labels, line, index, sums)
    return n_changed


@kernel()
def _reach(place: float, unit: float, length: int) -> tuple[int, int]:
    """The pixels of a line that are at most a cell's side from a place: the first, and one past the last."""
    left = max(math.ceil((place - 1) / unit), 0)
    return left, min(math.floor((place + 1) / unit) + 1, length)


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
def _ask(
    line: int,
    length: int,
    lines: Lines,
    centers: Centers,
    index: NDArray[np.int64],
    near: NDArray[np.int32],
    queries: NDArray[Any],
) -> int:
    """Find the centers whose windows a line crosses, and return how many.

    `index` becomes the line's; `near` has each center and the part of the line, `queries` what distances are made
    of.
    """
    order, begins, around, places = centers.order, centers.begins, lines.around, centers.places
    colors, weights, units, lengths = centers.colors, centers.weights, lines.units, lines.lengths
    home, last, n = 0, len(units) - 1, 0
    for back in range(last):
        axis = last - 1 - back
        index[axis] = line % lengths[axis]
        line //= lengths[axis]
        home += (math.floor(index[axis] * units[axis] * _BINS) + 1) * lines.strides[axis]
    for i in range(len(around)):
        for j in range(begins[home + around[i]], begins[home + around[i] + 1]):
            k, across, is_near = order[j], 0.0, True
            for axis in range(last):
                apart = index[axis] * units[axis] - np.float64(places[k, axis])
                is_near = is_near and abs(apart) <= 1
                across += apart * apart
            along = np.float64(places[k, last])
            left, right = _reach(along, units[last], length)
            if not is_near or left >= right:
                continue
            near[n, 0], near[n, 1], near[n, 2] = k, left, right
            queries[n, 0], queries[n, 1], queries[n, 2] = across, left * units[last] - along, weights[k]
            for c in range(colors.shape[1]):
                queries[n, 3 + c] = colors[k, c]
            n += 1
    return n


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
