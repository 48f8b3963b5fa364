"""A heap of whole numbers, four children to each: the least one comes first.

Places have no sign, which would be looked at before they serve as indices: most of the time goes into ways down
the heap, each step of which waits for the one before.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel

_NONE, _ONE, _TWO, _THREE = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(3)


@kernel()
def with_entry(heap: NDArray[np.int64], size: int, entry: int) -> int:
    """Enter a number into a heap of four children each; return its size."""
    place = np.uint64(size)
    while place > _NONE:
        parent = (place - _ONE) >> _TWO
        if heap[parent] <= entry:
            break
        heap[place] = heap[parent]
        place = parent
    heap[place] = entry
    return size + 1


@kernel()
def without_first(heap: NDArray[np.int64], size: int) -> int:
    """Remove the least number; return the heap's size."""
    size -= 1
    entry, place, end = heap[size], _NONE, np.uint64(size)
    while True:
        child = (place << _TWO) + _ONE
        if child + _THREE < end:  # two pairs of children: comparisons that need not wait for each other
            least, lower = child, heap[child]
            if heap[child + _ONE] < lower:
                least, lower = child + _ONE, heap[child + _ONE]
            other, upper = child + _TWO, heap[child + _TWO]
            if heap[child + _THREE] < upper:
                other, upper = child + _THREE, heap[child + _THREE]
            if upper < lower:
                least, lower = other, upper
        elif child < end:
            least, lower = child, heap[child]
            other = child + _ONE
            while other < end:
                if heap[other] < lower:
                    least, lower = other, heap[other]
                other += _ONE
        else:
            break
        if lower >= entry:
            break
        heap[place] = lower
        place = least
    heap[place] = entry
    return size
