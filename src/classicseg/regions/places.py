"""Where the pixels of regions lie: their number, boxes, and moments of first and second order, in integers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.regions.region_runs import Runs, band_weight, pixels_of


class Places(NamedTuple):
    """Of each region, in pixels."""

    counts: NDArray[np.int64]
    """(n,)"""
    low: NDArray[np.int64]
    """(n, ndim), the first index along each axis."""
    high: NDArray[np.int64]
    """(n, ndim), one past the last."""
    sums: NDArray[np.int64]
    """(n, ndim), of the indices."""

    @property
    def middles(self) -> NDArray[np.int64]:
        """(n, ndim), twice the middle of each box: places about it are turned with the image."""
        return self.low + self.high - 1


def places_of(runs: Runs, shape: tuple[int, ...]) -> Places:
    """Count the pixels of each region, and find its box and the sums of its indices."""
    table = np.zeros((runs.n_regions, 1 + 3 * len(shape)), np.int64)
    run_bands(_find_places, len(table), band_weight(runs), runs, np.array(shape, np.int64), table)
    low, high, sums = np.split(table[:, 1:], 3, axis=1)
    return Places(table[:, 0], low, high, sums)


def covariances_of(
    runs: Runs, places: Places, shape: tuple[int, ...], spacing: tuple[float, ...]
) -> NDArray[np.float64]:
    """The covariance of the coordinates of each region's pixels, (n, ndim, ndim), in units of spacing.

    The sums of squares and products are of whole numbers, twice the distance from the middle of the box: a region
    has the same anywhere, and a flip changes no more than signs.
    """
    extents = (places.high - places.low).max(axis=1)
    fits = bool((places.counts * extents.astype(np.float64) ** 2 < 2.0**60).all())
    one: Any = np.int64(1) if fits else np.float64(1)
    n, ndim = places.counts.astype(np.float64), len(shape)
    table = np.zeros((len(n), ndim, ndim), type(one))
    axes = np.array(shape, np.int64)
    run_bands(_add_squares, len(n), band_weight(runs), runs, axes, places.middles, one, table)
    sums = (2 * places.sums - places.counts[:, np.newaxis] * places.middles).astype(np.float64)
    spread = n[:, np.newaxis, np.newaxis] * table - sums[:, :, np.newaxis] * sums[:, np.newaxis, :]
    units = np.outer(spacing, spacing)
    return spread / (4 * n * n)[:, np.newaxis, np.newaxis] * units


def _find_places_numpy(
    runs: Runs,
    shape: NDArray[np.int64],
    table: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    own, first = slice(runs.offsets[start], runs.offsets[stop]), runs.offsets[start:stop] - runs.offsets[start]
    lengths, last = (runs.ends[own] - runs.begins[own]).astype(np.int64), runs.ends[own] - 1
    ahead = np.unravel_index(runs.lines[own], shape[:-1].tolist()) if len(shape) > 1 else ()
    table[start:stop, 0] = np.add.reduceat(lengths, first)
    extents: list[tuple[Any, Any]] = [*((index, index) for index in ahead), (runs.begins[own], last)]
    for axis, (low, high) in enumerate(extents):
        table[start:stop, 1 + axis] = np.minimum.reduceat(low, first)
        table[start:stop, 1 + len(shape) + axis] = np.maximum.reduceat(high, first) + 1
        doubled = lengths * (low.astype(np.int64) + high)
        table[start:stop, 1 + 2 * len(shape) + axis] = np.add.reduceat(doubled, first) // 2


@kernel(numpy=_find_places_numpy)
def _find_places(
    runs: Runs,
    shape: NDArray[np.int64],
    table: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    """Write count, lowest and highest indices, and sums of indices of regions that have at least one run."""
    ndim = len(shape)
    for region in range(start, stop):
        row = table[region]
        for axis in range(ndim):
            row[1 + axis] = shape[axis]
        for run in range(runs.offsets[region], runs.offsets[region + 1]):
            rest, n = np.int64(runs.lines[run]), np.int64(runs.ends[run] - runs.begins[run])
            row[0] += n
            for step in range(ndim):
                axis = ndim - 1 - step
                low, high = np.int64(runs.begins[run]), np.int64(runs.ends[run])
                if step > 0:
                    low, rest = rest % shape[axis], rest // shape[axis]
                    high = low + 1
                row[1 + axis] = min(row[1 + axis], low)
                row[1 + ndim + axis] = max(row[1 + ndim + axis], high)
                row[1 + 2 * ndim + axis] += n * (low + high - 1) // 2


def _add_squares_numpy(
    runs: Runs,
    shape: NDArray[np.int64],
    middles: NDArray[np.int64],
    one: Any,
    table: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    for region in range(start, stop):
        pixels = pixels_of(runs, region, shape)
        away = (2 * pixels - middles[region]) * one
        table[region] = away.T @ away


@kernel(numpy=_add_squares_numpy)
def _add_squares(
    runs: Runs,
    shape: NDArray[np.int64],
    middles: NDArray[np.int64],
    one: Any,
    table: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    """Add the products of twice the distances from the middle, in numbers such as `one`: integers or floats."""
    ndim = len(shape)
    for region in range(start, stop):
        middle, row = middles[region], table[region]
        for run in range(runs.offsets[region], runs.offsets[region + 1]):
            n = one * (runs.ends[run] - runs.begins[run])
            first = one * (2 * np.int64(runs.begins[run]) - middle[ndim - 1])
            along = n * first + n * (n - 1)  # the sum of first, first + 2, …, and that of their squares
            row[ndim - 1, ndim - 1] += n * first * first + 2 * first * n * (n - 1) + _sum_of_squares(n)
            rest = np.int64(runs.lines[run])
            for step in range(1, ndim):
                axis = ndim - 1 - step
                away, rest = one * (2 * (rest % shape[axis]) - middle[axis]), rest // shape[axis]
                row[axis, ndim - 1] += away * along
                row[ndim - 1, axis] += away * along
                row[axis, axis] += n * away * away
                others = rest
                for other in range(axis - 1, -1, -1):
                    distance = one * (2 * (others % shape[other]) - middle[other])
                    others = others // shape[other]
                    row[axis, other] += n * away * distance
                    row[other, axis] += n * away * distance


@kernel()
def _sum_of_squares(n: Any) -> Any:
    """0 + 4 + 16 + … + (2 (n - 1))², of the type of n: in integers the halves and thirds are whole."""
    return 2 * ((n - 1) * n * (2 * n - 1) // 3)
