"""Which side of its threshold a pixel of floats is on, without rounding: the road for what is left in doubt.

A float is a whole number times a power of two. The numbers of a part of an image are written in digits to one
base, the sums over windows are those of the digits in int64, and Python's integers join them for the pixels in
question. So a sum is exact whatever values lie beside each other, and a mean or a deviation is rounded once: a
label is a function of the values in the pixel's own window. A pixel whose window has 75 × 75 others takes 1 to
3 ms alone, and microseconds in a box of many.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg.thresholds.local.box_gaussian import smooth_bits, smooth_sums_numpy, three_boxes
from classicseg.thresholds.local.moments import Rule, threshold_numpy
from classicseg.thresholds.local.windows import WindowedImage, box_sums_numpy, radii_of

Places = tuple[NDArray[np.int64], ...]
"""Pixels of a field, by their place along each axis."""


def gaps_of_moments(field: WindowedImage, places: Places, rule: Rule) -> NDArray[np.float64]:
    """How far above each pixel its threshold is, by a rule in the image's own units."""
    radii, shape = radii_of(field.window()), field.shape
    marks = field.marks.reshape(shape) if len(field.marks) else np.full(shape, field.least, np.uint8)
    chosen = (marks >= field.least).astype(np.int64)

    def around(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        return box_sums_numpy(numbers, radii)[places]

    most = 128  # digits: a float64 of 2**-1074 beside one of 1e150 takes 79 of 20 bits
    digits = as_digits(field.values.reshape(shape), (62 - (most * field.n_around).bit_length()) // 2)
    total = joined([around(plane * chosen) for plane in digits.planes], digits.width)
    count, squares = np.maximum(around(chosen), 1), np.zeros_like(total)
    if rule.k != 0:
        squares = joined([around(plane * chosen) for plane in squared(digits.planes)], digits.width)
    numbers = joined([plane[places] for plane in digits.planes], digits.width)
    above, mean, deviation = _measured(total, squares, count, numbers, digits.exponent)
    gaps = threshold_numpy(rule, count.astype(np.float64), above, mean, deviation)
    if rule.length > 0:
        sparse = count * rule.length < around((marks > 0).astype(np.int64))
        return np.where(sparse, -np.inf, gaps)
    return gaps


def gaps_of_smooth_means(field: WindowedImage, places: Places, offset: float) -> NDArray[np.float64]:
    """The same of a smooth mean, less an offset in the image's own units."""
    boxes = np.array([three_boxes(size) for size in field.sizes])
    shape = field.shape
    inside = (field.marks.reshape(shape) if len(field.marks) else np.ones(shape)).astype(np.int64)
    digits = as_digits(field.values.reshape(shape), smooth_bits(field))
    planes = [smooth_sums_numpy(plane * inside, boxes)[places] for plane in digits.planes]
    weight = smooth_sums_numpy(inside, boxes)[places]
    numbers = joined([plane[places] for plane in digits.planes], digits.width)
    total = joined(planes, digits.width)
    above, _, _ = _measured(total, np.zeros_like(total), weight, numbers, digits.exponent)
    return above - offset


class Digits(NamedTuple):
    """Floats as whole numbers times 2**exponent."""

    planes: list[NDArray[np.int64]]
    """Digits to the base 2**width, from the last to the first, each with the number's sign."""
    width: int
    exponent: int


def as_digits(values: NDArray[Any], width: int) -> Digits:
    """Write finite floats in digits of so many bits, at most 62."""
    fractions, exponents = np.frexp(values.astype(np.float64))
    numbers = np.ldexp(fractions, 53).astype(np.int64)
    sizes, signs = np.abs(numbers), np.sign(numbers)
    last = np.frexp((sizes & -sizes).astype(np.float64))[1] - 1  # the place of the last bit that is set
    last_exponents = (exponents + last)[sizes > 0]
    exponent = int(last_exponents.min(initial=int(exponents.max()) + 53)) - 53
    up = np.where(sizes > 0, exponents - 53 - exponent, 0).astype(np.int64)
    n_digits = max(1, -(-(int(up.max()) + 53) // width))
    planes = []
    for _ in range(n_digits):
        moved = np.where(up >= 0, sizes << np.clip(up, 0, 63), sizes >> np.clip(-up, 0, 63))
        planes.append(signs * (moved & ((1 << width) - 1)))
        up -= width
    return Digits(planes, width, exponent)


def squared(planes: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """The squares of numbers, in digits that are not carried on: as sums of products of so many pairs."""
    n = len(planes)
    products: list[NDArray[np.int64]] = [np.zeros_like(planes[0]) for _ in range(2 * n - 1)]
    for a in range(n):
        products[2 * a] += planes[a] * planes[a]
        for b in range(a):
            products[a + b] += 2 * planes[a] * planes[b]
    return products


def joined(planes: list[NDArray[np.int64]], width: int) -> NDArray[np.object_]:
    """The numbers that have these digits, as Python's integers."""
    total = np.zeros(planes[0].shape, object)
    for j, plane in enumerate(planes):
        total += plane.astype(object) << (width * j)
    return total


def _measures(total: int, squares: int, count: int, number: int, exponent: int) -> tuple[float, float, float]:
    """How far above a number the mean is, the mean, and the deviation, of numbers times 2**exponent."""
    above = quotient(total - count * number, count, exponent)
    spread = max(count * squares - total * total, 0)
    half = spread.bit_length() // 2  # the root is taken of a number near 1: no square overflows or vanishes
    deviation = math.ldexp(math.sqrt(quotient(spread, count * count, -2 * half)), exponent + half)
    return above, quotient(total, count, exponent), deviation


_measure: Callable[..., tuple[NDArray[np.object_], ...]] = np.frompyfunc(_measures, 5, 3)


def _measured(*numbers: Any) -> list[NDArray[np.float64]]:
    total, squares, count, number, exponent = numbers
    return [found.astype(np.float64) for found in _measure(total, squares, count.astype(object), number, exponent)]


def quotient(number: int, by: int, exponent: int) -> float:
    """``number / by * 2**exponent``, rounded once."""
    return (number << exponent) / by if exponent >= 0 else number / (by << -exponent)
