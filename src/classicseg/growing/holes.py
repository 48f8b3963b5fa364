"""Holes of regions: unlabeled components, connected over the faces of pixels, that touch one region alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classicseg._core.grid import neighbor_views
from classicseg._core.image import Image
from classicseg.labeling.components import connected_components


def fill_holes(labels: NDArray[np.int32], image: Image) -> NDArray[np.int32]:
    """Give each hole the label of the region that encloses it; what takes no part stays 0."""
    components = connected_components((labels == 0).view(np.uint8), 1)
    n_rows = int(components.max()) + 1
    outside = np.iinfo(np.int32).max  # as a label: no region has it
    lowest, highest = (
        np.full(n_rows, outside, np.int32),
        np.zeros(n_rows, np.int32),
    )  # label that a component touches
    for axis in range(labels.ndim):
        for end in (0, -1):
            highest[np.take(components, end, axis)] = outside
        for sign in (-1, 1):
            step = tuple(sign if a == axis else 0 for a in range(labels.ndim))
            own, _ = neighbor_views(components, step)
            _, neighbor = neighbor_views(labels, step)
            touches = (own > 0) & (neighbor > 0)
            np.minimum.at(lowest, own[touches], neighbor[touches])
            np.maximum.at(highest, own[touches], neighbor[touches])
    owner = np.where((lowest == highest) & (highest < outside), highest, 0)
    owner[0] = 0
    filled = labels + owner[components]
    return filled if image.mask is None else np.where(image.mask, filled, 0).astype(np.int32)
