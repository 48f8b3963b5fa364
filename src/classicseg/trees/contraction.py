"""Contraction of a graph of regions: linked regions become one, and so do the edges that come to lie between the
same two."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg._core.two_floats import lost


class Nodes(NamedTuple):
    """The regions that are left; arrays as long as there were regions at first."""

    table: NDArray[np.float64]
    """What is known of each (`merging.Measures`)."""
    links: NDArray[np.int32]
    """The region that each becomes one with in this round, itself or an earlier one; after `contract_regions` the
    new number of each."""
    names: NDArray[np.int32]
    """A finest region of each."""
    marks: NDArray[np.uint8]
    """After `contract_regions`: 1 for those made of several."""


class Edges(NamedTuple):
    """The edges that are left; arrays as long as there were contacts at first."""

    ends: NDArray[np.int32]
    """The numbers of the two regions, the lower one first; (-1, …) for an edge that has been joined to another."""
    contacts: NDArray[np.float64]
    """What is known of each (`merging.Contacts`)."""
    costs: NDArray[np.float64]
    """NaN where the cost is yet to be computed."""
    items: NDArray[np.int32]
    """Room for an edge's number each."""


@kernel()
def contract_regions(nodes: Nodes, n: int, n_channels: int, n_squares: int, n_outlines: int) -> int:
    """Add up the rows of linked regions, at the front of the table; links become the new numbers, 0 … n - 1."""
    table, links, names, is_new = nodes
    size: Any = np.int64(0)
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
def contract_edges(
    edges: Edges,
    n_edges: int,
    nodes: Nodes,
    n: int,
    n_outlines: int,
    heads: NDArray[np.int32],
    found: NDArray[np.int32],
) -> int:
    """Give the ends their new numbers, and join the edges between the same two regions; return how many edges are
    left, with those whose lower end is -1.

    `heads` and `found` have room for a number for each region.
    """
    ends, contacts, costs, following = edges
    for i in range(n):
        heads[i] = found[i] = -1
    size = _rename(ends, contacts, costs, n_edges, nodes, n_outlines, heads, following)
    _join_parallel(ends, contacts, n, heads, following, found)
    return size


@kernel()
def _rename(
    ends: NDArray[np.int32],
    contacts: NDArray[np.float64],
    costs: NDArray[np.float64],
    n_edges: int,
    nodes: Nodes,
    n_outlines: int,
    heads: NDArray[np.int32],
    following: NDArray[np.int32],
) -> int:
    """Give the ends their new numbers; drop edges within a region, which are no part of its perimeter any more.

    The edges of a new region have no cost (NaN) and are listed: `heads` has the last of them, or of those of the
    lower one where both are new, and `following` the next one.
    """
    table, numbers, _, is_new = nodes
    size: Any = np.int64(0)
    perimeter = table.shape[1] - n_outlines
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
    found: NDArray[np.int32],
) -> None:
    """Join the listed edges of the same two regions: what an edge knows goes to another, and its lower end is
    -1.

    `found` has the edge to each neighbor of a region.
    """
    for region in range(n):
        e = np.int64(heads[region])
        while e >= 0:
            other = np.int64(ends[e, 0]) + ends[e, 1] - region
            edge = np.int64(found[other])
            if edge >= 0 and (ends[edge, 0] == region or ends[edge, 1] == region):
                _add_contact(contacts, edge, e)
                ends[e, 0] = -1
            else:
                found[other] = e
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
