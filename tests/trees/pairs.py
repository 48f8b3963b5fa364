"""The pairs of neighbors of an image, one by one, and sets of pixels: what merging is compared with."""

from __future__ import annotations

import numpy as np
from strategies import neighbor_pairs


def pairs_inside(shape, mask, connectivity):
    """Neighbors that take part, the first one's turn first, in raster order."""
    inside = np.ones(shape, bool) if mask is None else mask
    pairs = neighbor_pairs(shape, connectivity)
    return [(one, other) for one, other in pairs if one < other and inside[one] and inside[other]]


class Sets:
    """Sets of pixels, each with a name."""

    def __init__(self, shape, mask):
        inside = np.ones(shape, bool) if mask is None else mask
        self.names = np.where(inside, np.arange(1, inside.size + 1).reshape(shape), 0)

    def of(self, pixel):
        return int(self.names[pixel])

    def size(self, name):
        return int(np.count_nonzero(self.names == name))

    def join(self, a, b):
        """Join two sets under the name of the first pixel."""
        low, high = min(a, b), max(a, b)
        self.names[self.names == high] = low
        return low

    def labels(self):
        return np.unique(np.append(self.names, 0), return_inverse=True)[1][:-1].reshape(self.names.shape)
