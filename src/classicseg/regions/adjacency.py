"""Which regions touch, and small ones that join their neighbors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands, run_interruptible
from classicseg._core.grid import (
    line_at,
    line_grid,
    look_up,
    neighbor_views,
    pixel_steps,
)
from classicseg._core.kernel import kernel
from classicseg.regions.merging import LOW, N_HASHES, add_pair, choose, join, renumber
from classicseg.regions.statistics import RegionSums, joined_sums, region_sums


def merge_small_regions(
    labels: NDArray[np.int32], values: NDArray[Any], min_area: int | None, connectivity: int
) -> NDArray[np.int32]:
    """Join each region of fewer than `min_area` pixels to the neighbor most like it in mean value.

    None stands for a thousandth of the labeled pixels.

    In rounds: all small regions choose at once, by what turns with the image (the least distance of the means,
    then the darker mean, then the larger area). One that cannot choose between equals waits a round, and stays
    where nothing changes any more. Labels 1 … n come back in no particular order.
    """
    if min_area is None:
        min_area = int(np.count_nonzero(labels)) // 1000
    n_regions = int(labels.max(initial=0))
    if min_area <= 1 or n_regions <= 1:
        return labels
    merged = merge_small(region_sums(labels, values, n_regions), touching_codes(labels, connectivity), min_area)
    return look_up(merged.astype(np.int32), labels)


def merge_small(found: RegionSums, codes: NDArray[np.int64], min_area: int) -> NDArray[np.int64]:
    """What `merge_small_regions` makes of each region, where `codes` are the pairs that touch (`merging`)."""
    region = joined = np.arange(len(found.areas))
    while True:
        codes = run_interruptible(renumber, codes, joined, found.areas, min_area)
        means, chosen = found.means, np.zeros(len(found.areas), np.int64)
        run_interruptible(choose, codes, found.areas, means, means.sum(axis=1), min_area, chosen)
        if not chosen.any():
            return region
        joined = run_interruptible(join, chosen, np.arange(len(chosen)))
        region, found = joined[region], joined_sums(found, joined, int(joined.max()))


def adjacent_pairs(labels: NDArray[np.int32], connectivity: int) -> NDArray[np.int64]:
    """The pairs of different positive labels that are neighbors, (n, 2), smaller first, each once, ascending."""
    codes = run_interruptible(np.sort, touching_codes(labels, connectivity))
    codes = codes[np.r_[codes[:1] > 0, codes[1:] != codes[:-1]]]  # np.unique takes 7 times as long
    return np.stack([codes >> 32, codes & LOW], axis=1)


def touching_codes(labels: NDArray[np.int32], connectivity: int) -> NDArray[np.int64]:
    """The pairs of different positive labels that are neighbors, as numbers (`merging`), most of them once."""
    lines, *grid = line_grid(np.ascontiguousarray(labels), connectivity)
    n_rows = int(grid[0][0])
    return np.concatenate(run_bands(_touching, n_rows, labels.size // n_rows, lines, *grid))


def _touching_numpy(
    lines: NDArray[np.int32],
    lengths: NDArray[np.int64],
    steps: NDArray[np.int64],
    reaches: NDArray[np.int64],
    start: int,
    stop: int,
) -> NDArray[np.int64]:
    rows = lines.reshape(*lengths.tolist(), -1)
    found = [np.empty(0, np.int64)]
    for step in pixel_steps(steps, reaches):
        first = start - 1 if step[0] < 0 < start else start
        here, there = neighbor_views(rows[first:stop], step)
        touch = (here != there) & (here > 0) & (there > 0)
        low, high = np.minimum(here, there)[touch], np.maximum(here, there)[touch]
        found.append(low.astype(np.int64) << 32 | high)
    return np.unique(np.concatenate(found))


@kernel(numpy=_touching_numpy)
def _touching(
    lines: NDArray[np.int32],
    lengths: NDArray[np.int64],
    steps: NDArray[np.int64],
    reaches: NDArray[np.int64],
    start: int,
    stop: int,
) -> NDArray[np.int64]:
    """The pairs whose later pixel is in rows `start` to `stop`, most of them once."""
    per_row = len(lines) // lengths[0]
    seen, found, size = np.zeros(N_HASHES, np.int64), np.empty(N_HASHES, np.int64), 0
    most = lines.shape[1] * (1 + 3 * len(steps))
    for line in range(start * per_row, stop * per_row):
        if size + most > len(found):
            grown = np.empty(2 * len(found) + most, np.int64)
            grown[:size] = found[:size]
            found = grown
        here = lines[line]
        size = _pairs_between(here[1:], here[:-1], seen, found, size)
        for i in range(len(steps)):
            other = line_at(line, lengths, steps[i])
            if other >= 0:
                there = lines[other]
                size = _pairs_between(here, there, seen, found, size)
                if reaches[i] > 0:
                    size = _pairs_between(here[1:], there[:-1], seen, found, size)
                    size = _pairs_between(here[:-1], there[1:], seen, found, size)
    return found[:size].copy()


@kernel()
def _pairs_between(
    here: NDArray[np.int32],
    there: NDArray[np.int32],
    seen: NDArray[np.int64],
    found: NDArray[np.int64],
    size: int,
) -> int:
    """Add the pairs of labels side by side in two rows; return how many are found."""
    for x in range(len(here)):
        one, other = here[x], there[x]
        if one != other and one > 0 and other > 0:
            size = add_pair(one, other, seen, found, size)
    return size
