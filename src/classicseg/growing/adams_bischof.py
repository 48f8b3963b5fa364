"""Seeded region growing: regions compete for every pixel, and the pixels most like a region join first.

Adams and Bischof [1] sort the pixels at the borders of the regions by how far they are from the region's mean, and
assign one after the other; where several are as far, the order of the pixels decides. In the manner of Mehnert and
Jackway [2], here all pixels that are as far join at once, so that it does not.

A pixel waits at the distance to the mean of the region that touches it, as it was when the region came to do so;
where there are several, or one comes again, at the least of these distances. They are compared by 10 bits, which
is 1 part in 1000 of a distance, whatever the greatest in the image may be. In each round, all that wait
at the least distance join the touching region whose mean is then the nearest, of equal ones that of the lower
number; then the means take them in, and their neighbors begin to wait.

[1] Adams R., Bischof L. Seeded region growing. IEEE Transactions on Pattern Analysis and Machine Intelligence
16(6), 1994.
[2] Mehnert A., Jackway P. An improved seeded region growing algorithm. Pattern Recognition Letters 18(10), 1997.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.grid import interior, neighbor_offsets, pad
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg._core.seeds import SeedPixels
from classicseg.growing.acceptance import between
from classicseg.growing.node_pool import no_entries, release, take_entry, with_room
from classicseg.growing.padded_grid import padded_nodes, waiting_grid
from classicseg.growing.running_means import join_region, nearest_region, running_means, settle_mean
from classicseg.types import Norm

_BITS = 10
"""There are 2**10 buckets from one power of two to the next."""

_LEAST_EXPONENT = 511
"""That of 2**-512 in a float64: what is less counts as nothing. No distance is 2**512 or more."""

_N_BUCKETS = 2 ** (10 + _BITS)
"""Of the numbers of 1024 powers of two; some thousand are used, and no memory is touched for the others."""

_OUTSIDE = -1
"""The label of what takes no part. A pixel that waits has the label -2 - bucket, one that nothing touches 0."""

_PIXELS_AT_ONCE = 2**18
"""About so many pixels join in a call: some tens of milliseconds."""

_SEEDS_AT_ONCE = 2**14

_NODE, _NUMBER, _NEXT = 0, 1, 2
"""What an entry holds: a pixel, the region that it joins, and the next entry of the bucket."""


def compete(image: Image, seeds: SeedPixels, connectivity: int, norm: Norm) -> NDArray[np.int32]:
    """Give each pixel that connects to a seed the number of the region that wins it."""
    running = running_means(image, seeds)
    maximum = norm == "maximum" or image.n_channels == 1
    labels = waiting_grid(image)
    values = pad(image.values, len(image.shape)).reshape(-1, image.n_channels)
    offsets = neighbor_offsets(image.shape, connectivity)
    entries, state = no_entries(3, len(labels))
    first, words = np.zeros(_N_BUCKETS, entries.dtype), np.zeros(_N_BUCKETS >> 4, np.int64)
    queue = offsets, first, words
    nodes = padded_nodes(seeds.nodes, image.shape)
    labels[nodes] = seeds.numbers
    for start in range(0, len(nodes), _SEEDS_AT_ONCE):
        some = nodes[start : start + _SEEDS_AT_ONCE]
        entries = run_interruptible(_begin, values, labels, running.means, maximum, *queue, entries, state, some)
    while words[0]:
        entries = run_interruptible(
            _assign, values, labels, *running, maximum, *queue, entries, state, _PIXELS_AT_ONCE
        )
    return np.maximum(interior(labels, image.shape), 0)


@kernel()
def _begin(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    means: NDArray[np.float64],
    maximum: bool,
    offsets: NDArray[np.int64],
    first: NDArray[Any],
    words: NDArray[np.int64],
    entries: NDArray[Any],
    state: NDArray[np.int64],
    nodes: NDArray[np.int64],
) -> NDArray[Any]:
    """Let the neighbors of seeds wait; return the entries, which may have grown."""
    entries = with_room(entries, state, len(nodes) * len(offsets))
    for node in nodes:
        _touch(node, values, labels, means, maximum, offsets, first, words, entries, state)
    return entries


@kernel()
def _assign(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    origins: NDArray[np.float64],
    sums: NDArray[np.float64],
    rests: NDArray[np.float64],
    counts: NDArray[np.int64],
    means: NDArray[np.float64],
    maximum: bool,
    offsets: NDArray[np.int64],
    first: NDArray[Any],
    words: NDArray[np.int64],
    entries: NDArray[Any],
    state: NDArray[np.int64],
    n_most: int,
) -> NDArray[Any]:
    """Run rounds until as many pixels have joined as shall, or all; return the entries, which may have grown."""
    n_joined = 0
    while words[0] != 0 and n_joined < n_most:
        batch, size = 0, 0
        entry = _take_least(first, words)
        while entry > 0:
            node, following = int(entries[entry, _NODE]), int(entries[entry, _NEXT])
            if labels[node] > 0:  # joined from another bucket
                release(entry, entries, state)
            else:
                number, _ = nearest_region(values, node, offsets, labels, means, maximum)
                entries[entry, _NUMBER], entries[entry, _NEXT] = number, batch
                batch, size = entry, size + 1
            entry = following
        n_joined += size
        entries = with_room(entries, state, size * len(offsets))
        entry = batch
        while entry > 0:
            node, number = int(entries[entry, _NODE]), int(entries[entry, _NUMBER])
            labels[node] = number
            join_region(values, node, number, origins, sums, rests, counts)
            entry = int(entries[entry, _NEXT])
        entry = batch
        while entry > 0:
            settle_mean(int(entries[entry, _NUMBER]), origins, sums, rests, counts, means, maximum)
            entry = int(entries[entry, _NEXT])
        entry = batch
        while entry > 0:
            node, following = int(entries[entry, _NODE]), int(entries[entry, _NEXT])
            release(entry, entries, state)
            _touch(node, values, labels, means, maximum, offsets, first, words, entries, state)
            entry = following
    return entries


@kernel()
def _touch(
    node: int,
    values: NDArray[Any],
    labels: NDArray[np.int32],
    means: NDArray[np.float64],
    maximum: bool,
    offsets: NDArray[np.int64],
    first: NDArray[Any],
    words: NDArray[np.int64],
    entries: NDArray[Any],
    state: NDArray[np.int64],
) -> None:
    """Let the neighbors of a pixel that has joined wait, unless they do at no greater distance."""
    number = int(labels[node])
    for offset in offsets:
        place = node + offset
        label = int(labels[place])
        if label > 0 or label == _OUTSIDE:
            continue
        distance = between(values, place, means, number, maximum)
        bucket = _bucket(distance if maximum else np.sqrt(distance))
        if label == 0 or bucket < -2 - label:
            labels[place] = -2 - bucket
            entry = take_entry(entries, state)
            entries[entry, _NODE], entries[entry, _NEXT] = place, first[bucket]
            if first[bucket] == 0:
                _mark(words, bucket)
            first[bucket] = entry


@kernel()
def _bucket(distance: float) -> int:
    """The exponent and the first bits of a distance, as they stand in memory (math.frexp takes longer)."""
    first = int(np.float64(distance).view(np.int64)) >> (52 - _BITS)
    return max(first - (_LEAST_EXPONENT << _BITS), 0)


@kernel()
def _mark(words: NDArray[np.int64], bucket: int) -> None:
    """Say that a bucket holds something.

    The buckets are the leaves of a tree whose nodes are words of 32 bits: bit i of word w says whether there is
    anything at place 32 w + i. Place 0 is the root, and the buckets are the last places.
    """
    place = bucket + _N_BUCKETS
    while place > 0:
        known = words[place >> 5]
        words[place >> 5] = known | 1 << (place & 31)
        place = place >> 5 if known == 0 else 0


@kernel()
def _take_least(first: NDArray[Any], words: NDArray[np.int64]) -> int:
    """Empty the least bucket that holds something; return its first entry."""
    place = 0
    while place < _N_BUCKETS:
        place = place << 5 | _lowest_bit(int(words[place]))
    bucket = place - _N_BUCKETS
    entry = int(first[bucket])
    first[bucket] = 0
    while place > 0:
        words[place >> 5] &= ~(1 << (place & 31))
        place = place >> 5 if words[place >> 5] == 0 else 0
    return entry


@kernel()
def _lowest_bit(word: int) -> int:
    """The place of the lowest of 32 bits that is set."""
    place = 0
    for width in (16, 8, 4, 2, 1):
        if word & ((1 << width) - 1) == 0:
            word >>= width
            place += width
    return place
