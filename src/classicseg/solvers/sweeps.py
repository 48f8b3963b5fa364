"""Sweeps over a grid's Laplacian: what lets an error that is rough on a grid become less.

They are those of Jacobi, two by two with the weights of a polynomial of Chebyshev, which damps all that is rough
by 3.5. Both are made in one pass, the second one plane behind the first, since what they read takes longer to come
from memory than to be worked on. What the first leaves lies in an array of the band, which goes beyond the band as
far as the second looks: bands that touch work the same out, and need not wait for each other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg.solvers.grid_laplacian import CHUNK, Laplacian, add_flow, flow_numpy

_FIRST, _SECOND = np.float32(0.566), np.float32(1.578)
"""The weights of two sweeps: 1 / (1.2 ± 0.8 / sqrt(2)), which damp the eigenvalues from 0.4 to 2."""


def _down_numpy(of: Laplacian, right: Any, out: Any, rest: Any, start: int, stop: int) -> None:
    first, last, pad = start * CHUNK, min(stop * CHUNK, right.size), (out.size - right.size) // 2
    inner = max(0, first - pad), min(right.size, last + pad)
    outer = max(0, first - 2 * pad), min(right.size, last + 2 * pad)
    once = np.pad(_FIRST * (of.inverse[slice(*outer)] * right[slice(*outer)]), pad)
    twice = np.pad(_swept_numpy(of, right, once, pad - outer[0], _SECOND, *inner), pad)
    begin = pad + first - inner[0]
    out[pad + first : pad + last] = twice[begin : begin + last - first]
    rest[first:last] = right[first:last] - flow_numpy(of, twice, pad - inner[0], first, last)


def _swept_numpy(of: Laplacian, right: Any, x: Any, origin: int, weight: Any, first: int, last: int) -> Any:
    """Pixels `first` to `last` after a sweep."""
    step = weight * (of.inverse[first:last] * (right[first:last] - flow_numpy(of, x, origin, first, last)))
    return x[origin + first : origin + last] + step


@kernel(numpy=_down_numpy)
def sweep_down(
    of: Laplacian,
    right: NDArray[np.float32],
    out: NDArray[np.float32],
    rest: NDArray[np.float32],
    start: int,
    stop: int,
) -> None:
    """Sweep twice from 0, and write what is left of the right side then."""
    first, last, pad = start * CHUNK, min(stop * CHUNK, right.size), (out.size - right.size) // 2
    begin_once, end_once = max(0, first - 2 * pad), min(right.size, last + 2 * pad)
    begin_twice, end_twice = max(0, first - pad), min(right.size, last + pad)
    once = np.zeros(2 * pad + end_once - begin_once, np.float32)
    twice = np.zeros(2 * pad + end_twice - begin_twice, np.float32)
    flow = np.empty(CHUNK, np.float32)
    at_once, at_twice, at = begin_once, begin_twice, first
    while at < last:
        if at_once < end_once:
            count = min(CHUNK, end_once - at_once)
            _begin(of, right, once[pad + at_once - begin_once :], at_once, count)
            at_once += count
        known = end_twice if at_once == end_once else at_once - pad
        while at_twice < known:
            count = min(CHUNK, known - at_twice)
            after = twice[pad + at_twice - begin_twice :]
            _sweep(of, right, once, pad - begin_once, after, _SECOND, flow, at_twice, count)
            at_twice += count
        known = last if at_twice == end_twice else at_twice - pad
        while at < known:
            count = min(CHUNK, known - at)
            add_flow(of, twice, pad - begin_twice, flow, at, count)
            found, goal, left, after = twice[pad + at - begin_twice :], right[at:], rest[at:], out[pad + at :]
            for j in range(count):
                after[j] = found[j]
                left[j] = goal[j] - flow[j]
            at += count


@kernel()
def _begin(of: Laplacian, right: NDArray[np.float32], out: NDArray[np.float32], first: int, count: int) -> None:
    """A sweep from 0."""
    inverse, goal = of.inverse[first:], right[first:]
    for j in range(count):
        out[j] = _FIRST * (inverse[j] * goal[j])


@kernel()
def _sweep(
    of: Laplacian,
    right: NDArray[np.float32],
    x: NDArray[np.float32],
    origin: int,
    out: NDArray[np.float32],
    weight: Any,
    flow: NDArray[np.float32],
    first: int,
    count: int,
) -> None:
    """Sweep over `count` pixels from `first` on; pixel 0 is at `origin`."""
    add_flow(of, x, origin, flow, first, count)
    inverse, goal, before = of.inverse[first:], right[first:], x[origin + first :]
    for j in range(count):
        out[j] = before[j] + weight * (inverse[j] * (goal[j] - flow[j]))


def _up_numpy(of: Laplacian, right: Any, x: Any, out: Any, start: int, stop: int) -> None:
    first, last, pad = start * CHUNK, min(stop * CHUNK, right.size), (x.size - right.size) // 2
    inner = max(0, first - pad), min(right.size, last + pad)
    once = np.pad(_swept_numpy(of, right, x, pad, _FIRST, *inner), pad)
    out[pad + first : pad + last] = _swept_numpy(of, right, once, pad - inner[0], _SECOND, first, last)


@kernel(numpy=_up_numpy)
def sweep_up(
    of: Laplacian,
    right: NDArray[np.float32],
    x: NDArray[np.float32],
    out: NDArray[np.float32],
    start: int,
    stop: int,
) -> None:
    """Sweep twice."""
    first, last, pad = start * CHUNK, min(stop * CHUNK, right.size), (x.size - right.size) // 2
    begin_once, end_once = max(0, first - pad), min(right.size, last + pad)
    once = np.zeros(2 * pad + end_once - begin_once, np.float32)
    flow = np.empty(CHUNK, np.float32)
    at_once, at = begin_once, first
    while at < last:
        if at_once < end_once:
            count = min(CHUNK, end_once - at_once)
            _sweep(of, right, x, pad, once[pad + at_once - begin_once :], _FIRST, flow, at_once, count)
            at_once += count
        known = last if at_once == end_once else at_once - pad
        while at < known:
            count = min(CHUNK, known - at)
            _sweep(of, right, once, pad - begin_once, out[pad + at :], _SECOND, flow, at, count)
            at += count
