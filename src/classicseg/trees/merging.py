"""Merging in rounds: regions that are each other's best neighbors merge, all at once, until none touch.

No order of the pixels decides, and no queue is kept: in a round every edge of the graph gets its cost, each region
its least one, and an edge that is the least at both of its ends is a merge. A third of the regions or so merge in
one round, so that the rounds together cost little more than the first few. Where a criterion never favors a merged
region over its parts (it is reducible), the tree is that of merging the cheapest edge first.

A round is three kernels that all criteria share (`contraction`, `mutual_best`) and a small one of each criterion.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.kernel import Kernel
from classicseg.trees.contraction import Edges, Nodes, contract_edges, contract_regions
from classicseg.trees.mutual_best import link_best

_ASIDE_FROM = 2**16
"""Edges: fewer are a few milliseconds of work, which Ctrl-C can wait for."""


Result = TypeVar("Result")


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
    price: Kernel[Any, None], measures: Measures, contacts: Contacts, options: NDArray[np.float64], waits: bool
) -> Merges:
    """Merge regions until none touch, by the costs of `prices_by`; `measures` and `contacts` are used up.

    Where a merge `waits`, its cost is the least of the edges of its neighbors, too.
    """
    n, n_edges, n_merges = len(measures.table), len(contacts.ends), 0
    table, n_channels, n_squares, n_outlines = measures
    numbers = np.arange(n, dtype=np.int32)
    nodes = Nodes(table, numbers, numbers.copy(), np.ones(n, np.uint8))
    edges = Edges(*contacts, np.empty(n_edges), np.empty(n_edges, np.int32))
    merges = Merges(np.empty((max(n - 1, 0), 2), np.int32), np.empty(max(n - 1, 0)))
    least, near = np.empty(n), np.empty(n if waits else 0)
    heads, found = np.empty(n, np.int32), np.empty(n, np.int32)
    while True:
        n_edges = _run(contract_edges, n_edges, edges, n_edges, nodes, n, n_outlines, heads, found)
        _run(price, n_edges, table, n_channels, edges, n_edges, options, least, n)
        former = n_merges
        n_merges = _run(link_best, n_edges, edges, n_edges, nodes, n, n_channels, least, near, *merges, former)
        if n_merges == former:
            return Merges(merges.pairs[:n_merges], merges.costs[:n_merges])
        if nodes.marks[:n].max() > 1:
            _put_in_one_order(table, nodes.links[:n])
        n = _run(contract_regions, n_edges, nodes, n, n_channels, n_squares, n_outlines)


def _put_in_one_order(table: NDArray[np.float64], links: NDArray[np.int32]) -> None:
    """Sort the rows of regions of which three or more become one by what they hold, so that what rounding makes of
    their sums does not depend on where they lie."""
    roots = links
    while not np.array_equal(onward := links[roots], roots):
        roots = onward
    joined = np.flatnonzero(np.bincount(roots)[roots] > 2)
    places = joined[np.argsort(roots[joined], kind="stable")]
    order = np.lexsort((*table[joined].T[::-1], roots[joined]))
    table[places] = table[joined[order]]


def _run(part: Kernel[..., Result], n_edges: int, *arguments: Any) -> Result:
    """Run a part of a round, aside if it may take long."""
    return part(*arguments) if n_edges < _ASIDE_FROM else run_interruptible(part, *arguments)


def prices_by(cost: Kernel[Any, float]) -> Kernel[Any, None]:
    """The kernel that finds what edges cost where a kernel says it, from the arguments of `edge_cost`."""
    loops: Callable[..., None] = FunctionType(
        _price.__code__, {**globals(), "edge_cost": cost}, f"price_by_{cost.loops.__name__}"
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
    raise NotImplementedError  # `prices_by` puts a criterion in its place


def _price(
    table: NDArray[np.float64],
    n_channels: int,
    edges: Edges,
    n_edges: int,
    options: NDArray[np.float64],
    least: NDArray[np.float64],
    n: int,
) -> None:
    """Find the costs that are not known, and the least cost at each region."""
    ends, contacts, costs, _ = edges
    for i in range(n):
        least[i] = np.inf
    for e in range(n_edges):
        if ends[e, 0] < 0:
            continue
        a: Any = np.int64(ends[e, 0])
        b: Any = np.int64(ends[e, 1])
        if costs[e] != costs[e]:
            costs[e] = edge_cost(table, n_channels, a, b, contacts, e, options)
        least[a] = min(least[a], costs[e])
        least[b] = min(least[b], costs[e])
