"""Small pieces of a cut, and the region that each of them joins.

A piece that is smaller than the least area, while what it merges into is not, joins over its lowest pass: a region
on the other side of its merge that it touches. The choice is made among the finest regions, so that it is the same
for all cuts, and these stay nested.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.grid import neighbor_offsets, pad
from classicseg._core.kernel import kernel
from classicseg.trees.checked_tree import CheckedTree, check_areas
from classicseg.trees.leaf_order import LeafOrder, leaf_order
from classicseg.types import RegionTree


class SmallPieces(NamedTuple):
    """What is small in a tree, and what it joins."""

    n_small: NDArray[np.uint8]
    """(n_nodes,), the number of a node's children that are small: 0, 1 or 2."""
    targets: NDArray[np.int32]
    """(n_nodes,), the finest region that a small piece joins where its merge is undone; -1 for what is not small,
    or merges into what is small, too, or with another small piece."""


class _Candidates(NamedTuple):
    """The finest regions of the tree, which one of them a small piece joins."""

    merge_heights: NDArray[np.float64]
    """(n,), the lowest one is chosen, …"""
    areas: NDArray[np.float64]
    """(n,), … then the largest, then the first."""
    chosen: NDArray[np.int32]
    """(n_nodes,), of each small piece; -1: none yet."""


def small_pieces(checked: CheckedTree, fine: RegionTree, min_area: float) -> SmallPieces:
    """Find the small pieces of `fine`, a tree over the regions of a cut, and the regions that they join."""
    check_areas(checked.tree.areas, checked.tree.parents)
    n_regions, n_nodes = int(fine.regions.max()), len(fine.parents)
    n_small, pieces = np.zeros(n_nodes, np.uint8), np.full(n_nodes, -1, np.int32)
    run_interruptible(_mark_small, fine.parents, fine.areas, min_area, n_small, pieces)
    targets, wanted = np.full(n_nodes, -1, np.int32), np.flatnonzero(pieces == np.arange(n_nodes))
    if not len(wanted):
        return SmallPieces(n_small, targets)
    tree, n_finest = checked.tree, checked.n_regions
    heights = tree.heights[tree.parents[:n_finest]]
    candidates = _Candidates(heights, tree.areas[:n_finest], np.full(n_nodes, -1, np.int32))
    row, shape = leaf_order(fine.parents, fine.heights, n_regions), fine.regions.shape
    finest, regions = (pad(labels, len(shape)).reshape(-1) for labels in (tree.regions, fine.regions))
    before = np.empty(0, np.int64)
    for connectivity in range(1, len(shape) + 1):
        offsets = neighbor_offsets(shape, connectivity)
        new = np.setdiff1d(offsets, before)
        run_interruptible(_choose, finest, regions, new, fine.parents, pieces, row, candidates, targets)
        before, pieces = offsets, np.where(targets[pieces] < 0, pieces, np.int32(-1))
        if (targets[wanted] >= 0).all():
            break
    for piece in wanted[targets[wanted] < 0]:  # of a tree in which what merges need not touch
        targets[piece] = _first_beside(piece, fine.parents[piece], row, n_regions)
    return SmallPieces(n_small, targets)


def _first_beside(piece: int, parent: int, row: LeafOrder, n_regions: int) -> int:
    """The first region on the other side of a piece's merge."""
    places = row.starts[:n_regions]
    inside = (places >= row.starts[parent]) & (places < row.stops[parent])
    return int(np.flatnonzero(inside & ~((places >= row.starts[piece]) & (places < row.stops[piece])))[0])


@kernel()
def _mark_small(
    parents: NDArray[np.int32],
    areas: NDArray[np.float64],
    min_area: float,
    n_small: NDArray[np.uint8],
    pieces: NDArray[np.int32],
) -> None:
    """Count small children, and tell each node which small piece that has to join others it is in; -1: none."""
    for node in range(len(parents)):
        if areas[node] < min_area and parents[node] != node:
            n_small[parents[node]] += np.uint8(1)
    for node in range(len(parents) - 1, -1, -1):
        parent = parents[node]
        if areas[node] < min_area and parent != node:
            if areas[parent] < min_area:
                pieces[node] = pieces[parent]
            elif n_small[parent] == 1:
                pieces[node] = node


@kernel()
def _choose(
    finest: NDArray[np.int32],
    regions: NDArray[np.int32],
    offsets: NDArray[np.int64],
    parents: NDArray[np.int32],
    pieces: NDArray[np.int32],
    row: LeafOrder,
    candidates: _Candidates,
    targets: NDArray[np.int32],
) -> None:
    """Let each small piece choose among the finest regions that touch it, on the other side of its merge."""
    starts, stops = row.starts, row.stops
    heights, areas, chosen = candidates.merge_heights, candidates.areas, candidates.chosen
    for node in range(len(regions)):
        piece = pieces[regions[node] - 1] if regions[node] > 0 else np.int32(-1)
        if piece < 0:
            continue
        first, last = starts[parents[piece]], stops[parents[piece]]
        for offset in offsets:
            region = regions[node + offset] - 1
            if region < 0:
                continue
            place = starts[region]
            if not first <= place < last or starts[piece] <= place < stops[piece]:
                continue
            new, best = finest[node + offset] - 1, chosen[piece]
            if best >= 0:
                if heights[new] > heights[best]:
                    continue
                if heights[new] == heights[best] and (
                    areas[new] < areas[best] or (areas[new] == areas[best] and new >= best)
                ):
                    continue
            chosen[piece], targets[piece] = new, region
