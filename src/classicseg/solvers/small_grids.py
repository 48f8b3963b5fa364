"""Small grids: all that a cycle of multigrid does on them in one call, since each would take longer than its work.

Their arrays lie one after the other in one array.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg.solvers.coarse_grids import Cells, cells_of, prolong_rows, restrict_rows
from classicseg.solvers.grid_laplacian import CHUNK, Laplacian, padding
from classicseg.solvers.sweeps import sweep_down, sweep_up
from classicseg.solvers.two_steps import Steps, products, shares_of, step_first, step_second


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
    """(pad + n + pad), the solution between the two pairs of sweeps of a visit."""
    rest: NDArray[np.float32]
    """(n,), the right side less the flow then, in the place of the solution."""
    steps: Steps
    """Empty on the finest grid."""


class Small(NamedTuple):
    """Grids, each coarser than the one before."""

    floats: NDArray[np.float32]
    """Of each grid the links, the absorption and its inverse (`Laplacian`), and what a `Level` has."""
    places: NDArray[np.int64]
    """(n_grids,), where the floats of a grid begin."""
    sizes: NDArray[np.int64]
    """(n_grids,), the pixels."""
    pads: NDArray[np.int64]
    """(n_grids,)"""
    n_axes: NDArray[np.int64]
    """(n_grids,), how many have links."""
    strides: NDArray[np.int64]
    """(n_grids, ndim)"""
    cells: NDArray[np.int64]
    """(n_grids, 4, 4), `Cells`."""
    n_steps: NDArray[np.int64]
    """(n_grids,), how many steps are made on a grid for each of the one before: 1 or 2."""


def joined(of: list[Laplacian], shapes: list[tuple[int, ...]], n_steps: tuple[int, ...]) -> Small:
    """Lay grids one after the other."""
    sizes = [math.prod(shape) for shape in shapes]
    pads = [padding(shape) for shape in shapes]
    parts: list[NDArray[np.float32]] = []
    places = []
    strides = np.zeros((len(of), max(level.strides.size for level in of)), np.int64)
    for number, (level, size, pad) in enumerate(zip(of, sizes, pads, strict=True)):
        places.append(sum(part.size for part in parts))
        vectors = [np.zeros(length, np.float32) for length in (size, size + 2 * pad, size + 2 * pad, size, size)]
        parts += [level.links.reshape(-1), level.absorption, level.inverse, *vectors]
        strides[number, : level.strides.size] = level.strides
    n_axes = [level.strides.size for level in of]
    cells = [cells_of(shape) for shape in shapes]
    columns = [np.array(column, np.int64) for column in (places, sizes, pads, n_axes, strides, cells, n_steps)]
    return Small(np.concatenate(parts), *columns)


def first_of(small: Small, laplacian: Laplacian, shape: tuple[int, ...]) -> Level:
    """The first grid, whose vectors are views."""
    return _level(small, 0)._replace(laplacian=laplacian, cells=cells_of(shape))


@kernel()
def cycle_of_small(small: Small) -> None:
    """Solve the system of the first grid, about (`multigrid.cycle`)."""
    last, number, is_down = small.sizes.size - 1, 0, True
    step, bends, gains = np.zeros(last + 1, np.int64), np.zeros(last + 1), np.zeros(last + 1)
    while True:
        if is_down:
            _down(small, number)
            if number < last:
                number += 1
                step[number] = 0
                continue
        if number == 0:
            break
        step[number] += 1
        is_down = step[number] < small.n_steps[number]
        if is_down:
            bends[number], gains[number] = _step_first(small, number)
        else:
            if small.n_steps[number] > 1:
                _step_second(small, number, bends[number], gains[number])
            number -= 1
            _up(small, number)


@kernel()
def _level(small: Small, number: int) -> Level:
    """Views of what belongs to a grid."""
    size, n_axes, pad = small.sizes[number], small.n_axes[number], small.pads[number]
    padded, of = size + 2 * pad, small.cells[number]
    links = small.floats[small.places[number] :]
    absorption = links[n_axes * padded :]
    right = absorption[2 * size :]
    x, other, found = right[size:], right[size + padded :], right[size + 2 * padded :]
    laplacian = Laplacian(
        small.strides[number][:n_axes],
        links[: n_axes * padded].reshape((n_axes, padded)),
        absorption[:size],
        absorption[size : 2 * size],
    )
    return Level(
        laplacian,
        Cells(of[0], of[1], of[2], of[3]),
        right[:size],
        x[:padded],
        other[:padded],
        x[pad : pad + size],
        Steps(found[:size], found[size : 2 * size]),
    )


@kernel()
def _down(small: Small, number: int) -> None:
    """Sweep, and write the right side of the next grid; the last grid is done then."""
    laplacian, cells, right, x, other, rest, _ = _level(small, number)
    n_chunks = (right.size + CHUNK - 1) // CHUNK
    sweep_down(laplacian, right, other, rest, 0, n_chunks)
    if number + 1 < small.sizes.size:
        n_rows = cells.coarse[0] * cells.coarse[1] * cells.coarse[2]
        restrict_rows(cells, rest, _level(small, number + 1).right, 0, n_rows)
    else:
        sweep_up(laplacian, right, other, x, 0, n_chunks)


@kernel()
def _up(small: Small, number: int) -> None:
    """Add what the next grid has found, and sweep."""
    laplacian, cells, right, x, other, _, _ = _level(small, number)
    n_chunks, n_rows = (right.size + CHUNK - 1) // CHUNK, cells.coarse[0] * cells.coarse[1] * cells.coarse[2]
    prolong_rows(cells, _level(small, number + 1).x, other, 0, n_rows)
    sweep_up(laplacian, right, other, x, 0, n_chunks)


@kernel()
def _step_first(small: Small, number: int) -> tuple[float, float]:
    """Make the first of two steps; return what the second must know."""
    laplacian, _, right, x, _, _, steps = _level(small, number)
    n_chunks = (right.size + CHUNK - 1) // CHUNK
    bend, low, gain, gain_low, _, _ = products(laplacian, right, x, steps, True, 0, n_chunks)
    bend, gain = bend + low, gain + gain_low
    step_first(shares_of(bend, gain, 0.0, 0.0, 0.0)[0], right, x, steps, 0, n_chunks)
    return bend, gain


@kernel()
def _step_second(small: Small, number: int, bend: float, gain: float) -> None:
    laplacian, _, right, x, _, _, steps = _level(small, number)
    n_chunks = (right.size + CHUNK - 1) // CHUNK
    own, low, goal, goal_low, shared, shared_low = products(laplacian, right, x, steps, False, 0, n_chunks)
    first, second = shares_of(bend, gain, own + low, goal + goal_low, shared + shared_low)
    step_second(first, second, steps, x, 0, n_chunks)
