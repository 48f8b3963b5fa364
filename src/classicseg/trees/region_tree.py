"""Trees of regions from the merges of two, in the order in which they were made.

A merge joins two regions at a height. Where a later merge is lower than one inside it, as Ward's may be, it gets the
height of that one, so that heights never fall towards the root. Nodes are numbered by height then, and what merges at
one height in the order of the merges: a parent comes after its children, and a cut of the tree is an index.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.kernel import kernel
from classicseg.labeling.union_find import root_of
from classicseg.types import Regions, RegionTree


def region_tree(
    regions: Regions, areas: NDArray[np.float64], pairs: NDArray[np.int32], heights: NDArray[np.float64]
) -> RegionTree:
    """Make the tree of merges.

    Parameters
    ----------
    regions : ndarray of int32
        The finest regions, 1 … n by their first pixel; 0 takes no part.
    areas : ndarray of float64, (n,)
        Of the finest regions.
    pairs : ndarray of int32, (m, 2)
        What merges, in order: the index (label - 1) of any finest region in the one, and in the other. A pair whose
        regions are one already is passed over.
    heights : ndarray of float64, (m,)
        Of the merges, at least 0.
    """
    n = len(areas)
    parents = np.arange(2 * n, dtype=np.int32)
    tree_heights, tree_areas = np.zeros(2 * n), np.concatenate([areas, np.zeros(n)])
    n_nodes = run_interruptible(
        _merge,
        np.ascontiguousarray(pairs, np.int32),
        np.ascontiguousarray(heights, np.float64),
        np.arange(n, dtype=np.int32),
        parents[:n].copy(),
        parents,
        tree_heights,
        tree_areas,
    )
    tree = RegionTree(regions, parents[:n_nodes], tree_heights[:n_nodes], tree_areas[:n_nodes])
    inner = tree.heights[n:]
    return tree if (inner[1:] >= inner[:-1]).all() else run_interruptible(_in_order, tree, n)


def _in_order(tree: RegionTree, n_regions: int) -> RegionTree:
    """Number the nodes above the finest regions by their heights; of one height, as they are."""
    old = np.concatenate([np.arange(n_regions), n_regions + np.argsort(tree.heights[n_regions:], kind="stable")])
    new = np.empty(len(old), np.int32)
    new[old] = np.arange(len(old), dtype=np.int32)
    return RegionTree(tree.regions, new[tree.parents[old]], tree.heights[old], tree.areas[old])


@kernel()
def _merge(
    pairs: NDArray[np.int32],
    pair_heights: NDArray[np.float64],
    links: NDArray[np.int32],
    tops: NDArray[np.int32],
    parents: NDArray[np.int32],
    heights: NDArray[np.float64],
    areas: NDArray[np.float64],
) -> int:
    """Make a node of each pair of regions that are not one yet; return how many nodes there are then.

    `links` are the parents of a union-find of the finest regions; `tops` has the node that the regions of a root are.
    """
    node = len(links)
    for i in range(len(pairs)):
        a, b = root_of(links, pairs[i, 0]), root_of(links, pairs[i, 1])
        if a == b:
            continue
        top_a, top_b = tops[a], tops[b]
        parents[top_a] = parents[top_b] = node
        heights[node] = max(pair_heights[i], heights[top_a], heights[top_b])
        areas[node] = areas[top_a] + areas[top_b]
        if areas[top_a] < areas[top_b]:
            a, b = b, a
        links[b], tops[a] = a, node
        node += 1
    return node
