"""Union-find: which nodes of a graph are connected, as kernels find it edge by edge and as SciPy finds it at once.

Each node holds the index of its parent, an earlier node of the same component; the first node of a component is
its own parent: the root.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csgraph

from classicseg._core.kernel import kernel


def component_numbers(edges: NDArray[np.int64], n_nodes: int) -> NDArray[np.int64]:
    """Number the component of each node from 0, for edges (2, n)."""
    if n_nodes == 0:
        return np.empty(0, np.int64)
    links = coo_array((np.ones(edges.shape[1], bool), (edges[0], edges[1])), shape=(n_nodes, n_nodes))
    return csgraph.connected_components(links, directed=False)[1].astype(np.int64)


def first_of_component(edges: NDArray[np.int64], n_nodes: int) -> NDArray[np.int64]:
    """The first node of each node's component, for edges (2, n): what `unite` and `root_of` find."""
    numbers = component_numbers(edges, n_nodes)
    return np.unique(numbers, return_index=True)[1][numbers]


@kernel()
def root_of(parents: NDArray[Any], node: int) -> int:
    """The root of a node's component; nodes on the way are moved closer to it (path halving)."""
    while parents[node] != node:
        parents[node] = parents[parents[node]]
        node = parents[node]
    return node


@kernel()
def unite(parents: NDArray[np.int64], a: int, b: int) -> None:
    """Join the components of two nodes; the earlier root is the root of both."""
    root_a, root_b = root_of(parents, a), root_of(parents, b)
    parents[max(root_a, root_b)] = min(root_a, root_b)
