"""The corners of convex hulls in the plane, row by row, exact in integers.

Andrew A. M. Another efficient algorithm for convex hulls in two dimensions. Information Processing Letters 9(5),
1979.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel


@kernel()
def plane_corners(
    lines: NDArray[Any],
    begins: NDArray[np.int32],
    ends: NDArray[np.int32],
    n_rows: int,
    sides: NDArray[np.int64],
    corners: NDArray[np.int64],
) -> int:
    """Write the corners of the hulls of a region's pixels in each plane of a volume, (n, 3); return how many.

    `sides`, (2, rows), is room for one side of a hull, and `corners` for two in each row.
    """
    found: Any = np.int64(0)
    first: Any = np.int64(0)
    while first < len(lines):
        plane, last = lines[first] // n_rows, first
        while last < len(lines) and lines[last] // n_rows == plane:
            last += 1
        for side in range(2):
            n = chain(lines, begins if side == 0 else ends, first, last, 2 * side - 1, sides)
            for i in range(n):
                corners[found, 0], corners[found, 1] = plane, sides[0, i] - plane * n_rows
                corners[found, 2] = (2 * side - 1) * sides[1, i]
                found += 1
        first = last
    return found


@kernel()
def chain(
    lines: NDArray[Any], places: NDArray[np.int32], first: int, last: int, sign: int, corners: NDArray[np.int64]
) -> int:
    """Write the corners of the hull of centers on one side, rows and `sign` times columns; return how many.

    On the right the last run of a row ends it, on the left the first one begins it.
    """
    n = 0
    for run in range(first, last):
        row = np.int64(lines[run])
        if sign > 0:
            if run + 1 < last and lines[run + 1] == row:
                continue
            column = np.int64(places[run]) - 1
        else:
            if run > first and lines[run - 1] == row:
                continue
            column = -np.int64(places[run])
        while n > 1 and (corners[1, n - 1] - corners[1, n - 2]) * (row - corners[0, n - 2]) <= (
            column - corners[1, n - 2]
        ) * (corners[0, n - 1] - corners[0, n - 2]):
            n -= 1
        corners[0, n], corners[1, n] = row, column
        n += 1
    return n
