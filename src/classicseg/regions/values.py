"""What values the pixels of regions have: extremes, sums, their spread, and where the bright ones lie.

Sums of integers are integers, those of floats keep what rounding takes (`two_floats`): so they are the same in any
order of the pixels. The spread is summed about the mean: no digit is lost far from 0, and a constant region has no
spread.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg._core.two_floats import lost, means_of, settled
from classicseg.regions.places import Places
from classicseg.regions.region_runs import Runs, band_weight, pixels_of


class Values(NamedTuple):
    """Of each region, over the pixels that have a value, (n, channels)."""

    counts: NDArray[np.int64]
    """(n, 1)"""
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    sums: NDArray[np.float64]
    means: NDArray[np.float64]
    deviations: NDArray[np.float64]
    """As extremes and means, NaN over no pixel."""


def values_of(runs: Runs, image: NDArray[Any]) -> Values:
    """Find the extremes, sums and deviations of the values, (…, channels), of each region."""
    table = np.zeros((runs.n_regions, image.shape[-1], 5))
    arguments = runs, np.int64(_length(image)), _pixels(image), _zero(image), table
    run_bands(_sum_values, len(table), band_weight(runs, image.size), *arguments)
    counts = _counts(runs)
    n = np.maximum(counts, 1)
    sums, rests = settled(table[..., 2], table[..., 3])
    means = means_of(sums, rests, n)
    variances = table[..., 4] / n - (means - sums / n) ** 2
    variances[table[..., 0] == table[..., 1]] = 0  # of constant regions, whatever is lost by rounding
    found = table[..., 0], table[..., 1], means, np.sqrt(np.maximum(variances, 0))
    low, high, means, deviations = (np.where(counts > 0, column, np.nan) for column in found)
    return Values(counts, low, high, sums, means, deviations)


def weighted_centroids_of(runs: Runs, image: NDArray[Any], places: Places, values: Values) -> NDArray[np.float64]:
    """The mean index of each region's pixels, weighted by values, (n, channels, ndim); NaN over a sum of 0."""
    shape = image.shape[:-1]
    table = np.zeros((runs.n_regions, image.shape[-1], len(shape), 2))
    zero = _zero(image) if math.prod(shape) * max(shape) < 2**45 else np.float64(0)
    arguments = runs, np.array(shape, np.int64), _pixels(image), places.middles, zero, table
    run_bands(_weigh_values, len(table), len(shape) * band_weight(runs, image.size), *arguments)
    with np.errstate(divide="ignore", invalid="ignore"):
        away = table.sum(axis=3) / values.sums[:, :, np.newaxis]
    away[~np.isfinite(away)] = np.nan
    return (places.middles[:, np.newaxis] + away) / 2


def _pixels(image: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(image).reshape(-1, image.shape[-1])


def _length(image: NDArray[Any]) -> int:
    """The length of a line."""
    return image.shape[-2]


def _zero(image: NDArray[Any]) -> Any:
    """Zero of the kind of numbers that sums are: numba makes of one loop those of integers and of floats."""
    return np.int64(0) if image.dtype.kind == "u" else np.float64(0)


def _counts(runs: Runs) -> NDArray[np.int64]:
    """The pixels of each region, (n, 1)."""
    added = np.zeros(len(runs.lines) + 1, np.int64)
    np.cumsum(runs.ends - runs.begins, out=added[1:])
    return np.diff(added[runs.offsets])[:, np.newaxis]


def own_values(
    runs: Runs,
    region: int,
    length: int,
    pixels: NDArray[Any],
) -> NDArray[np.float64]:
    """The values of a region, (n, channels), for definitions."""
    places = pixels_of(runs, region, np.array([len(pixels) // length, length]))
    return pixels[places @ np.array([length, 1])].astype(np.float64)


def _exact_sum(numbers: NDArray[np.float64]) -> tuple[float, float]:
    """The rounded sum, and the rest."""
    parts = numbers.tolist()
    total = math.fsum(parts)
    return total, math.fsum([*parts, -total])


def _sum_values_numpy(
    runs: Runs,
    length: int,
    pixels: NDArray[Any],
    zero: Any,
    table: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    for region in range(start, stop):
        for c, own in enumerate(own_values(runs, region, length, pixels).T):
            if len(own):
                total, rest = _exact_sum(own)
                away = own - total / len(own)
                table[region, c] = own.min(), own.max(), total, rest, sum(_exact_sum(away * away))


@kernel(numpy=_sum_values_numpy)
def _sum_values(
    runs: Runs,
    length: int,
    pixels: NDArray[Any],
    zero: Any,
    table: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    """Write extremes, the sum and its rest, and the sum of squared distances from about the mean; or 0."""
    own = np.empty(largest(runs, start, stop), pixels.dtype)
    for region in range(start, stop):
        for c in range(pixels.shape[1]):
            n = gather(runs, region, length, pixels, c, own)
            if n > 0:
                total, rest = zero, zero
                low = high = own[0]
                for i in range(n):
                    value = own[i]
                    low, high = min(low, value), max(high, value)
                    rounded = total + value
                    rest += lost(total, value + zero, rounded)
                    total = rounded
                row = table[region, c]
                row[0], row[1], row[2], row[3] = low, high, total, rest
                row[4] = _sum_of_squares(own, n, np.float64(total + rest) / n)


@kernel()
def _sum_of_squares(own: NDArray[Any], n: int, middle: float) -> float:
    """The sum of the squared distances from a value."""
    total, rest = 0.0, 0.0
    for i in range(n):
        away = np.float64(own[i]) - middle
        square = away * away
        rounded = total + square
        rest += lost(total, square, rounded)
        total = rounded
    return total + rest


@kernel()
def largest(runs: Runs, start: int, stop: int) -> int:
    """The number of pixels of the largest region from `start` to `stop`."""
    most: Any = np.int64(0)
    for region in range(start, stop):
        n = np.int64(0)
        for run in range(runs.offsets[region], runs.offsets[region + 1]):
            n += runs.ends[run] - runs.begins[run]
        most = max(most, n)
    return most


@kernel()
def gather(runs: Runs, region: int, length: int, pixels: NDArray[Any], channel: int, own: NDArray[Any]) -> int:
    """Copy the values of one channel of a region together; return how many there are.

    Its pixels lie far apart. A loop that does nothing but copy waits for several of them at once, one that adds up
    for one after the other: 60 against 100 ms for 12 megapixels.
    """
    n: Any = np.int64(0)
    for run in range(runs.offsets[region], runs.offsets[region + 1]):
        line = np.int64(runs.lines[run]) * length
        there = pixels[line + runs.begins[run] : line + runs.ends[run]]
        for i in range(len(there)):
            own[n + i] = there[i, channel]
        n += len(there)
    return n


def _weigh_values_numpy(
    runs: Runs,
    shape: NDArray[np.int64],
    pixels: NDArray[Any],
    middles: NDArray[np.int64],
    zero: Any,
    table: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    for region in range(start, stop):
        away = 2 * pixels_of(runs, region, shape) - middles[region]
        own = own_values(runs, region, int(shape[-1]), pixels)
        for c in range(own.shape[1]):
            table[region, c] = [_exact_sum(own[:, c] * distances) for distances in away.T]


@kernel(numpy=_weigh_values_numpy)
def _weigh_values(
    runs: Runs,
    shape: NDArray[np.int64],
    pixels: NDArray[Any],
    middles: NDArray[np.int64],
    zero: Any,
    table: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    """Write the sums of values times twice the distance from the middle of the box, and their rests."""
    ndim, length = len(shape), shape[len(shape) - 1]
    own = np.empty(largest(runs, start, stop), pixels.dtype)
    for region in range(start, stop):
        for c in range(pixels.shape[1]):
            gather(runs, region, length, pixels, c, own)
            stride = np.int64(1)  # of an axis in lines: a line's index along it is line // stride % its length
            for step in range(ndim):
                axis = ndim - 1 - step
                total, rest, n = zero, zero, np.int64(0)
                for run in range(runs.offsets[region], runs.offsets[region + 1]):
                    index = np.int64(runs.begins[run]) if step == 0 else runs.lines[run] // stride % shape[axis]
                    away, pace = 2 * index - middles[region, axis] + zero, zero + (2 if step == 0 else 0)
                    for i in range(n, n + runs.ends[run] - runs.begins[run]):
                        moment = own[i] * away
                        rounded = total + moment
                        rest += lost(total, moment, rounded)
                        total, away = rounded, away + pace
                    n += runs.ends[run] - runs.begins[run]
                table[region, c, axis, 0], table[region, c, axis, 1] = total, rest
                stride = stride if step == 0 else stride * shape[axis]
