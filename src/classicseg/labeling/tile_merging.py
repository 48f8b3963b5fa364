"""From the components of tiles to the components of the whole image.

Each tile numbers its own components 1, 2, … and hands on the outermost layer of pixels on each of its sides. Where
the image is cut between two tiles it is cut from border to border: the layers of all tiles along the cut make two
planes. Comparing these two, shifted against each other where corners connect, tells which components touch, and
union-find joins those. So a cut costs its pixels, and nothing is done for pairs of tiles.

A component is known by a code of 64 bits: the number of its tile in raster order, then its own label.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from classicseg._core.grid import neighbor_offsets, neighbor_views
from classicseg.labeling.components import connected_runs
from classicseg.labeling.reconstruction import KEPT, VISITED, hysteresis, weak_components
from classicseg.labeling.run_lengths import RunLengths, begins_on_lines, labels_at
from classicseg.labeling.union_find import component_numbers

Chunks: TypeAlias = tuple[tuple[int, ...], ...]
"""The lengths of the tiles along each axis."""

Connects: TypeAlias = Callable[[NDArray[Any], NDArray[Any]], NDArray[np.bool_]]
"""Whether pixels on the two sides of a cut are of one component, by the values that their layers bring."""

_LABEL_BITS = 32


class BoundaryLayer(NamedTuple):
    """The outermost layer of pixels on one side of a tile."""

    labels: NDArray[np.int32]
    values: NDArray[Any]
    """What decides whether pixels that touch are of one component; may have a further axis."""


BoundaryLayers: TypeAlias = dict[tuple[int, int], BoundaryLayer]
"""Those on both sides, 0 and -1, of each axis."""


class TileComponents(NamedTuple):
    """The components of a tile, each of which gets a label in the whole image."""

    runs: RunLengths
    """Numbered 1, 2, … by their first pixel."""
    counts: NDArray[np.int64]
    """How many components begin on each line along the last axis."""
    layers: BoundaryLayers


class TileMask(NamedTuple):
    """The components of a tile, which stay where their component of the whole image is marked in any tile."""

    decided: NDArray[np.uint8]
    """The pixels of components that are marked in this tile, in bits."""
    indices: NDArray[np.int64]
    """(n,), the flat indices of the pixels of components that are not, and touch a side of the tile, …"""
    labels: NDArray[np.int32]
    """… and their own labels, from 1."""
    marked: NDArray[np.bool_]
    """Which of the components 1, 2, … that touch a side are marked in this tile."""
    layers: BoundaryLayers
    shape: tuple[int, ...]


class Numbers(NamedTuple):
    """What turns the own labels of a tile's components into those of the whole image."""

    bases: NDArray[np.int64]
    """For each line of the tile along its last axis: how many components of the image begin before the line."""
    joined: NDArray[np.int64]
    """The components that begin in an earlier part of the image, ascending, …"""
    numbers: NDArray[np.int64]
    """… and their labels there."""


def components_of_tile(labels: NDArray[Any], values: NDArray[Any], connectivity: int) -> TileComponents:
    """What is kept of the components of equal label in a tile."""
    runs, layers = connected_runs(labels, connectivity), {}
    for (axis, side), nodes in _side_nodes(labels.shape, 0).items():
        layers[axis, side] = BoundaryLayer(labels_at(runs, nodes), _layer(values, labels.ndim, axis, side))
    return TileComponents(runs, begins_on_lines(runs), layers)


def marked_components(components: NDArray[np.int32], marked: NDArray[np.bool_], values: NDArray[Any]) -> TileMask:
    """What is kept of a tile's components 0, 1, 2, …, and which of them are marked in it."""
    layers = _boundary_layers(components, values)
    at_sides = np.zeros(len(marked), bool)
    for layer in layers.values():
        at_sides[layer.labels] = True
    at_sides[0] = False
    labels = np.cumsum(at_sides, dtype=np.int32) * at_sides
    relabeled = {side: layer._replace(labels=labels[layer.labels]) for side, layer in layers.items()}
    undecided = (labels * ~marked)[components].reshape(-1)
    indices = np.flatnonzero(undecided)
    decided = np.packbits(marked[components])
    return TileMask(decided, indices, undecided[indices], marked[at_sides], relabeled, components.shape)


def marked_components_at(components: NDArray[np.int32], pixels: Any, values: NDArray[Any]) -> TileMask:
    """The same, where components that have one of some pixels, an index or a mask, are marked."""
    marked = np.zeros(int(components.max()) + 1, bool)
    marked[components[pixels]] = True
    return marked_components(components, marked, values)


def hysteresis_of_tile(levels: NDArray[np.uint8]) -> TileMask:
    """The same for components, connected also over corners, of what is WEAK, marked by what is STRONG.

    All marked components have one label in the layers. Of the others only those that touch a side are looked at.
    """
    shape, grid = levels.shape, np.pad(levels, 1)
    kept = hysteresis(grid)
    flat, sides = grid.reshape(-1), _side_nodes(shape, 1)
    starts = np.concatenate([nodes.reshape(-1) for nodes in sides.values()])
    found, labels = weak_components(flat, starts, neighbor_offsets(shape, levels.ndim))
    order, n_labels, layers = np.argsort(found), int(labels.max(initial=0)), {}
    for side, nodes in sides.items():
        of_side = np.where(flat[nodes] == KEPT, np.int32(n_labels + 1), np.int32(0))
        visited = flat[nodes] == VISITED
        of_side[visited] = labels[order][np.searchsorted(found, nodes[visited], sorter=order)]
        layers[side] = BoundaryLayer(of_side, of_side)
    indices = np.ravel_multi_index([i - 1 for i in np.unravel_index(found, grid.shape)], shape)
    marked = np.append(np.zeros(n_labels, bool), True)
    return TileMask(np.packbits(kept), indices, labels, marked, layers, shape)


def paint_marked(tile: TileMask, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels of a tile that stay, given which of the components that touch its sides are kept."""
    pixels = np.unpackbits(tile.decided, count=math.prod(tile.shape)).view(bool)
    pixels[tile.indices[kept[tile.labels - 1]]] = True
    return pixels.reshape(tile.shape)


def pairs_at_cut(
    above: Sequence[BoundaryLayer],
    below: Sequence[BoundaryLayer],
    tiles: NDArray[np.int64],
    grid: tuple[int, ...],
    connectivity: int,
    connects: Connects,
) -> NDArray[np.int64]:
    """The codes of the components that touch over a cut, (n, 2), most pairs once.

    `above` and `below` are the layers on its two sides, in raster order over `grid`, the tiles along the cut;
    `tiles`, (n, 2), the numbers of each two.
    """
    codes, values = zip(_plane(above, tiles[:, 0], grid), _plane(below, tiles[:, 1], grid), strict=True)
    found = [np.empty((0, 2), np.int64)]
    for step in itertools.product((-1, 0, 1), repeat=codes[0].ndim):
        if np.count_nonzero(step) >= connectivity:
            continue
        a, b = _shifted(codes, step)
        touch = (a > 0) & (b > 0) & connects(*_shifted(values, step))
        pairs = np.stack([a[touch], b[touch]], axis=1)
        found.append(pairs[np.append(True, (pairs[1:] != pairs[:-1]).any(axis=1))[: len(pairs)]])
    return np.concatenate(found)


def join_numbers(
    chunks: Chunks, counts: Sequence[NDArray[np.int64]], pairs: Iterable[NDArray[np.int64]]
) -> list[Numbers]:
    """Number the components of the whole image 1 … n by their first pixel.

    `counts` are those of `begins_on_lines` in each tile. Before anything is joined, the components of all tiles
    are ranked in the order of their first pixels in the image, for which the counts of all lines are enough. Of
    those that are one component of the image the first keeps its rank; the ranks of the others are left out.
    """
    before = _ranks_before_lines(chunks, counts)
    edges = np.concatenate([np.empty((0, 2), np.int64), *pairs])
    codes, nodes = np.unique(edges, return_inverse=True)
    bounds = np.searchsorted(codes, np.arange(len(counts) + 1) << _LABEL_BITS)
    labels = codes & (2**_LABEL_BITS - 1)
    ranks = np.empty(len(codes), np.int64)
    for tile, (start, stop) in enumerate(itertools.pairwise(bounds)):
        if start < stop:
            until = np.cumsum(counts[tile])
            lines = np.searchsorted(until, labels[start:stop] - 1, side="right")
            ranks[start:stop] = before[tile][lines] + labels[start:stop] - 1 - (until - counts[tile])[lines]
    component = component_numbers(nodes.reshape(-1, 2).T, len(codes))
    first = np.full(component.max(initial=-1) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, component, ranks)
    first = first[component]
    joined = ranks > first
    left_out = np.sort(ranks[joined])
    numbers = first - np.searchsorted(left_out, first) + 1
    found = []
    for tile, (start, stop) in enumerate(itertools.pairwise(bounds)):
        own = slice(start, stop)
        bases = before[tile] - np.searchsorted(left_out, before[tile])
        found.append(Numbers(bases, labels[own][joined[own]], numbers[own][joined[own]]))
    return found


def number_table(counts: NDArray[np.int64], numbers: Numbers, dtype: type[np.generic]) -> NDArray[Any]:
    """The label in the whole image of each component of a tile; 0 stays 0."""
    kept = np.ones(int(counts.sum()) + 1, np.int64)
    kept[0] = kept[numbers.joined] = 0
    ranks = np.cumsum(kept)
    starts = np.cumsum(counts) - counts
    table = ranks.copy()
    table[1:] += np.repeat(numbers.bases - ranks[starts], counts)
    table[numbers.joined] = numbers.numbers
    return table.astype(dtype)


def merge_marked(
    marked: Sequence[NDArray[np.bool_]], pairs: Iterable[NDArray[np.int64]]
) -> list[NDArray[np.bool_]]:
    """Which components 1, 2, … of each tile are part of a component of the whole image that is marked anywhere."""
    starts = np.cumsum([0, *map(len, marked)])
    edges = np.concatenate([np.empty((0, 2), np.int64), *pairs])
    nodes = starts[edges >> _LABEL_BITS] + (edges & (2**_LABEL_BITS - 1)) - 1
    component = component_numbers(nodes.T, int(starts[-1]))
    kept = np.zeros(component.max(initial=-1) + 1, bool)
    kept[component[np.concatenate(marked)]] = True
    return np.split(kept[component], starts[1:-1])


def _boundary_layers(labels: NDArray[Any], values: NDArray[Any]) -> BoundaryLayers:
    """The layers on both sides of each axis; those of a line are lines of one pixel."""
    return {
        (axis, side): BoundaryLayer(*(_layer(array, labels.ndim, axis, side) for array in (labels, values)))
        for axis, side in itertools.product(range(labels.ndim), (0, -1))
    }


def _layer(array: NDArray[Any], ndim: int, axis: int, side: int) -> NDArray[Any]:
    """A copy of the outermost layer on one side; that of a line is a line of one pixel."""
    index = (*[slice(None)] * axis, [side] if ndim == 1 else side)
    return array[index].copy()  # `take` copies the whole first


def _side_nodes(shape: tuple[int, ...], padding: int) -> dict[tuple[int, int], NDArray[np.int64]]:
    """The flat indices of the pixels of each layer, in a grid that is padded by so many."""
    strides, found = np.cumprod([1, *(length + 2 * padding for length in shape[:0:-1])])[::-1], {}
    for axis, side in itertools.product(range(len(shape)), (0, -1)):
        along = [(padding + np.arange(length)) * stride for length, stride in zip(shape, strides, strict=True)]
        nodes = functools.reduce(np.add.outer, [*along[:axis], along[axis][[side]], *along[axis + 1 :]])
        found[axis, side] = nodes if len(shape) == 1 else nodes.squeeze(axis)
    return found


def _plane(
    layers: Sequence[BoundaryLayer], tiles: NDArray[np.int64], grid: tuple[int, ...]
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """The codes and the values of all pixels on one side of a cut."""
    codes = [
        np.where(layer.labels > 0, layer.labels + (tile << _LABEL_BITS), 0)
        for layer, tile in zip(layers, tiles, strict=True)
    ]
    return _assemble(codes, grid), _assemble([layer.values for layer in layers], grid)


def _shifted(planes: Sequence[NDArray[Any]], step: tuple[int, ...]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The pixels of the first plane that have a neighbor one step away in the second, and those neighbors."""
    return neighbor_views(planes[0], step)[0], neighbor_views(planes[1], step)[1]


def _assemble(parts: Sequence[NDArray[Any]], grid: tuple[int, ...], axis: int = 0) -> NDArray[Any]:
    """Put parts together that lie on a grid, in raster order, from an axis on."""
    if axis == len(grid):
        return parts[0]
    size = len(parts) // grid[axis]
    rows = [_assemble(parts[i : i + size], grid, axis + 1) for i in range(0, len(parts), size)]
    return np.concatenate(rows, axis=axis)


def _ranks_before_lines(chunks: Chunks, counts: Sequence[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """How many components begin before each line of each tile, in raster order over the whole image."""
    grid = tuple(len(lengths) for lengths in chunks)
    edges = [np.cumsum([0, *lengths]) for lengths in chunks]
    ranks = np.empty((*(sum(lengths) for lengths in chunks[:-1]), grid[-1]), np.int64)
    slices = []
    for tile, index in enumerate(np.ndindex(grid)):
        lines = (slice(edge[i], edge[i + 1]) for edge, i in zip(edges[:-1], index[:-1], strict=True))
        slices.append((*lines, index[-1]))
        ranks[slices[-1]] = counts[tile].reshape(ranks[slices[-1]].shape)
    flat = ranks.reshape(-1)
    np.cumsum(flat, out=flat)
    return [ranks[own].reshape(-1) - counts[tile] for tile, own in enumerate(slices)]
