"""Cracks and arcs: the faces between pixels of two regions, and which regions these are.

All that is summed over the cracks of an arc is a whole number, so that no order of the pixels shows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.grid import neighbor_views
from classicseg.regions.label_pairs import LOW
from classicseg.types import Regions


class Cracks(NamedTuple):
    """The faces between pixels of different regions of an image, and the arcs that they are in."""

    ends: NDArray[np.int32]
    """(n_arcs, 2), the two regions of each arc, from 0, the lower one first; ascending."""
    arcs: NDArray[np.int64]
    """(n,), the arc of each crack."""
    here: NDArray[np.int64]
    """(n,), the pixel of the lower region, in raster order …"""
    there: NDArray[np.int64]
    """… and that of the other."""


def cracks_of(regions: Regions) -> Cracks:
    """List the cracks between regions 1 … n, those across the first axis first."""
    pixels = np.arange(regions.size).reshape(regions.shape)
    found = []
    for axis in range(2):
        step = (1 - axis, axis)
        labels, places = neighbor_views(regions, step), neighbor_views(pixels, step)
        apart = (labels[0] != labels[1]) & (labels[0] > 0) & (labels[1] > 0)
        found.append([view[apart].astype(np.int64) for view in (*labels, *places)])
    one, other, here, there = (np.concatenate(parts) for parts in zip(*found, strict=True))
    turned = one > other
    here, there = np.where(turned, there, here), np.where(turned, here, there)
    pairs, arcs = np.unique(np.minimum(one, other) << 32 | np.maximum(one, other), return_inverse=True)
    ends = np.stack([pairs >> 32, pairs & LOW], axis=1) - 1
    return Cracks(ends.astype(np.int32), arcs.reshape(-1), here, there)
