"""The finest regions of a tree in a row, so that each node is an interval of it.

The lowest common ancestor of two regions then is the highest of the merges between them in the row.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.kernel import kernel


class LeafOrder(NamedTuple):
    """Where the regions below each node stand in the row."""

    starts: NDArray[np.int32]
    """(n_nodes,), the first place; that of a finest region is its own."""
    stops: NDArray[np.int32]
    """(n_nodes,), one past the last place."""
    gaps: NDArray[np.float32]
    """(n,), the height at which the regions at a place and the next are one; infinite where they never are."""


def leaf_order(parents: NDArray[np.int32], heights: NDArray[np.float64], n_regions: int) -> LeafOrder:
    """Put the finest regions in a row."""
    n_nodes = len(parents)
    starts, sizes = np.zeros(n_nodes, np.int32), np.zeros(n_nodes, np.int32)
    gaps = np.full(n_regions, np.inf, np.float32)
    run_interruptible(_lay_out, parents, heights, starts, sizes, np.empty(n_nodes, np.int32), gaps)
    return LeafOrder(starts, starts + sizes, gaps)


@kernel()
def _lay_out(
    parents: NDArray[np.int32],
    heights: NDArray[np.float64],
    starts: NDArray[np.int32],
    sizes: NDArray[np.int32],
    free: NDArray[np.int32],
    gaps: NDArray[np.float32],
) -> None:
    """Count the regions below each node, and give each child its part of its parent's places.

    `free` has the first place of each node that no child has taken yet.
    """
    n_regions, used = len(gaps), np.int32(0)
    for node in range(len(parents)):
        if node < n_regions:
            sizes[node] = 1
        if parents[node] != node:
            sizes[parents[node]] += sizes[node]
    for node in range(len(parents) - 1, -1, -1):
        parent = parents[node]
        if parent == node:
            start = used
            used += sizes[node]
        else:
            start = free[parent]
            free[parent] += sizes[node]
            if start > starts[parent]:
                gaps[start - 1] = heights[parent]
        starts[node] = free[node] = start
