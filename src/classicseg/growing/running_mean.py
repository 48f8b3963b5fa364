"""Growing within a tolerance of the mean, which moves with the region [1].

All regions grow at once, in steps. In each, every pixel without a label that touches a region and is within the
tolerance of its mean, as it was before the step, joins it; where there are several, the nearest, then that of the
lower number. Then the means take in what has joined, and who was refused is asked again, until nobody joins. A
larger tolerance need not give a larger region: the mean may go elsewhere.

Of those refused, only few are asked in fact. The way of a mean is the sum of its moves, and by the triangle
inequality a pixel that is too far from it comes within the tolerance no sooner than the mean has gone what it is
too far. So until then it waits, in a heap of the region's own; where several regions touch it, in that of each.
Of 12 million pixels of a photograph those that join are asked once, and all others together a twentieth as often.

[1] Zucker S. W. Region growing: childhood and adolescence. Computer Graphics and Image Processing 5, 1976.
[2] Sleator D. D., Tarjan R. E. Self-adjusting heaps. SIAM Journal on Computing 15(1), 1986.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.grid import interior, neighbor_offsets, pad
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg._core.seeds import SeedPixels
from classicseg.growing.acceptance import between
from classicseg.growing.node_pool import USED, no_entries, release, take_entry
from classicseg.growing.padded_grid import padded_nodes, waiting_grid
from classicseg.growing.running_means import join_region, nearest_region, running_means, settle_mean
from classicseg.types import Norm

_OUTSIDE, _JOINING = -1, np.iinfo(np.int32).min
"""The labels of a pixel that takes no part, and of one that joins in this step. One that waits has -2 less the
number of the region that was the first to touch it; one that nothing touches has 0."""

_NODE, _NUMBER, _LEFT, _RIGHT = 0, 1, 2, 3
"""What an entry holds: a pixel, the region that it waits for, and two more entries of its heap."""

_EARLY = 2.0**-28
"""Who waits is asked so much of the way too early: sums of 2**24 moves are as exact, and asking does no harm."""


def grow_by_mean(
    image: Image, seeds: SeedPixels, tolerance: float, connectivity: int, norm: Norm
) -> NDArray[np.int32]:
    """Give each pixel that a region takes in the region's number."""
    running = running_means(image, seeds)
    maximum = norm == "maximum" or image.n_channels == 1
    labels = waiting_grid(image)
    values = pad(image.values, len(image.shape)).reshape(-1, image.n_channels)
    offsets = neighbor_offsets(image.shape, connectivity)
    ring = padded_nodes(seeds.nodes, image.shape)
    labels[ring] = seeds.numbers
    ways, roots = np.zeros(len(running.counts)), np.zeros(len(running.counts), np.int64)
    entries, state = no_entries(4, len(labels))
    dues, n_joined = np.empty(0), len(ring)
    while n_joined:
        entries = _with_room(entries, int(state[USED]) + n_joined * len(offsets))
        ring, dues = _with_room(ring, len(entries)), _with_room(dues, len(entries))
        n_joined = _step(
            values,
            labels,
            *running,
            tolerance,
            maximum,
            offsets,
            ring,
            n_joined,
            ways,
            roots,
            entries,
            dues,
            state,
        )
    return np.maximum(interior(labels, image.shape), 0)


def _with_room(array: NDArray[Any], length: int) -> NDArray[Any]:
    """An array, or a copy with room for more."""
    if len(array) >= length:
        return array
    longer = np.empty((2 * length, *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer


def _step_numpy(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    origins: NDArray[np.float64],
    sums: NDArray[np.float64],
    rests: NDArray[np.float64],
    counts: NDArray[np.int64],
    means: NDArray[np.float64],
    tolerance: float,
    maximum: bool,
    offsets: NDArray[np.int64],
    ring: NDArray[np.int64],
    n_ring: int,
    ways: NDArray[np.float64],
    roots: NDArray[np.int64],
    entries: NDArray[Any],
    dues: NDArray[np.float64],
    state: NDArray[np.int64],
) -> int:
    """All who were refused are asked again, whatever ways the means have gone."""
    asked = np.unique(np.append(ring[:n_ring, np.newaxis] + offsets, entries[1 : state[USED], _NODE]))
    asked = asked[labels[asked] == 0]
    numbers = np.maximum(labels[asked[:, np.newaxis] + offsets], 0)
    distances = np.where(numbers > 0, 0.0, np.inf)
    for c in range(values.shape[1]):  # in order, for sums of floats
        part = values[asked, c, np.newaxis] - means[numbers, c]
        distances = np.maximum(distances, abs(part)) if maximum else distances + part * part
    least = distances.min(axis=1, keepdims=True)
    nearest = np.where(distances == least, numbers, len(means)).min(axis=1)
    joins = least[:, 0] <= (tolerance if maximum else tolerance * tolerance)
    joined, refused, of = asked[joins], asked[~joins], nearest[joins]
    labels[joined] = of
    np.add.at(counts, of, 1)
    for number in np.unique(of):
        for c, origin in enumerate(origins[number].tolist()):
            apart = values[joined[of == number], c].astype(np.float64) - origin
            parts = [sums[number, c], rests[number, c], *apart.tolist()]
            sums[number, c] = math.fsum(parts)
            rests[number, c] = math.fsum([*parts, -sums[number, c]])
    means[of] = origins[of] + (sums[of] + rests[of]) / counts[of, np.newaxis]
    state[USED] = 1 + len(refused)
    entries[1 : state[USED], _NODE], ring[: len(joined)] = refused, joined
    return len(joined)


@kernel(numpy=_step_numpy)
def _step(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    origins: NDArray[np.float64],
    sums: NDArray[np.float64],
    rests: NDArray[np.float64],
    counts: NDArray[np.int64],
    means: NDArray[np.float64],
    tolerance: float,
    maximum: bool,
    offsets: NDArray[np.int64],
    ring: NDArray[np.int64],
    n_ring: int,
    ways: NDArray[np.float64],
    roots: NDArray[np.int64],
    entries: NDArray[Any],
    dues: NDArray[np.float64],
    state: NDArray[np.int64],
) -> int:
    """Ask the neighbors of those who have joined, and those who have waited long enough.

    Who joins is the next ring; returns how many.
    """
    asked, n_asked = _gather(labels, offsets, ring, n_ring, ways, roots, entries, dues, state)
    numbers, n_joined = np.empty(n_asked, np.int64), 0
    while asked > 0:
        entry, node, asked = asked, int(entries[asked, _NODE]), int(entries[asked, _RIGHT])
        if labels[node] > 0 or labels[node] == _JOINING:  # another entry has been faster
            release(entry, entries, state)
            continue
        number, distance = nearest_region(values, node, offsets, labels, means, maximum)
        if distance <= (tolerance if maximum else tolerance * tolerance):
            labels[node] = _JOINING
            ring[n_joined], numbers[n_joined] = node, number
            n_joined += 1
            release(entry, entries, state)
            continue
        number = int(entries[entry, _NUMBER])
        distance = between(values, node, means, number, maximum)
        length = distance if maximum else np.sqrt(distance)
        dues[entry] = ways[number] + (length - tolerance) - _EARLY * (ways[number] + length)
        entries[entry, _LEFT], entries[entry, _RIGHT] = 0, 0
        roots[number] = _meld(int(roots[number]), entry, entries, dues)
    for i in range(n_joined):
        labels[ring[i]] = numbers[i]
        join_region(values, ring[i], numbers[i], origins, sums, rests, counts)
    for number in numbers[:n_joined]:
        move = settle_mean(number, origins, sums, rests, counts, means, maximum)
        ways[number] += move if maximum else np.sqrt(move)
    return n_joined


@kernel()
def _gather(
    labels: NDArray[np.int32],
    offsets: NDArray[np.int64],
    ring: NDArray[np.int64],
    n_ring: int,
    ways: NDArray[np.float64],
    roots: NDArray[np.int64],
    entries: NDArray[Any],
    dues: NDArray[np.float64],
    state: NDArray[np.int64],
) -> tuple[int, int]:
    """Chain up who is asked in this step; return the first entry, and how many there are."""
    asked, n_asked = 0, 0
    for node in ring[:n_ring]:
        number = int(labels[node])
        while roots[number] > 0 and dues[roots[number]] <= ways[number]:
            entry = int(roots[number])
            roots[number] = _meld(int(entries[entry, _LEFT]), int(entries[entry, _RIGHT]), entries, dues)
            entries[entry, _RIGHT] = asked
            asked, n_asked = entry, n_asked + 1
        for offset in offsets:
            place, label = node + offset, int(labels[node + offset])
            if label > 0 or label in (_OUTSIDE, -2 - number):
                continue
            if label == 0:
                labels[place] = -2 - number
            entry = take_entry(entries, state)
            entries[entry, _NODE], entries[entry, _NUMBER], entries[entry, _RIGHT] = place, number, asked
            asked, n_asked = entry, n_asked + 1
    return asked, n_asked


@kernel()
def _meld(one: int, other: int, entries: NDArray[Any], dues: NDArray[np.float64]) -> int:
    """Make one heap of two; return its root.

    Skew heaps [2]: branches change sides wherever something is added, which keeps the ways to the leaves short.
    """
    if one == 0 or other == 0:
        return one + other
    if dues[other] < dues[one]:
        one, other = other, one
    root = one
    while other > 0:
        below = int(entries[one, _RIGHT])
        entries[one, _RIGHT] = entries[one, _LEFT]
        if below == 0 or dues[other] < dues[below]:
            below, other = other, below
        entries[one, _LEFT] = below
        one = below
    return root
