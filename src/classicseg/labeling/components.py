"""Connected pieces of equal label: union-find over runs, which are what is equal within a line of the last axis.

Bands of rows are joined by themselves, in parallel, then over the seams between them. The result is its own
workspace: each band of it begins with a number for each run of the band, and is filled from these last of all
(`runs`). While pieces are joined, a run holds the index of another run of its piece, an earlier one, kept as its
complement: so indices are negative, numbers positive, and 0 belongs to nothing. The first run of a piece holds its
own index: the root.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.grid import line_at, line_grid, neighbor_views, pixel_steps
from classicseg._core.kernel import kernel
from classicseg.labeling.run_lengths import RunLengths, run_stops
from classicseg.labeling.runs import (
    count_roots,
    fill,
    index_runs,
    join_marked,
    leave_out,
    mark_touching,
    number_roots,
    number_runs,
    run_indices,
)
from classicseg.labeling.union_find import first_of_component

_PIXELS_AT_ONCE = 8
"""A pixel is a nanosecond of work or a few, so bands are so many times larger than usual, and seams fewer."""

_MOST_LABELS = 2**31 - 1
"""Labels are int32."""


def connected_components(labels: NDArray[Any], connectivity: int) -> NDArray[np.int32]:
    """Number the connected pieces of equal label 1 … n by their first pixel; 0 stays 0.

    Two pixels are neighbors where no coordinate differs by more than 1 and at most `connectivity` differ.
    """
    lines, pieces, spans = _numbered_runs(labels, connectivity)
    run_bands(fill, len(spans), labels.size // len(spans), lines, pieces, spans)
    return pieces.astype(np.int32, copy=False).reshape(labels.shape)


def connected_runs(labels: NDArray[Any], connectivity: int) -> RunLengths:
    """The same pieces, run by run: no pixel is written."""
    lines, pieces, spans = _numbered_runs(labels, connectivity)
    numbers = np.concatenate([pieces[first:last] for first, last in spans.tolist()]).astype(np.int32, copy=False)
    return RunLengths(labels.shape, run_stops(lines, len(numbers)), numbers)


def _numbered_runs(
    labels: NDArray[Any], connectivity: int
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]:
    """The lines, the workspace with the number of each run, and where in it those of each band are."""
    lines, *grid = line_grid(labels.view(np.uint8) if labels.dtype == np.bool_ else labels, connectivity)
    near = near_steps(*grid[1:])
    n_rows, size = int(grid[0][0]), labels.size
    dtype = np.int32 if size < 2**31 else np.int64
    pieces, begins = np.empty(size, dtype), np.empty(len(lines), dtype)
    bands = run_bands(_join_band, n_rows, size // (n_rows * _PIXELS_AT_ONCE), lines, *grid, near, pieces, begins)
    starts, stops = np.array(bands, np.int64).T
    run_bands(_join_seams, len(bands), 1, lines, *grid, near, pieces, begins, starts, sequential=True)
    spans = np.stack([begins[starts * (len(lines) // n_rows)], stops], axis=1).astype(np.int64)
    n_roots, band_size = np.zeros(len(bands), np.int64), size // len(bands)
    run_bands(count_roots, len(bands), band_size, pieces, spans, n_roots)
    check_labels(int(n_roots.sum()), "connected regions")
    run_bands(number_roots, len(bands), band_size, pieces, spans, np.cumsum(n_roots) - n_roots)
    run_bands(number_runs, len(bands), band_size, pieces, spans)
    return lines, pieces, spans


def check_labels(n_labels: int, what: str, most: int | None = None) -> None:
    """Refuse more segments than have a number."""
    limit = _MOST_LABELS if most is None else most
    if n_labels > limit:
        raise ValueError(
            f"the image has {n_labels} {what}; expected at most {limit}; take a part of it, or smooth"
        )


def near_steps(steps: NDArray[np.int64], reaches: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which lines' neighbors of a pixel are, each of them, neighbors of the pixel beside it in which other line.

    Where that one is of the pixel's label, those in the first line need not be looked at: they are joined to it.
    """
    apart, most = steps[:, np.newaxis] - steps, np.count_nonzero(steps, axis=1) + reaches
    n_differ = np.count_nonzero(apart, axis=-1) + reaches[:, np.newaxis]
    return (np.abs(apart).max(axis=-1, initial=0) <= 1) & (n_differ <= most.max(initial=0))


def _join_band_numpy(
    lines: NDArray[Any],
    lengths: NDArray[np.int64],
    steps: NDArray[np.int64],
    reaches: NDArray[np.int64],
    near: NDArray[np.bool_],
    pieces: NDArray[Any],
    begins: NDArray[Any],
    start: int,
    stop: int,
) -> tuple[int, int]:
    per_row, n_columns = len(lines) // lengths[0], lines.shape[1]
    first, band = start * per_row * n_columns, lines[start * per_row : stop * per_row]
    runs = run_indices(band)
    rows, nodes = (array.reshape(-1, *lengths[1:].tolist(), n_columns) for array in (band, runs))
    edges = [np.empty((2, 0), np.int64)]
    for step in pixel_steps(steps, reaches):
        here, there = neighbor_views(rows, step)
        linked = (here == there) & (here > 0)
        edges.append(np.stack([view[linked] for view in neighbor_views(nodes, step)]))
    roots = first_of_component(np.concatenate(edges, axis=1), band.size)
    pieces[first + runs] = np.where(band > 0, ~(first + roots[runs]), 0)
    begins[start * per_row : stop * per_row] = first + runs[:, 0]
    return start, int(first + runs[-1, -1] + 1)


@kernel(numpy=_join_band_numpy)
def _join_band(
    lines: NDArray[Any],
    lengths: NDArray[np.int64],
    steps: NDArray[np.int64],
    reaches: NDArray[np.int64],
    near: NDArray[np.bool_],
    pieces: NDArray[Any],
    begins: NDArray[Any],
    start: int,
    stop: int,
) -> tuple[int, int]:
    """Join the runs that touch within rows `start` to `stop`, and note the index of the first run of each line.

    Returns `start`, and one past the index of the last run.
    """
    per_row, n_columns = len(lines) // lengths[0], lines.shape[1]
    labels, nodes, work, places = _work(lines, lengths, len(steps), pieces)
    first, end = start * per_row, start * per_row * n_columns
    for line in range(first, stop * per_row):
        begins[line], slot = end, line % len(labels)
        end = index_runs(lines[line], labels[slot], nodes[slot], end, pieces)
        _join_line(line, first, line, lengths, steps, reaches, near, labels, nodes, work, places, pieces)
    return int(start), int(end)


def _join_seams_numpy(
    lines: NDArray[Any],
    lengths: NDArray[np.int64],
    steps: NDArray[np.int64],
    reaches: NDArray[np.int64],
    near: NDArray[np.bool_],
    pieces: NDArray[Any],
    begins: NDArray[Any],
    seams: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    edges = [np.empty((2, 0), np.int64)]
    rows = lines.reshape(*lengths.tolist(), -1)
    nodes = (run_indices(lines, apart=True) + begins[:, np.newaxis]).reshape(rows.shape)
    for seam in seams[start:stop]:
        for step in pixel_steps(steps, reaches):
            if seam > 0 and step[0] < 0:
                here, there = neighbor_views(rows[seam - 1 : seam + 1], step)
                linked = (here == there) & (here > 0)
                edges.append(np.stack([v[linked] for v in neighbor_views(nodes[seam - 1 : seam + 1], step)]))
    joined = _roots(pieces, np.concatenate(edges, axis=1))
    roots, compact = np.unique(joined, return_inverse=True)
    pieces[roots] = ~roots[first_of_component(compact.reshape(joined.shape), len(roots))]


@kernel(numpy=_join_seams_numpy)
def _join_seams(
    lines: NDArray[Any],
    lengths: NDArray[np.int64],
    steps: NDArray[np.int64],
    reaches: NDArray[np.int64],
    near: NDArray[np.bool_],
    pieces: NDArray[Any],
    begins: NDArray[Any],
    seams: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    """Join the rows that begin a band with the row before."""
    per_row = len(lines) // lengths[0]
    labels, nodes, work, places = _work(lines, lengths, len(steps), pieces)
    for seam in seams[start:stop]:
        first = seam * per_row
        for line in range(max(first - per_row, 0), first + per_row):
            slot = line % len(labels)
            index_runs(lines[line], labels[slot], nodes[slot], int(begins[line]), pieces[:0])
            if line >= first:
                _join_line(line, 0, first, lengths, steps, reaches, near, labels, nodes, work, places, pieces)


def _roots(pieces: NDArray[Any], nodes: NDArray[np.int64]) -> NDArray[np.int64]:
    while ((above := ~pieces[nodes]) != nodes).any():
        nodes = above
    return nodes


@kernel()
def _work(
    lines: NDArray[Any], lengths: NDArray[np.int64], n_steps: int, pieces: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.uint8], NDArray[Any]]:
    """Rows for the labels and the runs of as many lines as lie between one and the last it touches, and for marks.

    Rows are padded by 0 in front, and behind to 64 and one more: machine code takes so many pixels at once.
    """
    n_slots, stride, width = 1, 1, 64 * ((lines.shape[1] + 63) // 64)
    for i in range(len(lengths) - 1, -1, -1):
        n_slots += stride
        stride *= lengths[i]
    labels, nodes = np.zeros((n_slots, width + 2), lines.dtype), np.zeros((n_slots, width + 2), pieces.dtype)
    return (
        labels,
        nodes,
        np.zeros((n_steps + 1, width // 8), np.uint64).view(np.uint8),
        np.empty(width + 1, pieces.dtype),  # a line has no more places than the image
    )


@kernel()
def _join_line(
    line: int,
    low: int,
    high: int,
    lengths: NDArray[np.int64],
    steps: NDArray[np.int64],
    reaches: NDArray[np.int64],
    near: NDArray[np.bool_],
    labels: NDArray[Any],
    nodes: NDArray[Any],
    work: NDArray[np.uint8],
    places: NDArray[Any],
    pieces: NDArray[Any],
) -> None:
    """Join the runs of a line with those that they touch in the lines `low` to `high`."""
    slot, todo = line % len(labels), work[len(steps)]
    for i in range(len(steps)):
        other = line_at(line, lengths, steps[i])
        if low <= other < high:
            there = other % len(labels)
            mark_touching(labels[slot], labels[there], reaches[i], work[i], todo)
            for j in range(i):
                if near[i, j]:
                    leave_out(work[j], todo)
            join_marked(todo, nodes[slot], nodes[there], pieces, places)
        else:
            work[i] = 0
