"""The mean, the variance and the entropy of the values in a box around each pixel, over those that take part."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_LEVELS = 8
"""Values are counted in levels of half a standard deviation about the mean of their own box."""

_NO_CONTRAST = 2.0**-40
"""A variance below so much of the mean square is what rounding left."""


def box_sums(values: NDArray[np.float64], radius: tuple[int, ...]) -> NDArray[np.float64]:
    """Sums over boxes; beyond the borders values are 0."""
    for axis, n in enumerate(radius):
        if n:  # SciPy adds opposite values first where weights are symmetric
            values = ndimage.correlate1d(values, np.ones(2 * n + 1), axis, mode="constant")
    return values


def box_moments(
    values: NDArray[np.float64], inside: NDArray[np.float64], radius: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The number of pixels that take part, the mean and the variance of each box."""
    counts = box_sums(inside, radius)
    known = np.maximum(counts, 1.0)
    mean, square = box_sums(values, radius) / known, box_sums(values * values, radius) / known
    variance = square - mean * mean
    return counts, mean, np.where(variance > square * _NO_CONTRAST, variance, 0.0)


def box_entropy(
    values: NDArray[np.float64],
    inside: NDArray[np.float64],
    moments: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    radius: tuple[int, ...],
) -> NDArray[np.float64]:
    """The entropy of the levels in each box, in nats.

    The level of a value says how far it is from the mean of the box around it, in steps of half a standard
    deviation: no range of values is asked for, and an image times a number, or plus one, has the same levels.
    """
    counts, mean, variance = moments
    steps = np.sqrt(np.where(variance > 0, variance, 1.0)) * 0.5
    far = np.where(variance > 0, (values - mean) / steps, 0.0)
    levels = np.clip(np.floor(far) + _LEVELS // 2, 0, _LEVELS - 1)
    known = np.maximum(counts, 1.0)
    entropy = np.zeros(values.shape)
    for level in range(_LEVELS):
        shares = box_sums((levels == level) * inside, radius) / known
        entropy -= shares * np.log(np.where(shares > 0, shares, 1.0))
    return entropy
