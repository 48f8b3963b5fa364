"""Features of a pixel that are looked up around it, in the frame of its orientation.

A feature is made of the values of planes at two places that are each other's mirror images: at the sides of the
boundary, or along it. The greater one, the smaller one and their difference are the same whichever side comes first.
Where several orientations are equally good, a feature is the greatest of theirs, so that none comes first.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel

GREATER, SMALLER, APART, MOST_FROM_HERE, LEAST_FROM_HERE = range(5)
"""What is made of two values; of their differences to that of the pixel itself."""


class Lookups(NamedTuple):
    """One row for each feature; the second axis is the orientation."""

    kinds: NDArray[np.int64]
    """(n,)"""
    planes: NDArray[np.int64]
    """(n, 8, 2), the planes of the two values."""
    places: NDArray[np.int64]
    """(n, 8, 2, 2), the rows and columns from the pixel to each."""


@kernel()
def look_up(planes: Any, pad: int, ties: Any, lookups: Lookups, out: Any, first: int, start: int, stop: int) -> None:
    """Features, (n, rows, N), of rows `start` to `stop`, written from row `start - first` on.

    Parameters
    ----------
    planes : ndarray, (n_planes, M + 2 pad, N + 2 pad)
        uint8.
    ties : ndarray, (M, N)
        uint8, a bit for each orientation that is best.
    """
    n, width = len(lookups.kinds), ties.shape[1]
    for f in range(n):
        kind = lookups.kinds[f]
        for y in range(start, stop):
            row = out[f, y - first]
            for x in range(width):
                tie = np.int64(ties[y, x])
                found = 0
                k = 0
                while tie:
                    if tie & 1:
                        here = lookups.planes[f, k]
                        place = lookups.places[f, k]
                        one = np.int64(planes[here[0], pad + y + place[0, 0], pad + x + place[0, 1]])
                        two = np.int64(planes[here[1], pad + y + place[1, 0], pad + x + place[1, 1]])
                        if kind == 0:
                            value = max(one, two)
                        elif kind == 1:
                            value = min(one, two)
                        elif kind == 2:
                            value = abs(one - two)
                        else:
                            middle = np.int64(planes[here[0], pad + y, pad + x])
                            if kind == 3:
                                value = max(abs(one - middle), abs(two - middle))
                            else:
                                value = min(abs(one - middle), abs(two - middle))
                        found = max(found, value)
                    tie >>= 1
                    k += 1
                row[x] = found
