"""Which way arcs run: an arc is cut into parts that are nearly straight, and a part has its principal axis.

Moments of places are whole numbers, and what lies on the line where a part is cut is a part of its own: a turned
image has turned directions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg.trees.arcs.cracks import Cracks

_BENT = 1.0
"""A part is cut where its variance across its direction is greater than this, in square pixels."""

_MOST_CUTS = 16
"""An arc is cut so many times at most."""


class Directions(NamedTuple):
    """Of each crack the direction of its arc there, of any length; 0 both where no direction is the longest."""

    down: NDArray[np.float64]
    along: NDArray[np.float64]


def directions_of(cracks: Cracks, shape: tuple[int, ...]) -> Directions:
    """The principal axis of the nearly straight part of its arc that each crack is in."""
    rows, columns = crack_places(cracks, shape)
    lies_along = rows % 2 == 1  # one between two rows
    return _directions(cracks.arcs.astype(np.int64), rows, columns, lies_along)


def alignments(directions: Directions, angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """The size of cos φ at each crack, where φ is between the arc and the angle given for the crack; 1 where the
    arc runs every way."""
    down, along = directions
    length = np.hypot(down, along)
    toward = np.abs(np.cos(angles) * along + np.sin(angles) * down)
    return np.divide(toward, length, out=np.ones_like(length), where=length > 0)


def crack_places(cracks: Cracks, shape: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Twice the row and the column of the middle of each crack."""
    here, there = (np.divmod(pixels.astype(np.int64), shape[1]) for pixels in (cracks.here, cracks.there))
    return here[0] + there[0], here[1] + there[1]


def _directions(
    arcs: NDArray[np.int64],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    across_rows: NDArray[np.bool_],
) -> Directions:
    """Cut arcs until their parts are nearly straight."""
    parts, left, down, along = arcs, np.arange(len(arcs)), np.zeros(len(arcs)), np.zeros(len(arcs))
    for _ in range(_MOST_CUTS):
        counts = np.bincount(parts)
        y, x = (counts[parts] * place - _sums(parts, place)[parts] for place in (rows, columns))
        yy, xx, yx = _moments(parts, counts, rows, columns, across_rows)
        half = np.abs(yy - xx) / 2
        root = np.hypot(half, yx)
        main, rest = half + root, yx
        one, other = np.where(yy > xx, main, rest)[parts], np.where(yy > xx, rest, main)[parts]
        down[left], along[left] = one, other
        ahead = np.sign(x * other + y * one) + 1
        quarter = 3 * np.sign(y) + np.sign(x) + 4
        side = np.where((one == 0) & (other == 0), quarter, ahead).astype(np.int64)
        bent = ((yy + xx) / 2 - root > 12.0 * _BENT * counts.astype(np.float64) ** 2)[parts]
        if not bent.any():
            break
        parts = np.unique(9 * parts[bent] + side[bent], return_inverse=True)[1].reshape(-1)
        left, rows, columns, across_rows = left[bent], rows[bent], columns[bent], across_rows[bent]
    return Directions(down, along)


def _moments(
    parts: NDArray[np.int64],
    counts: NDArray[np.int64],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    across_rows: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], ...]:
    """The second central moments of each part, times 12 n²: down, along, and both. A crack is a line of its own
    of length 1, whose variance along itself is 1 / 12."""
    y, x = _sums(parts, rows), _sums(parts, columns)
    own = _sums(parts, across_rows.astype(np.int64))
    yy = 3 * (counts * _sums(parts, rows * rows) - y * y) + counts * (counts - own)
    xx = 3 * (counts * _sums(parts, columns * columns) - x * x) + counts * own
    yx = 3 * (counts * _sums(parts, rows * columns) - y * x)
    return yy.astype(np.float64), xx.astype(np.float64), yx.astype(np.float64)


def _sums(parts: NDArray[np.int64], values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sums of whole numbers, exact below 2**53."""
    return np.bincount(parts, values).astype(np.int64)
