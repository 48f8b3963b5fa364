"""The task graph that merges the components of tiles. The number of its tasks grows as that of the tiles does.

    patch    of each tile: its components, as runs or as a mask, and the outermost layers of its pixels
    sides    of each tile: those layers alone
    facts    of each tile: what the join must know of its components
    cut      one for each plane between tiles, through the whole image: the pairs of components that touch
    join     one: which components are one, and their labels; small beside the image
    part     of each tile: what it must know of the join
    paint    of each tile: its pixels

Patches stay where they were made until the join is done; only sides, facts, pairs and parts travel.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

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
    BoundaryLayers,
    Chunks,
    Connects,
    Numbers,
    TileComponents,
    TileMask,
    join_numbers,
    merge_marked,
    number_table,
    paint_marked,
    pairs_at_cut,
)


class _Merge(NamedTuple):
    """A way to merge the components of tiles."""

    facts: str
    """The attribute of a patch that `join` needs of each tile."""
    join: Callable[..., Any]
    """Of the chunks, the facts of all tiles and the pairs at all cuts, what each tile must know to be painted."""
    paint: Callable[..., Any]
    """Of a patch, what it must know, and a dtype, the pixels of a tile."""


def number_components(patches: da.Array, chunks: Chunks, connectivity: int, connects: Connects) -> da.Array:
    """Number the components of the whole image by their first pixels; int64 where int32 may not do."""
    n_pixels = np.prod([sum(lengths) for lengths in chunks], dtype=object)
    merge = _Merge("counts", join_numbers, _paint_numbers)
    return _merged(patches, chunks, connectivity, connects, merge, np.int32 if n_pixels < 2**31 else np.int64)


def keep_marked(patches: da.Array, chunks: Chunks, connectivity: int, connects: Connects) -> da.Array:
    """Keep the components of the whole image that are marked in any tile."""
    merge = _Merge("marked", _merge_marked, _paint_marked)
    return _merged(patches, chunks, connectivity, connects, merge, bool)


def equal_values(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.bool_]:
    """Pixels connect where their values are equal."""
    return np.asarray(a == b)


def any_values(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.bool_]:
    """All pixels connect."""
    return np.ones(a.shape, bool)


def _merged(
    patches: da.Array,
    chunks: Chunks,
    connectivity: int,
    connects: Connects,
    merge: _Merge,
    dtype: type[np.generic] | type[bool],
) -> da.Array:
    """The graph."""
    patches = fused(patches)
    token = tokenize(patches.name, connectivity, connects, merge.facts)
    grid = tuple(len(lengths) for lengths in chunks)
    sides, facts, cut, joined, part, painted = (
        f"{task}-{token}" for task in ("sides", "facts", "cut", "join", "part", PAINT)
    )
    layer: dict[Any, Any] = {}
    painting: dict[Any, Any] = {}
    for number, tile in enumerate(np.ndindex(grid)):
        patch = (patches.name, *tile)
        layer[sides, *tile] = (operator.attrgetter("layers"), patch)
        layer[facts, *tile] = (operator.attrgetter(merge.facts), patch)
        layer[part, *tile] = (operator.itemgetter(number), joined)
        painting[painted, *tile] = (merge.paint, patch, (part, *tile), dtype)
    cuts = _cut_tasks(cut, sides, grid, connectivity, connects)
    layer.update(cuts)
    place = next_checkpoint()
    if place is not None and is_kept(place):
        layer[joined] = (partial(load, place, kind_of(merge.join)),)
    else:
        all_facts = [(facts, *tile) for tile in np.ndindex(grid)]
        layer[joined] = (partial(_join, merge.join, chunks, place), all_facts, list(cuts))
    graph = HighLevelGraph.from_collections(joined, layer, dependencies=[patches])
    graph = with_layer(graph, painted, painting, {joined, patches.name})
    return da.Array(graph, painted, chunks, dtype=np.dtype(dtype))


def _cut_tasks(
    cut: str, sides: str, grid: tuple[int, ...], connectivity: int, connects: Connects
) -> dict[Any, Any]:
    """A task for each plane between tiles, along each axis."""
    tiles, tasks = list(np.ndindex(grid)), {}
    numbers = np.arange(len(tiles)).reshape(grid)
    for axis, length in enumerate(grid):
        along = (*grid[:axis], *grid[axis + 1 :])
        for i in range(length - 1):
            pairs = np.stack([numbers.take(i + side, axis).ravel() for side in (0, 1)], axis=1)
            touching = partial(_touching, pairs, axis, along, connectivity, connects)
            tasks[cut, axis, i] = (touching, *([(sides, *tiles[number]) for number in side] for side in pairs.T))
    return tasks


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
    connects: Connects,
    above: list[BoundaryLayers],
    below: list[BoundaryLayers],
) -> NDArray[np.int64]:
    """The pairs of components that touch over a cut."""
    ends, starts = [layers[axis, -1] for layers in above], [layers[axis, 0] for layers in below]
    return pairs_at_cut(ends, starts, tiles, along, connectivity, connects)


def _join(
    join: Callable[..., Any], chunks: Chunks, place: Place | None, facts: list[Any], pairs: list[NDArray[np.int64]]
) -> list[Any]:
    """Join, and keep the result where there is a place for it."""
    joined = join(chunks, facts, pairs)
    return joined if place is None else save(place, joined)


def _merge_marked(
    chunks: Chunks, marked: list[NDArray[np.bool_]], pairs: list[NDArray[np.int64]]
) -> list[NDArray[np.bool_]]:
    """Merge as `merge_marked` does, which needs no chunks."""
    return merge_marked(marked, pairs)


def _paint_numbers(patch: TileComponents, numbers: Numbers, dtype: type[np.generic]) -> NDArray[Any]:
    """The pixels of a tile, each with the label of its component in the whole image."""
    with without_threads():
        return expand(patch.runs, number_table(patch.counts, numbers, dtype))


def _paint_marked(patch: TileMask, kept: NDArray[np.bool_], dtype: type[np.generic]) -> NDArray[np.bool_]:
    """The pixels of a tile that stay."""
    with without_threads():
        return paint_marked(patch, kept)
