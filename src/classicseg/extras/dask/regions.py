"""Connected regions and their boundaries, and edges: tiles find pieces, and pieces are joined over the seams."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
from numpy.typing import NDArray

import classicseg
from classicseg._core.components import connected_pieces
from classicseg._core.image import as_classes
from classicseg._core.numbers import as_count
from classicseg._core.seams import HeldPatch, Patch, held_patch_of, patch_of
from classicseg.extras.dask.chunks import Chunked, as_labels, over_halo
from classicseg.extras.dask.pieces import any_key, keep_held, number_patches, same_key
from classicseg.extras.dask.twins import described

_NUMBERED = """\
The result is lazy. Each tile is labeled by itself, pieces are joined over the seams, and a look-up makes them
regions of the whole image, numbered by their first pixel there: int32 for images of less than 2**31 pixels, int64
for others. Between the two passes the runs of equal label are kept, 8 bytes each.
"""


def connected_regions(labels: Any, *, connectivity: int = 1) -> da.Array:
    classes = as_labels("labels", labels)
    connectivity = as_count("connectivity", connectivity, most=classes.ndim)
    patches = classes.each(_patch_of_tile, connectivity=connectivity)
    return number_patches(patches, classes.chunks, connectivity, same_key)


def region_boundaries(labels: Any, *, connectivity: int = 1) -> da.Array:
    segments = as_labels("labels", labels)
    connectivity = as_count("connectivity", connectivity, most=segments.ndim)
    reach = (1,) * segments.ndim
    return over_halo(segments, reach, _boundaries_of_tile, connectivity=connectivity, dtype=bool)


connected_regions = described(connected_regions, classicseg.connected_regions, _NUMBERED)
region_boundaries = described(region_boundaries, classicseg.region_boundaries, "The result is lazy.\n")


def keep_from_strong(marks: da.Array) -> da.Array:
    """What is weak (1) stays where it hangs together, also over corners, with something strong (2)."""
    tiles = Chunked(marks, None, has_channels=False)
    patches = tiles.each(_held_patch_of_tile)
    return keep_held(patches, tiles.chunks, tiles.ndim, any_key)


def _patch_of_tile(labels: NDArray[Any], mask: None, *, connectivity: int) -> Patch:
    classes = as_classes(labels[..., 0])
    return patch_of(connected_pieces(classes, connectivity), classes)


def _held_patch_of_tile(marks: NDArray[np.uint8], mask: None) -> HeldPatch:
    pieces = connected_pieces(marks[..., 0] > 0, marks.ndim - 1)
    held = np.zeros(int(pieces.max()) + 1, bool)
    held[pieces[marks[..., 0] > 1]] = True
    return held_patch_of(pieces, held, pieces)


def _boundaries_of_tile(labels: NDArray[Any], mask: None, *, connectivity: int) -> NDArray[np.bool_]:
    return classicseg.region_boundaries(labels[..., 0], connectivity=connectivity)
