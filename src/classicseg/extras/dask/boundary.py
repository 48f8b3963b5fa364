"""Regions that edges enclose: what is free of edges is joined over the seams, then edge pixels choose a side.

How far into the edges the sides reach is measured first; so wide are the halos in which edge pixels choose.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import dask.array as da
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

import classicseg
from classicseg._core.components import connected_pieces
from classicseg._core.flood import UNDECIDED, flood
from classicseg._core.image import Span, as_part, as_spacing
from classicseg._core.labels import compact_labels
from classicseg._core.region_sums import ends_of_values, rank_regions, steps_within
from classicseg._core.seams import HeldPatch, Patch, held_patch_of, patch_of
from classicseg.extras.dask.again import read_again, repainted
from classicseg.extras.dask.chunks import Chunked, bare, merged, settled_span, tile_numbers
from classicseg.extras.dask.enclosing import edge_marks
from classicseg.extras.dask.halos import over_halo, own_part, widened, with_halo
from classicseg.extras.dask.hysteresis import keep_from_strong
from classicseg.extras.dask.pieces import any_key, keep_held, number_patches, same_key
from classicseg.extras.dask.region_sums import merge_sums, sums_of_tile, without_small
from classicseg.extras.dask.twins import refuse, twin_of
from classicseg.segmentation.boundary import as_boundary_settings, on_lines

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
    edges = keep_from_strong(edge_marks(parsed, span, detector, settings, spacings))
    # Cores are free pixels, and what edges or the mask enclose without one.
    parts = read_again(parsed, edges).each(_part_of_tile, edges, span=span)
    held = keep_held(parts, chunks, 1, any_key)
    later = read_again(parsed, held)
    states = later.each(_states_of_tile, repainted(edges, held), held, span=span, dtype=np.uint8)
    survey = _survey(later, states, span)

    markers = number_patches(bare(states).each(_patch_of_cores), chunks, 1, same_key)
    steps = steps_within(survey.cores)
    later = read_again(parsed, markers)
    found = merged(later.each(sums_of_tile, markers, span=span, steps=steps), merge_sums)
    ranks = rank_regions(found.table())
    reach = (survey.depth,) * parsed.ndim
    sides = over_halo(later, reach, _flood_tile, markers, span=span, table=ranks, dtype=markers.dtype)
    numbered = number_patches(bare(sides).each(_patch_of_labels), chunks, 1, same_key)
    later = read_again(parsed, numbered)
    labels = without_small(later, numbered, span, steps_within(survey.inside), settings.min_area)
    if not settings.keep_lines:
        return labels
    reach = (1,) * parsed.ndim
    apart = over_halo(later, reach, _cut_lines, repainted(edges, numbered), labels, span=span, dtype=labels.dtype)
    return number_patches(bare(apart).each(_patch_of_labels), chunks, 1, same_key)


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
    own = own_part(number, grid, depth)
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
    cores = (states[..., 0] == 2).view(np.uint8)
    return patch_of(cores, cores, 1)


def _patch_of_labels(labels: NDArray[Any], mask: None) -> Patch:
    compact = compact_labels(labels[..., 0])[1].astype(np.int32)
    return patch_of(compact, labels[..., 0], 1)


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
