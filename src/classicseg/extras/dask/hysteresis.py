"""Hysteresis: the weak components of a tile are kept where one strong pixel is connected to them, in any tile."""

from __future__ import annotations

import dask.array as da
import numpy as np
from numpy.typing import NDArray

from classicseg.extras.dask.chunks import bare
from classicseg.extras.dask.component_graph import any_values, keep_marked
from classicseg.labeling.tile_merging import TileMask, hysteresis_of_tile


def hysteresis(marks: da.Array) -> da.Array:
    """Weak pixels (1) are kept where they are connected, also over corners, with a strong one (2)."""
    tiles = bare(marks)
    patches = tiles.each(_patch_of_tile)
    return keep_marked(patches, tiles.chunks, tiles.ndim, any_values)


def _patch_of_tile(marks: NDArray[np.uint8], mask: None) -> TileMask:
    """The weak components of a tile, and which of them have a strong pixel."""
    return hysteresis_of_tile(marks[..., 0])
