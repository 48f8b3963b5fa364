"""Which regions merge: small regions choose among their neighbors, and each is joined to the one that it chose."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg.labeling.union_find import first_of_component, root_of, unite
from classicseg.regions.label_pairs import LOW, N_HASHES, add_pair


def _renumber_numpy(
    pairs: NDArray[np.int64], joined: NDArray[np.int64], areas: NDArray[np.int64], min_area: int
) -> NDArray[np.int64]:
    a, b = joined[pairs >> 32], joined[pairs & LOW]
    kept = (a != b) & (np.minimum(areas[a], areas[b]) < min_area)
    return np.unique(np.minimum(a, b)[kept] << 32 | np.maximum(a, b)[kept])


@kernel(numpy=_renumber_numpy)
def renumber(
    pairs: NDArray[np.int64], joined: NDArray[np.int64], areas: NDArray[np.int64], min_area: int
) -> NDArray[np.int64]:
    """The pairs once each region is `joined[region]`, most of them once, without pairs of two large regions."""
    seen, found = np.zeros(N_HASHES, np.int64), np.empty(len(pairs), np.int64)
    size: Any = np.int64(0)  # as a literal it would be compiled for once more
    for i in range(len(pairs)):
        a, b = joined[pairs[i] >> 32], joined[pairs[i] & LOW]
        if a != b and (areas[a] < min_area or areas[b] < min_area):
            size, _ = add_pair(a, b, seen, found, size)
    return found[:size]


def _choose_numpy(
    pairs: NDArray[np.int64],
    areas: NDArray[np.int64],
    means: NDArray[np.float64],
    brightness: NDArray[np.float64],
    min_area: int,
    chosen: NDArray[np.int64],
) -> None:
    pairs = np.unique(pairs)
    small = np.concatenate([pairs >> 32, pairs & LOW])
    neighbor = np.concatenate([pairs & LOW, pairs >> 32])
    small, neighbor = small[areas[small] < min_area], neighbor[areas[small] < min_area]
    distance = np.zeros(len(small))
    for column in means.T:  # in order, for sums of floats
        distance += (column[small] - column[neighbor]) ** 2
    keys = (-areas[neighbor], *means[neighbor].T[::-1], brightness[neighbor], distance, small)
    order = np.lexsort(keys)
    first = np.r_[True, np.diff(small[order]) != 0][: len(small)]
    same = np.logical_and.reduce([key[order][1:] == key[order][:-1] for key in keys])
    best = order[first & ~np.r_[same, False][: len(small)]]
    chosen[small[best]] = neighbor[best]


@kernel(numpy=_choose_numpy)
def choose(
    pairs: NDArray[np.int64],
    areas: NDArray[np.int64],
    means: NDArray[np.float64],
    brightness: NDArray[np.float64],
    min_area: int,
    chosen: NDArray[np.int64],
) -> None:
    """Write for each small region the neighbor that it joins; 0 where the best of them are equals."""
    tied = np.zeros(len(areas), np.bool_)
    for i in range(len(pairs)):
        low, high = pairs[i] >> 32, pairs[i] & LOW
        for small, neighbor in ((low, high), (high, low)):
            if areas[small] >= min_area or neighbor == chosen[small]:
                continue
            best = chosen[small]
            order = -1 if best == 0 else _compare(small, neighbor, best, areas, means, brightness)
            if order < 0:
                chosen[small] = neighbor
            if order <= 0:
                tied[small] = order == 0
    for small in range(len(areas)):
        if tied[small]:
            chosen[small] = 0


@kernel()
def _compare(
    small: int,
    a: int,
    b: int,
    areas: NDArray[np.int64],
    means: NDArray[np.float64],
    brightness: NDArray[np.float64],
) -> int:
    """Whether a region would rather join neighbor `a` than neighbor `b`: -1 yes, 1 no, 0 equals."""
    to_a, to_b = 0.0, 0.0
    for c in range(means.shape[1]):
        to_a += (means[small, c] - means[a, c]) ** 2
        to_b += (means[small, c] - means[b, c]) ** 2
    if to_a != to_b:
        return -1 if to_a < to_b else 1
    if brightness[a] != brightness[b]:
        return -1 if brightness[a] < brightness[b] else 1
    for c in range(means.shape[1]):
        if means[a, c] != means[b, c]:
            return -1 if means[a, c] < means[b, c] else 1
    if areas[a] != areas[b]:
        return -1 if areas[a] > areas[b] else 1
    return 0


def _join_numpy(chosen: NDArray[np.int64], parents: NDArray[np.int64]) -> NDArray[np.int64]:
    edges = np.stack([np.flatnonzero(chosen), chosen[chosen > 0]])
    return np.unique(first_of_component(edges, len(parents)), return_inverse=True)[1]


@kernel(numpy=_join_numpy)
def join(chosen: NDArray[np.int64], parents: NDArray[np.int64]) -> NDArray[np.int64]:
    """Join each region to the one that it chose; return their new labels by first region: 0, alone, stays 0."""
    for region in range(len(chosen)):
        if chosen[region] > 0:
            unite(parents, region, chosen[region])
    numbers, last = np.empty(len(chosen), np.int64), -1
    for region in range(len(chosen)):
        root = root_of(parents, region)
        last += int(root == region)
        numbers[region] = last if root == region else numbers[root]
    return numbers
