"""The means of regions while they grow: sums of whole numbers, which no order of the pixels changes.

Integers count as they are. A float counts by its difference from the mean over the region's seeds, in whole units:
a power of two, 2**-24 of what the values differ by. The sums of 2**31 pixels have room in an int64.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg._core.seeds import SeedPixels
from classicseg.growing.reach import between, seed_means

_BITS = 24

_LEAST_EXPONENT = -1000
"""Units have an inverse."""


class RunningMeans(NamedTuple):
    """What is known of each region. Row 0 belongs to none."""

    origins: NDArray[np.float64]
    """(n_regions + 1, channels), what values are counted from."""
    unit: float
    """What they are counted in."""
    sums: NDArray[np.int64]
    """(n_regions + 1, channels)"""
    counts: NDArray[np.int64]
    """(n_regions + 1,), the pixels of the region."""
    means: NDArray[np.float64]
    """(n_regions + 1, channels)"""


def running_means(image: Image, seeds: SeedPixels, extent: float) -> RunningMeans:
    """The means over the seeds; floats that join a region are within about 20 times `extent` of them."""
    counts = np.bincount(seeds.numbers, minlength=len(seeds.names) + 1)
    if image.values.dtype.kind == "f":
        means = seed_means(image, seeds)
        unit = math.ldexp(1.0, max(math.frexp(extent)[1] - _BITS, _LEAST_EXPONENT))
        return RunningMeans(means.copy(), unit, np.zeros(means.shape, np.int64), counts, means)
    values = image.values.reshape(-1, image.n_channels)[seeds.nodes]
    sums = np.stack([np.bincount(seeds.numbers, channel) for channel in values.T], axis=1)
    means = sums / np.maximum(counts, 1)[:, np.newaxis]
    return RunningMeans(np.zeros(means.shape), 1.0, sums.astype(np.int64), counts, means)


def value_range(image: Image) -> float:
    """What the values of the pixels that take part differ by at most."""
    if image.extremes is not None:
        low, high = image.extremes
        return high - low
    pixels = image.pixels()
    return float(pixels.max()) - float(pixels.min())


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
    unit: float,
    sums: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> None:
    """Count a pixel in; the mean stays until it is settled."""
    counts[number] += 1
    scale = 1 / unit
    for c in range(values.shape[1]):
        sums[number, c] += int(np.rint((np.float64(values[node, c]) - origins[number, c]) * scale))


@kernel()
def settle_mean(
    number: int,
    origins: NDArray[np.float64],
    unit: float,
    sums: NDArray[np.int64],
    counts: NDArray[np.int64],
    means: NDArray[np.float64],
    maximum: bool,
) -> float:
    """Bring the mean of a region up to date; return how far it has gone, as `between` has it."""
    distance = 0.0
    for c in range(means.shape[1]):
        mean = origins[number, c] + np.float64(sums[number, c]) * unit / np.float64(counts[number])
        part = mean - means[number, c]
        means[number, c] = mean
        distance = max(distance, abs(part)) if maximum else distance + part * part
    return distance
