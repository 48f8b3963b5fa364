"""The regional minima of a surface, and the passes between their basins."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands, run_interruptible
from classicseg._core.grid import interior, neighbor_offsets, pad
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.labeling.components import connected_components
from classicseg.regions.label_pairs import N_HASHES, add_pair

_CANDIDATE, _HIGHER = 1, 2


def regional_minima(levels: NDArray[Any], image: Image, connectivity: int) -> NDArray[np.int32]:
    """Number the plateaus that have no lower neighbor."""
    ndim = len(image.shape)
    flags, grid = pad(image.mask_array().astype(np.uint8), ndim).reshape(-1), pad(levels, ndim).reshape(-1)
    offsets = neighbor_offsets(image.shape, connectivity)
    queue = np.empty(levels.size, np.int32 if grid.size < 2**31 else np.int64)  # untouched but for plateaus
    run_interruptible(_mark_higher, grid, flags, offsets, queue)
    del grid, queue
    return connected_components(interior(flags, image.shape) == _CANDIDATE, connectivity)


def lowest_levels(labels: NDArray[np.int32], levels: NDArray[Any], n_labels: int) -> NDArray[np.float64]:
    """The lowest level of each label 0 … n_labels; 0 for 0."""
    lows = np.full(n_labels + 1, np.inf)
    run_bands(_lower, labels.size, 1, labels.reshape(-1), levels.reshape(-1), lows, sequential=True)
    lows[0] = 0
    return lows


def lowest_passes(
    labels: NDArray[np.int32], levels: NDArray[Any], connectivity: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The pairs of basins that touch (`label_pairs`), most of them once, and their passes, in ascending order."""
    ndim = labels.ndim
    grid, basins = pad(levels, ndim).reshape(-1), pad(labels, ndim).reshape(-1)
    offsets = neighbor_offsets(labels.shape, connectivity)
    found = run_bands(_passes_between, len(grid), 1, basins, grid, offsets[offsets < 0])
    pairs, heights = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = run_interruptible(np.argsort, heights)
    return pairs[order], heights[order]


@kernel()
def _mark_higher(
    levels: NDArray[Any],
    flags: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    queue: NDArray[Any],
) -> None:
    """Mark what has a lower neighbor, and what is connected to it at the same level."""
    for node in range(len(levels)):
        if flags[node] != _CANDIDATE:
            continue
        for offset in offsets:
            if flags[node + offset] > 0 and levels[node + offset] < levels[node]:
                flags[node] = _HIGHER
        if flags[node] != _HIGHER:
            continue
        queue[0], head, tail = node, 0, 1
        while head < tail:
            here = np.int64(queue[head])
            head += 1
            for offset in offsets:
                if flags[here + offset] == _CANDIDATE and levels[here + offset] == levels[here]:
                    flags[here + offset] = _HIGHER
                    queue[tail] = here + offset
                    tail += 1


def _lower_numpy(
    labels: NDArray[np.int32], levels: NDArray[Any], lows: NDArray[np.float64], start: int, stop: int
) -> None:
    np.minimum.at(lows, labels[start:stop], levels[start:stop])


@kernel(numpy=_lower_numpy)
def _lower(
    labels: NDArray[np.int32], levels: NDArray[Any], lows: NDArray[np.float64], start: int, stop: int
) -> None:
    """Lower the lowest level of each label to those of a band."""
    for i in range(start, stop):
        lows[labels[i]] = min(lows[labels[i]], np.float64(levels[i]))


@kernel()
def _passes_between(
    labels: NDArray[np.int32], levels: NDArray[Any], offsets: NDArray[np.int64], start: int, stop: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The pairs of basins whose later pixel is one of the nodes `start` to `stop`, and their lowest passes.

    Most pairs come once. A pass is as high as the higher one of two pixels that touch.
    """
    seen, indices = np.zeros(N_HASHES, np.int64), np.zeros(N_HASHES, np.int64)
    pairs, heights = np.empty(N_HASHES, np.int64), np.empty(N_HASHES)
    size: Any = np.int64(0)  # as a literal it would be compiled for once more
    for node in range(start, stop):
        label = labels[node]
        if label <= 0:
            continue
        for offset in offsets:
            neighbor = labels[node + offset]
            if neighbor <= 0 or label == neighbor:
                continue
            height = np.float64(max(levels[node], levels[node + offset]))
            if size == len(pairs):
                pairs = np.concatenate((pairs, np.empty_like(pairs)))
                heights = np.concatenate((heights, np.empty_like(heights)))
            index = size
            size, slot = add_pair(label, neighbor, seen, pairs, size)
            if size > index:
                indices[slot], heights[index] = index, height
            else:
                index = indices[slot]
                heights[index] = min(heights[index], height)
    return pairs[:size].copy(), heights[:size].copy()
