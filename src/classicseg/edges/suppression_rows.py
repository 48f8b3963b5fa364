"""Canny's first steps in one pass over the rows of a plane: smooth, differentiate, suppress what is no maximum.

Each row is read once. What later steps need of it waits in ring buffers of a few rows, which fit the cache: the
row smoothed within itself, smoothed across rows, the two derivatives and the gradient magnitude. Nothing else is
stored.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.edges.row_maxima import suppress_in_sectors, suppress_interpolated, value_beyond
from classicseg.edges.suppression_kernels import Suppression, suppress_nonmaxima
from classicseg.filters.smooth_rows import (
    Grain,
    PlaneGaussian,
    blur_row,
    blur_rows,
    read_values,
    smooth_rows,
    write_means,
)
from classicseg.filters.smoothing import gaussian_of, grain_of, shares_of, source_grain_of
from classicseg.filters.stencils import Stencil, derivatives, read_row, recompute_small, scale
from classicseg.filters.tensor import magnitudes


class Rule(NamedTuple):
    """Which pixels are kept, and how they are marked."""

    sector: bool
    """Whether the neighbor in the nearest of four directions counts, in place of interpolated ones."""
    low: float
    """A maximum of less than this is no edge; above 0, in the stencil's units."""
    high: float
    """A maximum is strong from here on."""


class Maxima(NamedTuple):
    """What is written; an array without rows is not wanted."""

    grid: NDArray[np.uint8]
    """Padded by one pixel on each side: 1 where a maximum is at least `low`, 2 where it is at least `high`."""
    suppressed: NDArray[Any]
    """The gradient magnitude where it is a maximum and at least `low`, 0 elsewhere, in the image's units."""
    magnitude: NDArray[Any]
    """The gradient magnitude of all pixels."""


class _Buffers(NamedTuple):
    """Rows that are needed again; row y is in y modulo the length."""

    values: NDArray[np.float64]
    """One row, with zeros on both sides."""
    blurred: NDArray[np.float64]
    """As many rows as the Gaussian has weights, smoothed within each."""
    total: NDArray[np.float64]
    """One row of sums."""
    lines: NDArray[Any]
    """Four smoothed rows, padded by one pixel on each side by reflection."""
    down: NDArray[Any]
    """Three rows of derivatives, …"""
    across: NDArray[Any]
    """… and three along the other axis."""
    magnitude: NDArray[Any]
    """Three rows, with a zero on each side."""
    maxima: NDArray[Any]
    """One row of the suppressed gradient."""


def plane_gaussian(image: Image, sigma: float, spacing: tuple[float, ...]) -> PlaneGaussian:
    """The Gaussian that smooths a plane; without weights where sigma is 0."""
    if sigma == 0:
        return PlaneGaussian(Grain(0.0, 0.0), Grain(0.0, 0.0), *[np.empty(0)] * 4)
    weights, dtype = gaussian_of(image.shape, sigma, spacing), image.values.dtype
    return PlaneGaussian(source_grain_of(dtype), grain_of(dtype), *weights, *shares_of(image.shape, weights))


def _suppress_rows_numpy(
    plane: NDArray[Any],
    gaussian: PlaneGaussian,
    stencil: Stencil,
    spacing: NDArray[Any],
    rule: Rule,
    found: Maxima,
    start: int,
    stop: int,
) -> None:
    halo = 2 + max(len(gaussian.down) - 1, 0)
    first, last = max(start - halo, 0), min(stop + halo, len(plane))  # the rows at a cut are wrong, and left out
    block = plane[first:last].astype(stencil.even.dtype)
    if len(gaussian.down):
        given, smoothed = plane[np.newaxis, first:last], block[np.newaxis]
        part = gaussian._replace(share_down=gaussian.share_down[first:last])
        smooth_rows(given, part, smoothed, 0, len(block))
    slopes = derivatives(block[..., np.newaxis], stencil, 0, len(block))
    magnitude, slopes = magnitudes(slopes), slopes[0, 0]
    suppression: Suppression = "sector" if rule.sector else "interpolated"
    steps = slopes / spacing[:, np.newaxis, np.newaxis]
    inner = slice(start - first, stop - first)
    kept = suppress_nonmaxima(steps, magnitude, block, suppression, rule.low)[inner]
    if len(found.grid):
        found.grid[start + 1 : stop + 1, 1:-1] = (kept >= rule.low) * 1 + (kept >= rule.high)
    if len(found.suppressed):
        found.suppressed[start:stop] = kept * stencil.back
    if len(found.magnitude):
        found.magnitude[start:stop] = magnitude[inner] * stencil.back


@kernel(numpy=_suppress_rows_numpy)
def suppress_rows(
    plane: NDArray[Any],
    gaussian: PlaneGaussian,
    stencil: Stencil,
    spacing: NDArray[Any],
    rule: Rule,
    found: Maxima,
    start: int,
    stop: int,
) -> None:
    """Find the maxima in rows `start` to `stop`, with Sobel's operator; the lesser `spacing` is 1."""
    (n_rows, n), dtype = plane.shape, stencil.even.dtype
    radius = max(len(gaussian.down) - 1, 0)
    rows = _Buffers(
        np.zeros(n + 2 * max(len(gaussian.across) - 1, 0)),
        np.zeros((2 * radius + 1, n)),
        np.empty(n),
        np.empty((4, n + 2), dtype),
        np.empty((3, n), dtype),
        np.empty((3, n), dtype),
        np.zeros((3, n + 2), dtype),
        np.empty(n, dtype),
    )
    for y in range(start - 2 - radius, stop + 2 + radius):
        if len(gaussian.down) > 0:
            _blur_within(plane, y, gaussian, rows)
        row = y - radius
        if row >= start - 2 and 0 <= row < n_rows:
            _write_smoothed(plane, row, gaussian, rows)
        row -= 1
        if row >= start - 1:
            _differentiate(row, n_rows, stencil, spacing, rows)
        row -= 1
        if row >= start:
            _suppress(row, n_rows, rule, rows)
            _write_found(row, stencil, rule, rows, found)


@kernel()
def _blur_within(plane: NDArray[Any], y: int, gaussian: PlaneGaussian, rows: _Buffers) -> None:
    """Smooth a row within itself; beyond the image there is nothing."""
    blurred = rows.blurred[y % len(rows.blurred)]
    if 0 <= y < len(plane):
        read_values(plane[y], gaussian.source, rows.values)
        blur_row(rows.values, gaussian.across, blurred)
    else:
        blurred.fill(0.0)


@kernel()
def _write_smoothed(plane: NDArray[Any], row: int, gaussian: PlaneGaussian, rows: _Buffers) -> None:
    """Smooth across the rows about a row, where there is a Gaussian, and pad the result."""
    line, n = rows.lines[row % 4], plane.shape[1]
    if len(gaussian.down) == 0:
        read_row(plane[row], line)
    else:
        blur_rows(rows.blurred, row, gaussian.down, rows.total)
        inner = line[1 : n + 1]
        write_means(rows.total, gaussian.share_down[row], gaussian.share_across, gaussian.result, inner)
        line[0], line[n + 1] = inner[0], inner[n - 1]


@kernel()
def _differentiate(row: int, n_rows: int, stencil: Stencil, spacing: NDArray[Any], rows: _Buffers) -> None:
    """The derivatives in a row, in pixels, and the gradient magnitude; beyond the image that is 0."""
    down, across, magnitude = rows.down[row % 3], rows.across[row % 3], rows.magnitude[row % 3]
    if row < 0 or row >= n_rows:
        magnitude.fill(0.0)
        return
    above, below = rows.lines[max(row - 1, 0) % 4], rows.lines[min(row + 1, n_rows - 1) % 4]
    if _measure(above, rows.lines[row % 4], below, stencil, down, across, magnitude[1:-1]):
        squares = stencil.squares
        recompute_small(down, across, squares, squares.dtype.type(1), magnitude[1:-1])
    if spacing[0] != spacing[1]:
        _divide(down, spacing[0])
        _divide(across, spacing[1])


@kernel()
def _measure(
    above: NDArray[Any],
    here: NDArray[Any],
    below: NDArray[Any],
    stencil: Stencil,
    down: NDArray[Any],
    across: NDArray[Any],
    magnitude: NDArray[Any],
) -> bool:
    """Write derivatives and magnitudes, and say whether one may be too small, as in
    `filters.stencils.measure_pairs`.

    The eight neighbors, a b c / d e / f g h, are read from shifted rows at the same x, which is vectorized.
    """
    even, odd, squares = stencil.even, stencil.odd, stencil.squares
    a, b, c, d, e = above[:-2], above[1:-1], above[2:], here[:-2], here[2:]
    f, g, h = below[:-2], below[1:-1], below[2:]
    center, side, vertical, horizontal = even[0], even[1], odd[0, 0], odd[1, 0]
    least, none, small = np.sqrt(squares[0]), squares[2], False
    for x in range(len(down)):
        dy = ((g[x] * center + (f[x] + h[x]) * side) - (b[x] * center + (a[x] + c[x]) * side)) * vertical
        dx = ((e[x] * center + (c[x] + h[x]) * side) - (d[x] * center + (a[x] + f[x]) * side)) * horizontal
        down[x], across[x] = dy, dx
        length = np.sqrt(dy * dy + dx * dx)
        magnitude[x] = length
        small |= (length < least) & (length > none)
    return small


@kernel()
def _divide(line: NDArray[Any], divisor: float) -> None:
    """Divide a row by a number."""
    for x in range(len(line)):
        line[x] /= divisor


@kernel()
def _suppress(row: int, n_rows: int, rule: Rule, rows: _Buffers) -> None:
    """Keep the maxima of a row; of two neighbors of the same magnitude the darker one."""
    magnitude, maxima = rows.magnitude, rows.maxima
    down, across, least = rows.down[row % 3], rows.across[row % 3], magnitude.dtype.type(rule.low)
    above, here, below = magnitude[(row - 1) % 3], magnitude[row % 3], magnitude[(row + 1) % 3]
    if rule.sector:
        tied = suppress_in_sectors(above, here, below, down, across, least, maxima)
    else:
        tied = suppress_interpolated(above, here, below, down, across, least, maxima)
    for x in range(len(maxima) if tied else 0):
        if maxima[x] < 0:
            maxima[x] = -maxima[x]
            gradient = down[x], across[x]
            for side in (-1, 1):
                if here[x + 1] == value_beyond(magnitude, n_rows, row, x, gradient, side, rule.sector):
                    brightness = value_beyond(rows.lines, n_rows, row, x, gradient, side, rule.sector)
                    if rows.lines[row % 4, x + 1] > brightness:
                        maxima[x] = 0.0


@kernel()
def _write_found(row: int, stencil: Stencil, rule: Rule, rows: _Buffers, found: Maxima) -> None:
    """Write what is wanted of a row."""
    n, dtype = len(rows.maxima), stencil.even.dtype
    if len(found.grid) > 0:
        _threshold(rows.maxima, dtype.type(rule.low), dtype.type(rule.high), found.grid[row + 1, 1 : n + 1])
    if len(found.suppressed) > 0:
        scale(rows.maxima, stencil.back[0], found.suppressed[row])
    if len(found.magnitude) > 0:
        scale(rows.magnitude[row % 3, 1 : n + 1], stencil.back[0], found.magnitude[row])


@kernel()
def _threshold(maxima: NDArray[Any], low: float, high: float, marks: NDArray[np.uint8]) -> None:
    """Mark weak maxima by 1 and strong ones by 2."""
    for x in range(len(maxima)):
        marks[x] = np.uint8(maxima[x] >= low) + np.uint8(maxima[x] >= high)
