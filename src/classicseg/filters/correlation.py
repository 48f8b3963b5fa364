"""Correlation along each axis with symmetric weights, given from the middle out; beyond the border values are
0."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.filters.stencils import add_pair, clear, scale


def correlate(values: NDArray[np.float64], weights: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Correlate along each axis with its weights."""
    for axis, half in enumerate(weights):
        inner = math.prod(values.shape[axis + 1 :])
        length, out = values.shape[axis], np.empty_like(values)
        rows = (-1, length) if inner == 1 else (-1, inner)
        lines, found = values.reshape(rows), out.reshape(rows)
        if inner == 1:
            run_bands(_correlate_rows, len(lines), lines.shape[1] * len(half), lines, half, found)
        else:
            run_bands(_correlate_stacks, len(lines), lines.shape[1] * len(half), lines, length, half, found)
        values = out
    return values


def _correlate_rows_numpy(
    rows: NDArray[np.float64], half: NDArray[np.float64], out: NDArray[np.float64], start: int, stop: int
) -> None:
    n, radius = rows.shape[1], len(half) - 1
    padded = np.pad(rows[start:stop], [(0, 0), (radius, radius)])
    out[start:stop] = rows[start:stop] * half[0]
    for k in range(1, radius + 1):
        low, high = radius - k, radius + k
        out[start:stop] += (padded[:, low : low + n] + padded[:, high : high + n]) * half[k]


@kernel(numpy=_correlate_rows_numpy)
def _correlate_rows(
    rows: NDArray[np.float64], half: NDArray[np.float64], out: NDArray[np.float64], start: int, stop: int
) -> None:
    """Correlate within each row."""
    n, radius = rows.shape[1], len(half) - 1
    padded = np.empty(n + 2 * radius)
    clear(padded)
    for row in range(start, stop):
        line = rows[row]
        for x in range(n):
            padded[radius + x] = line[x]
        scale(line, half[0], out[row])
        for k in range(1, radius + 1):
            add_pair(padded[radius - k :], padded[radius + k :], half[k:], out[row])


def _correlate_stacks_numpy(
    rows: NDArray[np.float64],
    length: int,
    half: NDArray[np.float64],
    out: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    line, last = np.arange(start, stop), len(rows) - 1
    out[start:stop] = rows[start:stop] * half[0]
    for k in range(1, len(half)):
        above = (line % length >= k)[:, np.newaxis] * rows[np.maximum(line - k, 0)]
        below = (line % length < length - k)[:, np.newaxis] * rows[np.minimum(line + k, last)]
        out[start:stop] += (above + below) * half[k]


@kernel(numpy=_correlate_stacks_numpy)
def _correlate_stacks(
    rows: NDArray[np.float64],
    length: int,
    half: NDArray[np.float64],
    out: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    """Correlate across the rows of each stack of `length`."""
    nothing = np.empty(rows.shape[1])
    clear(nothing)
    for row in range(start, stop):
        index = row % length
        scale(rows[row], half[0], out[row])
        for k in range(1, len(half)):
            above = rows[row - k] if index >= k else nothing
            below = rows[row + k] if index < length - k else nothing
            add_pair(above, below, half[k:], out[row])
