"""The image as a graph of pixels: padded grids with flat neighbor offsets, and lines with their neighbor lines.

A grid is padded by one pixel that belongs to nothing. Neighbors are then flat offsets, the border needs no
test, and one loop serves every number of dimensions.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import Image
from classicseg._core.kernel import kernel


def pad(array: NDArray[Any], n_axes: int) -> NDArray[Any]:
    """Pad the first `n_axes` axes by one pixel of zeros."""
    return np.pad(array, [(1, 1)] * n_axes + [(0, 0)] * (array.ndim - n_axes))


def waiting_grid(image: Image) -> NDArray[np.int32]:
    """A flat padded grid of labels: 0 where a pixel waits for one, -1 where none takes part."""
    return pad(image.mask_array(), len(image.shape)).ravel().astype(np.int32) - 1


def interior(padded: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Undo `pad`, from a flat array."""
    grid = padded.reshape([length + 2 for length in shape])
    return np.ascontiguousarray(grid[(slice(1, -1),) * len(shape)])


def padded_strides(shape: tuple[int, ...]) -> NDArray[np.int64]:
    """How far a step along each axis leads in a flat padded grid."""
    return np.cumprod([1, *(length + 2 for length in shape[:0:-1])], dtype=np.int64)[::-1].copy()


def padded_nodes(nodes: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    """The flat indices in a padded grid of pixels that have these in the image."""
    return (np.stack(np.unravel_index(nodes, shape), axis=1) + 1) @ padded_strides(shape)


def interior_nodes(shape: tuple[int, ...]) -> NDArray[np.int64]:
    """The flat index in the padded grid of each pixel."""
    padded = tuple(length + 2 for length in shape)
    return np.arange(np.prod(padded)).reshape(padded)[(slice(1, -1),) * len(shape)].ravel()


def neighbor_offsets(shape: tuple[int, ...], connectivity: int) -> NDArray[np.int64]:
    """Flat offsets to the neighbors in a padded grid, ascending.

    Two pixels are neighbors where no coordinate differs by more than 1 and at most `connectivity` differ.
    """
    steps = itertools.product((-1, 0, 1), repeat=len(shape))
    near = [step for step in steps if 0 < np.count_nonzero(step) <= connectivity]
    return np.sort(np.array(near, dtype=np.int64) @ padded_strides(shape))


def look_up(numbers: NDArray[np.int32], labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Give each label its number: numbers[labels]."""
    flat, out = np.ascontiguousarray(labels).reshape(-1), np.empty(labels.shape, np.int32)
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
    for i in range(start, stop):
        out[i] = numbers[labels[i]]


def line_grid(
    labels: NDArray[Any], connectivity: int
) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """An array as lines along its last axis that is longer than 1, and which of the lines before one touch it.

    Returns the lines (n, length), the lengths of the other axes, the steps along these to each such line, and how
    far along the line neighbors lie in it, 0 or 1. An array of one line comes as one row of it.
    """
    longer = [length for length in labels.shape if length > 1] or [1]
    *lengths, length = longer if len(longer) > 1 else [1, *longer]
    near = itertools.product((-1, 0, 1), repeat=len(lengths))
    steps = [step for step in near if step < (0,) * len(lengths) and np.count_nonzero(step) <= connectivity]
    reaches = [int(np.count_nonzero(step) < connectivity) for step in steps]
    return (
        labels.reshape(-1, length),
        np.array(lengths, np.int64),
        np.array(steps, np.int64),
        np.array(reaches, np.int64),
    )


def neighbor_views(array: NDArray[Any], step: tuple[int, ...]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The pixels that have a neighbor one step away, and those neighbors."""
    ends = {-1: (slice(1, None), slice(None, -1)), 0: (slice(None),) * 2, 1: (slice(None, -1), slice(1, None))}
    return array[tuple(ends[s][0] for s in step)], array[tuple(ends[s][1] for s in step)]


def pixel_steps(steps: NDArray[np.int64], reaches: NDArray[np.int64]) -> list[tuple[int, ...]]:
    """The steps to the pixels before a pixel that are its neighbors, those along its line first."""
    along = [(*[0] * steps.shape[1], -1)]
    return along + [
        (*step, shift)
        for step, reach in zip(steps.tolist(), reaches.tolist(), strict=True)
        for shift in range(-reach, reach + 1)
    ]


@kernel()
def line_at(line: int, lengths: NDArray[np.int64], step: NDArray[np.int64]) -> int:
    """The number of the line a step away from another, -1 where there is none."""
    found, stride, rest = 0, 1, line
    for i in range(len(lengths)):
        axis = len(lengths) - 1 - i
        place = rest % lengths[axis] + step[axis]
        if place < 0 or place >= lengths[axis]:
            return -1
        found += place * stride
        stride *= lengths[axis]
        rest //= lengths[axis]
    return found
