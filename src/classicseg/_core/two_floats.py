"""Sums of two floats: the rounded sum, and what rounding has taken from it.

Together they have twice the bits of one. So a value far away takes little from the others that are summed with
it, and the order of the pixels changes nothing: not the rounded sum, not the mean.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel


@kernel()
def lost(total: float, value: float, rounded: float) -> float:
    """What `rounded`, the sum of two numbers, lacks of it [1].

    [1] Knuth D. E. The art of computer programming 2: seminumerical algorithms. 1969.
    """
    part = rounded - total
    return (total - (rounded - part)) + (value - part)


def settled(sums: NDArray[np.float64], rests: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The same numbers with the least rests."""
    rounded = sums + rests
    return rounded, rests - (rounded - sums)


def means_of(sums: NDArray[np.float64], rests: NDArray[np.float64], counts: NDArray[Any]) -> NDArray[np.float64]:
    """The rounded means: of equal values, that value."""
    means = sums / counts
    product, missing = products(means, counts.astype(np.float64))
    return means + ((sums - product) - missing + rests) / counts


def products(one: NDArray[np.float64], other: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Rounded products, and what rounding has taken from them."""
    (high, low), (above, below), product = _halves(one), _halves(other), one * other
    return product, ((high * above - product) + high * below + low * above) + low * below


def _halves(numbers: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two numbers that add up to one, of so few bits that products of such are exact (Dekker 1971)."""
    wide = numbers * (2.0**27 + 1)
    high = wide - (wide - numbers)
    return high, numbers - high
