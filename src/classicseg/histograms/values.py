"""The distinct values of an image with their counts.

An answer that depends on the values of the pixels, and not on where they lie, is found from these. They are exact
for every dtype: integers of 8 and 16 bits are counted, floats that are such integers as well, other values are
sorted.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands, run_interruptible
from classicseg._core.kernel import kernel
from classicseg.histograms.float32 import LEAST, float_histogram


def value_histogram(
    values: NDArray[Any], weights: NDArray[np.float64] | None = None
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Return the distinct values of a flat array, ascending, and how often each occurs.

    With weights, their sum stands in for the count of a value, and values of weight 0 are left out.
    """
    if weights is not None:
        distinct, inverse = run_interruptible(partial(np.unique, return_inverse=True), values)
        sums = np.bincount(inverse.reshape(-1), weights)
        return distinct[sums > 0].astype(np.float64), sums[sums > 0]
    if values.dtype.kind == "f" and _are_levels(values):
        low = values.min()
        levels, counts = value_histogram((values - low).astype(np.uint16))
        return levels + float(low), counts
    if values.dtype.kind == "u":
        n_levels = 2 ** (8 * values.dtype.itemsize)
        bands = run_bands(_count, values.size, 1, np.ascontiguousarray(values), n_levels)
        counts = sum(bands, np.zeros(n_levels, np.int64))
        present = np.flatnonzero(counts)
        return present.astype(np.float64), counts[present]
    if values.dtype == np.float32 and values.size >= LEAST:
        distinct, counts = float_histogram(values)
    else:
        distinct, counts = run_interruptible(partial(np.unique, return_counts=True), values)
    return distinct.astype(np.float64), counts.astype(np.int64)


def _are_levels(values: NDArray[Any]) -> bool:
    """Whether floats are whole numbers of a range below 2**16, as those of int16 images are: they can be
    counted."""
    for part in (values[:1024], values):  # the first values mostly say no
        if not len(part) or float(part.max()) - float(part.min()) >= 2**16 or (part != np.floor(part)).any():
            return False
    return True


def _count_numpy(values: NDArray[Any], n_levels: int, start: int, stop: int) -> NDArray[np.int64]:
    return np.bincount(values[start:stop], minlength=n_levels)


@kernel(numpy=_count_numpy)
def _count(values: NDArray[Any], n_levels: int, start: int, stop: int) -> NDArray[np.int64]:
    """Count each level in four counters in turn.

    With one, the second of two equal neighbors waits for the first to be written: 0.7 ns a pixel instead of 0.3.
    """
    own = values[start:stop]
    first, second = np.zeros(n_levels, np.int64), np.zeros(n_levels, np.int64)
    third, fourth = np.zeros(n_levels, np.int64), np.zeros(n_levels, np.int64)
    n_fours = len(own) // 4
    for i in range(n_fours):
        first[own[4 * i]] += 1
        second[own[4 * i + 1]] += 1
        third[own[4 * i + 2]] += 1
        fourth[own[4 * i + 3]] += 1
    for i in range(4 * n_fours, len(own)):
        first[own[i]] += 1
    return first + second + third + fourth
