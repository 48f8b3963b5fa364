"""Merges looked at again, as a whole: what two regions are when they meet, and what lies between them then.

Arcs are scored while regions are small. Where a tree of all merges is known, each node has two children that have
grown, and one long arc between them: the sum of all arcs whose ends are one from there on. A last forest says of
each merge how many people would see two things there, and its answers become the heights of the tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg.trees.arcs.arcs import SCORE_STEPS, Arcs
from classicseg.trees.arcs.features import LATER_FEATURES, features_of
from classicseg.trees.leaf_order import leaf_order
from classicseg.trees.merging import Merges
from classicseg.trees.region_tree import region_tree

_AMONG_OTHERS = ("outline", "share", "rest", "weakest", "strongest")
"""What features of arcs end with that are of other arcs of the regions: a merge has one alone."""

_OF_ARCS = tuple(k for k, name in enumerate(LATER_FEATURES) if not name.endswith(_AMONG_OTHERS))

MERGE_FEATURES = (
    *(LATER_FEATURES[k] for k in _OF_ARCS),
    *("height", "lesser height within", "greater height within", "height above", "rise", "rise above"),
    *(
        f"{which} {name}"
        for name in ("outline", "slenderness", "part of all", "share")
        for which in ("lesser", "greater")
    ),
    *("part of all", "mean score of all", "tenth height", "thirtieth height"),
)
"""What the forest is asked of."""

_ABOVE_ALL = 1.5
"""The height above a root."""


class MergeTree(NamedTuple):
    """All merges of regions, from low to high."""

    children: NDArray[np.int64]
    """(k, 2), the nodes that each merge joins: n regions come first, then the merges."""
    parents: NDArray[np.int32]
    """(n + k,), as in a `RegionTree`."""
    heights: NDArray[np.float64]
    """(n + k,)"""
    firsts: NDArray[np.int32]
    """(n + k,), a region of each node."""


class _Row(NamedTuple):
    """Regions in a row, in which nodes are intervals."""

    starts: NDArray[np.int32]
    stops: NDArray[np.int32]
    regions: NDArray[np.int64]
    """(n,), the region at each place."""
    gaps: NDArray[np.float64]
    """(n,), the node in which the regions at a place and the next are one."""


def merge_tree_of(n_regions: int, merges: Merges) -> MergeTree:
    """Put merges of regions in their order."""
    regions = np.arange(1, n_regions + 1, dtype=np.int32)
    tree = region_tree(regions, np.ones(n_regions), merges.pairs, merges.costs)
    inner = np.flatnonzero(tree.parents != np.arange(len(tree.parents)))
    children = inner[np.argsort(tree.parents[inner], kind="stable")].reshape(-1, 2)
    order = leaf_order(tree.parents, tree.heights, n_regions)
    firsts = np.argsort(order.starts[:n_regions], kind="stable").astype(np.int32)[order.starts]
    return MergeTree(children, tree.parents, tree.heights, firsts)


def merge_features(arcs: Arcs, scores: NDArray[np.float64], tree: MergeTree) -> NDArray[np.float32]:
    """The features of each merge, (n_features, k)."""
    row = _row_of(tree, len(arcs.regions))
    whole = _arcs_of_merges(arcs, np.rint(scores * SCORE_STEPS).astype(np.int64), tree, row)
    found = np.empty((len(MERGE_FEATURES), len(tree.children)), np.float32)
    found[: len(_OF_ARCS)] = features_of(whole)[list(_OF_ARCS)]
    for own, column in zip(found[len(_OF_ARCS) :], _of_tree(arcs, whole, scores, tree, row), strict=True):
        own[:] = column
    return found


def sums_of_nodes(values: NDArray[np.int64], tree: MergeTree) -> NDArray[np.int64]:
    """The sums over the regions of each node of what they have, (n, columns)."""
    return _in_nodes(values, _row_of(tree, len(values)))


def _row_of(tree: MergeTree, n: int) -> _Row:
    order = leaf_order(tree.parents, np.arange(len(tree.parents), dtype=np.float64), n)
    regions = np.argsort(order.starts[:n], kind="stable")
    return _Row(order.starts, order.stops, regions, order.gaps.astype(np.float64))


def _arcs_of_merges(arcs: Arcs, scores: NDArray[np.int64], tree: MergeTree, row: _Row) -> Arcs:
    """One arc for each merge, between nodes: the sum of those whose ends become one there."""
    n, k = len(arcs.regions), len(tree.children)
    places = row.starts[arcs.ends].astype(np.int64)
    merges = _highest_between(row.gaps, places.min(axis=1), places.max(axis=1)).astype(np.int64) - n
    order = np.argsort(merges, kind="stable")
    firsts = np.searchsorted(merges[order], np.arange(k))
    is_turned = row.starts[tree.children[:, 0]] > row.starts[tree.children[:, 1]]
    turned = ((places[:, 0] > places[:, 1]) ^ is_turned[merges])[order].astype(np.int64)

    def added(values: NDArray[Any], add: np.ufunc = np.add) -> NDArray[np.int64]:
        return add.reduceat(values[order].astype(np.int64), firsts, axis=0) if k else values[:0].astype(np.int64)

    strips = np.empty((k, *arcs.strips.shape[1:]), np.int64)
    for side in range(2):
        own = arcs.strips[order, side ^ turned].astype(np.int64)
        strips[:, side] = np.add.reduceat(own, firsts, axis=0) if k else own[:0]
    lengths = added(arcs.lengths)
    ways = added(scores * arcs.lengths), added(scores, np.minimum), added(scores, np.maximum)
    return Arcs(
        tree.children.astype(np.int32),
        lengths,
        added(arcs.places),
        added(arcs.gradients),
        added(arcs.strengths),
        strips,
        _in_nodes(arcs.regions, row),
        np.stack(ways, axis=1),
    )


def _in_nodes(values: NDArray[np.int64], row: _Row) -> NDArray[np.int64]:
    """The sums of what regions have over those of each node."""
    sums = np.concatenate([np.zeros_like(values[:1]), np.cumsum(values[row.regions], axis=0)])
    return sums[row.stops] - sums[row.starts]


def _highest_between(
    gaps: NDArray[np.float64], low: NDArray[np.int64], high: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The highest gap between places, low below high."""
    found, sizes, level, step = np.zeros(len(low)), np.frexp(high - low)[1] - 1, gaps, 1
    for size in range(int(sizes.max(initial=-1)) + 1):
        own = sizes == size
        found[own] = np.maximum(level[low[own]], level[high[own] - step])
        level, step = np.maximum(level[:-step], level[step:]), 2 * step
    return found


def _of_tree(
    arcs: Arcs, whole: Arcs, scores: NDArray[np.float64], tree: MergeTree, row: _Row
) -> Iterator[NDArray[Any] | float]:
    """Where a merge is among the others, and how large its regions are beside the image and their arc."""
    n, both = len(arcs.regions), tree.children.T
    heights = tree.heights[n:]
    within = [tree.heights[child] for child in both]
    above = np.where(tree.parents == np.arange(len(tree.parents)), _ABOVE_ALL, tree.heights[tree.parents])[n:]
    yield from (heights, np.minimum(*within), np.maximum(*within), above)
    yield from (heights - np.maximum(*within), above - heights)
    areas, outlines = whole.regions[:, 0].astype(np.float64), _outlines(arcs, whole, row)
    parts = areas / max(float(arcs.regions[:, 0].sum()), 1.0)
    for values in (outlines, outlines / np.sqrt(areas), parts):
        yield from (of(values[both[0]], values[both[1]]) for of in (np.minimum, np.maximum))
    shares = [whole.lengths / outlines[child] for child in both]
    yield from (np.minimum(*shares), np.maximum(*shares), parts[n:])
    whole_scores = np.rint(scores * SCORE_STEPS).astype(np.int64)
    total = int((whole_scores * arcs.lengths).sum()) / (SCORE_STEPS * max(int(arcs.lengths.sum()), 1))
    yield from (total, *(float(heights[-count:].min(initial=1.0)) for count in (10, 30)))


def _outlines(arcs: Arcs, whole: Arcs, row: _Row) -> NDArray[np.float64]:
    """How long the outline of each node is, but for the image's border: its regions' without the arcs inside."""
    n = len(arcs.regions)
    single = sum(np.bincount(side, arcs.lengths, n) for side in arcs.ends.T) + np.zeros(n)
    inside = np.zeros(n, np.int64)
    known = np.isfinite(row.gaps)
    inside[known] = whole.lengths[row.gaps[known].astype(np.int64) - n]
    sums = np.concatenate([[0], np.cumsum(inside)])
    return _in_nodes(single.astype(np.int64), row) - 2.0 * (sums[row.stops - 1] - sums[row.starts])
