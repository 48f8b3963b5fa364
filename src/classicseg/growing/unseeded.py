"""Growth over the whole image, without seeds: each region starts at the flattest pixel that is left.

That is the pixel of the least gradient magnitude, then of the least value. Its region grows until it accepts no
more, and the next one starts. Where two pixels are equally good to start from, either order leads to the same
regions, so no corner of the image is favored.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.filters.gradients import gradient_field
from classicseg.filters.tensor import vector_magnitudes
from classicseg.growing.options import GrowingOptions
from classicseg.growing.pixel_grid import PixelGrid, color_distance, grown_labels, pixel_grid

_PIXELS_AT_ONCE = 2**18
"""So many pixels grow or are passed over between two looks at Ctrl-C: 10 ms or so."""

_POSITION, _NUMBER, _HEAD, _TAIL = 0, 1, 2, 3
"""Indices in the state of the growth: how far it is in the order of starts, the number of the region that grows,
and the ends of the queue of its pixels whose neighbors are still to be asked."""


def grow_unseeded(image: Image, options: GrowingOptions) -> NDArray[np.int32]:
    """Give each pixel that takes part a region, within the tolerance of the pixel that the region starts at."""
    grid = pixel_grid(image, options)
    magnitude = vector_magnitudes(gradient_field(image, (1.0,) * len(image.shape)))
    inside = np.flatnonzero(grid.labels == 0)
    order = inside[run_interruptible(np.lexsort, (*image.pixels().T, magnitude[image.mask_array()]))]
    limit = options.tolerance if grid.maximum else options.tolerance**2
    queue, state = np.empty(len(order), np.int64), np.zeros(4, np.int64)
    while _grow_some(grid, limit, order, queue, state, _PIXELS_AT_ONCE):
        pass
    return grown_labels(grid, image)


@kernel()
def _grow_some(
    grid: PixelGrid,
    limit: float,
    order: NDArray[np.int64],
    queue: NDArray[np.int64],
    state: NDArray[np.int64],
    n_pixels: int,
) -> bool:
    """Grow one region after the other, by so many pixels together; return whether any may be left."""
    values, labels, maximum = grid.values, grid.labels, grid.maximum
    position, number, head, tail = state[_POSITION], state[_NUMBER], state[_HEAD], state[_TAIL]
    while n_pixels > 0 and (head < tail or position < len(order)):
        if head == tail:
            queue[0], head, tail = order[position], 0, 0
            position += 1
            if labels[queue[0]] == 0:
                number, tail = number + 1, 1
                labels[queue[0]] = number
            else:
                n_pixels -= 1
        start, stop = queue[0], head + n_pixels
        n_pixels += head
        while head < tail and head < stop:
            pixel = queue[head]
            head += 1
            for offset in grid.offsets:
                neighbor = pixel + offset
                if labels[neighbor] == 0 and color_distance(values, neighbor, values, start, maximum) <= limit:
                    labels[neighbor] = number
                    queue[tail] = neighbor
                    tail += 1
        n_pixels -= head
    state[_POSITION], state[_NUMBER], state[_HEAD], state[_TAIL] = position, number, head, tail
    return head < tail or position < len(order)
