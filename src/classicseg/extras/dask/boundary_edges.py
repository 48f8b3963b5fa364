"""The edges that enclose regions, weak and strong: ridges, steep pixels, zero crossings, or what is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dask.array as da
import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import ValueRange, luminance
from classicseg.edges.gradient_threshold import LevelCounts, count_levels, merge_levels, otsu_of_levels
from classicseg.edges.suppression import grade
from classicseg.edges.zero_crossings import crossing_heights
from classicseg.extras.dask.chunks import Chunked, as_layer, bare, merged
from classicseg.extras.dask.edges import Ridges, crests_of_tiles, otsu_of_heights, steepness_of
from classicseg.extras.dask.filters import Gradient
from classicseg.extras.dask.halos import over_halo
from classicseg.extras.dask.parts import as_part
from classicseg.filters.smoothing import halo_of
from classicseg.segmentation.boundary import BoundarySettings


def edge_marks(
    parsed: Chunked, span: ValueRange, detector: Any, settings: BoundarySettings, spacing: tuple[float, ...]
) -> da.Array:
    """What is weak and strong, for hysteresis."""
    if callable(detector):
        raise ValueError(
            f"detector is {detector!r} for boundary segmentation in tiles; expected a name, or an edge map in "
            "chunks, since a function gets the image as a whole"
        )
    if not isinstance(detector, str):
        given = as_layer("detector", detector, parsed, kinds="b", means="edge")
        return parsed.each(_mark_given, given, span=span, dtype=np.uint8)
    sigma = settings.edges.sigma
    if detector == "sobel":
        steep = steepness_of(parsed, Gradient(span, spacing, "sobel", sigma))
        _, high = settings.thresholds(lambda: otsu_of_levels(*merged(steep.each(_count_steep), _merge_counts)))
        return steep.each(_mark_steep, high=high, dtype=np.uint8)
    if detector == "log":
        reach = tuple(2 + n for n in halo_of(sigma, spacing))
        heights = over_halo(
            parsed,
            reach,
            _crossings_of_tile,
            span=span,
            spacing=spacing,
            sigma=sigma,
            dtype=np.float64,
        )
    else:
        heights = crests_of_tiles(parsed, Ridges(span, spacing, settings.edges))
    return bare(heights).each(
        _grade, thresholds=settings.thresholds(lambda: otsu_of_heights(heights)), dtype=np.uint8
    )


def _mark_given(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, edges: NDArray[np.bool_], *, span: ValueRange
) -> NDArray[np.uint8]:
    return np.multiply(edges & as_part(values, span, mask=mask).mask_array(), 2, dtype=np.uint8)


def _count_steep(steep: NDArray[Any], mask: None) -> tuple[LevelCounts, int]:
    return count_levels(np.nan_to_num(steep[..., 0])), int(np.sum(steep == 0))


def _merge_counts(parts: Sequence[tuple[LevelCounts, int]]) -> tuple[LevelCounts, int]:
    return merge_levels([levels for levels, _ in parts]), sum(n_flat for _, n_flat in parts)


def _mark_steep(steep: NDArray[Any], mask: None, *, high: float) -> NDArray[np.uint8]:
    return np.multiply(((steep >= high) & (steep > 0))[..., 0], 2, dtype=np.uint8)


def _crossings_of_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    *,
    span: ValueRange,
    spacing: tuple[float, ...],
    sigma: float,
) -> NDArray[Any]:
    return crossing_heights(luminance(as_part(values, span, mask=mask)), spacing, sigma)


def _grade(heights: NDArray[Any], mask: None, *, thresholds: tuple[float, float]) -> NDArray[np.uint8]:
    grid = grade(heights[..., 0], *thresholds)
    return grid[(slice(1, -1),) * grid.ndim]
