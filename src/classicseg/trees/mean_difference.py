"""How much neighboring pixels differ on average: what an image calls a weak border."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg._core.numbers import without_last_bits
from classicseg.trees.pixel_lines import PixelLines, Ruler, measure_pairs, pairs_of_rows, pixel_lines


def mean_difference(planes: NDArray[Any], mask: NDArray[np.bool_] | None) -> float:
    """The mean Euclidean distance of pixels that share a face; 0 where there are none."""
    lines = pixel_lines(planes, mask, 1)
    n_lines, length = lines.values.shape[1:]
    total, count = np.sum(run_bands(_sum_distances, n_lines, length, lines), axis=0).tolist()
    return without_last_bits(total / max(count, 1.0))


def _sum_distances_numpy(lines: PixelLines, start: int, stop: int) -> tuple[float, float]:
    _, squares = pairs_of_rows(lines, Ruler(True, 0.0), start, stop)
    return float(np.sqrt(squares).sum()), float(len(squares))


@kernel(numpy=_sum_distances_numpy)
def _sum_distances(lines: PixelLines, start: int, stop: int) -> tuple[float, float]:
    """The sum of the distances of pairs that begin in lines `start` to `stop`, and how many there are."""
    squares, total, count = np.empty(lines.values.shape[2]), 0.0, 0.0
    for line in range(start, stop):
        for k in range(len(lines.shifts)):
            measure_pairs(lines, True, line, k, squares)
            for x in range(len(squares)):
                if squares[x] >= 0.0:
                    total += math.sqrt(squares[x])
                    count += 1.0
    return total, count
