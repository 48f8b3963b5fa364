"""Hysteresis, morphological reconstruction of a mask: a component of weak pixels stays if it has a strong one.

Pixels are connected over corners as well. Each band of rows is searched by itself from its strong pixels on, in
parallel; then the search goes on over the seams between bands. Every pixel is visited once, so the cost is linear
in the pixels that stay.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.grid import neighbor_offsets
from classicseg._core.kernel import kernel

WEAK, STRONG, KEPT, VISITED = 1, 2, 3, 4
"""States of a pixel, beside 0. KEPT: connected to a strong one. VISITED: weak, found by `weak_components`."""

_ROWS_AT_ONCE = 8
"""Bands are so many times larger than usual, for each seam costs as much as two rows, or planes of a volume."""


def reconstruct(weak: NDArray[np.bool_], strong: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The components of a mask, connected also over corners, that have a pixel of its part `strong`."""
    grid = np.zeros([length + 2 for length in weak.shape], np.uint8)
    np.add(weak, strong, out=grid[(slice(1, -1),) * weak.ndim], where=weak, dtype=np.uint8)
    return hysteresis(grid)


def hysteresis(grid: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The same for a grid of WEAK, STRONG and 0, which has a border of zeros and is overwritten."""
    shape = tuple(length - 2 for length in grid.shape)
    offsets = neighbor_offsets(shape, len(shape))
    kept = np.empty(shape, bool)
    row_size = max(1, grid[0].size // _ROWS_AT_ONCE)
    seams = run_bands(_keep_in_band, len(grid), row_size, grid, offsets)[:-1]
    run_bands(_keep_over_seams, len(seams), 2 * grid[0].size, grid, offsets, seams, sequential=True)
    run_bands(_read, len(kept), kept[0].size, grid, kept)
    return kept


def _keep_in_band(grid: NDArray[np.uint8], offsets: NDArray[np.int64], start: int, stop: int) -> int:
    """Search from the strong pixels of rows `start` to `stop`, within them; return `stop`."""
    flat, first, last = grid.reshape(-1), start * grid[0].size, stop * grid[0].size
    _spread(flat, first + np.flatnonzero(flat[first:last] == STRONG), offsets, first, last)
    return stop


def _keep_over_seams(
    grid: NDArray[np.uint8], offsets: NDArray[np.int64], seams: list[int], start: int, stop: int
) -> None:
    """Search from what is kept in the rows on both sides of each seam."""
    flat, row_size = grid.reshape(-1), grid[0].size
    for seam in seams[start:stop]:
        first = (seam - 1) * row_size
        kept = first + np.flatnonzero(flat[first : first + 2 * row_size] == KEPT)
        _spread(flat, kept, offsets, 0, flat.size)


def _read(grid: NDArray[np.uint8], kept: NDArray[np.bool_], start: int, stop: int) -> None:
    """Mark the pixels of a band that are kept, without the border of the grid."""
    inner = (slice(start + 1, stop + 1), *[slice(1, -1)] * (grid.ndim - 1))
    np.equal(grid[inner], KEPT, out=kept[start:stop])


def _spread_numpy(
    grid: NDArray[np.uint8], nodes: NDArray[np.int64], offsets: NDArray[np.int64], first: int, last: int
) -> None:
    grid[nodes] = KEPT
    while nodes.size:
        neighbors = np.unique(nodes[:, np.newaxis] + offsets)
        neighbors = neighbors[(neighbors >= first) & (neighbors < last)]
        nodes = neighbors[(grid[neighbors] > 0) & (grid[neighbors] < KEPT)]
        grid[nodes] = KEPT


@kernel(numpy=_spread_numpy)
def _spread(
    grid: NDArray[np.uint8], nodes: NDArray[np.int64], offsets: NDArray[np.int64], first: int, last: int
) -> None:
    """Keep some nodes, and all that is connected with them between `first` and `last`."""
    size = len(nodes)
    stack = np.empty(size + 1024, np.int64)
    for i in range(size):
        stack[i] = nodes[i]
        grid[nodes[i]] = KEPT
    while size > 0:
        size -= 1
        node = stack[size]
        if size + len(offsets) > len(stack):
            longer = np.empty(2 * len(stack) + len(offsets), np.int64)
            for i in range(size):
                longer[i] = stack[i]
            stack = longer
        for offset in offsets:
            neighbor = node + offset
            if first <= neighbor < last and 0 < grid[neighbor] < KEPT:
                grid[neighbor] = KEPT
                stack[size] = neighbor
                size += 1


def _weak_components_numpy(
    grid: NDArray[np.uint8], nodes: NDArray[np.int64], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    found, labels = [np.empty(0, np.int64)], [np.empty(0, np.int32)]
    label = 0
    for node in nodes:
        front = np.array([node])[grid[[node]] == WEAK]
        label += len(front)
        while front.size:
            grid[front] = VISITED
            found.append(front)
            labels.append(np.full(len(front), label, np.int32))
            neighbors = np.unique(front[:, np.newaxis] + offsets)
            front = neighbors[grid[neighbors] == WEAK]
    return np.concatenate(found), np.concatenate(labels)


@kernel(numpy=_weak_components_numpy)
def weak_components(
    grid: NDArray[np.uint8], nodes: NDArray[np.int64], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The weak pixels connected with one of some nodes, and the label of each: their components, from 1."""
    found, labels = np.empty(1024, np.int64), np.empty(1024, np.int32)
    size, done, label = 0, 0, 0
    for node in nodes:
        if grid[node] != WEAK:
            continue
        label += 1
        grid[node] = VISITED
        found[size], labels[size] = node, label
        size += 1
        while done < size:
            if size + len(offsets) >= len(found):
                found = np.concatenate((found, np.empty_like(found)))
                labels = np.concatenate((labels, np.empty_like(labels)))
            for offset in offsets:
                neighbor = found[done] + offset
                if grid[neighbor] == WEAK:
                    grid[neighbor] = VISITED
                    found[size], labels[size] = neighbor, label
                    size += 1
            done += 1
    return found[:size].copy(), labels[:size].copy()
