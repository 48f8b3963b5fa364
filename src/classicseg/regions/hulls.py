"""Convex hulls of regions, exact in integers: how many pixels they hold, and how long and wide they are.

A pixel is in the hull if its center is in the convex hull of the points half a step from the region's pixels along
the axes. In the plane that hull is the one of the pixels' centers, widened; so two chains of the outermost pixels
of each row tell all of it: the row of a pixel reaches half a step beyond the chain, or as far as the chain does
half a row up or down. Andrew A. M. Another efficient algorithm for convex hulls in two dimensions. Information
Processing Letters 9(5), 1979.

Feret's diameters are the greatest and the least distance of two parallel lines around the pixels as squares: those
around the centers, and a half square on both sides.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.regions.places import Places
from classicseg.regions.region_runs import Runs, band_weight
from classicseg.regions.row_chains import chain
from classicseg.regions.solid_hulls import hull_of, hulls_of_pixels, outermost


class Hulls(NamedTuple):
    """Of each region."""

    counts: NDArray[np.float64]
    """(n,), the pixels in its hull."""
    longest: NDArray[np.float64]
    """(n,), the greatest Feret diameter, in units of spacing."""
    shortest: NDArray[np.float64]
    """(n,), the least; NaN in three dimensions."""


def hulls_of(runs: Runs, places: Places, shape: tuple[int, ...], spacing: tuple[float, ...]) -> Hulls:
    """Count the pixels in the hull of each region, in two or three dimensions, and find Feret's diameters."""
    table = np.full((runs.n_regions, 3), np.nan)
    axes, units = np.array(shape, np.int64), np.array(spacing)
    if len(shape) == 2:
        height = int((places.high[:, 0] - places.low[:, 0]).max(initial=1))
        run_bands(_measure_hulls, len(table), 8 * band_weight(runs), runs, axes, units, height, table)
    else:
        run_bands(hulls_of_pixels, len(table), 1000 * band_weight(runs), runs, axes, units, table)
    return Hulls(*table.T)


def _measure_hulls_numpy(
    runs: Runs,
    shape: NDArray[np.int64],
    spacing: NDArray[np.float64],
    height: int,
    table: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    hulls_of_pixels(runs, shape, spacing, table, start, stop)
    for region in range(start, stop):
        own = slice(runs.offsets[region], runs.offsets[region + 1])
        _, corners = hull_of(outermost(runs.lines[own], runs.begins[own], runs.ends[own], shape))
        sides = np.concatenate([np.eye(2, dtype=np.int64), (corners[:, np.newaxis] - corners).reshape(-1, 2)])
        table[region, 2] = min(_width(corners, side, spacing) for side in sides if side.any())


def _width(corners: NDArray[np.int64], side: NDArray[np.int64], spacing: NDArray[np.float64]) -> float:
    """The distance of the two lines along a side between which the squares of all corners lie."""
    products = side[0] * corners[:, 1] - side[1] * corners[:, 0]
    area = (np.ptp(products) + np.abs(side).sum()) * (spacing[0] * spacing[1])
    return float(area / np.sqrt(((side * spacing) ** 2).sum()))


@kernel(numpy=_measure_hulls_numpy)
def _measure_hulls(
    runs: Runs,
    shape: NDArray[np.int64],
    spacing: NDArray[np.float64],
    height: int,
    table: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    """Write the pixels in the hull, and the greatest and least Feret diameter, of regions that have a run."""
    chains, reach = np.empty((2, 2, height), np.int64), np.empty((2, height), np.int64)
    for region in range(start, stop):
        first, last = runs.offsets[region], runs.offsets[region + 1]
        top, n_rows = int(runs.lines[first]), int(runs.lines[last - 1]) - int(runs.lines[first]) + 1
        n_left = chain(runs.lines, runs.begins, first, last, -1, chains[0])
        n_right = chain(runs.lines, runs.ends, first, last, 1, chains[1])
        _reach(chains[0], n_left, top, reach[0])
        _reach(chains[1], n_right, top, reach[1])
        n_pixels = np.int64(0)
        for row in range(n_rows):
            n_pixels += reach[0, row] + reach[1, row] + 1
        table[region, 0] = n_pixels
        _ferets(chains, n_left, n_right, spacing, table[region])


@kernel()
def _reach(chain: NDArray[np.int64], n: int, top: int, reach: NDArray[np.int64]) -> None:
    """Write the last pixel of each row, from `top`, whose center is in the hull."""
    reach[0] = chain[1, 0]
    for i in range(n - 1):
        row, column = chain[0, i], chain[1, i]
        height, width = chain[0, i + 1] - row, chain[1, i + 1] - column
        for y in range(height + 1):
            place = 2 * (column * height + width * y)  # twice the column, times the height
            farthest = (place + height) // (2 * height)
            if y > 0:
                farthest = max(farthest, (place - width) // (2 * height))
            if y < height:
                farthest = max(farthest, (place + width) // (2 * height))
            at = row - top + y
            reach[at] = farthest if y > 0 or i == 0 else max(reach[at], farthest)


@kernel()
def _ferets(
    chains: NDArray[np.int64], n_left: int, n_right: int, spacing: NDArray[np.float64], row: NDArray[np.float64]
) -> None:
    """Write the greatest and least distance of two parallel lines around the squares of a hull's corners."""
    n = n_left + n_right
    top, bottom = chains[0, 0, 0], chains[0, 0, n_left - 1]
    left, right = chains[0, 1, 0], chains[1, 1, 0]
    longest = 0.0
    for i in range(n):
        y, x = _corner(chains, n_left, i)
        left, right = max(left, -x), max(right, x)
        for j in range(i, n):
            other_y, other_x = _corner(chains, n_left, j)
            high, wide = (abs(y - other_y) + 1) * spacing[0], (abs(x - other_x) + 1) * spacing[1]
            longest = max(longest, high * high + wide * wide)
    shortest = min((bottom - top + 1) * spacing[0], (right + left + 1) * spacing[1])
    for i in range(n - 1):
        if i != n_left - 1:
            y, x = _corner(chains, n_left, i)
            next_y, next_x = _corner(chains, n_left, i + 1)
            high, wide = next_y - y, next_x - x
            low: Any = np.int64(0)
            most: Any = np.int64(0)
            for j in range(n):
                other_y, other_x = _corner(chains, n_left, j)
                product = high * (other_x - x) - wide * (other_y - y)
                low, most = min(low, product), max(most, product)
            along, across = high * spacing[0], wide * spacing[1]
            area = (most - low + abs(high) + abs(wide)) * (spacing[0] * spacing[1])
            shortest = min(shortest, area / np.sqrt(along * along + across * across))
    row[1], row[2] = np.sqrt(longest), shortest


@kernel()
def _corner(chains: NDArray[np.int64], n_left: int, i: int) -> tuple[int, int]:
    """The row and column of a corner: those on the left come first."""
    if i < n_left:
        return chains[0, 0, i], -chains[0, 1, i]
    return chains[1, 0, i - n_left], chains[1, 1, i - n_left]
