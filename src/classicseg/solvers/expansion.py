"""Labels of least cost on a grid: two by one cut, more by alpha-expansion (Boykov, Veksler and Zabih 2001).

The cost of a labeling is that of each pixel's label, and for each two neighbors of different labels the capacity
of the arc between them. An expansion of a label lets each pixel take it or keep its own, whichever is best for all
together: a minimum cut. Labels expand in turn until none does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.grid import interior, pad
from classicseg._core.kernel import kernel
from classicseg.solvers.contrast import Arcs
from classicseg.solvers.grid_flow import Grid, source_side


class Pixels(NamedTuple):
    """The pixels that get labels, of the spatial shape."""

    labels: NDArray[np.int32]
    """From 1; 0 takes no part."""
    is_fixed: NDArray[np.bool_]
    """Whether a pixel keeps its label."""


class Expansion:
    """The expansion of one label, which may be repeated with other costs, from what is left of the flow before.

    The arcs of a grid are replaced by those of the expansion, unless `keeps_arcs`.
    """

    def __init__(self, arcs: Arcs, pixels: Pixels, label: int, *, keeps_arcs: bool = False) -> None:
        grid, n_nodes = arcs.grid, len(arcs.grid.terminals)
        labels, is_fixed = (pad(part, part.ndim).reshape(-1) for part in pixels)
        of_expansion = np.empty_like(grid.arcs) if keeps_arcs else grid.arcs
        links = np.empty(n_nodes, np.int32)
        run_bands(_fold, n_nodes, 1, labels, is_fixed, label, grid.offsets, grid.arcs, of_expansion, links)
        self._links = interior(links, grid.shape)
        self._moves = (pixels.labels > 0) & (pixels.labels != label) & ~pixels.is_fixed
        self._grid = Grid(of_expansion, np.zeros(n_nodes, np.int32), *grid[2:])
        self._terminals = np.zeros(grid.shape, np.int32)
        self._scale, self._bound = 2 * arcs.scale, 2 * arcs.bound

    def taken(self, gains: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which pixels take the label, by what each gains by it; both of the spatial shape."""
        terminals = np.clip(gains * self._scale, -(2.0**40), 2.0**40)
        terminals = np.clip(np.floor(terminals + 0.5) + self._links, -self._bound, self._bound)
        new = np.where(self._moves, terminals, 0).astype(np.int32)
        inside = self._grid.terminals.reshape([length + 2 for length in self._grid.shape])
        inside[(slice(1, -1),) * new.ndim] += new - self._terminals
        self._terminals = new
        return interior(source_side(self._grid), self._grid.shape)


def least_cost_labels(
    arcs: Arcs, pixels: Pixels, n_labels: int, cost_of: Callable[[int], NDArray[np.float64]]
) -> NDArray[np.int32]:
    """Return the labels of least cost that expansions find, where `cost_of` returns what a label costs each pixel.

    Where there are two labels and all that may move have the first one, there are none of less. The arcs do not
    stay.
    """
    labels = pixels.labels.copy()
    if n_labels == 2:
        labels[Expansion(arcs, pixels, 2).taken(cost_of(1) - cost_of(2))] = 2
        return labels
    n_still, label, paid = 0, 1, np.zeros(labels.shape)
    for number in range(1, n_labels + 1):
        paid = np.where(labels == number, cost_of(number), paid)
    while n_still < n_labels:
        cost = cost_of(label)
        expansion = Expansion(arcs, Pixels(labels, pixels.is_fixed), label, keeps_arcs=True)
        taken = expansion.taken(paid - cost)
        labels[taken], paid[taken] = label, cost[taken]
        n_still = 0 if taken.any() else n_still + 1
        label = label % n_labels + 1
    return labels


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
