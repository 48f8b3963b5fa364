"""Hysteresis: pieces of tiles stay where they are held, in their own tile or in one that they reach."""

from __future__ import annotations

import dask.array as da
import numpy as np
from numpy.typing import NDArray

from classicseg.extras.dask.chunks import bare
from classicseg.extras.dask.component_graph import any_values, keep_marked
from classicseg.labeling.tile_merging import TileMask, hysteresis_of_tile


def hysteresis(marks: da.Array) -> da.Array:
    """What is weak (1) stays where it hangs together, also over corners, with something strong (2)."""
    tiles = bare(marks)
    patches = tiles.each(_patch_of_tile)
    return keep_marked(patches, tiles.chunks, tiles.ndim, any_values)


def _patch_of_tile(marks: NDArray[np.uint8], mask: None) -> TileMask:
    return hysteresis_of_tile(marks[..., 0])
