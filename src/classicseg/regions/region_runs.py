"""The runs of each region: what is measured of regions is measured on their runs, region by region.

A run is a stretch of one label on a line along the last axis. The runs of a region lie together, in
raster order: so a region is summed in one order whatever the number of workers, and no table of sums is needed for
each band.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.grid import look_up
from classicseg._core.kernel import kernel
from classicseg.labeling.numbering import number_by_first_pixel
from classicseg.labeling.run_lengths import stops_on_line


class Runs(NamedTuple):
    """Runs, region by region, as the kernels take them; or line by line, where lines stand for regions."""

    lines: NDArray[Any]
    """(n_runs,), the number of the line along the last axis, from 0: int32 where it holds them, or int64."""
    begins: NDArray[np.int32]
    """(n_runs,), the first index along the line."""
    ends: NDArray[np.int32]
    """(n_runs,), one past the last."""
    offsets: NDArray[np.int64]
    """(n + 1,), the first run of each region, and one past the last of all."""

    @property
    def n_regions(self) -> int:
        return len(self.offsets) - 1

    @property
    def regions(self) -> NDArray[np.int64]:
        """(n_runs,), the region of each run, from 0."""
        return np.repeat(np.arange(self.n_regions), np.diff(self.offsets))


def region_runs(names: NDArray[np.int32], runs: Runs) -> tuple[NDArray[np.int32], Runs]:
    """The positive labels, in the order of their first pixels, and the runs of each, of `line_runs`.

    Regions that follow each other are then mostly near each other, and what is read for one is in the cache for
    the next: values of 10 000 regions are summed in half the time.
    """
    numbers = number_by_first_pixel(names)
    present = np.empty(int(numbers.max(initial=0)), np.int32)
    present[numbers - 1] = names
    return present, _sorted(numbers, runs, len(present))


def runs_within(mask: NDArray[np.bool_], labels: NDArray[np.int32], present: NDArray[np.int32]) -> Runs:
    """The runs of the labels that are present, in that order, of the pixels in a mask; some may have none."""
    numbers = np.zeros(int(labels.max(initial=0)) + 1, np.int32)
    numbers[present] = np.arange(1, len(present) + 1)
    return _sorted(*line_runs(np.where(mask, look_up(numbers, labels), np.int32(0))), len(present))


def line_runs(labels: NDArray[np.int32]) -> tuple[NDArray[np.int32], Runs]:
    """The label of each run, none above the number of pixels, and the runs, line by line."""
    lines = np.ascontiguousarray(labels).reshape(-1, labels.shape[-1])
    n_lines, length = lines.shape
    first = np.zeros(n_lines + 1, np.int64)
    run_bands(_count_runs, n_lines, length, lines, first[1:])
    np.cumsum(first, out=first)
    number = np.int32 if n_lines < 2**31 else np.int64
    names, begins, ends = (np.empty(first[-1], np.int32) for _ in range(3))
    found = Runs(np.empty(first[-1], number), begins, ends, first)
    run_bands(_write_runs, n_lines, length, lines, first, names, found.lines, found.begins, found.ends)
    return names, found


def _sorted(numbers: NDArray[np.int32], runs: Runs, n_regions: int) -> Runs:
    """Runs by the number of the region that each one is of."""
    offsets = np.zeros(n_regions + 1, np.int64)
    np.cumsum(np.bincount(numbers, minlength=n_regions + 1)[1:], out=offsets[1:])
    found = Runs(np.empty_like(runs.lines), np.empty_like(runs.begins), np.empty_like(runs.ends), offsets)
    run_bands(_sort_runs, len(numbers), 1, numbers, *runs[:3], offsets[:-1].copy(), *found[:3], sequential=True)
    return found


def band_weight(runs: Runs, n_pixels: int | None = None) -> int:
    """How much work one region is on average, for `run_bands`: its runs, or its pixels of `n_pixels`."""
    return math.ceil((len(runs.lines) if n_pixels is None else n_pixels) / max(runs.n_regions, 1))


def pixels_of(runs: Runs, region: int, shape: NDArray[np.int64]) -> NDArray[np.int64]:
    """The indices of the pixels of a region, (n, ndim), in raster order: what definitions begin with."""
    own = slice(runs.offsets[region], runs.offsets[region + 1])
    length = int(shape[-1])
    parts = [
        np.arange(line * length + begin, line * length + end)
        for line, begin, end in zip(*(column[own].tolist() for column in runs[:3]), strict=True)
    ]
    flat = np.concatenate([np.empty(0, np.int64), *parts])
    return np.stack(np.unravel_index(flat, shape.tolist()), axis=1).astype(np.int64)


def _count_runs_numpy(lines: NDArray[np.int32], counts: NDArray[np.int64], start: int, stop: int) -> None:
    counts[start:stop] = _starts(lines[start:stop]).sum(axis=1)


def _starts(lines: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Where runs of positive labels begin."""
    starts = lines > 0
    starts[:, 1:] &= lines[:, 1:] != lines[:, :-1]
    return starts


@kernel(numpy=_count_runs_numpy)
def _count_runs(lines: NDArray[np.int32], counts: NDArray[np.int64], start: int, stop: int) -> None:
    """Count the runs of positive labels on each line."""
    for number in range(start, stop):
        line = lines[number]
        here, before, n_runs = line[1:], line[:-1], np.int64(line[0] > 0)
        for x in range(len(here)):
            n_runs += (here[x] != before[x]) & (here[x] > 0)
        counts[number] = n_runs


def _write_runs_numpy(
    lines: NDArray[np.int32],
    first: NDArray[np.int64],
    names: NDArray[np.int32],
    numbers: NDArray[Any],
    begins: NDArray[np.int32],
    ends: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    own, band = slice(first[start], first[stop]), lines[start:stop]
    numbers[own], begins[own] = np.nonzero(_starts(band))
    ends[own] = 1 + np.nonzero(_starts(band[:, ::-1])[:, ::-1])[1]
    names[own] = band[numbers[own], begins[own]]
    numbers[own] += start


@kernel(numpy=_write_runs_numpy)
def _write_runs(
    lines: NDArray[np.int32],
    first: NDArray[np.int64],
    names: NDArray[np.int32],
    numbers: NDArray[Any],
    begins: NDArray[np.int32],
    ends: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    """Write the runs of positive labels: the label of each, its line, and where it begins and ends."""
    length = lines.shape[1]
    differ, stops = np.zeros(length + 8, np.uint8), np.empty(length + 8, np.int32)
    for number in range(start, stop):
        line = lines[number]
        found, begin = first[number], np.int32(0)
        for i in range(stops_on_line(line, differ, stops)):
            if line[begin] > 0:
                names[found], numbers[found], begins[found], ends[found] = line[begin], number, begin, stops[i]
                found += 1
            begin = stops[i]


def _sort_runs_numpy(
    names: NDArray[np.int32],
    numbers: NDArray[Any],
    begins: NDArray[np.int32],
    ends: NDArray[np.int32],
    places: NDArray[np.int64],
    to_numbers: NDArray[Any],
    to_begins: NDArray[np.int32],
    to_ends: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    order = np.argsort(names, kind="stable")
    to_numbers[:], to_begins[:], to_ends[:] = numbers[order], begins[order], ends[order]


@kernel(numpy=_sort_runs_numpy)
def _sort_runs(
    names: NDArray[np.int32],
    numbers: NDArray[Any],
    begins: NDArray[np.int32],
    ends: NDArray[np.int32],
    places: NDArray[np.int64],
    to_numbers: NDArray[Any],
    to_begins: NDArray[np.int32],
    to_ends: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    """Move runs to those of their label: `places` has the next free place of each."""
    for i in range(start, stop):
        place = places[names[i] - 1]
        places[names[i] - 1] = place + 1
        to_numbers[place], to_begins[place], to_ends[place] = numbers[i], begins[i], ends[i]
