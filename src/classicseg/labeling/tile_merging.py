"""From the pieces of tiles to the pieces of the whole image.

Each tile numbers its own pieces 1, 2, … and hands on the outermost layer of pixels on each of its sides. Where the
image is cut between two tiles it is cut from border to border: the layers of all tiles along the cut make two
planes, and which pieces touch is seen by comparing these, shifted against each other where corners connect. What
touches is joined by union-find. So a cut costs its pixels, and nothing is done for pairs of tiles.

A piece is known by a code of 64 bits: the number of its tile in raster order, then its own.
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
from classicseg.labeling.reconstruction import KEPT, VISITED, hysteresis, reach_weak
from classicseg.labeling.run_lengths import RunLengths, begins_on_lines, labels_at
from classicseg.labeling.union_find import component_numbers

Chunks: TypeAlias = tuple[tuple[int, ...], ...]
"""The lengths of the tiles along each axis."""

Connects: TypeAlias = Callable[[NDArray[Any], NDArray[Any]], NDArray[np.bool_]]
"""Whether pixels on the two sides of a cut are one piece, by the keys that their faces bring."""

_LABEL_BITS = 32


class BoundaryLayer(NamedTuple):
    """The outermost layer of pixels on one side of a tile."""

    labels: NDArray[np.int32]
    keys: NDArray[Any]
    """What decides whether pixels that touch are one piece; may have a further axis."""


Faces: TypeAlias = dict[tuple[int, int], BoundaryLayer]
"""Those on both sides, 0 and -1, of each axis."""


class TileComponents(NamedTuple):
    """The pieces of a tile, all of which get a number."""

    pieces: RunLengths
    """Numbered 1, 2, … by their first pixel."""
    counts: NDArray[np.int64]
    """How many pieces begin on each line along the last axis."""
    faces: Faces


class TileMask(NamedTuple):
    """The pieces of a tile, those of which stay that are held, here or in another tile."""

    sure: NDArray[np.uint8]
    """The pixels of those that are held here, in bits."""
    places: NDArray[np.int64]
    """(n,), the flat indices of the pixels of those that are not, and reach a side, …"""
    names: NDArray[np.int32]
    """… and their own numbers, from 1."""
    held: NDArray[np.bool_]
    """Which of the pieces 1, 2, … that reach a side are held here."""
    faces: Faces
    shape: tuple[int, ...]


class Numbers(NamedTuple):
    """What turns the own numbers of a tile's pieces into those of the whole image."""

    bases: NDArray[np.int64]
    """For each line of the tile along its last axis: the pieces of the image that begin before the line does."""
    joined: NDArray[np.int64]
    """The pieces that begin in an earlier part of the image, ascending, …"""
    numbers: NDArray[np.int64]
    """… and their numbers there."""


def components_of_tile(labels: NDArray[Any], keys: NDArray[Any], connectivity: int) -> TileComponents:
    """What is kept of the pieces of equal label in a tile."""
    pieces, faces = connected_runs(labels, connectivity), {}
    for (axis, side), nodes in _side_nodes(labels.shape, 0).items():
        faces[axis, side] = BoundaryLayer(labels_at(pieces, nodes), _layer(keys, labels.ndim, axis, side))
    return TileComponents(pieces, begins_on_lines(pieces), faces)


def marked_components(pieces: NDArray[np.int32], held: NDArray[np.bool_], keys: NDArray[Any]) -> TileMask:
    """What is kept of a tile's pieces, and which of them are held in it."""
    faces = faces_of(pieces, keys)
    outside = np.zeros(len(held), bool)
    for face in faces.values():
        outside[face.labels] = True
    outside[0] = False
    names = np.cumsum(outside, dtype=np.int32) * outside
    renamed = {side: face._replace(labels=names[face.labels]) for side, face in faces.items()}
    unsure = (names * ~held)[pieces].reshape(-1)
    places = np.flatnonzero(unsure)
    return TileMask(np.packbits(held[pieces]), places, unsure[places], held[outside], renamed, pieces.shape)


def marked_components_at(pieces: NDArray[np.int32], places: Any, keys: NDArray[Any]) -> TileMask:
    """The same, where those are held that have one of some pixels: an index, or a mask."""
    held = np.zeros(int(pieces.max()) + 1, bool)
    held[pieces[places]] = True
    return marked_components(pieces, held, keys)


def hysteresis_of_tile(marks: NDArray[np.uint8]) -> TileMask:
    """The same for pieces, connected also over corners, of what is weak (1), held by what is strong (2).

    What is held goes by one number on the sides, and of the rest only what reaches a side is looked at.
    """
    shape, grid = marks.shape, np.pad(marks, 1)
    kept = hysteresis(grid)
    flat, sides = grid.reshape(-1), _side_nodes(shape, 1)
    every = np.concatenate([nodes.reshape(-1) for nodes in sides.values()])
    found, names = reach_weak(flat, every, neighbor_offsets(shape, marks.ndim))
    order, n_names, faces = np.argsort(found), int(names.max(initial=0)), {}
    for side, nodes in sides.items():
        labels = np.where(flat[nodes] == KEPT, np.int32(n_names + 1), np.int32(0))
        reached = flat[nodes] == VISITED
        labels[reached] = names[order][np.searchsorted(found, nodes[reached], sorter=order)]
        faces[side] = BoundaryLayer(labels, labels)
    places = np.ravel_multi_index([i - 1 for i in np.unravel_index(found, grid.shape)], shape)
    held = np.append(np.zeros(n_names, bool), True)
    return TileMask(np.packbits(kept), places, names, held, faces, shape)


def paint_marked(patch: TileMask, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels of a tile that stay, where it is known which of the pieces that reach others are held."""
    pixels = np.unpackbits(patch.sure, count=math.prod(patch.shape)).view(bool)
    pixels[patch.places[kept[patch.names - 1]]] = True
    return pixels.reshape(patch.shape)


def faces_of(labels: NDArray[Any], keys: NDArray[Any]) -> Faces:
    """The layers on both sides of each axis; those of a line are lines of one pixel."""
    sides = itertools.product(range(labels.ndim), (0, -1))
    return {
        place: BoundaryLayer(_layer(labels, labels.ndim, *place), _layer(keys, labels.ndim, *place))
        for place in sides
    }


def pairs_at_cut(
    above: Sequence[BoundaryLayer],
    below: Sequence[BoundaryLayer],
    tiles: NDArray[np.int64],
    grid: tuple[int, ...],
    connectivity: int,
    near: Connects,
) -> NDArray[np.int64]:
    """The codes of the pieces that touch over a cut, (n, 2), most pairs once.

    `above` and `below` are the faces on its two sides, in raster order over `grid`, the tiles along the cut;
    `tiles`, (n, 2), the numbers of each two.
    """
    (one, one_keys), (other, other_keys) = _plane(above, tiles[:, 0], grid), _plane(below, tiles[:, 1], grid)
    found = [np.empty((0, 2), np.int64)]
    for step in itertools.product((-1, 0, 1), repeat=one.ndim):
        if np.count_nonzero(step) >= connectivity:
            continue
        here, there = neighbor_views(one, step)[0], neighbor_views(other, step)[1]
        touch = (here > 0) & (there > 0)
        touch &= near(neighbor_views(one_keys, step)[0], neighbor_views(other_keys, step)[1])
        pairs = np.stack([here[touch], there[touch]], axis=1)
        found.append(pairs[np.append(True, (pairs[1:] != pairs[:-1]).any(axis=1))[: len(pairs)]])
    return np.concatenate(found)


def join_numbers(
    chunks: Chunks, counts: Sequence[NDArray[np.int64]], pairs: Iterable[NDArray[np.int64]]
) -> list[Numbers]:
    """Number the pieces of the whole image 1 … n by their first pixel.

    `counts` are those of `begins_on_lines` in each tile. Before anything is joined, pieces are ranked over the
    whole image in the order of their first pixels, for which the counts of all lines are enough. Of pieces that
    are one the first lends its number; the others give up their rank.
    """
    before = _ranks_before_lines(chunks, counts)
    edges = np.concatenate([np.empty((0, 2), np.int64), *pairs])
    codes, places = np.unique(edges, return_inverse=True)
    bounds = np.searchsorted(codes, np.arange(len(counts) + 1) << _LABEL_BITS)
    labels = codes & (2**_LABEL_BITS - 1)
    ranks = np.empty(len(codes), np.int64)
    for tile, (start, stop) in enumerate(itertools.pairwise(bounds)):
        if start < stop:
            until = np.cumsum(counts[tile])
            lines = np.searchsorted(until, labels[start:stop] - 1, side="right")
            ranks[start:stop] = before[tile][lines] + labels[start:stop] - 1 - (until - counts[tile])[lines]
    piece = component_numbers(places.reshape(-1, 2).T, len(codes))
    first = np.full(piece.max(initial=-1) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, piece, ranks)
    joined = ranks > first[piece]
    given_up = np.sort(ranks[joined])
    numbers = first[piece] - np.searchsorted(given_up, first[piece]) + 1
    found = []
    for tile, (start, stop) in enumerate(itertools.pairwise(bounds)):
        own = slice(start, stop)
        bases = before[tile] - np.searchsorted(given_up, before[tile])
        found.append(Numbers(bases, labels[own][joined[own]], numbers[own][joined[own]]))
    return found


def number_table(counts: NDArray[np.int64], numbers: Numbers, dtype: type[np.generic]) -> NDArray[Any]:
    """The number in the whole image of each piece of a tile; 0 stays 0."""
    kept = np.ones(int(counts.sum()) + 1, np.int64)
    kept[0] = kept[numbers.joined] = 0
    ranks = np.cumsum(kept)
    starts = np.cumsum(counts) - counts
    table = ranks.copy()
    table[1:] += np.repeat(numbers.bases - ranks[starts], counts)
    table[numbers.joined] = numbers.numbers
    return table.astype(dtype)


def merge_marked(held: Sequence[NDArray[np.bool_]], pairs: Iterable[NDArray[np.int64]]) -> list[NDArray[np.bool_]]:
    """Say for the pieces 1, 2, … of each tile whether the piece of the whole that they are part of is held."""
    starts = np.cumsum([0, *map(len, held)])
    edges = np.concatenate([np.empty((0, 2), np.int64), *pairs])
    nodes = starts[edges >> _LABEL_BITS] + (edges & (2**_LABEL_BITS - 1)) - 1
    piece = component_numbers(nodes.T, int(starts[-1]))
    whole = np.zeros(piece.max(initial=-1) + 1, bool)
    whole[piece[np.concatenate(held)]] = True
    return np.split(whole[piece], starts[1:-1])


def _layer(array: NDArray[Any], ndim: int, axis: int, side: int) -> NDArray[Any]:
    """A copy of the outermost layer on one side; that of a line is a line of one pixel."""
    place = (*[slice(None)] * axis, [side] if ndim == 1 else side)
    return array[place].copy()  # `take` copies the whole first


def _side_nodes(shape: tuple[int, ...], padding: int) -> dict[tuple[int, int], NDArray[np.int64]]:
    """The flat indices of the pixels of each face, in a grid that is padded by so many."""
    strides, found = np.cumprod([1, *(length + 2 * padding for length in shape[:0:-1])])[::-1], {}
    for axis, side in itertools.product(range(len(shape)), (0, -1)):
        along = [(padding + np.arange(length)) * stride for length, stride in zip(shape, strides, strict=True)]
        nodes = functools.reduce(np.add.outer, [*along[:axis], along[axis][[side]], *along[axis + 1 :]])
        found[axis, side] = nodes if len(shape) == 1 else nodes.squeeze(axis)
    return found


def _plane(
    faces: Sequence[BoundaryLayer], tiles: NDArray[np.int64], grid: tuple[int, ...]
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """The codes and the keys of all pixels on one side of a cut."""
    codes = [
        np.where(face.labels > 0, face.labels + (tile << _LABEL_BITS), 0)
        for face, tile in zip(faces, tiles, strict=True)
    ]
    return _assemble(codes, grid), _assemble([face.keys for face in faces], grid)


def _assemble(parts: Sequence[NDArray[Any]], grid: tuple[int, ...], axis: int = 0) -> NDArray[Any]:
    """Put parts together that lie on a grid, in raster order, from an axis on."""
    if axis == len(grid):
        return parts[0]
    size = len(parts) // grid[axis]
    rows = [_assemble(parts[i : i + size], grid, axis + 1) for i in range(0, len(parts), size)]
    return np.concatenate(rows, axis=axis)


def _ranks_before_lines(chunks: Chunks, counts: Sequence[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """How many pieces begin before each line of each tile, in raster order over the whole image."""
    grid = tuple(len(lengths) for lengths in chunks)
    edges = [np.cumsum([0, *lengths]) for lengths in chunks]
    ranks = np.empty((*(sum(lengths) for lengths in chunks[:-1]), grid[-1]), np.int64)
    places = []
    for tile, index in enumerate(np.ndindex(grid)):
        lines = (slice(edge[i], edge[i + 1]) for edge, i in zip(edges[:-1], index[:-1], strict=True))
        places.append((*lines, index[-1]))
        ranks[places[-1]] = counts[tile].reshape(ranks[places[-1]].shape)
    flat = ranks.reshape(-1)
    np.cumsum(flat, out=flat)
    return [ranks[place].reshape(-1) - counts[tile] for tile, place in enumerate(places)]
