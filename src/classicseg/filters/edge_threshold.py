"""Otsu's threshold of gradients, which are many and all different: in steps of their range."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.histogram import optimal_split
from classicseg._core.kernel import kernel

_LEVEL_BITS = 16
"""2**16 steps: all values apart take 6 times as long for the ridges of 12 megapixels."""

_PIXELS_AT_ONCE = 8
"""Bands are so many times larger than usual, since each has a table of counts."""


def otsu_of_gradients(gradients: NDArray[Any], n_flat: int = 0) -> float:
    """Otsu's threshold of the gradients above 0, and of `n_flat` that are 0; it is 0 where all are one level."""
    rows = gradients.reshape(len(gradients), -1)
    n_rows, row_size = len(rows), max(1, rows.shape[1] // _PIXELS_AT_ONCE)
    largest = max(run_bands(_largest_in_band, n_rows, row_size, rows))
    step = math.ldexp(1.0, math.frexp(largest)[1] - _LEVEL_BITS)
    counts = sum(run_bands(_count_levels, n_rows, row_size, rows, step), np.zeros(2**_LEVEL_BITS, np.int64))
    counts[0] += n_flat
    levels = np.flatnonzero(counts)
    split = optimal_split(levels.astype(np.float64), counts[levels], 2)
    return float(levels[split[0]] * step) if len(split) else 0.0


def _largest_in_band(gradients: NDArray[Any], start: int, stop: int) -> float:
    return float(gradients[start:stop].max())


def _count_levels_numpy(gradients: NDArray[Any], step: float, start: int, stop: int) -> NDArray[np.int64]:
    band = gradients[start:stop]
    return np.bincount((band[band > 0] / step).astype(np.int64), minlength=2**_LEVEL_BITS)


@kernel(numpy=_count_levels_numpy)
def _count_levels(gradients: NDArray[Any], step: float, start: int, stop: int) -> NDArray[np.int64]:
    counts = np.zeros(2**_LEVEL_BITS, np.int64)
    for row in range(start, stop):
        for gradient in gradients[row]:
            if gradient > 0:
                counts[int(gradient / step)] += 1
    return counts
