"""The gradient of a volume, in one pass over its rows: components, magnitude, or both.

The definition smooths along two axes and takes the difference along the third, for each of the three. The
nine rows about a row are read once and share the first smoothing; all else happens in one loop over the row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg.filters.stencils import Stencil, add_three, derivatives, read_row, scale


def _volume_gradient_numpy(
    values: NDArray[Any],
    stencil: Stencil,
    field: NDArray[Any],
    magnitude: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    n_rows = values.shape[1]
    first, last = start // n_rows, max(start // n_rows + 1, -(-stop // n_rows))
    planes = derivatives(values[..., np.newaxis], stencil, first, last)[0, 0]
    rows = planes.reshape(3, -1, values.shape[2])[:, start - first * n_rows : stop - first * n_rows]
    if field.size:
        field[:, start:stop] = rows * stencil.back
    if magnitude.size:
        magnitude[start:stop] = np.sqrt((rows.astype(np.float64) ** 2).sum(axis=0)) * stencil.back


@kernel(numpy=_volume_gradient_numpy)
def volume_gradient(
    values: NDArray[Any],
    stencil: Stencil,
    field: NDArray[Any],
    magnitude: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    """Write rows `start` to `stop` of all planes to (3, rows, columns) and (rows, columns), for three taps.

    An output without pixels is not wanted.
    """
    even, odd, back = stencil.even, stencil.odd, stencil.back
    n_planes, n_rows, n = values.shape
    lines, down = np.empty((3, 3, n + 2), even.dtype), np.empty((3, n + 2), even.dtype)  # of rows about the row
    before, behind, around = np.empty(n + 2, even.dtype), np.empty(n + 2, even.dtype), np.empty(n + 2, even.dtype)
    slopes, length = np.empty((3, n), even.dtype), np.empty(n, even.dtype)
    for plane in range(start // n_rows, -(-stop // n_rows)):
        top, bottom = max(start - plane * n_rows, 0), min(stop - plane * n_rows, n_rows)
        for y in range(top - 1, bottom + 1):
            row = min(max(y, 0), n_rows - 1)
            for k in range(3):
                read_row(values[min(max(plane + k - 1, 0), n_planes - 1), row], lines[k, y % 3])
            add_three(lines[0, y % 3], lines[1, y % 3], lines[2, y % 3], even, down[y % 3])
            row = y - 1
            if row < top:
                continue
            above, here, below = (row - 1) % 3, row % 3, (row + 1) % 3
            add_three(lines[0, above], lines[0, here], lines[0, below], even, before)
            add_three(lines[2, above], lines[2, here], lines[2, below], even, behind)
            add_three(down[above], down[here], down[below], even, around)
            _join(before, behind, down[above], down[below], around, even, odd, slopes, length)
            line = plane * n_rows + row
            if field.size > 0:
                for axis in range(3):
                    scale(slopes[axis], back[0], field[axis, line])
            if magnitude.size > 0:
                scale(length, back[0], magnitude[line])


@kernel()
def _join(
    before: NDArray[Any],
    behind: NDArray[Any],
    above: NDArray[Any],
    below: NDArray[Any],
    around: NDArray[Any],
    even: NDArray[Any],
    odd: NDArray[Any],
    slopes: NDArray[Any],
    length: NDArray[Any],
) -> None:
    """Smooth along the row where that is missing, and take the differences; then the magnitude."""
    n = len(length)
    center, side, through, vertical, horizontal = even[0], even[1], odd[0, 0], odd[1, 0], odd[2, 0]
    first, second, third = slopes[0], slopes[1], slopes[2]
    a, b, c = before[:n], before[1 : n + 1], before[2:]
    d, e, f = behind[:n], behind[1 : n + 1], behind[2:]
    g, h, i = above[:n], above[1 : n + 1], above[2:]
    j, k, m = below[:n], below[1 : n + 1], below[2:]
    left, right = around[:n], around[2:]
    for x in range(n):
        dz = ((e[x] * center + (d[x] + f[x]) * side) - (b[x] * center + (a[x] + c[x]) * side)) * through
        dy = ((k[x] * center + (j[x] + m[x]) * side) - (h[x] * center + (g[x] + i[x]) * side)) * vertical
        dx = (right[x] - left[x]) * horizontal
        first[x], second[x], third[x] = dz, dy, dx
        one, two, three = np.float64(dz), np.float64(dy), np.float64(dx)
        length[x] = np.sqrt(one * one + two * two + three * three)
