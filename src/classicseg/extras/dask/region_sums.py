"""Areas and mean values of the regions of a whole image, and small ones joined to the neighbor most like them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import dask.array as da
import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image, ValueRange
from classicseg.extras.dask.chunks import Chunked, bare, merged, tile_numbers
from classicseg.extras.dask.halos import own_part, widened, with_halo
from classicseg.extras.dask.parts import as_part
from classicseg.labeling.numbering import compact_labels
from classicseg.regions.adjacency import default_min_area, join_small_regions, touching_pairs
from classicseg.regions.label_pairs import LOW
from classicseg.regions.statistics import RegionSums, joined_sums, region_sums


class NamedSums(NamedTuple):
    """The areas and sums of some regions, by their labels in the whole image, and pairs of regions that touch."""

    labels: NDArray[np.int64]
    areas: NDArray[np.int64]
    sums: NDArray[np.float64]
    rests: NDArray[np.float64]
    pairs: NDArray[np.int64]

    def table(self) -> RegionSums:
        """The sums of regions 0 … n, where the labels are 1 … n."""
        none = np.zeros((1, self.sums.shape[1]))
        return RegionSums(np.append(0, self.areas), *(np.concatenate([none, p]) for p in (self.sums, self.rests)))


def without_small(parsed: Chunked, labels: da.Array, span: ValueRange, min_area: int | None) -> da.Array:
    """Join regions of fewer pixels than `min_area` to their neighbors, and number all by their first pixel."""
    if min_area == 1:
        return labels
    wide, depth = with_halo(parsed, (1,) * parsed.ndim)
    others = widened(labels, depth), tile_numbers(wide.chunks)
    tiles = wide.each(_neighbors_of_tile, *others, span=span, depth=depth, grid=wide.grid)
    found: NamedSums = merged(tiles, merge_sums)
    if min_area is None:
        min_area = default_min_area(int(found.areas.sum()))
    if min_area <= 1:
        return labels
    joined = join_small_regions(found.table(), found.pairs, min_area)
    first = np.full(len(joined), len(joined))
    np.minimum.at(first, joined, np.arange(len(joined)))
    table = np.unique(first[joined], return_inverse=True)[1].astype(labels.dtype)
    return bare(labels).each(_renumber, table=table, dtype=labels.dtype)


def sums_of_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    markers: NDArray[Any],
    *,
    span: ValueRange,
) -> NamedSums:
    """The areas and sums of the markers in a tile."""
    return _named_sums(markers, as_part(values, span, mask=mask))


def _neighbors_of_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    labels: NDArray[Any],
    number: NDArray[np.int64],
    *,
    span: ValueRange,
    depth: dict[int, int],
    grid: tuple[int, ...],
) -> NamedSums:
    """The areas and sums of the regions in a tile, and pairs of those that touch in it or over its border."""
    own = own_part(number, grid, depth)
    part = as_part(values, span, mask=mask)
    present, compact = compact_labels(labels)
    pairs = touching_pairs(compact.astype(np.int32), 1)
    low, high = (present[label - 1].astype(np.int64) for label in (pairs >> 32, pairs & LOW))
    return _named_sums(labels[own], Image(part.values[own], None))._replace(pairs=low << 32 | high)


def _named_sums(labels: NDArray[Any], image: Image) -> NamedSums:
    """The areas and sums of the regions of an image, without pairs."""
    present, compact = compact_labels(labels)
    found = region_sums(compact.astype(np.int32), image.values, len(present))
    return _without_none(present.astype(np.int64), found, np.empty(0, np.int64))


def merge_sums(parts: Sequence[NamedSums]) -> NamedSums:
    """The areas and sums of the regions of all parts together, and all pairs, each once."""
    labels, areas, sums, rests, pairs = (np.concatenate(column) for column in zip(*parts, strict=True))
    present, compact = np.unique(labels, return_inverse=True)
    found = joined_sums(RegionSums(areas, sums, rests), 1 + compact, len(present))
    return _without_none(present, found, np.unique(pairs))


def _without_none(labels: NDArray[np.int64], found: RegionSums, pairs: NDArray[np.int64]) -> NamedSums:
    """The sums of regions 1 … n, without 0, under their labels."""
    return NamedSums(labels, found.areas[1:], found.sums[1:], found.rests[1:], pairs)


def _renumber(labels: NDArray[Any], mask: None, *, table: NDArray[Any]) -> NDArray[Any]:
    """Look up the new label of each pixel."""
    return table[labels[..., 0]]
