"""Otsu's threshold of gradient magnitudes, from a histogram of 2**16 equal bins.

The bins range from 0 to the power of two above the largest magnitude, so those of a part of an image fit into
those of the whole.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.histograms.optimal_split import optimal_split

_LEVEL_BITS = 16
"""2**16 bins: a histogram of all different values takes 6 times as long for the suppressed gradient of 12
megapixels."""

_PIXELS_AT_ONCE = 8
"""Bands are so many times larger than usual, since each has a table of counts."""


class LevelCounts(NamedTuple):
    """How many gradients above 0 are in each of 2**16 equal bins from 0 to a power of two."""

    exponent: int
    """The exponent of that power of two."""
    counts: NDArray[np.int64]


def otsu_of_gradients(gradients: NDArray[Any], n_flat: int = 0) -> float:
    """Otsu's threshold of the gradients above 0, and of `n_flat` that are 0; 0 where all of them are in one
    bin."""
    return otsu_of_levels(count_levels(gradients), n_flat)


def count_levels(gradients: NDArray[Any]) -> LevelCounts:
    """Count the gradients above 0 of an image, or of a part of one."""
    rows = gradients.reshape(len(gradients), -1)
    n_rows, row_size = len(rows), max(1, rows.shape[1] // _PIXELS_AT_ONCE)
    exponent = math.frexp(max(run_bands(_largest_in_band, n_rows, row_size, rows)))[1]
    width = math.ldexp(1.0, exponent - _LEVEL_BITS)
    counts = sum(run_bands(_count_levels, n_rows, row_size, rows, width), np.zeros(2**_LEVEL_BITS, np.int64))
    return LevelCounts(exponent, counts)


def merge_levels(parts: Sequence[LevelCounts]) -> LevelCounts:
    """Add up the counts of parts, in the bins of the part with the largest gradient."""
    counted = [part for part in parts if part.counts.any()] or parts[:1]
    exponent, counts = max(part.exponent for part in counted), np.zeros(2**_LEVEL_BITS, np.int64)
    for part in counted:
        levels = np.arange(2**_LEVEL_BITS) >> min(exponent - part.exponent, _LEVEL_BITS)
        np.add.at(counts, levels, part.counts)
    return LevelCounts(exponent, counts)


def otsu_of_levels(found: LevelCounts, n_flat: int = 0) -> float:
    """Otsu's threshold of counted gradients, and of `n_flat` that are 0."""
    counts = found.counts.copy()
    counts[0] += n_flat
    levels = np.flatnonzero(counts)
    split = optimal_split(levels.astype(np.float64), counts[levels], 2)
    return math.ldexp(float(levels[split[0]]), found.exponent - _LEVEL_BITS) if len(split) else 0.0


def _largest_in_band(gradients: NDArray[Any], start: int, stop: int) -> float:
    """The largest gradient of a band of rows."""
    return float(gradients[start:stop].max())


def _count_levels_numpy(gradients: NDArray[Any], width: float, start: int, stop: int) -> NDArray[np.int64]:
    band = gradients[start:stop]
    return np.bincount((band[band > 0] / width).astype(np.int64), minlength=2**_LEVEL_BITS)


@kernel(numpy=_count_levels_numpy)
def _count_levels(gradients: NDArray[Any], width: float, start: int, stop: int) -> NDArray[np.int64]:
    """Count the gradients above 0 of a band in bins of a width."""
    counts = np.zeros(2**_LEVEL_BITS, np.int64)
    for row in range(start, stop):
        for gradient in gradients[row]:
            if gradient > 0:
                counts[int(gradient / width)] += 1
    return counts
