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

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import KDTree

from classicseg._core.kernel import kernel

_TIES, _SEED = 1e-9, 6
"""Of equal distances one is chosen at random, by as much as this: scan order would prefer one side of a line."""


def match_points(first: NDArray[Any], second: NDArray[Any], radius: float) -> NDArray[np.int64]:
    """Of each of the first points, (n, ndim), the number of its partner among the second, at most `radius` away.

    -1 where it has none. No larger pairing exists, and of those as large none has a smaller sum of distances.
    """
    partners = np.full(len(first), -1)
    if not len(first) or not len(second):
        return partners
    trees = (KDTree(points, compact_nodes=False, balanced_tree=False) for points in (first, second))
    pairs = next(trees).sparse_distance_matrix(next(trees), radius, output_type="ndarray")
    pairs = pairs[np.lexsort((pairs["j"], pairs["i"]))]
    one, other = pairs["i"].astype(np.int64), pairs["j"].astype(np.int64)
    costs = pairs["v"] + _TIES * np.random.default_rng(_SEED).random(len(pairs))
    largest, crowded = largest_matching(one, other, len(first), len(second))
    taken = np.zeros(len(second), bool)
    taken[largest[crowded & (largest >= 0)]] = True

    inside = crowded[one] & taken[other]
    of_second = assign(other[inside], one[inside], costs[inside], len(second), len(first))
    partners[of_second[of_second >= 0]] = np.flatnonzero(of_second >= 0)
    outside = ~crowded[one] & ~taken[other]
    of_first = assign(one[outside], other[outside], costs[outside], len(first), len(second))
    return np.where(of_first >= 0, of_first, partners)


def largest_matching(
    rows: NDArray[np.int64], columns: NDArray[np.int64], n_rows: int, n_columns: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Pair as many rows with a column of their own as can be: the column of each row or -1, and the crowded rows.

    Crowded are rows without a column, and those whose columns a crowded row might have, too.
    """
    pairs = csr_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(n_rows, n_columns))
    return _largest(pairs.indptr.astype(np.int64), pairs.indices.astype(np.int64), n_columns)


def assign(
    rows: NDArray[np.int64], columns: NDArray[np.int64], costs: NDArray[np.float64], n_rows: int, n_columns: int
) -> NDArray[np.int64]:
    """Give each row that has a pair a column of its own, so that the sum of costs is least; -1 for other rows."""
    pairs = csr_array((costs, (rows, columns)), shape=(n_rows, n_columns))
    return _shortest_paths(pairs.indptr.astype(np.int64), pairs.indices.astype(np.int64), pairs.data, n_columns)


@kernel()
def _largest(
    starts: NDArray[np.int64], columns: NDArray[np.int64], n_columns: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The algorithm of Hopcroft and Karp.

    Twenty times as fast here as SciPy's, which does not begin with columns that nobody has.
    """
    n_rows = len(starts) - 1
    column_of, row_of = np.full(n_rows, -1, np.int64), np.full(n_columns, -1, np.int64)
    for row in range(n_rows):
        for pair in range(starts[row], starts[row + 1]):
            if row_of[columns[pair]] < 0:
                row_of[columns[pair]], column_of[row] = row, columns[pair]
                break
    levels, queue = np.empty(n_rows, np.int64), np.empty(n_rows, np.int64)
    following, way = np.empty(n_rows, np.int64), np.empty(n_rows, np.int64)
    while True:
        n_queued, can_grow = 0, False
        for row in range(n_rows):
            levels[row], following[row] = -1, starts[row]
            if column_of[row] < 0:
                levels[row], queue[n_queued] = 0, row
                n_queued += 1
        done = 0
        while done < n_queued:
            row = queue[done]
            done += 1
            for pair in range(starts[row], starts[row + 1]):
                other = row_of[columns[pair]]
                if other < 0:
                    can_grow = True
                elif levels[other] < 0:
                    levels[other], queue[n_queued] = levels[row] + 1, other
                    n_queued += 1
        if not can_grow:
            return column_of, levels >= 0
        for free in range(n_rows):
            depth = 0 if column_of[free] < 0 else -1
            way[0] = free
            while depth >= 0:
                row = way[depth]
                if following[row] == starts[row + 1]:
                    depth -= 1
                    if depth >= 0:
                        following[way[depth]] += 1
                    continue
                other = row_of[columns[following[row]]]
                if other < 0:
                    for step in range(depth + 1):
                        mover = way[step]
                        column_of[mover] = columns[following[mover]]
                        row_of[column_of[mover]] = mover
                    for step in range(depth + 1):
                        following[way[step]] = starts[way[step] + 1]  # a row is on one way only
                    depth = -1
                elif levels[other] == levels[row] + 1:
                    depth += 1
                    way[depth] = other
                else:
                    following[row] += 1


@kernel()
def _shortest_paths(
    starts: NDArray[np.int64], columns: NDArray[np.int64], costs: NDArray[np.float64], n_columns: int
) -> NDArray[np.int64]:
    """Assign row by row: each takes the column at the end of the shortest path, whose rows move on by one.

    Lengths are costs less the prices of row and column, which keep them from being negative.
    """
    n_rows = len(starts) - 1
    column_of, row_of = np.full(n_rows, -1, np.int64), np.full(n_columns, -1, np.int64)
    row_price, column_price = np.zeros(n_rows), np.zeros(n_columns)
    distances, before = np.full(n_columns, np.inf), np.empty(n_columns, np.int64)
    settled, touched = np.zeros(n_columns, np.bool_), np.empty(n_columns, np.int64)
    keys, waiting = np.empty(len(columns)), np.empty(len(columns), np.int64)
    for row in range(n_rows):
        if starts[row] < starts[row + 1]:
            nearest = starts[row]
            for pair in range(starts[row] + 1, starts[row + 1]):
                if costs[pair] < costs[nearest]:
                    nearest = pair
            row_price[row] = costs[nearest]
            if row_of[columns[nearest]] < 0:
                row_of[columns[nearest]], column_of[row] = row, columns[nearest]
    for free in range(n_rows):
        if column_of[free] >= 0 or starts[free] == starts[free + 1]:
            continue
        row, column, size, n_touched, length = free, -1, 0, 0, 0.0
        while row >= 0:
            for pair in range(starts[row], starts[row + 1]):
                further = columns[pair]
                distance = length + costs[pair] - row_price[row] - column_price[further]
                if distance < distances[further] and not settled[further]:
                    if distances[further] == np.inf:
                        touched[n_touched] = further
                        n_touched += 1
                    distances[further], before[further] = distance, row
                    size = _push(keys, waiting, size, distance, further)
            column = waiting[0]
            while settled[column]:
                size = _pop(keys, waiting, size)
                column = waiting[0]
            length = keys[0]
            size = _pop(keys, waiting, size)
            settled[column] = True
            row = row_of[column]
        row_price[free] += length
        for i in range(n_touched):
            passed = touched[i]
            if settled[passed] and passed != column:
                row_price[row_of[passed]] += length - distances[passed]
                column_price[passed] -= length - distances[passed]
            settled[passed], distances[passed] = False, np.inf
        while row != free:
            row = before[column]
            row_of[column] = row
            column_of[row], column = column, column_of[row]
    return column_of


@kernel()
def _push(keys: NDArray[np.float64], items: NDArray[np.int64], size: int, key: float, item: int) -> int:
    """Put an item on the binary heap of `size`; return the new size."""
    place = size
    while place > 0 and keys[(place - 1) // 2] > key:
        keys[place], items[place] = keys[(place - 1) // 2], items[(place - 1) // 2]
        place = (place - 1) // 2
    keys[place], items[place] = key, item
    return size + 1


@kernel()
def _pop(keys: NDArray[np.float64], items: NDArray[np.int64], size: int) -> int:
    """Take the item of the least key off the binary heap; return the new size."""
    size -= 1
    key, item, place = keys[size], items[size], 0
    while 2 * place + 1 < size:
        below = 2 * place + 1
        if below + 1 < size and keys[below + 1] < keys[below]:
            below += 1
        if key <= keys[below]:
            break
        keys[place], items[place] = keys[below], items[below]
        place = below
    keys[place], items[place] = key, item
    return size
