"""Two steps of conjugate gradients on a coarse grid, each preconditioned by a cycle on it and on those below.

Sums over cells make coarse grids too stiff, so that what a cycle finds is too short. The steps find out by how
much (the K-cycle of Notay and Vassilevski).
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
    settle,
    two_floats_of,
)


class Steps(NamedTuple):
    """What is kept of the first step until the second."""

    found: NDArray[np.float32]
    """(n,), what the first cycle has found."""
    flow: NDArray[np.float32]
    """(n,), out of it."""


def _products_numpy(of: Laplacian, right: Any, x: Any, steps: Steps, is_first: bool, start: int, stop: int) -> Any:
    first, last, pad = start * CHUNK, min(stop * CHUNK, right.size), (x.size - right.size) // 2
    here, flow = x[pad + first : pad + last].astype(np.float64), flow_numpy(of, x, pad, first, last)
    if is_first:
        steps.flow[first:last] = flow
    others = flow, right[first:last], steps.flow[first:last]
    return tuple(part for other in others for part in two_floats_of(here * other))


@kernel(numpy=_products_numpy)
def products(
    of: Laplacian,
    right: NDArray[np.float32],
    x: NDArray[np.float32],
    steps: Steps,
    is_first: bool,
    start: int,
    stop: int,
) -> tuple[float, float, float, float, float, float]:
    """The products of a solution with its flow, with the right side and with the flow of the first step, in two
    floats each."""
    pad, flow = (x.size - right.size) // 2, np.empty(CHUNK, np.float32)
    own, goals, firsts = np.zeros((2, CHUNK)), np.zeros((2, CHUNK)), np.zeros((2, CHUNK))
    for chunk in range(start, stop):
        first, count = chunk * CHUNK, min(CHUNK, right.size - chunk * CHUNK)
        here, kept = x[pad + first :], steps.flow[first:]
        add_flow(of, x, pad, flow, first, count)
        if is_first:
            for j in range(count):
                kept[j] = flow[j]
        add_products(here, flow, own[0], own[1], count)
        add_products(here, right[first:], goals[0], goals[1], count)
        add_products(here, kept, firsts[0], firsts[1], count)
    high, low = settle(own[0], own[1])
    goal_high, goal_low = settle(goals[0], goals[1])
    first_high, first_low = settle(firsts[0], firsts[1])
    return high, low, goal_high, goal_low, first_high, first_low


@kernel()
def shares_of(
    bend: float, gain: float, second_bend: float, second_gain: float, shared: float
) -> tuple[float, float]:
    """How much of what the two cycles have found makes the energy least.

    The first has the product `bend` with its own flow and `gain` with the right side; so has the second, with what
    the first step has left of it, and `shared` with the first flow.
    """
    if not bend > 0.0:
        return 0.0, 0.0
    rest = second_bend - shared * shared / bend
    second = second_gain / rest if rest > 0.0 else 0.0
    return (gain - shared * second) / bend, second


def _less_numpy(share: float, right: Any, x: Any, steps: Steps, start: int, stop: int) -> None:
    first, last, pad = start * CHUNK, min(stop * CHUNK, right.size), (x.size - right.size) // 2
    right[first:last] -= np.float32(share) * steps.flow[first:last]
    steps.found[first:last] = x[pad + first : pad + last]


@kernel(numpy=_less_numpy)
def step_first(
    share: float, right: NDArray[np.float32], x: NDArray[np.float32], steps: Steps, start: int, stop: int
) -> None:
    """Take the first flow off the right side, and keep what flows."""
    first, factor = start * CHUNK, np.float32(share)
    goal, flow, found = right[first:], steps.flow[first:], steps.found[first:]
    here = x[(x.size - right.size) // 2 + first :]
    for i in range(min(stop * CHUNK, right.size) - first):
        goal[i] -= factor * flow[i]
        found[i] = here[i]


def _join_numpy(first_share: float, second_share: float, steps: Steps, x: Any, start: int, stop: int) -> None:
    size = steps.found.size
    first, last, pad = start * CHUNK, min(stop * CHUNK, size), (x.size - size) // 2
    here = x[pad + first : pad + last]
    here[...] = np.float32(first_share) * steps.found[first:last] + np.float32(second_share) * here


@kernel(numpy=_join_numpy)
def step_second(
    first_share: float, second_share: float, steps: Steps, x: NDArray[np.float32], start: int, stop: int
) -> None:
    """Add up what the two cycles have found."""
    first, one, other = start * CHUNK, np.float32(first_share), np.float32(second_share)
    found, here = steps.found[first:], x[(x.size - steps.found.size) // 2 + first :]
    for i in range(min(stop * CHUNK, steps.found.size) - first):
        here[i] = one * found[i] + other * here[i]
