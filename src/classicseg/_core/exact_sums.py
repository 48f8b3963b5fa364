"""Exact sums of floats, as whole numbers: two counters for each exponent (Kulisch's long accumulator).

A float64 is a whole number m of 53 bits times a power of two. The m of values of one exponent are added as whole
numbers, their upper and their lower bits apart, so that 2**36 of them fit 64 bits. Nothing is rounded until the
counters are put together, and no order shows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel

_EXPONENTS = 2048
_LOW_BITS = 26
_LOW = (1 << _LOW_BITS) - 1
_FRACTION_BITS = 52
_FRACTION = (1 << _FRACTION_BITS) - 1
_UNIT = 1074
"""Counters are of multiples of 2**-1074, which all float64 are."""


def exact_mean(values: NDArray[Any]) -> float:
    """The mean of finite values, (n,), rounded once."""
    bands = run_bands(_count_band, values.size, 1, np.ascontiguousarray(values))
    return _total(np.sum(bands, axis=0)) / (values.size << _UNIT)


def exact_weighted_mean(values: NDArray[np.float64], counts: NDArray[np.int64]) -> float:
    """The mean of finite values of which each comes so many times, rounded once."""
    return _total(_counted(values, counts)) / (int(counts.sum()) << _UNIT)


def _total(counters: NDArray[np.int64]) -> int:
    """The sum that counters stand for."""
    high, low = counters.tolist()
    shifts = (max(exponent - 1, 0) for exponent in range(_EXPONENTS))
    return sum(((a << _LOW_BITS) + b) << shift for a, b, shift in zip(high, low, shifts, strict=True) if a or b)


def _counted(values: NDArray[np.float64], counts: NDArray[np.int64] | int) -> NDArray[np.int64]:
    """The counters of values, each so many times."""
    bits = values.astype(np.float64).view(np.int64)
    exponents = bits >> _FRACTION_BITS & _EXPONENTS - 1
    whole = (bits & _FRACTION) + ((exponents > 0).astype(np.int64) << _FRACTION_BITS)
    whole = np.where(bits < 0, -whole, whole)
    counters = np.zeros((2, _EXPONENTS), np.int64)
    np.add.at(counters[0], exponents, (whole >> _LOW_BITS) * counts)
    np.add.at(counters[1], exponents, (whole & _LOW) * counts)
    return counters


def _count_band(values: NDArray[Any], start: int, stop: int) -> NDArray[np.int64]:
    counters = np.zeros((2, _EXPONENTS), np.int64)
    _count(values, counters, start, stop)
    return counters


def _count_numpy(values: NDArray[Any], counters: NDArray[np.int64], start: int, stop: int) -> None:
    counters += _counted(values[start:stop], 1)


@kernel(numpy=_count_numpy)
def _count(values: NDArray[Any], counters: NDArray[np.int64], start: int, stop: int) -> None:
    """Add values `start` to `stop` to the counters."""
    high, low = counters[0], counters[1]
    for i in range(start, stop):
        bits = np.float64(values[i]).view(np.int64)
        exponent = (bits >> _FRACTION_BITS) & (_EXPONENTS - 1)
        whole = bits & _FRACTION
        if exponent > 0:
            whole |= _FRACTION + 1
        if bits < 0:
            whole = -whole
        high[exponent] += whole >> _LOW_BITS
        low[exponent] += whole & _LOW
