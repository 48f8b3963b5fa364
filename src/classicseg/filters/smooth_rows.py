"""Exact Gaussian smoothing in passes over rows: what comes of a row waits in a few rows that fit the cache."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg.filters.correlation import correlate
from classicseg.filters.stencils import add_pair


class Grain(NamedTuple):
    """How finely the values of a dtype are smoothed: to what each one is rounded, by itself."""

    shift: float
    """To a multiple of a power of two, if this number is added and subtracted; 0 where not."""
    split: float
    """To so many bits, if this number splits it (Dekker, Veltkamp); 0 where not."""


def _smooth_rows_numpy(
    planes: NDArray[Any],
    source: Grain,
    down: NDArray[np.float64],
    across: NDArray[np.float64],
    share_down: NDArray[np.float64],
    share_across: NDArray[np.float64],
    result: Grain,
    out: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    n_rows, reach = planes.shape[1], len(down) - 1
    for plane in range(start // n_rows, -(-stop // n_rows)):
        top, bottom = max(start - plane * n_rows, 0), min(stop - plane * n_rows, n_rows)
        first = max(top - reach, 0)
        values = rounded(planes[plane, first : bottom + reach].astype(np.float64), source)
        total = correlate(values, [down, across])[top - first : bottom - first]
        out[plane, top:bottom] = rounded(total / np.multiply.outer(share_down[top:bottom], share_across), result)


@kernel(numpy=_smooth_rows_numpy)
def smooth_rows(
    planes: NDArray[Any],
    source: Grain,
    down: NDArray[np.float64],
    across: NDArray[np.float64],
    share_down: NDArray[np.float64],
    share_across: NDArray[np.float64],
    result: Grain,
    out: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    """Smooth within planes (planes, rows, columns), for rows `start` to `stop` of all planes one after the other.

    Sums are divided by the shares of the weights that lie inside.
    """
    _, n_rows, n = planes.shape
    reach = len(down) - 1
    span = 2 * reach + 1
    values, blurred, total = np.zeros(n + 2 * (len(across) - 1)), np.zeros((span, n)), np.empty(n)
    for plane in range(start // n_rows, -(-stop // n_rows)):
        top, bottom = max(start - plane * n_rows, 0), min(stop - plane * n_rows, n_rows)
        for y in range(top - reach, bottom + reach):
            if 0 <= y < n_rows:
                read_values(planes[plane, y], source, values)
                blur_row(values, across, blurred[y % span])
            else:
                blurred[y % span] = 0.0
            row = y - reach
            if row >= top:
                blur_rows(blurred, row, down, total)
                write_means(total, share_down[row], share_across, result, out[plane, row])


def _smooth_stacks_numpy(
    totals: NDArray[np.float64],
    length: int,
    apart: int,
    half: NDArray[np.float64],
    share_down: NDArray[np.float64],
    share_across: NDArray[np.float64],
    result: Grain,
    out: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    lines = np.arange(start, stop)
    place, last = lines // apart % length, len(totals) - 1
    total = totals[start:stop] * half[0]
    for k in range(1, len(half)):
        above = (place >= k)[:, np.newaxis] * totals[np.maximum(lines - k * apart, 0)]
        below = (place < length - k)[:, np.newaxis] * totals[np.minimum(lines + k * apart, last)]
        total += (above + below) * half[k]
    out[start:stop] = rounded(total / np.multiply.outer(share_down[start:stop], share_across), result)


@kernel(numpy=_smooth_stacks_numpy)
def smooth_stacks(
    totals: NDArray[np.float64],
    length: int,
    apart: int,
    half: NDArray[np.float64],
    share_down: NDArray[np.float64],
    share_across: NDArray[np.float64],
    result: Grain,
    out: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    """Smooth along an axis of `length` in which neighbors are `apart` lines apart; the rest as above."""
    n, radius = totals.shape[1], len(half) - 1
    total, nothing = np.empty(n), np.zeros(n)
    for line in range(start, stop):
        place = line // apart % length
        scale(totals[line], half[0], total)
        for k in range(1, radius + 1):
            above = totals[line - k * apart] if place >= k else nothing
            below = totals[line + k * apart] if place < length - k else nothing
            add_pair(above, below, half[k:], total)
        write_means(total, share_down[line], share_across, result, out[line])


def rounded(values: NDArray[np.float64], grain: Grain) -> NDArray[np.float64]:
    """Values as a dtype is smoothed in."""
    values = (values + grain.shift) - grain.shift if grain.shift else values
    return values * grain.split - (values * grain.split - values) if grain.split else values


@kernel()
def round_row(line: NDArray[np.float64], grain: Grain) -> None:
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
    """Convert a row, in the midst of what is 0."""
    n = len(source)
    radius = (len(values) - n) // 2
    inner = values[radius : radius + n]
    for x in range(n):
        inner[x] = source[x]
    round_row(inner, grain)


@kernel()
def blur_row(values: NDArray[np.float64], half: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    n, radius = len(out), len(half) - 1
    scale(values[radius : radius + n], half[0], out)
    k = 1
    while k + 3 <= radius:
        a, b = values[radius - k - 3 : radius - k + n], values[radius + k : radius + k + 3 + n]
        _add_four(a[3:], b, a[2:], b[1:], a[1:], b[2:], a, b[3:], half[k : k + 4], out)
        k += 4
    while k <= radius:
        add_pair(values[radius - k :], values[radius + k :], half[k:], out)
        k += 1


@kernel()
def blur_rows(blurred: NDArray[np.float64], row: int, half: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    span, radius = len(blurred), len(half) - 1
    scale(blurred[row % span], half[0], out)
    k = 1
    while k + 3 <= radius:
        _add_four(
            blurred[(row - k) % span],
            blurred[(row + k) % span],
            blurred[(row - k - 1) % span],
            blurred[(row + k + 1) % span],
            blurred[(row - k - 2) % span],
            blurred[(row + k + 2) % span],
            blurred[(row - k - 3) % span],
            blurred[(row + k + 3) % span],
            half[k : k + 4],
            out,
        )
        k += 4
    while k <= radius:
        add_pair(blurred[(row - k) % span], blurred[(row + k) % span], half[k:], out)
        k += 1


@kernel()
def scale(line: NDArray[Any], factor: float, out: NDArray[Any]) -> None:
    for x in range(len(out)):
        out[x] = line[x] * factor


@kernel()
def _add_four(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    c: NDArray[np.float64],
    d: NDArray[np.float64],
    e: NDArray[np.float64],
    f: NDArray[np.float64],
    g: NDArray[np.float64],
    h: NDArray[np.float64],
    weights: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Four pairs at once: half the time of one after the other."""
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
    """The weighted means, where weights beyond the border do not count: shares less than 1, at both ends alike."""
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
