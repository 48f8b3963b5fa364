"""Pixels whose values are so large that the squares of their derivatives overflow: they are computed apart.

What depends on them is found from smaller multiples. All other pixels are computed as if there were none of these,
so that one of them changes nothing out of its reach.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from classicseg._core.image import Image

_LARGEST_VALUE = {"f4": 2.0**58, "f8": 2.0**200}
"""Squares of derivatives of values up to here are in range, with some room; those of float64 are squared again,"""

_LARGEST_DERIVATIVE = {"f4": 2.0**120, "f8": 2.0**1000}
"""and so are derivatives up to here."""

_SMALLER = {"f4": 2.0**-72, "f8": 2.0**-400}
"""This takes all other values that an image may hold to where they are."""

_APART = 2.0**-60
"""Where no value is less than this share of the largest, no difference is so small that its square is lost."""

_FINEST = 2.0**-120
"""With a spacing less than this float32 has no room for the derivatives of ordinary values."""


def largest_value(image: Image) -> float:
    """No value is greater in magnitude."""
    if image.values.dtype.kind == "u":
        return float(np.iinfo(image.values.dtype).max)
    low, high = image.extremes or (float(image.values.min()), float(image.values.max()))
    return max(high, -low)


def result_dtype(image: Image) -> np.dtype[Any]:
    """What the gradient of an image is returned in: float64 where the image works in float64."""
    return np.dtype(np.float64 if image.values.dtype == np.float64 else np.float32)


def working_dtype(image: Image, spacing: tuple[float, ...]) -> np.dtype[Any]:
    """What it is computed in."""
    return result_dtype(image) if min(spacing) > _FINEST else np.dtype(np.float64)


def has_exact_squares(image: Image, spacing: tuple[float, ...]) -> bool:
    """Whether no difference of values is so much less than the largest value that its square is lost."""
    if image.values.dtype.kind == "u":
        return True
    low = image.extremes[0] if image.extremes else 0.0
    return low > 0 and low * min(spacing) > _APART * largest_value(image) * max(spacing)


def has_huge_values(image: Image, spacing: tuple[float, ...]) -> bool:
    """Whether derivatives, or their squares, may overflow the dtype that they are computed in."""
    return largest_value(image) > _limit(image, spacing)


def computed_apart(
    compute: Callable[[Image], NDArray[Any]], image: Image, spacing: tuple[float, ...], radius: int
) -> NDArray[Any]:
    """Call `compute`, which gives each pixel, of the last axes, what depends on others up to `radius` away.

    What exceeds the largest number of float32 becomes that number.
    """
    if not has_huge_values(image, spacing):
        return as_float32(compute(image)) if result_dtype(image) == np.float32 else compute(image)
    huge = np.abs(image.values).max(axis=-1) > _limit(image, spacing)
    near = ndimage.binary_dilation(huge, np.ones((2 * radius + 1,) * huge.ndim))
    usual = np.where(huge[..., np.newaxis], image.values.dtype.type(0), image.values)
    factor = _SMALLER[working_dtype(image, spacing).str[1:]]
    fewer = compute(Image(image.values * image.values.dtype.type(factor), image.mask))
    smaller = fewer.astype(np.float64) / factor
    rest = compute(Image(usual, image.mask))
    return np.where(near, as_float32(smaller) if rest.dtype == np.float32 else smaller, rest)


def _limit(image: Image, spacing: tuple[float, ...]) -> float:
    dtype = working_dtype(image, spacing).str[1:]
    return min(_LARGEST_VALUE[dtype], _LARGEST_DERIVATIVE[dtype] * min(spacing))


def as_float32(values: NDArray[Any]) -> NDArray[np.float32]:
    """Round to float32, at most to its largest number."""
    if values.dtype == np.float32:
        return values
    largest = np.finfo(np.float32).max
    return np.clip(values, -largest, largest).astype(np.float32)
