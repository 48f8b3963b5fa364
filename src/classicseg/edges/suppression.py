"""Non-maximum suppression of an image's gradient: what Canny's detector does before hysteresis.

A plane of one channel without a mask takes one pass over its rows (`suppression_rows`); any other image is
smoothed and differentiated as a whole first (`suppression_kernels`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import Image
from classicseg.edges.suppression_kernels import Suppression, suppress_nonmaxima
from classicseg.edges.suppression_rows import Maxima, Rule, plane_gaussian, suppress_rows
from classicseg.filters.gradients import magnitude_of, scaled_gradient
from classicseg.filters.huge_values import HUGE_UNIT, as_result, has_huge_values, working_dtype
from classicseg.filters.operators import stencil_of
from classicseg.filters.smoothing import smooth


class _ScaledGradient(NamedTuple):
    """A suppressed gradient and the whole one, divided by a power of two that keeps them in range."""

    suppressed: NDArray[Any]
    magnitude: NDArray[Any]
    unit: float
    """That power."""


def suppress_and_threshold(
    image: Image, spacing: tuple[float, ...], sigma: float, suppression: Suppression, low: float, high: float
) -> NDArray[np.uint8]:
    """Mark the maxima of the gradient that are weak and strong, for `hysteresis`."""
    if _is_plain_plane(image, spacing):
        grid, nothing = _padded_grid(image.shape), np.empty((0, 0), working_dtype(image, spacing))
        _suppress_in_plane(image, spacing, sigma, suppression, (low, high), Maxima(grid, nothing, nothing))
        return grid
    found = _suppress_in_image(smooth(image, sigma, spacing), spacing, suppression, low)
    dtype = found.suppressed.dtype
    return double_threshold(
        found.suppressed, *(_fitting(threshold / found.unit, dtype) for threshold in (low, high))
    )


def suppressed_gradients(
    image: Image, spacing: tuple[float, ...], sigma: float, suppression: Suppression
) -> NDArray[Any]:
    """The gradient magnitude where it is a maximum along the gradient, 0 elsewhere."""
    if _is_plain_plane(image, spacing):
        suppressed = np.empty(image.shape, working_dtype(image, spacing))
        found = Maxima(np.empty((0, 0), np.uint8), suppressed, suppressed[:0])
        _suppress_in_plane(image, spacing, sigma, suppression, (0.0, 0.0), found)
        return as_result(suppressed, image)
    scaled = _suppress_in_image(smooth(image, sigma, spacing), spacing, suppression, 0.0)
    return _in_units(scaled.suppressed, scaled.unit, image)


def suppressed_and_full_gradients(
    image: Image, spacing: tuple[float, ...], sigma: float, suppression: Suppression
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The same, and the gradient magnitude of all pixels (`magnitude_of`): the image is smoothed once."""
    if _is_plain_plane(image, spacing):
        suppressed, magnitude = (np.empty(image.shape, working_dtype(image, spacing)) for _ in range(2))
        found = Maxima(np.empty((0, 0), np.uint8), suppressed, magnitude)
        _suppress_in_plane(image, spacing, sigma, suppression, (0.0, 0.0), found)
        return as_result(suppressed, image), as_result(magnitude, image)
    smoothed = smooth(image, sigma, spacing)
    scaled = _suppress_in_image(smoothed, spacing, suppression, 0.0)
    suppressed = _in_units(scaled.suppressed, scaled.unit, image)
    if image.n_channels > 1 or has_huge_values(smoothed, spacing):  # these are the lengths of rounded vectors
        return suppressed, magnitude_of(smoothed, spacing)
    return suppressed, _in_units(scaled.magnitude, scaled.unit, image)


def double_threshold(suppressed: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """Mark what is weak and strong, for `hysteresis`."""
    grid = _padded_grid(suppressed.shape)
    thresholds = (min(threshold, float(np.finfo(suppressed.dtype).max)) for threshold in (low, high))
    run_bands(_threshold_in_band, len(suppressed), suppressed[0].size, suppressed, *thresholds, grid)
    return grid


def _padded_grid(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Marks of the pixels, 0 at first, with a border of zeros."""
    return np.zeros([length + 2 for length in shape], np.uint8)


def _is_plain_plane(image: Image, spacing: tuple[float, ...]) -> bool:
    """Whether `suppress_rows` can be used."""
    is_plane = len(image.shape) == 2 and image.n_channels == 1 and image.mask is None
    return is_plane and not has_huge_values(image, spacing)


def _suppress_in_plane(
    image: Image,
    spacing: tuple[float, ...],
    sigma: float,
    suppression: Suppression,
    thresholds: tuple[float, float],
    found: Maxima,
) -> None:
    """Smooth, differentiate and suppress in one pass, with thresholds in the units of the image."""
    stencil = stencil_of(image, spacing)
    back, dtype = float(stencil.back[0]), stencil.even.dtype
    rule = Rule(suppression == "sector", *(_fitting(threshold / back, dtype) for threshold in thresholds))
    steps, plane = (np.array(spacing) / min(spacing)).astype(dtype), image.values[..., 0]
    gaussian = plane_gaussian(image, sigma, spacing)
    run_bands(suppress_rows, len(plane), plane[0].size, plane, gaussian, stencil, steps, rule, found)


def _suppress_in_image(
    smoothed: Image, spacing: tuple[float, ...], suppression: Suppression, low: float
) -> _ScaledGradient:
    """Differentiate a smoothed image and suppress what is no maximum, or less than `low`."""
    field, magnitude, unit = scaled_gradient(smoothed, spacing)
    one_channel = smoothed.n_channels == 1
    brightness = smoothed.values[..., 0] if one_channel else smoothed.values.mean(axis=-1, dtype=np.float64)
    if has_huge_values(smoothed, spacing):  # sums of a few of these do not overflow
        brightness = brightness / HUGE_UNIT
    for slopes, step in zip(field, spacing, strict=True):
        if step != min(spacing):
            slopes /= field.dtype.type(step / min(spacing))
    least = _fitting(low / unit, field.dtype)
    suppressed = suppress_nonmaxima(
        field, magnitude, brightness.astype(field.dtype, copy=False), suppression, least
    )
    return _ScaledGradient(suppressed, magnitude, unit)


def _in_units(scaled: NDArray[Any], unit: float, image: Image) -> NDArray[Any]:
    """Magnitudes in the units and the dtype of the image's gradient."""
    return as_result(scaled * scaled.dtype.type(unit), image)


def _fitting(threshold: float, dtype: np.dtype[Any]) -> float:
    """A threshold above 0 within the range of a dtype."""
    limits = np.finfo(dtype)
    return min(max(threshold, float(limits.tiny)), float(limits.max))


def _threshold_in_band(
    suppressed: NDArray[Any], low: float, high: float, grid: NDArray[np.uint8], start: int, stop: int
) -> None:
    """Mark what is weak and strong in a band of rows."""
    rows = suppressed[start:stop]
    strong = np.add(rows >= high, 1, dtype=np.uint8)
    inner = (slice(start + 1, stop + 1), *[slice(1, -1)] * (suppressed.ndim - 1))
    np.multiply(strong, (rows > 0) & (rows >= low), out=grid[inner])
