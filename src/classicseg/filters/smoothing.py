"""Gaussian smoothing whose sums are exact.

Values are whole numbers and weights have few bits, so that the order of the sums does not count, what is flat
stays flat, and the image may be turned.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from classicseg._core.bands import run_aside
from classicseg._core.histogram import whole_levels
from classicseg._core.image import Image

_FLOAT_BITS = 20
"""Float images are smoothed in 2**20 steps of their range, so that what is flat stays flat."""

_EXACT_BITS = 52
"""float64 holds sums of products exactly while value and weights have so many bits together."""

_LEAST_BITS = 8
"""The largest weight of a Gaussian has so many bits at least, at the price of exact sums where sigma is large."""


def smooth(image: Image, sigma: float, spacing: tuple[float, ...]) -> Image:
    """Smooth by a Gaussian over the pixels that take part; values are counted from the image's least one."""
    if sigma == 0:
        return image
    ndim = len(image.shape)
    inside = image.inside()
    levels, step = whole_levels(image.values, inside, _FLOAT_BITS)
    value_bits = _FLOAT_BITS if image.values.dtype.kind == "f" else 8 * image.values.dtype.itemsize
    bits = (_EXACT_BITS - value_bits) // ndim
    weights = [_gaussian(sigma / s, bits, length) for s, length in zip(spacing, image.shape, strict=True)]
    share = _share(image, weights)
    values = np.empty(image.values.shape, np.float32 if image.values.dtype == np.float32 else np.float64)
    for c in range(image.n_channels):
        total = _correlate(levels[..., c], weights)
        values[..., c] = np.divide(total, share, out=np.zeros_like(total), where=inside) * step
    return Image(values, image.mask)


def _share(image: Image, weights: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """How much of the Gaussian about each pixel lies on pixels that take part."""
    if image.mask is not None:
        return _correlate(image.mask.astype(np.float64), weights)
    lines = [_correlate(np.ones(n), [row]) for n, row in zip(image.shape, weights, strict=True)]
    share = np.ones(())
    for line in lines:
        share = np.multiply.outer(share, line)
    return share


def _gaussian(sigma: float, bits: int, length: int) -> NDArray[np.float64]:
    """Weights to four sigma (no further than the image reaches), multiples of 2**-bits, that add up to 1."""
    unit = 2.0 ** max(bits, math.ceil(math.log2(max(sigma, 1.0))) + _LEAST_BITS)
    radius = min(math.ceil(4 * sigma), length)
    half = np.exp(-0.5 * (np.arange(1, radius + 1) / sigma) ** 2)
    half = np.rint(half / (1 + 2 * half.sum()) * unit)
    return np.concatenate([half[::-1], [unit - 2 * half.sum()], half]) / unit


def _correlate(values: NDArray[np.float64], weights: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    for axis, row in enumerate(weights):
        values = run_aside(partial(ndimage.correlate1d, mode="constant"), values, row, axis)
    return values
