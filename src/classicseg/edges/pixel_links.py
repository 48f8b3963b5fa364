"""The graph of edge pixels that chains run along: which of them are linked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel

STEPS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
"""The offset of each direction; direction 7 - d leads back from direction d."""


def number_grid(shape: tuple[int, ...]) -> NDArray[np.int32]:
    """A flat grid for `link_pixels`, padded by one pixel: -1 everywhere."""
    return np.full((shape[0] + 2) * (shape[1] + 2), -1, np.int32)


def link_pixels(pixels: NDArray[np.int64], shape: tuple[int, ...], number: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return which pixels of a plane, flat and ascending, each is linked with: their numbers (n, 8), -1 for none.

    A diagonal neighbor is linked where neither of the two pixels that touch both is an edge.
    """
    width = shape[1] + 2
    rows, columns = np.divmod(pixels, shape[1])
    nodes = (rows + 1) * width + columns + 1
    number[nodes] = np.arange(len(pixels))
    near = {(y, x): number[nodes + y * width + x] for y, x in STEPS}
    links = np.stack([near[step] for step in STEPS], axis=1)
    for direction, (y, x) in enumerate(STEPS):
        if y and x:
            links[(near[y, 0] >= 0) | (near[0, x] >= 0), direction] = -1
    number[nodes] = -1  # for the next call
    return links.astype(np.int64)


@kernel()
def count_links(links: NDArray[np.int64]) -> NDArray[np.int64]:
    """The number of links of each pixel."""
    degrees = np.zeros(len(links), np.int64)
    for pixel in range(len(links)):
        for direction in range(8):
            degrees[pixel] += int(links[pixel, direction] >= 0)
    return degrees


@kernel()
def next_pixel(links: NDArray[np.int64], here: int, last: int) -> int:
    """The link of a pixel that does not lead back, -1 where there is none."""
    found = -1
    for direction in range(8):
        if links[here, direction] >= 0 and links[here, direction] != last:
            found = links[here, direction]
    return found
