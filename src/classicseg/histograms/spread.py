"""How far the values of an image lie apart: a scale for defaults, which scales with the image."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import Image
from classicseg._core.numbers import LARGEST

_BITS = 24
"""The order of the pixels decides the bits of a sum after these."""


def spread_of(image: Image) -> float:
    """The standard deviation of the pixels that take part; of several channels, the root of all variances."""
    pixels = image.values.reshape(-1, image.n_channels)
    inside = None if image.mask is None else image.mask.reshape(-1)
    found = run_bands(_sums, len(pixels), image.n_channels, pixels, inside)
    n_pixels = max(sum(count for _, count in found), 1)
    means = np.sum([sums for sums, _ in found], axis=0) / n_pixels
    squares = math.fsum(run_bands(_squares, len(pixels), image.n_channels, pixels, inside, means))
    digits, exponent = math.frexp(min(math.sqrt(squares / n_pixels), LARGEST))
    return math.ldexp(round(digits * 2**_BITS), exponent - _BITS)


def _sums(
    pixels: NDArray[Any], inside: NDArray[np.bool_] | None, start: int, stop: int
) -> tuple[NDArray[np.float64], int]:
    """The sum of each channel, and how many pixels take part; others are 0."""
    n_pixels = stop - start if inside is None else int(np.count_nonzero(inside[start:stop]))
    return pixels[start:stop].sum(axis=0, dtype=np.float64), n_pixels


def _squares(
    pixels: NDArray[Any], inside: NDArray[np.bool_] | None, means: NDArray[np.float64], start: int, stop: int
) -> float:
    """The sum of squared differences from the means."""
    apart = pixels[start:stop] - means
    with np.errstate(over="ignore"):
        squares = np.einsum("ic,ic->i", apart, apart)
    return float(squares.sum() if inside is None else squares[inside[start:stop]].sum())
