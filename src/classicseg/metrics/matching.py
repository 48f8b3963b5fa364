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
from scipy.sparse.csgraph import breadth_first_order, maximum_bipartite_matching
from scipy.spatial import KDTree

from classicseg._core.kernel import kernel

_TIES, _SEED = 1e-9, 7
"""Of equal distances one is chosen at random, by as much as this: scan order would prefer one side of a line."""


def match_points(first: NDArray[Any], second: NDArray[Any], radius: float) -> NDArray[np.int64]:
    """Of each of the first points, (n, ndim), the number of its partner among the second, at most `radius` away.

    -1 where it has none. No larger pairing exists, and of those as large none has a smaller sum of distances.
    """
    partners = np.full(len(first), -1)
    if not len(first) or not len(second):
        return partners
    pairs = KDTree(first).sparse_distance_matrix(KDTree(second), radius, output_type="ndarray")
    one, other = pairs["i"].astype(np.int64), pairs["j"].astype(np.int64)
    costs = pairs["v"] + _TIES * np.random.default_rng(_SEED).random(len(pairs))
    graph = csr_array((costs, (one, other)), shape=(len(first), len(second)))
    largest = maximum_bipartite_matching(graph, perm_type="column").astype(np.int64)
    crowded, taken = _reached_from_free(one, other, largest, len(second))

    inside = crowded[one] & taken[other]
    of_second = assign(other[inside], one[inside], costs[inside], len(second), len(first))
    partners[of_second[of_second >= 0]] = np.flatnonzero(of_second >= 0)
    outside = ~crowded[one] & ~taken[other]
    of_first = assign(one[outside], other[outside], costs[outside], len(first), len(second))
    return np.where(of_first >= 0, of_first, partners)


def assign(
    rows: NDArray[np.int64], columns: NDArray[np.int64], costs: NDArray[np.float64], n_rows: int, n_columns: int
) -> NDArray[np.int64]:
    """Give each row that has a pair a column of its own, so that the sum of costs is least; -1 for other rows."""
    pairs = csr_array((costs, (rows, columns)), shape=(n_rows, n_columns))
    return _shortest_paths(pairs.indptr.astype(np.int64), pairs.indices.astype(np.int64), pairs.data, n_columns)


def _reached_from_free(
    one: NDArray[np.int64], other: NDArray[np.int64], largest: NDArray[np.int64], n_second: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Mark what unpaired points of the first reach: by any pair to the second, and back to its partner."""
    n_first = len(largest)
    paired = np.flatnonzero(largest >= 0)
    free = np.flatnonzero(largest < 0)
    root = n_first + n_second
    start = np.concatenate([one, n_first + largest[paired], np.full(len(free), root)])
    end = np.concatenate([n_first + other, paired, free])
    ways = csr_array((np.ones(len(start), np.int8), (start, end)), shape=(root + 1, root + 1))
    reached = np.zeros(root + 1, bool)
    reached[breadth_first_order(ways, root, return_predecessors=False)] = True
    return reached[:n_first], reached[n_first:root]


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
