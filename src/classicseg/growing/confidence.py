"""Confidence connected growing: a region accepts what is likely by its own mean and spread, over and over.

Of one channel that is the mean and so many standard deviations on both sides. Of several it is the Mahalanobis
distance, the length of the difference to the mean where the inverse covariance measures it.
"""

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
from classicseg.growing.acceptance import Acceptance, line_starts, reach_of_seeds
from classicseg.growing.seed_value import VISITED, accepted_by, flood

_BITS = 24
"""Moments are taken of whole numbers of so many bits, over the limits of the region or the range of its pixels:
the sums are exact, and turn with the image."""

_WIDE = 2**7
"""Limits so many standard deviations apart make steps that are fine enough. Where they are farther apart, the
range of the pixels that are reached is looked for: a third of the time of their moments."""

_LOW = 2**_BITS - 1
"""The lower bits of a product."""

_LEAST_SHARE = 1e-12
"""A channel that the others determine keeps this part of its variance."""

_LEAST_STEP, _LEAST_OF_ALL = 1e-25, 1e-140
"""A channel without variance counts in steps of this part of the largest value about the seeds, or of this number,
where all are 0: what differs is far away."""


class Moments(NamedTuple):
    """The mean and the covariance of some pixels."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


def confidence_reach(
    image: Image,
    seeds: SeedPixels,
    multiplier: float,
    max_iter: int,
    box: tuple[int, ...],
    connectivity: int,
    radius: float,
    spacing: tuple[float, ...],
) -> Acceptance:
    """What each region accepts after growing `max_iter` times by the moments of what it grew to before.

    The first moments are those of the boxes about the seeds. The limits always hold the seeds themselves.
    """
    reach = reach_of_seeds(image, seeds, 0.0, "euclidean")
    if image.n_channels > 1:
        shape = len(reach.centers), image.n_channels, image.n_channels
        reach = reach._replace(scales=np.zeros(shape))
    lines = image.values.reshape(-1, image.shape[-1], image.n_channels)
    flat, starts = lines.reshape(-1, image.n_channels), line_starts(image.shape)
    for number in range(1, len(seeds.labels) + 1):
        nodes = seeds.nodes[seeds.numbers == number]
        pixels = flat[_box_nodes(image, nodes, box)]
        finest = max(_LEAST_STEP * float(np.abs(pixels.astype(np.float64)).max()), _LEAST_OF_ALL)
        in_box = np.full(len(pixels), VISITED, np.uint8), np.zeros(1, np.int64)
        low, high = pixels.min(axis=0).astype(np.float64), pixels.max(axis=0).astype(np.float64)
        moments = moments_of(pixels[np.newaxis], *in_box, low, high)
        for _ in range(max_iter):
            low, high = _accept(reach, number, moments, multiplier, flat[nodes], finest)
            grid = accepted_by(image, reach, number, nodes, radius, spacing)
            flood(grid, image.shape, connectivity, nodes)
            if (high - low > _WIDE * np.sqrt(np.diagonal(moments.covariance))).any():
                ends = run_bands(_extremes, len(lines), lines[0].size, lines, grid, starts, flat[nodes[0]])
                low, high = (end(ends, axis=(0, 1)).astype(np.float64) for end in (np.min, np.max))
            former, moments = moments, moments_of(lines, grid, starts, low, high)
            if np.array_equal(former.mean, moments.mean) and np.array_equal(former.covariance, moments.covariance):
                break
        _accept(reach, number, moments, multiplier, flat[nodes], finest)
    return reach


def moments_of(
    lines: NDArray[Any],
    grid: NDArray[np.uint8],
    starts: NDArray[np.int64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> Moments:
    """The mean and the unbiased covariance of the pixels that a region has reached, all between two colors.

    `starts` says where in the grid each line is.
    """
    exponents = np.frexp(high - low)[1] - _BITS
    arguments = lines, grid, starts, low, np.ldexp(1.0, -exponents)
    found = run_bands(_sum_products, len(lines), lines[0].size, *arguments)
    (n,), sums, above, below = (np.sum(part, axis=0).astype(object) for part in zip(*found, strict=True))
    squares, units = max(n * (n - 1), 1), np.ldexp(1.0, exponents)
    products = above * 2**_BITS + below  # whole numbers of any size
    covariance = ((n * products - np.outer(sums, sums)) / squares).astype(np.float64) * np.outer(units, units)
    return Moments(low + (sums / n).astype(np.float64) * units, covariance)


def _accept(
    reach: Acceptance,
    number: int,
    moments: Moments,
    multiplier: float,
    seed_values: NDArray[Any],
    finest: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Set what a region accepts, wide enough for its seeds; return bounds of each channel there."""
    reach.centers[number] = moments.mean
    deviation = np.sqrt(np.diagonal(moments.covariance))
    if len(deviation) == 1:
        low, high = moments.mean - multiplier * deviation, moments.mean + multiplier * deviation
        low, high = np.minimum(low, seed_values.min()), np.maximum(high, seed_values.max())
        reach.lows[number], reach.highs[number] = low[0], high[0]
        return low, high
    reach.scales[number] = _whitening(moments.covariance, finest)
    parts = np.array([_whitened(reach.scales[number], value - moments.mean) for value in seed_values])
    farthest = math.nextafter(math.sqrt((parts**2).sum(axis=1).max()), math.inf)
    reach.highs[number] = max(multiplier, farthest)
    extent = deviation * reach.highs[number]
    low, high = moments.mean - extent, moments.mean + extent
    return np.minimum(low, seed_values.min(axis=0)), np.maximum(high, seed_values.max(axis=0))


def _whitened(scale: NDArray[np.float64], difference: NDArray[np.float64]) -> list[float]:
    return [sum(float(a) * float(b) for a, b in zip(row, difference, strict=True)) for row in scale]


def _whitening(covariance: NDArray[np.float64], least_deviation: float) -> NDArray[np.float64]:
    """The inverse of the Cholesky factor: differences times it have the unit covariance.

    A channel without a variance of its own accepts its mean alone.
    """
    n_channels = len(covariance)
    factor, inverse = np.zeros_like(covariance), np.eye(n_channels)
    for i in range(n_channels):
        for j in range(i):
            rest = sum(float(factor[i, k] * factor[j, k]) for k in range(j))
            factor[i, j] = (covariance[i, j] - rest) / factor[j, j]
        rest = sum(float(factor[i, k]) ** 2 for k in range(i))
        least = max(_LEAST_SHARE * float(covariance[i, i]), least_deviation**2, np.finfo(np.float64).tiny)
        factor[i, i] = math.sqrt(max(float(covariance[i, i]) - rest, least))
        for j in range(i):
            inverse[i] -= factor[i, j] * inverse[j]
        inverse[i] /= factor[i, i]
    return inverse


def _box_nodes(image: Image, nodes: NDArray[np.int64], box: tuple[int, ...]) -> NDArray[np.int64]:
    """The pixels that take part within a box about each node; as often as there are boxes that hold them."""
    steps = np.array(list(itertools.product(*(range(-half, half + 1) for half in box))))
    places = np.stack(np.unravel_index(nodes, image.shape), axis=1)[:, np.newaxis] + steps
    places = places.reshape(-1, len(image.shape))
    places = places[((places >= 0) & (places < image.shape)).all(axis=1)]
    found = np.ravel_multi_index(tuple(places.T), image.shape)
    return found if image.mask is None else found[image.mask.reshape(-1)[found]]


def _extremes_numpy(
    lines: NDArray[Any],
    grid: NDArray[np.uint8],
    starts: NDArray[np.int64],
    reached: NDArray[Any],
    start: int,
    stop: int,
) -> NDArray[Any]:
    inside = grid[starts[start:stop, np.newaxis] + np.arange(lines.shape[1])] == VISITED
    own = np.concatenate([lines[start:stop][inside], reached[np.newaxis]])
    return np.stack([own.min(axis=0), own.max(axis=0)])


@kernel(numpy=_extremes_numpy)
def _extremes(
    lines: NDArray[Any],
    grid: NDArray[np.uint8],
    starts: NDArray[np.int64],
    reached: NDArray[Any],
    start: int,
    stop: int,
) -> NDArray[Any]:
    """The least and the greatest values of the pixels that are reached, and of one more, in each channel.

    They are kept for each place in a line: vectors, where one number would wait for itself.
    """
    width, n_channels = lines.shape[1], lines.shape[2]
    ends, of_place = np.empty((2, n_channels), lines.dtype), np.empty((2, width), lines.dtype)
    for c in range(n_channels):
        low, high, begin = of_place[0], of_place[1], reached[c]
        for i in range(width):
            low[i] = high[i] = begin
        for line in range(start, stop):
            own, flat = grid[starts[line] : starts[line] + width], lines[line].reshape(-1)
            for i in range(len(own)):
                value = flat[i * n_channels + c] if own[i] == VISITED else begin
                low[i] = value if value < low[i] else low[i]
                high[i] = value if value > high[i] else high[i]
        ends[0, c], ends[1, c] = low[0], high[0]
        for i in range(width):
            ends[0, c], ends[1, c] = min(ends[0, c], low[i]), max(ends[1, c], high[i])
    return ends


def _sum_products_numpy(
    lines: NDArray[Any],
    grid: NDArray[np.uint8],
    starts: NDArray[np.int64],
    low: NDArray[np.float64],
    scales: NDArray[np.float64],
    start: int,
    stop: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    reached = grid[starts[start:stop, np.newaxis] + np.arange(lines.shape[1])] == VISITED
    levels = np.rint((lines[start:stop][reached] - low) * scales).astype(np.int64)
    products = levels[:, :, np.newaxis] * levels[:, np.newaxis]
    above, below = (products >> _BITS).sum(axis=0), (products & _LOW).sum(axis=0)
    return np.array([len(levels)]), levels.sum(axis=0), above, below


@kernel(numpy=_sum_products_numpy)
def _sum_products(
    lines: NDArray[Any],
    grid: NDArray[np.uint8],
    starts: NDArray[np.int64],
    low: NDArray[np.float64],
    scales: NDArray[np.float64],
    start: int,
    stop: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Of the pixels that are reached: how many, the sums of levels, and of upper and lower bits of products."""
    width, n_channels = lines.shape[1], lines.shape[2]
    n, sums = np.zeros(1, np.int64), np.zeros(n_channels, np.int64)
    above, below = np.zeros((n_channels, n_channels), np.int64), np.zeros((n_channels, n_channels), np.int64)
    levels = np.empty((n_channels, width), np.int64)
    for line in range(start, stop):
        own = grid[starts[line] : starts[line] + width]
        flat = lines[line].reshape(-1)
        for i in range(len(own)):
            n[0] += own[i] == VISITED
        for c in range(n_channels):
            base, scale, row, total = low[c], scales[c], levels[c], 0
            for i in range(len(own)):
                level = np.rint((np.float64(flat[i * n_channels + c]) - base) * scale)
                row[i] = np.int64(level if own[i] == VISITED else 0.0)  # others may be beyond any integer
                total += row[i]
            sums[c] += total
            for other in range(c + 1):
                upper, lower, column = 0, 0, levels[other]
                for i in range(len(own)):
                    product = row[i] * column[i]
                    upper += product >> _BITS
                    lower += product & _LOW
                above[c, other] += upper
                below[c, other] += lower
        for c in range(n_channels):
            for other in range(c):
                above[other, c], below[other, c] = above[c, other], below[c, other]
    return n, sums, above, below
