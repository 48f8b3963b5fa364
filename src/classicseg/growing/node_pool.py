"""Entries of queues: rows of one array, linked by their indices. A row that is free again is the next to be used.

Row 0 is no entry. What the columns hold is for the queue to say; the last one is the next entry of a chain, and of
the chain of those that are free.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel

FREE, USED = 0, 1
"""Places in the state: the first entry that is free again, and how many have ever been used."""


def no_entries(n_columns: int, n_nodes: int) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Some room, and its state."""
    return np.zeros((1024, n_columns), np.int32 if n_nodes < 2**29 else np.int64), np.array([0, 1])


@kernel()
def take_entry(entries: NDArray[Any], state: NDArray[np.int64]) -> int:
    """An entry that is free."""
    entry = int(state[FREE])
    if entry > 0:
        state[FREE] = entries[entry, -1]
    else:
        entry = int(state[USED])
        state[USED] += 1
    return entry


@kernel()
def release(entry: int, entries: NDArray[Any], state: NDArray[np.int64]) -> None:
    entries[entry, -1] = state[FREE]
    state[FREE] = entry


@kernel()
def with_room(entries: NDArray[Any], state: NDArray[np.int64], n_more: int) -> NDArray[Any]:
    """The entries, or a copy with room for more."""
    if state[USED] + n_more <= len(entries):
        return entries
    grown = np.empty((2 * len(entries) + n_more, entries.shape[1]), entries.dtype)
    grown[: len(entries)] = entries
    return grown
