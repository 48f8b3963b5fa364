"""Strips beside arcs: colors and histograms of what lies near each side, and farther from it.

From each crack a line of pixels runs to both sides, along the axis that the crack is across. The lines of an arc
cover the strips beside it, whatever way it runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import BAND_PIXELS, run_bands
from classicseg._core.kernel import kernel
from classicseg.trees.arcs.cracks import Cracks, bounds_of
from classicseg.trees.arcs.planes import N_BINS, N_LEVELS, SHARES, bins_of_levels

NEAR, FAR = 4, 12
"""The strips end at so many pixels from the arc."""

N_COLUMNS = 4 + sum(N_BINS)
"""Of a strip: its pixels, the sums of its colors, its histogram."""

_BAND = 2**12
"""The arcs of a band."""


def strips_of(cracks: Cracks, levels: NDArray[np.uint16], inside: NDArray[np.bool_]) -> NDArray[Any]:
    """Measure the strips beside arcs of an image, `levels_of`: (n_arcs, 2 sides, near and far, columns), the side
    of the lower region first."""
    bounds = bounds_of(cracks)
    table = np.zeros((len(cracks.ends), 2, 2, N_COLUMNS), sums_dtype(np.diff(bounds)))
    lines = bounds, cracks.here, cracks.there, np.int64(inside.shape[1])
    pixels = levels.reshape(len(levels), -1), *bins_of_levels(), inside.reshape(-1).view(np.uint8)
    run_bands(_add_strips, len(table), BAND_PIXELS // _BAND, *lines, *pixels, table.reshape(-1, 2 * N_COLUMNS))
    return table


def sums_dtype(lengths: NDArray[np.int64]) -> type[np.int32 | np.int64]:
    """What holds the sums of strips beside arcs of some lengths; nearly always int32, of half the memory."""
    return np.int32 if int(lengths.max(initial=0)) * max(NEAR, FAR - NEAR) * N_LEVELS < 2**31 else np.int64


def _add_strips_numpy(
    bounds: NDArray[np.int64],
    here: NDArray[Any],
    there: NDArray[Any],
    width: int,
    levels: NDArray[np.uint16],
    bins: NDArray[np.uint8],
    shares: NDArray[np.uint8],
    inside: NDArray[np.uint8],
    table: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    arcs = np.repeat(np.arange(start, stop), np.diff(bounds[start : stop + 1]))
    here, there = (pixels[bounds[start] : bounds[stop]] for pixels in (here, there))
    for side, (first, onward) in enumerate([(here, here - there), (there, there - here)]):
        rows, places = 2 * arcs + side, first
        y, x = np.divmod(first, width)
        is_along = (np.abs(onward) == 1) & (width > 1)
        ahead = np.where(onward > 0, len(inside) // width - 1 - y, y)
        ahead[is_along] = np.where(onward > 0, width - 1 - x, x)[is_along]
        for t in range(FAR):
            rows, places, onward, ahead = (part[inside[places] > 0] for part in (rows, places, onward, ahead))
            column = 0 if t < NEAR else N_COLUMNS
            np.add.at(table, (rows, column), 1)
            for c, values in enumerate(levels[:, places]):
                if c < 3:
                    np.add.at(table, (rows, column + 1 + c), values)
                own, share = bins[c, values].astype(np.int64), shares[c, values].astype(np.int32)
                np.add.at(table, (rows, column + 4 + own), SHARES - share)
                np.add.at(table, (rows, column + 5 + own), share)
            rows, places, onward, ahead = (part[ahead > t] for part in (rows, places + onward, onward, ahead))


@kernel(numpy=_add_strips_numpy)
def _add_strips(
    bounds: NDArray[np.int64],
    here: NDArray[Any],
    there: NDArray[Any],
    width: int,
    levels: NDArray[np.uint16],
    bins: NDArray[np.uint8],
    shares: NDArray[np.uint8],
    inside: NDArray[np.uint8],
    table: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    """Add the lines of all cracks of arcs to their strips."""
    for arc in range(start, stop):
        for i in range(bounds[arc], bounds[arc + 1]):
            step = there[i] - here[i]
            for side in range(2):
                pixel = here[i] if side == 0 else there[i]
                onward = -step if side == 0 else step
                row = table[2 * arc + side]
                n_left = min(_to_border(pixel, onward, width, len(inside)) + 1, FAR)
                for t in range(n_left):
                    if inside[pixel] == 0:
                        break
                    _add_pixel(levels, pixel, bins, shares, row, 0 if t < NEAR else N_COLUMNS)
                    pixel += onward


@kernel()
def _to_border(pixel: int, onward: int, width: int, n_pixels: int) -> int:
    """How many pixels lie ahead."""
    column = pixel % width
    if abs(onward) == 1 and width > 1:
        return column if onward < 0 else width - 1 - column
    return pixel // width if onward < 0 else (n_pixels - 1 - pixel) // width


@kernel()
def _add_pixel(
    levels: NDArray[np.uint16],
    pixel: int,
    bins: NDArray[np.uint8],
    shares: NDArray[np.uint8],
    row: NDArray[Any],
    first: int,
) -> None:
    row[first] += 1
    for c in range(4):
        value = levels[c, pixel]
        if c < 3:
            row[first + 1 + c] += value
        bin_, share = first + 4 + np.int64(bins[c, value]), np.int32(shares[c, value])
        row[bin_] += SHARES - share
        row[bin_ + 1] += share
