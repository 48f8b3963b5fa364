"""Merging in rounds: regions that are each other's best neighbors merge, all at once, until none touch.

No order of the pixels decides, and no queue is kept: in a round every edge of the graph gets its cost, each region
its least one, and an edge that is the least at both of its ends is a merge. A third of the regions or so merge in
one round, so that the rounds together cost little more than the first few. Where a criterion never favors a merged
region over its parts (it is reducible), the tree is that of merging the cheapest edge first.

Edges of one cost are decided together: regions that several of them link become one in the same round, dark ones
first. So a tie needs no corner that it starts from.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.kernel import Kernel, kernel
from classicseg._core.two_floats import lost
from classicseg.labeling.union_find import root_of

WAITS_FROM = 256
"""Below so many pixels together, two regions wait for nobody: a tree from pixels takes half the time."""


class Measures(NamedTuple):
    """What is known of each region, one row of numbers, and where its columns are.

    A row holds the number of pixels, the sum of each channel, then as wanted: the sum of squared deviations of
    each channel from its mean, the perimeter, the bounding box (the least index of each axis, negative, and one
    past the greatest).
    """

    table: NDArray[np.float64]
    """(n, columns)"""
    n_channels: int
    n_squares: int
    """As many as channels, or 0."""
    n_outlines: int
    """1 for the perimeter and twice the axes for the box, or 0."""


class Contacts(NamedTuple):
    """Which regions touch, and what is known of each contact."""

    ends: NDArray[np.int32]
    """(m, 2), the indices of two regions, the lower one first."""
    table: NDArray[np.float64]
    """(m, 0), (m, 1): what it weighs, or (m, 3): and the sum of the border's strengths, and the rest of that sum
    (`two_floats`)."""


class Merges(NamedTuple):
    """Merges in their order."""

    pairs: NDArray[np.int32]
    """(k, 2), a finest region of the one and one of the other."""
    costs: NDArray[np.float64]
    """(k,)"""


def merge_all(
    rounds: Kernel[Any, int], measures: Measures, contacts: Contacts, options: NDArray[np.float64], waits: bool
) -> Merges:
    """Merge regions until none touch, in rounds of `rounds_by`; `measures` and `contacts` are used up.

    Where a merge `waits`, its cost is the least of the edges of its neighbors, too.
    """
    n = len(measures.table)
    merges = Merges(np.empty((max(n - 1, 0), 2), np.int32), np.empty(max(n - 1, 0)))
    widths = measures.n_channels, measures.n_squares, measures.n_outlines
    n_merges = run_interruptible(
        rounds, measures.table, *widths, int(waits), contacts.ends, contacts.table, options, *merges
    )
    return Merges(merges.pairs[:n_merges], merges.costs[:n_merges])


def rounds_by(cost: Kernel[Any, float]) -> Kernel[Any, int]:
    """The kernel of the rounds in which edges cost what a kernel says, from the arguments of `edge_cost`."""
    loops: Callable[..., int] = FunctionType(
        _rounds.__code__, {**globals(), "edge_cost": cost}, f"rounds_by_{cost.__name__}"
    )
    return Kernel(loops, None)


def edge_cost(
    table: NDArray[np.float64],
    n_channels: int,
    a: int,
    b: int,
    contacts: NDArray[np.float64],
    edge: int,
    options: NDArray[np.float64],
) -> float:
    """What merging regions `a` and `b` costs; the same the other way round, to the bit."""
    raise NotImplementedError  # `rounds_by` puts a criterion in its place


def _rounds(
    table: NDArray[np.float64],
    n_channels: int,
    n_squares: int,
    n_outlines: int,
    waits: int,
    ends: NDArray[np.int32],
    contacts: NDArray[np.float64],
    options: NDArray[np.float64],
    pairs: NDArray[np.int32],
    heights: NDArray[np.float64],
) -> int:
    """Write the merges in order, and return how many there are."""
    n, n_merges = len(table), np.int64(0)
    least, near, costs = np.empty(n), np.empty(n if waits > 0 else 0), np.empty(len(ends))
    links, names = np.arange(n).astype(np.int32), np.arange(n).astype(np.int32)
    heads, marks, is_new = np.empty(n, np.int32), np.empty(n, np.int32), np.ones(n, np.uint8)
    following = np.empty(len(ends), np.int32)
    n_edges = np.int64(len(ends))
    while True:
        n_edges = _rename(ends, contacts, costs, n_edges, links, is_new, table, n_outlines, heads, following, n)
        _join_parallel(ends, contacts, n, heads, following, marks)
        for i in range(n):
            least[i], links[i] = np.inf, i
        for e in range(n_edges):
            if ends[e, 0] < 0:
                continue
            a, b = np.int64(ends[e, 0]), np.int64(ends[e, 1])
            if costs[e] != costs[e]:
                costs[e] = edge_cost(table, n_channels, a, b, contacts, e, options)
            least[a] = min(least[a], costs[e])
            least[b] = min(least[b], costs[e])
        lowest = least
        if waits > 0:
            lowest = near
            _look_around(ends, n_edges, table, least, near, n)
        former = n_merges
        n_merges = _merge_round(
            ends,
            n_edges,
            costs,
            lowest,
            table,
            n_channels,
            links,
            names,
            is_new,
            following,
            pairs,
            heights,
            n_merges,
        )
        if n_merges == former:
            return n_merges
        n = _gather(table, n, n_channels, n_squares, n_outlines, links, names, is_new)


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
def _merge_round(
    ends: NDArray[np.int32],
    n_edges: int,
    costs: NDArray[np.float64],
    lowest: NDArray[np.float64],
    table: NDArray[np.float64],
    n_channels: int,
    links: NDArray[np.int32],
    names: NDArray[np.int32],
    uses: NDArray[np.uint8],
    best: NDArray[np.int32],
    pairs: NDArray[np.int32],
    heights: NDArray[np.float64],
    n_merges: int,
) -> int:
    """Link the regions of each edge that is the cheapest at both ends; return the new number of merges.

    `uses` has room for a number for each region, and `best` for each edge.
    """
    n_best, n_tied = 0, 0
    for e in range(n_edges):
        a, b = np.int64(ends[e, 0]), np.int64(ends[e, 1])
        if a >= 0 and costs[e] == lowest[a] and costs[e] == lowest[b]:
            best[n_best], uses[a], uses[b] = e, 0, 0
            n_best += 1
    for i in range(n_best):
        a, b = np.int64(ends[best[i], 0]), np.int64(ends[best[i], 1])
        uses[a] += np.uint8(uses[a] < 2)
        uses[b] += np.uint8(uses[b] < 2)
    for i in range(n_best):
        e = np.int64(best[i])
        a, b = np.int64(ends[e, 0]), np.int64(ends[e, 1])
        if uses[a] + uses[b] > 2:
            best[n_tied] = e
            n_tied += 1
        else:
            links[b] = a
            pairs[n_merges, 0], pairs[n_merges, 1], heights[n_merges] = names[a], names[b], costs[e]
            n_merges += 1
    if n_tied > 0:
        n_merges = _merge_tied(
            ends, costs, best, n_tied, table, n_channels, links, names, pairs, heights, n_merges
        )
    return n_merges


@kernel()
def _merge_tied(
    ends: NDArray[np.int32],
    costs: NDArray[np.float64],
    tied: NDArray[np.int32],
    n_tied: int,
    table: NDArray[np.float64],
    n_channels: int,
    links: NDArray[np.int32],
    names: NDArray[np.int32],
    pairs: NDArray[np.int32],
    heights: NDArray[np.float64],
    n_merges: int,
) -> int:
    """Link what several edges of one cost link, the darkest first."""
    keys = np.empty(n_tied)
    for i in range(n_tied):
        a, b = np.int64(ends[tied[i], 0]), np.int64(ends[tied[i], 1])
        keys[i] = 0.0
        for c in range(1, n_channels + 1):
            keys[i] += table[a, c] / table[a, 0] + table[b, c] / table[b, 0]
    _sort_by(keys, tied, n_tied)
    for i in range(n_tied):
        e = np.int64(tied[i])
        a, b = np.int64(ends[e, 0]), np.int64(ends[e, 1])
        root_a, root_b = root_of(links, a), root_of(links, b)
        if root_a != root_b:
            links[max(root_a, root_b)] = min(root_a, root_b)
            pairs[n_merges, 0], pairs[n_merges, 1], heights[n_merges] = names[a], names[b], costs[e]
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
            if child + 1 < end and (keys[child], items[child]) < (keys[child + 1], items[child + 1]):
                child += 1
            if (keys[root], items[root]) >= (keys[child], items[child]):
                break
            keys[root], keys[child] = keys[child], keys[root]
            items[root], items[child] = items[child], items[root]
            root = child


@kernel()
def _gather(
    table: NDArray[np.float64],
    n: int,
    n_channels: int,
    n_squares: int,
    n_outlines: int,
    links: NDArray[np.int32],
    names: NDArray[np.int32],
    is_new: NDArray[np.uint8],
) -> int:
    """Add up the rows of linked regions, at the front of the table; links become the new numbers, 0 … n - 1.

    Whether a region is new, made of several, is told by its new number.
    """
    size = 0
    sums, squares = 1 + n_channels, 1 + n_channels + n_squares
    for i in range(n):
        root = np.int64(links[i])
        if root == i:
            for k in range(squares + n_outlines):
                table[size, k] = table[i, k]
            names[size] = names[i]
            links[i] = size
            is_new[size] = 0
            size += 1
            continue
        to = np.int64(links[root])  # an earlier region has its number
        links[i] = to
        is_new[to] = 1
        share = table[to, 0] * table[i, 0] / (table[to, 0] + table[i, 0])
        for k in range(n_squares):
            apart = table[to, 1 + k] / table[to, 0] - table[i, 1 + k] / table[i, 0]
            table[to, sums + k] = (table[to, sums + k] + table[i, sums + k]) + share * (apart * apart)
        for k in range(sums):
            table[to, k] += table[i, k]
        for k in range(n_outlines):
            one, other = table[to, squares + k], table[i, squares + k]
            table[to, squares + k] = one + other if k == 0 else max(one, other)
    return size


@kernel()
def _rename(
    ends: NDArray[np.int32],
    contacts: NDArray[np.float64],
    costs: NDArray[np.float64],
    n_edges: int,
    numbers: NDArray[np.int32],
    is_new: NDArray[np.uint8],
    table: NDArray[np.float64],
    n_outlines: int,
    heads: NDArray[np.int32],
    following: NDArray[np.int32],
    n: int,
) -> int:
    """Give the ends their new numbers; drop edges within a region, which are no part of its perimeter any more.

    The edges of a new region have no cost (NaN) and are listed: `heads` has the last of them, or of those of the
    lower one where both are new, and `following` the next one.
    """
    size, perimeter = 0, table.shape[1] - n_outlines
    for i in range(n):
        heads[i] = -1
    for e in range(n_edges):
        if ends[e, 0] < 0:
            continue
        a, b = np.int64(numbers[ends[e, 0]]), np.int64(numbers[ends[e, 1]])
        if a == b:
            if n_outlines > 0:
                table[a, perimeter] -= 2 * contacts[e, 0]
            continue
        low, high = min(a, b), max(a, b)
        ends[size, 0], ends[size, 1], costs[size] = low, high, costs[e]
        for k in range(contacts.shape[1]):
            contacts[size, k] = contacts[e, k]
        if is_new[low] + is_new[high] > 0:
            region = low if is_new[low] > 0 else high
            following[size], heads[region], costs[size] = heads[region], size, np.nan
        size += 1
    return size


@kernel()
def _join_parallel(
    ends: NDArray[np.int32],
    contacts: NDArray[np.float64],
    n: int,
    heads: NDArray[np.int32],
    following: NDArray[np.int32],
    marks: NDArray[np.int32],
) -> None:
    """Join the listed edges of the same two regions: what an edge knows goes to another, and its lower end is
    -1."""
    for i in range(n):
        marks[i] = -1  # for each neighbor of a region, the edge to it
    for region in range(n):
        e = np.int64(heads[region])
        while e >= 0:
            other = np.int64(ends[e, 0]) + ends[e, 1] - region
            edge = np.int64(marks[other])
            if edge >= 0 and (ends[edge, 0] == region or ends[edge, 1] == region):
                _add_contact(contacts, edge, e)
                ends[e, 0] = -1
            else:
                marks[other] = e
            e = np.int64(following[e])


@kernel()
def _add_contact(contacts: NDArray[np.float64], edge: Any, other: Any) -> None:
    """Add what is known of one contact to another; what rounding takes from the strengths goes to their rests."""
    if contacts.shape[1] > 0:
        contacts[edge, 0] += contacts[other, 0]
    if contacts.shape[1] > 2:
        total, value = contacts[edge, 1], contacts[other, 1]
        contacts[edge, 1] = total + value
        contacts[edge, 2] += contacts[other, 2] + lost(total, value, total + value)
