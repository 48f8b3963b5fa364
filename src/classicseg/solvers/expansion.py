"""Labels of least cost on a grid: two by one cut, more by alpha-expansion (Boykov, Veksler and Zabih 2001).

The cost of a labeling is that of each pixel's label, and for each two neighbors of different labels the capacity
of the arc between them. An expansion of a label lets each pixel take it or keep its own, whichever is best for all
together: a minimum cut. Labels expand in turn until none does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.solvers.contrast import Arcs
from classicseg.solvers.grid_flow import Grid, source_side


class Nodes(NamedTuple):
    """The pixels of a padded grid; n_nodes of each."""

    labels: NDArray[np.int32]
    """From 1; 0 takes no part."""
    is_fixed: NDArray[np.bool_]
    """Whether a pixel keeps its label."""


class Expansion:
    """The expansion of one label, which may be repeated with other costs, from what is left of the flow before.

    The arcs of a grid are replaced by those of the expansion, unless `keeps_arcs`.
    """

    def __init__(self, arcs: Arcs, nodes: Nodes, label: int, *, keeps_arcs: bool = False) -> None:
        grid, n_nodes = arcs.grid, len(nodes.labels)
        of_expansion = np.empty_like(grid.arcs) if keeps_arcs else grid.arcs
        self._links = np.empty(n_nodes, np.int32)
        run_bands(_fold, n_nodes, 1, *nodes, label, grid.offsets, grid.arcs, of_expansion, self._links)
        self._moves = (nodes.labels > 0) & (nodes.labels != label) & ~nodes.is_fixed
        self._grid = Grid(of_expansion, np.zeros(n_nodes, np.int32), *grid[2:])
        self._terminals = np.zeros(n_nodes, np.int32)
        self._bound = 2 * arcs.bound

    def taken(self, gains: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return which pixels, (n_nodes,), take the label, by what each gains by it, in capacities."""
        terminals = np.clip(2 * gains.astype(np.int64) + self._links, -self._bound, self._bound)
        terminals = np.where(self._moves, terminals, 0).astype(np.int32)
        self._grid.terminals[...] += terminals - self._terminals
        self._terminals = terminals
        return source_side(self._grid)


def least_cost_labels(arcs: Arcs, nodes: Nodes, costs: NDArray[np.int32]) -> None:
    """Replace the labels of the nodes by those of least cost that expansions find, with costs (n_nodes, n_labels).

    Where there are two labels and all that may move have the first one, there is nothing better. The arcs do not
    stay.
    """
    labels, n_labels, rows = nodes.labels, costs.shape[1], np.arange(len(costs))
    if n_labels == 2:
        gains = costs[:, 0] - costs[:, 1]
        labels[Expansion(arcs, nodes, 2).taken(gains)] = 2
        return
    n_still, label = 0, 0
    while n_still < n_labels:
        gains = costs[rows, np.maximum(labels, 1) - 1] - costs[:, label]
        taken = Expansion(arcs, nodes, label + 1, keeps_arcs=True).taken(gains)
        labels[taken] = label + 1
        n_still = 0 if taken.any() else n_still + 1
        label = (label + 1) % n_labels


def _fold_numpy(
    labels: NDArray[np.int32],
    is_fixed: NDArray[np.bool_],
    label: int,
    offsets: NDArray[np.int64],
    arcs: NDArray[np.int32],
    folded: NDArray[np.int32],
    links: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    n_nodes = len(labels)
    nodes = np.arange(start, stop)
    own = labels[start:stop]
    moves = (own > 0) & (own != label) & ~is_fixed[start:stop]
    links[start:stop] = 0
    for direction, offset in enumerate(offsets):
        neighbors = np.clip(nodes + offset, 0, n_nodes - 1)  # arcs beyond have no capacity
        capacity, of_neighbor = np.where(moves, arcs[start:stop, direction], 0), labels[neighbors]
        has_it, same, stays = of_neighbor == label, of_neighbor == own, is_fixed[neighbors]
        links[start:stop] += np.select([has_it, stays & same, stays, same], [2, -2, 0, 0], 1) * capacity
        folded[start:stop, direction] = np.select([has_it | stays, same], [0, 2], 1) * capacity


@kernel(numpy=_fold_numpy)
def _fold(
    labels: NDArray[np.int32],
    is_fixed: NDArray[np.bool_],
    label: int,
    offsets: NDArray[np.int64],
    arcs: NDArray[np.int32],
    folded: NDArray[np.int32],
    links: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    """The arcs of an expansion, with doubled capacities, and what each node gains by its fixed neighbors and
    others.

    Two neighbors of one label cost nothing if both keep it or both leave it. Two of different labels a and b cost
    1 unless both leave: that is 1 - (x + y - |x - y|) / 2, where x and y are 1 for who leaves, half an arc and
    half a gain for each. A neighbor that has the label already is a gain, one that is fixed to the same other
    label a loss.
    """
    for node in range(start, stop):
        own = labels[node]
        moves = own > 0 and own != label and not is_fixed[node]
        gain = 0
        for direction in range(len(offsets)):
            capacity = arcs[node, direction]
            left = 0
            if moves and capacity > 0:
                neighbor = node + offsets[direction]
                of_neighbor = labels[neighbor]
                if of_neighbor == label:
                    gain += 2 * capacity
                elif is_fixed[neighbor]:
                    if of_neighbor == own:
                        gain -= 2 * capacity
                elif of_neighbor == own:
                    left = 2 * capacity
                else:
                    left = capacity
                    gain += capacity
            folded[node, direction] = left
        links[node] = gain
