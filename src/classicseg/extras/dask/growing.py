"""Growth from seeds, where a region is what connects to them: the components of tiles, joined, that hold a seed.

Where two regions meet, they grow in rounds through the whole image, and tiles cannot tell which is first.
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
from classicseg._core.numbers import as_count
from classicseg._core.seeds import SeedPixels, check_seeds_inside, seed_nodes, sorted_seeds
from classicseg.extras.dask.checkpoints import kind_of
from classicseg.extras.dask.chunks import Chunked, as_layer, by_tile, computed, global_range, merged
from classicseg.extras.dask.component_graph import any_values, keep_marked
from classicseg.extras.dask.mirror import refuse, tiled_version_of
from classicseg.extras.dask.parts import as_part, marked_components
from classicseg.growing.acceptance import (
    Acceptance,
    check_interval,
    interval_acceptance,
    mark_accepted,
    seed_acceptance,
    unpadded,
)
from classicseg.growing.criteria import CRITERIA, GrowingCriterion
from classicseg.growing.difference_components import difference_components
from classicseg.growing.options import GrowingOptions, as_growing_options
from classicseg.growing.tolerance import ValueSums, merge_sums, quantum_of, sum_values, tolerance_of
from classicseg.labeling.tile_merging import Connects, TileMask, marked_components_at
from classicseg.segmentation.region_growing import check_growing_options

_NOTE = """\
With seeds, criterion "seed" or "neighbor", and regions that do not meet; all else depends on an order of pixels
through the whole image, and is refused. The labels are lazy; that regions meet shows when they are computed. The
standard deviation, where no tolerance is given, and the extremes of floats take a pass first.
"""
_ORDER = "it depends on an order of pixels through the whole image; take the array as a whole, or a part of it"


class Growth(NamedTuple):
    """What the tiles of an image must know to grow."""

    value_range: ValueRange
    """Of the whole image."""
    acceptance: Acceptance
    options: GrowingOptions


@dataclass(frozen=True, eq=False)  # a tuple in a graph would be taken for a task
class TileSeeds:
    """The seeds in a tile."""

    points: NDArray[np.int64]
    """(n, ndim), the index of each in the tile."""
    numbers: NDArray[np.int32]
    """(n,), the region of each."""
    order: NDArray[np.int64]
    """(n,), the index of each among all seeds."""

    def index(self, number: int) -> tuple[NDArray[np.int64], ...]:
        """The seeds of a region, as an index of the tile's arrays."""
        return tuple(self.points[self.numbers == number].T)


@tiled_version_of(classicseg.region_growing_segment, _NOTE)
def region_growing_segment(parsed: Chunked, *, seeds: Any, criterion: Any, norm: Any, **options: Any) -> da.Array:
    connectivity = as_count("connectivity", options.pop("connectivity"), most=parsed.ndim)
    rules, given = _check(seeds, criterion, norm, options)
    growing = as_growing_options(norm, given)._replace(connectivity=connectivity)
    use_deviation = given["tolerance"] is None and given["interval"] is None

    value_range = global_range(parsed, extremes=use_deviation)
    starts, tiles, values = _starts(parsed, seeds, value_range)
    if use_deviation:
        tolerance = standard_deviation(parsed, value_range) / rules.deviation_divisor
        growing = growing._replace(tolerance=tolerance)
    acceptance = _acceptance(parsed, starts, values, growing)
    components, near = _IN_TILES[criterion]
    kept = []
    for number in range(1, len(starts.labels) + 1):
        growth = Growth(value_range, acceptance, growing)
        patches = parsed.each(components, tiles, number=number, growth=growth)
        kept.append(keep_marked(patches, parsed.chunks, connectivity, near(growth, parsed.n_channels)))
    meta = np.empty((0,) * parsed.ndim, np.int32)
    return da.map_blocks(_paint, *kept, labels_of_regions=starts.labels, dtype=np.int32, meta=meta)


def _check(
    seeds: Any, criterion: Any, norm: Any, options: dict[str, Any]
) -> tuple[GrowingCriterion, dict[str, Any]]:
    """Refuse what tiles cannot do; return the criterion's row, and the options that are a criterion's."""
    given = {name: value for name, value in options.items() if name not in ("fill_holes", "min_area")}
    rules = check_growing_options(criterion, norm, given)
    if seeds is None:
        raise ValueError(f"seeds is None for region growing in tiles; expected seeds: without, {_ORDER}")
    if not rules.in_tiles:
        able = " or ".join(repr(name) for name, row in CRITERIA.items() if row.in_tiles)
        raise ValueError(f"criterion is {criterion!r} for region growing in tiles; expected {able}: {_ORDER}")
    exact = {"tolerance": options["tolerance"], "interval": options["interval"], "fill_holes": False}
    refuse("region growing", options, dict.fromkeys(options) | exact, _ORDER)
    return rules, given


def _starts(parsed: Chunked, seeds: Any, value_range: ValueRange) -> tuple[SeedPixels, da.Array, NDArray[Any]]:
    """The seeds, those of each tile, and the values of all."""
    if isinstance(seeds, da.Array):  # a marker image; points are few
        seeds = as_layer("seeds", seeds, parsed, kinds="iub").compute()
    starts = sorted_seeds(*seed_nodes(seeds, parsed.shape), parsed.shape)
    points = np.stack(np.unravel_index(starts.nodes, parsed.shape), axis=1)
    cuts = [np.cumsum((0, *lengths)) for lengths in parsed.chunks]
    tile = [np.searchsorted(cut, column, "right") - 1 for cut, column in zip(cuts, points.T, strict=True)]
    corners = np.stack([cut[i] for cut, i in zip(cuts, tile, strict=True)], axis=1)
    tile_number, items = np.ravel_multi_index(tuple(tile), parsed.grid), {}
    for number in np.unique(tile_number).tolist():
        own = np.flatnonzero(tile_number == number)
        items[number] = TileSeeds((points - corners)[own], starts.numbers[own], own)
    none = TileSeeds(np.empty((0, parsed.ndim), np.int64), np.empty(0, np.int32), np.empty(0, np.int64))
    tiles = by_tile(parsed.grid, items, none)
    found = computed(
        parsed.each(_values_of_seeds, tiles, value_range=value_range), list(items), kind_of(_values_of_seeds)
    )
    order = np.argsort(np.concatenate([item.order for item in items.values()]))
    values, inside = (np.concatenate(column)[order] for column in zip(*found, strict=True))
    check_seeds_inside(starts, inside, parsed.shape)
    return starts, tiles, values


def _acceptance(parsed: Chunked, starts: SeedPixels, values: NDArray[Any], growing: GrowingOptions) -> Acceptance:
    """What each region accepts, from the values of the seeds alone."""
    strip = Image(values, None)
    on_strip = starts._replace(nodes=np.arange(len(values)))
    if growing.interval is None:
        return seed_acceptance(strip, on_strip, growing.tolerance, growing.norm)
    check_interval(values, starts, growing.interval, parsed.shape)
    return interval_acceptance(strip, on_strip, growing.interval)


def standard_deviation(parsed: Chunked, value_range: ValueRange) -> float:
    """The default tolerance, from a pass over all tiles."""
    low, quantum = quantum_of(as_part(np.zeros((1, 1), parsed.dtype), value_range))
    sums = parsed.each(_sum_tile, value_range=value_range, low=low, quantum=quantum)
    return tolerance_of(merged(sums, merge_sums), quantum)


def _all_near(growth: Growth, n_channels: int) -> Connects:
    """What is accepted on both sides of a cut connects."""
    return any_values


def _near_values(growth: Growth, n_channels: int) -> Connects:
    """What connects across a cut: values within the tolerance."""
    tolerance, maximum = growth.options.tolerance, growth.options.norm == "maximum" or n_channels == 1
    return partial(are_near, limit=tolerance if maximum else tolerance * tolerance, maximum=maximum)


def are_near(a: NDArray[Any], b: NDArray[Any], *, limit: float, maximum: bool) -> NDArray[np.bool_]:
    """Whether each color of one array is within a limit of the one beside it in the other."""
    distance = np.zeros(a.shape[:-1])
    for c in range(a.shape[-1]):  # in order, for sums of floats
        part = a[..., c].astype(np.float64) - b[..., c]
        distance = np.maximum(distance, abs(part)) if maximum else distance + part * part
    return np.asarray(distance <= limit)


def _values_of_seeds(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, seeds: TileSeeds, *, value_range: ValueRange
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The values of a tile's seeds, and whether each takes part."""
    part, index = as_part(values, value_range, mask=mask), tuple(seeds.points.T)
    return part.values[index], part.mask_array()[index]


def _sum_tile(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, *, value_range: ValueRange, low: float, quantum: float
) -> ValueSums:
    """The sums over a tile."""
    return sum_values(as_part(values, value_range, mask=mask), low, quantum)


def _accepted_components(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, seeds: TileSeeds, *, number: int, growth: Growth
) -> TileMask:
    """The components of what a region accepts in a tile; those with a seed belong to it."""
    part = as_part(values, growth.value_range, mask=mask)
    accepted, own = unpadded(mark_accepted(part, growth.acceptance, number), part.shape), seeds.index(number)
    accepted[own] = 1
    return marked_components(accepted, own, growth.options.connectivity)


def _difference_components(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, seeds: TileSeeds, *, number: int, growth: Growth
) -> TileMask:
    """The components of similar neighbors in a tile; those with a seed of the region belong to it."""
    part, options = as_part(values, growth.value_range, mask=mask), growth.options
    components = difference_components(part, options.tolerance, options.norm, options.connectivity)
    return marked_components_at(components, seeds.index(number), part.values)


def _paint(*kept: NDArray[np.bool_], labels_of_regions: NDArray[np.int32]) -> NDArray[np.int32]:
    """The labels of a tile, from the pixels of each region in it."""
    labels = np.zeros(kept[0].shape, np.int32)
    for label, region in zip(labels_of_regions, kept, strict=True):
        if (met := labels[region & (labels > 0)]).size:
            raise ValueError(
                f"the regions of seeds {met[0]} and {label} meet; which of them reaches a pixel first depends on "
                "the whole image; grow them one at a time, lower the tolerance, or take the array as a whole"
            )
        labels[region] = label
    return labels


_IN_TILES = {"seed": (_accepted_components, _all_near), "neighbor": (_difference_components, _near_values)}
"""How the criteria grow that do so in tiles: what finds the components of a tile, and what connects across a
cut."""
