"""Regions that meet: all grow at once, a ring of neighbors at a time.

A pixel that several regions reach in the same ring goes to the nearest in value, then to the lower number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.grid import interior, neighbor_offsets, pad
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg._core.seeds import SeedPixels
from classicseg.growing.acceptance import Acceptance, between
from classicseg.growing.padded_grid import padded_nodes, waiting_grid


def grow_by_rings(
    image: Image, seeds: SeedPixels, reach: Acceptance, connectivity: int, *, by_step: bool = False
) -> NDArray[np.int32]:
    """Let all regions grow at once over what each accepts.

    By step, a region accepts what is near the pixel that it comes from, not its own center.
    """
    labels = waiting_grid(image)
    ring = padded_nodes(seeds.nodes, image.shape)
    labels[ring] = seeds.numbers
    offsets = neighbor_offsets(image.shape, connectivity)
    values = pad(image.values, len(image.shape)).reshape(-1, image.n_channels)
    while len(ring):
        ring = _grow_ring(values, labels, *reach, by_step, ring, offsets)
    return np.maximum(interior(labels, image.shape), 0)


def _grow_ring_numpy(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    centers: NDArray[np.float64],
    scales: NDArray[np.float64],
    lows: NDArray[np.float64],
    highs: NDArray[np.float64],
    maximum: bool,
    by_step: bool,
    ring: NDArray[np.int64],
    offsets: NDArray[np.int64],
) -> NDArray[np.int64]:
    reached = np.unique(ring[:, np.newaxis] + offsets)
    reached = reached[labels[reached] == 0]
    around = reached[:, np.newaxis] + offsets
    numbers = np.maximum(labels[around], 0)
    centers = values[around].astype(np.float64) if by_step else centers[numbers]
    differences = values[reached, np.newaxis] - centers
    distances = np.zeros(numbers.shape)
    for row in range(values.shape[1]):
        part = differences[..., row]
        if scales.size and not by_step:
            part = sum(scales[numbers, row, c] * differences[..., c] for c in range(row + 1))
        distances = np.maximum(distances, abs(part)) if maximum else distances + part * part
    limits = highs[numbers] if maximum else highs[numbers] ** 2
    accepted = distances <= limits
    if values.shape[1] == 1 and not by_step:
        accepted = (values[reached] >= lows[numbers]) & (values[reached] <= highs[numbers])
    accepted &= numbers > 0
    distances[~accepted] = np.inf
    nearest = accepted & (distances == distances.min(axis=1, initial=np.inf, keepdims=True))
    taken = nearest.any(axis=1)
    labels[reached[taken]] = np.where(nearest, numbers, len(highs)).min(axis=1, initial=len(highs))[taken]
    return reached[taken]


@kernel(numpy=_grow_ring_numpy)
def _grow_ring(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    centers: NDArray[np.float64],
    scales: NDArray[np.float64],
    lows: NDArray[np.float64],
    highs: NDArray[np.float64],
    maximum: bool,
    by_step: bool,
    ring: NDArray[np.int64],
    offsets: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Give the neighbors of a ring their labels; return them, the next ring."""
    waiting = -2  # on its way into the next ring: no neighbor of it may ask for its label yet
    reached = np.empty(len(ring) * len(offsets), np.int64)
    chosen = np.empty(len(ring) * len(offsets), np.int32)
    n_reached = 0
    for node in ring:
        for offset in offsets:
            if labels[node + offset] != 0:
                continue
            best, least = 0, np.inf
            for back in offsets:
                label = labels[node + offset + back]
                if label <= 0:
                    continue
                if by_step:
                    distance = between(values, node + offset, values, node + offset + back, maximum)
                elif scales.size == 0:
                    distance = between(values, node + offset, centers, label, maximum)
                else:
                    distance = _likeness(values, node + offset, centers, scales, label)
                if values.shape[1] == 1 and not by_step:
                    accepted = lows[label] <= values[node + offset, 0] <= highs[label]
                else:
                    accepted = distance <= (highs[label] if maximum else highs[label] * highs[label])
                if accepted and (distance < least or (distance == least and label < best)):
                    best, least = label, distance
            if best > 0:
                labels[node + offset] = waiting
                reached[n_reached], chosen[n_reached] = node + offset, best
                n_reached += 1
    for i in range(n_reached):
        labels[reached[i]] = chosen[i]
    return reached[:n_reached].copy()


@kernel()
def _likeness(
    values: NDArray[Any], i: int, centers: NDArray[np.float64], scales: NDArray[np.float64], label: int
) -> float:
    """The squared Mahalanobis distance of a color to a region's center."""
    distance = 0.0
    for row in range(values.shape[1]):
        part = 0.0
        for c in range(row + 1):
            part += scales[label, row, c] * (np.float64(values[i, c]) - centers[label, c])
        distance += part * part
    return distance
