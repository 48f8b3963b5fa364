"""The image as a graph: padded grids with flat neighbor offsets, union-find, and regions with their neighbors.

A grid is padded by one pixel that belongs to nothing. Neighbors are then flat offsets, the border needs no
test, and one loop serves every number of dimensions.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from classicseg._core.bands import run_aside, run_bands
from classicseg._core.histogram import whole_levels
from classicseg._core.image import Image
from classicseg._core.kernel import kernel

_MEAN_BITS = 24
"""Region means are taken of whole numbers of so many bits: their float64 sums are exact to 5e8 pixels."""


def pad(array: NDArray[Any], n_axes: int) -> NDArray[Any]:
    """Pad the first `n_axes` axes by one pixel of zeros."""
    return np.pad(array, [(1, 1)] * n_axes + [(0, 0)] * (array.ndim - n_axes))


def waiting_grid(image: Image) -> NDArray[np.int32]:
    """A flat padded grid of labels: 0 where a pixel waits for one, -1 where none takes part."""
    return pad(image.inside(), len(image.shape)).ravel().astype(np.int32) - 1


def interior(padded: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Undo `pad`, from a flat array."""
    grid = padded.reshape([length + 2 for length in shape])
    return np.ascontiguousarray(grid[(slice(1, -1),) * len(shape)])


def padded_strides(shape: tuple[int, ...]) -> NDArray[np.int64]:
    """How far a step along each axis leads in a flat padded grid."""
    return np.cumprod([1, *(length + 2 for length in shape[:0:-1])], dtype=np.int64)[::-1].copy()


def interior_nodes(shape: tuple[int, ...]) -> NDArray[np.int64]:
    """The flat index in the padded grid of each pixel."""
    padded = tuple(length + 2 for length in shape)
    return np.arange(np.prod(padded)).reshape(padded)[(slice(1, -1),) * len(shape)].ravel()


def neighbor_offsets(shape: tuple[int, ...], connectivity: int) -> NDArray[np.int64]:
    """Flat offsets to the neighbors in a padded grid, ascending.

    Two pixels are neighbors where no coordinate differs by more than 1 and at most `connectivity` differ.
    """
    steps = itertools.product((-1, 0, 1), repeat=len(shape))
    near = [step for step in steps if 0 < np.count_nonzero(step) <= connectivity]
    return np.sort(np.array(near, dtype=np.int64) @ padded_strides(shape))


def components(grid: NDArray[np.int32], shape: tuple[int, ...], connectivity: int) -> NDArray[np.int32]:
    """Label the connected pieces of equal label in a flat padded grid, by first pixel; 0 stays 0."""
    offsets = neighbor_offsets(shape, connectivity)
    parents = np.arange(grid.size, dtype=np.int64)
    run_bands(_join, grid.size, 1, grid, parents, offsets[offsets < 0], whole=True)
    pieces = np.zeros(grid.size, np.int32)
    run_bands(_number, grid.size, 1, grid, parents, pieces, np.zeros(1, np.int64), whole=True)
    return pieces


def merge_small_regions(
    labels: NDArray[np.int32], values: NDArray[Any], min_area: int | None, connectivity: int
) -> NDArray[np.int32]:
    """Join each region of fewer than `min_area` pixels to the neighbor most like it in mean value.

    None stands for a thousandth of the labeled pixels.

    In rounds: all small regions choose at once, by what turns with the image (the least distance of the means,
    then the darker mean, then the larger area). One that cannot choose between equals waits a round, and stays
    where nothing changes any more. Labels 1 … n come back in no particular order.
    """
    if min_area is None:
        min_area = int(np.count_nonzero(labels)) // 1000
    n_regions = int(labels.max(initial=0))
    if min_area <= 1 or n_regions <= 1:
        return labels
    areas = np.bincount(labels.ravel(), minlength=n_regions + 1)
    sums = region_sums(labels, values, n_regions)
    pairs = adjacent_pairs(labels, connectivity)
    region = np.arange(n_regions + 1)
    while (chosen := _choices(areas, sums, pairs, min_area)).size:
        joined = _connected(chosen, len(areas))
        region = joined[region]
        areas = np.bincount(joined, weights=areas).astype(np.int64)
        sums = np.stack([np.bincount(joined, weights=column) for column in sums.T], axis=1)
        pairs = _distinct_pairs(*joined[pairs].T)
    return region.astype(np.int32)[labels]


def region_sums(labels: NDArray[np.int32], values: NDArray[Any], n_regions: int) -> NDArray[np.float64]:
    """Sum the values of each label 0 … n_regions, (n_regions + 1, channels), the same in any order of pixels.

    They count in whole steps from the least value that has a label.
    """
    levels = whole_levels(values, labels > 0, _MEAN_BITS).reshape(-1, values.shape[-1])
    columns = [np.bincount(labels.ravel(), weights=column, minlength=n_regions + 1) for column in levels.T]
    return np.stack(columns, axis=1)


def adjacent_pairs(labels: NDArray[np.int32], connectivity: int) -> NDArray[np.int64]:
    """The pairs of different positive labels that are neighbors, (n, 2), smaller first, each once."""
    grid = pad(labels, labels.ndim).ravel().astype(np.int64)
    found = []
    for offset in neighbor_offsets(labels.shape, connectivity):
        if offset > 0:
            one, other = grid[:-offset], grid[offset:]
            touch = (one != other) & (one > 0) & (other > 0)
            found.append(_distinct_pairs(one[touch], other[touch]))
    return _distinct_pairs(*np.concatenate(found).T)


def _distinct_pairs(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """The pairs of different labels, (n, 2), smaller first, each once, in ascending order."""
    low, high = np.minimum(one, other), np.maximum(one, other)
    codes = run_aside(np.unique, (low << 32 | high)[low < high])
    return np.stack([codes >> 32, codes & 0xFFFFFFFF], axis=1)


def _choices(
    areas: NDArray[np.int64], sums: NDArray[np.float64], pairs: NDArray[np.int64], min_area: int
) -> NDArray[np.int64]:
    """The pairs (small region, the one neighbor that it joins)."""
    both = np.concatenate([pairs, pairs[:, ::-1]])
    both = both[areas[both[:, 0]] < min_area]
    if not both.size:
        return both
    means = sums / np.maximum(areas, 1)[:, np.newaxis]
    small, other = both.T
    distance = ((means[small] - means[other]) ** 2).sum(axis=1)
    keys = (-areas[other], *means[other].T[::-1], means[other].sum(axis=1), distance, small)
    order = run_aside(np.lexsort, keys)
    both = both[order]
    first = np.r_[True, both[1:, 0] != both[:-1, 0]]
    same = np.logical_and.reduce([key[order][1:] == key[order][:-1] for key in keys])
    undecided = np.r_[same, False]
    return both[first & ~undecided]


def _connected(pairs: NDArray[np.int64], n_nodes: int) -> NDArray[np.int64]:
    """The component of each node, numbered by its first node: node 0, alone, stays 0."""
    edges = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(n_nodes, n_nodes))
    component = connected_components(edges, directed=False)[1]
    _, first = np.unique(component, return_index=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[component]


def _join_numpy(
    grid: NDArray[np.int32], parents: NDArray[np.int64], offsets: NDArray[np.int64], start: int, stop: int
) -> None:
    nodes = start + np.flatnonzero(grid[start:stop])
    edges = [np.stack([np.arange(len(parents)), parents])]
    for offset in offsets:
        linked = nodes[grid[nodes] == grid[nodes + offset]]
        edges.append(np.stack([linked, linked + offset]))
    one, other = np.concatenate(edges, axis=1)
    links = coo_array((np.ones(len(one), bool), (one, other)), shape=(len(parents),) * 2)
    component = connected_components(links, directed=False)[1]
    _, first, component = np.unique(component, return_index=True, return_inverse=True)
    parents[:] = first[component.ravel()]


@kernel(numpy=_join_numpy)
def _join(
    grid: NDArray[np.int32], parents: NDArray[np.int64], offsets: NDArray[np.int64], start: int, stop: int
) -> None:
    for node in range(start, stop):
        if grid[node] == 0:
            continue
        for offset in offsets:
            if grid[node + offset] == grid[node]:
                one, other = _root(parents, node), _root(parents, node + offset)
                parents[max(one, other)] = min(one, other)


@kernel()
def _root(parents: NDArray[np.int64], node: int) -> int:
    while parents[node] != node:
        parents[node] = parents[parents[node]]
        node = parents[node]
    return node


def _number_numpy(
    grid: NDArray[np.int32],
    parents: NDArray[np.int64],
    pieces: NDArray[np.int32],
    last: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    nodes = start + np.flatnonzero(grid[start:stop])
    roots = nodes[parents[nodes] == nodes]
    pieces[roots] = last[0] + 1 + np.arange(len(roots))
    last[0] += len(roots)
    above = parents[nodes]
    while (parents[above] != above).any():
        above = parents[above]
    pieces[nodes] = pieces[above]


@kernel(numpy=_number_numpy)
def _number(
    grid: NDArray[np.int32],
    parents: NDArray[np.int64],
    pieces: NDArray[np.int32],
    last: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    for node in range(start, stop):
        if grid[node] == 0:
            continue
        if parents[node] == node:  # a root is the first pixel of its piece
            last[0] += 1
            pieces[node] = last[0]
        else:
            pieces[node] = pieces[_root(parents, node)]
