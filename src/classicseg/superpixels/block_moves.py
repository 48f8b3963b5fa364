"""Blocks at the border of a superpixel move to a neighboring one where that lowers the energy.

The blocks of one parity along each axis are never neighbors. So they decide together, on the means as they were
before, and any of them may move without regard to the others: a superpixel that stays connected without each of
its blocks stays connected without several.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands, run_interruptible
from classicseg._core.kernel import kernel
from classicseg.superpixels.block_levels import Blocks, row_parities
from classicseg.superpixels.block_links import Neighborhood, may_leave, neighborhood


class Energy(NamedTuple):
    """What superpixels are to minimize beside the squared differences of their blocks from their means."""

    faces: NDArray[np.float64]
    """(n_axes,), what a face of a block between two superpixels costs, by the axis that it is across."""
    least: float
    """A superpixel keeps so many pixels."""


class Sums(NamedTuple):
    """What is known of each superpixel: row i is that of label i, and row 0 of none."""

    counts: NDArray[np.float64]
    """(n + 1,)"""
    totals: NDArray[np.float64]
    """(n + 1, channels + n_axes), of the colors, then of the places."""
    means: NDArray[np.float64]
    """The same, divided by the counts."""


class Moves(NamedTuple):
    """Which blocks of some rows have moved."""

    rows: NDArray[np.int64]
    places: NDArray[np.int32]
    """(n_rows, n), where in its row each block is that has moved."""
    former: NDArray[np.int32]
    """The same: the superpixel that it was of."""
    counts: NDArray[np.int64]
    """(n_rows,), how many these are."""


class Buffers(NamedTuple):
    """Room for the block that decides."""

    marks: NDArray[np.bool_]
    """(3^d - 1,)"""
    waiting: NDArray[np.int64]
    """(3^d - 1,)"""
    feature: NDArray[np.float64]
    """(channels + n_axes,), its mean color and its place."""


def sums_of(blocks: Blocks, n: int) -> Sums:
    """Sum up the superpixels 1 … n of whole blocks."""
    n_features = len(blocks.colors) + blocks.row_places.shape[1] + 1
    sums = Sums(np.zeros(n + 1), np.zeros((n + 1, n_features)), np.zeros((n + 1, n_features)))
    run_interruptible(_add_up, blocks, sums)
    return sums


def move_blocks(blocks: Blocks, shape: tuple[int, ...], sums: Sums, energy: Energy) -> int:
    """Let each block at a border decide once; returns how many moved."""
    around, n_features = neighborhood(blocks.strides), sums.means.shape[1]
    parities = row_parities(shape)
    width = (shape[-1] + 1) // 2
    n_moved = 0
    for parity in range(2 ** (len(shape) - 1)):
        rows = np.flatnonzero(parities == parity)
        if not len(rows):
            continue
        size = len(rows), width
        moves = Moves(rows, np.empty(size, np.int32), np.empty(size, np.int32), np.empty(len(rows), np.int64))
        for first in range(2):

            def decide(start: int, stop: int, first: int = first, moves: Moves = moves) -> None:
                _decide(blocks, moves, first, around, _buffers_of(around, n_features), sums, energy, start, stop)

            run_bands(decide, len(rows), shape[-1])
            n_moved += int(moves.counts.sum())
            run_interruptible(_book, blocks, around.around, moves, sums)
    return n_moved


def _buffers_of(around: Neighborhood, n_features: int) -> Buffers:
    n = len(around.around)
    return Buffers(np.empty(n, np.bool_), np.empty(n, np.int64), np.empty(n_features))


@kernel()
def _add_up(blocks: Blocks, sums: Sums) -> None:
    grid, starts, colors = blocks.grid, blocks.starts, blocks.colors
    row_places, row_volumes, places, volumes = blocks.row_places, blocks.row_volumes, blocks.places, blocks.volumes
    counts, totals, means = sums.counts, sums.totals, sums.means
    n_channels, n_outer = len(colors), row_places.shape[1]
    for r in range(len(starts)):
        for x in range(len(places)):
            label = grid[starts[r] + x]
            if label <= 0:
                continue
            volume = row_volumes[r] * volumes[x]
            counts[label] += volume
            for c in range(n_channels):
                totals[label, c] += colors[c, r, x]
            for a in range(n_outer):
                totals[label, n_channels + a] += volume * row_places[r, a]
            totals[label, n_channels + n_outer] += volume * places[x]
    for label in range(1, len(counts)):
        for f in range(totals.shape[1]):
            means[label, f] = totals[label, f] / max(counts[label], 1.0)


@kernel()
def _decide(
    blocks: Blocks,
    moves: Moves,
    first: int,
    around: Neighborhood,
    buffers: Buffers,
    sums: Sums,
    energy: Energy,
    start: int,
    stop: int,
) -> None:
    """Move blocks of rows, every second one from the `first` on; list which moved, and where they were."""
    grid, awake, starts, colors = blocks.grid, blocks.awake, blocks.starts, blocks.colors
    row_places, row_volumes, places, volumes = blocks.row_places, blocks.row_volumes, blocks.places, blocks.volumes
    offsets, across, axes, links, linked = around.around, around.across, around.axes, around.links, around.linked
    counts, means, faces = sums.counts, sums.means, energy.faces
    moved, former, marks, waiting, feature = (
        moves.places,
        moves.former,
        buffers.marks,
        buffers.waiting,
        buffers.feature,
    )
    n_channels, n_outer = len(colors), row_places.shape[1]
    for i in range(start, stop):
        r = moves.rows[i]
        n_moved = 0
        for a in range(n_outer):
            feature[n_channels + a] = row_places[r, a]
        for x in range(first, len(places), 2):
            node = starts[r] + x
            if not awake[node]:
                continue
            awake[node] = False
            label = grid[node]
            is_border = False
            for k in range(len(across)):
                other = grid[node + offsets[across[k]]]
                is_border |= other > 0 and other != label
            if not is_border:
                continue
            volume = row_volumes[r] * volumes[x]
            if counts[label] - volume < energy.least or not may_leave(
                grid, node, label, offsets, across, links, linked, marks, waiting
            ):
                continue
            for c in range(n_channels):
                feature[c] = colors[c, r, x] / volume
            feature[n_channels + n_outer] = places[x]
            best = _best_label(grid, node, label, volume, feature, offsets, across, axes, counts, means, faces)
            if best != label:
                grid[node] = best
                moved[i, n_moved] = x
                former[i, n_moved] = label
                n_moved += 1
        moves.counts[i] = n_moved


@kernel()
def _best_label(
    grid: NDArray[np.int32],
    node: int,
    label: int,
    volume: float,
    feature: NDArray[np.float64],
    offsets: NDArray[np.int64],
    across: NDArray[np.int64],
    axes: NDArray[np.int64],
    counts: NDArray[np.float64],
    means: NDArray[np.float64],
    faces: NDArray[np.float64],
) -> int:
    """The superpixel of least energy for a block, of its own and those that it shares a face with."""
    best, least = label, 0.0
    leaving, staying = 0.0, 0.0
    for f in range(len(feature)):
        difference = feature[f] - means[label, f]
        leaving += difference * difference
    leaving *= counts[label] * volume / (counts[label] - volume)
    for k in range(len(across)):
        if grid[node + offsets[across[k]]] == label:
            staying += faces[axes[k]]
    last = label
    for k in range(len(across)):
        other = grid[node + offsets[across[k]]]
        if other <= 0 or other in (label, last):
            continue
        last = other
        joining, shared = 0.0, 0.0
        for f in range(len(feature)):
            difference = feature[f] - means[other, f]
            joining += difference * difference
        joining *= counts[other] * volume / (counts[other] + volume)
        for j in range(len(across)):
            if grid[node + offsets[across[j]]] == other:
                shared += faces[axes[j]]
        change = joining - leaving + staying - shared
        if change < least:
            best, least = other, change
    return best


@kernel()
def _book(blocks: Blocks, offsets: NDArray[np.int64], moves: Moves, sums: Sums) -> None:
    """Take what moved from the sums of its former superpixel, and add it to those of the new one."""
    grid, awake, starts, colors = blocks.grid, blocks.awake, blocks.starts, blocks.colors
    row_places, row_volumes, places, volumes = blocks.row_places, blocks.row_volumes, blocks.places, blocks.volumes
    counts, totals, means = sums.counts, sums.totals, sums.means
    rows, moved, former, n_of_row = moves.rows, moves.places, moves.former, moves.counts
    n_channels, n_outer = len(colors), row_places.shape[1]
    for i in range(len(rows)):
        r = rows[i]
        for j in range(n_of_row[i]):
            x = moved[i, j]
            node = starts[r] + x
            old, new = former[i, j], grid[node]
            for k in range(len(offsets)):
                awake[node + offsets[k]] = grid[node + offsets[k]] > 0
            volume = row_volumes[r] * volumes[x]
            counts[old] -= volume
            counts[new] += volume
            for f in range(n_channels + n_outer + 1):
                if f < n_channels:
                    value = np.float64(colors[f, r, x])
                elif f < n_channels + n_outer:
                    value = volume * row_places[r, f - n_channels]
                else:
                    value = volume * places[x]
                totals[old, f] -= value
                totals[new, f] += value
    for label in range(1, len(counts)):
        for f in range(totals.shape[1]):
            means[label, f] = totals[label, f] / counts[label]
