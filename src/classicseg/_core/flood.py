"""Flooding: every pixel that waits joins one of the markers, low pixels first.

The watershed by immersion, as a priority flood: the level of a pixel is the highest pixel on its lowest way from a
marker, and where levels are equal the nearer one (in rings) comes first. All pixels of one level and ring
choose at once, by what turns with the image: the neighbor nearest in value, then the better rank of its
marker. One that cannot choose between equals is left to be a region of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.graph import interior, neighbor_offsets, pad, waiting_grid
from classicseg._core.image import Image
from classicseg._core.kernel import kernel

_STEPS = 2**17
"""Pixels flooded between two looks at Ctrl-C."""

WAITS, OUTSIDE, UNDECIDED = 0, -1, -2


def flood(
    levels: NDArray[Any],
    markers: NDArray[np.int32],
    ranks: NDArray[np.int64],
    image: Image,
    connectivity: int,
) -> NDArray[np.int32]:
    """Extend markers over all pixels that take part and are connected to one.

    Parameters
    ----------
    levels : ndarray
        What is flooded, of the spatial shape.
    markers : ndarray of int32
        Positive numbers 1 … n, 0 elsewhere.
    ranks : ndarray of int64, (n + 1,)
        The lowest rank wins a tie; equal ranks tie.
    image : Image
        Whose values and mask count.
    connectivity : int
        How many coordinates of two neighbors may differ.

    Returns
    -------
    ndarray of int32
        The markers' numbers; -2 where a pixel could not choose; 0 where none takes part or none reaches.
    """
    ndim = len(image.shape)
    labels = waiting_grid(image)
    labels[pad(markers, ndim).ravel() > 0] = markers[markers > 0]
    grid = pad(levels.astype(np.float64), ndim).ravel()
    values = pad(image.values, ndim).reshape(-1, image.n_channels)
    offsets = neighbor_offsets(image.shape, connectivity)
    size = int(np.count_nonzero(labels == WAITS))
    heap_keys, heap_nodes = np.empty((size, 2)), np.empty(size, np.int64)
    batch, chosen = np.empty(size, np.int64), np.empty(size, np.int32)
    seen = labels != WAITS
    n_heap = _start(grid, labels, seen, offsets, heap_keys, heap_nodes)
    while n_heap:
        n_heap = _spread(
            grid, values, labels, seen, offsets, ranks, heap_keys, heap_nodes, n_heap, batch, chosen, _STEPS
        )
    result = interior(labels, image.shape)
    result[result == OUTSIDE] = 0
    return result


@kernel()
def _start(
    grid: NDArray[np.float64],
    labels: NDArray[np.int32],
    seen: NDArray[np.bool_],
    offsets: NDArray[np.int64],
    heap_keys: NDArray[np.float64],
    heap_nodes: NDArray[np.int64],
) -> int:
    """Put the neighbors of the markers on the heap; return its size."""
    n_heap = 0
    for node in range(len(labels)):
        if labels[node] > 0:
            for offset in offsets:
                if not seen[node + offset]:
                    seen[node + offset] = True
                    n_heap = _push(heap_keys, heap_nodes, n_heap, grid[node + offset], 0.0, node + offset)
    return n_heap


@kernel()
def _spread(
    grid: NDArray[np.float64],
    values: NDArray[Any],
    labels: NDArray[np.int32],
    seen: NDArray[np.bool_],
    offsets: NDArray[np.int64],
    ranks: NDArray[np.int64],
    heap_keys: NDArray[np.float64],
    heap_nodes: NDArray[np.int64],
    n_heap: int,
    batch: NDArray[np.int64],
    chosen: NDArray[np.int32],
    n_steps: int,
) -> int:
    """Label at least `n_steps` pixels, if there are so many; return the size of the heap."""
    done = 0
    while n_heap > 0 and done < n_steps:
        level, ring = heap_keys[0, 0], heap_keys[0, 1]
        n_batch = 0
        while n_heap > 0 and heap_keys[0, 0] == level and heap_keys[0, 1] == ring:
            batch[n_batch] = heap_nodes[0]
            n_batch += 1
            n_heap = _pop(heap_keys, heap_nodes, n_heap)
        for i in range(n_batch):
            chosen[i] = _choose(values, labels, offsets, ranks, batch[i])
        for i in range(n_batch):
            labels[batch[i]] = chosen[i]
        for i in range(n_batch):
            for offset in offsets:
                node = batch[i] + offset
                if not seen[node]:
                    seen[node] = True
                    if grid[node] > level:
                        n_heap = _push(heap_keys, heap_nodes, n_heap, grid[node], 0.0, node)
                    else:
                        n_heap = _push(heap_keys, heap_nodes, n_heap, level, ring + 1.0, node)
        done += n_batch
    return n_heap


@kernel()
def _choose(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    offsets: NDArray[np.int64],
    ranks: NDArray[np.int64],
    node: int,
) -> int:
    """The label of the neighbor nearest in value, then of the lowest rank; UNDECIDED between equals."""
    best, least, rank = UNDECIDED, np.inf, 0
    for offset in offsets:
        label = labels[node + offset]
        if label <= 0:
            continue
        distance = 0.0
        for c in range(values.shape[1]):
            difference = float(values[node, c]) - float(values[node + offset, c])
            distance += difference * difference
        if distance < least or (distance == least and ranks[label] < rank):
            best, least, rank = label, distance, ranks[label]
        elif distance == least and ranks[label] == rank and label != best:
            best = UNDECIDED
    return best


@kernel()
def _push(
    keys: NDArray[np.float64], nodes: NDArray[np.int64], size: int, level: float, ring: float, node: int
) -> int:
    """Put a node on the binary heap of `size`; return the new size."""
    place = size
    while place > 0:
        above = (place - 1) // 2
        if keys[above, 0] < level or (keys[above, 0] == level and keys[above, 1] <= ring):
            break
        keys[place, 0], keys[place, 1], nodes[place] = keys[above, 0], keys[above, 1], nodes[above]
        place = above
    keys[place, 0], keys[place, 1], nodes[place] = level, ring, node
    return size + 1


@kernel()
def _pop(keys: NDArray[np.float64], nodes: NDArray[np.int64], size: int) -> int:
    """Take the least node off the binary heap; return the new size."""
    size -= 1
    level, ring, node = keys[size, 0], keys[size, 1], nodes[size]
    place = 0
    while 2 * place + 1 < size:
        below = 2 * place + 1
        if below + 1 < size and (
            keys[below + 1, 0] < keys[below, 0]
            or (keys[below + 1, 0] == keys[below, 0] and keys[below + 1, 1] < keys[below, 1])
        ):
            below += 1
        if level < keys[below, 0] or (level == keys[below, 0] and ring <= keys[below, 1]):
            break
        keys[place, 0], keys[place, 1], nodes[place] = keys[below, 0], keys[below, 1], nodes[below]
        place = below
    keys[place, 0], keys[place, 1], nodes[place] = level, ring, node
    return size
