"""Conjugate gradients for the Laplacian of a grid, preconditioned by a cycle of multigrid.

Vectors are of float64, those of the preconditioner of float32. Since that is not quite linear, each direction is
made orthogonal to the last one by the change of the residual (Notay's flexible conjugate gradients; Polak and
Ribière). Sums over pixels have twice the bits of float64, so that neither bands nor flips change them.

What the preconditioner makes of a residual is about the error itself, also where weak links let it stand on a
whole region while the residual is small. The iteration ends where its largest value is less than the tolerance.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg.solvers.grid_laplacian import (
    CHUNK,
    Laplacian,
    add_flow,
    add_products,
    flow_numpy,
    run_chunks,
    settle,
    total,
    two_floats_of,
)
from classicseg.solvers.multigrid import Grids, cycle, grids_of

_MOST_ITERATIONS = 1000


class System(NamedTuple):
    """A Laplacian with its coarser grids, and the vectors of an iteration: used again for each right side."""

    grids: Grids
    residual: NDArray[np.float64]
    """(n,)"""
    direction: NDArray[np.float64]
    """(pad + n + pad)"""
    flow: NDArray[np.float64]
    """(n,), out of the direction."""


def system_of(of: Laplacian, shape: tuple[int, ...]) -> System:
    """Make what is the same for all right sides."""
    grids = grids_of(of, shape)
    size = of.absorption.size
    return System(grids, np.empty(size), np.zeros(grids.levels[0].x.size), np.empty(size))


def solve(system: System, tolerance: float) -> tuple[NDArray[np.float64], int]:
    """Solve for the right side of the finest level; return the solution and how many iterations it took."""
    grids, residual, direction, flow = system
    finest, right, x = grids.levels[0], grids.levels[0].right, np.zeros(residual.size)
    residual[:], direction[:] = right, 0.0
    product = 1.0
    for n_iterations in range(_MOST_ITERATIONS):
        cycle(grids)
        found = run_chunks(_judge, right.size, finest.x, residual, flow)
        if max(largest for *_, largest in found) <= tolerance:
            return x, n_iterations
        steepness = total([(high, low) for high, low, *_ in found])
        bend = total([(high, low) for _, _, high, low, _ in found]) / product if n_iterations else 0.0
        run_chunks(_turn, direction.size, finest.x, -bend, direction)
        product = total(run_chunks(_apply, right.size, finest.laplacian, direction, flow))
        if not product > 0.0:
            return x, n_iterations
        step = steepness / product
        run_chunks(_move, right.size, step, direction, flow, x, residual, finest.right)
    return x, _MOST_ITERATIONS


def _judge_numpy(
    z: Any, residual: Any, flow: Any, start: int, stop: int
) -> tuple[float, float, float, float, float]:
    first, last, pad = start * CHUNK, min(stop * CHUNK, residual.size), (z.size - residual.size) // 2
    here = z[pad + first : pad + last].astype(np.float64)
    high, low = two_floats_of(here * residual[first:last])
    of_flow = two_floats_of(here * flow[first:last])
    return high, low, *of_flow, float(np.abs(here).max())


@kernel(numpy=_judge_numpy)
def _judge(
    z: NDArray[np.float32], residual: NDArray[np.float64], flow: NDArray[np.float64], start: int, stop: int
) -> tuple[float, float, float, float, float]:
    """The products of what the preconditioner found with the residual and with the last flow, and its largest
    value."""
    pad, largest = (z.size - residual.size) // 2, np.float32(0.0)
    sums, flows = np.zeros((2, CHUNK)), np.zeros((2, CHUNK))
    for chunk in range(start, stop):
        first, count = chunk * CHUNK, min(CHUNK, residual.size - chunk * CHUNK)
        here = z[pad + first :]
        add_products(here, residual[first:], sums[0], sums[1], count)
        add_products(here, flow[first:], flows[0], flows[1], count)
        for j in range(count):
            largest = max(largest, abs(here[j]))
    high, low = settle(sums[0], sums[1])
    flow_high, flow_low = settle(flows[0], flows[1])
    return high, low, flow_high, flow_low, np.float64(largest)


def _turn_numpy(z: Any, bend: float, direction: Any, start: int, stop: int) -> None:
    first, last = start * CHUNK, min(stop * CHUNK, direction.size)
    direction[first:last] = z[first:last].astype(np.float64) + bend * direction[first:last]


@kernel(numpy=_turn_numpy)
def _turn(z: NDArray[np.float32], bend: float, direction: NDArray[np.float64], start: int, stop: int) -> None:
    for i in range(start * CHUNK, min(stop * CHUNK, direction.size)):
        direction[i] = np.float64(z[i]) + bend * direction[i]


def _apply_numpy(of: Laplacian, x: Any, flow: Any, start: int, stop: int) -> tuple[float, float]:
    first, last, pad = start * CHUNK, min(stop * CHUNK, flow.size), (x.size - flow.size) // 2
    flow[first:last] = flow_numpy(of, x, pad, first, last)
    return two_floats_of(x[pad + first : pad + last] * flow[first:last])


@kernel(numpy=_apply_numpy)
def _apply(
    of: Laplacian, x: NDArray[np.float64], flow: NDArray[np.float64], start: int, stop: int
) -> tuple[float, float]:
    """Write the flow, and return its product with the vector."""
    pad, sums = (x.size - flow.size) // 2, np.zeros((2, CHUNK))
    for chunk in range(start, stop):
        first, last = chunk * CHUNK, min((chunk + 1) * CHUNK, flow.size)
        out = flow[first:]
        add_flow(of, x, pad, out, first, last - first)
        add_products(x[pad + first :], out, sums[0], sums[1], last - first)
    return settle(sums[0], sums[1])


def _move_numpy(
    step: float, direction: Any, flow: Any, x: Any, residual: Any, right: Any, start: int, stop: int
) -> None:
    first, last, pad = start * CHUNK, min(stop * CHUNK, x.size), (direction.size - x.size) // 2
    x[first:last] += step * direction[pad + first : pad + last]
    residual[first:last] -= step * flow[first:last]
    right[first:last] = residual[first:last]


@kernel(numpy=_move_numpy)
def _move(
    step: float,
    direction: NDArray[np.float64],
    flow: NDArray[np.float64],
    x: NDArray[np.float64],
    residual: NDArray[np.float64],
    right: NDArray[np.float32],
    start: int,
    stop: int,
) -> None:
    along = direction[(direction.size - x.size) // 2 :]
    for i in range(start * CHUNK, min(stop * CHUNK, x.size)):
        x[i] += step * along[i]
        residual[i] -= step * flow[i]
        right[i] = np.float32(residual[i])
