"""Which regions merge: pairs of neighbors choose, and what has chosen is joined.

A pair is one number, the smaller label above the lower 32 bits, which hold the other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg.labeling.union_find import first_of_component, root_of, unite

LOW = 2**32 - 1
"""The lower half of a pair."""

N_HASHES = 2**12
"""Pairs are remembered in a table of so many, 32 kB, so that few are found twice; no sort is needed."""


def _renumber_numpy(
    codes: NDArray[np.int64], joined: NDArray[np.int64], areas: NDArray[np.int64], min_area: int
) -> NDArray[np.int64]:
    one, other = joined[codes >> 32], joined[codes & LOW]
    kept = (one != other) & (np.minimum(areas[one], areas[other]) < min_area)
    return np.unique(np.minimum(one, other)[kept] << 32 | np.maximum(one, other)[kept])


@kernel(numpy=_renumber_numpy)
def renumber(
    codes: NDArray[np.int64], joined: NDArray[np.int64], areas: NDArray[np.int64], min_area: int
) -> NDArray[np.int64]:
    """The pairs after regions have joined, most of them once, without those of two large regions: they stay."""
    seen, found, size = np.zeros(N_HASHES, np.int64), np.empty(len(codes), np.int64), 0
    for i in range(len(codes)):
        one, other = joined[codes[i] >> 32], joined[codes[i] & LOW]
        if one != other and (areas[one] < min_area or areas[other] < min_area):
            size = add_pair(one, other, seen, found, size)
    return found[:size]


@kernel()
def add_pair(one: int, other: int, seen: NDArray[np.int64], found: NDArray[np.int64], size: int) -> int:
    """Add a pair to the `size` that are found, unless the last one of the same hash was the same."""
    low, high = np.int64(min(one, other)), np.int64(max(one, other))
    code, place = low << 32 | high, (low * 7919 + high) % N_HASHES
    if seen[place] == code:
        return size
    seen[place] = found[size] = code
    return size + 1


def _choose_numpy(
    codes: NDArray[np.int64],
    areas: NDArray[np.int64],
    means: NDArray[np.float64],
    brightness: NDArray[np.float64],
    min_area: int,
    chosen: NDArray[np.int64],
) -> None:
    codes = np.unique(codes)
    small = np.concatenate([codes >> 32, codes & LOW])
    other = np.concatenate([codes & LOW, codes >> 32])
    small, other = small[areas[small] < min_area], other[areas[small] < min_area]
    distance = np.zeros(len(small))
    for column in means.T:  # in order, for sums of floats
        distance += (column[small] - column[other]) ** 2
    keys = (-areas[other], *means[other].T[::-1], brightness[other], distance, small)
    order = np.lexsort(keys)
    first = np.r_[True, np.diff(small[order]) != 0][: len(small)]
    same = np.logical_and.reduce([key[order][1:] == key[order][:-1] for key in keys])
    best = order[first & ~np.r_[same, False][: len(small)]]
    chosen[small[best]] = other[best]


@kernel(numpy=_choose_numpy)
def choose(
    codes: NDArray[np.int64],
    areas: NDArray[np.int64],
    means: NDArray[np.float64],
    brightness: NDArray[np.float64],
    min_area: int,
    chosen: NDArray[np.int64],
) -> None:
    """Write for each small region the neighbor that it joins; 0 where the best of them are equals."""
    tied = np.zeros(len(areas), np.bool_)
    for i in range(len(codes)):
        low, high = codes[i] >> 32, codes[i] & LOW
        for small, other in ((low, high), (high, low)):
            if areas[small] >= min_area or other == chosen[small]:
                continue
            order = -1 if chosen[small] == 0 else _compare(small, other, chosen[small], areas, means, brightness)
            if order < 0:
                chosen[small] = other
            if order <= 0:
                tied[small] = order == 0
    for small in range(len(areas)):
        if tied[small]:
            chosen[small] = 0


@kernel()
def _compare(
    small: int,
    one: int,
    other: int,
    areas: NDArray[np.int64],
    means: NDArray[np.float64],
    brightness: NDArray[np.float64],
) -> int:
    """Whether a region would rather join one neighbor than another: -1 yes, 1 no, 0 equals."""
    to_one, to_other = 0.0, 0.0
    for c in range(means.shape[1]):
        to_one += (means[small, c] - means[one, c]) ** 2
        to_other += (means[small, c] - means[other, c]) ** 2
    if to_one != to_other:
        return -1 if to_one < to_other else 1
    if brightness[one] != brightness[other]:
        return -1 if brightness[one] < brightness[other] else 1
    for c in range(means.shape[1]):
        if means[one, c] != means[other, c]:
            return -1 if means[one, c] < means[other, c] else 1
    if areas[one] != areas[other]:
        return -1 if areas[one] > areas[other] else 1
    return 0


def _join_numpy(chosen: NDArray[np.int64], parents: NDArray[np.int64]) -> NDArray[np.int64]:
    pairs = np.stack([np.flatnonzero(chosen), chosen[chosen > 0]])
    return np.unique(first_of_component(pairs, len(parents)), return_inverse=True)[1]


@kernel(numpy=_join_numpy)
def join(chosen: NDArray[np.int64], parents: NDArray[np.int64]) -> NDArray[np.int64]:
    """Join each region with what it has chosen; return the new numbers by first region: 0, alone, stays 0."""
    for region in range(len(chosen)):
        if chosen[region] > 0:
            unite(parents, region, chosen[region])
    numbers, last = np.empty(len(chosen), np.int64), -1
    for region in range(len(chosen)):
        root = root_of(parents, region)
        last += int(root == region)
        numbers[region] = last if root == region else numbers[root]
    return numbers
