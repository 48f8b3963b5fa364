"""Which regions touch, and small ones that join their neighbors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands, run_interruptible
from classicseg._core.chosen import chose
from classicseg._core.grid import look_up, neighbor_views
from classicseg._core.kernel import kernel
from classicseg.labeling.lines import line_at, line_grid, pixel_steps
from classicseg.regions.label_pairs import N_HASHES, add_pair
from classicseg.regions.merging import choose, join, renumber
from classicseg.regions.statistics import RegionSums, joined_sums, region_sums

_MOST_MIN_AREA = 150
"""A thousandth of the photographs of BSDS500: what is larger is no crumb in a larger image, either."""


def default_min_area(n_pixels: int) -> int:
    """The area below which a region is small where nobody says: a thousandth of the pixels, at most 150."""
    return min(n_pixels // 1000, _MOST_MIN_AREA)


def merge_small(
    labels: NDArray[np.int32], values: NDArray[Any], min_area: int | None, connectivity: int
) -> NDArray[np.int32]:
    """Join each region of fewer than `min_area` pixels to the neighbor most like it in mean value.

    None stands for `default_min_area` of the labeled pixels.

    In rounds: all small regions choose at once, by what turns with the image (the least distance of the means,
    then the darker mean, then the larger area). One that cannot choose between equals waits a round, and stays
    where nothing changes any more. Labels 1 … n come back in no particular order.
    """
    if min_area is None:
        min_area = default_min_area(int(np.count_nonzero(labels)))
        chose(min_area=min_area)
    n_regions = int(labels.max(initial=0))
    if min_area <= 1 or n_regions <= 1:
        return labels
    found, pairs = region_sums(labels, values, n_regions), touching_pairs(labels, connectivity)
    merged = join_small_regions(found, pairs, min_area)
    chose(joined_regions=n_regions - int(merged.max()))
    return look_up(merged.astype(np.int32), labels)


def join_small_regions(found: RegionSums, pairs: NDArray[np.int64], min_area: int) -> NDArray[np.int64]:
    """The label that `merge_small` gives each region, where `pairs` touch (`label_pairs`)."""
    region = joined = np.arange(len(found.areas))
    while True:
        pairs = run_interruptible(renumber, pairs, joined, found.areas, min_area)
        means, chosen = found.means, np.zeros(len(found.areas), np.int64)
        run_interruptible(choose, pairs, found.areas, means, means.sum(axis=1), min_area, chosen)
        if not chosen.any():
            return region
        joined = run_interruptible(join, chosen, np.arange(len(chosen)))
        region, found = joined[region], joined_sums(found, joined, int(joined.max()))


def touching_pairs(labels: NDArray[np.int32], connectivity: int) -> NDArray[np.int64]:
    """The pairs of different positive labels that are neighbors, as numbers (`label_pairs`), most of them once."""
    lines, *grid = line_grid(np.ascontiguousarray(labels), connectivity)
    n_rows = int(grid[0][0])
    return np.concatenate(run_bands(_touching, n_rows, labels.size // n_rows, lines, *grid))


def _touching_numpy(
    lines: NDArray[np.int32],
    lengths: NDArray[np.int64],
    steps: NDArray[np.int64],
    diagonal: NDArray[np.int64],
    start: int,
    stop: int,
) -> NDArray[np.int64]:
    rows = lines.reshape(*lengths.tolist(), -1)
    found = [np.empty(0, np.int64)]
    for step in pixel_steps(steps, diagonal):
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
    diagonal: NDArray[np.int64],
    start: int,
    stop: int,
) -> NDArray[np.int64]:
    """The pairs whose later pixel is in rows `start` to `stop`, most of them once."""
    per_row = len(lines) // lengths[0]
    seen, pairs = np.zeros(N_HASHES, np.int64), np.empty(N_HASHES, np.int64)
    size: Any = np.int64(0)  # as a literal it would be compiled for once more
    room = lines.shape[1] * (1 + 3 * len(steps))
    for line in range(start * per_row, stop * per_row):
        if size + room > len(pairs):
            grown = np.empty(2 * len(pairs) + room, np.int64)
            for i in range(size):
                grown[i] = pairs[i]
            pairs = grown
        here = lines[line]
        size = _pairs_between(here[1:], here[:-1], seen, pairs, size)
        for i in range(len(steps)):
            neighbor = line_at(line, lengths, steps[i])
            if neighbor >= 0:
                there = lines[neighbor]
                size = _pairs_between(here, there, seen, pairs, size)
                if diagonal[i] > 0:
                    size = _pairs_between(here[1:], there[:-1], seen, pairs, size)
                    size = _pairs_between(here[:-1], there[1:], seen, pairs, size)
    return pairs[:size].copy()


@kernel()
def _pairs_between(
    here: NDArray[np.int32],
    there: NDArray[np.int32],
    seen: NDArray[np.int64],
    pairs: NDArray[np.int64],
    size: int,
) -> int:
    """Add the pairs of labels side by side in two rows; return how many there are."""
    for x in range(len(here)):
        a, b = here[x], there[x]
        if a != b and a > 0 and b > 0:
            size, _ = add_pair(a, b, seen, pairs, size)
    return size
