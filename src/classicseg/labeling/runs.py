"""Runs, what is equal within a line, are found, joined and numbered, and become pixels again.

The docstring of `components` says how they are kept meanwhile.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel

BESIDE, BEFORE, AFTER = 1, 2, 4
"""Bits of a mark: a run of the other line begins to touch the pixel from beside it, one pixel before or after."""

_BLOCK = 32
"""So many pixels are compared at once, and filled together where none differs from the one before."""


def run_indices(lines: NDArray[Any], *, apart: bool = False) -> NDArray[np.int64]:
    """The number of each pixel's run, from 0: in all the lines, one after the other, or `apart` in each."""
    differ = np.ones(lines.shape, np.int64)
    differ[:, 1:] = lines[:, 1:] != lines[:, :-1]
    return (np.cumsum(differ, axis=1) if apart else np.cumsum(differ).reshape(lines.shape)) - 1


@kernel()
def index_runs(
    line: NDArray[Any], labels: NDArray[Any], runs: NDArray[Any], run: int, components: NDArray[Any]
) -> int:
    """Copy a line between the padding of `labels`, and write the index of each pixel's run: `run` is the first.

    Returns the index after the last. Where there are `components`, each run becomes a root, or 0.
    """
    n_columns, fresh = len(line), len(components) > 0
    copied = labels[1 : n_columns + 1]
    for x in range(n_columns):
        copied[x] = line[x]
    runs[1] = run
    if fresh:
        components[run] = ~run if line[0] > 0 else 0
    for start in range(1, n_columns, _BLOCK):
        stop = min(start + _BLOCK, n_columns)
        here, before, found = line[start:stop], line[start - 1 : stop - 1], runs[start + 1 : stop + 1]
        if _changes(line, start, stop):
            for x in range(len(here)):  # without a branch: where runs begin is as good as random
                run += int(here[x] != before[x])
                found[x] = run
                if fresh:
                    parent = ~run if here[x] > 0 else 0
                    components[np.uint64(run)] = parent  # unsigned: no test for an index from the end
        else:
            found[:] = run
    return run + 1


@kernel()
def mark_touching(
    line: NDArray[Any],
    neighbor: NDArray[Any],
    diagonal: int,
    same: NDArray[np.uint8],
    touching: NDArray[np.uint8],
) -> None:
    """Mark where runs of two padded lines begin to touch, and, in `same`, each pixel like the one beside it."""
    n = len(same)
    label, before, after = line[1 : n + 1], line[:n], line[2 : n + 2]
    other, other_before, other_after = neighbor[1 : n + 1], neighbor[:n], neighbor[2 : n + 2]
    for x in range(n):
        beside = (label[x] == other[x]) & (label[x] > 0)
        begins = (label[x] != before[x]) | (other[x] != other_before[x])
        same[x] = np.uint8(7) * np.uint8(beside)
        touching[x] = np.uint8(beside & begins)
    if diagonal > 0:
        for x in range(n):
            apart = (label[x] != other[x]) & (label[x] > 0)
            first = apart & (label[x] == other_before[x]) & (label[x] != before[x])
            last = apart & (label[x] == other_after[x]) & (label[x] != after[x])
            touching[x] |= np.uint8(2) * np.uint8(first) + np.uint8(4) * np.uint8(last)


@kernel()
def leave_out(same: NDArray[np.uint8], touching: NDArray[np.uint8]) -> None:
    """Clear the marks of pixels that are like the one beside them in a line that covers this one."""
    for x in range(len(touching)):
        touching[x] &= same[x] ^ np.uint8(7)


@kernel()
def _changes(line: NDArray[Any], start: int, stop: int) -> bool:
    """Whether any of these pixels differs from the one before."""
    differ, here, before = False, line[start:stop], line[start - 1 : stop - 1]
    for x in range(len(here)):
        differ |= here[x] != before[x]
    return differ


@kernel()
def join_marked(
    touching: NDArray[np.uint8],
    runs: NDArray[Any],
    neighbors: NDArray[Any],
    components: NDArray[Any],
    found: NDArray[Any],
) -> None:
    """Join the runs of a line with those of a neighbor line that they are marked to touch."""
    words = touching.view(np.uint64)
    n_found = 0
    for word in range(len(words)):
        if words[word] != 0:
            for x in range(8 * word, 8 * word + 8):  # without a branch: where runs begin is as good as random
                found[np.uint64(n_found)] = x  # unsigned: no test for an index from the end
                n_found += int(touching[np.uint64(x)] != 0)
    for i in range(n_found):
        x = int(found[i])
        mark, run = int(touching[x]), int(runs[x + 1])
        if mark & BESIDE:
            _join(components, run, int(neighbors[x + 1]))
        if mark & BEFORE:
            _join(components, run, int(neighbors[x]))
        if mark & AFTER:
            _join(components, run, int(neighbors[x + 2]))


@kernel()
def _join(components: NDArray[Any], run: int, earlier: int) -> None:
    """Join the component of a run with that of an earlier one: the earlier root is the root of both."""
    parent, other_parent = int(components[run]), int(components[earlier])
    if parent == ~run:
        components[run] = other_parent
    elif parent != other_parent:
        a, b = _root(components, run), _root(components, earlier)
        components[max(a, b)] = ~min(a, b)


@kernel()
def _root(components: NDArray[Any], run: int) -> int:
    """The root of a run's component, as in `union_find`, for parents that are complements."""
    parent = ~int(components[run])
    while parent != run:
        components[run] = components[parent]
        run = ~int(components[parent])
        parent = ~int(components[run])
    return run


def _count_roots_numpy(
    components: NDArray[Any], ranges: NDArray[np.int64], n_roots: NDArray[np.int64], start: int, stop: int
) -> None:
    n_roots[start:stop] = [np.count_nonzero(components[a:b] == ~np.arange(a, b)) for a, b in ranges[start:stop]]


@kernel(numpy=_count_roots_numpy)
def count_roots(
    components: NDArray[Any], ranges: NDArray[np.int64], n_roots: NDArray[np.int64], start: int, stop: int
) -> None:
    """Count the roots in each of the bands `start` to `stop`, whose runs have these ranges of indices."""
    for band in range(start, stop):
        first, runs, found = ranges[band, 0], components[ranges[band, 0] : ranges[band, 1]], 0
        for i in range(len(runs)):
            found += int(~int(runs[i]) == first + i)
        n_roots[band] = found


def _number_roots_numpy(
    components: NDArray[Any], ranges: NDArray[np.int64], before: NDArray[np.int64], start: int, stop: int
) -> None:
    for band in range(start, stop):
        runs = np.arange(*ranges[band].tolist())
        roots = runs[components[runs] == ~runs]
        components[roots] = before[band] + 1 + np.arange(len(roots))


@kernel(numpy=_number_roots_numpy)
def number_roots(
    components: NDArray[Any], ranges: NDArray[np.int64], before: NDArray[np.int64], start: int, stop: int
) -> None:
    """Number the roots in the bands `start` to `stop`; `before` says how many come before each band."""
    for band in range(start, stop):
        number = before[band]
        for i in range(ranges[band, 0], ranges[band, 1]):
            if ~int(components[i]) == i:
                number += 1
                components[i] = number


def _number_runs_numpy(components: NDArray[Any], ranges: NDArray[np.int64], start: int, stop: int) -> None:
    for first, last in ranges[start:stop].tolist():
        runs = components[first:last]
        while (points := runs < 0).any():
            runs[points] = components[~runs[points]]


@kernel(numpy=_number_runs_numpy)
def number_runs(components: NDArray[Any], ranges: NDArray[np.int64], start: int, stop: int) -> None:
    """Give each run the number of its root, or of a run on the way that another band has numbered already."""
    for band in range(start, stop):
        for i in range(ranges[band, 0], ranges[band, 1]):
            number = int(components[i])
            while number < 0:
                number = int(components[~number])
            components[i] = number


def _fill_numpy(
    lines: NDArray[Any], components: NDArray[Any], ranges: NDArray[np.int64], start: int, stop: int
) -> None:
    n_columns = lines.shape[1]
    for first, last in zip(
        ranges[start:stop, 0].tolist(), [*ranges[start + 1 :, 0].tolist(), lines.size], strict=False
    ):
        band = lines[first // n_columns : last // n_columns]
        components[first:last] = components[first + run_indices(band)].reshape(-1)


@kernel(numpy=_fill_numpy)
def fill(lines: NDArray[Any], components: NDArray[Any], ranges: NDArray[np.int64], start: int, stop: int) -> None:
    """Give each pixel of the bands the number of its run, from the last: what is overwritten is not read again."""
    n_columns = lines.shape[1]
    for band in range(start, stop):
        first, run = ranges[band, 0], ranges[band, 1] - 1
        last = ranges[band + 1, 0] if band + 1 < len(ranges) else lines.size
        for number in range(last // n_columns - 1, first // n_columns - 1, -1):
            run = _fill_line(lines[number], components, number * n_columns, run) - 1


@kernel()
def _fill_line(line: NDArray[Any], components: NDArray[Any], first: int, run: int) -> int:
    """Fill a line, from `first` on, whose last run has this index; return the index of its first."""
    for done in range(0, len(line) - 1, _BLOCK):
        stop = len(line) - done
        start = max(stop - _BLOCK, 1)
        filled = components[first + start : first + stop]
        if _changes(line, start, stop):
            here, before = line[start:stop], line[start - 1 : stop - 1]
            for x in range(len(here) - 1, -1, -1):
                filled[x] = components[np.uint64(run)]
                run -= int(here[x] != before[x])
        else:
            filled[:] = components[run]
    components[first] = components[run]
    return run
