"""A pool of list nodes: rows of one array, linked by their indices. A node that is free again is used next.

The columns belong to the data structure that uses the pool; the last one holds the next node of a linked list,
also of the list of free nodes. Row 0 is no node. It says how many rows have ever been used (`N_USED`), and in the
last column, which is the first free node.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel

N_USED = 0, 0
"""Where the number of rows stands that have ever been used, row 0 among them."""


def empty_pool(n_columns: int, n_pixels: int) -> NDArray[Any]:
    """A small pool. Its columns can hold indices of so many pixels, and of 4 nodes for each of them."""
    nodes = np.zeros((1024, n_columns), np.int32 if n_pixels < 2**29 else np.int64)
    nodes[N_USED] = 1
    return nodes


@kernel()
def take_node(nodes: NDArray[Any]) -> int:
    """Take a free node out of a pool that has room."""
    node = int(nodes[0, -1])
    if node > 0:
        nodes[0, -1] = nodes[node, -1]
    else:
        node = int(nodes[0, 0])
        nodes[0, 0] = node + 1
    return node


@kernel()
def release(nodes: NDArray[Any], node: int) -> None:
    """Give a node back."""
    nodes[node, -1] = nodes[0, -1]
    nodes[0, -1] = node


@kernel()
def with_room(nodes: NDArray[Any], n_more: int) -> NDArray[Any]:
    """The pool, or a larger copy, with room for so many nodes more."""
    if nodes[0, 0] + n_more <= len(nodes):
        return nodes
    larger = np.empty((2 * len(nodes) + n_more, nodes.shape[1]), nodes.dtype)
    source, target = nodes.reshape(-1), larger.reshape(-1)
    for i in range(len(source)):
        target[i] = source[i]
    return larger
