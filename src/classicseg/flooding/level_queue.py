"""The queue of a flood: pixels leave it in the order of their levels, and each enters it once.

Levels are integers: floats are replaced by their bits, which have the order of the floats once those of negative
ones are turned around. A histogram says how many pixels a bucket may ever hold, so that all buckets are ranges of
one array, the nodes. The current bucket, if it has several levels, is a binary heap.

What the flood takes out of the current bucket goes to the front of the same array, and so does what it reaches at
or below the current level: those pixels are of this bucket or of former ones, whose ranges are free. The front and
the heap never meet, since the heap stands at the far end of its range.
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


class Buckets(NamedTuple):
    """Which bucket a level falls into: its own, or one of the fine buckets that divide a coarse one."""

    firsts: NDArray[np.int64]
    """`firsts[c]`: the first fine bucket of coarse bucket c. Empty where there are no fine buckets."""
    fine_shifts: NDArray[np.int64]
    """`fine_shifts[c]`: by how many bits the lower part of a level is shifted to tell its fine bucket in c."""
    coarse_shift: int
    """By how many bits a level is shifted to tell its coarse bucket."""
    lowest: int
    """The lowest level, shifted so: coarse buckets are counted from there."""


class Queue(NamedTuple):
    """A queue. What is called for each pixel takes its arrays one by one, since taking one out of a tuple counts a
    reference: on floats a flood takes 1.25 times as long.
    """

    nodes: NDArray[Any]
    """As many as there are pixels; int32 where these have indices of 32 bits."""
    ends: NDArray[Any]
    """(n_buckets,), where the next node of each bucket goes."""
    bounds: NDArray[Any]
    """(n_buckets + 1,), where the ranges of the buckets start and end."""
    buckets: Buckets
    current: np.void
    """A record of _CURRENT, the only part that is not an array or constant."""


_CURRENT = np.dtype([("level", np.int64), ("bucket", np.int64), ("heap_size", np.int64)])
"""The current level and its bucket, and how many nodes of that bucket wait in the heap."""


def ordered_bits(levels: NDArray[Any]) -> NDArray[Any]:
    """Integers in the order of the levels: themselves, or the bits of floats, turned in place."""
    if levels.dtype.kind == "u":
        return levels
    bits: NDArray[Any] = levels.view(np.int32 if levels.dtype == np.float32 else np.int64)
    run_bands(_order, len(levels), 1, levels, bits, (1 << 8 * bits.itemsize - 1) - 1)
    return bits


def make_queue(levels: NDArray[Any], inside: NDArray[np.int32], outside: int) -> Queue:
    """A queue with room for all nodes where `inside` is not `outside`."""
    if levels.dtype.kind == "u":
        none = np.empty(0, np.int64)
        buckets, n_buckets = Buckets(none, none, 0, 0), int(np.iinfo(levels.dtype).max) + 1
    else:
        buckets, n_buckets = _fine_buckets(levels, inside, outside)
    index = np.int32 if len(levels) < 2**31 else np.int64
    counts = _counts(levels, inside, outside, buckets, n_buckets)
    bounds = np.concatenate([[0], np.cumsum(counts)]).astype(index)
    current = np.array([(0, -1, 0)], _CURRENT)[0]
    return Queue(np.empty(int(bounds[-1]), index), bounds[:-1].copy(), bounds, buckets, current)


def _fine_buckets(levels: NDArray[Any], inside: NDArray[np.int32], outside: int) -> tuple[Buckets, int]:
    """Divide coarse buckets so that about _PER_BUCKET pixels share a fine one; return how many there are, too."""
    lowest, highest = int(levels.min()), int(levels.max())
    shift, none = max(0, (highest - lowest).bit_length() - _COARSE_BITS), np.empty(0, np.int64)
    coarse = Buckets(none, none, shift, lowest >> shift)
    counts = _counts(levels, inside, outside, coarse, (highest >> shift) - coarse.lowest + 1)
    bits = np.minimum(np.frexp(counts / _PER_BUCKET)[1].clip(0), shift).astype(np.int64)
    firsts = np.cumsum(np.concatenate([[0], 1 << bits]))
    return coarse._replace(firsts=firsts[:-1].copy(), fine_shifts=shift - bits), int(firsts[-1])


def _counts(
    levels: NDArray[Any], inside: NDArray[np.int32], outside: int, buckets: Buckets, n_buckets: int
) -> NDArray[np.int64]:
    """How many pixels each bucket may hold."""
    counts = np.zeros(n_buckets, np.int64)
    run_bands(_count, len(levels), 1, levels, inside, outside, buckets, counts, sequential=True)
    return counts


def _order_numpy(levels: NDArray[Any], bits: NDArray[Any], lower_bits: int, start: int, stop: int) -> None:
    levels[start:stop] += 0  # -0 becomes 0
    bits[start:stop] ^= np.where(bits[start:stop] < 0, bits.dtype.type(lower_bits), bits.dtype.type(0))


@kernel(numpy=_order_numpy)
def _order(levels: NDArray[Any], bits: NDArray[Any], lower_bits: int, start: int, stop: int) -> None:
    """Turn the bits of negative floats around but for the sign, so that they are ordered as integers."""
    for i in range(start, stop):
        if levels[i] == 0:  # -0 as well
            bits[i] = 0
        elif bits[i] < 0:
            bits[i] = bits[i] ^ lower_bits


@kernel()
def _count(
    levels: NDArray[Any],
    inside: NDArray[np.int32],
    outside: int,
    buckets: Buckets,
    counts: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    """Count the nodes of each bucket."""
    firsts, fine_shifts, shift, lowest = buckets
    for i in range(start, stop):
        if inside[i] != outside:
            counts[bucket_of(levels[i], firsts, fine_shifts, shift, lowest)] += 1


@kernel()
def bucket_of(
    level: int, firsts: NDArray[np.int64], fine_shifts: NDArray[np.int64], coarse_shift: int, lowest: int
) -> int:
    """The bucket of a level; the coarse one where there are no finer ones yet. Options are those of `Buckets`."""
    coarse = int(np.int64(level) >> coarse_shift) - lowest
    if len(firsts) == 0:
        return coarse
    return int(firsts[coarse] + ((np.int64(level) & ((1 << coarse_shift) - 1)) >> fine_shifts[coarse]))


@kernel()
def put(
    levels: NDArray[Any],
    nodes: NDArray[Any],
    ends: NDArray[Any],
    bounds: NDArray[Any],
    current: np.void,
    bucket: int,
    node: int,
) -> None:
    """Let a pixel above the current level wait in its bucket."""
    if bucket == current["bucket"]:
        _push(levels, nodes, int(bounds[bucket + 1]), current["heap_size"], node)
        current["heap_size"] += 1
    else:
        nodes[ends[bucket]] = node
        ends[bucket] += 1


@kernel()
def take_level(
    levels: NDArray[Any],
    nodes: NDArray[Any],
    ends: NDArray[Any],
    bounds: NDArray[Any],
    current: np.void,
    is_exact: bool,
) -> int:
    """Move all pixels of the lowest level that waits to the front of the nodes; return how many there are.

    `is_exact`: each level has a bucket of its own.
    """
    if current["heap_size"] == 0:
        bucket = current["bucket"] + 1
        while bucket < len(ends) and ends[bucket] == bounds[bucket]:
            bucket += 1
        if bucket == len(ends):
            return 0
        current["bucket"] = bucket
        first, size = int(bounds[bucket]), int(ends[bucket] - bounds[bucket])
        if is_exact:
            current["level"] = np.int64(levels[nodes[first]])
            for i in range(size):
                nodes[i] = nodes[first + i]
            return size
        _make_heap(levels, nodes, first, int(bounds[bucket + 1]), size)
        current["heap_size"] = size
    end, size, n_taken = int(bounds[current["bucket"] + 1]), int(current["heap_size"]), 0
    level = np.int64(levels[nodes[end - 1]])
    top: Any = np.int64(0)  # as a literal it would be compiled for once more
    while size > 0 and levels[nodes[end - 1]] == level:
        node = nodes[end - 1]
        size -= 1
        nodes[end - 1] = nodes[end - 1 - size]
        _sink(levels, nodes, end, size, top)
        nodes[n_taken] = node
        n_taken += 1
    current["level"], current["heap_size"] = level, size
    return n_taken


@kernel()
def _make_heap(levels: NDArray[Any], nodes: NDArray[Any], first: int, end: int, size: int) -> None:
    """Move the `size` nodes from `first` on to the end of their range, and make them a heap that grows down."""
    for i in range(size - 1, -1, -1):
        nodes[end - size + i] = nodes[first + i]
    for index in range(size // 2, -1, -1):
        _sink(levels, nodes, end, size, index)


@kernel()
def _push(levels: NDArray[Any], nodes: NDArray[Any], end: int, size: int, node: int) -> None:
    """Add a node to a heap of `size` that grows from `end` down."""
    level, index = levels[node], size
    while index > 0:
        parent = (index - 1) // 2
        if levels[nodes[end - 1 - parent]] <= level:
            break
        nodes[end - 1 - index] = nodes[end - 1 - parent]
        index = parent
    nodes[end - 1 - index] = node


@kernel()
def _sink(levels: NDArray[Any], nodes: NDArray[Any], end: int, size: int, index: int) -> None:
    """Let the node at an index of the heap sink to where it belongs."""
    if index >= size:
        return
    node = nodes[end - 1 - index]
    level = levels[node]
    while 2 * index + 1 < size:
        child = 2 * index + 1
        if child + 1 < size and levels[nodes[end - 2 - child]] < levels[nodes[end - 1 - child]]:
            child += 1
        if level <= levels[nodes[end - 1 - child]]:
            break
        nodes[end - 1 - index] = nodes[end - 1 - child]
        index = child
    nodes[end - 1 - index] = node
