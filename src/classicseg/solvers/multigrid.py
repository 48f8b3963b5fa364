"""One cycle of multigrid: what about solves a system of a grid's Laplacian, at a cost linear in its pixels.

Errors that are smooth on a grid are rough on a coarser one, where they cost less. A cell is the sum of its pixels
(aggregation), so that each grid has links along its axes only. On the first coarse grids two steps are made
(`two_steps`).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from classicseg.solvers.coarse_grids import cells_of, coarse_laplacian, coarse_shape, prolong, restrict
from classicseg.solvers.grid_laplacian import Laplacian, padding, run_chunks, total
from classicseg.solvers.small_grids import Level, Small, cycle_of_small, first_of, joined
from classicseg.solvers.sweeps import sweep_down, sweep_up
from classicseg.solvers.two_steps import Steps, products, shares_of, step_first, step_second

_N_STEPS = (1, 2, 2, 2)
"""How many steps are made on a grid, for each of the one before; on those after them one."""

_SMALL = 2**17
"""Grids of so many pixels, and all that are coarser, are swept by one call: they have a band each."""


class Grids(NamedTuple):
    """Coarser and coarser grids."""

    levels: list[Level]
    """The last of them is the first of the small ones."""
    small: Small


def grids_of(finest: Laplacian, shape: tuple[int, ...]) -> Grids:
    """Make coarser and coarser grids, until one has a single cell in its last three axes."""
    levels, shapes = [finest], [shape]
    while coarse_shape(shape) != shape:
        finest, shape = coarse_laplacian(finest, shape), coarse_shape(shape)
        levels.append(finest)
        shapes.append(shape)
    n_large = sum(math.prod(shape) > _SMALL for shape in shapes[:-1])
    small = joined(levels[n_large:], shapes[n_large:], (_N_STEPS + (1,) * len(shapes))[n_large : len(shapes)])
    pairs = zip(levels[:n_large], shapes, strict=False)
    grids = [_level_of(*pair, is_finest=number == 0) for number, pair in enumerate(pairs)]
    return Grids([*grids, first_of(small, levels[n_large], shapes[n_large])], small)


def _level_of(laplacian: Laplacian, shape: tuple[int, ...], *, is_finest: bool) -> Level:
    size, pad = math.prod(shape), padding(shape)
    right, x, other = (np.zeros(length, np.float32) for length in (size, size + 2 * pad, size + 2 * pad))
    kept = 0 if is_finest else size
    steps = Steps(np.zeros(kept, np.float32), np.zeros(kept, np.float32))
    return Level(laplacian, cells_of(shape), right, x, other, x[pad : pad + size], steps)


def cycle(grids: Grids, number: int = 0) -> None:
    """Solve the system of a grid, about; two steps leave of its right side what they do not solve."""
    if number + 1 == len(grids.levels):
        cycle_of_small(grids.small)
        return
    level, below = grids.levels[number : number + 2]
    of, right, size, halo = level.laplacian, level.right, level.right.size, (level.x.size - level.right.size) // 2
    run_chunks(sweep_down, size, of, right, level.other, level.rest, halo=halo)
    restrict(level.cells, level.rest, below.right)
    cycle(grids, number + 1)
    if number + 1 < len(_N_STEPS):
        _step_twice(grids, number + 1)
    prolong(level.cells, below.x, level.other)
    run_chunks(sweep_up, size, of, right, level.other, level.x, halo=halo)


def _step_twice(grids: Grids, number: int) -> None:
    """Improve what a cycle has found by a second one."""
    of, _, right, x, _, _, steps = grids.levels[number]
    bend, gain, _ = _totals(run_chunks(products, right.size, of, right, x, steps, True))
    run_chunks(step_first, right.size, shares_of(bend, gain, 0.0, 0.0, 0.0)[0], right, x, steps)
    cycle(grids, number)
    second_bend, second_gain, shared = _totals(run_chunks(products, right.size, of, right, x, steps, False))
    shares = shares_of(bend, gain, second_bend, second_gain, shared)
    run_chunks(step_second, right.size, *shares, steps, x)


def _totals(found: list[tuple[float, ...]]) -> tuple[float, ...]:
    """The sums over bands of sums in two floats."""
    columns = list(zip(*found, strict=True))
    return tuple(total(list(zip(*columns[i : i + 2], strict=True))) for i in range(0, len(columns), 2))
