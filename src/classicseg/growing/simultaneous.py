"""Regions that meet: all grow at once, in rounds.

In each round, every pixel beside a region that the region accepts joins it. A pixel that several regions accept in
the same round goes to the one nearest in value, of equally near ones to the lower number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg._core.seeds import SeedPixels
from classicseg.growing.acceptance import Acceptance
from classicseg.growing.options import GrowingOptions
from classicseg.growing.pixel_grid import PixelGrid, color_distance, grown_labels, pixel_grid, plant, run_round


def grow_simultaneously(
    image: Image,
    seeds: SeedPixels,
    acceptance: Acceptance,
    options: GrowingOptions,
    *,
    from_neighbors: bool = False,
) -> NDArray[np.int32]:
    """Let all regions grow at once over what each accepts.

    From neighbors: a region accepts what is near the pixel that it comes from, not its center.
    """
    grid = pixel_grid(image, options)
    front = plant(grid, image, seeds)
    while len(front):
        front = run_round(_grow_round, len(front), grid, acceptance, from_neighbors, front)
    return grown_labels(grid, image)


def _grow_round_numpy(
    grid: PixelGrid, acceptance: Acceptance, from_neighbors: bool, front: NDArray[np.int64]
) -> NDArray[np.int64]:
    values, labels = grid.values, grid.labels
    pixels = np.unique(front[:, np.newaxis] + grid.offsets)
    pixels = pixels[labels[pixels] == 0]
    around = pixels[:, np.newaxis] + grid.offsets
    numbers = np.maximum(labels[around], 0)
    centers = values[around].astype(np.float64) if from_neighbors else acceptance.centers[numbers]
    differences = values[pixels, np.newaxis] - centers
    distances = np.zeros(numbers.shape)
    for row in range(values.shape[1]):
        part = differences[..., row]
        if acceptance.scales.size and not from_neighbors:
            part = sum(acceptance.scales[numbers, row, c] * differences[..., c] for c in range(row + 1))
        distances = np.maximum(distances, abs(part)) if grid.maximum else distances + part * part
    lows, highs = acceptance.lows[numbers], acceptance.highs[numbers]
    accepted = distances <= (highs if grid.maximum else highs**2)
    if values.shape[1] == 1 and not from_neighbors:
        accepted = (values[pixels] >= lows) & (values[pixels] <= highs)
    accepted &= numbers > 0
    distances[~accepted] = np.inf
    nearest = accepted & (distances == distances.min(axis=1, initial=np.inf, keepdims=True))
    joins, n_rows = nearest.any(axis=1), len(acceptance.highs)
    labels[pixels[joins]] = np.where(nearest, numbers, n_rows).min(axis=1, initial=n_rows)[joins]
    return pixels[joins]


@kernel(numpy=_grow_round_numpy)
def _grow_round(
    grid: PixelGrid, acceptance: Acceptance, from_neighbors: bool, front: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Let pixels beside those that joined last (the front) join; return these, the next front."""
    joining = -2  # the label of a pixel that joins in this round: none of its neighbors may see its region yet
    values, labels, offsets, maximum = grid.values, grid.labels, grid.offsets, grid.maximum
    centers, scales, lows, highs = acceptance.centers, acceptance.scales, acceptance.lows, acceptance.highs
    in_interval = values.shape[1] == 1 and not from_neighbors
    pixels = np.empty(len(front) * len(offsets), np.int64)
    numbers = np.empty(len(front) * len(offsets), np.int32)
    n_joined = 0
    for member in front:
        for offset in offsets:
            pixel, nearest, minimum = member + offset, 0, np.inf
            if labels[pixel] != 0:
                continue
            for back in offsets:
                number = labels[pixel + back]
                if number <= 0:
                    continue
                if from_neighbors:
                    distance = color_distance(values, pixel, values, pixel + back, maximum)
                elif scales.size == 0:
                    distance = color_distance(values, pixel, centers, number, maximum)
                else:
                    distance = _mahalanobis_square(values, pixel, centers, scales, number)
                if in_interval:
                    accepted = lows[number] <= values[pixel, 0] <= highs[number]
                else:
                    accepted = distance <= (highs[number] if maximum else highs[number] * highs[number])
                if accepted and (distance < minimum or (distance == minimum and number < nearest)):
                    nearest, minimum = number, distance
            if nearest > 0:
                labels[pixel] = joining
                pixels[n_joined], numbers[n_joined] = pixel, nearest
                n_joined += 1
    for i in range(n_joined):
        labels[pixels[i]] = numbers[i]
    return pixels[:n_joined].copy()


@kernel()
def _mahalanobis_square(
    values: NDArray[Any], pixel: int, centers: NDArray[np.float64], scales: NDArray[np.float64], number: int
) -> float:
    """The squared Mahalanobis distance of a color to a region's center."""
    distance = 0.0
    for row in range(values.shape[1]):
        part = 0.0
        for c in range(row + 1):
            part += scales[number, row, c] * (np.float64(values[pixel, c]) - centers[number, c])
        distance += part * part
    return distance
