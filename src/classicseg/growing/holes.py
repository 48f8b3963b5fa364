"""Holes of regions: what cannot be left across the faces of pixels without crossing one region."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classicseg._core.grid import neighbor_views
from classicseg._core.image import Image
from classicseg.labeling.components import connected_components


def fill_holes(labels: NDArray[np.int32], image: Image) -> NDArray[np.int32]:
    """Give each hole that lies in one region alone that region's label; what takes no part stays 0."""
    pieces = connected_components((labels == 0).view(np.uint8), 1)
    n_pieces = int(pieces.max())
    outside = np.iinfo(np.int32).max  # as a label: no region has it
    least, most = np.full(n_pieces + 1, outside, np.int32), np.zeros(n_pieces + 1, np.int32)
    for axis in range(labels.ndim):
        for end in (0, -1):
            most[np.take(pieces, end, axis)] = outside
        for sign in (-1, 1):
            step = tuple(sign if a == axis else 0 for a in range(labels.ndim))
            here, _ = neighbor_views(pieces, step)
            _, there = neighbor_views(labels, step)
            touches = (here > 0) & (there > 0)
            np.minimum.at(least, here[touches], there[touches])
            np.maximum.at(most, here[touches], there[touches])
    owner = np.where((least == most) & (most < outside), most, 0)
    owner[0] = 0
    filled = labels + owner[pieces]
    return filled if image.mask is None else np.where(image.mask, filled, 0).astype(np.int32)
