"""The part of an image that holds all that takes part, as superpixels are made of it.

So a masked border is as if it were not there. Axes of one pixel count for nothing, and there are two axes at
least: rows run along the last one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.grid import bounding_box
from classicseg._core.image import Image


class Part(NamedTuple):
    """The part of an image in a box."""

    image: Image
    """Of two axes or more; no mask where all pixels take part."""
    spacing: tuple[float, ...]
    n_pixels: int
    """How many take part."""
    box: tuple[slice, ...]
    """Where it is in the whole image."""
    whole: tuple[int, ...]
    """The shape of that one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Spatial, of two axes or more."""
        return self.image.shape

    @property
    def inside(self) -> NDArray[np.bool_] | None:
        """Which pixels take part; None where all do."""
        return self.image.mask

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

    def cut(self, array: NDArray[np.int32]) -> NDArray[np.int32]:
        """This part of an array of the whole image's shape."""
        return array[self.box].reshape(self.shape)

    def placed(self, labels: NDArray[np.int32]) -> NDArray[np.int32]:
        """Labels of this part as those of the whole image, 0 elsewhere."""
        if labels.size == np.prod(self.whole):
            return labels.reshape(self.whole)
        placed = np.zeros(self.whole, np.int32)
        inner = placed[self.box]
        inner[...] = labels.reshape(inner.shape)
        return placed

    def _long_spacing(self) -> NDArray[np.float64]:
        return np.array(self.spacing)[np.array(self.shape) > 1]


def part_of(image: Image, spacing: tuple[float, ...]) -> Part:
    """Cut out of an image what takes part; the whole where nothing does."""
    added = (1,) * max(0, 2 - len(image.shape))
    spacings = (*(1.0 for _ in added), *spacing)
    box = (slice(None),) * len(image.shape)
    if image.mask is not None and image.mask.any():
        box = bounding_box(image.mask)
    values = np.ascontiguousarray(image.values[box])
    values = values.reshape(*added, *values.shape)
    if image.mask is None or image.mask[box].all():
        return Part(Image(values, None), spacings, values[..., 0].size, box, image.shape)
    mask = np.ascontiguousarray(image.mask[box]).reshape(values.shape[:-1])
    return Part(Image(values, mask), spacings, int(np.count_nonzero(mask)), box, image.shape)
