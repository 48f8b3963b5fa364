"""What a region accepts: an interval of values, or the colors within a distance of a center."""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg._core.seeds import SeedPixels
from classicseg.growing.padded_grid import padded_nodes
from classicseg.types import Norm


class Acceptance(NamedTuple):
    """What each region accepts, and how near a pixel is to it. Row 0 belongs to no region."""

    centers: NDArray[np.float64]
    """(n_regions + 1, channels)"""
    scales: NDArray[np.float64]
    """(n_regions + 1, channels, channels), what a difference from the center is multiplied by: lower triangles. Or
    (n_regions + 1, 0, 0): by nothing."""
    lows: NDArray[np.float64]
    """(n_regions + 1,), the least value that is accepted. Of colors nothing is asked."""
    highs: NDArray[np.float64]
    """(n_regions + 1,), the greatest value that is accepted. Of colors, the greatest distance to the center."""
    maximum: bool
    """Whether a distance is the largest difference of a channel, not the root of the sum of squares."""


def reach_of_seeds(image: Image, seeds: SeedPixels, tolerance: float, norm: Norm) -> Acceptance:
    """Within a tolerance of the mean over the seed pixels."""
    reach = _at_seeds(image, seeds, norm)
    if image.n_channels == 1:
        means = reach.centers[:, 0]
        return reach._replace(lows=means - tolerance, highs=means + tolerance)
    return reach._replace(highs=np.full(len(reach.centers), tolerance))


def reach_of_interval(image: Image, seeds: SeedPixels, interval: tuple[float, float]) -> Acceptance:
    """The same values for each region; among these the mean over its seeds is the nearest."""
    n_regions = len(seeds.labels) + 1
    low, high = interval
    return _at_seeds(image, seeds, "euclidean")._replace(
        lows=np.full(n_regions, low), highs=np.full(n_regions, high)
    )


def mark_accepted(image: Image, reach: Acceptance, number: int) -> NDArray[np.uint8]:
    """A padded grid, flat, that is 1 where a pixel takes part and is accepted by a region, and 0 elsewhere."""
    shape = image.shape
    grid = np.zeros(-(-math.prod(length + 2 for length in shape) // 8) * 8, np.uint8)  # in words of 8 bytes
    lines = image.values.reshape(-1, shape[-1], image.n_channels)
    starts = line_starts(shape)
    if image.n_channels == 1:
        low, high = bounds_in(lines.dtype, reach.lows[number], reach.highs[number])
        run_bands(_mark_between, len(lines), shape[-1], lines[..., 0], low, high, starts, grid)
    else:
        of_region = reach.centers[number], reach.scales[number], float(reach.highs[number]), reach.maximum
        run_bands(_mark_near, len(lines), shape[-1], lines, *of_region, starts, grid)
    if image.mask is not None:
        inner(grid, shape)[:] &= image.mask
    return grid


def inner(grid: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """A view of a padded grid's pixels."""
    padded = [length + 2 for length in shape]
    return grid[: math.prod(padded)].reshape(padded)[(slice(1, -1),) * len(shape)]


def line_starts(shape: tuple[int, ...]) -> NDArray[np.int64]:
    """The flat index in the padded grid of the first pixel of each line along the last axis."""
    return padded_nodes(np.arange(0, math.prod(shape), shape[-1]), shape)


def bounds_in(dtype: np.dtype[Any], low: float, high: float) -> tuple[np.generic, np.generic]:
    """The least and the greatest number of a dtype in an interval, which holds one."""
    if dtype.kind == "u":
        most = np.iinfo(dtype).max
        return dtype.type(min(max(math.ceil(low), 0), most)), dtype.type(max(min(math.floor(high), most), 0))
    most_of_all = float(np.finfo(dtype).max)
    bounds = dtype.type(max(low, -most_of_all)), dtype.type(min(high, most_of_all))
    least = bounds[0] if float(bounds[0]) >= low else np.nextafter(bounds[0], dtype.type(np.inf))
    most = bounds[1] if float(bounds[1]) <= high else np.nextafter(bounds[1], dtype.type(-np.inf))
    return least, most


def _at_seeds(image: Image, seeds: SeedPixels, norm: Norm) -> Acceptance:
    n_regions = len(seeds.labels) + 1
    limits = np.zeros((2, n_regions))
    scales = np.empty((n_regions, 0, 0))
    return Acceptance(seed_means(image, seeds), scales, limits[0], limits[1], norm == "maximum")


def seed_means(image: Image, seeds: SeedPixels) -> NDArray[np.float64]:
    """The mean over the seed pixels of each region, (n_regions + 1, channels), in any order of the pixels."""
    order = np.argsort(seeds.numbers, kind="stable")
    values = image.values.reshape(-1, image.n_channels)[seeds.nodes[order]].astype(np.float64)
    means = np.zeros((len(seeds.labels) + 1, image.n_channels))
    bounds = np.cumsum(np.bincount(seeds.numbers))
    for number, (start, stop) in enumerate(itertools.pairwise(bounds), start=1):
        own = values[start:stop]
        mean = [math.fsum(channel) / len(own) for channel in own.T]
        means[number] = np.clip(mean, own.min(axis=0), own.max(axis=0))  # (0.1 + 0.1 + 0.1) / 3 > 0.1
    return means


def _mark_between_numpy(
    lines: NDArray[Any],
    low: np.generic,
    high: np.generic,
    starts: NDArray[np.int64],
    grid: NDArray[np.uint8],
    start: int,
    stop: int,
) -> None:
    nodes = starts[start:stop, np.newaxis] + np.arange(lines.shape[1])
    grid[nodes] = (lines[start:stop] >= low) & (lines[start:stop] <= high)


@kernel(numpy=_mark_between_numpy)
def _mark_between(
    lines: NDArray[Any],
    low: np.generic,
    high: np.generic,
    starts: NDArray[np.int64],
    grid: NDArray[np.uint8],
    start: int,
    stop: int,
) -> None:
    for line in range(start, stop):
        values = lines[line]
        out = grid[starts[line] : starts[line] + len(values)]
        for x in range(len(out)):
            out[x] = (values[x] >= low) & (values[x] <= high)


def _mark_near_numpy(
    lines: NDArray[Any],
    center: NDArray[np.float64],
    scale: NDArray[np.float64],
    limit: float,
    maximum: bool,
    starts: NDArray[np.int64],
    grid: NDArray[np.uint8],
    start: int,
    stop: int,
) -> None:
    distance = np.zeros(lines[start:stop].shape[:2])
    for row in range(len(center)):
        part = lines[start:stop, :, row] - center[row]
        if len(scale):  # in order, for sums of floats
            part = sum(scale[row, c] * (lines[start:stop, :, c] - center[c]) for c in range(row + 1))
        distance = np.maximum(distance, np.abs(part)) if maximum else distance + part * part
    nodes = starts[start:stop, np.newaxis] + np.arange(lines.shape[1])
    grid[nodes] = distance <= (limit if maximum else limit * limit)


@kernel(numpy=_mark_near_numpy)
def _mark_near(
    lines: NDArray[Any],
    center: NDArray[np.float64],
    scale: NDArray[np.float64],
    limit: float,
    maximum: bool,
    starts: NDArray[np.int64],
    grid: NDArray[np.uint8],
    start: int,
    stop: int,
) -> None:
    bound = limit if maximum else limit * limit
    n_channels = len(center)
    for line in range(start, stop):
        for x in range(lines.shape[1]):
            distance = 0.0
            for row in range(n_channels):
                part = np.float64(lines[line, x, row]) - center[row]
                if len(scale) > 0:
                    part = 0.0
                    for c in range(row + 1):
                        part += scale[row, c] * (np.float64(lines[line, x, c]) - center[c])
                distance = max(distance, abs(part)) if maximum else distance + part * part
            grid[starts[line] + x] = distance <= bound


@kernel()
def between(one: NDArray[Any], i: int, other: NDArray[Any], j: int, maximum: bool) -> float:
    """How far color i of some is from color j of others: the largest difference, or the sum of all squares."""
    distance = 0.0
    for c in range(one.shape[1]):
        part = np.float64(one[i, c]) - np.float64(other[j, c])
        distance = max(distance, abs(part)) if maximum else distance + part * part
    return distance
