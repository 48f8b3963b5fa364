"""Weighted sums along one axis of a slab of rows, for each pixel and for one more beyond each border.

Slabs are zero where nothing takes part, and are long enough that no sum has to look where they end. Weights are
symmetric, from the middle out, and pairs are added first: flipped slabs have flipped sums to the bit. Sums are in
the dtype of the slab.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg.filters.smooth_rows import Grain, add_four, blur_row, round_row, rounded
from classicseg.filters.stencils import add_pair, clear, scale

_CHUNK = 1024
"""The columns that are summed at once: the rows around one stay in the second cache."""


def sum_rows(slab: NDArray[Any], first: int, n_rows: int, half: NDArray[Any]) -> NDArray[Any]:
    """Sums across rows, (rows, columns), for `n_rows` of them from `first` on."""
    out = np.empty((n_rows, slab.shape[1]), slab.dtype)
    _sum_stacks(slab[np.newaxis, first - len(half) + 1 : first + n_rows + len(half) - 1], half, out[np.newaxis])
    return out


def sum_axis(slab: NDArray[Any], axis: int, half: NDArray[Any]) -> NDArray[Any]:
    """Sums along an axis after the first, which gets longer by one at both ends."""
    length, margin = slab.shape[axis], len(half)
    inner = int(np.prod(slab.shape[axis + 1 :], dtype=np.int64))
    out = np.empty((*slab.shape[:axis], length + 2, *slab.shape[axis + 1 :]), slab.dtype)
    if inner == 1:
        _sum_lines(slab.reshape(-1, length), half, out.reshape(-1, length + 2))
        return out
    padded = np.zeros((slab.size // max(1, length * inner), length + 2 * margin, inner), slab.dtype)
    padded[:, margin : margin + length] = slab.reshape(-1, length, inner)
    _sum_stacks(padded, half, out.reshape(-1, length + 2, inner))
    return out


def _sum_stacks_numpy(stacks: NDArray[Any], half: NDArray[Any], out: NDArray[Any]) -> None:
    radius, n = len(half) - 1, out.shape[1]
    out[:] = stacks[:, radius : radius + n] * half[0]
    for k in range(1, radius + 1):
        out += (stacks[:, radius - k : radius - k + n] + stacks[:, radius + k : radius + k + n]) * half[k]


@kernel(numpy=_sum_stacks_numpy)
def _sum_stacks(stacks: NDArray[Any], half: NDArray[Any], out: NDArray[Any]) -> None:
    """Sums along the middle axis, which is longer by the radius at both ends than that of the result."""
    radius, width = len(half) - 1, stacks.shape[2]
    for stack in range(len(stacks)):
        for begin in range(0, width, _CHUNK):
            end = min(begin + _CHUNK, width)
            rows = stacks[stack, :, begin:end]
            for row in range(out.shape[1]):
                _sum_about(rows, row + radius, half, out[stack, row, begin:end])


@kernel()
def _sum_about(rows: NDArray[Any], row: int, half: NDArray[Any], out: NDArray[Any]) -> None:
    """The weighted sum of the rows about one."""
    radius = len(half) - 1
    scale(rows[row], half[0], out)
    k = 1
    while k + 3 <= radius:
        above, below = row - k, row + k
        add_four(
            (rows[above], rows[above - 1], rows[above - 2], rows[above - 3]),
            (rows[below], rows[below + 1], rows[below + 2], rows[below + 3]),
            half[k : k + 4],
            out,
        )
        k += 4
    while k <= radius:
        add_pair(rows[row - k], rows[row + k], half[k:], out)
        k += 1


def _sum_lines_numpy(lines: NDArray[Any], half: NDArray[Any], out: NDArray[Any]) -> None:
    padded = np.pad(lines, [(0, 0), (len(half), len(half))])
    _sum_stacks_numpy(padded[:, :, np.newaxis], half, out[:, :, np.newaxis])


@kernel(numpy=_sum_lines_numpy)
def _sum_lines(lines: NDArray[Any], half: NDArray[Any], out: NDArray[Any]) -> None:
    """Sums along lines, and one more at both ends."""
    n, margin = lines.shape[1], len(half)
    values = np.empty(n + 2 * margin, lines.dtype)
    clear(values)
    inner = values[margin : margin + n]
    for row in range(len(lines)):
        line = lines[row]
        for x in range(n):
            inner[x] = line[x]
        blur_row(values, half, out[row])


def _divide_numpy(total: NDArray[Any], share: NDArray[np.float64], grain: Grain, out: NDArray[Any]) -> None:
    means = np.divide(total, share, out=np.zeros(total.shape), where=share > 0)
    out[:] = rounded(means, grain)


@kernel(numpy=_divide_numpy)
def divide(total: NDArray[Any], share: NDArray[np.float64], grain: Grain, out: NDArray[Any]) -> None:
    """Write sums divided by shares of the weights, and rounded; 0 where there is no share. All are rows."""
    line = np.empty(total.shape[1])
    for row in range(len(total)):
        own, of = total[row], share[row]
        for x in range(len(line)):
            line[x] = own[x] / of[x] if of[x] > 0 else 0.0
        round_row(line, grain)
        target = out[row]
        for x in range(len(line)):
            target[x] = line[x]
