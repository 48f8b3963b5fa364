"""Edges and gradient thresholds: a gradient needs a few pixels around it, hysteresis the whole image."""

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
from classicseg.edges.suppression import suppress_and_threshold, suppressed_gradients
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


class EdgeThinning(NamedTuple):
    """Settings of non-maximum suppression, for the tiles of an image."""

    value_range: ValueRange
    spacing: tuple[float, ...]
    settings: CannySettings

    @property
    def halo(self) -> tuple[int, ...]:
        """How many pixels around a pixel its result depends on, along each axis."""
        return tuple(2 + n for n in halo_of(self.settings.sigma, self.spacing))


@tiled_version_of(classicseg.canny_edges, _NOTE)
def canny_edges(
    parsed: Chunked, *, sigma: Any, low: Any, high: Any, high_fraction: Any, suppression: Any, spacing: Any
) -> da.Array:
    settings = as_canny_settings(sigma, low, high, high_fraction, suppression)
    spacings = as_spacing(spacing, parsed.ndim)
    thinning = EdgeThinning(global_range(parsed), spacings, settings)
    thresholds = both_thresholds(settings, _high(parsed, thinning))
    return hysteresis(
        over_halo(
            parsed, thinning.halo, _thresholded_tile, thinning=thinning, thresholds=thresholds, dtype=np.uint8
        )
    )


@tiled_version_of(classicseg.gradient_segment, _NOTE)
def gradient_segment(
    parsed: Chunked, *, threshold: Any, n_classes: Any, operator: Any, sigma: Any, spacing: Any
) -> da.Array:
    given, count = as_gradient_threshold(threshold, n_classes)
    gradient = as_gradient(parsed, operator, sigma, spacing)
    magnitude = magnitude_of_tiles(parsed, gradient)
    if isinstance(given, str):
        thresholds = named_thresholds(histogram_of(magnitude.each(_histogram_of_tile)), given, count)
        return magnitude.each(_classes_of_tile, thresholds=thresholds, dtype=np.int32)
    if len(given) == 1:
        return magnitude.each(_classes_of_tile, thresholds=given, dtype=np.int32)
    kept = hysteresis(magnitude.each(_marks_of_tile, thresholds=given, dtype=np.uint8))
    return recompute_after(parsed, kept).each(
        _two_classes_of_tile, kept, value_range=gradient.value_range, dtype=np.int32
    )


def _high(parsed: Chunked, thinning: EdgeThinning) -> float:
    """The higher threshold: the number that is given, or one that the whole image chooses."""
    settings = thinning.settings
    if settings.high_fraction is None and not isinstance(settings.high, str):
        return settings.high
    if settings.high_fraction is None and settings.high == "otsu":
        return otsu_of_tiles(suppressed_gradients_of_tiles(parsed, thinning))
    magnitude = magnitude_of_tiles(
        parsed, Gradient(thinning.value_range, thinning.spacing, "sobel", settings.sigma)
    )
    return _threshold_of_histogram(histogram_of(magnitude.each(_histogram_of_tile)), parsed.ndim, settings)


def magnitude_of_tiles(parsed: Chunked, gradient: Gradient) -> Chunked:
    """The gradient magnitude, NaN where a pixel takes no part."""
    found = over_halo(parsed, gradient.halo, _magnitude_of_tile, gradient=gradient, dtype=gradient.dtype)
    return bare(found)


def suppressed_gradients_of_tiles(parsed: Chunked, thinning: EdgeThinning) -> da.Array:
    """The gradient magnitude where it is a maximum along the gradient, 0 elsewhere."""
    return over_halo(parsed, thinning.halo, _suppressed_of_tile, thinning=thinning, dtype=np.float64)


def otsu_of_tiles(magnitude: da.Array) -> float:
    """Otsu's threshold of the gradients above 0."""
    return otsu_of_levels(merged(bare(magnitude).each(_count_levels), merge_levels))


def _threshold_of_histogram(found: PixelHistogram, ndim: int, settings: CannySettings) -> float:
    """The threshold that the gradients of all pixels choose, as in `edges.canny`."""
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


def _thresholded_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    *,
    thinning: EdgeThinning,
    thresholds: tuple[float, float],
) -> NDArray[np.uint8]:
    """Mark the maxima of a tile that are weak and strong."""
    value_range, spacing, settings = thinning
    part = as_part(values, value_range, mask=mask)
    grid = suppress_and_threshold(part, spacing, settings.sigma, settings.suppression, *thresholds)
    return grid[(slice(1, -1),) * grid.ndim]


def _suppressed_of_tile(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, *, thinning: EdgeThinning
) -> NDArray[Any]:
    """The suppressed gradient of a tile."""
    value_range, spacing, settings = thinning
    return suppressed_gradients(
        as_part(values, value_range, mask=mask), spacing, settings.sigma, settings.suppression
    )


def _count_levels(suppressed: NDArray[Any], mask: None) -> LevelCounts:
    """Count the gradients of a tile."""
    return count_levels(suppressed[..., 0])


def _magnitude_of_tile(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, *, gradient: Gradient
) -> NDArray[Any]:
    """The gradient magnitude of a tile, NaN where a pixel takes no part."""
    part = as_part(values, gradient.value_range, mask=mask)
    magnitude = gradient.magnitude(part)
    return magnitude if part.mask is None else np.where(part.mask, magnitude, magnitude.dtype.type(np.nan))


def _as_image(magnitude: NDArray[Any]) -> Image:
    """Magnitudes as an image in which pixels of NaN take no part."""
    holes = np.isnan(magnitude)
    if not holes.any():
        return Image(magnitude, None)
    return Image(np.where(holes, magnitude.dtype.type(0), magnitude), ~holes[..., 0])


def _histogram_of_tile(magnitude: NDArray[Any], mask: None) -> PixelHistogram:
    """The gradient magnitudes of a tile with their counts."""
    levels, counts = value_histogram(_as_image(magnitude).pixels()[:, 0])
    return PixelHistogram(levels[:, np.newaxis].astype(magnitude.dtype), counts)


def _classes_of_tile(magnitude: NDArray[Any], mask: None, *, thresholds: NDArray[np.float64]) -> NDArray[np.int32]:
    """The classes of a tile between thresholds."""
    return classify(_as_image(magnitude), thresholds)


def _marks_of_tile(magnitude: NDArray[Any], mask: None, *, thresholds: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Mark the pixels of a tile that are steep enough to be weak and strong."""
    classes = classify(_as_image(magnitude), np.unique(thresholds))
    marks = np.maximum(classes - 1, 0)
    return (marks if thresholds[0] < thresholds[1] else 2 * marks).astype(np.uint8)


def _two_classes_of_tile(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, kept: NDArray[np.bool_], *, value_range: ValueRange
) -> NDArray[np.int32]:
    """Class 2 where hysteresis has kept a pixel, class 1 elsewhere."""
    return np.where(as_part(values, value_range, mask=mask).mask_array(), 1 + kept, 0).astype(np.int32)
