"""The assignment problem on a sparse bipartite graph, by shortest augmenting paths.

.. [1] Jonker R., Volgenant A. A shortest augmenting path algorithm for dense and sparse linear assignment
   problems. Computing 38, 1987.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.metrics.pairings import Pairings, mean_degree, pairings_of, tie


def assign(
    rows: NDArray[np.int64], columns: NDArray[np.int64], costs: NDArray[np.float64], n_rows: int, n_columns: int
) -> NDArray[np.int64]:
    """Give each row that has a pair a column of its own, at the least sum of costs; -1 for other rows."""
    pairings = pairings_of(rows, columns, costs, n_rows, n_columns)
    return assign_some(pairings, np.ones(n_rows, bool), np.ones(n_columns, bool))


class _Assignment(NamedTuple):
    """The state of the assignment, as kernels take it."""

    column_of: NDArray[np.int64]
    row_price: NDArray[np.float64]
    row_of: NDArray[np.int64]
    column_price: NDArray[np.float64]
    distances: NDArray[np.float64]
    """The length of the shortest path to each column from the row that looks for one; infinite if not reached."""
    come_from: NDArray[np.int64]
    """The row before each column on that path."""
    settled: NDArray[np.bool_]
    """Whether the path to a column is known to be the shortest."""
    touched: NDArray[np.int64]
    """The columns that were reached, which are reset afterwards."""
    heap: NDArray[np.int64]
    """The columns that are reached and not settled, a binary heap by distance."""
    heap_places: NDArray[np.int64]
    """The index of a column in the heap, -1 if it is not there."""


def assign_some(
    pairings: Pairings, takes_row: NDArray[np.bool_], takes_column: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Give each of some rows that has a pair one of some columns, at the least sum of costs.

    There must be a matching that holds all of these rows.
    """
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
    """Give each row its column of least cost if that is free; rows without a pair have an infinite price."""
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
                        size = _push(found, size, further)
            column = heap[0]
            size = _pop(found, size)
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
def _push(found: _Assignment, size: int, column: int) -> int:
    """Put a column on the heap of `size`, or move it up to its new distance; return the new size."""
    heap, distances, heap_places = found.heap, found.distances, found.heap_places
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
def _pop(found: _Assignment, size: int) -> int:
    """Take the nearest column off the heap; return the new size."""
    heap, distances, heap_places = found.heap, found.distances, found.heap_places
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
