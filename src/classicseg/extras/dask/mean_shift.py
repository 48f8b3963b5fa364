"""Mean shift in tiles: a window goes no farther than its moves, so that a halo is enough for its mode.

Neighbors of like modes are linked over the seams as pieces of growth are.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import dask.array as da
import numpy as np
from numpy.typing import NDArray

import classicseg
from classicseg._core.image import ValueRange, working_dtype
from classicseg.extras.dask.chunks import Chunked, bare, global_range
from classicseg.extras.dask.component_graph import number_components
from classicseg.extras.dask.growing import are_near, standard_deviation
from classicseg.extras.dask.halos import over_halo
from classicseg.extras.dask.mirror import refuse, tiled_version_of
from classicseg.extras.dask.parts import as_part
from classicseg.extras.dask.region_sums import without_small
from classicseg.filters.color import in_color_space, is_lab
from classicseg.growing.difference_components import difference_components
from classicseg.labeling.tile_merging import TileComponents, components_of_tile
from classicseg.segmentation.mean_shift import (
    LINKED,
    SHARE,
    MeanShiftSettings,
    as_mean_shift_settings,
    modes_of,
)

_NOTE = """\
Tiles overlap by `spatial_radius` times `max_iter`, as far as a window may go. The labels are lazy; the areas and
mean values of the regions, and which of them touch, are found when the function is called, in one pass that finds
the regions (none with ``min_area=1``); the standard deviation, where no `range_radius` is given, in two passes
before. The connectivity is 1.
"""


@tiled_version_of(classicseg.mean_shift_segment, _NOTE)
def mean_shift_segment(parsed: Chunked, *, color_space: Any, connectivity: Any, **options: Any) -> da.Array:
    given = {"color_space": color_space, "connectivity": connectivity}
    settings = as_mean_shift_settings(parsed.ndim, **given, **options)
    refuse("mean shift", {"connectivity": settings.connectivity}, {"connectivity": 1}, "small regions join so")
    span = global_range(parsed)
    colors = parsed
    if is_lab(parsed.n_channels, np.dtype(working_dtype(span)), color_space):
        lab = parsed.each(_lab_of_tile, lead=3, span=span, dtype=np.float32)
        colors = Chunked(da.moveaxis(lab, 0, -1), parsed.mask, True)
        span = global_range(colors)
    if settings.range_radius is None:
        radius = SHARE * standard_deviation(colors, global_range(colors, extremes=True))
        settings = settings._replace(range_radius=radius)
    halo = tuple(int(settings.spatial_radius / unit) * settings.max_iter for unit in settings.spacing)
    modes = over_halo(
        colors, halo, _modes_of_tile, lead=colors.n_channels, span=span, settings=settings, dtype=np.float64
    )
    shifted = bare(da.moveaxis(modes, 0, -1))._replace(has_channels=True)
    is_near = partial(are_near, limit=LINKED**2, maximum=False)
    labels = number_components(shifted.each(_linked_of_tile), shifted.chunks, 1, is_near)
    return without_small(colors, labels, span, settings.min_area)


def _lab_of_tile(values: NDArray[Any], mask: NDArray[np.bool_] | None, *, span: ValueRange) -> NDArray[Any]:
    """The colors of a tile in Lab, channels first; NaN where a pixel takes no part."""
    part = as_part(values, span, mask=mask)
    lab = np.where(part.mask_array()[..., np.newaxis], in_color_space(part, "lab").values, np.nan)
    return np.moveaxis(lab.astype(np.float32), -1, 0)


def _modes_of_tile(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, *, span: ValueRange, settings: MeanShiftSettings
) -> NDArray[np.float64]:
    """The colors of the modes of a tile, channels first; NaN where a pixel takes no part."""
    part = as_part(values, span, mask=mask)
    modes = modes_of(part, settings).values
    return np.moveaxis(np.where(part.mask_array()[..., np.newaxis], modes, np.nan), -1, 0)


def _linked_of_tile(values: NDArray[np.float64], mask: NDArray[np.bool_] | None) -> TileComponents:
    """The components of a tile's pixels whose neighbors have like modes."""
    part = as_part(values, ValueRange(values.dtype, 0, 0, 0), mask=mask)
    return components_of_tile(difference_components(part, LINKED, "euclidean", 1), part.values, 1)
