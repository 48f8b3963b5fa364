"""The padded image in which regions grow, pixel by pixel: values, labels and the way to the neighbors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.grid import interior, neighbor_offsets, pad, padded_strides
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg._core.seeds import SeedPixels
from classicseg.growing.options import GrowingOptions

Result = TypeVar("Result")

_MOST_IN_PLACE = 2**14
"""A round over so many pixels takes 2 ms or so: Ctrl-C can wait for it."""


class PixelGrid(NamedTuple):
    """An image, padded by one pixel on each side and flat: a neighbor is a constant offset away."""

    values: NDArray[Any]
    """(n_nodes, channels)"""
    labels: NDArray[np.int32]
    """(n_nodes,), the number of a pixel's region, 0 before it has one, -1 where none takes part."""
    offsets: NDArray[np.int64]
    """(n_neighbors,), from a pixel to its neighbors."""
    maximum: bool
    """Whether the distance of two colors is the largest difference of a channel, not the root of the sum of
    squares. Of one channel the two are the same."""


def pixel_grid(image: Image, options: GrowingOptions) -> PixelGrid:
    """The grid of an image, before any pixel has a label."""
    values = pad(image.values, len(image.shape)).reshape(-1, image.n_channels)
    offsets = neighbor_offsets(image.shape, options.connectivity)
    labels = pad(image.mask_array(), len(image.shape)).reshape(-1).astype(np.int32) - 1
    return PixelGrid(values, labels, offsets, options.norm == "maximum" or image.n_channels == 1)


def padded_nodes(nodes: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Turn flat indices of the image into flat indices of the padded grid."""
    return (np.stack(np.unravel_index(nodes, shape), axis=1) + 1) @ padded_strides(shape)


def plant(grid: PixelGrid, image: Image, seeds: SeedPixels) -> NDArray[np.int64]:
    """Give the seeds their labels; return where they are in the grid."""
    pixels = padded_nodes(seeds.nodes, image.shape)
    grid.labels[pixels] = seeds.numbers
    return pixels


def grown_labels(grid: PixelGrid, image: Image) -> NDArray[np.int32]:
    """The labels without the padding; 0 where a pixel has none."""
    return np.maximum(interior(grid.labels, image.shape), 0)


def run_round(kernel: Callable[..., Result], n_pixels: int, *arguments: Any) -> Result:
    """Run a kernel once over the pixels that joined last; where they are many, Ctrl-C need not wait for it."""
    if n_pixels > _MOST_IN_PLACE:
        return run_interruptible(kernel, *arguments)
    return kernel(*arguments)


@kernel()
def color_distance(a: NDArray[Any], i: int, b: NDArray[Any], j: int, maximum: bool) -> float:
    """How far a[i] is from b[j]: the largest difference of a channel, or the *square* of the distance."""
    distance = 0.0
    for c in range(a.shape[1]):
        difference = np.float64(a[i, c]) - np.float64(b[j, c])
        distance = max(distance, abs(difference)) if maximum else distance + difference * difference
    return distance
