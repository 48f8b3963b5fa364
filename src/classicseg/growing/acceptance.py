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
from classicseg._core.seeds import SeedPixels, point
from classicseg.growing.pixel_grid import padded_nodes
from classicseg.types import Norm


class Acceptance(NamedTuple):
    """What each region accepts, and the center that says how near a pixel is to it. Row 0 belongs to no region."""

    centers: NDArray[np.float64]
    """(n_regions + 1, channels)"""
    scales: NDArray[np.float64]
    """(n_regions + 1, channels, channels): differences from the center are multiplied by these lower triangles
    before they are measured. (n_regions + 1, 0, 0): they are measured as they are."""
    lows: NDArray[np.float64]
    """(n_regions + 1,). Of one channel, the least value that is accepted; of several, unused."""
    highs: NDArray[np.float64]
    """(n_regions + 1,). Of one channel, the greatest value that is accepted; of several, the greatest distance to
    the center."""
    maximum: bool
    """Whether a distance is the largest difference of a channel, not the root of the sum of squares."""


def seed_acceptance(image: Image, seeds: SeedPixels, tolerance: float, norm: Norm) -> Acceptance:
    """Values within a tolerance of the mean over a region's seeds."""
    acceptance = _around_seeds(image, seeds, norm)
    if image.n_channels == 1:
        means = acceptance.centers[:, 0]
        return acceptance._replace(lows=means - tolerance, highs=means + tolerance)
    return acceptance._replace(highs=np.full(len(acceptance.centers), tolerance))


def interval_acceptance(image: Image, seeds: SeedPixels, interval: tuple[float, float]) -> Acceptance:
    """One interval for all regions; where several accept a pixel, the one whose seed mean is nearest wins."""
    n_rows = len(seeds.labels) + 1
    low, high = interval
    return _around_seeds(image, seeds, "euclidean")._replace(
        lows=np.full(n_rows, low), highs=np.full(n_rows, high)
    )


def check_interval(
    values: NDArray[Any], seeds: SeedPixels, interval: tuple[float, float], shape: tuple[int, ...]
) -> None:
    """See that seed values, (n, channels), have one channel, and lie in the interval."""
    low, high = interval
    if values.shape[1] > 1:
        raise ValueError(
            f"interval is given, and the image has {values.shape[1]} channels; expected one; pass tolerance, or "
            "one channel, e.g. image[..., 0]"
        )
    if (outside := (values[:, 0] < low) | (values[:, 0] > high)).any():
        node, label = seeds.nodes[outside][0], seeds.labels[seeds.numbers[outside][0] - 1]
        raise ValueError(
            f"seed {label} is at {point(node, shape)}, whose value {values[outside][0, 0]:g} lies outside "
            f"interval ({low:g}, {high:g}); move the seed or widen the interval"
        )


def mark_accepted(image: Image, acceptance: Acceptance, number: int) -> NDArray[np.uint8]:
    """A padded grid, flat, that is 1 where a pixel takes part and is accepted by a region, and 0 elsewhere."""
    shape = image.shape
    grid = np.zeros(-(-math.prod(length + 2 for length in shape) // 8) * 8, np.uint8)  # in words of 8 bytes
    lines = image.values.reshape(-1, shape[-1], image.n_channels)
    starts = line_starts(shape)
    if image.n_channels == 1:
        low, high = bounds_in(lines.dtype, acceptance.lows[number], acceptance.highs[number])
        run_bands(_mark_between, len(lines), shape[-1], lines[..., 0], low, high, starts, grid)
    else:
        center, scale, limit = (
            acceptance.centers[number],
            acceptance.scales[number],
            float(acceptance.highs[number]),
        )
        arguments = lines, center, scale, limit, acceptance.maximum, starts, grid
        run_bands(_mark_near, len(lines), shape[-1], *arguments)
    if image.mask is not None:
        unpadded(grid, shape)[:] &= image.mask
    return grid


def unpadded(grid: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """A view of a padded grid's pixels."""
    padded = [length + 2 for length in shape]
    return grid[: math.prod(padded)].reshape(padded)[(slice(1, -1),) * len(shape)]


def line_starts(shape: tuple[int, ...]) -> NDArray[np.int64]:
    """The flat index in the padded grid of the first pixel of each line along the last axis."""
    return padded_nodes(np.arange(0, math.prod(shape), shape[-1]), shape)


def bounds_in(dtype: np.dtype[Any], low: float, high: float) -> tuple[np.generic, np.generic]:
    """The least and the greatest number of a dtype that lie in an interval; at least one does."""
    if dtype.kind == "u":
        largest = np.iinfo(dtype).max
        return dtype.type(min(max(math.ceil(low), 0), largest)), dtype.type(max(min(math.floor(high), largest), 0))
    limit = float(np.finfo(dtype).max)
    least, greatest = dtype.type(max(low, -limit)), dtype.type(min(high, limit))
    if float(least) < low:  # rounded out of the interval
        least = np.nextafter(least, dtype.type(np.inf))
    if float(greatest) > high:
        greatest = np.nextafter(greatest, dtype.type(-np.inf))
    return least, greatest


def _around_seeds(image: Image, seeds: SeedPixels, norm: Norm) -> Acceptance:
    """The centers of the regions, and limits that accept nothing yet."""
    n_rows = len(seeds.labels) + 1
    lows, highs = np.zeros((2, n_rows))
    return Acceptance(seed_means(image, seeds), np.empty((n_rows, 0, 0)), lows, highs, norm == "maximum")


def seed_means(image: Image, seeds: SeedPixels) -> NDArray[np.float64]:
    """The mean over the seed pixels of each region, (n_regions + 1, channels); their order does not count."""
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
    """Mark the values of one channel between two bounds."""
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
    """Mark the colors within a distance of a center."""
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
