"""What merges in a round: the edges that are the cheapest at both of their ends.

Edges of one cost are decided together: regions that several of them link become one, dark ones first. So a tie
needs no corner that it starts from.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg.labeling.union_find import root_of
from classicseg.trees.contraction import Edges, Nodes

WAITS_FROM = 256
"""Below so many pixels together, two regions wait for nobody: a tree from pixels takes half the time."""


@kernel()
def link_best(
    edges: Edges,
    n_edges: int,
    nodes: Nodes,
    n: int,
    n_channels: int,
    least: NDArray[np.float64],
    near: NDArray[np.float64],
    pairs: NDArray[np.int32],
    heights: NDArray[np.float64],
    n_merges: int,
) -> int:
    """Link the regions of each edge that is the cheapest at both ends; return the new number of merges.

    `least` is the cost of the cheapest edge at each region; where merges wait, `near` has room for as many.
    """
    ends, _, costs, best = edges
    _, links, names, uses = nodes
    lowest = least
    if len(near) > 0:
        lowest = near
        _look_around(ends, n_edges, nodes.table, least, near, n)
    n_best: Any = np.int64(0)  # as a literal it would be compiled for once more
    n_tied: Any = np.int64(0)
    for i in range(n):
        links[i], uses[i] = i, 0
    for e in range(n_edges):
        a, b = np.int64(ends[e, 0]), np.int64(ends[e, 1])
        if a >= 0 and costs[e] == lowest[a] and costs[e] == lowest[b]:
            best[n_best] = e
            n_best += 1
            uses[a] += np.uint8(uses[a] < 2)
            uses[b] += np.uint8(uses[b] < 2)
    for i in range(n_best):
        edge: Any = np.int64(best[i])
        a, b = np.int64(ends[edge, 0]), np.int64(ends[edge, 1])
        if uses[a] + uses[b] > 2:
            best[n_tied] = edge
            n_tied += 1
        else:
            links[b] = a
            pairs[n_merges, 0], pairs[n_merges, 1], heights[n_merges] = names[a], names[b], costs[edge]
            n_merges += 1
    if n_tied > 0:
        n_merges = _link_tied(edges, n_tied, nodes, n_channels, pairs, heights, n_merges)
    return n_merges


@kernel()
def _look_around(
    ends: NDArray[np.int32],
    n_edges: int,
    table: NDArray[np.float64],
    least: NDArray[np.float64],
    near: NDArray[np.float64],
    n: int,
) -> None:
    """The least cost at each region and, beside those that are large enough to wait, at its neighbors."""
    for i in range(n):
        near[i] = least[i]
    for e in range(n_edges):
        a, b = np.int64(ends[e, 0]), np.int64(ends[e, 1])
        if a >= 0 and table[a, 0] + table[b, 0] >= WAITS_FROM:
            near[a] = min(near[a], least[b])
            near[b] = min(near[b], least[a])


@kernel()
def _link_tied(
    edges: Edges,
    n_tied: int,
    nodes: Nodes,
    n_channels: int,
    pairs: NDArray[np.int32],
    heights: NDArray[np.float64],
    n_merges: int,
) -> int:
    """Link what several edges of one cost link, the darkest first."""
    ends, _, costs, tied = edges
    table, links, names, _ = nodes
    keys = np.empty(n_tied)
    for i in range(n_tied):
        a, b = np.int64(ends[tied[i], 0]), np.int64(ends[tied[i], 1])
        key = 0.0
        for c in range(1, n_channels + 1):
            key += table[a, c] / table[a, 0] + table[b, c] / table[b, 0]
        keys[i] = key
    _sort_by(keys, tied, n_tied)
    for i in range(n_tied):
        e: Any = np.int64(tied[i])
        one: Any = np.int64(ends[e, 0])
        other: Any = np.int64(ends[e, 1])
        root_a, root_b = root_of(links, one), root_of(links, other)
        if root_a != root_b:
            links[max(root_a, root_b)] = min(root_a, root_b)
            pairs[n_merges, 0], pairs[n_merges, 1], heights[n_merges] = names[one], names[other], costs[e]
            n_merges += 1
    return n_merges


@kernel()
def _sort_by(keys: NDArray[np.float64], items: NDArray[np.int32], size: int) -> None:
    """Sort both by (key, item) where they lie (heapsort)."""
    start, end = size // 2, size
    while end > 1:
        if start > 0:
            start -= 1
        else:
            end -= 1
            keys[0], keys[end] = keys[end], keys[0]
            items[0], items[end] = items[end], items[0]
        root = start
        while 2 * root + 1 < end:
            child = 2 * root + 1
            if child + 1 < end and _is_before(keys, items, child, child + 1):
                child += 1
            if not _is_before(keys, items, root, child):
                break
            keys[root], keys[child] = keys[child], keys[root]
            items[root], items[child] = items[child], items[root]
            root = child


@kernel()
def _is_before(keys: NDArray[np.float64], items: NDArray[np.int32], one: int, other: int) -> bool:
    """Whether one place holds less than another."""
    return keys[one] < keys[other] or (keys[one] == keys[other] and items[one] < items[other])
