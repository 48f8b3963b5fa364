"""Blocks of pixels of several sizes, each twice as long as the next finer, and their superpixels.

A block is whole where all of its pixels belong to one superpixel, or none of them takes part; it has the label of
its pixels then, and `MIXED` elsewhere. What is not whole at one size is looked up at the next finer one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.grid import interior_nodes, padded_strides

MIXED = -1
"""The label of a block that is not whole."""


class Blocks(NamedTuple):
    """Blocks of one size, in rows along the last axis. Their grid is padded by a block that belongs to nothing."""

    grid: NDArray[np.int32]
    """The label of each block, in a flat padded grid."""
    awake: NDArray[np.bool_]
    """The same: whether a block at a border is to decide. It was not asked yet, or a neighbor has moved since."""
    strides: NDArray[np.int64]
    """(n_axes,), of the padded grid."""
    starts: NDArray[np.int64]
    """(n_rows,), the node in the grid where each row begins."""
    colors: NDArray[np.float32]
    """(channels, n_rows, n), the sums over each block."""
    row_places: NDArray[np.float64]
    """(n_rows, n_axes - 1), the centers of a row's blocks along all axes but the last."""
    row_volumes: NDArray[np.float64]
    """(n_rows,), how many pixels a row's blocks have along all axes but the last."""
    places: NDArray[np.float64]
    """(n,), the centers along the last axis."""
    volumes: NDArray[np.float64]
    """(n,), the pixels along the last axis."""


def halved(sums: NDArray[Any]) -> NDArray[Any]:
    """Add up blocks of 2 along each axis but the first one, that of the channels."""
    for axis in range(1, sums.ndim):
        before = (slice(None),) * axis
        pairs, second = sums[(*before, slice(0, None, 2))].copy(), sums[(*before, slice(1, None, 2))]
        pairs[(*before, slice(0, second.shape[axis]))] += second
        sums = pairs
    return sums


def coarser(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """The labels of blocks of 2 along each axis: MIXED where they differ."""
    for axis in range(labels.ndim):
        before = (slice(None),) * axis
        pairs, second = labels[(*before, slice(0, None, 2))].copy(), labels[(*before, slice(1, None, 2))]
        first = pairs[(*before, slice(0, second.shape[axis]))]
        first[first != second] = MIXED
        labels = pairs
    return labels


def finer(labels: NDArray[np.int32], shape: tuple[int, ...]) -> NDArray[np.int32]:
    """Give each block's label to the blocks of half its side, of which there are as many as `shape` says."""
    for axis, length in enumerate(shape):
        labels = np.repeat(labels, 2, axis=axis)[(slice(None),) * axis + (slice(0, length),)]
    return np.ascontiguousarray(labels)


def as_blocks(
    labels: NDArray[np.int32],
    colors: NDArray[np.float32],
    side: int,
    shape: tuple[int, ...],
    steps: NDArray[np.float64],
) -> Blocks:
    """Lay out labels and sums of blocks of a `side`, for an image of a `shape` with `steps` between pixels."""
    places, volumes = [], []
    for length, step in zip(shape, steps.tolist(), strict=True):
        first = np.arange(0, length, side)
        last = np.minimum(first + side, length) - 1
        places.append((first + last) / 2 * step)
        volumes.append((last - first + 1).astype(np.float64))
    outer = labels.shape[:-1]
    grid = np.pad(labels, 1).reshape(-1)
    starts = interior_nodes(labels.shape).reshape(-1, labels.shape[-1])[:, 0].copy()
    row_places = np.stack(np.meshgrid(*places[:-1], indexing="ij"), axis=-1).reshape(-1, len(outer))
    row_volumes = np.prod(np.stack(np.meshgrid(*volumes[:-1], indexing="ij"), axis=-1), axis=-1).reshape(-1)
    rows = colors.reshape(-1, len(starts), labels.shape[-1])
    return Blocks(
        grid,
        grid > 0,
        padded_strides(labels.shape),
        starts,
        rows,
        np.ascontiguousarray(row_places),
        row_volumes,
        places[-1],
        volumes[-1],
    )


def row_parities(shape: tuple[int, ...]) -> NDArray[np.int64]:
    """For each row of blocks a number whose bit i is set where the row's index along axis i is odd."""
    indices = np.indices(shape[:-1]).reshape(len(shape) - 1, -1)
    return ((indices % 2) << np.arange(len(shape) - 1)[:, np.newaxis]).sum(axis=0)
