"""The means of regions while they grow, independent of the order in which pixels join.

Each sum is kept as two floats, the rounded sum and what rounding has lost. Integers are summed as they are, floats
as differences from the mean over the region's seeds: so a region of one value has exactly this value for its mean.

The kernels run once a pixel and so take loose arrays: given tuples, numba counts references to all of their arrays
in each call, and growth by the running mean took 1.8 times as long.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg._core.seeds import SeedPixels
from classicseg._core.two_floats import lost
from classicseg.growing.acceptance import seed_means
from classicseg.growing.pixel_grid import color_distance


class RunningMeans(NamedTuple):
    """What is known of each region. Row 0 belongs to none."""

    origins: NDArray[np.float64]
    """(n_regions + 1, channels), subtracted from values before they are summed."""
    sums: NDArray[np.float64]
    """(n_regions + 1, channels), rounded."""
    rests: NDArray[np.float64]
    """(n_regions + 1, channels), what rounding has lost of the sums (`two_floats`)."""
    counts: NDArray[np.int64]
    """(n_regions + 1,), the pixels of the region."""
    means: NDArray[np.float64]
    """(n_regions + 1, channels), as of the last `settle_mean`."""


def means_of_seeds(image: Image, seeds: SeedPixels) -> RunningMeans:
    """The means over the seeds, before a region grows."""
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
    labels: NDArray[np.int32],
    offsets: NDArray[np.int64],
    means: NDArray[np.float64],
    maximum: bool,
    pixel: int,
) -> tuple[int, float]:
    """Of the regions that touch a pixel, the one of the nearest mean; of equally near ones the lower number.

    Returns the number and the `color_distance`.
    """
    nearest, minimum = 0, np.inf
    for offset in offsets:
        number = int(labels[pixel + offset])
        if number > 0 and number != nearest:
            distance = color_distance(values, pixel, means, number, maximum)
            if distance < minimum or (distance == minimum and number < nearest):
                nearest, minimum = number, distance
    return nearest, minimum


@kernel()
def join_region(
    values: NDArray[Any],
    origins: NDArray[np.float64],
    sums: NDArray[np.float64],
    rests: NDArray[np.float64],
    counts: NDArray[np.int64],
    pixel: int,
    number: int,
) -> None:
    """Add a pixel to the sums of a region. The mean stays as it was until `settle_mean`."""
    counts[number] += 1
    for c in range(values.shape[1]):
        total, value = sums[number, c], np.float64(values[pixel, c]) - origins[number, c]
        sums[number, c] = total + value
        rest = lost(total, value, total + value)
        if rest != 0:  # never of integers: one memory access less
            rests[number, c] += rest


@kernel()
def settle_mean(
    origins: NDArray[np.float64],
    sums: NDArray[np.float64],
    rests: NDArray[np.float64],
    counts: NDArray[np.int64],
    means: NDArray[np.float64],
    maximum: bool,
    number: int,
) -> float:
    """Compute the mean of a region from its sums; return how far it has moved, as a `color_distance`."""
    distance = 0.0
    for c in range(means.shape[1]):
        mean = origins[number, c] + (sums[number, c] + rests[number, c]) / np.float64(counts[number])
        difference = mean - means[number, c]
        means[number, c] = mean
        distance = max(distance, abs(difference)) if maximum else distance + difference * difference
    return distance
