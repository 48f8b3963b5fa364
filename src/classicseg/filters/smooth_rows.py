"""Exact Gaussian smoothing in passes over rows; rows that are smoothed within wait in a buffer that fits the
cache."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg.filters.correlation import correlate
from classicseg.filters.stencils import add_pair, clear, scale


class Grain(NamedTuple):
    """How each value of a dtype is rounded, by itself."""

    shift: float
    """Adding and subtracting this number rounds to a multiple of a power of two; 0: not rounded so."""
    split: float
    """Splitting by this number rounds to a number of bits (Dekker, Veltkamp); 0: not rounded so."""


class PlaneGaussian(NamedTuple):
    """A Gaussian that smooths planes, as arrays; without weights it does not smooth."""

    source: Grain
    """How values are rounded before, …"""
    result: Grain
    """… and how means are."""
    down: NDArray[np.float64]
    """The weights along columns, from the middle out."""
    across: NDArray[np.float64]
    """The weights along rows, from the middle out."""
    share_down: NDArray[np.float64]
    """(rows,), how much of the weights lies inside the image, …"""
    share_across: NDArray[np.float64]
    """(columns,), and the same along rows."""


class AxisGaussian(NamedTuple):
    """A Gaussian that smooths along one axis of an array that is a stack of rows."""

    length: int
    """How many pixels the axis has, …"""
    stride: int
    """… and how many rows lie between two of them."""
    result: Grain
    """How means are rounded."""
    half: NDArray[np.float64]
    """The weights, from the middle out."""
    share_down: NDArray[np.float64]
    """(rows,), how much of the weights of all axes lies inside the image, but for the last axis, …"""
    share_across: NDArray[np.float64]
    """(columns,), and along that one."""


def _smooth_rows_numpy(
    planes: NDArray[Any], gaussian: PlaneGaussian, out: NDArray[Any], start: int, stop: int
) -> None:
    source, result, down, across, share_down, share_across = gaussian
    n_rows, radius = planes.shape[1], len(down) - 1
    for plane in range(start // n_rows, -(-stop // n_rows)):
        top, bottom = max(start - plane * n_rows, 0), min(stop - plane * n_rows, n_rows)
        first = max(top - radius, 0)
        values = rounded(planes[plane, first : bottom + radius].astype(np.float64), source)
        total = correlate(values, [down, across])[top - first : bottom - first]
        out[plane, top:bottom] = rounded(total / np.multiply.outer(share_down[top:bottom], share_across), result)


@kernel(numpy=_smooth_rows_numpy)
def smooth_rows(planes: NDArray[Any], gaussian: PlaneGaussian, out: NDArray[Any], start: int, stop: int) -> None:
    """Smooth within planes (planes, rows, columns), for rows `start` to `stop` of all planes one after the other.

    Sums are divided by the shares of the weights that lie inside.
    """
    _, n_rows, n = planes.shape
    radius = len(gaussian.down) - 1
    height = 2 * radius + 1
    values, total = np.empty(n + 2 * (len(gaussian.across) - 1)), np.empty(n)
    blurred = np.empty((height, n))
    clear(values)
    for plane in range(start // n_rows, -(-stop // n_rows)):
        top, bottom = max(start - plane * n_rows, 0), min(stop - plane * n_rows, n_rows)
        for y in range(top - radius, bottom + radius):
            if 0 <= y < n_rows:
                read_values(planes[plane, y], gaussian.source, values)
                blur_row(values, gaussian.across, blurred[y % height])
            else:
                clear(blurred[y % height])
            row = y - radius
            if row >= top:
                blur_rows(blurred, row, gaussian.down, total)
                write_means(
                    total, gaussian.share_down[row], gaussian.share_across, gaussian.result, out[plane, row]
                )


def _smooth_stacks_numpy(
    totals: NDArray[np.float64], gaussian: AxisGaussian, out: NDArray[Any], start: int, stop: int
) -> None:
    length, stride, result, half, share_down, share_across = gaussian
    lines = np.arange(start, stop)
    index, last = lines // stride % length, len(totals) - 1
    total = totals[start:stop] * half[0]
    for k in range(1, len(half)):
        above = (index >= k)[:, np.newaxis] * totals[np.maximum(lines - k * stride, 0)]
        below = (index < length - k)[:, np.newaxis] * totals[np.minimum(lines + k * stride, last)]
        total += (above + below) * half[k]
    out[start:stop] = rounded(total / np.multiply.outer(share_down[start:stop], share_across), result)


@kernel(numpy=_smooth_stacks_numpy)
def smooth_stacks(
    totals: NDArray[np.float64], gaussian: AxisGaussian, out: NDArray[Any], start: int, stop: int
) -> None:
    """Smooth rows `start` to `stop` along an axis, from sums along other axes; the rest as in `smooth_rows`."""
    length, stride, half = gaussian.length, gaussian.stride, gaussian.half
    n, radius = totals.shape[1], len(half) - 1
    total, nothing = np.empty(n), np.empty(n)
    clear(nothing)
    for line in range(start, stop):
        index = line // stride % length
        scale(totals[line], half[0], total)
        for k in range(1, radius + 1):
            above = totals[line - k * stride] if index >= k else nothing
            below = totals[line + k * stride] if index < length - k else nothing
            add_pair(above, below, half[k:], total)
        write_means(total, gaussian.share_down[line], gaussian.share_across, gaussian.result, out[line])


def rounded(values: NDArray[np.float64], grain: Grain) -> NDArray[np.float64]:
    """Round each value as a grain says."""
    values = (values + grain.shift) - grain.shift if grain.shift else values
    return values * grain.split - (values * grain.split - values) if grain.split else values


@kernel()
def round_row(line: NDArray[np.float64], grain: Grain) -> None:
    """The same for a row, in place."""
    shift, split = grain.shift, grain.split
    if shift > 0:
        for x in range(len(line)):
            line[x] = (line[x] + shift) - shift
    if split > 0:
        for x in range(len(line)):
            large = line[x] * split
            line[x] = large - (large - line[x])


@kernel()
def read_values(source: NDArray[Any], grain: Grain, values: NDArray[np.float64]) -> None:
    """Convert and round a row, to the middle of a buffer that is 0 on both sides."""
    n = len(source)
    radius = (len(values) - n) // 2
    inner = values[radius : radius + n]
    for x in range(n):
        inner[x] = source[x]
    round_row(inner, grain)


@kernel()
def blur_row(values: NDArray[np.float64], half: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Weighted sums along a row that has zeros on both sides."""
    n, radius = len(out), len(half) - 1
    scale(values[radius : radius + n], half[0], out)
    k = 1
    while k + 3 <= radius:
        a, b = values[radius - k - 3 : radius - k + n], values[radius + k : radius + k + 3 + n]
        add_four((a[3:], a[2:], a[1:], a), (b, b[1:], b[2:], b[3:]), half[k : k + 4], out)
        k += 4
    while k <= radius:
        add_pair(values[radius - k :], values[radius + k :], half[k:], out)
        k += 1


@kernel()
def blur_rows(blurred: NDArray[np.float64], row: int, half: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Weighted sums across the rows about a row, which wait in a ring buffer."""
    height, radius = len(blurred), len(half) - 1
    scale(blurred[row % height], half[0], out)
    k = 1
    while k + 3 <= radius:
        above, below = row - k, row + k
        add_four(
            (
                blurred[above % height],
                blurred[(above - 1) % height],
                blurred[(above - 2) % height],
                blurred[(above - 3) % height],
            ),
            (
                blurred[below % height],
                blurred[(below + 1) % height],
                blurred[(below + 2) % height],
                blurred[(below + 3) % height],
            ),
            half[k : k + 4],
            out,
        )
        k += 4
    while k <= radius:
        add_pair(blurred[(row - k) % height], blurred[(row + k) % height], half[k:], out)
        k += 1


@kernel()
def add_four(
    low: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    high: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    weights: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Four pairs at once: half the time of one after the other."""
    a, c, e, g = low
    b, d, f, h = high
    first, second, third, fourth = weights[0], weights[1], weights[2], weights[3]
    for x in range(len(out)):
        one, two = (a[x] + b[x]) * first, (c[x] + d[x]) * second
        three, four = (e[x] + f[x]) * third, (g[x] + h[x]) * fourth
        out[x] += (one + two) + (three + four)


@kernel()
def write_means(
    total: NDArray[np.float64],
    share_down: float,
    share_across: NDArray[np.float64],
    grain: Grain,
    out: NDArray[Any],
) -> None:
    """Weighted means of sums: divided where the share of the weights inside is less than 1, which both ends have
    alike."""
    n, margin = len(total), 0
    while 2 * margin < n and (share_down != 1 or share_across[margin] != 1):
        margin += 1
    for x in range(margin):
        total[x] /= share_down * share_across[x]
    for x in range(max(margin, n - margin), n):
        total[x] /= share_down * share_across[x]
    round_row(total, grain)
    for x in range(n):
        out[x] = total[x]
