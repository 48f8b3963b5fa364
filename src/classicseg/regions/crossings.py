"""How often lines cross the border of a region: Crofton's perimeter and surface, counted faces, the Euler number.

All of it comes from pairs of runs on neighboring lines. In a direction of the grid, the stretches in a region are
as many as its pixels less those whose neighbor that way is in it, too; and that is the overlap of runs, shifted by
one pixel at most. Runs are boxes, whose common corners tell how they hang together: the Euler number is the number
of runs less the pairs that touch, plus the triples that have a point in common, less the fours (the nerve of a
cover).
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import SphericalVoronoi

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.regions.region_runs import Runs, band_weight, pixels_of

_STEPS = {1: [], 2: [(0, -1)], 3: [(0, -1), (-1, -1), (-1, 0), (-1, 1)]}
"""By the number of axes: the lines before a line that it touches, by the planes and rows to them."""


def crossings_of(runs: Runs, shape: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The Euler number of each region, and its stretches in each of the `directions`, (n, k)."""
    steps = np.array(_STEPS[len(shape)], np.int64).reshape(-1, 2)
    table = np.zeros((runs.n_regions, 2 + 3 * len(steps)), np.int64)
    n_rows = shape[-2] if len(shape) > 1 else 1
    run_bands(_count_crossings, len(table), 4 * band_weight(runs), runs, n_rows, steps, table)
    return table[:, 0], table[:, 1:]


def directions(ndim: int) -> NDArray[np.int64]:
    """The directions in which stretches are counted, (k, ndim): along the line, then to the lines before."""
    around = [(plane, row, shift) for plane, row in _STEPS[ndim] for shift in (-1, 0, 1)]
    return np.array([(0, 0, 1), *around], np.int64)[:, 3 - ndim :]


def measure_of_crossings(stretches: NDArray[np.int64], spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """Crofton's perimeter or surface, (n,): the mean over all directions of what a projection covers.

    A stretch covers the area of a pixel over the length of one step. A direction stands for those that are nearer
    to it than to any other.
    """
    steps = directions(len(spacing)) * np.array(spacing)
    lengths = np.sqrt((steps * steps).sum(axis=1))
    whole = math.pi if len(spacing) == 2 else 4.0
    weights = whole * _shares(steps / lengths[:, np.newaxis]) * math.prod(spacing) / lengths
    return _weighted(stretches, weights)


def faces_of_crossings(stretches: NDArray[np.int64], spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """The sum of the faces that pixels have on other regions, on 0 and on the border of the image, (n,)."""
    steps = directions(len(spacing))
    is_along = np.count_nonzero(steps, axis=1) == 1
    faces = np.abs(steps) @ (math.prod(spacing) / np.array(spacing))
    return _weighted(stretches, np.where(is_along, 2 * faces, 0.0))


def _weighted(stretches: NDArray[np.int64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted sums of stretches, those of equal weight added first: flips change the order only."""
    found = np.zeros(len(stretches))
    for weight in np.unique(weights):
        found += weight * stretches[:, weights == weight].sum(axis=1)
    return found


def _shares(units: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of all directions the part that is nearest to each of these, or to its opposite, (k,): they add up to 1."""
    both = np.concatenate([units, -units])
    if units.shape[1] == 2:
        angles = np.arctan2(both[:, 0], both[:, 1])
        order = np.argsort(angles)
        gaps = np.diff(angles[order], append=angles[order[0]] + 2 * math.pi)
        areas = np.empty(len(both))
        areas[order] = (gaps + np.roll(gaps, 1)) / 2
    else:
        areas = SphericalVoronoi(both).calculate_areas()
    shares = areas[: len(units)] / areas.sum() * 2
    # by symmetry directions whose components have the same sizes have the same share, to the last bit
    keys = np.abs(units).round(12)
    for key in np.unique(keys, axis=0):
        alike = (keys == key).all(axis=1)
        shares[alike] = shares[alike].mean()
    return shares


def _count_crossings_numpy(
    runs: Runs,
    n_rows: int,
    steps: NDArray[np.int64],
    table: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    n_columns, n_planes = int(runs.ends.max(initial=1)), int(runs.lines.max(initial=0)) // n_rows + 1
    for region in range(start, stop):
        pixels = pixels_of(runs, region, np.array([n_planes, n_rows, n_columns], np.int64))
        low = pixels.min(axis=0)
        inside = np.zeros(pixels.max(axis=0) - low + 3, np.bool_)
        inside[tuple((pixels - low + 1).T)] = True
        ways = [(0, 0, -1), *((*step, shift) for step in steps.tolist() for shift in (-1, 0, 1))]
        for column, way in enumerate(ways):
            table[region, 1 + column] = (inside & ~np.roll(inside, [-s for s in way], (0, 1, 2))).sum()
        # a point of the grid, a line, a face or a pixel is part of the region if a pixel around it is
        for corner in itertools.product((0, 1), repeat=3):
            around = inside.copy()
            for axis, shared in enumerate(corner):
                around |= np.roll(around, shared, axis)
            table[region, 0] += (-1) ** (3 - sum(corner)) * around.sum()


@kernel(numpy=_count_crossings_numpy)
def _count_crossings(
    runs: Runs,
    n_rows: int,
    steps: NDArray[np.int64],
    table: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    """Write the Euler number and the stretches, line by line, with the lines before that touch it."""
    n_steps = len(steps)
    ranges = np.zeros((5, 2), np.int64)  # of the runs of those lines, and of this one
    counts = np.zeros(4, np.int64)
    for region in range(start, stop):
        first, last, row = runs.offsets[region], runs.offsets[region + 1], table[region]
        n_pixels = np.int64(0)
        for k in range(n_steps):
            ranges[k, 0] = ranges[k, 1] = first
        run = first
        while run < last:
            ranges[4, 0], line = run, int(runs.lines[run])
            while run < last and runs.lines[run] == line:
                n_pixels += runs.ends[run] - runs.begins[run]
                run += 1
            ranges[4, 1] = run
            for k in range(n_steps):
                _move(runs, ranges, k, line, steps[k, 0], steps[k, 1], n_rows)
                _compare(runs, ranges, k, counts)
                row[0] -= counts[3]
                for shift in range(3):
                    row[2 + 3 * k + shift] -= counts[shift]
            if n_steps == 4:
                row[0] += _n_common(runs, ranges, 0, 1, 1) + _n_common(runs, ranges, 0, 2, 2)
                row[0] += _n_common(runs, ranges, 1, 2, 2) + _n_common(runs, ranges, 2, 3, 3)
                row[0] -= _n_common(runs, ranges, 0, 1, 2)
        row[0] += last - first
        row[1] = last - first
        for column in range(3 * n_steps):
            row[2 + column] += n_pixels


@kernel()
def _move(runs: Runs, ranges: NDArray[np.int64], k: int, line: int, plane: int, row: int, n_rows: int) -> None:
    """Find the runs of the line `plane` planes and `row` rows from a line; none beyond the border."""
    beside, place = line % n_rows + row, ranges[k, 1]
    ranges[k, 0] = place
    if 0 <= beside < n_rows:
        wanted = line + plane * n_rows + row
        while runs.lines[place] < wanted:  # the line itself comes after
            place += 1
        ranges[k, 0] = place
        while runs.lines[place] == wanted:
            place += 1
        ranges[k, 1] = place


@kernel()
def _compare(
    runs: Runs,
    ranges: NDArray[np.int64],
    k: int,
    counts: NDArray[np.int64],
) -> None:
    """Count the pixels of the line whose neighbor before, beside or after is in line k, and pairs that touch."""
    here, there = ranges[4, 0], ranges[k, 0]
    for i in range(4):
        counts[i] = 0
    while here < ranges[4, 1] and there < ranges[k, 1]:
        low, high = runs.begins[here], runs.ends[here]
        other_low, other_high = runs.begins[there], runs.ends[there]
        if max(low, other_low) <= min(high, other_high):
            counts[3] += 1
            for shift in range(3):
                away = 1 - shift  # the neighbor at shift - 1 is in line k if the pixel is in line k moved back
                counts[shift] += max(np.int64(0), min(high, other_high + away) - max(low, other_low + away))
        if high < other_high:
            here += 1
        else:
            there += 1


@kernel()
def _n_common(runs: Runs, ranges: NDArray[np.int64], a: int, b: int, c: int) -> int:
    """How many sets of runs, one of the line and one of each of lines a, b and c, have a point in common."""
    here, i, j, k = ranges[4, 0], ranges[a, 0], ranges[b, 0], ranges[c, 0]
    found: Any = np.int64(0)
    while here < ranges[4, 1] and i < ranges[a, 1] and j < ranges[b, 1] and k < ranges[c, 1]:
        low = max(max(runs.begins[here], runs.begins[i]), max(runs.begins[j], runs.begins[k]))
        high = min(min(runs.ends[here], runs.ends[i]), min(runs.ends[j], runs.ends[k]))
        found += low <= high
        if runs.ends[here] == high:
            here += 1
        elif runs.ends[i] == high:
            i += 1
        elif runs.ends[j] == high:
            j += 1
        else:
            k += 1
    return found
