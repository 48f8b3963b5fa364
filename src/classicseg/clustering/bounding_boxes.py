"""Points in blocks, each with the box that holds it: the nearest of many centers, with few distances computed.

Points that follow one another (colors of a cell, pixels of a row) lie close together, so they are taken in blocks
of 64. A center that is farther than another one from every corner of a box is nearest to
none of its points (Pelleg and Moore 1999, Kanungo et al. 2002). Mostly one center is left, and the block joins it
as a whole, by its sums; only in the others are distances computed, to the few centers that are left. The result
is that of the plain iteration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel

BLOCK = 64
"""Points of a block: 32 to 256 differ by less than 20 %."""

_ROUNDING = 1e-12
"""Boxes decide only what is clearer than this, so that rounding decides as it does point by point."""


@dataclass(frozen=True, eq=False)
class Blocks:
    """Points in blocks, in their order."""

    points: NDArray[Any]
    """(n, channels)"""
    weights: NDArray[np.float64]
    """(n,), or (0,) where each point counts once."""
    low: NDArray[np.float64]
    """(blocks, channels), the least values of a block."""
    high: NDArray[np.float64]
    sums: NDArray[np.float64]
    """(blocks, channels + 1), the weighted sums of a block's points, and their weight."""


def in_blocks(points: NDArray[Any], weights: NDArray[np.float64]) -> Blocks:
    """Prepare points, (n, channels), and their weights, (n,) or (0,): each counts once."""
    n_blocks, n_channels = -(-len(points) // BLOCK), points.shape[1]
    low, high = np.empty((n_blocks, n_channels)), np.empty((n_blocks, n_channels))
    sums = np.empty((n_blocks, n_channels + 1))
    run_bands(_summarize, n_blocks, BLOCK * n_channels, points, weights, low, high, sums)
    return Blocks(points, weights, low, high, sums)


def nearest(points: NDArray[Any], centers: NDArray[np.float64]) -> NDArray[np.int32]:
    """The number of each point's nearest center, from 1; of equally near ones it is the first."""
    labels = np.empty(len(points), np.int32)
    n_blocks = -(-len(points) // BLOCK)
    run_bands(_label, n_blocks, _work(centers), points, centers, labels)
    return labels


def weights_and_inertia(blocks: Blocks, centers: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """The weight of each center's points, and the weighted sum of squared distances of all."""
    weights = center_sums(blocks, centers)[:, -1]
    labels = nearest(blocks.points, centers)
    scores = run_bands(_score, len(blocks.sums), BLOCK, blocks.points, blocks.weights, centers, labels)
    return weights, float(sum(scores))


def center_sums(blocks: Blocks, centers: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weighted sums of each center's points, and in the last column their weight."""
    arrays = blocks.points, blocks.weights, blocks.low, blocks.high, blocks.sums
    bands = run_bands(_assign_and_sum, len(blocks.sums), _work(centers), *arrays, centers)
    return sum(bands, np.zeros((len(centers), centers.shape[1] + 1)))


def update_distances(
    blocks: Blocks,
    center: NDArray[np.float64],
    distances: NDArray[np.float64],
    farthest: NDArray[np.float64],
    masses: NDArray[np.float64],
) -> None:
    """Take one more center into the squared distances of points, their greatest and weighted sum in each block."""
    arrays = blocks.points, blocks.weights, blocks.low, blocks.high
    run_bands(_closer, len(masses), BLOCK, *arrays, center, distances, farthest, masses)


def _work(centers: NDArray[np.float64]) -> int:
    """A block's distances to all centers, in operations on a pixel."""
    return BLOCK * max(1, centers.size // 8)


def _rows(start: int, stop: int) -> slice:
    """The points of blocks start to stop."""
    return slice(start * BLOCK, stop * BLOCK)


def _weighing(weights: NDArray[np.float64], points: NDArray[Any], start: int, stop: int) -> NDArray[np.float64]:
    rows = _rows(start, stop)
    return weights[rows] if len(weights) else np.ones(len(points[rows]))


def _distances(points: NDArray[Any], centers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared distances (points, centers), channel by channel as the loops add them."""
    total = np.zeros((len(points), len(centers)))
    for point, center in zip(points.T, centers.T, strict=True):
        total += (point.astype(np.float64)[:, np.newaxis] - center) ** 2
    return total


def _summarize_numpy(
    points: NDArray[Any],
    weights: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    sums: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    inside = points[_rows(start, stop)].astype(np.float64)
    first = np.arange(0, len(inside), BLOCK)
    low[start:stop] = np.minimum.reduceat(inside, first)
    high[start:stop] = np.maximum.reduceat(inside, first)
    weighted = _weighing(weights, points, start, stop)[:, np.newaxis] * np.insert(
        inside, inside.shape[1], 1, axis=1
    )
    sums[start:stop] = np.add.reduceat(weighted, first)


@kernel(numpy=_summarize_numpy)
def _summarize(
    points: NDArray[Any],
    weights: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    sums: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    n_channels = points.shape[1]
    for block in range(start, stop):
        low[block], high[block], sums[block] = np.inf, -np.inf, 0.0
        for i in range(block * BLOCK, min((block + 1) * BLOCK, len(points))):
            weight = weights[i] if len(weights) > 0 else 1.0
            for c in range(n_channels):
                value = float(points[i, c])
                low[block, c] = min(low[block, c], value)
                high[block, c] = max(high[block, c], value)
                sums[block, c] += weight * value
            sums[block, n_channels] += weight


def _assign_and_sum_numpy(
    points: NDArray[Any],
    weights: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    sums: NDArray[np.float64],
    centers: NDArray[np.float64],
    start: int,
    stop: int,
) -> NDArray[np.float64]:
    inside = points[_rows(start, stop)].astype(np.float64)
    weighing = _weighing(weights, points, start, stop)
    labels = _distances(inside, centers).argmin(axis=1)
    columns = [weighing * channel for channel in inside.T] + [weighing]
    return np.stack([np.bincount(labels, column, minlength=len(centers)) for column in columns], axis=1)


@kernel(numpy=_assign_and_sum_numpy)
def _assign_and_sum(
    points: NDArray[Any],
    weights: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    sums: NDArray[np.float64],
    centers: NDArray[np.float64],
    start: int,
    stop: int,
) -> NDArray[np.float64]:
    n_clusters, n_channels = centers.shape
    totals = np.zeros((n_clusters, n_channels + 1))
    values, left = np.zeros((n_channels, BLOCK)), np.empty(n_clusters, np.int64)
    best, which = np.empty(BLOCK), np.empty(BLOCK, np.int32)
    for block in range(start, stop):
        n_left = _sift(centers, low[block], high[block], left)
        if n_left == 1:
            for c in range(n_channels + 1):
                totals[left[0], c] += sums[block, c]
            continue
        first, size = block * BLOCK, min(BLOCK, len(points) - block * BLOCK)
        for i in range(size):
            for c in range(n_channels):
                values[c, i] = float(points[first + i, c])
        _choose(values, centers, left, n_left, best, which)
        for i in range(size):
            weight = weights[first + i] if len(weights) > 0 else 1.0
            for c in range(n_channels):
                totals[which[i], c] += weight * values[c, i]
            totals[which[i], n_channels] += weight
    return totals


def _label_numpy(
    points: NDArray[Any], centers: NDArray[np.float64], labels: NDArray[np.int32], start: int, stop: int
) -> None:
    labels[_rows(start, stop)] = 1 + _distances(points[_rows(start, stop)], centers).argmin(axis=1)


@kernel(numpy=_label_numpy)
def _label(
    points: NDArray[Any], centers: NDArray[np.float64], labels: NDArray[np.int32], start: int, stop: int
) -> None:
    n_clusters, n_channels = centers.shape
    values, left = np.zeros((n_channels, BLOCK)), np.empty(n_clusters, np.int64)
    low, high = np.empty(n_channels), np.empty(n_channels)
    best, which = np.empty(BLOCK), np.empty(BLOCK, np.int32)
    for block in range(start, stop):
        first, size = block * BLOCK, min(BLOCK, len(points) - block * BLOCK)
        for i in range(size):
            for c in range(n_channels):
                values[c, i] = float(points[first + i, c])
        for c in range(n_channels):
            least, greatest = values[c, 0], values[c, 0]
            for i in range(size):
                least, greatest = min(least, values[c, i]), max(greatest, values[c, i])
            low[c], high[c] = least, greatest
        n_left = _sift(centers, low, high, left)
        if n_left == 1:
            labels[first : first + size] = 1 + left[0]
            continue
        _choose(values, centers, left, n_left, best, which)
        for i in range(size):
            labels[first + i] = 1 + which[i]


@kernel()
def _sift(
    centers: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], left: NDArray[np.int64]
) -> int:
    """List the centers, in their order, that may be nearest to a point of a box, and return how many they are."""
    n_clusters, n_channels = centers.shape
    middle, least = 0, np.inf
    size = 0.0
    for c in range(n_channels):
        size += (high[c] - low[c]) * (high[c] - low[c])
    for k in range(n_clusters):
        distance = 0.0
        for c in range(n_channels):
            difference = 0.5 * low[c] + 0.5 * high[c] - centers[k, c]
            distance += difference * difference
        if distance < least:
            middle, least = k, distance
    n_left = 0
    for k in range(n_clusters):
        own, other = 0.0, 0.0  # at the corner where this center does best against that of the middle
        for c in range(n_channels):
            corner = high[c] if centers[k, c] > centers[middle, c] else low[c]
            own += (corner - centers[k, c]) * (corner - centers[k, c])
            other += (corner - centers[middle, c]) * (corner - centers[middle, c])
        if not own - other > _ROUNDING * (own + other + size):
            left[n_left] = k
            n_left += 1
    return n_left


@kernel()
def _choose(
    values: NDArray[np.float64],
    centers: NDArray[np.float64],
    left: NDArray[np.int64],
    n_left: int,
    best: NDArray[np.float64],
    which: NDArray[np.int32],
) -> None:
    """Find the nearest of the centers left for each point of a block, (channels, points)."""
    distances = np.empty(BLOCK)
    best[:] = np.inf
    which[:] = left[0]
    for place in range(n_left):
        k = left[place]
        distances[:] = 0.0
        for c in range(len(values)):
            center = centers[k, c]
            for i in range(BLOCK):
                difference = values[c, i] - center
                distances[i] += difference * difference
        for i in range(BLOCK):
            closer = distances[i] < best[i]
            best[i] = distances[i] if closer else best[i]
            which[i] = k if closer else which[i]


def _score_numpy(
    points: NDArray[Any],
    weights: NDArray[np.float64],
    centers: NDArray[np.float64],
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> float:
    rows = _rows(start, stop)
    squares = (points[rows].astype(np.float64) - centers[labels[rows] - 1]) ** 2
    return float(np.sum(_weighing(weights, points, start, stop) * squares.sum(axis=1)))


@kernel(numpy=_score_numpy)
def _score(
    points: NDArray[Any],
    weights: NDArray[np.float64],
    centers: NDArray[np.float64],
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> float:
    total = 0.0
    for i in range(start * BLOCK, min(stop * BLOCK, len(points))):
        distance = 0.0
        for c in range(points.shape[1]):
            difference = float(points[i, c]) - centers[labels[i] - 1, c]
            distance += difference * difference
        total += (weights[i] if len(weights) > 0 else 1.0) * distance
    return total


def _closer_numpy(
    points: NDArray[Any],
    weights: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    center: NDArray[np.float64],
    distances: NDArray[np.float64],
    farthest: NDArray[np.float64],
    masses: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    rows = _rows(start, stop)
    found = _distances(points[rows], center[np.newaxis])[:, 0]
    distances[rows] = np.minimum(distances[rows], found)
    first = np.arange(0, len(found), BLOCK)
    farthest[start:stop] = np.maximum.reduceat(distances[rows], first)
    masses[start:stop] = np.add.reduceat(_weighing(weights, points, start, stop) * distances[rows], first)


@kernel(numpy=_closer_numpy)
def _closer(
    points: NDArray[Any],
    weights: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    center: NDArray[np.float64],
    distances: NDArray[np.float64],
    farthest: NDArray[np.float64],
    masses: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    for block in range(start, stop):
        to_box = 0.0
        for c in range(len(center)):
            difference = max(low[block, c] - center[c], center[c] - high[block, c], 0.0)
            to_box += difference * difference
        if to_box > farthest[block] * (1 + _ROUNDING):
            continue  # no point of the block is closer to this center
        greatest, mass = 0.0, 0.0
        for i in range(block * BLOCK, min((block + 1) * BLOCK, len(points))):
            distance = 0.0
            for c in range(len(center)):
                difference = float(points[i, c]) - center[c]
                distance += difference * difference
            distances[i] = min(distances[i], distance)
            greatest = max(greatest, distances[i])
            mass += (weights[i] if len(weights) > 0 else 1.0) * distances[i]
        farthest[block], masses[block] = greatest, mass
