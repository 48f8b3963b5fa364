"""Connected components of equal label: union-find over runs, which are what is equal within a line of pixels.

Bands of rows are joined by themselves, in parallel, then over the seams between them. The result is its own
workspace, `components`: each band of it begins with one number for each run of the band, and last of all its
pixels are filled from these, from the end (`runs`). Such a number is

    ====================  =============================================================================
    ~index (negative)     while components are joined: the index of the run's parent, an earlier run of
                          the same component; the first run of a component is its own parent: the root
    positive              the label of the run's component
    0                     the run belongs to nothing
    ====================  =============================================================================
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.grid import neighbor_views
from classicseg._core.kernel import kernel
from classicseg.labeling.lines import line_at, line_grid, pixel_steps
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


class LineGraph(NamedTuple):
    """An image as lines along its last axis, and which of the lines before one touch it (`grid.line_grid`)."""

    lines: NDArray[Any]
    """(n, length)"""
    lengths: NDArray[np.int64]
    """Of the other axes."""
    steps: NDArray[np.int64]
    """(n_steps, n_axes), along the other axes, to each neighbor line."""
    diagonal: NDArray[np.int64]
    """(n_steps,), 1 where pixels one further along the line are neighbors as well, or 0."""
    covered: NDArray[np.bool_]
    """(n_steps, n_steps), see `covered_lines`."""


class Buffers(NamedTuple):
    """Rows for as many lines as lie between one and the last that it touches, line i in row i modulo their number.

    They are padded by 0 in front, and behind to 64 and one more: machine code takes so many pixels at once.
    """

    labels: NDArray[Any]
    runs: NDArray[Any]
    """The index of each pixel's run."""
    marks: NDArray[np.uint8]
    """(n_steps + 1, width): which pixels are like the one in each neighbor line; and where runs begin to touch."""
    found: NDArray[Any]
    """Room for the indices of pixels that are marked. A line has no more of them than the image."""


def connected_components(labels: NDArray[Any], connectivity: int) -> NDArray[np.int32]:
    """Number the connected components of equal label 1 … n by their first pixel; 0 stays 0.

    Two pixels are neighbors where no coordinate differs by more than 1 and at most `connectivity` differ.
    """
    lines, components, ranges = _numbered_runs(labels, connectivity)
    run_bands(fill, len(ranges), labels.size // len(ranges), lines, components, ranges)
    return components.astype(np.int32, copy=False).reshape(labels.shape)


def connected_runs(labels: NDArray[Any], connectivity: int) -> RunLengths:
    """The same components, run by run: no pixel is written."""
    lines, components, ranges = _numbered_runs(labels, connectivity)
    numbers = [components[first:last] for first, last in ranges.tolist()]
    of_runs = np.concatenate(numbers).astype(np.int32, copy=False)
    return RunLengths(labels.shape, run_stops(lines, len(of_runs)), of_runs)


def _numbered_runs(
    labels: NDArray[Any], connectivity: int
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]:
    """The lines, the workspace with the label of each run, and the range in it of the runs of each band."""
    readable = labels.view(np.uint8) if labels.dtype == np.bool_ else labels
    lines, lengths, steps, diagonal = line_grid(readable, connectivity)
    graph = LineGraph(lines, lengths, steps, diagonal, covered_lines(steps, diagonal))
    n_rows, size = int(lengths[0]), labels.size
    dtype = np.int32 if size < 2**31 else np.int64
    components, begins = np.empty(size, dtype), np.empty(len(lines), dtype)
    bands = run_bands(_join_band, n_rows, size // (n_rows * _PIXELS_AT_ONCE), graph, components, begins)
    starts, stops = np.array(bands, np.int64).T
    if len(bands) > 1:
        buffers = buffers_of(graph, components.dtype)
        run_bands(_join_seams, len(bands), 1, graph, buffers, components, begins, starts, sequential=True)
    ranges = np.stack([begins[starts * (len(lines) // n_rows)], stops], axis=1).astype(np.int64)
    n_roots, band_size = np.zeros(len(bands), np.int64), size // len(bands)
    run_bands(count_roots, len(bands), band_size, components, ranges, n_roots)
    check_labels(int(n_roots.sum()), "connected regions")
    run_bands(number_roots, len(bands), band_size, components, ranges, np.cumsum(n_roots) - n_roots)
    run_bands(number_runs, len(bands), band_size, components, ranges)
    return lines, components, ranges


def check_labels(n_labels: int, what: str, limit: int | None = None) -> None:
    """Refuse more segments than have a label."""
    limit = _MOST_LABELS if limit is None else limit
    if n_labels > limit:
        raise ValueError(
            f"the image has {n_labels} {what}; expected at most {limit}; take a part of it, or smooth"
        )


def covered_lines(steps: NDArray[np.int64], diagonal: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which neighbor lines need no look where another one is of the same label.

    `covered[i, j]`: every neighbor of a pixel in line i is also a neighbor of the pixel beside it in line j. Where
    that one has the pixel's label, line i adds nothing new: what it would join is joined by way of line j.
    """
    apart, n_axes = steps[:, np.newaxis] - steps, np.count_nonzero(steps, axis=1) + diagonal
    n_differ = np.count_nonzero(apart, axis=-1) + diagonal[:, np.newaxis]
    return (np.abs(apart).max(axis=-1, initial=0) <= 1) & (n_differ <= n_axes.max(initial=0))


def buffers_of(graph: LineGraph, dtype: np.dtype[Any]) -> Buffers:
    """Empty buffers for indices of a dtype."""
    lengths, width = graph.lengths.tolist(), 64 * -(-graph.lines.shape[1] // 64)
    n_rows = 1 + sum(math.prod(lengths[axis:]) for axis in range(1, len(lengths) + 1))
    return Buffers(
        np.zeros((n_rows, width + 2), graph.lines.dtype),
        np.zeros((n_rows, width + 2), dtype),
        np.zeros((len(graph.steps) + 1, width), np.uint8),
        np.empty(width + 1, dtype),
    )


def _join_band(
    graph: LineGraph, components: NDArray[Any], begins: NDArray[Any], start: int, stop: int
) -> tuple[int, int]:
    """Join the runs of a band by themselves."""
    return _join_rows(graph, buffers_of(graph, components.dtype), components, begins, start, stop)


def _join_rows_numpy(
    graph: LineGraph, _: Buffers, components: NDArray[Any], begins: NDArray[Any], start: int, stop: int
) -> tuple[int, int]:
    lines, lengths = graph.lines, graph.lengths
    per_row, n_columns = len(lines) // lengths[0], lines.shape[1]
    first, band = start * per_row * n_columns, lines[start * per_row : stop * per_row]
    runs = run_indices(band)
    rows, nodes = (array.reshape(-1, *lengths[1:].tolist(), n_columns) for array in (band, runs))
    edges = [np.empty((2, 0), np.int64)]
    for step in pixel_steps(graph.steps, graph.diagonal):
        here, there = neighbor_views(rows, step)
        linked = (here == there) & (here > 0)
        edges.append(np.stack([view[linked] for view in neighbor_views(nodes, step)]))
    roots = first_of_component(np.concatenate(edges, axis=1), band.size)
    components[first + runs] = np.where(band > 0, ~(first + roots[runs]), 0)
    begins[start * per_row : stop * per_row] = first + runs[:, 0]
    return start, int(first + runs[-1, -1] + 1)


@kernel(numpy=_join_rows_numpy)
def _join_rows(
    graph: LineGraph, buffers: Buffers, components: NDArray[Any], begins: NDArray[Any], start: int, stop: int
) -> tuple[int, int]:
    """Join the runs that touch within rows `start` to `stop`, and note the index of the first run of each line.

    Returns `start`, and one past the index of the last run.
    """
    lines = graph.lines
    per_row, n_columns = len(lines) // graph.lengths[0], lines.shape[1]
    first, end = start * per_row, start * per_row * n_columns
    for line in range(first, stop * per_row):
        begins[line], slot = end, line % len(buffers.labels)
        end = index_runs(lines[line], buffers.labels[slot], buffers.runs[slot], end, components)
        _join_line(line, first, line, graph, buffers, components)
    return int(start), int(end)


def _join_seams_numpy(
    graph: LineGraph,
    _: Buffers,
    components: NDArray[Any],
    begins: NDArray[Any],
    seams: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    edges = [np.empty((2, 0), np.int64)]
    rows = graph.lines.reshape(*graph.lengths.tolist(), -1)
    nodes = (run_indices(graph.lines, apart=True) + begins[:, np.newaxis]).reshape(rows.shape)
    for seam in seams[start:stop]:
        for step in pixel_steps(graph.steps, graph.diagonal):
            if seam > 0 and step[0] < 0:
                here, there = neighbor_views(rows[seam - 1 : seam + 1], step)
                linked = (here == there) & (here > 0)
                edges.append(np.stack([v[linked] for v in neighbor_views(nodes[seam - 1 : seam + 1], step)]))
    joined = _roots(components, np.concatenate(edges, axis=1))
    roots, compact = np.unique(joined, return_inverse=True)
    components[roots] = ~roots[first_of_component(compact.reshape(joined.shape), len(roots))]


@kernel(numpy=_join_seams_numpy)
def _join_seams(
    graph: LineGraph,
    buffers: Buffers,
    components: NDArray[Any],
    begins: NDArray[Any],
    seams: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    """Join the rows that begin a band with the row before."""
    lines = graph.lines
    per_row = len(lines) // graph.lengths[0]
    zero: Any = np.int64(0)  # as a literal it would be compiled for once more
    for seam in seams[start:stop]:
        first = seam * per_row
        for line in range(max(first - per_row, 0), first + per_row):
            slot = line % len(buffers.labels)
            begin: Any = np.int64(begins[line])  # the type that it has in _join_rows, too
            index_runs(lines[line], buffers.labels[slot], buffers.runs[slot], begin, components[:0])
            if line >= first:
                _join_line(line, zero, first, graph, buffers, components)


def _roots(components: NDArray[Any], runs: NDArray[np.int64]) -> NDArray[np.int64]:
    """The root of each run."""
    while ((parents := ~components[runs]) != runs).any():
        runs = parents
    return runs


@kernel()
def _join_line(
    line: int, low: int, high: int, graph: LineGraph, buffers: Buffers, components: NDArray[Any]
) -> None:
    """Join the runs of a line with those that they touch in the lines `low` to `high`."""
    labels, runs, marks = buffers.labels, buffers.runs, buffers.marks
    slot, touching = line % len(labels), marks[len(graph.steps)]
    for i in range(len(graph.steps)):
        neighbor = line_at(line, graph.lengths, graph.steps[i])
        if low <= neighbor < high:
            near = neighbor % len(labels)
            mark_touching(labels[slot], labels[near], graph.diagonal[i], marks[i], touching)
            for j in range(i):
                if graph.covered[i, j]:
                    leave_out(marks[j], touching)
            join_marked(touching, runs[slot], runs[near], components, buffers.found)
        else:
            marks[i] = 0
