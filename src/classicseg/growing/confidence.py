"""Confidence connected growing: a region accepts what is likely by its mean and covariance, and grows again by
these.

For one channel it accepts the values within so many standard deviations of the mean. For several it accepts the
colors within so large a Mahalanobis distance d of the mean m: d² = (x - m)ᵀ C⁻¹ (x - m), C the covariance.
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
from classicseg.growing.acceptance import Acceptance, line_starts, seed_acceptance
from classicseg.growing.options import GrowingOptions
from classicseg.growing.run_flood import VISITED, flood
from classicseg.growing.seed_value import accepted_mask, grow_accepted

_BITS = 24
"""For moments, values are rounded to whole numbers of so many bits, over the limits of the region or the range of
its pixels. Then the sums are exact, and do not depend on the order of the pixels."""

_WIDE = 2**7
"""Limits up to so many standard deviations apart are fine enough to round by. Where they are farther apart, the
range of the region's pixels is looked for: a third of the time of their moments."""

_LOW_BITS = 2**_BITS - 1
"""The lower bits of a product."""

_LEAST_SHARE = 1e-12
"""A channel that the others determine keeps this part of its variance."""

_LEAST_DEVIATION, _LEAST_OF_ALL = 1e-25, 1e-140
"""The deviation of a channel without variance: this part of the largest value about the seeds, or this number
where all are 0. By it, whatever differs is far away."""


class Moments(NamedTuple):
    """The mean and the covariance of some pixels."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


class _Region(NamedTuple):
    """What is known of a region before it grows."""

    number: int
    nodes: NDArray[np.int64]
    """Its seed pixels, in the image."""
    seed_values: NDArray[Any]
    """(n, channels)"""
    least_deviation: float
    """That of a channel without variance."""


def grow_by_confidence(image: Image, seeds: SeedPixels, options: GrowingOptions) -> NDArray[np.int32]:
    """Give each pixel that the moments of a region accept, and that connects to its seeds, the region's number."""
    return grow_accepted(image, seeds, confidence_acceptance(image, seeds, options), options)


def confidence_acceptance(image: Image, seeds: SeedPixels, options: GrowingOptions) -> Acceptance:
    """What each region accepts after growing `max_iter` times by the moments of what it grew to before.

    The first moments are those of the boxes about the seeds. The limits always hold the seeds themselves.
    """
    acceptance = seed_acceptance(image, seeds, 0.0, "euclidean")
    if image.n_channels > 1:
        shape = len(acceptance.centers), image.n_channels, image.n_channels
        acceptance = acceptance._replace(scales=np.zeros(shape))
    box = tuple(int(options.initial_radius / length) for length in options.spacing)
    flat = image.values.reshape(-1, image.n_channels)
    for number in range(1, len(seeds.labels) + 1):
        nodes = seeds.nodes[seeds.numbers == number]
        pixels = flat[_box_nodes(image, nodes, box)]
        largest = float(np.abs(pixels.astype(np.float64)).max())
        own = _Region(number, nodes, flat[nodes], max(_LEAST_DEVIATION * largest, _LEAST_OF_ALL))
        in_box = np.full(len(pixels), VISITED, np.uint8), np.zeros(1, np.int64)
        low, high = pixels.min(axis=0).astype(np.float64), pixels.max(axis=0).astype(np.float64)
        moments = moments_of(pixels[np.newaxis], *in_box, low, high)
        for _ in range(options.max_iter):
            former, moments = moments, _grown_moments(image, acceptance, own, moments, options)
            if np.array_equal(former.mean, moments.mean) and np.array_equal(former.covariance, moments.covariance):
                break
        _accept(acceptance, own, moments, options.multiplier)
    return acceptance


def _grown_moments(
    image: Image, acceptance: Acceptance, own: _Region, moments: Moments, options: GrowingOptions
) -> Moments:
    """Grow a region by the moments that it had; return those that it has then."""
    low, high = _accept(acceptance, own, moments, options.multiplier)
    mask = accepted_mask(image, acceptance, own.number, own.nodes, options)
    flood(mask, image.shape, options.connectivity, own.nodes)
    lines, starts = image.values.reshape(-1, image.shape[-1], image.n_channels), line_starts(image.shape)
    if (high - low > _WIDE * np.sqrt(np.diagonal(moments.covariance))).any():
        found = run_bands(_extremes, len(lines), lines[0].size, lines, mask, starts, own.seed_values[0])
        low, high = (extreme(found, axis=(0, 1)).astype(np.float64) for extreme in (np.min, np.max))
    return moments_of(lines, mask, starts, low, high)


def moments_of(
    lines: NDArray[Any],
    mask: NDArray[np.uint8],
    starts: NDArray[np.int64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> Moments:
    """The mean and the unbiased covariance of the VISITED pixels of a padded mask, all between two colors.

    `starts` says where in the mask each line begins.
    """
    exponents = np.frexp(high - low)[1] - _BITS
    arguments = lines, mask, starts, low, np.ldexp(1.0, -exponents)
    found = run_bands(_sum_products, len(lines), lines[0].size, *arguments)
    (n,), sums, above, below = (np.sum(part, axis=0).astype(object) for part in zip(*found, strict=True))
    squares, units = max(n * (n - 1), 1), np.ldexp(1.0, exponents)
    products = above * 2**_BITS + below  # whole numbers of any size
    covariance = ((n * products - np.outer(sums, sums)) / squares).astype(np.float64) * np.outer(units, units)
    return Moments(low + (sums / n).astype(np.float64) * units, covariance)


def _accept(
    acceptance: Acceptance, own: _Region, moments: Moments, multiplier: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Set what a region accepts, wide enough for its seeds; return bounds of the values of each channel there."""
    acceptance.centers[own.number] = moments.mean
    deviation = np.sqrt(np.diagonal(moments.covariance))
    if len(deviation) == 1:
        low, high = moments.mean - multiplier * deviation, moments.mean + multiplier * deviation
        low, high = np.minimum(low, own.seed_values.min()), np.maximum(high, own.seed_values.max())
        acceptance.lows[own.number], acceptance.highs[own.number] = low[0], high[0]
        return low, high
    scale = _whitening(moments.covariance, own.least_deviation)
    whitened = np.array([_whitened(scale, value - moments.mean) for value in own.seed_values])
    farthest = math.nextafter(math.sqrt((whitened**2).sum(axis=1).max()), math.inf)
    acceptance.scales[own.number], acceptance.highs[own.number] = scale, max(multiplier, farthest)
    radius = deviation * acceptance.highs[own.number]
    low, high = moments.mean - radius, moments.mean + radius
    return np.minimum(low, own.seed_values.min(axis=0)), np.maximum(high, own.seed_values.max(axis=0))


def _whitened(scale: NDArray[np.float64], difference: NDArray[np.float64]) -> list[float]:
    """scale @ difference, summed in this order on every machine."""
    return [sum(float(a) * float(b) for a, b in zip(row, difference, strict=True)) for row in scale]


def _whitening(covariance: NDArray[np.float64], least_deviation: float) -> NDArray[np.float64]:
    """The inverse of the covariance's Cholesky factor: multiplied by it, differences have the unit covariance.

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
    shifts = np.array(list(itertools.product(*(range(-half, half + 1) for half in box))))
    points = np.stack(np.unravel_index(nodes, image.shape), axis=1)[:, np.newaxis] + shifts
    points = points.reshape(-1, len(image.shape))
    points = points[((points >= 0) & (points < image.shape)).all(axis=1)]
    found = np.ravel_multi_index(tuple(points.T), image.shape)
    return found if image.mask is None else found[image.mask.reshape(-1)[found]]


def _extremes_numpy(
    lines: NDArray[Any],
    mask: NDArray[np.uint8],
    starts: NDArray[np.int64],
    one_more: NDArray[Any],
    start: int,
    stop: int,
) -> NDArray[Any]:
    inside = mask[starts[start:stop, np.newaxis] + np.arange(lines.shape[1])] == VISITED
    own = np.concatenate([lines[start:stop][inside], one_more[np.newaxis]])
    return np.stack([own.min(axis=0), own.max(axis=0)])


@kernel(numpy=_extremes_numpy)
def _extremes(
    lines: NDArray[Any],
    mask: NDArray[np.uint8],
    starts: NDArray[np.int64],
    one_more: NDArray[Any],
    start: int,
    stop: int,
) -> NDArray[Any]:
    """The least and the greatest values of the visited pixels, and of one more, in each channel.

    They are kept for each column, as vectors: a single running minimum would wait for itself at every pixel.
    """
    width, n_channels = lines.shape[1], lines.shape[2]
    extremes, of_column = np.empty((2, n_channels), lines.dtype), np.empty((2, width), lines.dtype)
    for c in range(n_channels):
        low, high, begin = of_column[0], of_column[1], one_more[c]
        for i in range(width):
            low[i] = high[i] = begin
        for line in range(start, stop):
            own, flat = mask[starts[line] : starts[line] + width], lines[line].reshape(-1)
            for i in range(len(own)):
                value = flat[i * n_channels + c] if own[i] == VISITED else begin
                low[i] = value if value < low[i] else low[i]
                high[i] = value if value > high[i] else high[i]
        extremes[0, c], extremes[1, c] = low[0], high[0]
        for i in range(width):
            extremes[0, c], extremes[1, c] = min(extremes[0, c], low[i]), max(extremes[1, c], high[i])
    return extremes


def _sum_products_numpy(
    lines: NDArray[Any],
    mask: NDArray[np.uint8],
    starts: NDArray[np.int64],
    low: NDArray[np.float64],
    scales: NDArray[np.float64],
    start: int,
    stop: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    inside = mask[starts[start:stop, np.newaxis] + np.arange(lines.shape[1])] == VISITED
    quanta = np.rint((lines[start:stop][inside] - low) * scales).astype(np.int64)
    products = quanta[:, :, np.newaxis] * quanta[:, np.newaxis]
    above, below = (products >> _BITS).sum(axis=0), (products & _LOW_BITS).sum(axis=0)
    return np.array([len(quanta)]), quanta.sum(axis=0), above, below


@kernel(numpy=_sum_products_numpy)
def _sum_products(
    lines: NDArray[Any],
    mask: NDArray[np.uint8],
    starts: NDArray[np.int64],
    low: NDArray[np.float64],
    scales: NDArray[np.float64],
    start: int,
    stop: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Of the visited pixels: their number, the sums of quanta, and of upper and lower bits of their products."""
    width, n_channels = lines.shape[1], lines.shape[2]
    n, sums = np.zeros(1, np.int64), np.zeros(n_channels, np.int64)
    above, below = np.zeros((n_channels, n_channels), np.int64), np.zeros((n_channels, n_channels), np.int64)
    quanta = np.empty((n_channels, width), np.int64)
    for line in range(start, stop):
        own = mask[starts[line] : starts[line] + width]
        flat = lines[line].reshape(-1)
        for i in range(len(own)):
            n[0] += own[i] == VISITED
        for c in range(n_channels):
            base, scale, row, total = low[c], scales[c], quanta[c], 0
            for i in range(len(own)):
                quantum = np.rint((np.float64(flat[i * n_channels + c]) - base) * scale)
                row[i] = np.int64(quantum if own[i] == VISITED else 0.0)  # others may be beyond any integer
                total += row[i]
            sums[c] += total
            for d in range(c + 1):
                upper, lower, other = 0, 0, quanta[d]
                for i in range(len(own)):
                    product = row[i] * other[i]
                    upper += product >> _BITS
                    lower += product & _LOW_BITS
                above[c, d] += upper
                below[c, d] += lower
        for c in range(n_channels):
            for d in range(c):
                above[d, c], below[d, c] = above[c, d], below[c, d]
    return n, sums, above, below
