"""Labels as runs of equal ones within lines: what is kept of a tile while the others are looked at."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel


class RunLengths(NamedTuple):
    """A label image, run by run."""

    shape: tuple[int, ...]
    stops: NDArray[Any]
    """(n,), one past the last pixel of each run: int32 where it holds them, or int64."""
    labels: NDArray[np.int32]
    """(n,)"""


def run_stops(lines: NDArray[Any], n_runs: int) -> NDArray[Any]:
    """Find where each of the `n_runs` runs of lines (n, length) ends."""
    stops = np.empty(n_runs, _index_type(lines.size))
    run_bands(_write_stops, len(lines), lines.shape[1], lines, stops, np.zeros(1, np.int64), sequential=True)
    return stops


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
    lengths = np.array(runs.shape[:-1], np.int64)
    arguments = runs.stops, runs.labels, lengths, runs.shape[-1], found
    run_bands(_mark_on_border, len(runs.stops), 1, *arguments, sequential=True)
    return found


def expand(runs: RunLengths, table: NDArray[Any], out: NDArray[Any] | None = None) -> NDArray[Any]:
    """Give each pixel what a table has for its label, in a contiguous array `out` where it is given."""
    out = np.empty(runs.shape, table.dtype) if out is None else out
    run_bands(_fill, len(runs.stops), 1, runs.stops, table[runs.labels], out.reshape(-1))
    return out


def _write_stops_numpy(
    lines: NDArray[Any], stops: NDArray[Any], n_found: NDArray[np.int64], start: int, stop: int
) -> None:
    is_last = np.ones((stop - start, lines.shape[1]), bool)
    is_last[:, :-1] = lines[start:stop, 1:] != lines[start:stop, :-1]
    found = start * lines.shape[1] + 1 + np.flatnonzero(is_last)
    stops[n_found[0] : n_found[0] + len(found)] = found
    n_found[0] += len(found)


@kernel(numpy=_write_stops_numpy)
def _write_stops(
    lines: NDArray[Any], stops: NDArray[Any], n_found: NDArray[np.int64], start: int, stop: int
) -> None:
    """Write where each run ends."""
    found, n_columns = n_found[0], lines.shape[1]
    differ = np.zeros(n_columns + 8, np.uint8)
    own = np.empty(n_columns + 8, np.int32)
    for number in range(start, stop):
        n_own, there = stops_on_line(lines[number], differ, own), stops[found:]
        for i in range(n_own):
            there[i] = number * n_columns + own[i]
        found += n_own
    n_found[0] = found


@kernel()
def stops_on_line(line: NDArray[Any], differ: NDArray[np.uint8], stops: NDArray[np.int32]) -> int:
    """Write one past the last pixel of each run on a line; return how many there are.

    `differ` is zeros to begin with, and room for eight pixels more than the line has, as `stops` is.
    """
    here, before, changes = line[1:], line[:-1], differ[1 : len(line)]
    for x in range(len(here)):
        changes[x] = here[x] != before[x]
    differ[len(line)] = 1
    words = differ[: len(differ) // 8 * 8].view(np.uint64)
    found: Any = np.int64(0)
    for word in range(len(words)):
        if words[word] != 0:  # eight pixels at once
            for x in range(8 * word, 8 * word + 8):  # without a branch, so also behind the last stop found
                stops[found] = x
                found += np.int64(differ[x])
    return found


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


def _fill_numpy(stops: NDArray[Any], values: NDArray[Any], out: NDArray[Any], start: int, stop: int) -> None:
    first = stops[start - 1] if start else 0
    lengths = np.diff(stops[start:stop], prepend=first)
    out[first : stops[stop - 1]] = np.repeat(values[start:stop], lengths)


@kernel(numpy=_fill_numpy)
def _fill(stops: NDArray[Any], values: NDArray[Any], out: NDArray[Any], start: int, stop: int) -> None:
    """Give each pixel the value of its run."""
    first = int(stops[start - 1]) if start > 0 else 0
    for run in range(start, stop):
        last = int(stops[run])
        out[first:last] = values[run]
        first = last
