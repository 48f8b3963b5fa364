"""Connected components of equal label: union-find over runs, which are what is equal within a line of pixels.

The runs of each line are found first. Then two lines that touch are walked through at once, run by run, so that
joining costs runs and not pixels. Bands of rows are joined by themselves, in parallel, then over the seams between
them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.grid import neighbor_views
from classicseg._core.kernel import kernel
from classicseg.labeling.lines import line_at, line_grid, pixel_steps
from classicseg.labeling.run_lengths import RunLengths, first_runs, run_indices, runs_of_lines
from classicseg.labeling.union_find import first_of_component, root_of

_PIXELS_AT_ONCE = 8
"""A pixel is a nanosecond of work or less, so bands are so many times larger than usual, and seams fewer."""

_MOST_LABELS = 2**31 - 1
"""Labels are int32."""

_NONE, _ONE = np.uint64(0), np.uint64(1)

_BLOCK = 32
"""So many pixels are compared at once, and filled together where none differs from the one before."""


class RunGraph(NamedTuple):
    """The runs of lines, and which of the lines before one touch it (`lines.line_grid`).

    What is joined stands apart, in `parents`, (n_runs,): an earlier run of a run's component, or the run itself if
    it is the first (`union_find`).
    """

    length: int
    """Of each line, in pixels."""
    lengths: NDArray[np.int64]
    """Of the other axes."""
    steps: NDArray[np.int64]
    """(n_steps, n_axes), along the other axes, to each neighbor line."""
    diagonal: NDArray[np.int64]
    """(n_steps,), 1 where pixels one further along the line are neighbors as well, or 0."""
    begins: NDArray[np.int64]
    """(n_lines + 1,), the index of the first run of each line, and the number of runs."""
    stops: NDArray[Any]
    """(n_runs,), one past the last pixel of each run, in all the lines one after the other."""
    labels: NDArray[Any]
    """(n_runs,)"""


def connected_components(labels: NDArray[Any], connectivity: int) -> NDArray[np.int32]:
    """Number the connected components of equal label 1 … n by their first pixel; 0 stays 0.

    Two pixels are neighbors where no coordinate differs by more than 1 and at most `connectivity` differ.
    """
    lines, begins, stops, numbers = _numbered_runs(labels, connectivity)
    del stops  # of small regions it is as large as a third of the result
    out = np.empty(labels.shape, np.int32)
    run_bands(_paint, len(lines), lines.shape[1], lines, begins, numbers, out.reshape(lines.shape))
    return out


def connected_runs(labels: NDArray[Any], connectivity: int) -> RunLengths:
    """The same components, run by run: no pixel is written."""
    _, _, stops, numbers = _numbered_runs(labels, connectivity)
    return RunLengths(labels.shape, stops, numbers)


def _numbered_runs(
    labels: NDArray[Any], connectivity: int
) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[Any], NDArray[np.int32]]:
    """The lines; the first run of each; and where each run ends, and its number."""
    readable = labels.view(np.uint8) if labels.dtype == np.bool_ else labels
    lines, lengths, steps, diagonal = line_grid(readable, connectivity)
    begins = first_runs(lines)
    stops, own = runs_of_lines(lines, begins)
    parents = np.arange(len(stops), dtype=np.uint32 if stops.dtype == np.int32 else np.uint64)
    graph = RunGraph(lines.shape[1], lengths, steps, diagonal, begins, stops, own)
    n_rows = int(lengths[0])
    starts = run_bands(_join_band, n_rows, labels.size // (n_rows * _PIXELS_AT_ONCE), graph, parents)
    for start in starts[1:]:
        _join_rows(graph, parents, 0, start, start + 1)
    n_found = np.zeros(1, np.int64)
    run_bands(_number, len(parents), 1, own, parents, n_found, sequential=True)
    check_labels(int(n_found[0]), "connected regions")
    return lines, begins, stops, parents.view(stops.dtype).astype(np.int32, copy=False)


def check_labels(n_labels: int, what: str, limit: int | None = None) -> None:
    """Refuse more segments than have a label."""
    limit = _MOST_LABELS if limit is None else limit
    if n_labels > limit:
        raise ValueError(
            f"the image has {n_labels} {what}; expected at most {limit}; take a part of it, or smooth"
        )


def _join_band(graph: RunGraph, parents: NDArray[Any], start: int, stop: int) -> int:
    """Join the runs of a band by themselves; return where it starts."""
    _join_rows(graph, parents, start, start, stop)
    return start


def _join_rows_numpy(graph: RunGraph, parents: NDArray[Any], low: int, start: int, stop: int) -> None:
    shape = (-1, *graph.lengths[1:].tolist(), graph.length)
    per_row = (len(graph.begins) - 1) // graph.lengths[0]
    first, last = graph.begins[[low * per_row, stop * per_row]]
    index = np.arange(last - first)
    lengths = np.diff(graph.stops[first:last], prepend=low * per_row * graph.length).astype(np.int64)
    nodes = np.repeat(index, lengths).reshape(shape)
    rows = graph.labels[first:last][nodes]
    edges = [np.stack([index, parents[first:last].astype(np.int64) - first])]
    for step in pixel_steps(graph.steps, graph.diagonal):
        here, there = neighbor_views(rows, step)
        linked = (here == there) & (here > 0)
        linked[: max(0, start - low + step[0])] = False  # rows before `start` stay as they are
        edges.append(np.stack([view[linked] for view in neighbor_views(nodes, step)]))
    parents[first:last] = first + first_of_component(np.concatenate(edges, axis=1), len(index))


@kernel(numpy=_join_rows_numpy)
def _join_rows(graph: RunGraph, parents: NDArray[Any], low: int, start: int, stop: int) -> None:
    """Join the runs of rows `start` to `stop` with those that they touch in the rows from `low` on."""
    per_row = (len(graph.begins) - 1) // graph.lengths[0]
    pairs = np.empty((2, 3 * graph.length + 1), parents.dtype)
    for line in range(start * per_row, stop * per_row):
        for i in range(len(graph.steps)):
            neighbor = line_at(line, graph.lengths, graph.steps[i])
            if neighbor >= low * per_row:
                n_pairs = _find_touching(graph, line, neighbor, graph.diagonal[i], pairs)
                for k in range(n_pairs):
                    _join(parents, pairs[0, np.uint64(k)], pairs[1, np.uint64(k)])


@kernel()
def _find_touching(graph: RunGraph, line: int, neighbor: int, diagonal: int, pairs: NDArray[Any]) -> int:
    """Write the runs of a line, and those of their label that they touch in a neighbor line; count these pairs.

    Each step leaves the run behind that ends first, or both. There is no branch, since where runs end is as good
    as random, and indices have no sign that would be looked at: so a step takes two nanoseconds.
    """
    stops, labels, ones, others = graph.stops, graph.labels, pairs[0], pairs[1]
    run, end = np.uint64(graph.begins[line]), np.uint64(graph.begins[line + 1])
    other, found = np.uint64(graph.begins[neighbor]), _NONE
    shift = np.int64(line - neighbor) * graph.length
    while run < end:
        label, beside = labels[run], labels[other]
        last, other_last = np.int64(stops[run]), np.int64(stops[other]) + shift
        ones[found], others[found] = run, other
        found += np.uint64((label == beside) & (label > 0))
        if diagonal > 0:  # where both end, each touches the one after the other; the last of lines the other again
            step = min(end - run - _ONE, _ONE)
            after, other_after = run + step, other + step
            ones[found], others[found] = run, other_after
            found += np.uint64((last == other_last) & (label == labels[other_after]) & (label > 0))
            ones[found], others[found] = after, other
            found += np.uint64((last == other_last) & (beside == labels[after]) & (beside > 0))
        run += np.uint64(last <= other_last)
        other += np.uint64(other_last <= last)
    return int(found)


@kernel()
def _join(parents: NDArray[Any], run: int, other: int) -> None:
    """Join the component of a run with that of one before it: the earlier root is the root of both."""
    parent, other_parent = parents[run], parents[other]
    if parent == run:
        parents[run] = other_parent
    elif parent != other_parent:
        root, other_root = root_of(parents, run), root_of(parents, other)
        parents[max(root, other_root)] = min(root, other_root)


def _number_numpy(
    labels: NDArray[Any], parents: NDArray[Any], n_found: NDArray[np.int64], start: int, stop: int
) -> None:
    known, root = parents[:stop].astype(np.int64), np.arange(start, stop)  # numbers, and parents from `start` on
    is_new = (known[start:] == root) & (labels[start:stop] > 0)
    while ((up := np.where(root < start, root, known[root])) != root).any():
        root = up
    known[start:] = np.where(is_new, n_found[0] + np.cumsum(is_new), 0)
    parents[start:stop] = known[root]
    n_found[0] += np.count_nonzero(is_new)


@kernel(numpy=_number_numpy)
def _number(
    labels: NDArray[Any], parents: NDArray[Any], n_found: NDArray[np.int64], start: int, stop: int
) -> None:
    """Put the number of its component, 0 of label 0, in the place of a run's parent, which has its own already."""
    number = n_found[0]
    for run in range(start, stop):
        parent = parents[run]
        if parent != run:
            parents[run] = parents[parent]
        elif labels[run] > 0:
            number += 1
            parents[run] = number
        else:
            parents[run] = 0
    n_found[0] = number


def _paint_numpy(
    lines: NDArray[Any],
    begins: NDArray[np.int64],
    numbers: NDArray[np.int32],
    out: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    out[start:stop] = numbers[begins[start] + run_indices(lines[start:stop])]


@kernel(numpy=_paint_numpy)
def _paint(
    lines: NDArray[Any],
    begins: NDArray[np.int64],
    numbers: NDArray[np.int32],
    out: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    """Give each pixel the number of its run."""
    for number in range(start, stop):
        line, painted, run = lines[number], out[number], np.uint64(begins[number])
        painted[0] = numbers[run]
        for first in range(1, len(line), _BLOCK):
            last = min(first + _BLOCK, len(line))
            here, before, there = line[first:last], line[first - 1 : last - 1], painted[first:last]
            differ = False
            for x in range(len(here)):
                differ |= here[x] != before[x]
            if differ:
                for x in range(len(here)):  # without a branch: where runs begin is as good as random
                    run += np.uint64(here[x] != before[x])
                    there[x] = numbers[run]
            else:
                there[:] = numbers[run]
