"""The faces that regions share, from the runs of lines: as far as runs of two neighboring lines overlap.

It takes time in proportion to the runs; `graph` looks at each pixel, which strengths between pixels need.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.labeling.lines import line_at
from classicseg.regions.graph import RegionContacts, joined_contacts
from classicseg.regions.label_pairs import N_HASHES, add_pair, twice_as_long
from classicseg.regions.region_runs import Runs


def contacts_of_runs(names: NDArray[np.int32], runs: Runs, shape: tuple[int, ...]) -> RegionContacts:
    """Count the faces between regions 1 … n, of the labels of runs and the runs line by line."""
    lengths = np.array(shape[:-1], np.int64)
    steps = -np.eye(len(lengths), dtype=np.int64)
    weight = max(len(names) // max(runs.n_regions, 1), 1)
    return joined_contacts(
        run_bands(_faces_between, runs.n_regions, weight, names, runs, lengths, steps), len(shape) + 1
    )


@kernel()
def _faces_between(
    names: NDArray[np.int32],
    runs: Runs,
    lengths: NDArray[np.int64],
    steps: NDArray[np.int64],
    start: int,
    stop: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The pairs whose later pixel is on one of the lines `start` to `stop`, most of them once, and their faces."""
    n_across, first = len(lengths), runs.offsets
    seen, indices = np.zeros(N_HASHES, np.int64), np.zeros(N_HASHES, np.int64)
    pairs, table = np.empty(N_HASHES, np.int64), np.zeros((N_HASHES, n_across + 2))
    size: Any = np.int64(0)  # as a literal it would be compiled for once more
    for line in range(start, stop):
        for axis in range(n_across + 1):
            other = line_at(line, lengths, steps[axis]) if axis < n_across else line
            here, last = first[line], first[line + 1]
            there, end = (first[other], first[other + 1]) if other >= 0 else (last, last)
            if axis == n_across:
                there += 1  # along a line: each run and the next one
            while here < last and there < end:
                begin, stop_here, stop_there = runs.begins[there], runs.ends[here], runs.ends[there]
                if axis == n_across:
                    faces = np.int64(stop_here == begin)
                    stop_there = stop_here
                else:
                    faces = np.int64(min(stop_here, stop_there) - max(runs.begins[here], begin))
                if faces > 0 and names[here] != names[there]:
                    if size == len(pairs):
                        pairs, table = twice_as_long(pairs, table)
                    index = size
                    size, slot = add_pair(names[here], names[there], seen, pairs, size)
                    if size > index:
                        indices[slot] = index
                    else:
                        index = indices[slot]
                    table[index, axis] += faces
                here += stop_here <= stop_there
                there += stop_there <= stop_here
    return pairs[:size].copy(), table[:size].copy()
