"""Connected regions and their boundaries: tiles find components, which are merged over the seams."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
from numpy.typing import NDArray

import classicseg
from classicseg._core.image import as_classes
from classicseg._core.numbers import as_count
from classicseg.extras.dask.chunks import as_labels
from classicseg.extras.dask.component_graph import equal_values, number_components
from classicseg.extras.dask.fusing import fused
from classicseg.extras.dask.halos import over_halo
from classicseg.extras.dask.mirror import described
from classicseg.labeling.tile_merging import TileComponents, components_of_tile

_NUMBERED = """\
The result is lazy. Each tile is labeled by itself, pieces are joined over the seams, and a look-up makes them
regions of the whole image, numbered by their first pixel there: int32 for images of less than 2**31 pixels, int64
for others. Between the two passes the runs of equal label are kept, 8 bytes each.
"""


def connected_regions(labels: Any, *, connectivity: int = 1) -> da.Array:
    classes = as_labels("labels", labels)
    connectivity = as_count("connectivity", connectivity, most=classes.ndim)
    patches = classes.each(_components_of_tile, connectivity=connectivity)
    return number_components(patches, classes.chunks, connectivity, equal_values)


def region_boundaries(labels: Any, *, connectivity: int = 1) -> da.Array:
    segments = as_labels("labels", labels)
    connectivity = as_count("connectivity", connectivity, most=segments.ndim)
    halo = (1,) * segments.ndim
    return fused(over_halo(segments, halo, _boundaries_of_tile, connectivity=connectivity, dtype=bool))


connected_regions = described(connected_regions, classicseg.connected_regions, _NUMBERED)
region_boundaries = described(region_boundaries, classicseg.region_boundaries, "The result is lazy.\n")


def _components_of_tile(labels: NDArray[Any], mask: None, *, connectivity: int) -> TileComponents:
    """What is kept of the components of equal label in a tile."""
    classes = as_classes(labels[..., 0])
    return components_of_tile(classes, classes, connectivity)


def _boundaries_of_tile(labels: NDArray[Any], mask: None, *, connectivity: int) -> NDArray[np.bool_]:
    """The boundaries in a tile and its halo."""
    return classicseg.region_boundaries(labels[..., 0], connectivity=connectivity)
