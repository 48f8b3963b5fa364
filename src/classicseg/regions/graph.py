"""The adjacency graph of regions as arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands, run_interruptible
from classicseg._core.grid import neighbor_offsets, pad, padded_strides
from classicseg._core.kernel import kernel
from classicseg._core.two_floats import lost
from classicseg.regions.label_pairs import N_HASHES, add_pair


class Contacted(NamedTuple):
    """The pairs of regions that touch (`label_pairs`), each once and ascending, and what is counted of each."""

    pairs: NDArray[np.int64]
    """(m,)"""
    counts: NDArray[np.float64]
    """(m, ndim + 1), the pairs of pixels that share a face across each axis, and those that share less."""
    strengths: NDArray[np.float64]
    """(m, 2), the sum of the greater strengths of these pairs of pixels, and its rest (`two_floats`)."""


def contacts_of(labels: NDArray[np.int32], strengths: NDArray[Any] | None, connectivity: int) -> Contacted:
    """Count the contacts of regions 1 … n, and add up the strengths of their borders."""
    ndim, offsets = labels.ndim, neighbor_offsets(labels.shape, connectivity)
    offsets = offsets[offsets < 0]
    strides = padded_strides(labels.shape)
    columns = np.array([*(np.flatnonzero(strides == -o)[:1].tolist() or [ndim] for o in offsets)], np.int64).reshape(-1)
    basins = pad(labels, ndim).reshape(-1)
    grid = np.zeros(0, np.float32) if strengths is None else pad(strengths, ndim).reshape(-1)
    parts = run_bands(_contacts_between, len(basins), 1, basins, grid, offsets, columns, ndim + 1)
    pairs, counts, sums = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = run_interruptible(np.argsort, pairs)
    first = np.concatenate([[True], np.diff(pairs[order]) != 0])[: len(pairs)]
    totals, added = np.zeros((int(first.sum()), ndim + 1)), np.zeros((int(first.sum()), 2))
    rows = np.cumsum(first) - 1
    run_interruptible(_add_contacts, order, rows, counts, sums, totals, added)
    return Contacted(pairs[order[first]], totals, added)


@kernel()
def _contacts_between(
    labels: NDArray[np.int32],
    strengths: NDArray[Any],
    offsets: NDArray[np.int64],
    columns: NDArray[np.int64],
    n_columns: int,
    start: int,
    stop: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """The pairs whose later pixel is one of the nodes `start` to `stop`, most of them once."""
    seen, indices = np.zeros(N_HASHES, np.int64), np.zeros(N_HASHES, np.int64)
    pairs, counts, sums = np.empty(N_HASHES, np.int64), np.zeros((N_HASHES, n_columns)), np.zeros((N_HASHES, 2))
    size: Any = np.int64(0)
    for node in range(start, stop):
        label = labels[node]
        if label <= 0:
            continue
        for i in range(len(offsets)):
            neighbor = labels[node + offsets[i]]
            if neighbor <= 0 or label == neighbor:
                continue
            if size == len(pairs):
                pairs = np.concatenate((pairs, np.empty_like(pairs)))
                counts = np.concatenate((counts, np.zeros_like(counts)))
                sums = np.concatenate((sums, np.zeros_like(sums)))
            index = size
            size, slot = add_pair(label, neighbor, seen, pairs, size)
            if size > index:
                indices[slot] = index
            else:
                index = indices[slot]
            counts[index, columns[i]] += 1
            if len(strengths) > 0:
                total, value = sums[index, 0], np.float64(max(strengths[node], strengths[node + offsets[i]]))
                sums[index, 0] = total + value
                sums[index, 1] += lost(total, value, total + value)
    return pairs[:size].copy(), counts[:size].copy(), sums[:size].copy()


@kernel()
def _add_contacts(
    order: NDArray[np.int64],
    rows: NDArray[np.int64],
    counts: NDArray[np.float64],
    sums: NDArray[np.float64],
    totals: NDArray[np.float64],
    added: NDArray[np.float64],
) -> None:
    for i in range(len(order)):
        here, to = order[i], rows[i]
        for k in range(counts.shape[1]):
            totals[to, k] += counts[here, k]
        total, value = added[to, 0], sums[here, 0]
        added[to, 0] = total + value
        added[to, 1] += sums[here, 1] + lost(total, value, total + value)
