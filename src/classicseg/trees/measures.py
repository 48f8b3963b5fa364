"""What the criteria know of each region: pixels, sums, variances, perimeters and bounding boxes."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from classicseg._core.grid import neighbor_views
from classicseg._core.image import Image
from classicseg._core.numbers import without_last_bits
from classicseg.regions.graph import face_areas
from classicseg.regions.statistics import RegionSums, region_sums
from classicseg.trees.merging import Measures
from classicseg.types import Regions


def measures_of(image: Image, regions: Regions, with_outlines: bool, spacing: tuple[float, ...]) -> Measures:
    """Measure regions 1 … n: counts and sums, and with outlines the variances, too."""
    n = int(regions.max(initial=0))
    found = region_sums(regions, image.values, n)
    columns = [found.areas[1:, np.newaxis].astype(np.float64), found.sums[1:]]
    if not with_outlines:
        return Measures(np.concatenate(columns, axis=1), image.n_channels, 0, 0)
    columns += [squared_deviations(image, regions, found), *_outlines(regions, n, spacing)]
    table = np.ascontiguousarray(np.concatenate(columns, axis=1))
    return Measures(table, image.n_channels, image.n_channels, 1 + 2 * regions.ndim)


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


def _outlines(regions: Regions, n: int, spacing: tuple[float, ...]) -> list[NDArray[np.float64]]:
    """Of each region the area of its faces towards others and the border, and its bounding box: the lower bounds,
    negative, then the upper ones, in units of spacing."""
    areas = np.bincount(regions.reshape(-1), minlength=n + 1)[1:]
    perimeters = np.zeros(n)
    for axis, face in enumerate(face_areas(spacing)):
        step = tuple(-int(other == axis) for other in range(regions.ndim))
        here, there = neighbor_views(regions, step)
        inner = np.bincount(here[here == there], minlength=n + 1)[1:]
        perimeters += 2 * face * (areas - inner)
    return [perimeters[:, np.newaxis], *_boxes(regions, n, spacing)]


def _boxes(regions: Regions, n: int, spacing: tuple[float, ...]) -> list[NDArray[np.float64]]:
    """The least index of each axis in each region, negative, and one past the greatest, in units of spacing."""
    lows, highs = np.zeros((n + 1, regions.ndim)), np.zeros((n + 1, regions.ndim))
    flat = regions.reshape(-1)
    for axis, length in enumerate(regions.shape):
        along = np.arange(length, dtype=np.float64).reshape(-1, *(1,) * (regions.ndim - 1 - axis))
        index = np.broadcast_to(along, regions.shape).reshape(-1)
        lows[:, axis] = length
        np.minimum.at(lows[:, axis], flat, index)
        np.maximum.at(highs[:, axis], flat, index + 1)
    return [-lows[1:] * spacing, highs[1:] * spacing]
