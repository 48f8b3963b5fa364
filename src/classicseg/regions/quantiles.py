"""Medians and percentiles of the values of regions.

The values of a region are dealt out to equal steps of their range, and counted: so it is known in which step a
percentile lies, and only what falls there is looked at more closely, by Hoare's algorithm 65 (Communications of
the ACM 4(7), 1961). The steps decide nothing: a value far away makes it slower, not other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.regions.region_runs import Runs, band_weight
from classicseg.regions.values import gather, largest, own_values

_STEPS = 256


def percentiles_of(runs: Runs, image: NDArray[Any], percents: Sequence[float]) -> NDArray[np.float64]:
    """The percentiles of the values of each region, (n, channels, k), NaN over no pixel.

    Between two values they are interpolated linearly, as NumPy does.
    """
    pixels = np.ascontiguousarray(image).reshape(-1, image.shape[-1])
    table = np.full((runs.n_regions, image.shape[-1], len(percents)), np.nan)
    arguments = runs, np.int64(image.shape[-2]), pixels, np.array(percents, np.float64) / 100, table
    run_bands(_find_percentiles, len(table), 4 * band_weight(runs, image.size), *arguments)
    return table


def _find_percentiles_numpy(
    runs: Runs,
    length: int,
    pixels: NDArray[Any],
    shares: NDArray[np.float64],
    table: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    for region in range(start, stop):
        own = own_values(runs, region, length, pixels)
        if len(own):
            table[region] = np.quantile(own, shares, axis=0).T


@kernel(numpy=_find_percentiles_numpy)
def _find_percentiles(
    runs: Runs,
    length: int,
    pixels: NDArray[Any],
    shares: NDArray[np.float64],
    table: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    """Write the percentiles of regions that have a pixel."""
    most = largest(runs, start, stop)
    own, near, steps = np.empty(most, pixels.dtype), np.empty(most + 1, pixels.dtype), np.empty(most, np.uint8)
    first, places = np.empty(_STEPS + 1, np.int64), np.empty(_STEPS, np.int64)
    for region in range(start, stop):
        for c in range(pixels.shape[1]):
            n = gather(runs, region, length, pixels, c, own)
            if n > 0:
                _deal(own, n, steps, first)
                _collect(own, n, steps, shares, first, places, near)
                for i in range(len(shares)):
                    place = shares[i] * (n - 1)
                    low = int(np.floor(place))
                    value, part = _value_at(near, low, first, places), place - low
                    if part > 0:
                        upper = _value_at(near, low + 1, first, places)
                        apart = upper - value
                        value = value + apart * part if part < 0.5 else upper - apart * (1 - part)
                    table[region, c, i] = value


@kernel()
def _deal(own: NDArray[Any], n: int, steps: NDArray[np.uint8], first: NDArray[np.int64]) -> None:
    """Write the step of each value, and how many values come before each step."""
    low = high = own[0]
    for i in range(n):
        low, high = min(low, own[i]), max(high, own[i])
    least = np.float64(low)
    extent = np.float64(high) - least
    scale = (_STEPS - 1) / extent if extent > 1e-300 else 0.0  # where it is less, all are in one step
    for step in range(_STEPS + 1):
        first[step] = 0
    for i in range(n):
        own_step = np.uint8((np.float64(own[i]) - least) * scale)
        steps[i] = own_step
        first[np.uint64(own_step) + np.uint64(1)] += 1
    for step in range(_STEPS):
        first[step + 1] += first[step]


@kernel()
def _collect(
    own: NDArray[Any],
    n: int,
    steps: NDArray[np.uint8],
    shares: NDArray[np.float64],
    first: NDArray[np.int64],
    places: NDArray[np.int64],
    near: NDArray[Any],
) -> None:
    """Copy together the values in the steps where percentiles lie; `places` says where each step begins there."""
    moves, n_near = np.zeros(_STEPS, np.int64), np.int64(0)
    for i in range(len(shares)):
        low = int(np.floor(shares[i] * (n - 1)))
        moves[_step_of(low, first)] = 1
        moves[_step_of(min(low + 1, n - 1), first)] = 1
    for step in range(_STEPS):
        places[step] = n_near if moves[step] > 0 else n
        n_near += moves[step] * (first[step + 1] - first[step])
    for i in range(n):  # without a branch: what is in no such step goes to the end, each over the last
        own_step = np.uint64(steps[i])
        near[places[own_step]] = own[i]
        places[own_step] += moves[own_step]
    for step in range(_STEPS):
        places[step] -= moves[step] * (first[step + 1] - first[step])


@kernel()
def _step_of(place: int, first: NDArray[np.int64]) -> int:
    """The step of the value that has a place among the sorted ones."""
    low: Any = np.int64(0)
    high: Any = np.int64(_STEPS)
    while high - low > 1:
        middle = (low + high) // 2
        if first[middle] <= place:
            low = middle
        else:
            high = middle
    return low


@kernel()
def _value_at(near: NDArray[Any], place: int, first: NDArray[np.int64], places: NDArray[np.int64]) -> float:
    """The value that has a place among the sorted ones."""
    step = _step_of(place, first)
    low = places[step]
    here = low + place - first[step]
    _part(near, here, low, low + first[step + 1] - first[step] - 1)
    return np.float64(near[here])


@kernel()
def _part(own: NDArray[Any], place: int, low: int, high: int) -> None:
    """Move values so that none before a place is greater than the one there, and none after it is less."""
    state = np.uint64(88172645463325252)
    while low < high:
        state ^= state << np.uint64(13)  # any pivot is right; no image makes all of these bad ones
        state ^= state >> np.uint64(7)
        state ^= state << np.uint64(17)
        a, b = own[low + np.int64(state % np.uint64(high - low + 1))], own[(low + high) // 2]
        c = own[high]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = low, high
        while i <= j:
            while own[i] < pivot:
                i += 1
            while own[j] > pivot:
                j -= 1
            if i <= j:
                own[i], own[j] = own[j], own[i]
                i += 1
                j -= 1
        if place <= j:
            high = j
        elif place >= i:
            low = i
        else:
            return
