"""Areas and mean values of the regions of a whole image, and small ones joined to the neighbor most like them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import dask.array as da
import numpy as np
from numpy.typing import NDArray

from classicseg._core.graph import merge_small, touching_codes
from classicseg._core.image import Image, Span, as_part
from classicseg._core.labels import compact_labels
from classicseg._core.merging import LOW
from classicseg._core.region_sums import RegionSums, sums_in_steps
from classicseg.extras.dask.chunks import Chunked, bare, merged, tile_numbers
from classicseg.extras.dask.halos import own_part, widened, with_halo


class NamedSums(NamedTuple):
    """The areas and sums of some regions, by their numbers in the whole image, and pairs of those that touch."""

    names: NDArray[np.int64]
    areas: NDArray[np.int64]
    sums: NDArray[np.float64]
    pairs: NDArray[np.int64]

    def table(self) -> RegionSums:
        """Those of all regions 0 … n, where these are all."""
        return RegionSums(np.append(0, self.areas), np.concatenate([np.zeros((1, self.sums.shape[1])), self.sums]))


def without_small(
    parsed: Chunked, labels: da.Array, span: Span, steps: tuple[float, float], min_area: int | None
) -> da.Array:
    """Regions of fewer pixels than `min_area` joined to their neighbors, and all numbered by their first pixel."""
    if min_area == 1:
        return labels
    wide, depth = with_halo(parsed, (1,) * parsed.ndim)
    others = widened(labels, depth), tile_numbers(wide.chunks)
    tiles = wide.each(_neighbors_of_tile, *others, span=span, steps=steps, depth=depth, grid=wide.grid)
    found: NamedSums = merged(tiles, merge_sums)
    least = int(found.areas.sum()) // 1000 if min_area is None else min_area
    if least <= 1:
        return labels
    joined = merge_small(found.table(), found.pairs, least)
    first = np.full(len(joined), len(joined))
    np.minimum.at(first, joined, np.arange(len(joined)))
    table = np.unique(first[joined], return_inverse=True)[1].astype(labels.dtype)
    return bare(labels).each(_renumber, table=table, dtype=labels.dtype)


def sums_of_tile(
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
    own = own_part(number, grid, depth)
    part = as_part(values, span, mask=mask)
    names, compact = compact_labels(labels)
    codes = touching_codes(compact.astype(np.int32), 1)
    low, high = (names[place - 1].astype(np.int64) for place in (codes >> 32, codes & LOW))
    return _named_sums(labels[own], Image(part.values[own], None), steps)._replace(pairs=low << 32 | high)


def _named_sums(labels: NDArray[Any], image: Image, steps: tuple[float, float]) -> NamedSums:
    names, compact = compact_labels(labels)
    areas, sums = sums_in_steps(compact.astype(np.int32), image.values, len(names), steps)
    return NamedSums(names.astype(np.int64), areas[1:], sums[1:], np.empty(0, np.int64))


def merge_sums(parts: Sequence[NamedSums]) -> NamedSums:
    names, areas, sums, pairs = (np.concatenate(column) for column in zip(*parts, strict=True))
    all_names, places = np.unique(names, return_inverse=True)
    all_areas, all_sums = np.zeros(len(all_names), np.int64), np.zeros((len(all_names), sums.shape[1]))
    np.add.at(all_areas, places, areas)
    np.add.at(all_sums, places, sums)
    return NamedSums(all_names, all_areas, all_sums, np.unique(pairs))


def _renumber(labels: NDArray[Any], mask: None, *, table: NDArray[Any]) -> NDArray[Any]:
    return table[labels[..., 0]]
