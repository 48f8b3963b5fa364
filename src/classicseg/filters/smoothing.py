"""Gaussian smoothing whose sums are exact.

Values are whole numbers and weights have few bits, so that the order of the sums does not count, what is flat
stays flat, and the image may be turned.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.histogram import level_scale
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.filters.stencils import add_pair

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
    low, step = level_scale(image.pixels(), _FLOAT_BITS)
    value_bits = _FLOAT_BITS if image.values.dtype.kind == "f" else 8 * image.values.dtype.itemsize
    bits = (_EXACT_BITS - value_bits) // len(image.shape)
    weights = [_gaussian(sigma / s, bits, length) for s, length in zip(spacing, image.shape, strict=True)]
    share = _share(image, weights)
    values = np.empty(image.values.shape, np.float32 if image.values.dtype == np.float32 else np.float64)
    levels = np.empty(image.shape)
    for c in range(image.n_channels):
        run_bands(_write_levels, len(levels), levels[0].size, image, c, low, step, levels)
        total = _correlate(levels, weights)
        run_bands(_write_means, len(levels), levels[0].size, total, share, step, values[..., c])
    if image.mask is not None:
        values[~image.mask] = 0
    return Image(values, image.mask)


def _write_levels(
    image: Image, channel: int, low: float, step: float, levels: NDArray[np.float64], start: int, stop: int
) -> None:
    """Values as whole numbers of steps from the least one, 0 where no pixel takes part."""
    rows = levels[start:stop]
    np.subtract(image.values[start:stop, ..., channel], low, out=rows, dtype=np.float64)
    np.rint(np.divide(rows, step, out=rows), out=rows)
    if image.mask is not None:
        rows *= image.mask[start:stop]


def _write_means(
    total: NDArray[np.float64], share: NDArray[np.float64], step: float, out: NDArray[Any], start: int, stop: int
) -> None:
    rows = total[start:stop]
    np.divide(rows, share[start:stop], out=rows, where=share[start:stop] > 0)
    out[start:stop] = np.multiply(rows, step, out=rows)


def _share(image: Image, weights: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """How much of the Gaussian about each pixel lies on pixels that take part."""
    if image.mask is not None:
        return _correlate(image.mask.astype(np.float64), weights)
    share = np.ones(())
    for length, half in zip(image.shape, weights, strict=True):
        share = np.multiply.outer(share, _correlate(np.ones(length), [half]))
    return share


def _gaussian(sigma: float, bits: int, length: int) -> NDArray[np.float64]:
    """Weights to four sigma (no further than the image reaches), multiples of 2**-bits, that add up to 1."""
    unit = 2.0 ** max(bits, math.ceil(math.log2(max(sigma, 1.0))) + _LEAST_BITS)
    radius = min(math.ceil(4 * sigma), length)
    half = np.exp(-0.5 * (np.arange(1, radius + 1) / sigma) ** 2)
    half = np.rint(half / (1 + 2 * half.sum()) * unit)
    return np.concatenate([[unit - 2 * half.sum()], half]) / unit


def _correlate(values: NDArray[np.float64], weights: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Correlate along each axis with weights from the middle out; beyond the border there is nothing."""
    for axis, half in enumerate(weights):
        inner = math.prod(values.shape[axis + 1 :])
        length, out = values.shape[axis], np.empty_like(values)
        rows = (-1, length) if inner == 1 else (-1, inner)
        lines, found = values.reshape(rows), out.reshape(rows)
        if inner == 1:
            run_bands(_correlate_rows, len(lines), lines.shape[1] * len(half), lines, half, found)
        else:
            run_bands(_correlate_stacks, len(lines), lines.shape[1] * len(half), lines, length, half, found)
        values = out
    return values


def _correlate_rows_numpy(
    rows: NDArray[np.float64], half: NDArray[np.float64], out: NDArray[np.float64], start: int, stop: int
) -> None:
    n, radius = rows.shape[1], len(half) - 1
    padded = np.pad(rows[start:stop], [(0, 0), (radius, radius)])
    out[start:stop] = rows[start:stop] * half[0]
    for k in range(1, radius + 1):
        low, high = radius - k, radius + k
        out[start:stop] += (padded[:, low : low + n] + padded[:, high : high + n]) * half[k]


@kernel(numpy=_correlate_rows_numpy)
def _correlate_rows(
    rows: NDArray[np.float64], half: NDArray[np.float64], out: NDArray[np.float64], start: int, stop: int
) -> None:
    """Correlate within each row."""
    n, radius = rows.shape[1], len(half) - 1
    padded = np.zeros(n + 2 * radius)
    for row in range(start, stop):
        padded[radius : radius + n] = rows[row]
        out[row] = rows[row] * half[0]
        for k in range(1, radius + 1):
            add_pair(padded[radius - k :], padded[radius + k :], half[k:], out[row])


def _correlate_stacks_numpy(
    rows: NDArray[np.float64],
    length: int,
    half: NDArray[np.float64],
    out: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    place, last = np.arange(start, stop), len(rows) - 1
    out[start:stop] = rows[start:stop] * half[0]
    for k in range(1, len(half)):
        above = (place % length >= k)[:, np.newaxis] * rows[np.maximum(place - k, 0)]
        below = (place % length < length - k)[:, np.newaxis] * rows[np.minimum(place + k, last)]
        out[start:stop] += (above + below) * half[k]


@kernel(numpy=_correlate_stacks_numpy)
def _correlate_stacks(
    rows: NDArray[np.float64],
    length: int,
    half: NDArray[np.float64],
    out: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    """Correlate across the rows of each stack of `length`."""
    nothing = np.zeros(rows.shape[1])
    for row in range(start, stop):
        place = row % length
        out[row] = rows[row] * half[0]
        for k in range(1, len(half)):
            above = rows[row - k] if place >= k else nothing
            below = rows[row + k] if place < length - k else nothing
            add_pair(above, below, half[k:], out[row])
