"""Arcs between neighboring pixels: cutting them costs little where the image has an edge.

The capacity is ``smoothness / distance · exp(-|difference|² / (2 m))``, with the mean m of all squared differences
of neighbors (Boykov and Jolly 2001), and the distance as a multiple of the smallest spacing. Capacities are whole
numbers of a step, which is the smoothness by some power of two.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.grid import pad, padded_strides
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg._core.numbers import without_last_bits
from classicseg.solvers.grid_flow import Grid, directions, empty_grid

_MOST = 2**21
"""The arcs of a node have no more capacity than this together."""


class Contrast(NamedTuple):
    """What is known of the whole image before arcs of a part are made."""

    smoothness: float
    """The cost of a cut between two equal neighbors at the smallest spacing."""
    falloff: float
    """What squared differences are multiplied by: 1 / (2 m); 0 for a constant image."""
    spacing: tuple[float, ...]
    connectivity: int


class Arcs(NamedTuple):
    """A grid of arcs, and the unit of their capacities."""

    grid: Grid
    """Without terminals."""
    scale: float
    """The capacity that stands for a cost of 1."""
    bound: int
    """More than the arcs of any node have together."""


def contrast_of(image: Image, smoothness: float, spacing: tuple[float, ...], connectivity: int) -> Contrast:
    """Measure the contrast of an image."""
    nodes = _padded(image)
    offsets = directions(len(image.shape), connectivity) @ padded_strides(image.shape)
    found = run_bands(_sum_differences, len(nodes[0]), 1, *nodes, offsets)
    total, count = (math.fsum(column) for column in zip(*found, strict=True))
    mean = without_last_bits(total / max(count, 1))
    return Contrast(smoothness, 1 / (2 * mean) if mean > 0 else 0.0, spacing, connectivity)


def contrast_arcs(image: Image, contrast: Contrast) -> Arcs:
    """Make the arcs between all pixels of an image, or of a part of one, that take part."""
    grid = empty_grid(image.shape, contrast.connectivity)
    smallest = min(contrast.spacing)
    lengths = np.sqrt(((grid.steps * (np.array(contrast.spacing) / smallest)) ** 2).sum(axis=1))
    smoothness = contrast.smoothness
    together = smoothness * float((1 / lengths).sum())
    scale = 2.0 ** math.floor(math.log2(_MOST / together)) if together else 2.0**10
    capacities = smoothness * scale / lengths
    nodes = _padded(image)
    run_bands(_make_arcs, len(nodes[0]), 1, *nodes, grid.offsets, capacities, contrast.falloff, grid.arcs)
    return Arcs(grid, scale, int(np.floor(capacities + 0.5).sum()) + 1)


def _padded(image: Image) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The values of the nodes, (n_nodes, channels), and whether each takes part."""
    ndim = len(image.shape)
    return pad(image.values, ndim).reshape(-1, image.n_channels), pad(image.mask_array(), ndim).reshape(-1)


def _sum_differences_numpy(
    values: NDArray[Any], inside: NDArray[np.bool_], offsets: NDArray[np.int64], start: int, stop: int
) -> tuple[float, float]:
    total, count = 0.0, 0
    nodes = start + np.flatnonzero(inside[start:stop])
    for offset in offsets[::2]:
        pairs = nodes[inside[nodes + offset]]
        differences = values[pairs].astype(np.float64) - values[pairs + offset]
        total += float((differences**2).sum())
        count += len(pairs)
    return total, float(count)


@kernel(numpy=_sum_differences_numpy)
def _sum_differences(
    values: NDArray[Any], inside: NDArray[np.bool_], offsets: NDArray[np.int64], start: int, stop: int
) -> tuple[float, float]:
    """The sum of squared differences of neighbors, and how many pairs there are."""
    total, count = 0.0, 0
    for node in range(start, stop):
        if inside[node]:
            for direction in range(0, len(offsets), 2):
                neighbor = node + offsets[direction]
                if inside[neighbor]:
                    for channel in range(values.shape[1]):
                        difference = np.float64(values[node, channel]) - np.float64(values[neighbor, channel])
                        total += difference * difference
                    count += 1
    return total, float(count)


def _make_arcs_numpy(
    values: NDArray[Any],
    inside: NDArray[np.bool_],
    offsets: NDArray[np.int64],
    capacities: NDArray[np.float64],
    falloff: float,
    arcs: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    nodes = start + np.flatnonzero(inside[start:stop])
    for direction in range(0, len(offsets), 2):
        pairs = nodes[inside[nodes + offsets[direction]]]
        neighbors = pairs + offsets[direction]
        differences = values[pairs].astype(np.float64) - values[neighbors]
        squares = np.zeros(len(pairs))
        for channel in range(values.shape[1]):
            squares += differences[:, channel] ** 2
        made = np.floor(capacities[direction] * np.exp(-falloff * squares) + 0.5)
        arcs[pairs, direction] = arcs[neighbors, direction + 1] = made.astype(np.int32)


@kernel(numpy=_make_arcs_numpy)
def _make_arcs(
    values: NDArray[Any],
    inside: NDArray[np.bool_],
    offsets: NDArray[np.int64],
    capacities: NDArray[np.float64],
    falloff: float,
    arcs: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    """Each pair of neighbors once: what leads back lies in another band, perhaps, but nobody else writes it."""
    for node in range(start, stop):
        if inside[node]:
            for direction in range(0, len(offsets), 2):
                neighbor = node + offsets[direction]
                if inside[neighbor]:
                    squares = 0.0
                    for channel in range(values.shape[1]):
                        difference = np.float64(values[node, channel]) - np.float64(values[neighbor, channel])
                        squares += difference * difference
                    capacity = np.int32(math.floor(capacities[direction] * math.exp(-falloff * squares) + 0.5))
                    arcs[node, direction] = capacity
                    arcs[neighbor, direction + 1] = capacity
