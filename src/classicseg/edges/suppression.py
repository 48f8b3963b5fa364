"""Ridges of the gradient, marked as weak and strong: what Canny's detector does before hysteresis."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import Image
from classicseg.edges.suppression_kernels import Suppression, suppress_nonmaxima
from classicseg.edges.suppression_rows import plane_gaussian, plane_stencil, suppress_rows
from classicseg.filters.gradients import HUGE_UNIT, scaled_gradient
from classicseg.filters.huge_values import has_huge_values
from classicseg.filters.smoothing import smooth


def suppress_and_threshold(
    image: Image,
    spacing: tuple[float, ...],
    sigma: float,
    suppression: Suppression,
    low: float,
    high: float,
    suppressed: NDArray[Any] | None = None,
) -> NDArray[np.uint8]:
    """Mark the ridges that are weak and strong, for `hysteresis`; `suppressed` takes the gradients on them."""
    is_plane = len(image.shape) == 2 and image.n_channels == 1 and image.mask is None
    if is_plane and not has_huge_values(image, spacing):
        return _mark_in_plane(image, spacing, sigma, suppression, low, high, suppressed)
    smoothed = smooth(image, sigma, spacing)
    field, magnitude, unit = scaled_gradient(smoothed, spacing)
    one_channel = smoothed.n_channels == 1
    brightness = smoothed.values[..., 0] if one_channel else smoothed.values.mean(axis=-1, dtype=np.float64)
    if has_huge_values(smoothed, spacing):  # sums of a few of these do not overflow
        brightness = brightness / HUGE_UNIT
    for steps, step in zip(field, spacing, strict=True):
        if step != min(spacing):
            steps /= field.dtype.type(step / min(spacing))
    low, high = (_fitting(threshold / unit, field.dtype) for threshold in (low, high))
    found = suppress_nonmaxima(field, magnitude, brightness.astype(field.dtype, copy=False), suppression, low)
    if suppressed is not None:
        np.multiply(found, unit, out=suppressed)
    return double_threshold(found, low, high)


def suppressed_gradients(
    image: Image, spacing: tuple[float, ...], sigma: float, suppression: Suppression
) -> NDArray[Any]:
    """The gradient on each ridge, 0 elsewhere."""
    suppressed = np.empty(image.shape, np.float64 if image.values.dtype == np.float64 else np.float32)
    suppress_and_threshold(image, spacing, sigma, suppression, 0.0, math.inf, suppressed)
    return suppressed


def double_threshold(suppressed: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """Mark what is weak and strong, for `hysteresis`."""
    grid = np.zeros([length + 2 for length in suppressed.shape], np.uint8)
    thresholds = (min(threshold, float(np.finfo(suppressed.dtype).max)) for threshold in (low, high))
    run_bands(_threshold_in_band, len(suppressed), suppressed[0].size, suppressed, *thresholds, grid)
    return grid


def _mark_in_plane(
    image: Image,
    spacing: tuple[float, ...],
    sigma: float,
    suppression: Suppression,
    low: float,
    high: float,
    suppressed: NDArray[Any] | None,
) -> NDArray[np.uint8]:
    gaussian = plane_gaussian(image, sigma, spacing)
    stencil = plane_stencil(image, spacing)
    back = float(stencil.back[0])
    thresholds = (_fitting(threshold / back, stencil.even.dtype) for threshold in (low, high))
    plane, sector = image.values[..., 0], suppression == "sector"
    kept = np.empty((0, 0), stencil.even.dtype) if suppressed is None else suppressed
    grid = np.zeros([length + 2 for length in image.shape], np.uint8)
    run_bands(suppress_rows, len(plane), plane[0].size, plane, gaussian, stencil, sector, *thresholds, grid, kept)
    return grid


def _fitting(threshold: float, dtype: np.dtype[Any]) -> float:
    """A threshold above 0 within the range of a dtype."""
    limits = np.finfo(dtype)
    return min(max(threshold, float(limits.tiny)), float(limits.max))


def _threshold_in_band(
    suppressed: NDArray[Any], low: float, high: float, grid: NDArray[np.uint8], start: int, stop: int
) -> None:
    rows = suppressed[start:stop]
    strong = np.add(rows >= high, 1, dtype=np.uint8)
    inner = (slice(start + 1, stop + 1), *[slice(1, -1)] * (suppressed.ndim - 1))
    np.multiply(strong, (rows > 0) & (rows >= low), out=grid[inner])
