"""One cycle of multigrid: what about solves a system of a grid's Laplacian, at a cost linear in its pixels.

Errors that are smooth on a grid are rough on a coarser one, where they cost less. A cell is the sum of its pixels
(aggregation), so that each grid has links along its axes only. Sweeps are those of Jacobi, two by two with the
weights of a polynomial of Chebyshev, which damps all that is rough by 3.5. Grids below the first are visited
twice, since sums over cells make coarse grids too stiff.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg.solvers.coarse_grids import Cells, cells_of, coarse_laplacian, coarse_shape, prolong, restrict
from classicseg.solvers.grid_laplacian import (
    CHUNK,
    Laplacian,
    add_flow,
    flow_numpy,
    padding,
    run_chunks,
)

_WEIGHTS = (0.566, 1.578)
"""Of two sweeps: 1 / (1.2 ± 0.8 / sqrt(2)), which damp the eigenvalues from 0.4 to 2."""

_VISITS = (1, 2, 2, 2)
"""How often a grid is visited for each visit of the one before; those after them once."""


class Level(NamedTuple):
    """A grid, and the vectors of its system."""

    laplacian: Laplacian
    cells: Cells
    """How it becomes the next, coarser one."""
    right: NDArray[np.float32]
    """(n,), the right side."""
    x: NDArray[np.float32]
    """(pad + n + pad), the solution."""
    other: NDArray[np.float32]
    """(pad + n + pad), the solution before or after a sweep."""
    rest: NDArray[np.float32]
    """(n,), the right side less the flow: between two sweeps, in the place of the other solution."""


def levels_of(finest: Laplacian, shape: tuple[int, ...]) -> list[Level]:
    """Make coarser and coarser grids, until one has a single cell in its last three axes."""
    levels = []
    while True:
        n_pixels, padded = math.prod(shape), math.prod(shape) + 2 * padding(shape)
        right, x, other = (np.zeros(size, np.float32) for size in (n_pixels, padded, padded))
        rest = other[padding(shape) : padding(shape) + n_pixels]
        levels.append(Level(finest, cells_of(shape), right, x, other, rest))
        if coarse_shape(shape) == shape:
            return levels
        finest, shape = coarse_laplacian(finest, shape), coarse_shape(shape)


def cycle(levels: list[Level], number: int = 0, *, is_first: bool = True) -> None:
    """Solve the system of a grid, about: its right side is given, and its solution so far unless it is the
    first."""
    level = levels[number]
    if is_first:
        run_chunks(_begin, level.right.size, level.laplacian, level.right, level.other, _WEIGHTS[0])
    else:
        _sweep(level, level.x, level.other, _WEIGHTS[0])
    _sweep(level, level.other, level.x, _WEIGHTS[1])
    if number + 1 < len(levels):
        below = levels[number + 1]
        run_chunks(_rest_of, level.right.size, level.laplacian, level.right, level.x, level.rest)
        restrict(level.cells, level.rest, below.right)
        for visit in range(_VISITS[number + 1] if number + 1 < len(_VISITS) else 1):
            cycle(levels, number + 1, is_first=visit == 0)
        prolong(level.cells, below.x, level.x)
    _sweep(level, level.x, level.other, _WEIGHTS[0])
    _sweep(level, level.other, level.x, _WEIGHTS[1])


def _sweep(level: Level, x: NDArray[np.float32], out: NDArray[np.float32], weight: float) -> None:
    run_chunks(_sweep_band, level.right.size, level.laplacian, level.right, x, out, weight)


def _begin_numpy(of: Laplacian, right: Any, out: Any, weight: float, start: int, stop: int) -> None:
    first, last, pad = start * CHUNK, min(stop * CHUNK, right.size), (out.size - right.size) // 2
    out[pad + first : pad + last] = np.float32(weight) * (of.inverse[first:last] * right[first:last])


@kernel(numpy=_begin_numpy)
def _begin(
    of: Laplacian,
    right: NDArray[np.float32],
    out: NDArray[np.float32],
    weight: float,
    start: int,
    stop: int,
) -> None:
    """A sweep from 0."""
    weighted, inverse = np.float32(weight), of.inverse
    inner = out[(out.size - right.size) // 2 :]
    for i in range(start * CHUNK, min(stop * CHUNK, right.size)):
        inner[i] = weighted * (inverse[i] * right[i])


def _sweep_numpy(of: Laplacian, right: Any, x: Any, out: Any, weight: float, start: int, stop: int) -> None:
    first, last, pad = start * CHUNK, min(stop * CHUNK, right.size), (x.size - right.size) // 2
    rest = right[first:last] - flow_numpy(of.strides, of.links, of.absorption, x, first, last)
    step = np.float32(weight) * (of.inverse[first:last] * rest)
    out[pad + first : pad + last] = x[pad + first : pad + last] + step


@kernel(numpy=_sweep_numpy)
def _sweep_band(
    of: Laplacian,
    right: NDArray[np.float32],
    x: NDArray[np.float32],
    out: NDArray[np.float32],
    weight: float,
    start: int,
    stop: int,
) -> None:
    weighted, pad = np.float32(weight), (x.size - right.size) // 2
    flow = np.empty(CHUNK, np.float32)
    for chunk in range(start, stop):
        first, last = chunk * CHUNK, min((chunk + 1) * CHUNK, right.size)
        add_flow(of.strides, of.links, of.absorption, x, flow, first, last)
        goal, inverse, before, after = right[first:], of.inverse[first:], x[pad + first :], out[pad + first :]
        for j in range(last - first):
            after[j] = before[j] + weighted * (inverse[j] * (goal[j] - flow[j]))


def _rest_numpy(of: Laplacian, right: Any, x: Any, rest: Any, start: int, stop: int) -> None:
    first, last = start * CHUNK, min(stop * CHUNK, right.size)
    rest[first:last] = right[first:last] - flow_numpy(of.strides, of.links, of.absorption, x, first, last)


@kernel(numpy=_rest_numpy)
def _rest_of(
    of: Laplacian,
    right: NDArray[np.float32],
    x: NDArray[np.float32],
    rest: NDArray[np.float32],
    start: int,
    stop: int,
) -> None:
    flow = np.empty(CHUNK, np.float32)
    for chunk in range(start, stop):
        first, last = chunk * CHUNK, min((chunk + 1) * CHUNK, right.size)
        add_flow(of.strides, of.links, of.absorption, x, flow, first, last)
        goal, left = right[first:], rest[first:]
        for j in range(last - first):
            left[j] = goal[j] - flow[j]
