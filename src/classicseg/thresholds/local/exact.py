"""On which side of its threshold a pixel of floats is, without rounding: for the pixels that `doubts` leaves over.

What is summed: the floats of the windows themselves, not their levels. A float is a whole number times a power of
two. So all values of a part of an image are whole numbers times one common power of two, but numbers of any
length. They are split into digits of so few bits that the sum of one digit over a window fits int64. Each digit is
summed over the windows as usual, and the sums are joined to Python's integers, which have no limit, for the pixels
in question.

So sums, and sums of squares, are exact, whatever values lie beside each other, and a mean or a deviation is
rounded once. A label therefore depends on the values of the pixel's own window alone. A pixel whose window has 75
x 75 others takes 1 to 3 ms by itself, and microseconds in a box with many.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg.thresholds.local.box_gaussian import smooth_bits, smooth_sums_numpy, three_boxes
from classicseg.thresholds.local.moments import MomentRule, threshold_numpy
from classicseg.thresholds.local.windows import WindowedImage, box_sums_numpy, radii_of

Pixels = tuple[NDArray[np.int64], ...]
"""Pixels of an image, by their indices along each axis."""


def gaps_of_moments(image: WindowedImage, pixels: Pixels, rule: MomentRule) -> NDArray[np.float64]:
    """How far above each pixel its threshold is, by a rule in the image's own units."""
    radii, shape = radii_of(image.window()), image.shape
    inside = image.inside.reshape(shape) if len(image.inside) else np.full(shape, image.least_summed, np.uint8)
    summed = (inside >= image.least_summed).astype(np.int64)

    def around(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        return box_sums_numpy(numbers, radii)[pixels]

    most_digits = 128  # a float64 of 2**-1074 beside one of 1e150 takes 79 digits of 20 bits
    width = (62 - (most_digits * image.most_in_window).bit_length()) // 2
    digits = as_digits(image.values.reshape(shape), width)
    total = joined([around(plane * summed) for plane in digits.planes], digits.width)
    count, squares = np.maximum(around(summed), 1), np.zeros_like(total)
    if rule.k != 0:
        squares = joined([around(plane * summed) for plane in squared(digits.planes)], digits.width)
    numbers = joined([plane[pixels] for plane in digits.planes], digits.width)
    above, mean, deviation = _measured(total, squares, count, numbers, digits.exponent)
    gaps = threshold_numpy(rule, count.astype(np.float64), above, mean, deviation)
    if rule.length > 0:
        sparse = count * rule.length < around((inside > 0).astype(np.int64))
        return np.where(sparse, -np.inf, gaps)
    return gaps


def gaps_of_smooth_means(image: WindowedImage, pixels: Pixels, offset: float) -> NDArray[np.float64]:
    """How far above each pixel its threshold is: a smooth mean, less an offset in the image's own units."""
    boxes = np.array([three_boxes(size) for size in image.sizes])
    shape = image.shape
    valid = (image.inside.reshape(shape) if len(image.inside) else np.ones(shape)).astype(np.int64)
    digits = as_digits(image.values.reshape(shape), smooth_bits(image))
    planes = [smooth_sums_numpy(plane * valid, boxes)[pixels] for plane in digits.planes]
    weight = smooth_sums_numpy(valid, boxes)[pixels]
    numbers = joined([plane[pixels] for plane in digits.planes], digits.width)
    total = joined(planes, digits.width)
    above, _, _ = _measured(total, np.zeros_like(total), weight, numbers, digits.exponent)
    return above - offset


class Digits(NamedTuple):
    """Floats as whole numbers times 2**exponent."""

    planes: list[NDArray[np.int64]]
    """Digits to the base 2**width, the lowest first, each with the sign of its number."""
    width: int
    exponent: int


def as_digits(values: NDArray[Any], width: int) -> Digits:
    """Write finite floats in digits of so many bits, at most 62."""
    fractions, exponents = np.frexp(values.astype(np.float64))
    numbers = np.ldexp(fractions, 53).astype(np.int64)  # of 53 bits
    sizes, signs = np.abs(numbers), np.sign(numbers)
    last = np.frexp((sizes & -sizes).astype(np.float64))[1] - 1  # which bit is the last one that is set
    last_exponents = (exponents + last)[sizes > 0]
    exponent = int(last_exponents.min(initial=int(exponents.max()) + 53)) - 53
    shift = np.where(sizes > 0, exponents - 53 - exponent, 0).astype(np.int64)
    n_digits = max(1, -(-(int(shift.max()) + 53) // width))
    planes = []
    for _ in range(n_digits):
        shifted = np.where(shift >= 0, sizes << np.clip(shift, 0, 63), sizes >> np.clip(-shift, 0, 63))
        planes.append(signs * (shifted & ((1 << width) - 1)))
        shift -= width
    return Digits(planes, width, exponent)


def squared(planes: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """The squares of numbers: digit k is the sum of the products of digits i and k - i, without any carry."""
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
    """How far the mean is above a pixel, the mean, and the deviation; all numbers are times 2**exponent."""
    above = quotient(total - count * number, count, exponent)
    spread = max(count * squares - total * total, 0)
    half = spread.bit_length() // 2  # the root is taken of a number near 1: no square overflows or vanishes
    deviation = math.ldexp(math.sqrt(quotient(spread, count * count, -2 * half)), exponent + half)
    return above, quotient(total, count, exponent), deviation


_measure: Callable[..., tuple[NDArray[np.object_], ...]] = np.frompyfunc(_measures, 5, 3)


def _measured(*numbers: Any) -> list[NDArray[np.float64]]:
    """`_measures` of arrays."""
    total, squares, count, number, exponent = numbers
    return [found.astype(np.float64) for found in _measure(total, squares, count.astype(object), number, exponent)]


def quotient(number: int, by: int, exponent: int) -> float:
    """``number / by * 2**exponent``, rounded once."""
    return (number << exponent) / by if exponent >= 0 else number / (by << -exponent)
