"""What the criteria know of regions (pixels, sums, variances, perimeters and bounding boxes) and of boundaries."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.grid import neighbor_views
from classicseg._core.image import Image
from classicseg._core.numbers import without_last_bits
from classicseg.filters.smoothing import smooth
from classicseg.regions.graph import face_areas
from classicseg.regions.statistics import RegionSums, region_sums
from classicseg.trees.merging import Measures
from classicseg.types import Regions

_ROOT_BITS = 20
"""Roots of the mean strength around are rounded to so many bits."""


def measures_of(image: Image, regions: Regions, with_outlines: bool, spacing: tuple[float, ...]) -> Measures:
    """Measure regions 1 … n: counts and sums, and with outlines the variances, too."""
    n, n_channels = int(regions.max(initial=0)), image.n_channels
    found = region_sums(regions, image.values, n)
    sums = 1 + n_channels
    table = np.empty((n, sums + with_outlines * (n_channels + 1 + 2 * regions.ndim)))
    table[:, 0], table[:, 1:sums] = found.areas[1:], found.sums[1:]
    if not with_outlines:
        return Measures(table, n_channels, 0, 0)
    perimeter = sums + n_channels
    table[:, sums:perimeter] = squared_deviations(image, regions, found)
    table[:, perimeter] = _perimeters(regions, n, spacing)
    _write_boxes(regions, spacing, table[:, perimeter + 1 :])
    return Measures(table, n_channels, n_channels, 1 + 2 * regions.ndim)


def squared_deviations(image: Image, regions: Regions, found: RegionSums) -> NDArray[np.float64]:
    """The sum of the squared deviations of each channel from its mean, in each region, (n, channels)."""
    if len(found.areas) - 1 == int(found.areas.sum()):  # each region is one pixel
        return np.zeros((len(found.areas) - 1, image.n_channels))
    flat, means, n = regions.reshape(-1), found.means, len(found.areas)
    pixels = image.values.reshape(-1, image.n_channels)
    columns = []
    for c in range(image.n_channels):
        apart = pixels[:, c].astype(np.float64) - means[flat, c]
        squares = region_sums(regions, (apart * apart).reshape(*regions.shape, 1), n - 1)
        columns.append(squares.sums[1:, 0])
    return np.stack(columns, axis=1)


def spread_of(measures: Measures) -> float:
    """The standard deviation of all values, of the channels together, without its last bits, which the order of
    the regions decides."""
    table, n = measures.table, measures.n_channels
    if not len(table):
        return 0.0
    counts, sums, inner = table[:, 0], table[:, 1 : 1 + n], table[:, 1 + n : 1 + 2 * n]
    means = sums / counts[:, np.newaxis]
    apart = means - sums.sum(axis=0) / counts.sum()
    total = float(inner.sum() + (counts[:, np.newaxis] * apart**2).sum())
    return without_last_bits(math.sqrt(total / (n * counts.sum())))


def relative_strengths(
    strengths: NDArray[Any], mask: NDArray[np.bool_] | None, sigma: float, spacing: tuple[float, ...]
) -> NDArray[Any]:
    """Strengths divided by the fourth root of their mean around, by a Gaussian over the pixels that take part.

    A boundary counts for less where there are many of them. No pixel changes what is four sigma away from it.
    """
    means = smooth(Image(strengths[..., np.newaxis], mask), sigma, spacing).values[..., 0]
    out = np.zeros_like(strengths)
    run_bands(_divide_by_roots, len(strengths), strengths[0].size, strengths, means, out)
    return out


def _divide_by_roots(
    strengths: NDArray[Any], means: NDArray[Any], out: NDArray[Any], start: int, stop: int
) -> None:
    """Write rows `start` to `stop` of the relative strengths; 0 / 0 is 0.

    Few bits of the roots are kept: where the last ones of a mean depend on the order of its sum, they do not.
    """
    roots = np.sqrt(np.sqrt(means[start:stop]))
    split = roots * (2.0 ** (np.finfo(roots.dtype).nmant + 1 - _ROOT_BITS) + 1)
    roots = split - (split - roots)
    np.divide(strengths[start:stop], roots, out=out[start:stop], where=roots > 0)


def _perimeters(regions: Regions, n: int, spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """Of each region the area of its faces towards others and the border."""
    areas = np.bincount(regions.reshape(-1), minlength=n + 1)[1:]
    perimeters = np.zeros(n)
    for axis, face in enumerate(face_areas(spacing)):
        step = tuple(-int(other == axis) for other in range(regions.ndim))
        here, there = neighbor_views(regions, step)
        inner = np.bincount(here[here == there], minlength=n + 1)[1:]
        perimeters += 2 * face * (areas - inner)
    return perimeters


def _write_boxes(regions: Regions, spacing: tuple[float, ...], boxes: NDArray[np.float64]) -> None:
    """Write the least index of each region along each axis, negative, and one past the greatest, by spacing."""
    flat = regions.reshape(-1)
    for axis, length in enumerate(regions.shape):
        along = np.arange(length, dtype=np.float64).reshape(-1, *(1,) * (regions.ndim - 1 - axis))
        index = np.broadcast_to(along, regions.shape).reshape(-1)
        low, high = np.full(len(boxes) + 1, float(length)), np.zeros(len(boxes) + 1)
        np.minimum.at(low, flat, index)
        np.maximum.at(high, flat, index + 1)
        boxes[:, axis] = -low[1:] * spacing[axis]
        boxes[:, regions.ndim + axis] = high[1:] * spacing[axis]
