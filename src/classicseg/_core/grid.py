"""The image as a graph of pixels: padded grids with flat neighbor offsets.

A grid is padded by one pixel that belongs to nothing. Neighbors are then flat offsets, the border needs no
test, and one loop serves every number of dimensions.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel


def pad(array: NDArray[Any], n_axes: int) -> NDArray[Any]:
    """Pad the first `n_axes` axes by one pixel of zeros."""
    return np.pad(array, [(1, 1)] * n_axes + [(0, 0)] * (array.ndim - n_axes))


def interior(padded: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Undo `pad`: the pixels of the spatial shape, from a flat padded grid."""
    grid = padded.reshape([length + 2 for length in shape])
    return np.ascontiguousarray(grid[(slice(1, -1),) * len(shape)])


def padded_strides(shape: tuple[int, ...]) -> NDArray[np.int64]:
    """The flat offset of one step along each axis of a padded grid."""
    return np.cumprod([1, *(length + 2 for length in shape[:0:-1])], dtype=np.int64)[::-1].copy()


def interior_nodes(shape: tuple[int, ...]) -> NDArray[np.int64]:
    """The flat index of each pixel in the padded grid, in raster order."""
    padded = tuple(length + 2 for length in shape)
    return np.arange(np.prod(padded)).reshape(padded)[(slice(1, -1),) * len(shape)].ravel()


def neighbor_offsets(shape: tuple[int, ...], connectivity: int) -> NDArray[np.int64]:
    """Flat offsets to the neighbors in a padded grid, ascending.

    Two pixels are neighbors where no coordinate differs by more than 1 and at most `connectivity` differ.
    """
    around = itertools.product((-1, 0, 1), repeat=len(shape))
    steps = [step for step in around if 0 < np.count_nonzero(step) <= connectivity]
    return np.sort(np.array(steps, dtype=np.int64) @ padded_strides(shape))


def bounding_box(mask: NDArray[np.bool_]) -> tuple[slice, ...]:
    """The part of a mask that holds all of its pixels, of which there is one at least."""
    box = []
    for axis in range(mask.ndim):
        found = np.flatnonzero(mask.any(axis=tuple(a for a in range(mask.ndim) if a != axis)))
        box.append(slice(int(found[0]), int(found[-1]) + 1))
    return tuple(box)


def look_up(
    numbers: NDArray[np.int32], labels: NDArray[np.int32], out: NDArray[np.int32] | None = None
) -> NDArray[np.int32]:
    """Give each label its number: numbers[labels]; a contiguous array `out` may be the labels themselves."""
    flat, out = np.ascontiguousarray(labels).reshape(-1), np.empty(labels.shape, np.int32) if out is None else out
    run_bands(_look_up, flat.size, 1, numbers, flat, out.reshape(-1))
    return out


def _look_up_numpy(
    numbers: NDArray[np.int32], labels: NDArray[np.int32], out: NDArray[np.int32], start: int, stop: int
) -> None:
    out[start:stop] = numbers[labels[start:stop]]


@kernel(numpy=_look_up_numpy)
def _look_up(
    numbers: NDArray[np.int32], labels: NDArray[np.int32], out: NDArray[np.int32], start: int, stop: int
) -> None:
    here, there = labels[start:stop], out[start:stop]
    for x in range(len(here)):  # neither index has a sign that is looked at
        there[x] = numbers[np.uint32(here[x])]


def neighbor_views(array: NDArray[Any], step: tuple[int, ...]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Two views of the same shape: the pixels that have a neighbor at `step`, and those neighbors."""
    ends = {-1: (slice(1, None), slice(None, -1)), 0: (slice(None),) * 2, 1: (slice(None, -1), slice(1, None))}
    return array[tuple(ends[s][0] for s in step)], array[tuple(ends[s][1] for s in step)]
