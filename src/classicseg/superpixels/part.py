"""The part of an image that holds all that takes part, as superpixels are made of it.

So a masked border is as if it were not there. Axes of one pixel count for nothing, and there are two axes at
least: rows run along the last one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image


class Part(NamedTuple):
    """The part of an image in a box."""

    shape: tuple[int, ...]
    """Spatial, of two axes or more."""
    inside: NDArray[np.bool_] | None
    """Which pixels take part; None where all do."""
    spacing: tuple[float, ...]
    n_pixels: int
    """How many take part."""

    @property
    def n_axes(self) -> int:
        """The axes of more than one pixel, 1 at least."""
        return max(1, sum(length > 1 for length in self.shape))

    def side(self, n: int) -> float:
        """The side of each of n cubes that are as large as the pixels, in units of `spacing`."""
        volume = self.n_pixels / n * float(np.prod(self._long_spacing()))
        return float(volume ** (1 / self.n_axes))

    def faces(self) -> NDArray[np.float64]:
        """The area of a pixel's face across each axis, as a part of that of a cube of the same volume."""
        volume = float(np.prod(self._long_spacing()))
        return volume ** (1 / self.n_axes) / np.array(self.spacing)

    def _long_spacing(self) -> NDArray[np.float64]:
        return np.array(self.spacing)[np.array(self.shape) > 1]


def bounding_box(image: Image) -> tuple[slice, ...]:
    """The smallest part that holds all that takes part; the whole where nothing does."""
    if image.mask is None or not image.mask.any():
        return (slice(None),) * len(image.shape)
    box = []
    for axis in range(image.mask.ndim):
        found = np.flatnonzero(image.mask.any(axis=tuple(a for a in range(image.mask.ndim) if a != axis)))
        box.append(slice(int(found[0]), int(found[-1]) + 1))
    return tuple(box)


def part_of(image: Image, box: tuple[slice, ...], spacing: tuple[float, ...]) -> Part:
    """Describe the part of an image in a box."""
    inside = image.mask_array()[box]
    added = (1,) * max(0, 2 - inside.ndim)
    n_pixels = int(np.count_nonzero(inside))
    shape = (*added, *inside.shape)
    mask = None if n_pixels == inside.size else np.ascontiguousarray(inside).reshape(shape)
    return Part(shape, mask, (*(1.0 for _ in added), *spacing), n_pixels)
