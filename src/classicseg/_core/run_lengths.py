"""Labels as runs of equal ones, in raster order: what is kept of a tile while the others are looked at."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel

_BLOCK = 32
"""So many pixels are compared at once, and passed over where none differs from the one before."""


class RunLengths(NamedTuple):
    """A label image, run by run."""

    shape: tuple[int, ...]
    stops: NDArray[np.int32]
    """(n,), one past the last pixel of each run."""
    labels: NDArray[np.int32]
    """(n,)"""


def compress(labels: NDArray[np.int32]) -> RunLengths:
    """Find the runs of a label image of less than 2**31 pixels."""
    flat = np.ascontiguousarray(labels).reshape(-1)
    n_runs = 1 + sum(run_bands(_count_changes, flat.size - 1, 1, flat))
    stops = np.empty(n_runs, np.int32)  # the last one is none of a change
    run_bands(_write_stops, flat.size, 1, flat, stops, np.zeros(1, np.int64), whole=True)
    stops[-1] = flat.size
    return RunLengths(labels.shape, stops, flat[stops - 1])


def expand(runs: RunLengths, table: NDArray[Any]) -> NDArray[Any]:
    """Give each pixel what a table has for its label."""
    out = np.empty(runs.shape, table.dtype)
    run_bands(_fill, len(runs.stops), 1, runs.stops, table[runs.labels], out.reshape(-1))
    return out


def _count_changes_numpy(flat: NDArray[np.int32], start: int, stop: int) -> int:
    return int(np.count_nonzero(flat[start + 1 : stop + 1] != flat[start:stop]))


@kernel(numpy=_count_changes_numpy)
def _count_changes(flat: NDArray[np.int32], start: int, stop: int) -> int:
    before, after, changes = flat[start:stop], flat[start + 1 : stop + 1], 0
    for i in range(len(after)):
        changes += before[i] != after[i]
    return changes


def _write_stops_numpy(
    flat: NDArray[np.int32], stops: NDArray[np.int32], n_found: NDArray[np.int64], start: int, stop: int
) -> None:
    first = max(start, 1)
    found = first + np.flatnonzero(flat[first:stop] != flat[first - 1 : stop - 1])
    stops[n_found[0] : n_found[0] + len(found)] = found
    n_found[0] += len(found)


@kernel(numpy=_write_stops_numpy)
def _write_stops(
    flat: NDArray[np.int32], stops: NDArray[np.int32], n_found: NDArray[np.int64], start: int, stop: int
) -> None:
    found = n_found[0]
    for first in range(max(start, 1), stop, _BLOCK):
        last = min(first + _BLOCK, stop)
        here, before, differ = flat[first:last], flat[first - 1 : last - 1], False
        for i in range(len(here)):
            differ |= here[i] != before[i]
        if differ:
            for i in range(first, last):  # without a branch, and so beyond the last one: there is always one more
                stops[found] = i
                found += flat[i] != flat[i - 1]
    n_found[0] = found


def _fill_numpy(stops: NDArray[np.int32], values: NDArray[Any], out: NDArray[Any], start: int, stop: int) -> None:
    first = stops[start - 1] if start else 0
    lengths = np.diff(stops[start:stop], prepend=first)
    out[first : stops[stop - 1]] = np.repeat(values[start:stop], lengths)


@kernel(numpy=_fill_numpy)
def _fill(stops: NDArray[np.int32], values: NDArray[Any], out: NDArray[Any], start: int, stop: int) -> None:
    first = int(stops[start - 1]) if start > 0 else 0
    for run in range(start, stop):
        last = int(stops[run])
        out[first:last] = values[run]
        first = last
