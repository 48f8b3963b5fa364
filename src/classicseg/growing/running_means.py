"""The means of regions while they grow: sums of two floats each, which no order of the pixels changes.

Integers count as they are, and floats by their difference from the mean over the region's seeds: a region of one
value has this for its mean.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg._core.seeds import SeedPixels
from classicseg._core.two_floats import lost
from classicseg.growing.acceptance import between, seed_means


class RunningMeans(NamedTuple):
    """What is known of each region. Row 0 belongs to none."""

    origins: NDArray[np.float64]
    """(n_regions + 1, channels), what values are counted from."""
    sums: NDArray[np.float64]
    """(n_regions + 1, channels)"""
    rests: NDArray[np.float64]
    """(n_regions + 1, channels), what rounding has taken from the sums (`two_floats`)."""
    counts: NDArray[np.int64]
    """(n_regions + 1,), the pixels of the region."""
    means: NDArray[np.float64]
    """(n_regions + 1, channels)"""


def running_means(image: Image, seeds: SeedPixels) -> RunningMeans:
    """The means over the seeds."""
    counts = np.bincount(seeds.numbers, minlength=len(seeds.labels) + 1)
    if image.values.dtype.kind == "f":
        means = seed_means(image, seeds)
        return RunningMeans(means.copy(), np.zeros(means.shape), np.zeros(means.shape), counts, means)
    values = image.values.reshape(-1, image.n_channels)[seeds.nodes]
    sums = np.stack([np.bincount(seeds.numbers, channel) for channel in values.T], axis=1, dtype=np.float64)
    means = sums / np.maximum(counts, 1)[:, np.newaxis]
    return RunningMeans(np.zeros(means.shape), sums, np.zeros(means.shape), counts, means)


@kernel()
def nearest_region(
    values: NDArray[Any],
    node: int,
    offsets: NDArray[np.int64],
    labels: NDArray[np.int32],
    means: NDArray[np.float64],
    maximum: bool,
) -> tuple[int, float]:
    """Of the regions that touch a pixel that of the nearest mean, then of the lower number; and how far it is."""
    best, least = 0, np.inf
    for offset in offsets:
        label = int(labels[node + offset])
        if label > 0 and label != best:
            distance = between(values, node, means, label, maximum)
            if distance < least or (distance == least and label < best):
                best, least = label, distance
    return best, least


@kernel()
def join_region(
    values: NDArray[Any],
    node: int,
    number: int,
    origins: NDArray[np.float64],
    sums: NDArray[np.float64],
    rests: NDArray[np.float64],
    counts: NDArray[np.int64],
) -> None:
    """Count a pixel in; the mean stays until it is settled."""
    counts[number] += 1
    for c in range(values.shape[1]):
        total, value = sums[number, c], np.float64(values[node, c]) - origins[number, c]
        sums[number, c] = total + value
        rest = lost(total, value, total + value)
        if rest != 0:  # never of integers: one memory access less
            rests[number, c] += rest


@kernel()
def settle_mean(
    number: int,
    origins: NDArray[np.float64],
    sums: NDArray[np.float64],
    rests: NDArray[np.float64],
    counts: NDArray[np.int64],
    means: NDArray[np.float64],
    maximum: bool,
) -> float:
    """Bring the mean of a region up to date; return how far it has gone, as `between` has it."""
    distance = 0.0
    for c in range(means.shape[1]):
        mean = origins[number, c] + (sums[number, c] + rests[number, c]) / np.float64(counts[number])
        part = mean - means[number, c]
        means[number, c] = mean
        distance = max(distance, abs(part)) if maximum else distance + part * part
    return distance
