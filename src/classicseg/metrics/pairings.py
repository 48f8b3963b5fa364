"""Which rows and columns may be paired, and at what cost, without a list of the pairs.

The columns of a row are some ranges of one array. Where all pairs are known, that array holds them row by row, and
each row has one range. Of points on a grid it holds the points of the other kind in raster order: those within a
radius of a point are a range on each line of the grid, whose ends are told by a table of how many points come
before each pixel. So the memory is that of the pixels and the points, however many pairs are in reach.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from classicseg._core.kernel import kernel

_TIES = 1e-9
"""Of equal distances one is chosen at random, by as much as this: scan order would prefer one side of a line."""

_PRIME = 2**31 - 1


class Pairings(NamedTuple):
    """Rows, and the columns that each may be paired with, as kernels take them."""

    places: NDArray[np.int64]
    """(n_rows,), where a row is in `before`."""
    lows: NDArray[np.int64]
    """(n_ranges,), how far from there the first pair of each range is told, …"""
    highs: NDArray[np.int64]
    """… and one past the last."""
    before: NDArray[Any]
    columns: NDArray[np.int64]
    """The column of each pair."""
    origins: NDArray[np.int64]
    """(n_rows,); the cost of a pair is found at ``keys[pair] - origins[row] + shifts[range]``."""
    keys: NDArray[np.int64]
    shifts: NDArray[np.int64]
    costs: NDArray[np.float64]
    ties: float
    """What is added to costs at random is less."""


def pairings_of(
    rows: NDArray[np.int64], columns: NDArray[np.int64], costs: NDArray[np.float64], n_rows: int, n_columns: int
) -> Pairings:
    """Pairs that are given one by one."""
    pairs = csr_array((costs, (rows, columns)), shape=(n_rows, n_columns))
    starts, every = pairs.indptr.astype(np.int64), np.arange(len(rows))
    zero, one, origins = np.zeros(1, np.int64), np.ones(1, np.int64), np.zeros(n_rows, np.int64)
    return Pairings(
        np.arange(n_rows), zero, one, starts, pairs.indices.astype(np.int64), origins, every, zero, pairs.data, 0.0
    )


def pairings_within(
    rows: NDArray[np.int64], columns: NDArray[np.int64], radius: float, spacing: tuple[float, ...]
) -> Pairings:
    """Points of a grid, (n, ndim), at most `radius` apart; the costs are the distances."""
    first = np.minimum(rows.min(axis=0), columns.min(axis=0))
    extents = np.maximum(rows.max(axis=0), columns.max(axis=0)) - first + 1
    halos = [int(min(radius / unit, length)) for unit, length in zip(spacing, extents.tolist(), strict=True)]
    strides = np.cumprod([1, *(extents + 2 * np.array(halos))[:0:-1]], dtype=np.int64)[::-1]
    places, keys = (rows - first + halos) @ strides, (columns - first + halos) @ strides
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    n_nodes = int(strides[0]) * int(extents[0] + 2 * halos[0])
    before = np.zeros(n_nodes + 1, np.int32 if len(keys) < 2**31 else np.int64)
    np.add.at(before, keys + 1, 1)
    np.cumsum(before, out=before)

    lines = np.array([*itertools.product(*(range(-halo, halo + 1) for halo in halos[:-1]))], np.int64)
    along = np.arange(-halos[-1], halos[-1] + 1)
    squares = np.zeros((len(lines), len(along)))
    for column, unit in zip(lines.T, spacing[:-1], strict=True):
        squares += np.square(column * unit)[:, np.newaxis]
    squares += np.square(along * spacing[-1])
    halves = (np.count_nonzero(squares <= radius * radius, axis=1) - 1) // 2
    is_near = squares[:, halos[-1]] <= radius * radius
    middles = lines[is_near] @ strides[:-1]
    shifts = np.arange(len(middles)) * len(along) + halos[-1] - middles
    costs = np.sqrt(squares[is_near]).reshape(-1)
    return Pairings(
        places,
        middles - halves[is_near],
        middles + halves[is_near] + 1,
        before,
        order,
        places,
        keys,
        shifts,
        costs,
        _TIES,
    )


def mean_degree(pairings: Pairings) -> int:
    """About how many columns a row has."""
    some = pairings.places[:: max(1, len(pairings.places) // 1000)]
    found = sum(
        int((pairings.before[some + high] - pairings.before[some + low]).sum())
        for low, high in zip(pairings.lows.tolist(), pairings.highs.tolist(), strict=True)
    )
    return math.ceil(found / max(1, len(some))) + len(pairings.lows)


@kernel()
def tie(row: int, column: int) -> float:
    """A number below 1 that looks random."""
    mixed = (row * 48271 + column * 69621 + 1) % _PRIME
    mixed = (mixed * mixed + 16807 * row) % _PRIME
    return (mixed * mixed % _PRIME) / _PRIME
