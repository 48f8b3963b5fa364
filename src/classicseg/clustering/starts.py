"""Where centers start: k-means++, and the farthest point for a center that has lost all its points.

.. [1] Arthur D., Vassilvitskii S. k-means++: the advantages of careful seeding. SODA, 2007.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.clustering.bounding_boxes import (
    BLOCK,
    ROUNDING,
    Blocks,
    rows_of,
    squared_distances,
    weights_of,
)


class CenterDistances(NamedTuple):
    """Squared distances of points to the nearest center so far, as k-means++ draws by them."""

    points: NDArray[np.float64]
    """(n,), of each point."""
    farthest: NDArray[np.float64]
    """(blocks,), the greatest of a block."""
    masses: NDArray[np.float64]
    """(blocks,), the weighted sum of a block."""


def choose_starts(blocks: Blocks, n_clusters: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """k-means++: each center is a point drawn by weight times squared distance to the nearest one so far."""
    distances = _no_centers(blocks)
    chosen: list[NDArray[np.float64]] = []
    while len(chosen) < n_clusters and distances.masses.any():  # else every point is a center
        block = _draw(distances.masses, rng.random())
        inside, weights = rows_of(block, block + 1), weights_of(blocks, block, block + 1)
        point = _draw(weights * distances.points[inside] if chosen else weights, rng.random())
        chosen.append(blocks.points[inside][point].astype(np.float64))
        _update(blocks, chosen[-1], distances)
    return np.array(chosen).reshape(-1, blocks.points.shape[1])


def _draw(masses: NDArray[np.float64], number: float) -> int:
    """Draw an index in proportion to the masses, by a number from 0 to 1."""
    total = np.cumsum(masses)
    last = np.flatnonzero(masses)[-1]
    return int(min(np.searchsorted(total, number * total[-1], side="right"), last))


def start_again(blocks: Blocks, centers: NDArray[np.float64], empty: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Move each center without points to the point that is then farthest from all centers."""
    distances = _no_centers(blocks)
    for center in centers[~empty]:
        _update(blocks, center, distances)
    moved = centers.copy()
    for cluster in np.flatnonzero(empty):
        moved[cluster] = blocks.points[np.argmax(distances.points)]
        _update(blocks, moved[cluster], distances)
    return moved


def _no_centers(blocks: Blocks) -> CenterDistances:
    """The distances before the first center: infinite, and the masses the weights of the blocks."""
    n_points, n_blocks = len(blocks.points), len(blocks.sums)
    return CenterDistances(np.full(n_points, np.inf), np.full(n_blocks, np.inf), blocks.sums[:, -1].copy())


def _update(blocks: Blocks, center: NDArray[np.float64], distances: CenterDistances) -> None:
    """Take one more center into the distances of points to the nearest center."""
    run_bands(_come_closer, len(blocks.sums), BLOCK, blocks, center, distances)


def _come_closer_numpy(
    blocks: Blocks, center: NDArray[np.float64], distances: CenterDistances, start: int, stop: int
) -> None:
    rows = rows_of(start, stop)
    found = squared_distances(blocks.points[rows], center[np.newaxis])[:, 0]
    least = distances.points[rows] = np.minimum(distances.points[rows], found)
    first = np.arange(0, len(found), BLOCK)
    distances.farthest[start:stop] = np.maximum.reduceat(least, first)
    distances.masses[start:stop] = np.add.reduceat(weights_of(blocks, start, stop) * least, first)


@kernel(numpy=_come_closer_numpy)
def _come_closer(
    blocks: Blocks, center: NDArray[np.float64], distances: CenterDistances, start: int, stop: int
) -> None:
    """Take a center into the distances of points to the nearest center."""
    points, weights, low, high = blocks.points, blocks.weights, blocks.low, blocks.high
    to_points, farthest, masses = distances
    for block in range(start, stop):
        to_box = 0.0
        for c in range(len(center)):
            difference = max(low[block, c] - center[c], center[c] - high[block, c], 0.0)
            to_box += difference * difference
        if to_box > farthest[block] * (1 + ROUNDING):
            continue  # no point of the block is closer to this center
        greatest, mass = 0.0, 0.0
        for i in range(block * BLOCK, min((block + 1) * BLOCK, len(points))):
            distance = 0.0
            for c in range(len(center)):
                difference = float(points[i, c]) - center[c]
                distance += difference * difference
            to_points[i] = min(to_points[i], distance)
            greatest = max(greatest, to_points[i])
            mass += (weights[i] if len(weights) > 0 else 1.0) * to_points[i]
        farthest[block], masses[block] = greatest, mass
