"""Compensated sums (double-double arithmetic): the rounded sum, and the rest that rounding has taken from it.

The two floats together have twice the bits of one. So a value far away takes little from the others that are
summed with it, and the order of the pixels changes neither the rounded sum nor the mean.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel


@kernel()
def lost(total: float, value: float, rounded: float) -> float:
    """The rounding error of `rounded` = total + value, exactly (TwoSum) [1].

    [1] Knuth D. E. The art of computer programming 2: seminumerical algorithms. 1969.
    """
    part = rounded - total
    return (total - (rounded - part)) + (value - part)


def settled(sums: NDArray[np.float64], rests: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Move into the sums what their rests have grown to: |rest| is half a unit in the last place at most."""
    rounded = sums + rests
    return rounded, rests - (rounded - sums)


def means_of(sums: NDArray[np.float64], rests: NDArray[np.float64], counts: NDArray[Any]) -> NDArray[np.float64]:
    """Rounded means; the mean of equal values is that value."""
    means = sums / counts
    product, missing = products(means, counts.astype(np.float64))
    return means + ((sums - product) - missing + rests) / counts


def products(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Rounded products, and their rounding errors, exactly (TwoProduct)."""
    (a_high, a_low), (b_high, b_low), product = _halves(a), _halves(b), a * b
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _halves(numbers: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Split each number into two of half its bits, whose products are exact (Dekker 1971)."""
    wide = numbers * (2.0**27 + 1)
    high = wide - (wide - numbers)
    return high, numbers - high
