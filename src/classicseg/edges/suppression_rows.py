"""Smooth, differentiate and thin: the ridges of a plane's gradient in one pass over its rows.

Each row is read once, and what comes of it waits in a few rows that fit the cache: smoothed within the row,
smoothed across rows, the gradient's two components and its length. Nothing else is stored.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.edges.suppression_kernels import SECTOR, Suppression, suppress_nonmaxima
from classicseg.filters.gradients import stencil_of
from classicseg.filters.smooth_rows import (
    Grain,
    blur_row,
    blur_rows,
    read_values,
    scale,
    smooth_rows,
    write_means,
)
from classicseg.filters.smoothing import gaussian_of, grain_of, shares_of, source_grain_of
from classicseg.filters.stencils import Stencil, derivatives, has_small_squares, read_row, recompute_small
from classicseg.filters.tensor import magnitudes


class PlaneGaussian(NamedTuple):
    """Exact smoothing of a plane, as arrays; no weights where there is none."""

    source: Grain
    """To what values are rounded, …"""
    result: Grain
    """… and means."""
    down: NDArray[np.float64]
    across: NDArray[np.float64]
    """The weights along each axis, from the middle out."""
    share_down: NDArray[np.float64]
    share_across: NDArray[np.float64]
    """How much of the weights lies inside, for each row and each column."""


class PlaneStencil(NamedTuple):
    """Sobel's operator on a plane, and how far neighbors are apart."""

    even: NDArray[Any]
    odd: NDArray[Any]
    back: NDArray[Any]
    squares: NDArray[Any]
    """As in `Stencil`."""
    spacing: NDArray[Any]
    """(2,), the least one 1."""


def plane_gaussian(image: Image, sigma: float, spacing: tuple[float, ...]) -> PlaneGaussian:
    """Prepare to smooth."""
    if sigma == 0:
        return PlaneGaussian(Grain(0.0, 0.0), Grain(0.0, 0.0), *[np.empty(0)] * 4)
    weights, dtype = gaussian_of(image.shape, sigma, spacing), image.values.dtype
    return PlaneGaussian(source_grain_of(dtype), grain_of(dtype), *weights, *shares_of(image.shape, weights))


def plane_stencil(image: Image, spacing: tuple[float, ...]) -> PlaneStencil:
    """Prepare to differentiate."""
    stencil = stencil_of(image, spacing, "sobel")
    return PlaneStencil(*stencil[1:], (np.array(spacing) / min(spacing)).astype(stencil.even.dtype))


def _suppress_rows_numpy(
    plane: NDArray[Any],
    gaussian: PlaneGaussian,
    stencil: PlaneStencil,
    sector: bool,
    low: float,
    high: float,
    grid: NDArray[np.uint8],
    suppressed: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    reach = 2 + max(len(gaussian.down) - 1, 0)
    first, last = max(start - reach, 0), min(stop + reach, len(plane))  # the rows at a cut are wrong, and left out
    block = plane[first:last].astype(stencil.even.dtype)
    if len(gaussian.down):
        source, result, down, across, share_down, share_across = gaussian
        given, smoothed, share_down = plane[np.newaxis, first:last], block[np.newaxis], share_down[first:last]
        smooth_rows(given, source, down, across, share_down, share_across, result, smoothed, 0, len(block))
    slopes = derivatives(block[..., np.newaxis], Stencil(3, *stencil[:4]), 0, len(block))
    magnitude, slopes = magnitudes(slopes), slopes[0, 0]
    suppression: Suppression = "sector" if sector else "interpolated"
    found = suppress_nonmaxima(
        slopes / stencil.spacing[:, np.newaxis, np.newaxis], magnitude, block, suppression, low
    )
    found = found[start - first : stop - first]
    grid[start + 1 : stop + 1, 1:-1] = (found >= low) * 1 + (found >= high)
    if len(suppressed):
        suppressed[start:stop] = found * stencil.back


@kernel(numpy=_suppress_rows_numpy)
def suppress_rows(
    plane: NDArray[Any],
    gaussian: PlaneGaussian,
    stencil: PlaneStencil,
    sector: bool,
    low: float,
    high: float,
    grid: NDArray[np.uint8],
    suppressed: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    """Mark the maxima in rows `start` to `stop`: 1 from `low` on, which is greater than 0, 2 from `high` on.

    `grid` is padded by one pixel on each side. Thresholds are in the stencil's units; `suppressed` takes
    the suppressed gradient in the units of the image, and has no rows where it is not wanted.
    """
    n_rows, n = plane.shape
    even, odd, spacing = stencil.even, stencil.odd, stencil.spacing
    blurs = len(gaussian.down) > 0
    reach = max(len(gaussian.down) - 1, 0)
    span = 2 * reach + 1
    values = np.zeros(n + 2 * max(len(gaussian.across) - 1, 0))
    blurred = np.zeros((span if blurs else 1, n))
    total = np.empty(n)
    lines = np.empty((4, n + 2), even.dtype)
    down, across = np.empty((3, n), even.dtype), np.empty((3, n), even.dtype)
    magnitude, maxima = np.zeros((3, n + 2), even.dtype), np.empty(n, even.dtype)
    least, most = even.dtype.type(low), even.dtype.type(high)
    for y in range(start - 2 - reach, stop + 2 + reach):
        if blurs and 0 <= y < n_rows:
            read_values(plane[y], gaussian.source, values)
            blur_row(values, gaussian.across, blurred[y % span])
        elif blurs:
            blurred[y % span] = 0.0
        row = y - reach
        if row >= start - 2 and 0 <= row < n_rows:
            if blurs:
                blur_rows(blurred, row, gaussian.down, total)
                inner = lines[row % 4, 1 : n + 1]
                write_means(total, gaussian.share_down[row], gaussian.share_across, gaussian.result, inner)
                lines[row % 4, 0], lines[row % 4, n + 1] = inner[0], inner[n - 1]
            else:
                read_row(plane[row], lines[row % 4])
        row -= 1
        if row >= start - 1 and 0 <= row < n_rows:
            above, below = lines[max(row - 1, 0) % 4], lines[min(row + 1, n_rows - 1) % 4]
            slopes = down[row % 3], across[row % 3]
            _differentiate(above, lines[row % 4], below, even, odd, stencil.squares, *slopes, magnitude[row % 3])
            if spacing[0] != spacing[1]:
                _divide(down[row % 3], spacing[0])
                _divide(across[row % 3], spacing[1])
        elif row >= start - 1:
            magnitude[row % 3] = 0.0
        row -= 1
        if row >= start:
            above, here, below = magnitude[(row - 1) % 3], magnitude[row % 3], magnitude[(row + 1) % 3]
            if sector:
                _suppress_in_sectors(above, here, below, down[row % 3], across[row % 3], least, maxima)
            else:
                _suppress_interpolated(above, here, below, down[row % 3], across[row % 3], least, maxima)
            for x in range(n if _any_below_zero(maxima) else 0):
                if maxima[x] < 0:
                    dy, dx = down[row % 3, x], across[row % 3, x]
                    maxima[x] = -maxima[x]
                    for side in (-1, 1):
                        if here[x + 1] == _beyond(magnitude, n_rows, row, x, dy, dx, side, sector) and lines[
                            row % 4, x + 1
                        ] > _beyond(lines, n_rows, row, x, dy, dx, side, sector):
                            maxima[x] = 0.0
            _grade(maxima, least, most, grid[row + 1, 1 : n + 1])
            if len(suppressed):
                scale(maxima, stencil.back[0], suppressed[row])


@kernel()
def _differentiate(
    above: NDArray[Any],
    here: NDArray[Any],
    below: NDArray[Any],
    even: NDArray[Any],
    odd: NDArray[Any],
    squares: NDArray[Any],
    down: NDArray[Any],
    across: NDArray[Any],
    magnitude: NDArray[Any],
) -> None:
    """The eight neighbors, a b c / d e / f g h, are read from shifted rows at the same x, which is vectorized."""
    a, b, c, d, e = above[:-2], above[1:-1], above[2:], here[:-2], here[2:]
    f, g, h, inner = below[:-2], below[1:-1], below[2:], magnitude[1:-1]
    center, side, vertical, horizontal = even[0], even[1], odd[0, 0], odd[1, 0]
    for x in range(len(down)):
        dy = ((g[x] * center + (f[x] + h[x]) * side) - (b[x] * center + (a[x] + c[x]) * side)) * vertical
        dx = ((e[x] * center + (c[x] + h[x]) * side) - (d[x] * center + (a[x] + f[x]) * side)) * horizontal
        down[x], across[x] = dy, dx
        inner[x] = np.sqrt(dy * dy + dx * dx)
    if has_small_squares(inner, squares, squares.dtype.type(1)):
        recompute_small(down, across, squares, squares.dtype.type(1), inner)


@kernel()
def _divide(line: NDArray[Any], divisor: float) -> None:
    for x in range(len(line)):
        line[x] /= divisor


@kernel()
def _suppress_interpolated(
    above: NDArray[Any],
    here: NDArray[Any],
    below: NDArray[Any],
    down: NDArray[Any],
    across: NDArray[Any],
    least: float,
    maxima: NDArray[Any],
) -> None:
    """Keep magnitudes that those interpolated on both sides do not exceed, below 0 where one equals them.

    All neighbors are read before it is known which count: loads under a condition are not vectorized, and take ten
    times as long.
    """
    a, b, c, d, e = above[:-2], above[1:-1], above[2:], here[:-2], here[2:]
    f, g, h, inner = below[:-2], below[1:-1], below[2:], here[1:-1]
    zero, half, one = down.dtype.type(0), down.dtype.type(0.5), down.dtype.type(1)
    for x in range(len(maxima)):
        na, nb, nc, nd, ne, nf, ng, nh = a[x], b[x], c[x], d[x], e[x], f[x], g[x], h[x]
        dy, dx, height = down[x], across[x], inner[x]
        steep, same = abs(dy) >= abs(dx), (dy >= zero) == (dx >= zero)
        major, minor = max(abs(dy), abs(dx)), min(abs(dy), abs(dx))
        share = minor / (major if major > zero else one)
        one_corner, other_corner = nc if steep else nf, nf if steep else nc
        near, far = nb if steep else nd, na if same else one_corner
        near_beyond, far_beyond = ng if steep else ne, nh if same else other_corner
        first = share < half  # from the nearer of the two, so that both ends and what is flat are exact
        weight = share if first else share - one
        before = (near if first else far) + weight * (far - near)
        beyond = (near_beyond if first else far_beyond) + weight * (far_beyond - near_beyond)
        bound = max(max(before, beyond), least)
        kept = height if height > bound else zero
        maxima[x] = -height if height == bound else kept


@kernel()
def _suppress_in_sectors(
    above: NDArray[Any],
    here: NDArray[Any],
    below: NDArray[Any],
    down: NDArray[Any],
    across: NDArray[Any],
    least: float,
    maxima: NDArray[Any],
) -> None:
    """The same with the neighbors in the nearest of four directions."""
    a, b, c, d, e = above[:-2], above[1:-1], above[2:], here[:-2], here[2:]
    f, g, h, inner = below[:-2], below[1:-1], below[2:], here[1:-1]
    zero, slope = down.dtype.type(0), down.dtype.type(SECTOR)
    for x in range(len(maxima)):
        na, nb, nc, nd, ne, nf, ng, nh = a[x], b[x], c[x], d[x], e[x], f[x], g[x], h[x]
        dy, dx, height = down[x], across[x], inner[x]
        same, level, steep = (dy >= zero) == (dx >= zero), abs(dy) < slope * abs(dx), abs(dx) < slope * abs(dy)
        before, beyond = na if same else nc, nh if same else nf
        before, beyond = nd if level else before, ne if level else beyond
        before, beyond = nb if steep else before, ng if steep else beyond
        bound = max(max(before, beyond), least)
        kept = height if height > bound else zero
        maxima[x] = -height if height == bound else kept


@kernel()
def _any_below_zero(line: NDArray[Any]) -> bool:
    found = 0
    for x in range(len(line)):  # without a way out in between, which vectorizes it
        found |= int(line[x] < 0)
    return found > 0


@kernel()
def _beyond(
    ring: NDArray[Any], n_rows: int, row: int, x: int, down: float, across: float, side: int, sector: bool
) -> float:
    """The value one step to a side along the gradient, as the two functions above find it."""
    turn = side if (down >= 0) == (across >= 0) else -side
    steep = abs(down) >= abs(across)
    near = _at(ring, n_rows, row + side, x) if steep else _at(ring, n_rows, row, x + side)
    far = _at(ring, n_rows, row + side, x + turn) if steep else _at(ring, n_rows, row + turn, x + side)
    major, minor = max(abs(down), abs(across)), min(abs(down), abs(across))
    if sector:
        return near if minor < ring.dtype.type(SECTOR) * major else far
    share = minor / major
    if share < 0.5:
        return near + share * (far - near)
    return far + (share - ring.dtype.type(1)) * (far - near)


@kernel()
def _at(ring: NDArray[Any], n_rows: int, row: int, x: int) -> float:
    """A place in rows that are padded by one column; 0 beyond the image."""
    if 0 <= row < n_rows and 0 <= x < ring.shape[1] - 2:
        return ring[row % len(ring), x + 1]
    return ring.dtype.type(0)


@kernel()
def _grade(maxima: NDArray[Any], low: float, high: float, grades: NDArray[np.uint8]) -> None:
    for x in range(len(maxima)):
        grades[x] = np.uint8(maxima[x] >= low) + np.uint8(maxima[x] >= high)
