"""Points paired one to one: as many as can be, and as near to each other as can be.

A largest matching says which points can be left over (Dulmage and Mendelsohn): where some of the first are, every
one of the second that they reach is paired in each largest matching, and elsewhere every one of the first is. So
there are two problems in which one side is paired as a whole, and the assignment of least cost of that side is
built by shortest augmenting paths, each of which ends near where it begins.

.. [1] Hopcroft J. E., Karp R. M. An n^(5/2) algorithm for maximum matchings in bipartite graphs. SIAM Journal on
   Computing 2(4), 1973.
.. [2] Dulmage A. L., Mendelsohn N. S. Coverings of bipartite graphs. Canadian Journal of Mathematics 10, 1958.
.. [3] Jonker R., Volgenant A. A shortest augmenting path algorithm for dense and sparse linear assignment
   problems. Computing 38, 1987.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.metrics.pairings import Pairings, mean_degree, pairings_of, pairings_within, tie

_STEPS = 2**18
"""Pairs looked at between two looks at Ctrl-C."""

N_QUEUED, N_DONE, CAN_GROW = 0, 1, 2
"""Places in the state of a search."""


def match_points(
    first: NDArray[Any], second: NDArray[Any], radius: float, spacing: tuple[float, ...] | None = None
) -> NDArray[np.int64]:
    """Of each of the first points of a grid, (n, ndim), the number of its partner among the second, at most
    `radius` away; -1 where it has none.

    No larger pairing exists, and of those as large none has a smaller sum of distances.
    """
    partners = np.full(len(first), -1)
    if not len(first) or not len(second):
        return partners
    steps = (1.0,) * first.shape[1] if spacing is None else spacing
    pairings = pairings_within(first, second, radius, steps)
    largest, crowded = _largest(pairings, len(second))
    taken = np.zeros(len(second), bool)
    taken[largest[crowded & (largest >= 0)]] = True
    of_first = _assign(pairings, ~crowded, ~taken)
    del pairings, largest
    of_second = _assign(pairings_within(second, first, radius, steps), taken, crowded)
    partners[of_second[of_second >= 0]] = np.flatnonzero(of_second >= 0)
    return np.where(of_first >= 0, of_first, partners)


def largest_matching(
    rows: NDArray[np.int64], columns: NDArray[np.int64], n_rows: int, n_columns: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Pair as many rows with a column of their own as can be: the column of each row or -1, and the crowded rows.

    Crowded are rows without a column, and those whose columns a crowded row might have, too.
    """
    return _largest(pairings_of(rows, columns, np.ones(len(rows)), n_rows, n_columns), n_columns)


def assign(
    rows: NDArray[np.int64], columns: NDArray[np.int64], costs: NDArray[np.float64], n_rows: int, n_columns: int
) -> NDArray[np.int64]:
    """Give each row that has a pair a column of its own, so that the sum of costs is least; -1 for other rows."""
    pairings = pairings_of(rows, columns, costs, n_rows, n_columns)
    return _assign(pairings, np.ones(n_rows, bool), np.ones(n_columns, bool))


class _Search(NamedTuple):
    """The state of the algorithm of Hopcroft and Karp, as kernels take it."""

    column_of: NDArray[np.int64]
    row_of: NDArray[np.int64]
    levels: NDArray[np.int64]
    """How many rows the way from one without a column passes; -1 where there is none."""
    queue: NDArray[np.int64]
    lines: NDArray[np.int64]
    """The range of a row in which the next pair is looked for, …"""
    pairs: NDArray[np.int64]
    """… and that pair."""
    way: NDArray[np.int64]
    state: NDArray[np.int64]


def _largest(pairings: Pairings, n_columns: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The algorithm of Hopcroft and Karp.

    Twenty times as fast here as SciPy's, which does not begin with columns that nobody has.
    """
    n_rows, degree = len(pairings.places), mean_degree(pairings)
    levels, queue, lines, pairs, way = (np.empty(n_rows, np.int64) for _ in range(5))
    column_of, row_of = np.full(n_rows, -1, np.int64), np.full(n_columns, -1, np.int64)
    search = _Search(column_of, row_of, levels, queue, lines, pairs, way, np.zeros(3, np.int64))
    run_bands(_take_free, n_rows, degree, pairings, search, sequential=True)
    while True:
        without = np.flatnonzero(search.column_of < 0)
        search.levels[:], search.levels[without], search.queue[: len(without)] = -1, 0, without
        search.lines[:], search.pairs[:] = 0, pairings.before[pairings.places + pairings.lows[0]]
        search.state[:] = len(without), 0, 0
        while search.state[N_DONE] < search.state[N_QUEUED]:
            _explore(pairings, search, _STEPS)
        if not search.state[CAN_GROW]:
            return search.column_of, search.levels >= 0
        run_bands(_augment, n_rows, degree, pairings, search, sequential=True)


@kernel()
def _take_free(pairings: Pairings, search: _Search, start: int, stop: int) -> None:
    """Give rows the first column that nobody has."""
    places, lows, highs, before, columns = pairings[:5]
    column_of, row_of = search.column_of, search.row_of
    for row in range(start, stop):
        for line in range(len(lows)):
            pair, end = before[places[row] + lows[line]], before[places[row] + highs[line]]
            while pair < end and row_of[columns[pair]] >= 0:
                pair += 1
            if pair < end:
                row_of[columns[pair]], column_of[row] = row, columns[pair]
                break


@kernel()
def _explore(pairings: Pairings, search: _Search, n_steps: int) -> None:
    """Find how many rows the shortest ways to rows pass, breadth first, over about so many pairs."""
    places, lows, highs, before, columns = pairings[:5]
    row_of, levels, queue, state = search.row_of, search.levels, search.queue, search.state
    done, n_queued = state[N_DONE], state[N_QUEUED]
    while done < n_queued and n_steps > 0:
        row = queue[done]
        done += 1
        for line in range(len(lows)):
            first, end = int(before[places[row] + lows[line]]), int(before[places[row] + highs[line]])
            n_steps -= 1 + end - first
            for pair in range(first, end):
                other = row_of[columns[pair]]
                if other < 0:
                    state[CAN_GROW] = 1
                elif levels[other] < 0:
                    levels[other], queue[n_queued] = levels[row] + 1, other
                    n_queued += 1
    state[N_DONE], state[N_QUEUED] = done, n_queued


@kernel()
def _augment(pairings: Pairings, search: _Search, start: int, stop: int) -> None:
    """Go from rows without a column, depth first, to a column that nobody has; all on the way move on by one."""
    places, lows, highs, before, columns = pairings[:5]
    column_of, row_of, levels = search.column_of, search.row_of, search.levels
    lines, pairs, way = search.lines, search.pairs, search.way
    for free in range(start, stop):
        depth = 0 if column_of[free] < 0 else -1
        way[0] = free
        while depth >= 0:
            row = way[depth]
            while lines[row] < len(lows) and pairs[row] >= before[places[row] + highs[lines[row]]]:
                lines[row] += 1
                if lines[row] < len(lows):
                    pairs[row] = before[places[row] + lows[lines[row]]]
            if lines[row] == len(lows):
                depth -= 1
                if depth >= 0:
                    pairs[way[depth]] += 1
                continue
            other = row_of[columns[pairs[row]]]
            if other < 0:
                for step in range(depth + 1):
                    mover = way[step]
                    column_of[mover] = columns[pairs[mover]]
                    row_of[column_of[mover]] = mover
                for step in range(depth + 1):
                    lines[way[step]] = len(lows)  # a row is on one way only
                depth = -1
            elif levels[other] == levels[row] + 1:
                depth += 1
                way[depth] = other
            else:
                pairs[row] += 1


class _Assignment(NamedTuple):
    """The state of the assignment, as kernels take it."""

    column_of: NDArray[np.int64]
    row_price: NDArray[np.float64]
    row_of: NDArray[np.int64]
    column_price: NDArray[np.float64]
    distances: NDArray[np.float64]
    """From the row that looks for a column; infinite where not yet reached."""
    come_from: NDArray[np.int64]
    """The row from which a column is reached."""
    settled: NDArray[np.bool_]
    touched: NDArray[np.int64]
    heap: NDArray[np.int64]
    """Columns that are reached."""
    heap_places: NDArray[np.int64]
    """Where in the heap a column is, -1 where it is not."""


def _assign(
    pairings: Pairings, takes_row: NDArray[np.bool_], takes_column: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Give each of some rows that has a pair one of some columns, so that the sum of costs is least."""
    n_rows, n_columns, degree = len(takes_row), len(takes_column), mean_degree(pairings)
    come_from, touched, heap = (np.empty(n_columns, np.int64) for _ in range(3))
    found = _Assignment(
        np.full(n_rows, -1, np.int64),
        np.zeros(n_rows),
        np.full(n_columns, -1, np.int64),
        np.zeros(n_columns),
        np.full(n_columns, np.inf),
        come_from,
        np.zeros(n_columns, np.bool_),
        touched,
        heap,
        np.full(n_columns, -1, np.int64),
    )
    run_bands(_take_nearest, n_rows, degree, pairings, takes_row, takes_column, found, sequential=True)
    run_bands(_shortest_paths, n_rows, 8 * degree, pairings, takes_row, takes_column, found, sequential=True)
    return found.column_of


@kernel()
def _take_nearest(
    pairings: Pairings,
    takes_row: NDArray[np.bool_],
    takes_column: NDArray[np.bool_],
    found: _Assignment,
    start: int,
    stop: int,
) -> None:
    """Give rows the column of least cost, where nobody has it; rows without a pair have an infinite price."""
    places, lows, highs, before, columns, origins, keys, shifts, costs, ties = pairings
    for row in range(start, stop):
        least, nearest = np.inf, -1
        if takes_row[row]:
            for line in range(len(lows)):
                first, end = int(before[places[row] + lows[line]]), int(before[places[row] + highs[line]])
                shift = shifts[line] - origins[row]
                for pair in range(first, end):
                    if takes_column[columns[pair]] and costs[keys[pair] + shift] < least:
                        cost = costs[keys[pair] + shift] + ties * tie(row, columns[pair])
                        if cost < least:
                            least, nearest = cost, columns[pair]
        found.row_price[row] = least
        if nearest >= 0 and found.row_of[nearest] < 0:
            found.row_of[nearest], found.column_of[row] = row, nearest


@kernel()
def _shortest_paths(
    pairings: Pairings,
    takes_row: NDArray[np.bool_],
    takes_column: NDArray[np.bool_],
    found: _Assignment,
    start: int,
    stop: int,
) -> None:
    """Assign row by row: each takes the column at the end of the shortest path, whose rows move on by one.

    Lengths are costs less the prices of row and column, which keep them from being negative.
    """
    places, lows, highs, before, columns, origins, keys, shifts, costs, ties = pairings
    column_of, row_price, row_of, column_price, distances, come_from, settled, touched, heap, heap_places = found
    for free in range(start, stop):
        if column_of[free] >= 0 or row_price[free] == np.inf:
            continue
        row, column, size, n_touched, length, most = free, -1, 0, 0, 0.0, np.inf
        while row >= 0:
            for line in range(len(lows)):
                first, end = int(before[places[row] + lows[line]]), int(before[places[row] + highs[line]])
                shift = shifts[line] - origins[row]
                for pair in range(first, end):
                    further = columns[pair]
                    if not takes_column[further] or settled[further]:
                        continue
                    distance = length + costs[keys[pair] + shift] - row_price[row] - column_price[further]
                    if distance >= distances[further] or distance >= most:
                        continue
                    distance += ties * tie(row, further)
                    if distance < distances[further] and distance < most:
                        if distances[further] == np.inf:
                            touched[n_touched] = further
                            n_touched += 1
                        if row_of[further] < 0:  # no way to a farther one can be the shortest
                            most = distance
                        distances[further], come_from[further] = distance, row
                        size = _push(heap, distances, heap_places, size, further)
            column = heap[0]
            size = _pop(heap, distances, heap_places, size)
            length = distances[column]
            settled[column] = True
            row = row_of[column]
        row_price[free] += length
        for i in range(n_touched):
            passed = touched[i]
            if settled[passed] and passed != column:
                row_price[row_of[passed]] += length - distances[passed]
                column_price[passed] -= length - distances[passed]
            settled[passed], distances[passed], heap_places[passed] = False, np.inf, -1
        while row != free:
            row = come_from[column]
            row_of[column] = row
            column_of[row], column = column, column_of[row]


@kernel()
def _push(
    heap: NDArray[np.int64],
    distances: NDArray[np.float64],
    heap_places: NDArray[np.int64],
    size: int,
    column: int,
) -> int:
    """Put a column on the binary heap of `size`, or move it up to its new distance; return the new size."""
    place = heap_places[column]
    if place < 0:
        place, size = size, size + 1
    while place > 0 and distances[heap[(place - 1) // 2]] > distances[column]:
        heap[place] = heap[(place - 1) // 2]
        heap_places[heap[place]] = place
        place = (place - 1) // 2
    heap[place], heap_places[column] = column, place
    return size


@kernel()
def _pop(
    heap: NDArray[np.int64], distances: NDArray[np.float64], heap_places: NDArray[np.int64], size: int
) -> int:
    """Take the nearest column off the binary heap; return the new size."""
    size -= 1
    column, place = heap[size], 0
    while 2 * place + 1 < size:
        below = 2 * place + 1
        if below + 1 < size and distances[heap[below + 1]] < distances[heap[below]]:
            below += 1
        if distances[column] <= distances[heap[below]]:
            break
        heap[place] = heap[below]
        heap_places[heap[place]] = place
        place = below
    heap[place], heap_places[column] = column, place
    return size
