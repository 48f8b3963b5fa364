"""Regions that edges enclose, in tiles: cores are joined over the seams, flood, and edge pixels choose a side.

A flood takes pixels in order, but a tile needs only the part of it that arrives in time. So the width of the halo
is measured first: as wide that no flood from beyond it arrives before the pixels of the tile are taken.
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
from classicseg.extras.dask.boundary_edges import edge_marks
from classicseg.extras.dask.chunks import Chunked, bare, global_range, merged, tile_numbers
from classicseg.extras.dask.component_graph import any_values, equal_values, keep_marked, number_components
from classicseg.extras.dask.filters import Gradient
from classicseg.extras.dask.halos import over_halo, own_part, widened, with_halo
from classicseg.extras.dask.hysteresis import hysteresis
from classicseg.extras.dask.mirror import tiled_version_of
from classicseg.extras.dask.parts import as_part, marked_components
from classicseg.extras.dask.recompute import recompute_after, recomputed
from classicseg.extras.dask.region_sums import merge_sums, sums_of_tile, without_small
from classicseg.filters.erosion import farther_than
from classicseg.flooding.flood import flood
from classicseg.flooding.flood_states import UNDECIDED
from classicseg.labeling.numbering import compact_labels
from classicseg.labeling.tile_merging import TileComponents, TileMask, components_of_tile
from classicseg.regions.statistics import rank_regions
from classicseg.segmentation.boundary import as_boundary_settings, on_lines

_NOTE = """\
A `detector` is a name or an edge map in chunks. The labels are lazy, but for the areas and mean values of the
regions, and which of them touch: 24 bytes and more a region, which are found when the function is called, in four
passes, each of which finds the edges again. Tiles overlap by as much as the floods need, which is measured first.
"""
_FIRST_HALO = 8


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
    value_range = global_range(parsed)
    edges = hysteresis(edge_marks(parsed, value_range, detector, settings, spacings))
    gradient = Gradient(value_range, spacings, "sobel", settings.edges.sigma)
    states = _states(parsed, edges, value_range, settings.max_gap, spacings)
    radius = _halo_of_floods(parsed, states, gradient)

    markers = number_components(bare(states).each(_patch_of_cores), chunks, 1, equal_values)
    if settings.max_gap > 0:
        later = recompute_after(parsed, markers)
        ranks = _ranks(later, markers, value_range)
        halo = tuple(radius + n for n in gradient.halo)
        free = recomputed(edges, markers)
        grown = over_halo(
            later, halo, _flood_free, markers, free, gradient=gradient, table=ranks, dtype=markers.dtype
        )
        markers = number_components(bare(grown).each(_patch_of_labels), chunks, 1, equal_values)
    later, halo = recompute_after(parsed, markers), (radius,) * parsed.ndim
    ranks = _ranks(later, markers, value_range)
    sides = over_halo(
        later, halo, _flood_edges, markers, value_range=value_range, table=ranks, dtype=markers.dtype
    )
    numbered = number_components(bare(sides).each(_patch_of_labels), chunks, 1, equal_values)
    labels = without_small(recompute_after(parsed, numbered), numbered, value_range, settings.min_area)
    if not settings.keep_lines:
        return labels
    lines = recomputed(edges, numbered)
    apart = over_halo(bare(labels), (1,) * parsed.ndim, _cut_lines, lines, dtype=labels.dtype)
    return number_components(bare(apart).each(_patch_of_labels), chunks, 1, equal_values)


def _states(
    parsed: Chunked, edges: da.Array, value_range: ValueRange, gap: float, spacing: tuple[float, ...]
) -> da.Array:
    """State of each pixel: 3 in a core, 2 elsewhere off the edges, 1 on an edge, 0 where it takes no part."""
    halo = tuple(math.ceil(gap / 2 / step) for step in spacing)
    find = partial(_far_of_tile, gap=gap, spacing=spacing)
    later = recompute_after(parsed, edges)
    far = over_halo(bare(edges), halo, find, dtype=bool)
    rooms = keep_marked(
        later.each(_rooms_of_tile, edges, far, value_range=value_range), parsed.chunks, 1, any_values
    )
    parts = keep_marked(later.each(_parts_of_tile, edges, value_range=value_range), parsed.chunks, 1, any_values)
    edges = recomputed(edges, rooms)
    far = over_halo(bare(edges), halo, find, dtype=bool)
    return recompute_after(parsed, rooms).each(
        _states_of_tile, edges, far, rooms, parts, value_range=value_range, dtype=np.uint8
    )


def _ranks(parsed: Chunked, markers: da.Array, value_range: ValueRange) -> NDArray[np.int64]:
    """The ranks of markers by the pixels that they cover in all tiles."""
    tiles = parsed.each(sums_of_tile, markers, span=value_range)
    return rank_regions(merged(tiles, merge_sums).table())


def _halo_of_floods(parsed: Chunked, states: da.Array, gradient: Gradient) -> int:
    """The halo that the floods need: pixels farther from a tile have no influence on it."""
    radius = _FIRST_HALO
    while True:
        wide, depth = with_halo(parsed, [radius + n for n in gradient.halo])
        others = widened(states, depth), tile_numbers(wide.chunks)
        tiles = wide.each(_halo_in_tile, *others, gradient=gradient, depth=depth, grid=wide.grid, radius=radius)
        needed: int = merged(tiles, max)
        if needed <= radius:
            return needed
        radius *= 2


def _far_of_tile(edges: NDArray[Any], mask: None, *, gap: float, spacing: tuple[float, ...]) -> NDArray[np.bool_]:
    """Mark the pixels that are farther from edges than half a gap."""
    return farther_than(np.ascontiguousarray(edges[..., 0]), gap / 2, spacing)


def _rooms_of_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    edges: NDArray[np.bool_],
    far: NDArray[np.bool_],
    *,
    value_range: ValueRange,
) -> TileMask:
    """The components of the pixels off the edges, and which of them have a pixel far from edges."""
    free = as_part(values, value_range, mask=mask).mask_array() & ~edges
    return marked_components(free, far & free)


def _parts_of_tile(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, edges: NDArray[np.bool_], *, value_range: ValueRange
) -> TileMask:
    """The components of the pixels that take part, and which of them have a pixel off the edges."""
    inside = as_part(values, value_range, mask=mask).mask_array()
    return marked_components(inside, inside & ~edges)


def _states_of_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    edges: NDArray[np.bool_],
    far: NDArray[np.bool_],
    rooms: NDArray[np.bool_],
    parts: NDArray[np.bool_],
    *,
    value_range: ValueRange,
) -> NDArray[np.uint8]:
    """The states of the pixels of a tile."""
    inside = as_part(values, value_range, mask=mask).mask_array()
    # A component without a pixel far from edges, or without one off the edges, is a core as a whole.
    cores = np.where(edges, ~parts, far | ~rooms)
    return np.where(inside, np.where(cores, 3, np.where(edges, 1, 2)), 0).astype(np.uint8)


def _halo_in_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    states: NDArray[np.uint8],
    number: NDArray[np.int64],
    *,
    gradient: Gradient,
    depth: dict[int, int],
    grid: tuple[int, ...],
    radius: int,
) -> int:
    """The halo that the floods of one tile need, or more than `radius` where that is too little to tell."""
    own, part = own_part(number, grid, depth), as_part(values, gradient.value_range, mask=mask)
    slices = [slice(*inner.indices(n)[:2]) for inner, n in zip(own, states.shape, strict=True)]
    late = np.ones(states.shape, bool)
    late[tuple(slice(max(inner.start - radius, 0), inner.stop + radius) for inner in slices)] = False
    needed, inside, flooded = 0, states > 0, (states > 1) & ~late
    while needed <= radius and not flooded[own][inside[own]].all():
        flooded, needed = ndimage.binary_dilation(flooded, mask=inside), needed + 1
    if (states == 2).any():
        needed = max(needed, radius + int(_reached_from_beyond(part, gradient, states, late)[own].any()))
    return needed


def _reached_from_beyond(
    part: Image, gradient: Gradient, states: NDArray[np.uint8], late: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """The pixels that a flood from beyond the halo could reach if it began before all others and won all ties."""
    markers = np.where(late, 2, states == 3).astype(np.int32) * (states > 1)
    domain = Image(np.zeros((*states.shape, 1), np.uint8), states > 1)
    return flood(gradient.magnitude(part), markers, np.array([0, 1, 0]), domain, 1) == 2


def _patch_of_cores(states: NDArray[np.uint8], mask: None) -> TileComponents:
    """The cores of a tile, to be joined over its seams."""
    cores = (states[..., 0] == 3).view(np.uint8)
    return components_of_tile(cores, cores, 1)


def _patch_of_labels(labels: NDArray[Any], mask: None) -> TileComponents:
    """The regions of a tile, to be numbered over all tiles."""
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
    """Flood the gradient from the cores, up to the edges."""
    part = as_part(values, gradient.value_range, mask=mask)
    free = Image(part.values, (part.mask_array() & ~edges) | (markers > 0))
    return _flooded(gradient.magnitude(part), markers, free, table)


def _flood_edges(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    markers: NDArray[Any],
    *,
    value_range: ValueRange,
    table: NDArray[np.int64],
) -> NDArray[Any]:
    """Flood the edge pixels from both sides."""
    part = as_part(values, value_range, mask=mask)
    return _flooded(np.zeros(part.shape, np.uint8), markers, part, table)


def _flooded(levels: NDArray[Any], markers: NDArray[Any], image: Image, ranks: NDArray[np.int64]) -> NDArray[Any]:
    """Flood from markers; 1 stands for all pixels that could not choose, and the markers' numbers grow by 1."""
    labels, compact = compact_labels(markers)
    sides = flood(levels, compact.astype(np.int32), np.append(0, ranks[labels]), image, 1)
    numbers = np.append(0, labels + 1).astype(markers.dtype)[np.maximum(sides, 0)]
    numbers[sides == UNDECIDED] = 1
    return numbers


def _cut_lines(labels: NDArray[Any], mask: None, edges: NDArray[np.bool_]) -> NDArray[Any]:
    """Take edge pixels between two regions from both."""
    regions = labels[..., 0]
    return np.where(on_lines(edges, regions), regions.dtype.type(0), regions)
