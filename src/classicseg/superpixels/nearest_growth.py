"""Superpixels grow from seeds, pixel by pixel: the next one is always that nearest to the mean of its superpixel.

A pixel waits in a heap with its distance, as it was when the superpixel reached it, in color and place. Of pixels
that are equally near, the first in raster order is the next; of superpixels that are equally near to a pixel, the
one of the lower number has it. An entry of the heap is one whole number: the distance, a float32 whose bits are in
order as those of whole numbers are, above the pixel. A way to a pixel that is no nearer than one that waits is
never taken, so it is not put on the heap.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.grid import interior, neighbor_offsets, pad, padded_strides
from classicseg._core.kernel import kernel
from classicseg._core.number_heap import with_entry, without_first

_OUTSIDE = np.iinfo(np.int32).min
"""The label of what takes no part. That of a pixel that waits is minus the number of the superpixel that is
nearest, and 0 before one has reached it."""

_FARTHEST = float(np.finfo(np.float32).max)

_LOW = 2**32 - 1
"""The bits of an entry that hold the pixel."""

_PIXELS_AT_ONCE = 2**18
"""So many join before Ctrl-C is asked for."""


class Terrain(NamedTuple):
    """Where superpixels grow: flat grids, padded by one pixel that takes no part."""

    labels: NDArray[np.int32]
    waiting: NDArray[np.float32]
    """The least squared distance with which each pixel waits; infinite where it does not."""
    bits: NDArray[np.int32]
    """The same, as whole numbers."""
    colors: NDArray[np.float32]
    """(n, channels)"""
    strides: NDArray[np.int64]
    """Of the grid, for each axis."""
    steps: NDArray[np.float64]
    """(ndim,), the distance of two neighbors along each axis, in units of the colors."""
    offsets: NDArray[np.int64]
    """(n_neighbors,)"""
    moves: NDArray[np.float64]
    """(n_neighbors, ndim), the same along each axis, in units of the colors."""


def grow_nearest(
    seeds: NDArray[np.int32],
    inside: NDArray[np.bool_] | None,
    colors: NDArray[np.float32],
    steps: NDArray[np.float64],
    connectivity: int,
) -> NDArray[np.int32]:
    """Extend seeds 1 … n, of the spatial shape, over all pixels that they reach; 0 elsewhere.

    `colors` are planes, (channels, spatial shape), and `steps` the distances of neighbors along each axis.
    """
    shape, n = seeds.shape, int(seeds.max())
    labels = np.pad(seeds if inside is None else np.where(inside, seeds, _OUTSIDE), 1, constant_values=_OUTSIDE)
    strides = padded_strides(shape)
    offsets = neighbor_offsets(shape, connectivity)
    moves = _coordinates(offsets, shape, strides) * steps
    values = pad(np.moveaxis(colors, 0, -1), len(shape)).reshape(-1, len(colors))
    waiting = np.full(labels.size, np.inf, np.float32)
    terrain = Terrain(labels.reshape(-1), waiting, waiting.view(np.int32), values, strides, steps, offsets, moves)
    sums = np.zeros((n + 1, 1 + len(colors) + len(shape)))
    nodes = np.flatnonzero(terrain.labels > 0)
    heap = np.empty(len(nodes) * len(offsets), np.int64)
    size = int(run_interruptible(_plant, terrain, nodes, sums, heap))
    while size:
        if len(heap) < size + _PIXELS_AT_ONCE * len(offsets):
            heap = np.concatenate([heap[:size], np.empty(size + _PIXELS_AT_ONCE * len(offsets), np.int64)])
        size = int(run_interruptible(_grow, terrain, sums, heap, size, _PIXELS_AT_ONCE))
    return np.maximum(interior(terrain.labels, shape), 0)


def _coordinates(
    offsets: NDArray[np.int64], shape: tuple[int, ...], strides: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The step along each axis of offsets in the padded grid."""
    middle = int(strides.sum())  # a pixel with one before it along each axis
    places = np.unravel_index(offsets + middle, [length + 2 for length in shape])
    return np.stack(places, axis=1) - 1


@kernel()
def _plant(terrain: Terrain, nodes: NDArray[np.int64], sums: NDArray[np.float64], heap: NDArray[np.int64]) -> int:
    """Sum up the pixels of the seeds, then reach what is beside them; return the size of the heap."""
    labels, waiting, bits, colors = terrain.labels, terrain.waiting, terrain.bits, terrain.colors
    strides, steps, offsets, moves = terrain.strides, terrain.steps, terrain.offsets, terrain.moves
    mean, place = np.empty(sums.shape[1] - 1), np.empty(len(strides))
    for i in range(len(nodes)):
        _locate(nodes[i], strides, steps, place)
        _join(nodes[i], place, sums[labels[nodes[i]]], colors)
    size: Any = np.int64(0)  # as a literal, and labels of int32, they would be compiled for once more
    for i in range(len(nodes)):
        label: Any = np.int64(labels[nodes[i]])
        _locate(nodes[i], strides, steps, place)
        for f in range(len(mean)):
            mean[f] = sums[label, 1 + f] / sums[label, 0]
        size = _reach(nodes[i], place, label, mean, labels, waiting, bits, colors, offsets, moves, heap, size)
    return size


@kernel()
def _grow(terrain: Terrain, sums: NDArray[np.float64], heap: NDArray[np.int64], size: int, n_pixels: int) -> int:
    """Let so many pixels join, if there are as many; return the size of the heap."""
    labels, waiting, bits, colors = terrain.labels, terrain.waiting, terrain.bits, terrain.colors
    strides, steps, offsets, moves = terrain.strides, terrain.steps, terrain.offsets, terrain.moves
    mean, place = np.empty(sums.shape[1] - 1), np.empty(len(strides))
    while size > 0 and n_pixels > 0:
        node = heap[0] & _LOW
        size = without_first(heap, size)
        if labels[node] > 0:  # it has come on a nearer way
            continue
        label: Any = -np.int64(labels[node])
        labels[node] = label
        own = sums[label]
        _locate(node, strides, steps, place)
        _join(node, place, own, colors)
        inverse = 1 / own[0]
        for f in range(len(mean)):
            mean[f] = own[1 + f] * inverse
        size = _reach(node, place, label, mean, labels, waiting, bits, colors, offsets, moves, heap, size)
        n_pixels -= 1
    return size


@kernel()
def _locate(node: int, strides: NDArray[np.int64], steps: NDArray[np.float64], place: NDArray[np.float64]) -> None:
    """Tell where a pixel is along each axis, in units of the colors."""
    rest = node
    for axis in range(len(strides) - 1):
        index = rest // strides[axis]
        rest -= index * strides[axis]
        place[axis] = index * steps[axis]
    place[len(strides) - 1] = rest * steps[len(strides) - 1]


@kernel()
def _join(node: int, place: NDArray[np.float64], own: NDArray[np.float64], colors: NDArray[np.float32]) -> None:
    """Add a pixel to the sums of its superpixel."""
    n_channels = colors.shape[1]
    own[0] += 1
    for c in range(n_channels):
        own[1 + c] += colors[node, c]
    for axis in range(len(place)):
        own[1 + n_channels + axis] += place[axis]


@kernel()
def _reach(
    node: int,
    place: NDArray[np.float64],
    label: int,
    mean: NDArray[np.float64],
    labels: NDArray[np.int32],
    waiting: NDArray[np.float32],
    bits: NDArray[np.int32],
    colors: NDArray[np.float32],
    offsets: NDArray[np.int64],
    moves: NDArray[np.float64],
    heap: NDArray[np.int64],
    size: int,
) -> int:
    """Put the neighbors of a pixel on the heap if its superpixel is nearer than others; return its size."""
    n_channels = colors.shape[1]
    for k in range(len(offsets)):
        other = node + offsets[k]
        if labels[other] > 0 or labels[other] == _OUTSIDE:
            continue
        distance = 0.0
        for c in range(n_channels):
            apart = colors[other, c] - mean[c]
            distance += apart * apart
        for axis in range(len(place)):
            apart = place[axis] + moves[k, axis] - mean[n_channels + axis]
            distance += apart * apart
        rounded = np.float32(min(distance, _FARTHEST))
        if rounded < waiting[other]:
            waiting[other] = rounded
            labels[other] = -label
            size = with_entry(heap, size, np.int64(bits[other]) << 32 | other)
        elif rounded == waiting[other] and label < -labels[other]:
            labels[other] = -label
    return size
