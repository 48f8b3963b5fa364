"""Maximum matching of a bipartite graph: as many rows as can be are paired with a column of their own.

.. [1] Hopcroft J. E., Karp R. M. An n^(5/2) algorithm for maximum matchings in bipartite graphs. SIAM Journal on
   Computing 2(4), 1973.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.metrics.pairings import Pairings, mean_degree, pairings_of

_STEPS = 2**18
"""Pairs that are looked at between two chances for Ctrl-C."""

_N_QUEUED, _N_DONE, _CAN_GROW = 0, 1, 2
"""Indices of `_Search.state`."""


def largest_matching(
    rows: NDArray[np.int64], columns: NDArray[np.int64], n_rows: int, n_columns: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """A maximum matching of pairs that are given one by one, as `hopcroft_karp` returns it."""
    return hopcroft_karp(pairings_of(rows, columns, np.ones(len(rows)), n_rows, n_columns), n_columns)


class _Search(NamedTuple):
    """The state of the algorithm of Hopcroft and Karp, as kernels take it."""

    column_of: NDArray[np.int64]
    row_of: NDArray[np.int64]
    levels: NDArray[np.int64]
    """The rows on the shortest alternating path from a row without a column, less one; -1 where there is none."""
    queue: NDArray[np.int64]
    """Rows in breadth-first order."""
    lines: NDArray[np.int64]
    """The range of each row's pairs that the depth-first search has come to, …"""
    pairs: NDArray[np.int64]
    """… and the pair."""
    way: NDArray[np.int64]
    """The rows on the path of the depth-first search."""
    state: NDArray[np.int64]
    """(3,): rows in the queue, rows done, and whether a path ends at a free column."""


def hopcroft_karp(pairings: Pairings, n_columns: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Pair as many rows with a column of their own as can be: the column of each row or -1, and the crowded rows.

    Crowded are the rows that an alternating path joins to a row without a column. Twenty times as fast here as
    SciPy's algorithm, which does not begin with free columns.
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
        while search.state[_N_DONE] < search.state[_N_QUEUED]:
            _explore(pairings, search, _STEPS)
        if not search.state[_CAN_GROW]:
            return search.column_of, search.levels >= 0
        run_bands(_augment, n_rows, degree, pairings, search, sequential=True)


@kernel()
def _take_free(pairings: Pairings, search: _Search, start: int, stop: int) -> None:
    """Give each row the first column that is free."""
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
    """Find the lengths of shortest alternating paths, breadth first, for about `n_steps` pairs."""
    places, lows, highs, before, columns = pairings[:5]
    row_of, levels, queue, state = search.row_of, search.levels, search.queue, search.state
    done, n_queued = state[_N_DONE], state[_N_QUEUED]
    while done < n_queued and n_steps > 0:
        row = queue[done]
        done += 1
        for line in range(len(lows)):
            first, end = int(before[places[row] + lows[line]]), int(before[places[row] + highs[line]])
            n_steps -= 1 + end - first
            for pair in range(first, end):
                other = row_of[columns[pair]]
                if other < 0:
                    state[_CAN_GROW] = 1
                elif levels[other] < 0:
                    levels[other], queue[n_queued] = levels[row] + 1, other
                    n_queued += 1
    state[_N_DONE], state[_N_QUEUED] = done, n_queued


@kernel()
def _augment(pairings: Pairings, search: _Search, start: int, stop: int) -> None:
    """Follow shortest paths, depth first, from free rows to free columns; each row on a path moves on by one."""
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
