"""Regions over the whole image, without seeds: each starts at the flattest pixel that is left.

That is the pixel of the least gradient, then of the least value; its region grows to its end, and the next one
starts. Pixels that tie for a start lead to the same regions in either order, so no corner of the image is favored.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands, run_interruptible
from classicseg._core.grid import interior, neighbor_offsets, pad
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.filters.gradients import gradient_field
from classicseg.filters.tensor import vector_magnitudes
from classicseg.growing.acceptance import between
from classicseg.growing.padded_grid import waiting_grid
from classicseg.types import Norm


def grow_everywhere(image: Image, tolerance: float, connectivity: int, norm: Norm) -> NDArray[np.int32]:
    """Give each pixel that takes part a region, within a tolerance of the pixel that the region starts at."""
    ndim = len(image.shape)
    labels = waiting_grid(image)
    magnitude = vector_magnitudes(gradient_field(image, (1.0,) * ndim))
    inside = np.flatnonzero(labels == 0)
    order = inside[run_interruptible(np.lexsort, (*image.pixels().T, magnitude[image.mask_array()]))]
    values = pad(image.values, ndim).reshape(-1, image.n_channels)
    offsets = neighbor_offsets(image.shape, connectivity)
    queue, last = np.empty(len(order), np.int64), np.zeros(1, np.int64)
    maximum = norm == "maximum"
    limit = tolerance if maximum else tolerance**2
    arguments = values, labels, offsets, limit, maximum, queue, last, order
    run_bands(_grow_from, len(order), 1, *arguments, sequential=True)
    return np.maximum(interior(labels, image.shape), 0)


@kernel()
def _grow_from(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    offsets: NDArray[np.int64],
    limit: float,
    maximum: bool,
    queue: NDArray[np.int64],
    last: NDArray[np.int64],
    order: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    """Grow one region after the other from the pixels order[start:stop] that have no label yet."""
    for seed in order[start:stop]:
        if labels[seed] != 0:
            continue
        last[0] += 1
        labels[seed] = last[0]
        queue[0], head, tail = seed, 0, 1
        while head < tail:
            node = queue[head]
            head += 1
            for offset in offsets:
                if labels[node + offset] == 0 and between(values, node + offset, values, seed, maximum) <= limit:
                    labels[node + offset] = last[0]
                    queue[tail] = node + offset
                    tail += 1
