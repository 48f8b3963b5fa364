"""Cracks and arcs: the faces between pixels of two regions, and which regions these are.

All that is summed over the cracks of an arc is a whole number, so that no order of the pixels shows.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.grid import neighbor_views
from classicseg.regions.label_pairs import LOW
from classicseg.types import Regions

_BATCH = 2**17
"""About so many cracks are measured at once."""


class Cracks(NamedTuple):
    """The faces between pixels of different regions of an image, and the arcs that they are in, one after the
    other. Arcs and pixels are int32 where they fit."""

    ends: NDArray[np.int32]
    """(n_arcs, 2), the two regions of each arc, from 0, the lower one first; ascending."""
    arcs: NDArray[Any]
    """(n,), the arc of each crack, ascending."""
    here: NDArray[Any]
    """(n,), the pixel of the lower region, in raster order …"""
    there: NDArray[Any]
    """… and that of the other."""


def cracks_of(regions: Regions) -> Cracks:
    """List the cracks between regions 1 … n, in an arc those across the first axis first."""
    labels, width, found = regions.reshape(-1), regions.shape[1], []
    dtype = np.int32 if 2 * regions.size < 2**31 else np.int64  # a pixel has two cracks at the most
    for axis, step in enumerate((width, 1)):
        one, other = neighbor_views(regions, (1 - axis, axis))
        rows, columns = np.nonzero((one != other) & (one > 0) & (other > 0))
        places = rows * width + columns
        found.append(np.stack([places, places + step]).astype(dtype))
        del rows, columns, places
    pixels = np.concatenate(found, axis=1)
    del found
    pixels = np.where(labels[pixels[0]] > labels[pixels[1]], pixels[::-1], pixels)
    pairs = labels[pixels[0]].astype(np.int64) << 32 | labels[pixels[1]]
    order = np.argsort(pairs, kind="stable")
    pairs = pairs[order]
    is_first = np.diff(pairs, prepend=-1) > 0
    ends = np.stack([pairs[is_first] >> 32, pairs[is_first] & LOW], axis=1) - 1
    arcs = np.cumsum(is_first, dtype=dtype) - 1
    return Cracks(ends.astype(np.int32), arcs, pixels[0][order], pixels[1][order])


def bounds_of(cracks: Cracks) -> NDArray[np.int64]:
    """Where the cracks of each arc begin, and the end of the last, (n_arcs + 1,)."""
    return np.flatnonzero(np.diff(cracks.arcs, prepend=-1, append=len(cracks.ends)))


def batches_of(cracks: Cracks) -> Iterator[tuple[slice, Cracks]]:
    """Some whole arcs at a time: which ones, and their cracks, whose arcs count from 0."""
    bounds, n = bounds_of(cracks), len(cracks.arcs)
    breaks = np.unique([*np.searchsorted(bounds, np.arange(0, n, _BATCH)), len(cracks.ends)]).tolist()
    for first, last in itertools.pairwise(breaks):
        own = slice(bounds[first], bounds[last])
        ends, arcs = cracks.ends[first:last], cracks.arcs[own] - first
        yield slice(first, last), Cracks(ends, arcs, cracks.here[own], cracks.there[own])
