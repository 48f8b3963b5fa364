"""Bounding boxes that prune centers: the nearest of many centers is found with few distances computed.

Points that follow one another (colors of a cell, pixels of a row) lie close together, so they are taken in blocks
of 64, each with its bounding box. A center that is farther than another one from every corner of a box is nearest
to none of its points (Pelleg and Moore 1999, Kanungo et al. 2002). Mostly one center is left, and the block joins
it as a whole, by its sums; only in other blocks are distances computed, to the few centers that are left. The
result is that of the plain iteration.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel

BLOCK = 64
"""Points of a block: 32 to 256 differ by less than 20 %."""

ROUNDING = 1e-12
"""Boxes decide only what is clearer than this, so that rounding decides as it does point by point."""


class Blocks(NamedTuple):
    """Points in blocks of 64, in their order, as kernels take them."""

    points: NDArray[Any]
    """(n, channels)"""
    weights: NDArray[np.float64]
    """(n,), or (0,) where each point counts once."""
    low: NDArray[np.float64]
    """(blocks, channels), the least value of each channel in a block, …"""
    high: NDArray[np.float64]
    """… and the greatest."""
    sums: NDArray[np.float64]
    """(blocks, channels + 1), the weighted sums of a block's points, and their weight."""


def in_blocks(points: NDArray[Any], weights: NDArray[np.float64]) -> Blocks:
    """Prepare points, (n, channels), and their weights, (n,) or (0,): each counts once."""
    n_blocks, n_channels = -(-len(points) // BLOCK), points.shape[1]
    low, high = np.empty((n_blocks, n_channels)), np.empty((n_blocks, n_channels))
    blocks = Blocks(points, weights, low, high, np.empty((n_blocks, n_channels + 1)))
    run_bands(_summarize, n_blocks, BLOCK * n_channels, blocks)
    return blocks


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
    scores = run_bands(_inertia, len(blocks.sums), BLOCK, blocks, centers, labels)
    return weights, float(sum(scores))


def center_sums(blocks: Blocks, centers: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weighted sums of each center's points, and in the last column their weight."""
    bands = run_bands(_assign_and_sum, len(blocks.sums), _work(centers), blocks, centers)
    return sum(bands, np.zeros((len(centers), centers.shape[1] + 1)))


def _work(centers: NDArray[np.float64]) -> int:
    """A block's distances to all centers, in operations on a pixel."""
    return BLOCK * max(1, centers.size // 8)


def rows_of(start: int, stop: int) -> slice:
    """The points of blocks start to stop."""
    return slice(start * BLOCK, stop * BLOCK)


def weights_of(blocks: Blocks, start: int, stop: int) -> NDArray[np.float64]:
    """The weight of each point of blocks start to stop."""
    rows = rows_of(start, stop)
    return blocks.weights[rows] if len(blocks.weights) else np.ones(len(blocks.points[rows]))


def squared_distances(points: NDArray[Any], centers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared distances (points, centers), channel by channel as the loops add them."""
    total = np.zeros((len(points), len(centers)))
    for point, center in zip(points.T, centers.T, strict=True):
        total += (point.astype(np.float64)[:, np.newaxis] - center) ** 2
    return total


def _summarize_numpy(blocks: Blocks, start: int, stop: int) -> None:
    inside = blocks.points[rows_of(start, stop)].astype(np.float64)
    first = np.arange(0, len(inside), BLOCK)
    blocks.low[start:stop] = np.minimum.reduceat(inside, first)
    blocks.high[start:stop] = np.maximum.reduceat(inside, first)
    weighted = weights_of(blocks, start, stop)[:, np.newaxis] * np.insert(inside, inside.shape[1], 1, axis=1)
    blocks.sums[start:stop] = np.add.reduceat(weighted, first)


@kernel(numpy=_summarize_numpy)
def _summarize(blocks: Blocks, start: int, stop: int) -> None:
    """Fill in the bounding boxes and the sums of blocks."""
    points, weights, low, high, sums = blocks
    n_channels = points.shape[1]
    for block in range(start, stop):
        for c in range(n_channels):
            low[block, c], high[block, c], sums[block, c] = np.inf, -np.inf, 0.0
        sums[block, n_channels] = 0.0
        for i in range(block * BLOCK, min((block + 1) * BLOCK, len(points))):
            weight = weights[i] if len(weights) > 0 else 1.0
            for c in range(n_channels):
                value = float(points[i, c])
                low[block, c] = min(low[block, c], value)
                high[block, c] = max(high[block, c], value)
                sums[block, c] += weight * value
            sums[block, n_channels] += weight


def _assign_and_sum_numpy(
    blocks: Blocks, centers: NDArray[np.float64], start: int, stop: int
) -> NDArray[np.float64]:
    inside = blocks.points[rows_of(start, stop)].astype(np.float64)
    weights = weights_of(blocks, start, stop)
    labels = squared_distances(inside, centers).argmin(axis=1)
    columns = [weights * channel for channel in inside.T] + [weights]
    return np.stack([np.bincount(labels, column, minlength=len(centers)) for column in columns], axis=1)


@kernel(numpy=_assign_and_sum_numpy)
def _assign_and_sum(blocks: Blocks, centers: NDArray[np.float64], start: int, stop: int) -> NDArray[np.float64]:
    """The weighted sums of the points that are nearest to each center, and in the last column their weight."""
    points, weights, low, high, sums = blocks
    n_clusters, n_channels = centers.shape
    totals = np.zeros((n_clusters, n_channels + 1))
    values, candidates = np.zeros((n_channels, BLOCK)), np.empty(n_clusters, np.int64)
    best, which = np.empty(BLOCK), np.empty(BLOCK, np.int32)
    for block in range(start, stop):
        n_candidates = _prune(centers, low[block], high[block], candidates)
        if n_candidates == 1:
            for c in range(n_channels + 1):
                totals[candidates[0], c] += sums[block, c]
            continue
        first, size = block * BLOCK, min(BLOCK, len(points) - block * BLOCK)
        for i in range(size):
            for c in range(n_channels):
                values[c, i] = float(points[first + i, c])
        _choose(values, centers, candidates, n_candidates, best, which)
        for i in range(size):
            weight = weights[first + i] if len(weights) > 0 else 1.0
            for c in range(n_channels):
                totals[which[i], c] += weight * values[c, i]
            totals[which[i], n_channels] += weight
    return totals


def _label_numpy(
    points: NDArray[Any], centers: NDArray[np.float64], labels: NDArray[np.int32], start: int, stop: int
) -> None:
    labels[rows_of(start, stop)] = 1 + squared_distances(points[rows_of(start, stop)], centers).argmin(axis=1)


@kernel(numpy=_label_numpy)
def _label(
    points: NDArray[Any], centers: NDArray[np.float64], labels: NDArray[np.int32], start: int, stop: int
) -> None:
    """Give each point the number of its nearest center, from 1."""
    n_clusters, n_channels = centers.shape
    values, candidates = np.zeros((n_channels, BLOCK)), np.empty(n_clusters, np.int64)
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
        n_candidates = _prune(centers, low, high, candidates)
        if n_candidates == 1:
            for i in range(size):
                labels[first + i] = 1 + candidates[0]
            continue
        _choose(values, centers, candidates, n_candidates, best, which)
        for i in range(size):
            labels[first + i] = 1 + which[i]


@kernel()
def _prune(
    centers: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    candidates: NDArray[np.int64],
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
    n_candidates = 0
    for k in range(n_clusters):
        own, rival = 0.0, 0.0  # at the corner where this center does best against that nearest to the middle
        for c in range(n_channels):
            corner = high[c] if centers[k, c] > centers[middle, c] else low[c]
            own += (corner - centers[k, c]) * (corner - centers[k, c])
            rival += (corner - centers[middle, c]) * (corner - centers[middle, c])
        if not own - rival > ROUNDING * (own + rival + size):
            candidates[n_candidates] = k
            n_candidates += 1
    return n_candidates


@kernel()
def _choose(
    values: NDArray[np.float64],
    centers: NDArray[np.float64],
    candidates: NDArray[np.int64],
    n_candidates: int,
    best: NDArray[np.float64],
    which: NDArray[np.int32],
) -> None:
    """Find the nearest of the candidates for each point of a block, whose values are (channels, points)."""
    distances = np.empty(BLOCK)
    for i in range(BLOCK):
        best[i], which[i] = np.inf, candidates[0]
    for candidate in range(n_candidates):
        k = candidates[candidate]
        for i in range(BLOCK):
            distances[i] = 0.0
        for c in range(len(values)):
            center = centers[k, c]
            for i in range(BLOCK):
                difference = values[c, i] - center
                distances[i] += difference * difference
        for i in range(BLOCK):
            closer = distances[i] < best[i]
            best[i] = distances[i] if closer else best[i]
            which[i] = k if closer else which[i]


def _inertia_numpy(
    blocks: Blocks, centers: NDArray[np.float64], labels: NDArray[np.int32], start: int, stop: int
) -> float:
    rows = rows_of(start, stop)
    squares = (blocks.points[rows].astype(np.float64) - centers[labels[rows] - 1]) ** 2
    return float(np.sum(weights_of(blocks, start, stop) * squares.sum(axis=1)))


@kernel(numpy=_inertia_numpy)
def _inertia(
    blocks: Blocks, centers: NDArray[np.float64], labels: NDArray[np.int32], start: int, stop: int
) -> float:
    """Sum the weighted squared distances of points to the centers that they are labeled with."""
    points, weights = blocks.points, blocks.weights
    total = 0.0
    for i in range(start * BLOCK, min(stop * BLOCK, len(points))):
        distance = 0.0
        for c in range(points.shape[1]):
            difference = float(points[i, c]) - centers[labels[i] - 1, c]
            distance += difference * difference
        total += (weights[i] if len(weights) > 0 else 1.0) * distance
    return total
