"""Whether a superpixel stays connected without one of its blocks, by the 3^d - 1 blocks around that one."""

from __future__ import annotations

import functools
import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel


class Neighborhood(NamedTuple):
    """The blocks around one, as offsets in the padded grid."""

    around: NDArray[np.int64]
    """All of the 3^d - 1 blocks, ascending."""
    across: NDArray[np.int64]
    """(2 * n_axes,), the indices of those that share a face."""
    axes: NDArray[np.int64]
    """(2 * n_axes,), the axis of each of these."""
    links: NDArray[np.int64]
    """(3^d - 1, 2 * n_axes), which of the others shares a face with each; -1 fills the rows up."""
    linked: NDArray[np.bool_]
    """(256,) in a plane: by the bits of those of the same label, whether those that share a face are linked."""


def neighborhood(strides: NDArray[np.int64]) -> Neighborhood:
    """List the blocks around one."""
    known = _neighborhood(len(strides))
    return known._replace(around=known.around @ strides)


@functools.cache
def _neighborhood(n_axes: int) -> Neighborhood:
    """The same, with the steps along each axis in the place of offsets."""
    steps = np.array([step for step in itertools.product((-1, 0, 1), repeat=n_axes) if any(step)])
    across = np.flatnonzero(np.abs(steps).sum(axis=1) == 1)
    axes = np.argmax(np.abs(steps[across]), axis=1)
    links = np.full((len(steps), 2 * n_axes), -1)
    for i, step in enumerate(steps):
        near = np.flatnonzero(np.abs(steps - step).sum(axis=1) == 1)
        links[i, : len(near)] = near
    linked = np.zeros(256 if n_axes == 2 else 1, bool)
    if n_axes == 2:
        marks, waiting = np.zeros(8, np.bool_), np.empty(8, np.int64)
        for bits in range(256):
            marks[:] = [bits >> i & 1 for i in range(8)]
            linked[bits] = _are_linked.loops(marks, across, links, waiting)
    return Neighborhood(steps, across, axes, links, linked)


@kernel()
def may_leave(
    grid: NDArray[np.int32],
    node: int,
    label: int,
    offsets: NDArray[np.int64],
    across: NDArray[np.int64],
    links: NDArray[np.int64],
    linked: NDArray[np.bool_],
    marks: NDArray[np.bool_],
    waiting: NDArray[np.int64],
) -> bool:
    """Whether a superpixel stays connected without one of its blocks, as far as the blocks around it show."""
    if len(offsets) == 8:
        bits = 0
        for k in range(8):
            other = grid[node + offsets[k]]
            if other < 0:
                return False
            bits |= (1 << k) if other == label else 0
        return linked[bits]
    for k in range(len(offsets)):
        other = grid[node + offsets[k]]
        if other < 0:
            return False
        marks[k] = other == label
    return _are_linked(marks, across, links, waiting)


@kernel()
def _are_linked(
    marks: NDArray[np.bool_], across: NDArray[np.int64], links: NDArray[np.int64], waiting: NDArray[np.int64]
) -> bool:
    """Whether the marked blocks that share a face with the one in the middle are linked by marked ones; takes the
    marks away.
    """
    n_waiting = 0
    for k in range(len(across)):
        if marks[across[k]] and n_waiting == 0:
            waiting[0] = across[k]
            n_waiting = 1
            marks[across[k]] = False
    if n_waiting == 0:
        return False
    while n_waiting > 0:
        n_waiting -= 1
        place = waiting[n_waiting]
        for j in range(links.shape[1]):
            other = links[place, j]
            if other >= 0 and marks[other]:
                marks[other] = False
                waiting[n_waiting] = other
                n_waiting += 1
    n_left = 0
    for k in range(len(across)):
        n_left += marks[across[k]]
    return n_left == 0
