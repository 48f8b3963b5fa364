"""Labels as runs of equal ones within lines: most steps cost as many runs as there are, and not pixels."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel

_PIXELS_AT_ONCE = 8
"""A pixel is less than a nanosecond of work here, so bands are so many times larger than usual."""


class RunLengths(NamedTuple):
    """A label image, run by run."""

    shape: tuple[int, ...]
    stops: NDArray[Any]
    """(n,), one past the last pixel of each run: int32 where it holds them, or int64."""
    labels: NDArray[np.int32]
    """(n,)"""


def first_runs(lines: NDArray[Any]) -> NDArray[np.int64]:
    """The index of the first run of each line, and the number of runs, (n + 1,)."""
    begins = np.zeros(len(lines) + 1, np.int64)
    run_bands(_count_runs, len(lines), lines.shape[1] // _PIXELS_AT_ONCE, lines, begins[1:])
    return np.cumsum(begins, out=begins)


def runs_of_lines(lines: NDArray[Any], begins: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Where each run of lines (n, length) ends, and its label; `begins` are their `first_runs`."""
    stops, labels = np.empty(begins[-1], _index_type(lines.size)), np.empty(begins[-1], lines.dtype)
    run_bands(_write_runs, len(lines), lines.shape[1] // _PIXELS_AT_ONCE, lines, begins, stops, labels)
    return stops, labels


def run_indices(lines: NDArray[Any]) -> NDArray[np.int64]:
    """The number of each pixel's run, from 0."""
    differ = np.ones(lines.shape, np.int64)
    differ[:, 1:] = lines[:, 1:] != lines[:, :-1]
    return np.cumsum(differ).reshape(lines.shape) - 1


def _index_type(n_pixels: int) -> type[np.signedinteger[Any]]:
    """The integers that hold a flat index of so many pixels, and one past the last."""
    return np.int32 if n_pixels < 2**31 else np.int64


def begins_on_lines(runs: RunLengths) -> NDArray[np.int64]:
    """How many labels begin on each line along the last axis, of labels that are numbered by their first pixel."""
    length = runs.shape[-1]
    counts = np.zeros(math.prod(runs.shape) // length, np.int64)
    run_bands(_count_begins, len(runs.stops), 1, *runs[1:], length, np.zeros(1, np.int64), counts, sequential=True)
    return counts


def labels_at(runs: RunLengths, pixels: NDArray[np.int64]) -> NDArray[np.int32]:
    """The labels of pixels by their flat indices."""
    return runs.labels[np.searchsorted(runs.stops, pixels, side="right")]


def on_border(runs: RunLengths, n_labels: int) -> NDArray[np.bool_]:
    """Which of the labels 0 … n have a pixel on the border of the image; axes of length 1 have none."""
    found = np.zeros(n_labels + 1, np.bool_)
    *lengths, length = [length for length in runs.shape if length > 1] or [1]
    arguments = *runs[1:], np.array(lengths, np.int64), length, found
    run_bands(_mark_on_border, len(runs.stops), 1, *arguments, sequential=True)
    return found


def expand(runs: RunLengths, table: NDArray[Any], out: NDArray[Any] | None = None) -> NDArray[Any]:
    """Give each pixel what a table has for its label, in a contiguous array `out` where it is given."""
    out = np.empty(runs.shape, table.dtype) if out is None else out
    in_run = out.size // (len(runs.stops) * _PIXELS_AT_ONCE)
    run_bands(_fill, len(runs.stops), in_run, *runs[1:], table, out.reshape(-1))
    return out


def _count_runs_numpy(lines: NDArray[Any], counts: NDArray[np.int64], start: int, stop: int) -> None:
    counts[start:stop] = 1 + np.count_nonzero(lines[start:stop, 1:] != lines[start:stop, :-1], axis=1)


@kernel(numpy=_count_runs_numpy)
def _count_runs(lines: NDArray[Any], counts: NDArray[np.int64], start: int, stop: int) -> None:
    """Count the runs of each line."""
    for number in range(start, stop):
        here, before, count = lines[number, 1:], lines[number, :-1], 1
        for x in range(len(here)):
            count += int(here[x] != before[x])
        counts[number] = count


def _write_runs_numpy(
    lines: NDArray[Any],
    begins: NDArray[np.int64],
    stops: NDArray[Any],
    labels: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    is_last = np.ones((stop - start, lines.shape[1]), bool)
    is_last[:, :-1] = lines[start:stop, 1:] != lines[start:stop, :-1]
    stops[begins[start] : begins[stop]] = start * lines.shape[1] + 1 + np.flatnonzero(is_last)
    labels[begins[start] : begins[stop]] = lines[start:stop][is_last]


@kernel(numpy=_write_runs_numpy)
def _write_runs(
    lines: NDArray[Any],
    begins: NDArray[np.int64],
    stops: NDArray[Any],
    labels: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    """Write where each run ends, and its label."""
    n_columns = lines.shape[1]
    differ, own = np.zeros(n_columns + 8, np.uint8), np.empty(n_columns + 8, np.int32)
    for number in range(start, stop):
        line, first = lines[number], np.uint64(begins[number])
        for i in range(stops_on_line(line, differ, own)):
            end = np.int64(own[i])
            stops[first + np.uint64(i)] = number * n_columns + end
            labels[first + np.uint64(i)] = line[end - 1]


@kernel()
def stops_on_line(line: NDArray[Any], differ: NDArray[np.uint8], stops: NDArray[np.int32]) -> int:
    """Write one past the last pixel of each run on a line; return how many there are.

    `differ` is zeros to begin with, and room for eight pixels more than the line has, as `stops` is.
    """
    here, before, changes = line[1:], line[:-1], differ[1 : len(line)]
    for x in range(len(here)):
        changes[x] = here[x] != before[x]
    differ[len(line)] = 1
    words, found = differ[: len(differ) // 8 * 8].view(np.uint64), np.uint64(0)
    for word in range(len(words)):
        if words[word] != 0:  # eight pixels at once
            for x in range(8 * word, 8 * word + 8):  # without a branch, so also behind the last stop found
                stops[found] = x
                found += np.uint64(differ[np.uint64(x)])
    return int(found)


def _count_begins_numpy(
    stops: NDArray[Any],
    labels: NDArray[np.int32],
    length: int,
    highest: NDArray[np.int64],
    counts: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    until = np.maximum.accumulate(np.append(highest, labels[start:stop]))
    begins = np.append(0, stops)[start:stop][np.diff(until) > 0]
    np.add.at(counts, begins // length, 1)
    highest[0] = until[-1]


@kernel(numpy=_count_begins_numpy)
def _count_begins(
    stops: NDArray[Any],
    labels: NDArray[np.int32],
    length: int,
    highest: NDArray[np.int64],
    counts: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    """Count runs whose label is higher than all before them by the line that they begin on."""
    for run in range(start, stop):
        if labels[run] > highest[0]:
            highest[0] = labels[run]
            counts[(stops[run - 1] if run > 0 else 0) // length] += 1


def _mark_on_border_numpy(
    stops: NDArray[Any],
    labels: NDArray[np.int32],
    lengths: NDArray[np.int64],
    length: int,
    found: NDArray[np.bool_],
    start: int,
    stop: int,
) -> None:
    first = np.append(0, stops)[start:stop]
    column, last = first % length, stops[start:stop] - first + first % length
    is_end = ((column == 0) | (last == length)) & (length > 1)
    indices = np.unravel_index(first // length, tuple(lengths)) if len(lengths) else ()
    for index, n in zip(indices, lengths, strict=True):
        is_end |= ((index == 0) | (index == n - 1)) & (n > 1)
    found[labels[start:stop][is_end]] = True


@kernel(numpy=_mark_on_border_numpy)
def _mark_on_border(
    stops: NDArray[Any],
    labels: NDArray[np.int32],
    lengths: NDArray[np.int64],
    length: int,
    found: NDArray[np.bool_],
    start: int,
    stop: int,
) -> None:
    """Mark the labels of runs on lines of the border, or at an end of their line."""
    first, line, is_outer = int(stops[start - 1]) if start > 0 else 0, -1, False
    for run in range(start, stop):
        last, label = int(stops[run]), labels[run]
        if not found[label]:
            here = first // length
            if here != line:
                line, is_outer, rest = here, False, here
                for i in range(len(lengths)):
                    n = lengths[len(lengths) - 1 - i]
                    index = rest % n
                    is_outer = is_outer or (n > 1 and (index == 0 or index == n - 1))
                    rest //= n
            is_end = length > 1 and (first == line * length or last == (line + 1) * length)
            found[label] = is_outer or is_end
        first = last


def _fill_numpy(
    stops: NDArray[Any], labels: NDArray[np.int32], table: NDArray[Any], out: NDArray[Any], start: int, stop: int
) -> None:
    first = stops[start - 1] if start else 0
    lengths = np.diff(stops[start:stop], prepend=first)
    out[first : stops[stop - 1]] = np.repeat(table[labels[start:stop]], lengths)


@kernel(numpy=_fill_numpy)
def _fill(
    stops: NDArray[Any], labels: NDArray[np.int32], table: NDArray[Any], out: NDArray[Any], start: int, stop: int
) -> None:
    """Give each pixel what the table has for the label of its run."""
    first = int(stops[start - 1]) if start > 0 else 0
    for run in range(start, stop):
        last = int(stops[run])
        out[first:last] = table[labels[run]]
        first = last
