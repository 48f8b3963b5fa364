"""Pairs of labels that touch.

A pair is one number: the smaller label above the lower 32 bits, which hold the greater one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel

LOW = 2**32 - 1
"""The lower half of a pair."""

N_HASHES = 2**12
"""The size of a table of the pairs that were last seen, 32 kB: few are listed twice, and no sort is needed."""


@kernel()
def add_pair(a: int, b: int, seen: NDArray[np.int64], pairs: NDArray[np.int64], size: int) -> tuple[int, int]:
    """Append the pair of two labels to the `size` pairs, unless the last pair of the same hash was the same.

    `seen`, (N_HASHES,), holds the last pair of each hash, 0 before the first. `pairs` must have room for one more.
    Returns the new size, and the hash.
    """
    low, high = np.int64(min(a, b)), np.int64(max(a, b))
    pair, its_hash = low << 32 | high, int((low * 7919 + high) % N_HASHES)
    if seen[its_hash] == pair:
        return size, its_hash
    seen[its_hash] = pairs[size] = pair
    return size + 1, its_hash


@kernel()
def twice_as_long(
    pairs: NDArray[np.int64], table: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Arrays of twice the length that begin with these; what follows in the table is 0."""
    longer, rows = np.empty(2 * len(pairs), np.int64), np.zeros((2 * len(pairs), table.shape[1]))
    for i in range(len(pairs)):
        longer[i] = pairs[i]
        for k in range(table.shape[1]):
            rows[i, k] = table[i, k]
    return longer, rows
