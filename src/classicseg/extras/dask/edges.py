"""Edges and steep pixels: a gradient needs a few pixels around it, hysteresis the whole image."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import dask.array as da
import numpy as np
from numpy.typing import NDArray

import classicseg
from classicseg import PixelHistogram
from classicseg._core.image import Image, ValueRange, as_spacing
from classicseg.edges.canny import CannySettings, as_canny_settings, both_thresholds, noise_threshold
from classicseg.edges.gradient_threshold import LevelCounts, count_levels, merge_levels, otsu_of_levels
from classicseg.edges.suppression import crests_of, mark_ridges
from classicseg.extras.dask.chunks import Chunked, bare, global_range, merged
from classicseg.extras.dask.filters import Gradient, as_gradient
from classicseg.extras.dask.halos import over_halo
from classicseg.extras.dask.histogram_methods import histogram_of
from classicseg.extras.dask.hysteresis import hysteresis
from classicseg.extras.dask.mirror import tiled_version_of
from classicseg.extras.dask.parts import as_part
from classicseg.extras.dask.recompute import recompute_after
from classicseg.filters.smoothing import halo_of
from classicseg.histograms.values import value_histogram
from classicseg.segmentation.gradient import as_gradient_threshold
from classicseg.thresholds.classify import classify
from classicseg.thresholds.names import named_thresholds

_NOTE = """\
The result is lazy. Thresholds that are not numbers are found first, when the function is called, in a pass over
the image. Tiles overlap by what one pixel depends on. What hangs together with a strong pixel is found in each
tile and joined over the seams, however far it runs; a bit a pixel is kept meanwhile.
"""


class Ridges(NamedTuple):
    """What the tiles of an image must know to find its ridges."""

    span: ValueRange
    spacing: tuple[float, ...]
    settings: CannySettings

    @property
    def reach(self) -> tuple[int, ...]:
        return tuple(2 + n for n in halo_of(self.settings.sigma, self.spacing))


@tiled_version_of(classicseg.canny_edges, _NOTE)
def canny_edges(
    parsed: Chunked, *, sigma: Any, low: Any, high: Any, high_fraction: Any, suppression: Any, spacing: Any
) -> da.Array:
    settings = as_canny_settings(sigma, low, high, high_fraction, suppression)
    spacings = as_spacing(spacing, parsed.ndim)
    ridges = Ridges(global_range(parsed), spacings, settings)
    thresholds = both_thresholds(settings, _high(parsed, ridges))
    return hysteresis(
        over_halo(parsed, ridges.reach, _marks_of_tile, ridges=ridges, thresholds=thresholds, dtype=np.uint8)
    )


@tiled_version_of(classicseg.gradient_segment, _NOTE)
def gradient_segment(
    parsed: Chunked, *, threshold: Any, n_classes: Any, operator: Any, sigma: Any, spacing: Any
) -> da.Array:
    given, count = as_gradient_threshold(threshold, n_classes)
    gradient = as_gradient(parsed, operator, sigma, spacing)
    steep = steepness_of(parsed, gradient)
    if isinstance(given, str):
        thresholds = named_thresholds(histogram_of(steep.each(_histogram_of_tile)), given, count)
        return steep.each(_classes_of_tile, thresholds=thresholds, dtype=np.int32)
    if len(given) == 1:
        return steep.each(_classes_of_tile, thresholds=given, dtype=np.int32)
    kept = hysteresis(steep.each(_steep_of_tile, thresholds=given, dtype=np.uint8))
    return recompute_after(parsed, kept).each(_two_classes_of_tile, kept, span=gradient.span, dtype=np.int32)


def _high(parsed: Chunked, ridges: Ridges) -> float:
    """The higher threshold; that of the whole image, where it is not a number."""
    settings = ridges.settings
    if settings.high_fraction is None and not isinstance(settings.high, str):
        return settings.high
    if settings.high_fraction is None and settings.high == "otsu":
        return otsu_of_heights(crests_of_tiles(parsed, ridges))
    steep = steepness_of(parsed, Gradient(ridges.span, ridges.spacing, "sobel", settings.sigma))
    return _of_histogram(histogram_of(steep.each(_histogram_of_tile)), parsed.ndim, settings)


def steepness_of(parsed: Chunked, gradient: Gradient) -> Chunked:
    """The length of the gradient, NaN where a pixel takes no part."""
    found = over_halo(parsed, gradient.reach, _steepness_of_tile, gradient=gradient, dtype=gradient.dtype)
    return bare(found)


def crests_of_tiles(parsed: Chunked, ridges: Ridges) -> da.Array:
    """The gradient on each ridge, 0 elsewhere."""
    return over_halo(parsed, ridges.reach, _crests_of_tile, ridges=ridges, dtype=np.float64)


def otsu_of_heights(heights: da.Array) -> float:
    """Otsu's threshold of the gradients above 0."""
    return otsu_of_levels(merged(bare(heights).each(_count_levels), merge_levels))


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
    values: NDArray[Any], mask: NDArray[np.bool_] | None, *, ridges: Ridges, thresholds: tuple[float, float]
) -> NDArray[np.uint8]:
    span, spacing, settings = ridges
    part = as_part(values, span, mask=mask)
    grid = mark_ridges(part, spacing, settings.sigma, settings.suppression, *thresholds)
    return grid[(slice(1, -1),) * grid.ndim]


def _crests_of_tile(values: NDArray[Any], mask: NDArray[np.bool_] | None, *, ridges: Ridges) -> NDArray[Any]:
    span, spacing, settings = ridges
    return crests_of(as_part(values, span, mask=mask), spacing, settings.sigma, settings.suppression)


def _count_levels(crests: NDArray[Any], mask: None) -> LevelCounts:
    return count_levels(crests[..., 0])


def _steepness_of_tile(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, *, gradient: Gradient
) -> NDArray[Any]:
    part = as_part(values, gradient.span, mask=mask)
    magnitude = gradient.lengths(part)
    return magnitude if part.mask is None else np.where(part.mask, magnitude, magnitude.dtype.type(np.nan))


def _as_lengths(magnitude: NDArray[Any]) -> Image:
    holes = np.isnan(magnitude)
    if not holes.any():
        return Image(magnitude, None)
    return Image(np.where(holes, magnitude.dtype.type(0), magnitude), ~holes[..., 0])


def _histogram_of_tile(magnitude: NDArray[Any], mask: None) -> PixelHistogram:
    levels, counts = value_histogram(_as_lengths(magnitude).pixels()[:, 0])
    return PixelHistogram(levels[:, np.newaxis].astype(magnitude.dtype), counts)


def _classes_of_tile(magnitude: NDArray[Any], mask: None, *, thresholds: NDArray[np.float64]) -> NDArray[np.int32]:
    return classify(_as_lengths(magnitude), thresholds)


def _steep_of_tile(magnitude: NDArray[Any], mask: None, *, thresholds: NDArray[np.float64]) -> NDArray[np.uint8]:
    classes = classify(_as_lengths(magnitude), np.unique(thresholds))
    steep = np.maximum(classes - 1, 0)
    return (steep if thresholds[0] < thresholds[1] else 2 * steep).astype(np.uint8)


def _two_classes_of_tile(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, kept: NDArray[np.bool_], *, span: ValueRange
) -> NDArray[np.int32]:
    return np.where(as_part(values, span, mask=mask).mask_array(), 1 + kept, 0).astype(np.int32)
