"""A pool of list nodes: rows of one array that are linked by their indices. A node that is free again is used
next.

Row 0 is no node. The columns belong to the data structure that uses the pool; the last one holds the next node of
a linked list, also of the list of free nodes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel

FREE, N_USED = 0, 1
"""Indices in the state: the first free node, and how many rows have ever been used."""


class NodePool(NamedTuple):
    """The nodes of linked lists, and which of them are free."""

    nodes: NDArray[Any]
    """(capacity, n_columns)"""
    state: NDArray[np.int64]
    """(2,), see `FREE` and `N_USED`."""


def empty_pool(n_columns: int, n_pixels: int) -> NodePool:
    """A small pool. Its columns can hold indices of so many pixels, and of 4 nodes for each of them."""
    dtype = np.int32 if n_pixels < 2**29 else np.int64
    return NodePool(np.zeros((1024, n_columns), dtype), np.array([0, 1]))


@kernel()
def take_node(pool: NodePool) -> int:
    """Take a free node out of a pool that has room."""
    node = int(pool.state[FREE])
    if node > 0:
        pool.state[FREE] = pool.nodes[node, -1]
    else:
        node = int(pool.state[N_USED])
        pool.state[N_USED] += 1
    return node


@kernel()
def release(pool: NodePool, node: int) -> None:
    """Give a node back."""
    pool.nodes[node, -1] = pool.state[FREE]
    pool.state[FREE] = node


@kernel()
def with_room(pool: NodePool, n_more: int) -> NodePool:
    """The pool, or a larger copy, with room for so many nodes more."""
    nodes = pool.nodes
    if pool.state[N_USED] + n_more <= len(nodes):
        return pool
    larger = np.empty((2 * len(nodes) + n_more, nodes.shape[1]), nodes.dtype)
    source, target = nodes.reshape(-1), larger.reshape(-1)
    for i in range(len(source)):
        target[i] = source[i]
    return NodePool(larger, pool.state)
