"""Connected pieces of equal label, by runs: union-find over what is equal within a line along the last axis.

The result is its own workspace. While pieces are joined, the first pixel of each run holds the index of another
run of its piece, an earlier one, and the other pixels that of their run's first; indices are kept as their
complement, so that they are negative, numbers positive, and 0 belongs to nothing. The first pixel of a piece holds
its own index: the root. Bands of rows are joined by themselves, in parallel, then over the seams between them.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel

_PIXELS_AT_ONCE = 8
"""A pixel is a nanosecond of work or two, so bands are so many times larger than usual, and seams fewer."""


def connected_pieces(labels: NDArray[Any], connectivity: int) -> NDArray[np.int32]:
    """Number the connected pieces of equal label 1 … n by their first pixel; 0 stays 0.

    Two pixels are neighbors where no coordinate differs by more than 1 and at most `connectivity` differ.
    """
    lines, *grid = line_grid(labels, connectivity)
    size, row_size = labels.size, max(1, labels.size // (int(grid[0][0]) * _PIXELS_AT_ONCE))
    pieces = np.empty(size, np.int32 if size < 2**31 else np.int64)
    starts = run_bands(_join_band, int(grid[0][0]), row_size, lines, *grid, pieces)
    run_bands(_join_seams, len(starts), 1, lines, *grid, pieces, np.array(starts, np.int64), whole=True)
    counts = run_bands(_count_roots, size, 1, pieces)
    before = np.cumsum([0, *(n_roots for _, n_roots in counts)])
    bounds = np.array([start for start, _ in counts] + [size], np.int64)
    run_bands(_number_roots, len(counts), size // len(counts), pieces, bounds, before)
    run_bands(_number_pixels, size, 1, pieces)
    return pieces.astype(np.int32, copy=False).reshape(labels.shape)


def line_grid(
    labels: NDArray[Any], connectivity: int
) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """An array as lines along its last axis that is longer than 1, and which of the lines before one touch it.

    Returns the lines (n, length), the lengths of the other axes, the steps along these to each such line, and how
    far along the line neighbors lie in it, 0 or 1. An array of one line comes as one row of it.
    """
    longer = [length for length in labels.shape if length > 1] or [1]
    *lengths, length = longer if len(longer) > 1 else [1, *longer]
    near = itertools.product((-1, 0, 1), repeat=len(lengths))
    steps = [step for step in near if step < (0,) * len(lengths) and np.count_nonzero(step) <= connectivity]
    reaches = [int(np.count_nonzero(step) < connectivity) for step in steps]
    return (
        labels.reshape(-1, length),
        np.array(lengths, np.int64),
        np.array(steps, np.int64),
        np.array(reaches, np.int64),
    )


def neighbor_views(array: NDArray[Any], step: tuple[int, ...]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The pixels that have a neighbor one step away, and those neighbors."""
    ends = {-1: (slice(1, None), slice(None, -1)), 0: (slice(None),) * 2, 1: (slice(None, -1), slice(1, None))}
    return array[tuple(ends[s][0] for s in step)], array[tuple(ends[s][1] for s in step)]


def pixel_steps(steps: NDArray[np.int64], reaches: NDArray[np.int64]) -> list[tuple[int, ...]]:
    """The steps to the pixels before a pixel that are its neighbors, those along its line first."""
    along = [(*[0] * steps.shape[1], -1)]
    return along + [
        (*step, shift)
        for step, reach in zip(steps.tolist(), reaches.tolist(), strict=True)
        for shift in range(-reach, reach + 1)
    ]


def _join_band_numpy(
    lines: NDArray[Any],
    lengths: NDArray[np.int64],
    steps: NDArray[np.int64],
    reaches: NDArray[np.int64],
    pieces: NDArray[Any],
    start: int,
    stop: int,
) -> int:
    rows = lines.reshape(*lengths.tolist(), -1)[start:stop]
    nodes = np.arange(rows.size).reshape(rows.shape)
    edges = [np.empty((2, 0), np.int64)]
    for step in pixel_steps(steps, reaches):
        here, there = neighbor_views(rows, step)
        linked = (here == there) & (here > 0)
        edges.append(np.stack([view[linked] for view in neighbor_views(nodes, step)]))
    first = rows[:1].size * start
    found = pieces[first : first + rows.size]
    found[:] = np.where(rows.ravel() > 0, ~(first + first_of_each(np.concatenate(edges, axis=1), rows.size)), 0)
    return start


@kernel(numpy=_join_band_numpy)
def _join_band(
    lines: NDArray[Any],
    lengths: NDArray[np.int64],
    steps: NDArray[np.int64],
    reaches: NDArray[np.int64],
    pieces: NDArray[Any],
    start: int,
    stop: int,
) -> int:
    """Join what is connected within rows `start` to `stop`; return `start`."""
    n_columns, per_row = lines.shape[1], len(lines) // lengths[0]
    for line in range(start * per_row, stop * per_row):
        _write_runs(lines[line], pieces, line * n_columns)
        for i in range(len(steps)):
            other = line_at(line, lengths, steps[i])
            if other >= start * per_row:
                _join_lines(lines, line, other, reaches[i], pieces)
    return start


def _join_seams_numpy(
    lines: NDArray[Any],
    lengths: NDArray[np.int64],
    steps: NDArray[np.int64],
    reaches: NDArray[np.int64],
    pieces: NDArray[Any],
    seams: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    rows, nodes = (array.reshape(*lengths.tolist(), -1) for array in (lines, np.arange(lines.size)))
    edges = [np.empty((2, 0), np.int64)]
    for seam in seams[start:stop]:
        for step in pixel_steps(steps, reaches):
            if seam > 0 and step[0] < 0:
                here, there = neighbor_views(rows[seam - 1 : seam + 1], step)
                linked = (here == there) & (here > 0)
                edges.append(np.stack([v[linked] for v in neighbor_views(nodes[seam - 1 : seam + 1], step)]))
    joined = _roots(pieces, np.concatenate(edges, axis=1))
    roots, compact = np.unique(joined, return_inverse=True)
    pieces[roots] = ~roots[first_of_each(compact.reshape(joined.shape), len(roots))]


@kernel(numpy=_join_seams_numpy)
def _join_seams(
    lines: NDArray[Any],
    lengths: NDArray[np.int64],
    steps: NDArray[np.int64],
    reaches: NDArray[np.int64],
    pieces: NDArray[Any],
    seams: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    """Join the rows that begin a band with the row before."""
    per_row = len(lines) // lengths[0]
    for seam in seams[start:stop]:
        for line in range(seam * per_row, (seam + 1) * per_row):
            for i in range(len(steps)):
                other = line_at(line, lengths, steps[i])
                if 0 <= other < seam * per_row:
                    _join_lines(lines, line, other, reaches[i], pieces)


def first_of_each(edges: NDArray[np.int64], n_nodes: int) -> NDArray[np.int64]:
    """The first node of each node's component."""
    links = coo_array((np.ones(edges.shape[1], bool), (edges[0], edges[1])), shape=(n_nodes, n_nodes))
    component = connected_components(links, directed=False)[1]
    return np.unique(component, return_index=True)[1][component]


def _roots(pieces: NDArray[Any], nodes: NDArray[np.int64]) -> NDArray[np.int64]:
    while ((above := ~pieces[nodes]) != nodes).any():
        nodes = above
    return nodes


@kernel()
def line_at(line: int, lengths: NDArray[np.int64], step: NDArray[np.int64]) -> int:
    """The number of the line a step away from another, -1 where there is none."""
    found, stride, rest = 0, 1, line
    for i in range(len(lengths)):
        axis = len(lengths) - 1 - i
        place = rest % lengths[axis] + step[axis]
        if place < 0 or place >= lengths[axis]:
            return -1
        found += place * stride
        stride *= lengths[axis]
        rest //= lengths[axis]
    return found


@kernel()
def _write_runs(line: NDArray[Any], pieces: NDArray[Any], first: int) -> None:
    """Point each pixel to the first of its run."""
    run, last = first, line[0]
    for x in range(len(line)):
        label = line[x]
        run = run if label == last else first + x
        last = label
        pieces[first + x] = ~run if label > 0 else 0


@kernel()
def _join_lines(lines: NDArray[Any], line: int, other: int, reach: int, pieces: NDArray[Any]) -> None:
    """Join the runs of one line with those of another that they touch, each pair where it begins to."""
    n_columns = lines.shape[1]
    here, there = lines[line], lines[other]
    to_here, to_there = line * n_columns, other * n_columns
    before, joined = here[0], False
    for x in range(n_columns):
        label = here[x]
        goes_on = label == before and x > 0
        touches = label == there[x] and label > 0
        if touches and not (joined and goes_on):
            _join(pieces, to_here + x, to_there + x)
        elif reach > 0 and label > 0 and not touches:
            if x > 0 and there[x - 1] == label and not goes_on:
                _join(pieces, to_here + x, to_there + x - 1)
            if x + 1 < n_columns and there[x + 1] == label and here[x + 1] != label:
                _join(pieces, to_here + x, to_there + x + 1)
        before, joined = label, touches


@kernel()
def _join(pieces: NDArray[Any], one: int, other: int) -> None:
    """Join two pieces: the earlier root is the root of both."""
    one, other = _root(pieces, one), _root(pieces, other)
    pieces[max(one, other)] = ~min(one, other)


@kernel()
def _root(pieces: NDArray[Any], node: int) -> int:
    above = ~int(pieces[node])
    while above != node:
        pieces[node] = pieces[above]
        node = ~int(pieces[above])
        above = ~int(pieces[node])
    return node


def _count_roots_numpy(pieces: NDArray[Any], start: int, stop: int) -> tuple[int, int]:
    return start, int(np.count_nonzero(pieces[start:stop] == ~np.arange(start, stop)))


@kernel(numpy=_count_roots_numpy)
def _count_roots(pieces: NDArray[Any], start: int, stop: int) -> tuple[int, int]:
    """Return `start`, and how many pixels from there to `stop` are roots."""
    n_roots, band = 0, pieces[start:stop]
    for i in range(len(band)):
        n_roots += int(~int(band[i]) == start + i)
    return start, n_roots


def _number_roots_numpy(
    pieces: NDArray[Any], bounds: NDArray[np.int64], before: NDArray[np.int64], start: int, stop: int
) -> None:
    first, last = bounds[start], bounds[stop]
    roots = first + np.flatnonzero(pieces[first:last] == ~np.arange(first, last))
    pieces[roots] = before[start] + 1 + np.arange(len(roots))


@kernel(numpy=_number_roots_numpy)
def _number_roots(
    pieces: NDArray[Any], bounds: NDArray[np.int64], before: NDArray[np.int64], start: int, stop: int
) -> None:
    """Number the roots in the bands `start` to `stop`, before each of which so many are known."""
    number = before[start]
    for i in range(bounds[start], bounds[stop]):
        if ~int(pieces[i]) == i:
            number += 1
            pieces[i] = number


def _number_pixels_numpy(pieces: NDArray[Any], start: int, stop: int) -> None:
    band = pieces[start:stop]
    while (points := band < 0).any():
        band[points] = pieces[~band[points]]


@kernel(numpy=_number_pixels_numpy)
def _number_pixels(pieces: NDArray[Any], start: int, stop: int) -> None:
    """Give each pixel the number of its root; what another band has numbered already serves as well."""
    last, number = 0, 0
    for i in range(start, stop):
        held = int(pieces[i])
        if held < 0 and held != last:
            last, number = held, held
            while number < 0:
                number = int(pieces[~number])
        if held < 0:
            pieces[i] = number
