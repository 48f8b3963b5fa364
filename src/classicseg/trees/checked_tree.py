"""Read a tree that a caller passes: one of the library's, or one that somebody made."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.arrays import as_array
from classicseg._core.bands import run_interruptible
from classicseg._core.image import as_labels
from classicseg._core.kernel import kernel
from classicseg._core.numbers import shown
from classicseg.types import RegionTree


class CheckedTree(NamedTuple):
    """A tree that keeps what `RegionTree` promises."""

    tree: RegionTree
    """Regions int32, parents int32, heights and areas float64, all contiguous."""
    order: NDArray[np.int32]
    """(n,), the finest regions, from 0, by their first pixels in raster order."""

    @property
    def n_regions(self) -> int:
        """How many finest regions there are."""
        return len(self.order)

    @property
    def n_roots(self) -> int:
        """How many pieces the image, or its mask, has: a node merges two."""
        return 2 * len(self.order) - len(self.tree.parents)


def as_tree(tree: Any) -> CheckedTree:
    """Parse a tree, or raise one precise error."""
    if not isinstance(tree, RegionTree):
        raise TypeError(f"tree is {shown(tree)}; expected a RegionTree, as flat_zone_tree and others return it")
    regions = as_labels(tree.regions, "tree.regions")
    n, n_nodes = int(regions.max()), len(tree.parents)
    parents = _column("parents", tree.parents, "iu", "integers", n_nodes)
    if n_nodes and not 0 <= int(parents.min()) <= int(parents.max()) < n_nodes:
        raise ValueError(f"tree.parents holds other numbers than 0 to {n_nodes - 1}, its nodes")
    heights = _column("heights", tree.heights, "iuf", "real numbers", n_nodes)
    areas = _column("areas", tree.areas, "iuf", "real numbers", n_nodes)
    if not n <= n_nodes <= max(0, 2 * n - 1):
        raise ValueError(
            f"tree has {n_nodes} nodes and {n} finest regions; expected {n} to {max(0, 2 * n - 1)} nodes, one for "
            "each merge of two"
        )
    order = np.empty(n, np.int32)
    n_present = run_interruptible(_order_of_labels, regions.reshape(-1), np.zeros(n + 1, bool), order)
    if n_present < n:
        raise ValueError(f"tree.regions has {n_present} of the labels 1 … {n}; expected each of them")
    found = RegionTree(
        regions,
        parents.astype(np.int32, copy=False),
        heights.astype(float, copy=False),
        areas.astype(float, copy=False),
    )
    if not run_interruptible(_is_tree, found.parents, found.heights, np.zeros(n_nodes, np.uint8), n):
        raise ValueError("tree." + _fault(found, n))
    return CheckedTree(found, order)


def check_areas(areas: NDArray[np.float64], parents: NDArray[np.int32]) -> None:
    """Refuse areas that fall towards a root, or are none."""
    wrong = np.flatnonzero(~((areas > 0) & (areas <= areas[parents]) & (areas < np.inf)))
    if len(wrong):
        raise ValueError(
            f"tree.areas[{wrong[0]}] is {areas[wrong[0]]:g}; expected finite numbers > 0 that do not fall towards "
            "a root"
        )


def _column(name: str, values: Any, kinds: str, expected: str, n_nodes: int) -> NDArray[Any]:
    """Parse one number for each node."""
    array, hidden = as_array(f"tree.{name}", values, kinds, expected)
    if array.shape != (n_nodes,) or hidden is not None:
        raise ValueError(
            f"tree.{name} has shape {array.shape}; expected ({n_nodes},), a number for each node, none masked"
        )
    return np.ascontiguousarray(array)


def _order_of_labels_numpy(labels: NDArray[np.int32], seen: NDArray[np.bool_], order: NDArray[np.int32]) -> int:
    present, first = np.unique(labels, return_index=True)
    first, present = first[present > 0], present[present > 0]
    order[: len(present)] = present[np.argsort(first)] - 1
    return len(present)


@kernel(numpy=_order_of_labels_numpy)
def _order_of_labels(labels: NDArray[np.int32], seen: NDArray[np.bool_], order: NDArray[np.int32]) -> int:
    """List the labels, from 0, by their first pixels; return how many there are."""
    seen[0] = True
    n_seen = 0
    for i in range(len(labels)):
        label = labels[i]
        if not seen[label]:
            seen[label] = True
            order[n_seen] = label - 1
            n_seen += 1
    return n_seen


@kernel()
def _is_tree(
    parents: NDArray[np.int32], heights: NDArray[np.float64], n_children: NDArray[np.uint8], n_regions: int
) -> bool:
    """Whether nodes merge in pairs, and heights rise: without a branch, 2 ms for a million nodes instead of 10."""
    n_roots, is_fine = 0, True
    for node in range(len(parents)):
        parent = parents[node]
        n_roots += parent == node
        is_fine &= parent >= node
        n_children[parent] += np.uint8(parent != node)  # 258 for 2 would leave too few for others
    is_fine &= n_roots == 2 * n_regions - len(parents)
    for node in range(n_regions):
        is_fine &= (heights[node] == 0) & (n_children[node] == 0)
    least = 0.0
    for node in range(n_regions, len(parents)):
        is_fine &= (n_children[node] == 2) & (heights[node] >= least)
        least = heights[node]
    return bool(is_fine & (least < np.inf))


def _fault(tree: RegionTree, n: int) -> str:
    """Say what is wrong with a tree that is none."""
    parents, heights, nodes = tree.parents, tree.heights, np.arange(len(tree.parents))
    n_children = np.bincount(parents[parents != nodes], minlength=len(nodes))
    for node in nodes.tolist():
        if parents[node] < node:
            return f"parents[{node}] is {parents[node]}; expected a later node, or {node} itself for a root"
        if node < n and n_children[node]:
            return f"parents holds {node}, which is a finest region; expected nodes from {n} on"
        if node >= n and n_children[node] != 2:
            return f"parents holds node {node} {n_children[node]} times; expected two children for each merge"
        if node < n and heights[node] != 0:
            return f"heights[{node}] is {heights[node]:g}; expected 0 for a finest region"
        if not (heights[node] >= (heights[node - 1] if node > n else 0) and heights[node] < np.inf):
            return (
                f"heights[{node}] is {heights[node]:g}; expected finite numbers that never fall from node to node"
            )
    raise AssertionError("unreachable")
