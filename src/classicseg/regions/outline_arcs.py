"""Simplification of outlines, arc by arc, such that neighbors keep one border and nothing crosses.

An arc goes from one vertex where more than two pieces meet to the next. It is part of two rings at the most, whose
two results are the same: all that decides is whole numbers that do not depend on the direction. An arc is replaced
by its chord where no vertex of the outlines lies between the two, on the chord included. No chords cross then: the
line that would cross the chord of another one has to end or to turn between that chord and its arc.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel

_ARC = 128
"""An arc stands for so many pixels of work."""


class Arcs(NamedTuple):
    """Lines of vertices, one after the other, each with both of its ends."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    starts: NDArray[np.int64]
    """(n + 1,), where each arc begins, and the number of vertices."""
    keeps_more: NDArray[np.bool_]
    """(n,), whether another arc joins the same ends: of the two only one may become the line between them."""


def simplified_rings(
    vertices: NDArray[np.int64], starts: NDArray[np.int64], grid: NDArray[np.int32], tolerance: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Leave out vertices of rings (`outlines.Rings`) that are at most `tolerance` from what replaces them."""
    nodes, stride = grid.reshape(-1), grid.shape[1]
    is_end = _are_ends(vertices, starts, nodes, stride)
    rolled, is_end, starts = _rolled(vertices, starts, is_end)
    begins = np.flatnonzero(is_end)
    rings = np.searchsorted(starts, begins, side="right") - 1
    closing = np.append(begins[1:], 0)
    is_last = np.append(rings[1:] != rings[:-1], True)
    closing[is_last] = starts[rings[is_last]]
    lengths = np.diff(np.append(begins, len(rolled))) + 1
    arc_starts = np.append(np.int64(0), np.cumsum(lengths))
    along = np.insert(rolled, begins[1:], rolled[closing[:-1]])
    along = np.append(along, rolled[closing[-1]])
    rows, columns = np.divmod(along, np.int64(stride))
    marks = np.zeros(nodes.shape, np.bool_)
    marks[vertices] = True
    arcs = Arcs(rows, columns, arc_starts, _have_company(along, arc_starts))
    kept = np.zeros(len(along), np.bool_)
    run_bands(_simplify, len(lengths), _ARC, arcs, marks.reshape(grid.shape), tolerance, kept)
    kept[arc_starts[1:] - 1] = False  # the beginning of the next arc, or of the ring
    counts = np.add.reduceat(kept, arc_starts[:-1], dtype=np.int64)
    of_rings = np.bincount(rings, counts, len(starts) - 1).astype(np.int64)
    return along[kept], np.append(np.int64(0), np.cumsum(of_rings))


def _are_ends(
    vertices: NDArray[np.int64], starts: NDArray[np.int64], nodes: NDArray[np.int32], stride: int
) -> NDArray[np.bool_]:
    """Where arcs end: where three pieces meet, or two cross; of rings without such a vertex, on their box."""
    around = [nodes[vertices + offset] for offset in (0, 1, stride + 1, stride)]
    sides = sum((here != around[i - 1]).astype(np.int8) for i, here in enumerate(around))
    is_end = np.asarray(sides) > 2
    lonely = ~np.logical_or.reduceat(is_end, starts[:-1])
    lengths = np.diff(starts)
    on_box = np.zeros(len(vertices), np.bool_)
    for coordinate in np.divmod(vertices, np.int64(stride)):
        for extreme in (np.minimum, np.maximum):
            on_box |= coordinate == np.repeat(extreme.reduceat(coordinate, starts[:-1]), lengths)
    return is_end | (np.repeat(lonely, lengths) & on_box)


def _rolled(
    vertices: NDArray[np.int64], starts: NDArray[np.int64], is_end: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]:
    """The rings, each from its first end of an arc on."""
    ends, lengths = np.flatnonzero(is_end), np.diff(starts)
    shifts = ends[np.searchsorted(ends, starts[:-1])] - starts[:-1]
    within = np.arange(len(vertices)) - np.repeat(starts[:-1] - shifts, lengths)
    within -= np.where(within >= np.repeat(lengths, lengths), np.repeat(lengths, lengths), 0)
    order = np.repeat(starts[:-1], lengths) + within
    return vertices[order], is_end[order], starts


def _have_company(along: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether another arc has the same two ends. The vertex next to the lower end tells arcs apart."""
    heads, tails = along[starts[:-1]], along[starts[1:] - 1]
    after = np.where(heads < tails, along[starts[:-1] + 1], along[starts[1:] - 2])
    low, high = np.minimum(heads, tails), np.maximum(heads, tails)
    order = np.lexsort((after, high, low))
    is_new_pair = (np.diff(low[order], prepend=-1) != 0) | (np.diff(high[order], prepend=-1) != 0)
    is_new_arc = is_new_pair | (np.diff(after[order], prepend=-1) != 0)
    pairs = np.cumsum(is_new_pair) - 1
    several = np.bincount(pairs, is_new_arc) > 1
    company = np.empty(len(order), np.bool_)
    company[order] = several[pairs]
    return company


@kernel()
def _simplify(
    arcs: Arcs, marks: NDArray[np.bool_], tolerance: float, kept: NDArray[np.bool_], start: int, stop: int
) -> None:
    """Choose the vertices of arcs that are kept."""
    longest: Any = np.int64(0)
    for arc in range(start, stop):
        longest = max(longest, arcs.starts[arc + 1] - arcs.starts[arc])
    pending = np.empty((longest, 2), np.int64)
    for arc in range(start, stop):
        first, last = arcs.starts[arc], arcs.starts[arc + 1] - 1
        kept[first] = kept[last] = True
        pending[0, 0], pending[0, 1] = first, last
        n_pending = 1
        while n_pending > 0:
            n_pending -= 1
            i, j = pending[n_pending, 0], pending[n_pending, 1]
            if j - i < 2:
                continue
            if arcs.rows[i] == arcs.rows[j] and arcs.columns[i] == arcs.columns[j]:
                _keep_box(arcs, i, j, kept)
            else:
                is_whole = arcs.keeps_more[arc] and i == first and j == last
                if not is_whole and _may_go(arcs, i, j, tolerance, marks):
                    continue
                _keep_farthest(arcs, i, j, kept)
            begin = i
            for k in range(i + 1, j + 1):
                if kept[k]:
                    pending[n_pending, 0], pending[n_pending, 1] = begin, k
                    n_pending += 1
                    begin = k


@kernel()
def _keep_box(arcs: Arcs, i: int, j: int, kept: NDArray[np.bool_]) -> None:
    """Keep the vertices of a closed arc that lie on its bounding box."""
    top, bottom, left, right = _box(arcs, i, j)
    for k in range(i + 1, j):
        row, column = arcs.rows[k], arcs.columns[k]
        if row in (top, bottom) or column in (left, right):
            kept[k] = True


@kernel()
def _keep_farthest(arcs: Arcs, i: int, j: int, kept: NDArray[np.bool_]) -> None:
    """Keep all vertices that are farthest from the chord from i to j."""
    farthest = 0.0
    for k in range(i + 1, j):
        farthest = max(farthest, _distance(arcs, i, j, k))
    for k in range(i + 1, j):
        if _distance(arcs, i, j, k) == farthest:
            kept[k] = True


@kernel()
def _distance(arcs: Arcs, i: int, j: int, k: int) -> float:
    """The squared distance of vertex k to the chord from i to j, times the squared length of the chord."""
    rows, columns = arcs.rows[j] - arcs.rows[i], arcs.columns[j] - arcs.columns[i]
    down, right = arcs.rows[k] - arcs.rows[i], arcs.columns[k] - arcs.columns[i]
    length, along = rows * rows + columns * columns, down * rows + right * columns
    if along <= 0:
        return np.float64(down * down + right * right) * np.float64(length)
    if along >= length:
        down, right = arcs.rows[k] - arcs.rows[j], arcs.columns[k] - arcs.columns[j]
        return np.float64(down * down + right * right) * np.float64(length)
    across = np.float64(down * columns - right * rows)
    return across * across


@kernel()
def _box(arcs: Arcs, i: int, j: int) -> tuple[int, int, int, int]:
    """The first and the last row and column of the vertices from i to j."""
    top, bottom, left, right = arcs.rows[i], arcs.rows[i], arcs.columns[i], arcs.columns[i]
    for k in range(i + 1, j + 1):
        top, bottom = min(top, arcs.rows[k]), max(bottom, arcs.rows[k])
        left, right = min(left, arcs.columns[k]), max(right, arcs.columns[k])
    return top, bottom, left, right


@kernel()
def _may_go(arcs: Arcs, i: int, j: int, tolerance: float, marks: NDArray[np.bool_]) -> bool:
    """Whether the vertices between i and j are near enough to the chord, and no other vertex lies between."""
    rows, columns = arcs.rows[j] - arcs.rows[i], arcs.columns[j] - arcs.columns[i]
    farthest = 0.0
    for k in range(i + 1, j):
        farthest = max(farthest, _distance(arcs, i, j, k))
    if farthest > tolerance * tolerance * np.float64(rows * rows + columns * columns):
        return False
    return _is_clear(arcs, i, j, np.sqrt(farthest) + 1, marks)


@kernel()
def _is_clear(arcs: Arcs, i: int, j: int, reach: float, marks: NDArray[np.bool_]) -> bool:
    """Whether no other vertex lies between those from i to j and their chord, of a distance and length `reach`.

    Where no more vertices are near than those from i to j, none is looked at.
    """
    rows, columns = arcs.rows[j] - arcs.rows[i], arcs.columns[j] - arcs.columns[i]
    top, bottom, left, right = _box(arcs, i, j)
    n_others = i - j - 1
    for looks in range(2):
        for row in range(top, bottom + 1):
            origin, line = arcs.columns[i], marks[row]
            near = _columns_near(row - arcs.rows[i], rows, columns, reach, left - origin, right - origin)
            for column in range(origin + near[0], origin + near[1] + 1):
                if line[column]:
                    n_others += 1
                    if looks == 1 and _lies_between(arcs, i, j, row, column):
                        return False
        if n_others == 0:
            return True
    return True


@kernel()
def _columns_near(down: int, rows: int, columns: int, reach: float, left: int, right: int) -> tuple[int, int]:
    """The columns of a row that are near the line through a chord, both from where this begins.

    Near is a distance, times the length of the chord, of `reach`; in it is more than rounding could take.
    """
    if rows == 0:
        return left, right
    middle, half = np.float64(columns * down) / rows, reach / abs(rows)
    return max(left, int(np.floor(middle - half))), min(right, int(np.ceil(middle + half)))


@kernel()
def _lies_between(arcs: Arcs, i: int, j: int, row: int, column: int) -> bool:
    """Whether a vertex that is none of those from i to j lies between them and their chord, or on it."""
    turns, is_on = 0, False
    for k in range(i, j + 1):
        if arcs.rows[k] == row and arcs.columns[k] == column:
            return False
        after = k + 1 if k < j else i
        above, below = arcs.rows[k] - row, arcs.rows[after] - row
        before, behind = arcs.columns[k] - column, arcs.columns[after] - column
        side = above * behind - below * before
        if side == 0 and above * below <= 0 and before * behind <= 0:
            is_on = True
        if above <= 0 < below and side > 0:
            turns += 1
        elif below <= 0 < above and side < 0:
            turns -= 1
    return is_on or turns != 0
