"""A scene of any size, made chunk by chunk: smooth blobs under a little noise, in grey or in color."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import zarr
from numpy.typing import NDArray
from scipy import ndimage

SIDE = 20_000
CHUNK = 4000
"""16 MB a chunk; with chunks of 2000 × 2000 scheduling takes a tenth more of Canny's time."""
_BLOB = 20


def tile(number: int, *, colors: bool, side: int) -> NDArray[np.uint8]:
    """A square of the scene."""
    rng = np.random.default_rng(number)
    coarse = rng.standard_normal((side // _BLOB, side // _BLOB))
    smooth = 128 + 60 * ndimage.zoom(coarse, _BLOB, order=1, grid_mode=True, mode="nearest")
    if not colors:
        return np.clip(smooth + rng.normal(0, 4, smooth.shape), 0, 255).astype(np.uint8)
    bands = [weight * smooth + rng.normal(0, 1.5, smooth.shape) for weight in (1.0, 0.8, 0.5)]  # as in photographs
    return np.clip(np.stack(bands, axis=-1), 0, 255).astype(np.uint8)


def part(*, colors: bool) -> NDArray[np.uint8]:
    """A square that goes into the scene five times along each axis: four different ones of half its side."""
    rows = [[tile(2 * i + j, colors=colors, side=SIDE // 10) for j in range(2)] for i in range(2)]
    return np.concatenate([np.concatenate(row, axis=1) for row in rows])


def write(path: Path, *, colors: bool) -> None:
    """Write the whole scene as Zarr."""
    extra = (3,) if colors else ()
    stored = zarr.create_array(path, shape=(SIDE, SIDE, *extra), chunks=(CHUNK, CHUNK, *extra), dtype="uint8")
    for i in range(0, SIDE, CHUNK):
        for j in range(0, SIDE, CHUNK):
            stored[i : i + CHUNK, j : j + CHUNK] = tile((i * SIDE + j) // CHUNK, colors=colors, side=CHUNK)
