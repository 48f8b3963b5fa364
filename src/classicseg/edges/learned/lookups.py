"""Features of a pixel that are looked up around it, in the frame of its orientation.

A feature is made of the values of planes at two places that are each other's mirror images: at the sides of the
boundary, or along it. Which one is greater, or how far they are apart, does not depend on which side comes first.
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


def _look_up_numpy(planes: Any, pad: int, ties: Any, lookups: Lookups, out: Any, start: int, stop: int) -> None:
    width = ties.shape[1]
    out[:, start:stop] = 0

    def at(plane: int, row: int, column: int) -> Any:
        rows, columns = slice(pad + row + start, pad + row + stop), slice(pad + column, pad + column + width)
        return planes[plane, rows, columns].astype(np.int64)

    for f, kind in enumerate(lookups.kinds):
        for k in range(8):
            one, two = (at(lookups.planes[f, k, i], *lookups.places[f, k, i]) for i in range(2))
            here = at(lookups.planes[f, k, 0], 0, 0)
            made = (
                np.maximum(one, two), np.minimum(one, two), abs(one - two),
                np.maximum(abs(one - here), abs(two - here)), np.minimum(abs(one - here), abs(two - here)),
            )[kind]  # fmt: skip
            np.maximum(
                out[f, start:stop], made * (ties[start:stop] >> k & 1), out=out[f, start:stop], casting="unsafe"
            )


@kernel(numpy=_look_up_numpy)
def look_up(planes: Any, pad: int, ties: Any, lookups: Lookups, out: Any, start: int, stop: int) -> None:
    """Features, (n, rows, N), of rows `start` to `stop`.

    Parameters
    ----------
    planes : ndarray, (n_planes, M + 2 pad, N + 2 pad)
        uint8.
    ties : ndarray, (M, N)
        uint8, a bit for each orientation that is best.
    """
    n, width = len(lookups.kinds), ties.shape[1]
    length = planes.shape[2]
    size = planes.shape[1] * length
    flat = planes.reshape(-1)
    only = np.empty(width, np.int64)
    shifts = np.empty((8, 2), np.int64)
    for f in range(n):
        kind = lookups.kinds[f]
        for k in range(8):
            for i in range(2):
                shifts[k, i] = lookups.planes[f, k, i] * size + lookups.places[f, k, i, 0] * length
                shifts[k, i] += lookups.places[f, k, i, 1] + pad
        for y in range(start, stop):
            row, tie = out[f, y], ties[y]
            for x in range(width):
                only[x] = _single(tie[x])
            for x in range(width):
                k = only[x]
                at = (pad + y) * length + x
                if k >= 0:
                    here = np.int64(flat[lookups.planes[f, k, 0] * size + pad + at]) if kind > 2 else 0
                    row[x] = _made_of(
                        kind, np.int64(flat[shifts[k, 0] + at]), np.int64(flat[shifts[k, 1] + at]), here
                    )
                else:
                    most = 0
                    for k in range(8):
                        if tie[x] >> k & 1:
                            here = np.int64(flat[lookups.planes[f, k, 0] * size + pad + at])
                            one, two = np.int64(flat[shifts[k, 0] + at]), np.int64(flat[shifts[k, 1] + at])
                            most = max(most, _made_of(kind, one, two, here))
                    row[x] = most


@kernel()
def _single(tie: int) -> int:
    """The number of the only bit; -1 of several or none."""
    if tie == 0 or tie & (tie - 1):
        return -1
    k = 0
    while tie >> k > 1:
        k += 1
    return k


@kernel()
def _made_of(kind: int, one: Any, two: Any, here: Any) -> Any:
    """The value of a feature of a kind."""
    if kind == 0:
        return max(one, two)
    if kind == 1:
        return min(one, two)
    if kind == 2:
        return abs(one - two)
    if kind == 3:
        return max(abs(one - here), abs(two - here))
    return min(abs(one - here), abs(two - here))
