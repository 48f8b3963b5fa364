"""Pixels whose values are so large that the squares of their derivatives overflow: they are computed apart.

The gradient at pixels that see one of them is found from the image times a small power of two. All other pixels
are computed as if there were no such values, so that one of these changes nothing outside of its neighborhood.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from classicseg._core.image import Image

_LARGEST_VALUE = {"f4": 2.0**58, "f8": 2.0**200}
"""Squares of derivatives of values up to here are in range, with some room; those of float64 are squared once
more."""

_LARGEST_DERIVATIVE = {"f4": 2.0**120, "f8": 2.0**1000}
"""Derivatives up to here are in range, too."""

_SMALLER = {"f4": 2.0**-72, "f8": 2.0**-400}
"""Times this, the largest values that an image may hold are within these limits."""

HUGE_UNIT = 16.0
"""Sums of a few magnitudes up to the largest number of float32 are in its range once divided by this."""

_APART = 2.0**-60
"""If no value is less than this share of the largest, no difference is so small that its square is lost."""

_FINEST = 2.0**-120
"""With a spacing of less than this, derivatives of ordinary values overflow float32."""


def largest_value(image: Image) -> float:
    """An upper bound of the magnitude of all values."""
    if image.values.dtype.kind == "u":
        return float(np.iinfo(image.values.dtype).max)
    low, high = image.extremes or (float(image.values.min()), float(image.values.max()))
    return max(high, -low)


def result_dtype(image: Image) -> np.dtype[Any]:
    """The dtype of an image's gradient: float64 where the image works in float64, float32 elsewhere."""
    return np.dtype(np.float64 if image.values.dtype == np.float64 else np.float32)


def working_dtype(image: Image, spacing: tuple[float, ...]) -> np.dtype[Any]:
    """The dtype that the gradient is computed in."""
    return result_dtype(image) if min(spacing) > _FINEST else np.dtype(np.float64)


def has_exact_squares(image: Image, spacing: tuple[float, ...]) -> bool:
    """Whether the square of no difference of values is lost beside that of the largest value."""
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
    """Call `compute`, with pixels of huge values and those that see them computed apart.

    `compute` gives each pixel, of the last axes, what depends on others up to `radius` away. Results beyond the
    range of float32 become its largest number.
    """
    if not has_huge_values(image, spacing):
        return as_result(compute(image), image)
    huge = np.abs(image.values).max(axis=-1) > _limit(image, spacing)
    near = ndimage.binary_dilation(huge, np.ones((2 * radius + 1,) * huge.ndim))
    usual = np.where(huge[..., np.newaxis], image.values.dtype.type(0), image.values)
    factor = _SMALLER[working_dtype(image, spacing).str[1:]]
    scaled = compute(Image(image.values * image.values.dtype.type(factor), image.mask))
    apart = scaled.astype(np.float64) / factor
    rest = compute(Image(usual, image.mask))
    return np.where(near, _as_float32(apart) if rest.dtype == np.float32 else apart, rest)


def as_result(values: NDArray[Any], image: Image) -> NDArray[Any]:
    """Round what was computed to the dtype of an image's gradient."""
    return _as_float32(values) if result_dtype(image) == np.float32 else values


def _limit(image: Image, spacing: tuple[float, ...]) -> float:
    """Values above this are huge."""
    dtype = working_dtype(image, spacing).str[1:]
    return min(_LARGEST_VALUE[dtype], _LARGEST_DERIVATIVE[dtype] * min(spacing))


def _as_float32(values: NDArray[Any]) -> NDArray[np.float32]:
    """Round to float32, at most to its largest number."""
    if values.dtype == np.float32:
        return values
    largest = np.finfo(np.float32).max
    return np.clip(values, -largest, largest).astype(np.float32)
