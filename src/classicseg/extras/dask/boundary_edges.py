"""The edges that enclose regions, weak and strong: by Canny, Sobel, zero crossings, or as they are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dask.array as da
import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import ValueRange, luminance
from classicseg.edges.gradient_threshold import LevelCounts, count_levels, merge_levels, otsu_of_levels
from classicseg.edges.suppression import double_threshold
from classicseg.edges.zero_crossings import gradients_on_crossings
from classicseg.extras.dask.chunks import Chunked, as_layer, bare, merged
from classicseg.extras.dask.edges import (
    EdgeThinning,
    magnitude_of_tiles,
    otsu_of_tiles,
    suppressed_gradients_of_tiles,
)
from classicseg.extras.dask.filters import Gradient
from classicseg.extras.dask.halos import over_halo
from classicseg.extras.dask.parts import as_part
from classicseg.filters.smoothing import halo_of
from classicseg.segmentation.boundary import BoundarySettings


def edge_marks(
    parsed: Chunked, value_range: ValueRange, detector: Any, settings: BoundarySettings, spacing: tuple[float, ...]
) -> da.Array:
    """Mark weak and strong edge pixels, for hysteresis."""
    if callable(detector):
        raise ValueError(
            f"detector is {detector!r} for boundary segmentation in tiles; expected a name, or an edge map in "
            "chunks, since a function gets the image as a whole"
        )
    if not isinstance(detector, str):
        given = as_layer("detector", detector, parsed, kinds="b", means="edge")
        return parsed.each(_mark_given, given, value_range=value_range, dtype=np.uint8)
    sigma = settings.edges.sigma
    if detector == "sobel":
        magnitude = magnitude_of_tiles(parsed, Gradient(value_range, spacing, "sobel", sigma))
        _, high = settings.thresholds(
            lambda: otsu_of_levels(*merged(magnitude.each(_count_magnitudes), _merge_counts))
        )
        return magnitude.each(_mark_at_least, high=high, dtype=np.uint8)
    if detector == "log":
        halo = tuple(2 + n for n in halo_of(sigma, spacing))
        magnitude = over_halo(
            parsed,
            halo,
            _crossings_of_tile,
            value_range=value_range,
            spacing=spacing,
            sigma=sigma,
            dtype=np.float64,
        )
    else:
        magnitude = suppressed_gradients_of_tiles(parsed, EdgeThinning(value_range, spacing, settings.edges))
    return bare(magnitude).each(
        _grade, thresholds=settings.thresholds(lambda: otsu_of_tiles(magnitude)), dtype=np.uint8
    )


def _mark_given(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, edges: NDArray[np.bool_], *, value_range: ValueRange
) -> NDArray[np.uint8]:
    """Edges that are given are strong."""
    return np.multiply(edges & as_part(values, value_range, mask=mask).mask_array(), 2, dtype=np.uint8)


def _count_magnitudes(magnitude: NDArray[Any], mask: None) -> tuple[LevelCounts, int]:
    """Count the gradients of a tile, and those that are 0."""
    return count_levels(np.nan_to_num(magnitude[..., 0])), int(np.sum(magnitude == 0))


def _merge_counts(parts: Sequence[tuple[LevelCounts, int]]) -> tuple[LevelCounts, int]:
    """Add up the counts of tiles."""
    return merge_levels([levels for levels, _ in parts]), sum(n_flat for _, n_flat in parts)


def _mark_at_least(magnitude: NDArray[Any], mask: None, *, high: float) -> NDArray[np.uint8]:
    """Pixels of at least one threshold are strong."""
    return np.multiply(((magnitude >= high) & (magnitude > 0))[..., 0], 2, dtype=np.uint8)


def _crossings_of_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    *,
    value_range: ValueRange,
    spacing: tuple[float, ...],
    sigma: float,
) -> NDArray[Any]:
    """The gradient magnitude where the Laplacian crosses zero."""
    return gradients_on_crossings(luminance(as_part(values, value_range, mask=mask)), spacing, sigma)


def _grade(magnitude: NDArray[Any], mask: None, *, thresholds: tuple[float, float]) -> NDArray[np.uint8]:
    """Mark what is weak and strong in a tile."""
    grid = double_threshold(magnitude[..., 0], *thresholds)
    return grid[(slice(1, -1),) * grid.ndim]
