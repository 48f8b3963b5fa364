"""The distinct values of float32 with their counts, by a radix sort in two passes.

The bits of floats, read as integers, have the order of the floats: as they are for positive ones, and with all
bits inverted for negative ones. The values are put into 2**16 buckets by their upper 16 bits, and a table counts
the lower 16 bits within each bucket. This is linear in the number of values, and 5 to 8 times faster than sorting
12 million gradients.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.kernel import kernel

LEAST = 2**16
"""So many values are worth counting; fewer are sorted in less time than going through 2**16 buckets takes."""

_SIGN = np.uint32(1 << 31)


def float_histogram(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the distinct values of a flat array of finite floats, ascending, and how often each occurs."""
    bits = (values + np.float32(0)).view(np.uint32)  # -0 + 0 is 0: one value
    if values.size and values.min() < 0:
        bits = bits ^ np.where(bits >= _SIGN, ~np.uint32(0), _SIGN)
        distinct, counts = run_interruptible(_count_bits, bits)
        return (distinct ^ np.where(distinct >= _SIGN, _SIGN, ~np.uint32(0))).view(np.float32), counts
    distinct, counts = run_interruptible(_count_bits, bits)
    return distinct.view(np.float32), counts


def _count_bits_numpy(bits: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    distinct, counts = np.unique(bits, return_counts=True)
    return distinct, counts.astype(np.int64)


@kernel(numpy=_count_bits_numpy)
def _count_bits(bits: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The distinct integers, ascending, and how often each occurs."""
    firsts = np.zeros(2**16 + 1, np.int64)
    for bit in bits:
        firsts[(int(bit) >> 16) + 1] += 1
    for bucket in range(2**16):
        firsts[bucket + 1] += firsts[bucket]
    lower, ends = np.empty(len(bits), np.uint16), firsts[:-1].copy()
    for bit in bits:
        bucket = int(bit) >> 16
        lower[ends[bucket]] = int(bit) & 0xFFFF
        ends[bucket] += 1
    distinct, counts = np.empty(len(bits), np.uint32), np.empty(len(bits), np.int64)
    n_distinct, table = 0, np.zeros(2**16, np.int64)
    words = np.zeros(2**10, np.bool_)  # which runs of 64 counters are in use: buckets are mostly narrow or small
    for bucket in range(2**16):
        if firsts[bucket] == firsts[bucket + 1]:
            continue
        for i in range(firsts[bucket], firsts[bucket + 1]):
            table[lower[i]] += 1
            words[int(lower[i]) >> 6] = True
        for word in range(2**10):
            if not words[word]:
                continue
            words[word] = False
            for level in range(64 * word, 64 * word + 64):
                if table[level] > 0:
                    distinct[n_distinct] = (bucket << 16) + level
                    counts[n_distinct] = table[level]
                    n_distinct += 1
                    table[level] = 0
    return distinct[:n_distinct].copy(), counts[:n_distinct].copy()
