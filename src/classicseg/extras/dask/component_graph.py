"""The graph that joins the pieces of tiles: a number of tasks that grows as the tiles do.

    patch    of each tile: its pieces, as runs, and the outermost layers of its pixels
    sides    of each tile: those layers alone, and what the join must know of the tile
    cut      one for each plane between tiles, through the whole image: the pairs of pieces that touch
    join     one: which pieces are one, and their numbers; small beside the image
    part     of each tile: what it must know of the join
    paint    of each tile: its pixels

Patches stay where they were made until the join is done; only sides, pairs and parts travel.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import dask.array as da
import numpy as np
from dask.base import tokenize
from dask.highlevelgraph import HighLevelGraph, MaterializedLayer
from numpy.typing import NDArray

from classicseg._core.bands import without_threads
from classicseg.extras.dask.checkpoints import Place, is_kept, kind_of, load, next_checkpoint, save
from classicseg.extras.dask.fusing import PAINT, fused
from classicseg.labeling.run_lengths import expand
from classicseg.labeling.tile_merging import (
    Chunks,
    Connects,
    Faces,
    Numbers,
    TileComponents,
    TileMask,
    join_numbers,
    merge_marked,
    number_table,
    paint_marked,
    pairs_at_cut,
)


def number_components(patches: da.Array, chunks: Chunks, connectivity: int, near: Connects) -> da.Array:
    """Give the pieces of the whole image their numbers, by their first pixels; int64 where int32 may not do."""
    n_pixels = np.prod([sum(lengths) for lengths in chunks], dtype=object)
    dtype = np.int32 if n_pixels < 2**31 else np.int64
    return _joined(patches, chunks, connectivity, near, "counts", join_numbers, _paint_numbers, dtype)


def keep_marked(patches: da.Array, chunks: Chunks, connectivity: int, near: Connects) -> da.Array:
    """Mark the pieces of the whole image that are held in any tile."""
    return _joined(patches, chunks, connectivity, near, "held", _join_held, _paint_held, bool)


def equal_values(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(one == other)


def any_values(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    return np.ones(one.shape, bool)


def _joined(
    patches: da.Array,
    chunks: Chunks,
    connectivity: int,
    near: Connects,
    known: str,
    join: Callable[..., Any],
    paint: Callable[..., Any],
    dtype: type[np.generic] | type[bool],
) -> da.Array:
    patches = fused(patches)
    token = tokenize(patches.name, connectivity, near, known)
    grid = tuple(len(lengths) for lengths in chunks)
    tiles = list(np.ndindex(grid))
    faces, facts, cut, joined, part, painted = (
        f"{step}-{token}" for step in ("sides", "facts", "cut", "join", "part", PAINT)
    )
    layer: dict[Any, Any] = {}
    painting: dict[Any, Any] = {}
    for tile in tiles:
        source = (patches.name, *tile)
        layer[faces, *tile] = (operator.attrgetter("faces"), source)
        layer[facts, *tile] = (operator.attrgetter(known), source)
        layer[part, *tile] = (operator.itemgetter(int(np.ravel_multi_index(tile, grid))), joined)
        painting[painted, *tile] = (paint, source, (part, *tile), dtype)
    numbers = np.arange(len(tiles)).reshape(grid)
    cuts = []
    for axis, length in enumerate(grid):
        along = (*grid[:axis], *grid[axis + 1 :])
        for i in range(length - 1):
            pairs = np.stack([numbers.take(i + side, axis).ravel() for side in (0, 1)], axis=1)
            touching = partial(_touching, pairs, axis, along, connectivity, near)
            cuts.append((cut, axis, i))
            layer[cuts[-1]] = (touching, *([(faces, *tiles[number]) for number in side] for side in pairs.T))
    found = next_checkpoint()
    if found is not None and is_kept(found):
        layer[joined] = (partial(load, found, kind_of(join)),)
    else:
        layer[joined] = (partial(_join, join, chunks, found), [(facts, *tile) for tile in tiles], cuts)
    graph = HighLevelGraph.from_collections(joined, layer, dependencies=[patches])
    graph = with_layer(graph, painted, painting, {joined, patches.name})
    return da.Array(graph, painted, chunks, dtype=np.dtype(dtype))


def with_layer(graph: HighLevelGraph, name: str, layer: dict[Any, Any], needed: set[str]) -> HighLevelGraph:
    """A graph with one more layer, which needs others by name."""
    layers = {**graph.layers, name: MaterializedLayer(layer)}
    return HighLevelGraph(layers, {**graph.dependencies, name: needed})


def join_of(painted: da.Array) -> str:
    """The task that must be done before any pixel is painted; the layer has the same name."""
    return next(name for name in painted.dask.dependencies[painted.name] if name.startswith("join-"))


def _touching(
    tiles: NDArray[np.int64],
    axis: int,
    along: tuple[int, ...],
    connectivity: int,
    near: Connects,
    above: list[Faces],
    below: list[Faces],
) -> NDArray[np.int64]:
    ends, starts = [faces[axis, -1] for faces in above], [faces[axis, 0] for faces in below]
    return pairs_at_cut(ends, starts, tiles, along, connectivity, near)


def _join(
    join: Callable[..., Any], chunks: Chunks, found: Place | None, facts: list[Any], pairs: list[NDArray[np.int64]]
) -> list[Any]:
    joined = join(chunks, facts, pairs)
    return joined if found is None else save(found, joined)


def _join_held(
    chunks: Chunks, held: list[NDArray[np.bool_]], pairs: list[NDArray[np.int64]]
) -> list[NDArray[np.bool_]]:
    return merge_marked(held, pairs)


def _paint_numbers(patch: TileComponents, numbers: Numbers, dtype: type[np.generic]) -> NDArray[Any]:
    with without_threads():
        return expand(patch.pieces, number_table(patch.counts, numbers, dtype))


def _paint_held(patch: TileMask, kept: NDArray[np.bool_], dtype: type[np.generic]) -> NDArray[np.bool_]:
    with without_threads():
        return paint_marked(patch, kept)
