"""What is measured of regions: their pixels, colors, deviations and histograms, as whole numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.kernel import kernel
from classicseg.trees.arcs.planes import N_BINS, SHARES, bins_of_levels
from classicseg.types import Regions

N_COLUMNS = 7 + sum(N_BINS)
"""Pixels, sums of colors, sums of their squares, histogram."""


def sums_of_regions(regions: Regions, levels: NDArray[np.uint16], n_regions: int) -> NDArray[np.int64]:
    """Measure regions 1 … n of an image, `levels_of`, (n, columns)."""
    table = np.zeros((n_regions + 1, N_COLUMNS), np.int64)
    pixels = regions.reshape(-1), levels.reshape(len(levels), -1)
    run_interruptible(_add_pixels, *pixels, *bins_of_levels(), table)
    return table[1:]


def _add_pixels_numpy(
    regions: NDArray[np.int32],
    levels: NDArray[np.uint16],
    bins: NDArray[np.uint8],
    shares: NDArray[np.uint8],
    table: NDArray[np.int64],
) -> None:
    np.add.at(table[:, 0], regions, 1)
    for c, values in enumerate(levels.astype(np.int64)):
        if c < 3:
            np.add.at(table[:, 1 + c], regions, values)
            np.add.at(table[:, 4 + c], regions, values * values)
        own, share = (of[c, values].astype(np.int64) for of in (bins, shares))
        np.add.at(table, (regions, 7 + own), SHARES - share)
        np.add.at(table, (regions, 8 + own), share)


@kernel(numpy=_add_pixels_numpy)
def _add_pixels(
    regions: NDArray[np.int32],
    levels: NDArray[np.uint16],
    bins: NDArray[np.uint8],
    shares: NDArray[np.uint8],
    table: NDArray[np.int64],
) -> None:
    """Add all pixels to their regions' rows."""
    for i in range(len(regions)):
        row = table[regions[i]]
        row[0] += 1
        for c in range(4):
            value = np.int64(levels[c, i])
            if c < 3:
                row[1 + c] += value
                row[4 + c] += value * value
            bin_, share = 7 + np.int64(bins[c, value]), np.int64(shares[c, value])
            row[bin_] += SHARES - share
            row[bin_ + 1] += share
