"""Growth from seeds, where a region is what connects to them: pieces that hold a seed in any tile.

Where two regions would meet, they grow ring by ring through the whole image, and tiles can not tell who is first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import dask.array as da
import numpy as np
from numpy.typing import NDArray

import classicseg
from classicseg._core.image import Image, ValueRange
from classicseg._core.numbers import as_count, as_number
from classicseg._core.parts import as_part
from classicseg._core.seeds import SeedPixels, check_part, listed, seed_nodes
from classicseg.extras.dask.checkpoints import kind_of
from classicseg.extras.dask.chunks import Chunked, as_layer, by_tile, computed, global_range, merged
from classicseg.extras.dask.component_graph import any_values, keep_marked
from classicseg.extras.dask.mirror import refuse, tiled_version_of
from classicseg.growing.acceptance import Acceptance, inner, mark_accepted, reach_of_interval, reach_of_seeds
from classicseg.growing.difference_components import linked_pieces
from classicseg.growing.tolerance import ValueSums, merge_sums, steps_of, sum_values, tolerance_of
from classicseg.labeling.components import connected_components
from classicseg.labeling.tile_merging import Connects, TileMask, marked_components_at
from classicseg.segmentation.region_growing import as_interval, check_growing_options, check_seed_values
from classicseg.types import Norm

_NOTE = """\
With seeds, criterion "seed" or "neighbor", and regions that do not meet; all else depends on an order of pixels
through the whole image, and is refused. The labels are lazy; that regions meet shows when they are computed. The
standard deviation, where no tolerance is given, and the extremes of floats take a pass first.
"""
_ORDER = "it depends on an order of pixels through the whole image; take the array as a whole, or a part of it"


class Growth(NamedTuple):
    """What the tiles of an image must know to grow."""

    span: ValueRange
    reach: Acceptance
    tolerance: float
    """Of steps."""
    norm: Norm
    connectivity: int


@dataclass(frozen=True, eq=False)  # a tuple in a graph would be taken for a task
class TileSeeds:
    """The seeds in a tile."""

    places: NDArray[np.int64]
    """(n, ndim), in the tile."""
    numbers: NDArray[np.int32]
    """(n,), the region of each."""
    order: NDArray[np.int64]
    """(n,), their places among all seeds."""


@tiled_version_of(classicseg.region_growing_segment, _NOTE)
def region_growing_segment(parsed: Chunked, *, seeds: Any, criterion: Any, norm: Any, **options: Any) -> da.Array:
    tolerance, interval = options.pop("tolerance"), options.pop("interval")
    connectivity = as_count("connectivity", options.pop("connectivity"), most=parsed.ndim)
    _check(seeds, criterion, norm, {"tolerance": tolerance, "interval": interval, **options})
    limit = None if tolerance is None else as_number("tolerance", tolerance, least=0.0)
    standard = limit is None and interval is None

    span = global_range(parsed, extremes=standard)
    starts, tiles, values = _starts(parsed, seeds, span)
    if standard:
        limit = _standard_deviation(parsed, span) / (10 if criterion == "neighbor" else 1)
    reach = _reach(parsed, starts, values, limit, interval, norm)
    growth = Growth(span, reach, limit or 0.0, norm, connectivity)
    patch, near = (
        (_reached, any_values) if criterion == "seed" else (_linked, _near_values(growth, parsed.n_channels))
    )
    kept = []
    for number in range(1, len(starts.names) + 1):
        patches = parsed.each(patch, tiles, number=number, growth=growth)
        kept.append(keep_marked(patches, parsed.chunks, connectivity, near))
    meta = np.empty((0,) * parsed.ndim, np.int32)
    return da.map_blocks(_paint, *kept, names=starts.names, dtype=np.int32, meta=meta)


def _check(seeds: Any, criterion: Any, norm: Any, options: dict[str, Any]) -> None:
    given = {name for name, value in options.items() if value is not None} - {"fill_holes", "min_area"}
    check_growing_options(criterion, norm, given)
    if seeds is None:
        raise ValueError(f"seeds is None for region growing in tiles; expected seeds: without, {_ORDER}")
    if criterion not in ("seed", "neighbor"):
        raise ValueError(
            f"criterion is {criterion!r} for region growing in tiles; expected 'seed' or 'neighbor': {_ORDER}"
        )
    exact = {"tolerance": options["tolerance"], "interval": options["interval"], "fill_holes": False}
    refuse("region growing", options, dict.fromkeys(options) | exact, _ORDER)


def _starts(parsed: Chunked, seeds: Any, span: ValueRange) -> tuple[SeedPixels, da.Array, NDArray[Any]]:
    """The seeds, those of each tile, and the values of all."""
    if isinstance(seeds, da.Array):  # a marker image; points are few
        seeds = as_layer("seeds", seeds, parsed, kinds="iub").compute()
    starts = listed(*seed_nodes(seeds, parsed.shape), parsed.shape)
    places = np.stack(np.unravel_index(starts.nodes, parsed.shape), axis=1)
    edges = [np.cumsum((0, *lengths)) for lengths in parsed.chunks]
    tile = [np.searchsorted(edge, column, "right") - 1 for edge, column in zip(edges, places.T, strict=True)]
    corners = np.stack([edge[i] for edge, i in zip(edges, tile, strict=True)], axis=1)
    tile_number, items = np.ravel_multi_index(tuple(tile), parsed.grid), {}
    for number in np.unique(tile_number).tolist():
        own = np.flatnonzero(tile_number == number)
        items[number] = TileSeeds((places - corners)[own], starts.numbers[own], own)
    none = TileSeeds(np.empty((0, parsed.ndim), np.int64), np.empty(0, np.int32), np.empty(0, np.int64))
    tiles = by_tile(parsed.grid, items, none)
    found = computed(parsed.each(_values_of_seeds, tiles, span=span), list(items), kind_of(_values_of_seeds))
    order = np.argsort(np.concatenate([item.order for item in items.values()]))
    values, inside = (np.concatenate(column)[order] for column in zip(*found, strict=True))
    check_part(starts, inside, parsed.shape)
    return starts, tiles, values


def _reach(
    parsed: Chunked, starts: SeedPixels, values: NDArray[Any], limit: float | None, interval: Any, norm: Norm
) -> Acceptance:
    strip = Image(values, None)  # of the seed pixels alone
    on_strip = starts._replace(nodes=np.arange(len(values)))
    if interval is None:
        return reach_of_seeds(strip, on_strip, limit or 0.0, norm)
    bounds = as_interval(interval, parsed.n_channels)
    check_seed_values(values[:, 0], starts, bounds, parsed.shape)
    return reach_of_interval(strip, on_strip, bounds)


def _standard_deviation(parsed: Chunked, span: ValueRange) -> float:
    low, step = steps_of(as_part(np.zeros((1, 1), parsed.dtype), span))
    return tolerance_of(merged(parsed.each(_sum_tile, span=span, low=low, step=step), merge_sums), step)


def _near_values(growth: Growth, n_channels: int) -> Connects:
    """Whether two pixels are a step apart that is accepted."""
    maximum = growth.norm == "maximum" or n_channels == 1
    limit = growth.tolerance if maximum else growth.tolerance * growth.tolerance
    return partial(_are_near, limit=limit, maximum=maximum)


def _are_near(one: NDArray[Any], other: NDArray[Any], *, limit: float, maximum: bool) -> NDArray[np.bool_]:
    distance = np.zeros(one.shape[:-1])
    for c in range(one.shape[-1]):  # in order, for sums of floats
        part = one[..., c].astype(np.float64) - other[..., c]
        distance = np.maximum(distance, abs(part)) if maximum else distance + part * part
    return np.asarray(distance <= limit)


def _values_of_seeds(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, seeds: TileSeeds, *, span: ValueRange
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    part, places = as_part(values, span, mask=mask), tuple(seeds.places.T)
    return part.values[places], part.mask_array()[places]


def _sum_tile(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, *, span: ValueRange, low: float, step: float
) -> ValueSums:
    return sum_values(as_part(values, span, mask=mask), low, step)


def _reached(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, seeds: TileSeeds, *, number: int, growth: Growth
) -> TileMask:
    part = as_part(values, growth.span, mask=mask)
    accepted = inner(mark_accepted(part, growth.reach, number), part.shape)
    own = tuple(seeds.places[seeds.numbers == number].T)
    accepted[own] = 1
    pieces = connected_components(np.ascontiguousarray(accepted), growth.connectivity)
    return marked_components_at(pieces, own, pieces)


def _linked(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, seeds: TileSeeds, *, number: int, growth: Growth
) -> TileMask:
    part = as_part(values, growth.span, mask=mask)
    pieces = linked_pieces(part, growth.tolerance, growth.norm, growth.connectivity)
    return marked_components_at(pieces, tuple(seeds.places[seeds.numbers == number].T), part.values)


def _paint(*kept: NDArray[np.bool_], names: NDArray[np.int32]) -> NDArray[np.int32]:
    labels = np.zeros(kept[0].shape, np.int32)
    for name, region in zip(names, kept, strict=True):
        if (met := labels[region & (labels > 0)]).size:
            raise ValueError(
                f"the regions of seeds {met[0]} and {name} meet; which of them reaches a pixel first depends on "
                "the whole image; grow them one at a time, lower the tolerance, or take the array as a whole"
            )
        labels[region] = name
    return labels
