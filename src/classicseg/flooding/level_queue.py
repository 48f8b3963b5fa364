"""The queue of a flood: pixels leave it in the order of their levels, and each enters it once.

Levels are integers: floats are replaced by their bits, which have the order of the floats once those of negative
ones are turned around. A histogram says how many pixels a bucket may ever hold, so that all buckets are ranges of
one array, the nodes. A bucket of several levels is a heap while it is the current one.

What the flood takes out of the current bucket goes to the front of the same array, and so does what it reaches at
or below the current level: those pixels are of this bucket or of former ones, whose ranges are free. Both meet
nowhere, since the heap stands at the far end of its range.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel

_COARSE_BITS = 16
"""Levels of 32 and 64 bits fall into up to 2**16 coarse buckets, which are then divided by the pixels they
hold."""

_PER_BUCKET = 8
"""About so many pixels share a bucket."""

LEVEL, BUCKET, N_HEAP = 0, 1, 2
"""Places in the state: the current level, its bucket, and the size of the heap."""


class Queue(NamedTuple):
    """A queue as kernels take it."""

    nodes: NDArray[Any]
    """As many as there are pixels; int32 where these have indices of 32 bits."""
    places: NDArray[Any]
    """(n_buckets,), where the next node of each bucket goes."""
    bounds: NDArray[Any]
    """(n_buckets + 1,), where the ranges of the buckets start and end."""
    firsts: NDArray[np.int64]
    """The first bucket of each coarse one, less what the lowest would have; empty where each level has its own."""
    rests: NDArray[np.int64]
    """By how many bits the lower part of a level is shifted in each coarse bucket."""
    shift: int
    """By how many bits a level is shifted to tell its coarse bucket."""
    low: int
    """What that makes of the least level."""


def ordered_bits(levels: NDArray[Any]) -> NDArray[Any]:
    """Integers in the order of the levels: themselves, or the bits of floats, turned in place."""
    if levels.dtype.kind == "u":
        return levels
    bits: NDArray[Any] = levels.view(np.int32 if levels.dtype == np.float32 else np.int64)
    run_bands(_order, len(levels), 1, levels, bits, (1 << 8 * bits.itemsize - 1) - 1)
    return bits


def make_queue(levels: NDArray[Any], inside: NDArray[np.int32], outside: int) -> Queue:
    """A queue with room for all nodes where `inside` is not `outside`."""
    index = np.int32 if len(levels) < 2**31 else np.int64
    none = np.empty(0, np.int64)
    if levels.dtype.kind == "u":
        firsts = rests = none
        shift, low = 0, 0
        n_buckets = int(np.iinfo(levels.dtype).max) + 1
    else:
        least, most = int(levels.min()), int(levels.max())
        shift = max(0, (most - least).bit_length() - _COARSE_BITS)
        low = least >> shift
        coarse = _counts(levels, inside, outside, none, none, shift, low, (most >> shift) - low + 1)
        bits = np.minimum(np.frexp(coarse / _PER_BUCKET)[1].clip(0), shift).astype(np.int64)
        firsts = np.cumsum(np.concatenate([[0], 1 << bits]))
        n_buckets, firsts, rests = int(firsts[-1]), firsts[:-1].copy(), shift - bits
    counts = _counts(levels, inside, outside, firsts, rests, shift, low, n_buckets)
    bounds = np.concatenate([[0], np.cumsum(counts)]).astype(index)
    return Queue(np.empty(int(bounds[-1]), index), bounds[:-1].copy(), bounds, firsts, rests, shift, low)


def _counts(
    levels: NDArray[Any],
    inside: NDArray[np.int32],
    outside: int,
    firsts: NDArray[np.int64],
    rests: NDArray[np.int64],
    shift: int,
    low: int,
    n_buckets: int,
) -> NDArray[np.int64]:
    """How many pixels each bucket may hold."""
    counts = np.zeros(n_buckets, np.int64)
    arguments = levels, inside, outside, firsts, rests, shift, low, counts
    run_bands(_count, len(levels), 1, *arguments, sequential=True)
    return counts


def _order_numpy(levels: NDArray[Any], bits: NDArray[Any], most: int, start: int, stop: int) -> None:
    levels[start:stop] += 0  # -0 becomes 0
    bits[start:stop] ^= np.where(bits[start:stop] < 0, bits.dtype.type(most), bits.dtype.type(0))


@kernel(numpy=_order_numpy)
def _order(levels: NDArray[Any], bits: NDArray[Any], most: int, start: int, stop: int) -> None:
    for i in range(start, stop):
        if levels[i] == 0:
            bits[i] = 0
        elif bits[i] < 0:
            bits[i] = bits[i] ^ most


@kernel()
def _count(
    levels: NDArray[Any],
    inside: NDArray[np.int32],
    outside: int,
    firsts: NDArray[np.int64],
    rests: NDArray[np.int64],
    shift: int,
    low: int,
    counts: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    for i in range(start, stop):
        if inside[i] != outside:
            counts[bucket_of(levels[i], firsts, rests, shift, low)] += 1


@kernel()
def bucket_of(level: int, firsts: NDArray[np.int64], rests: NDArray[np.int64], shift: int, low: int) -> int:
    """The bucket of a level; the coarse one where there are no finer ones yet."""
    coarse = int(np.int64(level) >> shift) - low
    if len(firsts) == 0:
        return coarse
    return int(firsts[coarse] + ((np.int64(level) & ((1 << shift) - 1)) >> rests[coarse]))


@kernel()
def put(
    levels: NDArray[Any],
    nodes: NDArray[Any],
    places: NDArray[Any],
    bounds: NDArray[Any],
    firsts: NDArray[np.int64],
    rests: NDArray[np.int64],
    shift: int,
    low: int,
    state: NDArray[np.int64],
    node: int,
) -> None:
    """Let a pixel above the current level wait for its own."""
    bucket = bucket_of(levels[node], firsts, rests, shift, low)
    if bucket == state[BUCKET]:
        _push(levels, nodes, int(bounds[bucket + 1]), state[N_HEAP], node)
        state[N_HEAP] += 1
    else:
        nodes[places[bucket]] = node
        places[bucket] += 1


@kernel()
def take_level(
    levels: NDArray[Any],
    nodes: NDArray[Any],
    places: NDArray[Any],
    bounds: NDArray[Any],
    firsts: NDArray[np.int64],
    rests: NDArray[np.int64],
    shift: int,
    low: int,
    state: NDArray[np.int64],
) -> int:
    """Move all pixels of the lowest level that waits to the front of the nodes; return how many there are."""
    if state[N_HEAP] == 0:
        bucket = state[BUCKET] + 1
        while bucket < len(places) and places[bucket] == bounds[bucket]:
            bucket += 1
        if bucket == len(places):
            return 0
        state[BUCKET] = bucket
        first, size = int(bounds[bucket]), int(places[bucket] - bounds[bucket])
        if len(firsts) == 0:
            state[LEVEL] = np.int64(levels[nodes[first]])
            for i in range(size):
                nodes[i] = nodes[first + i]
            return size
        state[N_HEAP], end = size, int(bounds[bucket + 1])
        for i in range(size - 1, -1, -1):
            nodes[end - size + i] = nodes[first + i]
        for place in range(size // 2, -1, -1):
            _sink(levels, nodes, end, size, place)
    end, size, n_taken = int(bounds[state[BUCKET] + 1]), int(state[N_HEAP]), 0
    level = np.int64(levels[nodes[end - 1]])
    while size > 0 and levels[nodes[end - 1]] == level:
        node = nodes[end - 1]
        size -= 1
        nodes[end - 1] = nodes[end - 1 - size]
        _sink(levels, nodes, end, size, 0)
        nodes[n_taken] = node
        n_taken += 1
    state[LEVEL], state[N_HEAP] = level, size
    return n_taken


@kernel()
def _push(levels: NDArray[Any], nodes: NDArray[Any], end: int, size: int, node: int) -> None:
    """Add a node to a heap of `size` that grows from `end` down."""
    level, place = levels[node], size
    while place > 0:
        above = (place - 1) // 2
        if levels[nodes[end - 1 - above]] <= level:
            break
        nodes[end - 1 - place] = nodes[end - 1 - above]
        place = above
    nodes[end - 1 - place] = node


@kernel()
def _sink(levels: NDArray[Any], nodes: NDArray[Any], end: int, size: int, place: int) -> None:
    """Let the node at a place of the heap sink to where it belongs."""
    if place >= size:
        return
    node = nodes[end - 1 - place]
    level = levels[node]
    while 2 * place + 1 < size:
        below = 2 * place + 1
        if below + 1 < size and levels[nodes[end - 2 - below]] < levels[nodes[end - 1 - below]]:
            below += 1
        if level <= levels[nodes[end - 1 - below]]:
            break
        nodes[end - 1 - place] = nodes[end - 1 - below]
        place = below
    nodes[end - 1 - place] = node
