"""The gradient magnitude in two dimensions, in one pass over the rows.

Only a few rows are stored: those under the stencil, each converted once and padded by reflection; and for color
and for Roberts' operator the entries of the structure tensor (Di Zenzo's) in one row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg.filters.stencils import (
    SQUARES,
    Stencil,
    add_pair,
    add_three,
    clear,
    derivatives,
    pair_magnitudes,
    recompute_small,
    take_pair,
)
from classicseg.filters.tensor import magnitudes

_SQUARES = (*SQUARES["f8"], 0.0)
"""Tensors are of float64."""


def magnitude_kernel(values: NDArray[Any], stencil: Stencil) -> Callable[..., None]:
    """What writes rows of the gradient magnitude of an image, (rows, columns, channels).

    Each kind of image and of operator has a kernel of its own: a first call compiles what it needs.
    """
    if stencil.taps == 2:
        return _corner_magnitudes
    if values.shape[2] > 1:
        return _color_magnitudes
    if stencil.taps > 3:
        return _wide_magnitudes
    return _plain_magnitudes if values.dtype == stencil.even.dtype else _grey_magnitudes


def _magnitude_rows_numpy(
    values: NDArray[Any], stencil: Stencil, out: NDArray[Any], start: int, stop: int
) -> None:
    out[start:stop] = magnitudes(derivatives(values, stencil, start, stop)) * stencil.back


@kernel(numpy=_magnitude_rows_numpy)
def _color_magnitudes(values: NDArray[Any], stencil: Stencil, out: NDArray[Any], start: int, stop: int) -> None:
    """Rows `start` to `stop` for several channels, and three or five taps."""
    n_rows, n_columns, n_channels = values.shape
    radius = stencil.taps // 2
    height = 2 * radius + 1
    lines = np.empty((n_channels, height, n_columns + 2 * radius), out.dtype)
    blurred = np.empty((n_channels, height, n_columns), out.dtype)
    slopes, tensor = np.empty((3, n_columns + 2 * radius), out.dtype), np.empty((4, n_columns))
    for y in range(start - radius, stop + radius):
        for c in range(n_channels):
            _read(values, _mirror(y, n_rows), c, radius, lines[c, y % height])
            _blur(lines[c, y % height], stencil.even, blurred[c, y % height])
        row = y - radius
        if row >= start:
            for entry in range(3):
                clear(tensor[entry])
            for c in range(n_channels):
                _slopes(lines[c], blurred[c], row, stencil, slopes)
                _add_products(slopes[0], slopes[1], tensor)
            _tensor_magnitudes(tensor, stencil.back, out[row])


@kernel(numpy=_magnitude_rows_numpy)
def _wide_magnitudes(values: NDArray[Any], stencil: Stencil, out: NDArray[Any], start: int, stop: int) -> None:
    """The same for one channel and five taps."""
    n_rows, n_columns, _ = values.shape
    radius = stencil.taps // 2
    channel: Any = np.int64(0)  # as a literal it would be compiled for once more
    height = 2 * radius + 1
    lines = np.empty((height, n_columns + 2 * radius), out.dtype)
    blurred = np.empty((height, n_columns), out.dtype)
    slopes = np.empty((3, n_columns + 2 * radius), out.dtype)
    for y in range(start - radius, stop + radius):
        _read(values, _mirror(y, n_rows), channel, radius, lines[y % height])
        _blur(lines[y % height], stencil.even, blurred[y % height])
        row = y - radius
        if row >= start:
            _slopes(lines, blurred, row, stencil, slopes)
            pair_magnitudes(
                slopes[0, :n_columns], slopes[1, :n_columns], stencil.squares, stencil.back[0], out[row]
            )


@kernel(numpy=_magnitude_rows_numpy)
def _corner_magnitudes(values: NDArray[Any], stencil: Stencil, out: NDArray[Any], start: int, stop: int) -> None:
    """The same for two taps, about the corners of pixels."""
    n_rows, n_columns, n_channels = values.shape
    lines, radius = np.empty((n_channels, 3, n_columns + 2), out.dtype), stencil.taps // 2
    tensor, corners = np.empty((4, n_columns)), np.empty((2, 3, n_columns + 1))
    for y in range(start - 1, stop + 1):
        for c in range(n_channels):
            _read(values, _mirror(y, n_rows), c, radius, lines[c, y % 3])
        if y >= start:
            _add_corners(lines, y, stencil, corners[y % 2])
        if y > start:
            _join_corners(corners[(y - 1) % 2], corners[y % 2], tensor)
            _tensor_magnitudes(tensor, stencil.back, out[y - 1])


@kernel(numpy=_magnitude_rows_numpy)
def _grey_magnitudes(values: NDArray[Any], stencil: Stencil, out: NDArray[Any], start: int, stop: int) -> None:
    """The same for one channel and three taps."""
    n_rows, n_columns, _ = values.shape
    lines, radius = np.empty((3, n_columns + 2), out.dtype), stencil.taps // 2
    channel: Any = np.int64(0)
    for y in range(start - 1, stop + 1):
        _read(values, _mirror(y, n_rows), channel, radius, lines[y % 3])
        if y > start:
            above, here, below = lines[(y - 2) % 3], lines[(y - 1) % 3], lines[y % 3]
            if _measure_three(above, here, below, stencil, out[y - 1]):
                _remeasure_three(above, here, below, stencil, out[y - 1])


@kernel(numpy=_magnitude_rows_numpy)
def _plain_magnitudes(values: NDArray[Any], stencil: Stencil, out: NDArray[Any], start: int, stop: int) -> None:
    """The same for one channel of the result's dtype and three taps: rows need no converting (a fifth less
    time)."""
    n_rows, n_columns = out.shape
    plane, edge = values.reshape(n_rows, n_columns), np.empty((3, 3), out.dtype)
    for y in range(start, stop):
        above, here, below = plane[max(y - 1, 0)], plane[y], plane[min(y + 1, n_rows - 1)]
        if n_columns > 2 and _measure_three(above, here, below, stencil, out[y, 1:-1]):
            _remeasure_three(above, here, below, stencil, out[y, 1:-1])
        for x in (0, n_columns - 1):
            for i in range(3):
                column = min(max(x - 1 + i, 0), n_columns - 1)
                edge[0, i], edge[1, i], edge[2, i] = above[column], here[column], below[column]
            if _measure_three(edge[0], edge[1], edge[2], stencil, out[y, x : x + 1]):
                _remeasure_three(edge[0], edge[1], edge[2], stencil, out[y, x : x + 1])


@kernel()
def _mirror(i: int, n: int) -> int:
    """The index that index i becomes in a line of n pixels that is reflected about its ends."""
    folded = i % (2 * n)
    return min(folded, 2 * n - 1 - folded)


@kernel()
def _read(values: NDArray[Any], row: int, channel: int, radius: int, line: NDArray[Any]) -> None:
    """Convert a row of one channel, padded by reflection."""
    n, n_channels = values.shape[1:]
    source, inner = values[row].reshape(-1), line[radius : radius + n]
    if n_channels == 1:  # said apart, for steps of one are vectorized
        for x in range(n):
            inner[x] = source[x]
    else:
        for x in range(n):
            inner[x] = source[x * n_channels + channel]
    for k in range(radius):
        line[radius - 1 - k] = inner[_mirror(k, n)]
        line[radius + n + k] = inner[_mirror(n + k, n)]


@kernel()
def _blur(line: NDArray[Any], even: NDArray[Any], out: NDArray[Any]) -> None:
    """Smooth within a padded row."""
    n, radius = len(out), len(even) - 1
    add_three(line[radius - 1 : radius - 1 + n], line[radius : radius + n], line[radius + 1 :], even, out)
    for k in range(1, radius):
        add_pair(line[radius - 1 - k :], line[radius + 1 + k :], even[k + 1 :], out)


@kernel()
def _slopes(lines: NDArray[Any], blurred: NDArray[Any], row: int, stencil: Stencil, slopes: NDArray[Any]) -> None:
    """The two derivatives in a row, from the lines about it; the third row of `slopes` is room to work in."""
    even, odd = stencil.even, stencil.odd
    height, n, radius = len(lines), blurred.shape[1], len(even) - 1
    down, across, column = slopes[0, :n], slopes[1, :n], slopes[2]
    add_three(lines[(row - 1) % height], lines[row % height], lines[(row + 1) % height], even, column)
    for k in range(1, radius):
        add_pair(lines[(row - 1 - k) % height], lines[(row + 1 + k) % height], even[k + 1 :], column)
    for k in range(radius):
        take_pair(blurred[(row - 1 - k) % height], blurred[(row + 1 + k) % height], odd[0, k:], k > 0, down)
        take_pair(column[radius - 1 - k :], column[radius + 1 + k :], odd[1, k:], k > 0, across)


@kernel()
def _measure_three(
    above: NDArray[Any], here: NDArray[Any], below: NDArray[Any], stencil: Stencil, out: NDArray[Any]
) -> bool:
    """Three taps and one channel at once, without rows in between: a quarter less time.

    Writes magnitudes, and returns whether one may be too small, as `filters.stencils.measure_pairs` does. The
    eight neighbors, a b c / d e / f g h, are read from shifted rows at the same x, which is vectorized.
    """
    even, odd, squares, factor = stencil.even, stencil.odd, stencil.squares, stencil.back[0]
    a, b, c, d, e = above[:-2], above[1:-1], above[2:], here[:-2], here[2:]
    f, g, h = below[:-2], below[1:-1], below[2:]
    center, side, vertical, horizontal = even[0], even[1], odd[0, 0], odd[1, 0]
    least, none, small = np.sqrt(squares[0]) * factor, squares[2], False
    for x in range(len(out)):
        down = ((g[x] * center + (f[x] + h[x]) * side) - (b[x] * center + (a[x] + c[x]) * side)) * vertical
        across = ((e[x] * center + (c[x] + h[x]) * side) - (d[x] * center + (a[x] + f[x]) * side)) * horizontal
        magnitude = np.sqrt(down * down + across * across) * factor
        out[x] = magnitude
        small |= (magnitude < least) & (magnitude > none)
    return small


@kernel()
def _remeasure_three(
    above: NDArray[Any], here: NDArray[Any], below: NDArray[Any], stencil: Stencil, out: NDArray[Any]
) -> None:
    """The same, exact for small magnitudes."""
    even, odd = stencil.even, stencil.odd
    a, b, c, d, e = above[:-2], above[1:-1], above[2:], here[:-2], here[2:]
    f, g, h = below[:-2], below[1:-1], below[2:]
    center, side, vertical, horizontal = even[0], even[1], odd[0, 0], odd[1, 0]
    down, across = np.empty(len(out), out.dtype), np.empty(len(out), out.dtype)
    for x in range(len(out)):
        down[x] = ((g[x] * center + (f[x] + h[x]) * side) - (b[x] * center + (a[x] + c[x]) * side)) * vertical
        across[x] = ((e[x] * center + (c[x] + h[x]) * side) - (d[x] * center + (a[x] + f[x]) * side)) * horizontal
    recompute_small(down, across, stencil.squares, stencil.back[0], out)


@kernel()
def _add_products(down: NDArray[Any], across: NDArray[Any], tensor: NDArray[np.float64]) -> None:
    """Add the outer products of a row of gradients to the tensors in the row."""
    yy, xx, yx = tensor[0], tensor[1], tensor[2]
    for x in range(len(yy)):
        first, second = np.float64(down[x]), np.float64(across[x])  # float() of a float32 stays one in numba
        yy[x] += first * first
        xx[x] += second * second
        yx[x] += first * second


@kernel()
def _add_corners(lines: NDArray[Any], row: int, stencil: Stencil, tensor: NDArray[np.float64]) -> None:
    """The tensors at the corners between two rows."""
    even, odd = stencil.even, stencil.odd
    for entry in range(3):
        clear(tensor[entry])
    yy, xx, yx = tensor[0], tensor[1], tensor[2]
    side, vertical, horizontal = even[1], odd[0, 0], odd[1, 0]
    for c in range(len(lines)):
        above, below = lines[c, (row - 1) % 3], lines[c, row % 3]
        a, b, d, e = above[:-1], above[1:], below[:-1], below[1:]
        for x in range(len(yy)):
            down = np.float64(((d[x] + e[x]) * side - (a[x] + b[x]) * side) * vertical)
            across = np.float64(((b[x] + e[x]) * side - (a[x] + d[x]) * side) * horizontal)
            yy[x] += down * down
            xx[x] += across * across
            yx[x] += down * across


@kernel()
def _join_corners(above: NDArray[np.float64], below: NDArray[np.float64], tensor: NDArray[np.float64]) -> None:
    """The sum over the four corners of each pixel, opposite ones first."""
    for entry in range(3):
        a, b, c, d = above[entry, :-1], above[entry, 1:], below[entry, :-1], below[entry, 1:]
        total = tensor[entry]
        for x in range(len(total)):
            total[x] = (a[x] + d[x]) + (b[x] + c[x])


@kernel()
def _tensor_magnitudes(tensor: NDArray[np.float64], back: NDArray[Any], out: NDArray[Any]) -> None:
    """The square root of the largest eigenvalue; the last row of `tensor` is room to work in."""
    yy, xx, yx, root, factor = tensor[0], tensor[1], tensor[2], tensor[3], np.float64(back[0])
    for x in range(len(out)):
        yy[x], xx[x] = (yy[x] + xx[x]) / 2, (yy[x] - xx[x]) / 2
    pair_magnitudes(xx, yx, np.array(_SQUARES), 1.0, root)
    for x in range(len(out)):
        out[x] = np.sqrt(yy[x] + root[x]) * factor
