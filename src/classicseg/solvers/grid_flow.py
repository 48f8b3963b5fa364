"""The maximum flow on a grid of pixels, and the smallest source side of a minimum cut.

Boykov and Kolmogorov's algorithm (2004). A tree grows from the source and one from the sink, through arcs that
have capacity left. Where they meet, flow is pushed along the path, and what loses its parent by that is adopted by
another node of its tree, or becomes free. Nodes know how far the root is and when that was looked up, which saves
walks.

Capacities are whole numbers. So the set of nodes that the source still reaches when no path is left is the same
for any maximum flow: the smallest source side of all minimum cuts. Bands of the grid are solved at once, as if no
arc led from one to another; then the arcs are put back and the trees go on. The flow may be another one, that set
is not.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import n_workers, run_bands
from classicseg._core.grid import padded_strides
from classicseg._core.kernel import engine
from classicseg.solvers.flow_trees import FREE, LAST_TIME, PARENT, QUEUE, SINK, Trees, advance, look_again, plant

_VISITS_AT_ONCE = 2**19
"""Nodes visited between two looks at Ctrl-C."""

_FEW_PIXELS = 2**15
"""A band has at least so many: threads cost more than they save on fewer."""

MOST_NEIGHBORS = 250


class Grid(NamedTuple):
    """A flat padded grid whose arcs and terminals are what is left of their capacities."""

    arcs: NDArray[np.int32]
    """(n_nodes, n_directions), from each node, at least 0; 0 to and from the padding. An arc and the one back over
    it have directions 2 i and 2 i + 1. The two together have a capacity of less than 2**30."""
    terminals: NDArray[np.int32]
    """(n_nodes,), from the source, or below 0 to the sink; less than 2**30 in magnitude."""
    offsets: NDArray[np.int64]
    """(n_directions,), from a node to each neighbor."""
    steps: NDArray[np.int64]
    """(n_directions, ndim), the same as steps along the axes."""
    shape: tuple[int, ...]
    """Without the padding."""


def directions(ndim: int, connectivity: int) -> NDArray[np.int64]:
    """The steps to the neighbors of a pixel, (n, ndim), each followed by the one back."""
    around = itertools.product((-1, 0, 1), repeat=ndim)
    forward = [step for step in around if step > (0,) * ndim and np.count_nonzero(step) <= connectivity]
    both = [sign * np.array(step, np.int64) for step in forward for sign in (1, -1)]
    if len(both) > MOST_NEIGHBORS:
        raise ValueError(
            f"connectivity is {connectivity}, {len(both)} neighbors in {ndim} dimensions; expected at most "
            f"{MOST_NEIGHBORS}; take a lower one"
        )
    return np.array(both, np.int64).reshape(-1, ndim)


def empty_grid(shape: tuple[int, ...], connectivity: int) -> Grid:
    """A grid without capacities."""
    steps = directions(len(shape), connectivity)
    n_nodes = int(np.prod([length + 2 for length in shape]))
    arcs, terminals = np.zeros((n_nodes, len(steps)), np.int32), np.zeros(n_nodes, np.int32)
    return Grid(arcs, terminals, steps @ padded_strides(shape), steps, shape)


def source_side(grid: Grid, n_bands: int | None = None) -> NDArray[np.bool_]:
    """Push as much flow as there is room for, and return which nodes, (n_nodes,), the source still reaches.

    The grid is left with what remains of its capacities: after a change of its terminals, which is added to them,
    it is solved again from there (Kohli and Torr 2007).
    """
    n_nodes, n_rows = len(grid.terminals), grid.shape[0] + 2
    if n_bands is None:
        n_bands = max(1, min(n_workers(), n_nodes // _FEW_PIXELS, n_rows))
    if engine() == "numpy":
        n_bands = 1
    numbers = (np.empty(n_nodes, np.int32) for _ in range(3))
    trees = Trees(*grid[:3], np.full(n_nodes, FREE, np.uint16), *numbers)
    cuts = np.linspace(0, n_rows, n_bands + 1).astype(int)
    kept = [(rows, rows.copy()) for rows in _over_seams(grid, cuts[1:-1])]
    for rows, _ in kept:
        rows[...] = 0
    starts = cuts * (n_nodes // n_rows)
    queues = np.zeros(n_bands, QUEUE)
    queues["first"], queues["size"], queues["last_time"] = starts[:-1], np.diff(starts), LAST_TIME
    run_bands(plant, n_bands, 2**62, trees, queues)
    while any(run_bands(advance, n_bands, 2**62, trees, queues, _VISITS_AT_ONCE)):
        pass
    if n_bands > 1:
        for rows, capacities in kept:
            rows[...] = capacities
        whole = np.zeros(1, QUEUE)
        whole["size"], whole["time"], whole["last_time"] = n_nodes, queues["time"].max(), LAST_TIME
        for seam in starts[1:-1]:
            look_again(trees, whole, max(0, seam - n_nodes // n_rows), min(n_nodes, seam + n_nodes // n_rows))
        while any(run_bands(advance, 1, 2**62, trees, whole, _VISITS_AT_ONCE)):
            pass
    return (trees.states & PARENT != FREE) & (trees.states & SINK == 0)


def _over_seams(grid: Grid, seams: NDArray[np.int64]) -> list[NDArray[np.int32]]:
    """Views of the arcs that lead over the seams between rows, from either side."""
    by_row = grid.arcs.reshape(grid.shape[0] + 2, -1, len(grid.offsets))
    return [
        by_row[seam + side, :, direction]
        for seam in seams.tolist()
        for direction, step in enumerate(grid.steps[:, 0].tolist())
        for side in (-1, 0)
        if step == -1 - 2 * side
    ]
