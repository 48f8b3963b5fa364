"""Regions that edges enclose: what is free of edges is joined over the seams, then edge pixels choose a side.

How far into the edges the sides reach is measured first; so wide are the halos in which edge pixels choose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import dask.array as da
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

import classicseg
from classicseg._core.components import connected_pieces
from classicseg._core.flood import UNDECIDED, flood
from classicseg._core.graph import merge_small, touching_codes
from classicseg._core.image import Image, Span, as_part, as_spacing, luminance
from classicseg._core.labels import compact_labels
from classicseg._core.merging import LOW
from classicseg._core.region_sums import RegionSums, ends_of_values, rank_regions, steps_within, sums_in_steps
from classicseg._core.seams import HeldPatch, Patch, held_patch_of, patch_of
from classicseg.extras.dask.again import read_again, repainted
from classicseg.extras.dask.chunks import (
    Chunked,
    as_layer,
    merged,
    settled_span,
    span_of_luminance,
    tile_numbers,
)
from classicseg.extras.dask.edges import Ridges, crests_of_tiles, otsu_of_heights, steepness_of
from classicseg.extras.dask.filters import Gradient
from classicseg.extras.dask.halos import inner_of, over_halo, widened, with_halo
from classicseg.extras.dask.hysteresis import keep_from_strong
from classicseg.extras.dask.pieces import any_key, keep_held, number_patches, same_key
from classicseg.extras.dask.twins import refuse, twin_of
from classicseg.filters.crests import grade
from classicseg.filters.edge_threshold import LevelCounts, count_levels, merge_levels, otsu_of_levels
from classicseg.filters.smoothing import reach_of
from classicseg.filters.zero_crossings import crossing_heights
from classicseg.segmentation.boundary import BoundarySettings, as_boundary_settings, on_lines

_NOTE = """\
With `max_gap` 0, and a `detector` that is a name or an edge map in chunks. The labels are lazy, but for the areas
and mean values of the regions, and which of them touch: 24 bytes and more a region, which are found when the
function is called. That takes three passes, each of which finds the edges again.
"""
_FLOOD = "what leads from a region's core to the edges is flooded in an order of all pixels"
_FIRST_REACH = 4


class Survey(NamedTuple):
    """What must be known of all regions before edge pixels choose one."""

    depth: int
    """So many steps lead from the free pixels to the last edge pixel."""
    cores: NDArray[Any]
    """The least and the greatest value in cores, …"""
    inside: NDArray[Any]
    """… and of all that take part."""


class NamedSums(NamedTuple):
    """The areas and sums of some regions, by their numbers in the whole image, and pairs of those that touch."""

    names: NDArray[np.int64]
    areas: NDArray[np.int64]
    sums: NDArray[np.float64]
    pairs: NDArray[np.int64]

    def table(self) -> RegionSums:
        """Those of all regions 0 … n, where these are all."""
        return RegionSums(np.append(0, self.areas), np.concatenate([np.zeros((1, self.sums.shape[1])), self.sums]))


@twin_of(classicseg.boundary_segment, _NOTE)
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
    refuse("boundary segmentation", {"max_gap": settings.max_gap}, {"max_gap": 0.0}, _FLOOD)
    spacings, chunks = as_spacing(spacing, parsed.ndim), parsed.chunks
    span = settled_span(parsed, extremes=settings.edges.sigma > 0)
    edges = keep_from_strong(_marks(parsed, span, detector, settings, spacings))
    # Cores are free pixels, and what edges or the mask enclose without one.
    parts = read_again(parsed, edges).each(_part_of_tile, edges, span=span)
    held = keep_held(parts, chunks, 1, any_key)
    later = read_again(parsed, held)
    states = later.each(_states_of_tile, repainted(edges, held), held, span=span, dtype=np.uint8)
    survey = _survey(later, states, span)

    markers = number_patches(_bare(states).each(_patch_of_cores), chunks, 1, same_key)
    steps = steps_within(survey.cores)
    later = read_again(parsed, markers)
    found = merged(later.each(_sums_of_tile, markers, span=span, steps=steps), _merge_sums)
    ranks = rank_regions(found.table())
    reach = (survey.depth,) * parsed.ndim
    sides = over_halo(later, reach, _flood_tile, markers, span=span, table=ranks, dtype=markers.dtype)
    numbered = number_patches(_bare(sides).each(_patch_of_labels), chunks, 1, same_key)
    later = read_again(parsed, numbered)
    labels = _without_small(later, numbered, span, steps_within(survey.inside), settings.min_area)
    if not settings.keep_lines:
        return labels
    reach = (1,) * parsed.ndim
    apart = over_halo(later, reach, _cut_lines, repainted(edges, numbered), labels, span=span, dtype=labels.dtype)
    return number_patches(_bare(apart).each(_patch_of_labels), chunks, 1, same_key)


def _bare(array: da.Array) -> Chunked:
    return Chunked(array, None, has_channels=False)


def _marks(
    parsed: Chunked, span: Span, detector: Any, settings: BoundarySettings, spacing: tuple[float, ...]
) -> da.Array:
    """What is weak and strong, for hysteresis."""
    if callable(detector):
        raise ValueError(
            f"detector is {detector!r} for boundary segmentation in tiles; expected a name, or an edge map in "
            "chunks, since a function gets the image as a whole"
        )
    if not isinstance(detector, str):
        given = as_layer("detector", detector, parsed, kinds="b", means="edge")
        return _bare(given).each(_mark_strong, dtype=np.uint8)
    sigma = settings.edges.sigma
    if detector == "sobel":
        steep = steepness_of(parsed, Gradient(span, spacing, "sobel", sigma))
        _, high = settings.thresholds(lambda: otsu_of_levels(*merged(steep.each(_count_steep), _merge_counts)))
        return steep.each(_mark_steep, high=high, dtype=np.uint8)
    if detector == "log":
        grey = span if parsed.n_channels == 1 else span_of_luminance(parsed, span)
        reach = tuple(2 + n for n in reach_of(sigma, spacing))
        crossings = partial(
            _crossings_of_tile, span=span, extremes=(grey.low, grey.high), spacing=spacing, sigma=sigma
        )
        heights = over_halo(parsed, reach, crossings, dtype=np.float64)
    else:
        heights = crests_of_tiles(parsed, Ridges(span, spacing, settings.edges))
    return _bare(heights).each(
        _grade, thresholds=settings.thresholds(lambda: otsu_of_heights(heights)), dtype=np.uint8
    )


def _survey(parsed: Chunked, states: da.Array, span: Span) -> Survey:
    reach = _FIRST_REACH
    while True:
        wide, depth = with_halo(parsed, (reach,) * parsed.ndim)
        others = widened(states, depth), tile_numbers(wide.chunks)
        tiles = wide.each(_survey_tile, *others, span=span, depth=depth, grid=wide.grid, reach=reach)
        survey: Survey = merged(tiles, _merge_surveys)
        if survey.depth <= reach:
            return survey
        reach *= 2


def _without_small(
    parsed: Chunked, labels: da.Array, span: Span, steps: tuple[float, float], min_area: int | None
) -> da.Array:
    """Regions of fewer pixels than `min_area` joined to their neighbors, and all numbered by their first pixel."""
    if min_area == 1:
        return labels
    wide, depth = with_halo(parsed, (1,) * parsed.ndim)
    others = widened(labels, depth), tile_numbers(wide.chunks)
    tiles = wide.each(_neighbors_of_tile, *others, span=span, steps=steps, depth=depth, grid=wide.grid)
    found: NamedSums = merged(tiles, _merge_sums)
    least = int(found.areas.sum()) // 1000 if min_area is None else min_area
    if least <= 1:
        return labels
    joined = merge_small(found.table(), found.pairs, least)
    first = np.full(len(joined), len(joined))
    np.minimum.at(first, joined, np.arange(len(joined)))
    table = np.unique(first[joined], return_inverse=True)[1].astype(labels.dtype)
    return _bare(labels).each(_renumber, table=table, dtype=labels.dtype)


def _mark_strong(edges: NDArray[Any], mask: None) -> NDArray[np.uint8]:
    return np.multiply(edges[..., 0], 2, dtype=np.uint8)


def _count_steep(steep: NDArray[Any], mask: None) -> tuple[LevelCounts, int]:
    return count_levels(np.nan_to_num(steep[..., 0])), int(np.sum(steep == 0))


def _merge_counts(parts: Sequence[tuple[LevelCounts, int]]) -> tuple[LevelCounts, int]:
    return merge_levels([levels for levels, _ in parts]), sum(n_flat for _, n_flat in parts)


def _mark_steep(steep: NDArray[Any], mask: None, *, high: float) -> NDArray[np.uint8]:
    return _mark_strong((steep >= high) & (steep > 0), None)


def _crossings_of_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    *,
    span: Span,
    extremes: tuple[float, float],
    spacing: tuple[float, ...],
    sigma: float,
) -> NDArray[Any]:
    grey = replace(luminance(as_part(values, span, mask=mask)), extremes=extremes)
    return crossing_heights(grey, spacing, sigma)


def _grade(heights: NDArray[Any], mask: None, *, thresholds: tuple[float, float]) -> NDArray[np.uint8]:
    grid = grade(heights[..., 0], *thresholds)
    return grid[(slice(1, -1),) * grid.ndim]


def _part_of_tile(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, edges: NDArray[np.bool_], *, span: Span
) -> HeldPatch:
    inside = as_part(values, span, mask=mask).inside()
    pieces = connected_pieces(inside.view(np.uint8), 1)
    held = np.zeros(int(pieces.max()) + 1, bool)
    held[pieces[inside & ~edges]] = True
    return held_patch_of(pieces, held, pieces)


def _states_of_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    edges: NDArray[np.bool_],
    held: NDArray[np.bool_],
    *,
    span: Span,
) -> NDArray[np.uint8]:
    """2 in cores, 1 where an edge pixel must choose, 0 where none takes part."""
    return np.where(as_part(values, span, mask=mask).inside(), 2 - (edges & held), 0).astype(np.uint8)


def _survey_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    states: NDArray[np.uint8],
    number: NDArray[np.int64],
    *,
    span: Span,
    depth: dict[int, int],
    grid: tuple[int, ...],
    reach: int,
) -> Survey:
    own = _own_part(number, grid, depth)
    n_steps, inside, reached = 0, states > 0, states == 2
    while n_steps <= reach and not reached[own][inside[own]].all():
        reached, n_steps = ndimage.binary_dilation(reached, mask=inside), n_steps + 1
    pixels, kinds = as_part(values, span, mask=mask).values[own], states[own]
    return Survey(n_steps, ends_of_values(kinds == 2, pixels), ends_of_values(kinds, pixels))


def _merge_surveys(parts: Sequence[Survey]) -> Survey:
    depths, cores, inside = zip(*parts, strict=True)
    return Survey(max(depths), *(_ends(np.concatenate(ends)) for ends in (cores, inside)))


def _ends(values: NDArray[Any]) -> NDArray[Any]:
    return np.array([values.min(), values.max()]) if values.size else values


def _patch_of_cores(states: NDArray[np.uint8], mask: None) -> Patch:
    pieces = connected_pieces((states[..., 0] == 2).view(np.uint8), 1)
    return patch_of(pieces, pieces > 0)


def _patch_of_labels(labels: NDArray[Any], mask: None) -> Patch:
    compact = compact_labels(labels[..., 0])[1].astype(np.int32)
    return patch_of(connected_pieces(compact, 1), labels[..., 0])


def _sums_of_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    markers: NDArray[Any],
    *,
    span: Span,
    steps: tuple[float, float],
) -> NamedSums:
    return _named_sums(markers, as_part(values, span, mask=mask), steps)


def _neighbors_of_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    labels: NDArray[Any],
    number: NDArray[np.int64],
    *,
    span: Span,
    steps: tuple[float, float],
    depth: dict[int, int],
    grid: tuple[int, ...],
) -> NamedSums:
    own = _own_part(number, grid, depth)
    part = as_part(values, span, mask=mask)
    names, compact = compact_labels(labels)
    codes = touching_codes(compact.astype(np.int32), 1)
    low, high = (names[place - 1].astype(np.int64) for place in (codes >> 32, codes & LOW))
    return _named_sums(labels[own], Image(part.values[own], None), steps)._replace(pairs=low << 32 | high)


def _named_sums(labels: NDArray[Any], image: Image, steps: tuple[float, float]) -> NamedSums:
    names, compact = compact_labels(labels)
    areas, sums = sums_in_steps(compact.astype(np.int32), image.values, len(names), steps)
    return NamedSums(names.astype(np.int64), areas[1:], sums[1:], np.empty(0, np.int64))


def _merge_sums(parts: Sequence[NamedSums]) -> NamedSums:
    names, areas, sums, pairs = (np.concatenate(column) for column in zip(*parts, strict=True))
    all_names, places = np.unique(names, return_inverse=True)
    all_areas, all_sums = np.zeros(len(all_names), np.int64), np.zeros((len(all_names), sums.shape[1]))
    np.add.at(all_areas, places, areas)
    np.add.at(all_sums, places, sums)
    return NamedSums(all_names, all_areas, all_sums, np.unique(pairs))


def _flood_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    markers: NDArray[Any],
    *,
    span: Span,
    table: NDArray[np.int64],
) -> NDArray[Any]:
    """Number 1 stands for all pixels that could not choose, the others move up."""
    part = as_part(values, span, mask=mask)
    names, compact = compact_labels(markers)
    ranks = np.append(0, table[names])
    sides = flood(np.zeros(part.shape, np.uint8), compact.astype(np.int32), ranks, part, 1)
    numbers = np.append(0, names + 1).astype(markers.dtype)[np.maximum(sides, 0)]
    numbers[sides == UNDECIDED] = 1
    return numbers


def _cut_lines(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    edges: NDArray[np.bool_],
    labels: NDArray[Any],
    *,
    span: Span,
) -> NDArray[Any]:
    lines = on_lines(edges & as_part(values, span, mask=mask).inside(), labels)
    return np.where(lines, labels.dtype.type(0), labels)


def _renumber(labels: NDArray[Any], mask: None, *, table: NDArray[Any]) -> NDArray[Any]:
    return table[labels[..., 0]]


def _own_part(number: NDArray[np.int64], grid: tuple[int, ...], depth: dict[int, int]) -> tuple[slice, ...]:
    tile = [int(place) for place in np.unravel_index(int(number.item()), grid)]
    return inner_of(tile, grid, depth)
