"""The tolerance where none is given: the standard deviation of the values.

It is computed from sums of whole numbers (quanta), which do not depend on the order of the pixels, and which add
up over the parts of an image.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import Image
from classicseg._core.kernel import kernel

_BITS = 24
"""Floats are rounded to 2**-24 of their range. Squares are summed in two parts of so many bits."""


class ValueSums(NamedTuple):
    """What the variances of the channels are computed from."""

    n: int
    """The pixels that take part."""
    totals: tuple[int, ...]
    """The sum of each channel, in quanta."""
    squares: tuple[int, ...]
    """The sum of the squares of each channel, in squares of quanta."""


def default_tolerance(image: Image) -> float:
    """The standard deviation; of several channels, the root of the sum of their variances."""
    low, quantum = quantum_of(image)
    return tolerance_of(sum_values(image, low, quantum), quantum)


def quantum_of(image: Image) -> tuple[float, float]:
    """The value that values are counted from, and the quantum that they are counted in."""
    if image.values.dtype.kind == "u":
        return 0.0, 1.0
    known = image.pixels() if image.extremes is None else np.array(image.extremes)
    if not known.size:
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    return low, math.ldexp(1.0, max(math.frexp(high - low)[1] - _BITS, -1074))


def sum_values(image: Image, low: float, quantum: float) -> ValueSums:
    """The sums over an image, or a part of one."""
    pixels = np.ascontiguousarray(image.pixels())
    bands = run_bands(_sum_up, len(pixels), pixels.shape[1], pixels, low, 1 / quantum)
    sums: NDArray[np.int64] = sum(bands, np.zeros((3, pixels.shape[1]), np.int64))
    squares = [lower + (upper << _BITS) for _, lower, upper in sums.T.tolist()]
    return ValueSums(len(pixels), tuple(sums[0].tolist()), tuple(squares))


def merge_sums(parts: Sequence[ValueSums]) -> ValueSums:
    """The sums over an image from those over its parts."""
    totals, squares = (tuple(map(sum, zip(*column, strict=True))) for column in list(zip(*parts, strict=True))[1:])
    return ValueSums(sum(part.n for part in parts), totals, squares)


def tolerance_of(sums: ValueSums, quantum: float) -> float:
    """The standard deviation from sums."""
    if sums.n == 0:
        return 0.0
    variances = (
        Fraction(square, sums.n) - Fraction(total, sums.n) ** 2
        for total, square in zip(sums.totals, sums.squares, strict=True)
    )
    return math.sqrt(sum(variances)) * quantum


def _sum_up_numpy(pixels: NDArray[Any], low: float, scale: float, start: int, stop: int) -> NDArray[np.int64]:
    quanta = np.rint((pixels[start:stop].astype(np.float64) - low) * scale).astype(np.int64)
    squares = quanta * quanta
    return np.stack([part.sum(axis=0) for part in (quanta, squares & (2**_BITS - 1), squares >> _BITS)])


@kernel(numpy=_sum_up_numpy)
def _sum_up(pixels: NDArray[Any], low: float, scale: float, start: int, stop: int) -> NDArray[np.int64]:
    """The sums of the quanta, and of the lower and the upper bits of their squares."""
    sums = np.zeros((3, pixels.shape[1]), np.int64)
    for i in range(start, stop):
        for c in range(pixels.shape[1]):
            n_quanta = np.int64(np.rint((np.float64(pixels[i, c]) - low) * scale))
            square = n_quanta * n_quanta
            sums[0, c] += n_quanta
            sums[1, c] += square & (2**_BITS - 1)
            sums[2, c] += square >> _BITS
    return sums
