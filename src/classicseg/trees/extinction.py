"""Basins of weighted pairs of pixels, and how much a basin holds before it runs over: its area or its volume.

A minimum is a zone whose pairs outward all weigh more than those within. As the level rises, zones grow over the
pairs (Kruskal), and where two that hold something meet, the one that holds less is extinct: what it holds then is
the height of the merge (Vachier and Meyer's extinction values, Cousty and Najman's hierarchical watersheds). A
zone that holds nothing yet joins its basin at once.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.grid import neighbor_views
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.growing.neighbor_difference import neighbors_after
from classicseg.trees.pixel_pairs import PixelPairs
from classicseg.trees.pixel_sets import AT_ONCE, labels_of_sets, look_ahead, pixel_sets, root_of, unite
from classicseg.trees.region_tree import region_tree
from classicseg.types import RegionTree


class Lakes(NamedTuple):
    """What zones hold, at their roots."""

    held: NDArray[np.float64]
    """(n,), the area below the level, or the volume up to it; 0: no minimum yet."""
    marks: NDArray[np.int32]
    """(n,), the last level at which a zone met another."""
    volumes: NDArray[np.float64]
    """(n,), what the parts of a zone hold together. Empty: areas count."""
    since: NDArray[np.float64]
    """(n,), the level since which a zone has its area."""
    levels: NDArray[np.float64]
    """(n,), the level of each pixel, at which it holds something by itself. Empty: pairs have levels, not
    pixels."""
    listed: NDArray[Any]
    """(n,), room for the zones that meet at a level."""


def extinction_tree(pairs: PixelPairs, levels: NDArray[Any] | None, image: Image, by_volume: bool) -> RegionTree:
    """The tree of the basins of pairs, or of pixels where `levels` are given; the areas of its nodes are
    pixels."""
    sets, basins = pixel_sets(image.shape, image.mask), pixel_sets(image.shape, image.mask)
    size, most = len(sets), max(0, len(sets) - 1)
    held, marks = np.zeros(size), np.full(size, -1, np.int32)
    volumes, since = (np.zeros(size), np.zeros(size)) if by_volume else (np.empty(0), np.empty(0))
    met, heights = np.empty((most, 2), basins.dtype), np.empty(most)
    ahead, listed = np.empty((3, AT_ONCE), np.int64), np.empty(size, basins.dtype)
    own = np.empty(0) if levels is None else levels.reshape(-1).astype(np.float64)
    lakes = Lakes(held, marks, volumes, since, own, listed)
    n_met = run_interruptible(_meet, pairs, sets, basins, ahead, lakes, met, heights)
    regions = labels_of_sets(basins, image.shape)
    del sets, basins, held, marks, volumes, since, own, listed, lakes
    ends, heights = regions.reshape(-1)[met[:n_met]] - np.int32(1), heights[:n_met]
    order = np.argsort(heights, kind="stable")
    areas = np.bincount(regions.reshape(-1), minlength=int(regions.max()) + 1)[1:]
    return region_tree(regions, areas.astype(np.float64), ends[order], heights[order])


def pairs_of_levels(levels: NDArray[Any], image: Image, connectivity: int) -> PixelPairs:
    """The pairs of neighbors in ascending order of the higher level of the two, then of the lower; equals in
    raster order."""
    after = neighbors_after(image.shape, connectivity)
    strides = np.cumprod([1, *image.shape[:0:-1]], dtype=np.int64)[::-1]
    bits, inside = (len(after.steps) - 1).bit_length(), image.mask_array()
    pixels = np.arange(levels.size).reshape(levels.shape)
    found, weights, lowers = [], [], []
    for k, step in enumerate(after.steps):
        here, _ = neighbor_views(pixels, tuple(step))
        one, other = neighbor_views(levels, tuple(step))
        kept = np.logical_and(*neighbor_views(inside, tuple(step)))
        found.append(here[kept] << bits | k)
        weights.append(np.maximum(one, other)[kept])
        lowers.append(np.minimum(one, other)[kept])
    pairs, weight = np.concatenate(found), np.concatenate(weights)
    order = run_interruptible(np.lexsort, (pairs, np.concatenate(lowers), weight))
    values, starts = np.unique(weight[order], return_index=True)
    return PixelPairs(
        pairs[order], np.append(starts, len(pairs)), values.astype(np.float64), after.steps @ strides, bits
    )


@kernel()
def _meet(
    found: PixelPairs,
    sets: NDArray[Any],
    basins: NDArray[Any],
    ahead: NDArray[np.int64],
    lakes: Lakes,
    met: NDArray[Any],
    heights: NDArray[np.float64],
) -> int:
    """List which basins meet, by a pixel of each, and what the one that holds less holds; return how many."""
    pairs, starts, levels, offsets, bits = found.pairs, found.starts, found.levels, found.offsets, found.bits
    held, marks, volumes, since, listed = lakes.held, lakes.marks, lakes.volumes, lakes.since, lakes.listed
    by_volume, by_pixels = len(volumes) > 0, len(lakes.levels) > 0
    n_met: Any = np.int64(0)
    for level in range(len(levels)):
        n_listed = 0
        for first in range(starts[level], starts[level + 1], AT_ONCE):
            n_ahead = look_ahead(pairs, first, min(first + AT_ONCE, starts[level + 1]), offsets, bits, sets, ahead)
            for i in range(n_ahead):
                a, b = root_of(sets, ahead[1, i]), root_of(sets, ahead[2, i])
                if a == b:
                    continue
                for root in (a, b):
                    if marks[root] != level:
                        marks[root], listed[n_listed] = level, root
                        n_listed += 1
                        if by_pixels and sets[root] == -1 and lakes.levels[root] < levels[level]:
                            held[root] = 1.0
                            if by_volume:
                                since[root] = lakes.levels[root]
                        if by_volume and held[root] > 0:
                            volumes[root] += -sets[root] * (levels[level] - since[root])
                            held[root] = volumes[root]
                least, most = min(held[a], held[b]), max(held[a], held[b])
                pair: Any = np.int64(pairs[ahead[0, i]])
                pixel = pair >> bits
                neighbor = pixel + offsets[pair & ((1 << bits) - 1)]
                if least > 0:
                    met[n_met, 0], met[n_met, 1], heights[n_met] = pixel, neighbor, least
                    n_met += 1
                else:
                    unite(basins, root_of(basins, pixel), root_of(basins, neighbor))
                total = volumes[a] + volumes[b] if by_volume else 0.0
                root = unite(sets, a, b)
                held[root] = most
                if by_volume:
                    volumes[root] = total
        for i in range(n_listed):
            zone: Any = np.int64(listed[i])
            if sets[zone] < 0:
                held[zone] = -sets[zone]
                if by_volume:
                    since[zone] = levels[level]
    return n_met
