"""Edges and steep pixels: a gradient needs a few pixels around it, hysteresis the whole image."""

from __future__ import annotations

import math
from typing import Any

import dask.array as da
import numpy as np
from numpy.typing import NDArray

import classicseg
from classicseg import PixelHistogram
from classicseg._core.classes import classify
from classicseg._core.histogram import value_histogram
from classicseg._core.image import Image, Span, as_part, as_spacing
from classicseg.extras.dask.chunks import Chunked, merged, over_halo, settled_span
from classicseg.extras.dask.filters import gradient_reach, gradient_settings, result_dtype
from classicseg.extras.dask.hysteresis import keep_from_strong
from classicseg.extras.dask.twins import twin_of
from classicseg.extras.dask.values import histogram_of
from classicseg.filters.canny import CannySettings, as_canny_settings, both_thresholds, noise_threshold
from classicseg.filters.crests import crests_of, mark_ridges
from classicseg.filters.edge_threshold import LevelCounts, count_levels, merge_levels, otsu_of_levels
from classicseg.filters.gradients import steepness
from classicseg.filters.ridges import Suppression
from classicseg.filters.smoothing import reach_of
from classicseg.segmentation.gradient import as_gradient_threshold
from classicseg.thresholds.names import named_thresholds

_NOTE = """\
The result is lazy. Thresholds that are not numbers, and the extremes of the image, are found first, when the
function is called: a pass for each. Tiles overlap by what one pixel depends on. What hangs together with a strong
pixel is found in each tile and joined over the seams, however far it runs; a bit a pixel is kept meanwhile.
"""


@twin_of(classicseg.canny_edges, _NOTE)
def canny_edges(
    parsed: Chunked, *, sigma: Any, low: Any, high: Any, high_fraction: Any, suppression: Any, spacing: Any
) -> da.Array:
    settings = as_canny_settings(sigma, low, high, high_fraction, suppression)
    spacings = as_spacing(spacing, parsed.ndim)
    span = settled_span(parsed, extremes=settings.sigma > 0)
    thresholds = both_thresholds(settings, _high(parsed, span, spacings, settings))
    ridges: dict[str, Any] = {
        "span": span,
        "spacing": spacings,
        "sigma": settings.sigma,
        "suppression": settings.suppression,
    }
    marks = over_halo(
        parsed, _reach(spacings, settings), _marks_of_tile, thresholds=thresholds, **ridges, dtype=np.uint8
    )
    return keep_from_strong(marks)


@twin_of(classicseg.gradient_segment, _NOTE)
def gradient_segment(
    parsed: Chunked, *, threshold: Any, n_classes: Any, operator: Any, sigma: Any, spacing: Any
) -> da.Array:
    given, count = as_gradient_threshold(threshold, n_classes)
    settings = gradient_settings(parsed, operator, sigma, spacing)
    gradient = _steepness(parsed, settings)
    if isinstance(given, str):
        given = named_thresholds(histogram_of(gradient.each(_histogram_of_tile)), given, count)
    if len(given) < 2 or isinstance(threshold, str):
        return gradient.each(_classes_of_tile, thresholds=given, dtype=np.int32)
    kept = keep_from_strong(gradient.each(_steep_of_tile, thresholds=given, dtype=np.uint8))
    return gradient.each(_two_classes_of_tile, kept, dtype=np.int32)


def _reach(spacing: tuple[float, ...], settings: CannySettings) -> tuple[int, ...]:
    return tuple(2 + n for n in reach_of(settings.sigma, spacing))


def _ridges(span: Span, spacing: tuple[float, ...], settings: CannySettings) -> dict[str, Any]:
    return {"span": span, "spacing": spacing, "sigma": settings.sigma, "suppression": settings.suppression}


def _high(parsed: Chunked, span: Span, spacing: tuple[float, ...], settings: CannySettings) -> float:
    """The higher threshold; that of the whole image, where it is not a number."""
    if settings.high_fraction is None and not isinstance(settings.high, str):
        return settings.high
    if settings.high_fraction is None and settings.high == "otsu":
        ridges: dict[str, Any] = {
            "span": span,
            "spacing": spacing,
            "sigma": settings.sigma,
            "suppression": settings.suppression,
        }
        crests = over_halo(parsed, _reach(spacing, settings), _crests_of_tile, **ridges, dtype=np.float64)
        return otsu_of_levels(merged(Chunked(crests, None, has_channels=False).each(_count_levels), merge_levels))
    gradient = _steepness(parsed, {"span": span, "spacing": spacing, "operator": "sobel", "sigma": settings.sigma})
    return _of_histogram(histogram_of(gradient.each(_histogram_of_tile)), parsed.ndim, settings)


def _steepness(parsed: Chunked, settings: dict[str, Any]) -> Chunked:
    """The length of the gradient, NaN where a pixel takes no part."""
    reach, dtype = gradient_reach(**settings), result_dtype(settings)
    return Chunked(over_halo(parsed, reach, _steepness_of_tile, **settings, dtype=dtype), None, has_channels=False)


def _of_histogram(found: PixelHistogram, ndim: int, settings: CannySettings) -> float:
    values, until = found.values[:, 0], np.cumsum(found.counts)
    if settings.high_fraction is not None:
        n_pixels = int(until[-1]) if len(until) else 0
        rank = n_pixels - math.ceil(settings.high_fraction * n_pixels)
        return float(values[np.searchsorted(until, rank, side="right")]) if n_pixels else 0.0
    values, counts = values[values > 0], found.counts[values > 0]
    if not len(values):
        return 0.0
    until = np.cumsum(counts)
    middle = np.searchsorted(until, [(until[-1] - 1) // 2, until[-1] // 2], side="right")
    return noise_threshold(float(np.mean(values[middle])), ndim)


def _marks_of_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    *,
    span: Span,
    spacing: tuple[float, ...],
    sigma: float,
    suppression: Suppression,
    thresholds: tuple[float, float],
) -> NDArray[np.uint8]:
    grid = mark_ridges(as_part(values, span, mask=mask), spacing, sigma, suppression, *thresholds)
    return grid[(slice(1, -1),) * grid.ndim]


def _crests_of_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    *,
    span: Span,
    spacing: tuple[float, ...],
    sigma: float,
    suppression: Suppression,
) -> NDArray[Any]:
    return crests_of(as_part(values, span, mask=mask), spacing, sigma, suppression)


def _count_levels(crests: NDArray[Any], mask: None) -> LevelCounts:
    return count_levels(crests[..., 0])


def _steepness_of_tile(values: NDArray[Any], mask: NDArray[np.bool_] | None, **settings: Any) -> NDArray[Any]:
    part = as_part(values, settings.pop("span"), mask=mask)
    magnitude = steepness(part, **settings)
    return magnitude if part.mask is None else np.where(part.mask, magnitude, magnitude.dtype.type(np.nan))


def _as_gradient(magnitude: NDArray[Any]) -> Image:
    holes = np.isnan(magnitude)
    if not holes.any():
        return Image(magnitude, None)
    return Image(np.where(holes, magnitude.dtype.type(0), magnitude), ~holes[..., 0])


def _histogram_of_tile(magnitude: NDArray[Any], mask: None) -> PixelHistogram:
    levels, counts = value_histogram(_as_gradient(magnitude).pixels()[:, 0])
    return PixelHistogram(levels[:, np.newaxis].astype(magnitude.dtype), counts)


def _classes_of_tile(magnitude: NDArray[Any], mask: None, *, thresholds: NDArray[np.float64]) -> NDArray[np.int32]:
    return classify(_as_gradient(magnitude), thresholds)


def _steep_of_tile(magnitude: NDArray[Any], mask: None, *, thresholds: NDArray[np.float64]) -> NDArray[np.uint8]:
    classes = classify(_as_gradient(magnitude), np.unique(thresholds))
    steep = np.maximum(classes - 1, 0)
    return (steep if thresholds[0] < thresholds[1] else 2 * steep).astype(np.uint8)


def _two_classes_of_tile(magnitude: NDArray[Any], mask: None, kept: NDArray[np.bool_]) -> NDArray[np.int32]:
    return np.where(np.isnan(magnitude[..., 0]), 0, 1 + kept).astype(np.int32)
