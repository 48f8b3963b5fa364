"""Strips beside arcs: colors and histograms of what lies near each side, and farther from it.

From each crack a line of pixels runs to both sides, along the axis that the crack is across. The lines of an arc
cover the strips beside it, whatever way it runs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.kernel import kernel
from classicseg.trees.arcs.cracks import Cracks
from classicseg.trees.arcs.planes import N_BINS, SHARES, Planes

NEAR, FAR = 4, 12
"""The strips end at so many pixels from the arc."""

N_COLUMNS = 4 + sum(N_BINS)
"""Of a strip: its pixels, the sums of its colors, its histogram."""


def strips_of(
    cracks: Cracks, shape: tuple[int, ...], planes: Planes, inside: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Measure the strips beside arcs: (n_arcs, 2 sides, near and far, columns), the side of the lower region
    first."""
    table = np.zeros((len(cracks.ends), 2, 2, N_COLUMNS), np.int32)
    pixels = planes.colors, planes.bins, planes.shares, inside.reshape(-1).view(np.uint8)
    lines = cracks.arcs, cracks.here, cracks.there, np.int64(shape[1])
    run_interruptible(_add_strips, *lines, *pixels, table.reshape(-1, 2 * N_COLUMNS))
    return table


def _add_strips_numpy(
    arcs: NDArray[np.int64],
    here: NDArray[np.int64],
    there: NDArray[np.int64],
    width: int,
    colors: NDArray[np.int32],
    bins: NDArray[np.uint8],
    shares: NDArray[np.uint8],
    inside: NDArray[np.uint8],
    table: NDArray[np.int32],
) -> None:
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
            for c in range(len(colors)):
                np.add.at(table, (rows, column + 1 + c), colors[c, places])
            for own, share in zip(
                bins[:, places].astype(np.int64), shares[:, places].astype(np.int32), strict=True
            ):
                np.add.at(table, (rows, column + 4 + own), SHARES - share)
                np.add.at(table, (rows, column + 5 + own), share)
            rows, places, onward, ahead = (part[ahead > t] for part in (rows, places + onward, onward, ahead))


@kernel(numpy=_add_strips_numpy)
def _add_strips(
    arcs: NDArray[np.int64],
    here: NDArray[np.int64],
    there: NDArray[np.int64],
    width: int,
    colors: NDArray[np.int32],
    bins: NDArray[np.uint8],
    shares: NDArray[np.uint8],
    inside: NDArray[np.uint8],
    table: NDArray[np.int32],
) -> None:
    """Add the lines of all cracks to the strips of their arcs."""
    for i in range(len(arcs)):
        step = there[i] - here[i]
        for side in range(2):
            pixel = here[i] if side == 0 else there[i]
            onward = -step if side == 0 else step
            row = table[2 * arcs[i] + side]
            column = pixel % width
            if abs(onward) == 1 and width > 1:
                n_left = column if onward < 0 else width - 1 - column
            else:
                n_left = pixel // width if onward < 0 else (len(inside) - 1 - pixel) // width
            n_left = min(n_left + 1, FAR)
            for t in range(n_left):
                if inside[pixel] == 0:
                    break
                first = 0 if t < NEAR else N_COLUMNS
                row[first] += 1
                for c in range(3):
                    row[first + 1 + c] += colors[c, pixel]
                for c in range(len(bins)):
                    bin_, share = first + 4 + np.int64(bins[c, pixel]), np.int32(shares[c, pixel])
                    row[bin_] += SHARES - share
                    row[bin_ + 1] += share
                pixel += onward
