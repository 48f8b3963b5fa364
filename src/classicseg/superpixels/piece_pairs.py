"""Which pieces of superpixels touch, where one of two is to join another: run by run."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.labeling.lines import line_at, line_grid
from classicseg.labeling.run_lengths import RunLengths
from classicseg.regions.label_pairs import LOW, N_HASHES


def open_pairs(runs: RunLengths, labels: NDArray[np.int32], settled: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The pieces that are not settled and what they touch, (2, n), some of them several times."""
    lines, lengths, steps, _ = line_grid(labels, 1)
    begins = np.searchsorted(runs.stops, np.arange(len(lines) + 1) * lines.shape[1], side="right")
    is_settled = np.concatenate([np.array([2], np.uint8), settled.view(np.uint8)])
    given = *runs[1:], begins, is_settled, lines.shape[1], lengths, steps
    pairs = np.concatenate(run_bands(_touch, len(lines), lines.shape[1], *given))
    ends = np.stack([pairs >> 32, pairs & LOW]) - 1
    return np.concatenate([ends[:, ~settled[ends[0]]], ends[::-1, ~settled[ends[1]]]], axis=1)


def _touch_numpy(
    stops: NDArray[Any],
    pieces: NDArray[np.int32],
    _: NDArray[np.int64],
    settled: NDArray[np.uint8],
    length: int,
    lengths: NDArray[np.int64],
    steps: NDArray[np.int64],
    start: int,
    stop: int,
) -> NDArray[np.int64]:
    lines = np.repeat(pieces, np.diff(stops, prepend=0)).reshape(-1, length)
    found = [np.stack([lines[start:stop, :-1], lines[start:stop, 1:]]).reshape(2, -1)]
    for step in steps:
        places = [(line_at(line, lengths, step), line) for line in range(start, stop)]
        there, here = np.array([place for place in places if place[0] >= 0], np.int64).reshape(-1, 2).T
        found.append(np.stack([lines[there], lines[here]]).reshape(2, -1))
    low, high = np.sort(np.concatenate(found, axis=1).astype(np.int64), axis=0)
    return np.unique((low << 32 | high)[(low != high) & (settled[low] + settled[high] < 2)])


@kernel(numpy=_touch_numpy)
def _touch(
    stops: NDArray[Any],
    pieces: NDArray[np.int32],
    begins: NDArray[np.int64],
    settled: NDArray[np.uint8],
    length: int,
    lengths: NDArray[np.int64],
    steps: NDArray[np.int64],
    start: int,
    stop: int,
) -> NDArray[np.int64]:
    """The pairs of pieces that touch within lines `start` to `stop`, or in those before them: most of them once.

    `begins` are the first runs of all lines, and the end. Of `settled` pieces, 1, no pairs are wanted, and none of
    what takes no part, 2. Without branches: where runs begin is as good as random, and with them it takes 5 times
    as long.
    """
    seen, pairs = np.zeros(N_HASHES, np.int64), np.empty(N_HASHES, np.int64)
    size: Any = np.int64(0)  # as a literal it would be compiled for once more
    room = length * (1 + len(steps)) + 1
    for line in range(start, stop):
        if size + room > len(pairs):
            grown = np.empty(2 * len(pairs) + room, np.int64)
            for i in range(size):
                grown[i] = pairs[i]
            pairs = grown
        first, last, found = begins[line], begins[line + 1], size
        for run in range(first + 1, last):
            found = _add_open(pieces[run - 1], pieces[run], settled, pairs, found)
        for i in range(len(steps)):
            before = line_at(line, lengths, steps[i])
            if before >= 0:
                run, other, end, apart = first, begins[before], begins[before + 1], (line - before) * length
                while run < last and other < end:
                    found = _add_open(pieces[np.uint64(other)], pieces[np.uint64(run)], settled, pairs, found)
                    here, there = int(stops[np.uint64(run)]), int(stops[np.uint64(other)]) + apart
                    run += int(here <= there)
                    other += int(there <= here)
        size = _once(pairs, size, found, seen)
    return pairs[:size].copy()


@kernel()
def _add_open(a: Any, b: Any, settled: NDArray[np.uint8], pairs: NDArray[np.int64], size: int) -> int:
    """Write the pair of two pieces, and return how many there are with it if it is wanted."""
    pairs[np.uint64(size)] = np.int64(min(a, b)) << 32 | np.int64(max(a, b))  # unsigned: no test for the end
    return size + int((a != b) & (settled[np.uint64(a)] + settled[np.uint64(b)] < 2))


@kernel()
def _once(pairs: NDArray[np.int64], size: int, end: int, seen: NDArray[np.int64]) -> int:
    """Keep those of the pairs from `size` to `end` that are not the last of their hash; return the new size."""
    for i in range(size, end):
        pair = pairs[i]
        its_hash = np.uint64((pair * 7919 + (pair >> 32)) % N_HASHES)
        pairs[np.uint64(size)] = pair
        size += int(seen[its_hash] != pair)
        seen[its_hash] = pair
    return size
