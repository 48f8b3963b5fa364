"""Superpixels in several pieces: each keeps its largest one, and the others join what they touch.

No superpixel is lost, whatever its size. Where some have no pixels any more, the largest of the other pieces take
their places; what of a mask touches no superpixel becomes one. All other pieces join, round by round, the neighbor of
the nearest mean color, each decision being on the state before the round.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands, run_interruptible
from classicseg._core.grid import look_up
from classicseg._core.kernel import kernel
from classicseg.labeling.components import connected_components
from classicseg.labeling.union_find import component_numbers
from classicseg.regions.adjacency import touching_pairs
from classicseg.types import Labels


class Pieces(NamedTuple):
    """Connected pieces of superpixels, numbered from 0 by their first pixel."""

    owners: NDArray[np.int32]
    """(n,), the superpixel."""
    areas: NDArray[np.int64]
    """(n,), in pixels."""
    colors: NDArray[np.float64]
    """(n, channels), the mean."""


def one_piece_each(labels: NDArray[np.int32], values: NDArray[Any], n_wanted: int) -> Labels:
    """Make superpixels 1 … n connected and number them by their first pixel; 0 takes no part.

    Parameters
    ----------
    labels : ndarray of int32
        The spatial shape.
    values : ndarray, shape (channels, n_lines, length)
        The colors that are compared.
    n_wanted : int
        How many superpixels there are to be, where the pieces allow it.
    """
    components = connected_components(labels, 1)
    pairs = touching_pairs(components, 1)
    found = _measured(components, labels, values)
    ends = np.stack([pairs >> 32, pairs & (2**32 - 1)]) - 1
    home = _homes(found, ends, n_wanted)
    numbers = np.zeros(len(home) + 1, np.int32)
    _, first, inverse = np.unique(home, return_index=True, return_inverse=True)
    ranks = np.empty(len(first), np.int32)
    ranks[np.argsort(first)] = np.arange(1, len(first) + 1)
    numbers[1:] = ranks[inverse]
    return look_up(numbers, components)


def _measured(components: NDArray[np.int32], labels: NDArray[np.int32], values: NDArray[Any]) -> Pieces:
    n = int(components.max(initial=0))
    owners, areas, sums = np.zeros(n, np.int32), np.zeros(n, np.int64), np.zeros((n, len(values)))
    flat = values.reshape(len(values), -1)
    run_bands(
        _measure,
        labels.size,
        1,
        components.reshape(-1),
        labels.reshape(-1),
        flat,
        owners,
        areas,
        sums,
        sequential=True,
    )
    return Pieces(owners, areas, sums / areas[:, np.newaxis])


def _homes(found: Pieces, ends: NDArray[np.int64], n_wanted: int) -> NDArray[np.int64]:
    """The settled piece that each piece belongs to, for the pairs of pieces (2, n) that touch."""
    n = len(found.areas)
    largest = np.lexsort((np.arange(n), -found.areas))
    settled = np.zeros(n, bool)
    settled[_first_of_each(found.owners, largest)] = True
    islands = component_numbers(ends, n)
    alone = np.ones(int(islands.max(initial=-1)) + 1, bool)
    alone[islands[settled]] = False
    is_alone = alone[islands]
    settled[_first_of_each(islands, largest[is_alone[largest]])] = True
    others = largest[~settled[largest]]
    settled[others[: max(0, n_wanted - np.count_nonzero(settled))]] = True
    home = np.where(settled, np.arange(n), -1)
    both = np.concatenate([ends, ends[::-1]], axis=1)
    both = both[:, ~settled[both[0]]]
    while both.size:
        ready = home[both[1]] >= 0
        piece, target = both[0, ready], home[both[1, ready]]
        apart = ((found.colors[piece] - found.colors[target]) ** 2).sum(axis=1)
        order = np.lexsort((target, apart, piece))
        chosen = order[np.concatenate([[True], np.diff(piece[order]) > 0])[: len(order)]]
        home[piece[chosen]] = target[chosen]
        both = both[:, home[both[0]] < 0]
    return home


def _first_of_each(groups: NDArray[Any], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first member of each group in an order."""
    return order[np.unique(groups[order], return_index=True)[1]]


def _measure_numpy(
    components: NDArray[np.int32],
    labels: NDArray[np.int32],
    values: NDArray[Any],
    owners: NDArray[np.int32],
    areas: NDArray[np.int64],
    sums: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    inside = start + np.flatnonzero(components[start:stop])
    pieces = components[inside] - 1
    owners[pieces] = labels[inside]
    np.add.at(areas, pieces, 1)
    np.add.at(sums, pieces, values[:, inside].T.astype(np.float64))


@kernel(numpy=_measure_numpy)
def _measure(
    components: NDArray[np.int32],
    labels: NDArray[np.int32],
    values: NDArray[Any],
    owners: NDArray[np.int32],
    areas: NDArray[np.int64],
    sums: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    """Count the pixels of each piece, sum their values, and tell whose it is."""
    for i in range(start, stop):
        piece = components[i] - 1
        if piece >= 0:
            owners[piece] = labels[i]
            areas[piece] += 1
            for c in range(len(values)):
                sums[piece, c] += values[c, i]
