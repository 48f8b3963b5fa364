"""How far an image's values spread: a unit for options whose default scales with the image."""

from __future__ import annotations

import numpy as np

from classicseg._core.exact_sums import exact_mean
from classicseg._core.image import Image


def variance(image: Image) -> float:
    """The sum over the channels of their variances, in any order of the pixels the same; 0 of no pixels."""
    pixels, found = image.pixels(), 0.0
    if not len(pixels):
        return found
    for channel in range(image.n_channels):
        values = pixels[:, channel].astype(np.float64)
        values -= exact_mean(values)
        values *= values
        found += exact_mean(values)
    return found
