"""Non-maximum suppression within one row of a plane, from the magnitudes in that row and in those above and below.

The loops compare each pixel with interpolated neighbors, or with those in the nearest of four directions, and are
vectorized. Ties, which are rare, are looked at one by one.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg.edges.suppression_kernels import SECTOR


@kernel()
def suppress_interpolated(
    above: NDArray[Any],
    here: NDArray[Any],
    below: NDArray[Any],
    down: NDArray[Any],
    across: NDArray[Any],
    least: float,
    maxima: NDArray[Any],
) -> bool:
    """Keep magnitudes that those interpolated on both sides do not exceed, and write them below 0 where one equals
    them.

    Returns whether there are such ties.

    All neighbors are read before it is known which count: loads under a condition are not vectorized, and take ten
    times as long.
    """
    a, b, c, d, e = above[:-2], above[1:-1], above[2:], here[:-2], here[2:]
    f, g, h, inner = below[:-2], below[1:-1], below[2:], here[1:-1]
    zero, half, one, tied = down.dtype.type(0), down.dtype.type(0.5), down.dtype.type(1), False
    for x in range(len(maxima)):
        na, nb, nc, nd, ne, nf, ng, nh = a[x], b[x], c[x], d[x], e[x], f[x], g[x], h[x]
        dy, dx, length = down[x], across[x], inner[x]
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
        kept = length if length > bound else zero
        maxima[x] = -length if length == bound else kept
        tied |= length == bound
    return tied


@kernel()
def suppress_in_sectors(
    above: NDArray[Any],
    here: NDArray[Any],
    below: NDArray[Any],
    down: NDArray[Any],
    across: NDArray[Any],
    least: float,
    maxima: NDArray[Any],
) -> bool:
    """The same with the neighbors in the nearest of four directions."""
    a, b, c, d, e = above[:-2], above[1:-1], above[2:], here[:-2], here[2:]
    f, g, h, inner = below[:-2], below[1:-1], below[2:], here[1:-1]
    zero, slope, tied = down.dtype.type(0), down.dtype.type(SECTOR), False
    for x in range(len(maxima)):
        na, nb, nc, nd, ne, nf, ng, nh = a[x], b[x], c[x], d[x], e[x], f[x], g[x], h[x]
        dy, dx, length = down[x], across[x], inner[x]
        same = (dy >= zero) == (dx >= zero)
        horizontal, vertical = abs(dy) < slope * abs(dx), abs(dx) < slope * abs(dy)
        before, beyond = na if same else nc, nh if same else nf
        before, beyond = nd if horizontal else before, ne if horizontal else beyond
        before, beyond = nb if vertical else before, ng if vertical else beyond
        bound = max(max(before, beyond), least)
        kept = length if length > bound else zero
        maxima[x] = -length if length == bound else kept
        tied |= length == bound
    return tied


@kernel()
def value_beyond(
    ring: NDArray[Any], n_rows: int, row: int, x: int, gradient: tuple[float, float], side: int, sector: bool
) -> float:
    """The value one step to a side along the gradient, as the two functions above find it."""
    down, across = gradient
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
    """A value in a ring buffer of rows that are padded by one column; 0 beyond the image."""
    if 0 <= row < n_rows and 0 <= x < ring.shape[1] - 2:
        return ring[row % len(ring), x + 1]
    return ring.dtype.type(0)
