"""Regions that edges enclose: cores are joined over the seams, flood the gradient, then edge pixels choose a side.

Floods depend on an order of pixels, but not on what comes too late. How wide a halo must be, such that nothing
from beyond it can be in time for a pixel of the tile, is measured first.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import dask.array as da
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

import classicseg
from classicseg._core.image import Image, ValueRange, as_spacing
from classicseg._core.parts import as_part
from classicseg.extras.dask.boundary_edges import edge_marks
from classicseg.extras.dask.chunks import Chunked, bare, global_range, merged, tile_numbers
from classicseg.extras.dask.component_graph import any_values, equal_values, keep_marked, number_components
from classicseg.extras.dask.filters import Gradient
from classicseg.extras.dask.halos import over_halo, own_part, widened, with_halo
from classicseg.extras.dask.hysteresis import hysteresis
from classicseg.extras.dask.mirror import tiled_version_of
from classicseg.extras.dask.recompute import recompute_after, recomputed
from classicseg.extras.dask.region_sums import merge_sums, sums_of_tile, without_small
from classicseg.filters.erosion import farther_than
from classicseg.flooding.flood import flood
from classicseg.flooding.flood_states import UNDECIDED
from classicseg.labeling.components import connected_components
from classicseg.labeling.numbering import compact_labels
from classicseg.labeling.tile_merging import TileComponents, TileMask, components_of_tile, marked_components_at
from classicseg.regions.statistics import rank_regions
from classicseg.segmentation.boundary import as_boundary_settings, on_lines

_NOTE = """\
A `detector` is a name or an edge map in chunks. The labels are lazy, but for the areas and mean values of the
regions, and which of them touch: 24 bytes and more a region, which are found when the function is called, in four
passes, each of which finds the edges again. Tiles overlap by as much as the floods need, which is measured first.
"""
_FIRST_REACH = 8


@tiled_version_of(classicseg.boundary_segment, _NOTE)
def boundary_segment(
    parsed: Chunked,
    *,
    detector: Any,
    sigma: Any,
    low: Any,
    high: Any,
    max_gap: Any,
    min_area: Any,
    keep_lines: Any,
    spacing: Any,
) -> da.Array:
    settings = as_boundary_settings(detector, sigma, low, high, max_gap, min_area, keep_lines)
    spacings, chunks = as_spacing(spacing, parsed.ndim), parsed.chunks
    span = global_range(parsed)
    edges = hysteresis(edge_marks(parsed, span, detector, settings, spacings))
    gradient = Gradient(span, spacings, "sobel", settings.edges.sigma)
    states = _states(parsed, edges, span, settings.max_gap, spacings)
    reach = _reach_of_floods(parsed, states, gradient)

    markers = number_components(bare(states).each(_patch_of_cores), chunks, 1, equal_values)
    if settings.max_gap > 0:
        later = recompute_after(parsed, markers)
        ranks = _ranks(later, markers, span)
        halo = tuple(reach + n for n in gradient.reach)
        free = recomputed(edges, markers)
        grown = over_halo(
            later, halo, _flood_free, markers, free, gradient=gradient, table=ranks, dtype=markers.dtype
        )
        markers = number_components(bare(grown).each(_patch_of_labels), chunks, 1, equal_values)
    later, halo = recompute_after(parsed, markers), (reach,) * parsed.ndim
    ranks = _ranks(later, markers, span)
    sides = over_halo(later, halo, _flood_edges, markers, span=span, table=ranks, dtype=markers.dtype)
    numbered = number_components(bare(sides).each(_patch_of_labels), chunks, 1, equal_values)
    labels = without_small(recompute_after(parsed, numbered), numbered, span, settings.min_area)
    if not settings.keep_lines:
        return labels
    lines = recomputed(edges, numbered)
    apart = over_halo(bare(labels), (1,) * parsed.ndim, _cut_lines, lines, dtype=labels.dtype)
    return number_components(bare(apart).each(_patch_of_labels), chunks, 1, equal_values)


def _states(
    parsed: Chunked, edges: da.Array, span: ValueRange, gap: float, spacing: tuple[float, ...]
) -> da.Array:
    """3 in cores, 2 in the rest of what is free, 1 where an edge pixel must choose, 0 where none takes part."""
    reach = tuple(math.ceil(gap / 2 / step) for step in spacing)
    find = partial(_far_of_tile, gap=gap, spacing=spacing)
    later = recompute_after(parsed, edges)
    far = over_halo(bare(edges), reach, find, dtype=bool)
    rooms = keep_marked(later.each(_rooms_of_tile, edges, far, span=span), parsed.chunks, 1, any_values)
    parts = keep_marked(later.each(_parts_of_tile, edges, span=span), parsed.chunks, 1, any_values)
    edges = recomputed(edges, rooms)
    far = over_halo(bare(edges), reach, find, dtype=bool)
    return recompute_after(parsed, rooms).each(
        _states_of_tile, edges, far, rooms, parts, span=span, dtype=np.uint8
    )


def _ranks(parsed: Chunked, markers: da.Array, span: ValueRange) -> NDArray[np.int64]:
    tiles = parsed.each(sums_of_tile, markers, span=span)
    return rank_regions(merged(tiles, merge_sums).table())


def _reach_of_floods(parsed: Chunked, states: da.Array, gradient: Gradient) -> int:
    """What is so far from a tile has no influence on its floods."""
    reach = _FIRST_REACH
    while True:
        wide, depth = with_halo(parsed, [reach + n for n in gradient.reach])
        others = widened(states, depth), tile_numbers(wide.chunks)
        tiles = wide.each(_reach_in_tile, *others, gradient=gradient, depth=depth, grid=wide.grid, reach=reach)
        needed: int = merged(tiles, max)
        if needed <= reach:
            return needed
        reach *= 2


def _far_of_tile(edges: NDArray[Any], mask: None, *, gap: float, spacing: tuple[float, ...]) -> NDArray[np.bool_]:
    return farther_than(np.ascontiguousarray(edges[..., 0]), gap / 2, spacing)


def _rooms_of_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    edges: NDArray[np.bool_],
    far: NDArray[np.bool_],
    *,
    span: ValueRange,
) -> TileMask:
    """The pieces of what is free, and which of them have a pixel far from edges."""
    free = as_part(values, span, mask=mask).mask_array() & ~edges
    return _held_where(free, far & free)


def _parts_of_tile(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, edges: NDArray[np.bool_], *, span: ValueRange
) -> TileMask:
    """The pieces of what takes part, and which of them have a free pixel."""
    inside = as_part(values, span, mask=mask).mask_array()
    return _held_where(inside, inside & ~edges)


def _held_where(whole: NDArray[np.bool_], marked: NDArray[np.bool_]) -> TileMask:
    pieces = connected_components(whole.view(np.uint8), 1)
    return marked_components_at(pieces, marked, pieces)


def _states_of_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    edges: NDArray[np.bool_],
    far: NDArray[np.bool_],
    rooms: NDArray[np.bool_],
    parts: NDArray[np.bool_],
    *,
    span: ValueRange,
) -> NDArray[np.uint8]:
    inside = as_part(values, span, mask=mask).mask_array()
    # What has no pixel far from edges, or none that is free, is a core as a whole.
    cores = np.where(edges, ~parts, far | ~rooms)
    return np.where(inside, np.where(cores, 3, np.where(edges, 1, 2)), 0).astype(np.uint8)


def _reach_in_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    states: NDArray[np.uint8],
    number: NDArray[np.int64],
    *,
    gradient: Gradient,
    depth: dict[int, int],
    grid: tuple[int, ...],
    reach: int,
) -> int:
    own, part = own_part(number, grid, depth), as_part(values, gradient.span, mask=mask)
    places = [slice(*place.indices(n)[:2]) for place, n in zip(own, states.shape, strict=True)]
    late = np.ones(states.shape, bool)
    late[tuple(slice(max(place.start - reach, 0), place.stop + reach) for place in places)] = False
    needed, inside, reached = 0, states > 0, (states > 1) & ~late
    while needed <= reach and not reached[own][inside[own]].all():
        reached, needed = ndimage.binary_dilation(reached, mask=inside), needed + 1
    if (states == 2).any():
        needed = max(needed, reach + int(_comes_in(part, gradient, states, late)[own].any()))
    return needed


def _comes_in(
    part: Image, gradient: Gradient, states: NDArray[np.uint8], late: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """What a flood from beyond the halo could reach, if it began before all others there, and won all ties."""
    markers = np.where(late, 2, states == 3).astype(np.int32) * (states > 1)
    domain = Image(np.zeros((*states.shape, 1), np.uint8), states > 1)
    return flood(gradient.lengths(part), markers, np.array([0, 1, 0]), domain, 1) == 2


def _patch_of_cores(states: NDArray[np.uint8], mask: None) -> TileComponents:
    cores = (states[..., 0] == 3).view(np.uint8)
    return components_of_tile(cores, cores, 1)


def _patch_of_labels(labels: NDArray[Any], mask: None) -> TileComponents:
    compact = compact_labels(labels[..., 0])[1].astype(np.int32)
    return components_of_tile(compact, labels[..., 0], 1)


def _flood_free(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    markers: NDArray[Any],
    edges: NDArray[np.bool_],
    *,
    gradient: Gradient,
    table: NDArray[np.int64],
) -> NDArray[Any]:
    part = as_part(values, gradient.span, mask=mask)
    free = Image(part.values, (part.mask_array() & ~edges) | (markers > 0))
    return _flooded(gradient.lengths(part), markers, free, table)


def _flood_edges(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    markers: NDArray[Any],
    *,
    span: ValueRange,
    table: NDArray[np.int64],
) -> NDArray[Any]:
    part = as_part(values, span, mask=mask)
    return _flooded(np.zeros(part.shape, np.uint8), markers, part, table)


def _flooded(levels: NDArray[Any], markers: NDArray[Any], image: Image, ranks: NDArray[np.int64]) -> NDArray[Any]:
    """Number 1 stands for all pixels that could not choose, the others move up."""
    names, compact = compact_labels(markers)
    sides = flood(levels, compact.astype(np.int32), np.append(0, ranks[names]), image, 1)
    numbers = np.append(0, names + 1).astype(markers.dtype)[np.maximum(sides, 0)]
    numbers[sides == UNDECIDED] = 1
    return numbers


def _cut_lines(labels: NDArray[Any], mask: None, edges: NDArray[np.bool_]) -> NDArray[Any]:
    regions = labels[..., 0]
    return np.where(on_lines(edges, regions), regions.dtype.type(0), regions)
