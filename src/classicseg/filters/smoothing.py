"""Gaussian smoothing whose sums are exact.

Values are whole numbers and weights have few bits, so that the order of the sums does not count, what is flat
stays flat, and the image may be turned.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.histogram import level_scale
from classicseg._core.image import Image
from classicseg.filters.correlation import correlate
from classicseg.filters.smooth_rows import smooth_rows, smooth_stacks

_FLOAT_BITS = 20
"""Float images are smoothed in 2**20 steps of their range, so that what is flat stays flat."""

_EXACT_BITS = 52
"""float64 holds sums of products exactly while value and weights have so many bits together."""

_LEAST_BITS = 8
"""The largest weight of a Gaussian has so many bits at least, at the price of exact sums where sigma is large."""

_LEAST_CHANGE = 1e-3

_LONGEST = 2**16
"""Weights are computed so far, where the image is shorter too: a part of an image has the weights of the whole."""


def smooth(image: Image, sigma: float, spacing: tuple[float, ...]) -> Image:
    """Smooth by a Gaussian over the pixels that take part; values are counted from the image's least one."""
    if sigma == 0:
        return image
    low, high = _extremes(image)
    gaussian = gaussian_of(replace(image, extremes=(low, high)), sigma, spacing)
    smoothed = []
    for c in range(image.n_channels):
        source = np.ascontiguousarray(image.values[..., c])
        if image.mask is None:
            smoothed.append(_smooth_whole(source, *gaussian))
        else:
            smoothed.append(_smooth_inside(source, image.mask, *gaussian))
    values = smoothed[0][..., np.newaxis] if len(smoothed) == 1 else np.stack(smoothed, axis=-1)
    return Image(values, image.mask, (0.0, high - low))


def reach_of(sigma: float, spacing: tuple[float, ...]) -> tuple[int, ...]:
    """How many pixels a Gaussian reaches along each axis."""
    return tuple(math.ceil(4 * sigma / step) for step in spacing)


def gaussian_of(
    image: Image, sigma: float, spacing: tuple[float, ...]
) -> tuple[float, float, list[NDArray[np.float64]]]:
    """Where levels are counted from, in which steps, and an axis' weights from the middle out."""
    dtype = image.values.dtype
    low, step = level_scale(np.array(_extremes(image), dtype), _FLOAT_BITS)
    bits = (_EXACT_BITS - (_FLOAT_BITS if dtype.kind == "f" else 8 * dtype.itemsize)) // len(image.shape)
    return low, step, [_gaussian(sigma / s, bits, n) for s, n in zip(spacing, image.shape, strict=True)]


def _extremes(image: Image) -> tuple[float, float]:
    """The least and the greatest value that takes part; 0 and 0 where none does."""
    if image.extremes is not None:
        return image.extremes
    known = image.pixels()
    return (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)


def shares_of(shape: tuple[int, ...], weights: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """How much of the weights lies inside, at each place of each axis."""
    return [correlate(np.ones(length), [half]) for length, half in zip(shape, weights, strict=True)]


def _smooth_whole(
    source: NDArray[Any], low: float, step: float, weights: list[NDArray[np.float64]]
) -> NDArray[Any]:
    """One pass over rows smooths within planes; each further axis takes one more."""
    shares = shares_of(source.shape, weights)
    if source.ndim == 1:  # a plane of one row
        weights, shares = [np.ones(1), *weights], [np.ones(1), *shares]
    *further, rows, width = (1, *source.shape)[-max(source.ndim, 2) :]
    planes = source.reshape(-1, rows, width)
    lead, last = shares[0], shares[-1]
    for share in shares[1:-1]:
        lead = np.multiply.outer(lead, share)
    dtype = _result_dtype(source)
    found = np.empty(planes.shape, np.float64 if further else dtype)
    ones = [np.ones(length) for length in planes.shape[1:]]
    ends = (lead, last, step) if not further else (*ones, 1.0)
    run_bands(smooth_rows, len(planes) * rows, width, planes, low, step, *weights[-2:], *ends, found)
    lines = found.reshape(-1, width)
    for axis, length in enumerate(further):
        final = axis == len(further) - 1
        totals, lines = lines, np.empty(lines.shape, dtype if final else np.float64)
        ends = (lead.reshape(-1), last, step) if final else (np.ones(len(lines)), ones[1], 1.0)
        apart = math.prod(source.shape[axis + 1 : -1])
        run_bands(smooth_stacks, len(lines), width, totals, length, apart, weights[axis], *ends, lines)
    return lines.reshape(source.shape)


def _smooth_inside(
    source: NDArray[Any], mask: NDArray[np.bool_], low: float, step: float, weights: list[NDArray[np.float64]]
) -> NDArray[Any]:
    levels, out = np.empty(mask.shape), np.empty(mask.shape, _result_dtype(source))
    run_bands(_write_levels, len(mask), mask[0].size, source, mask, low, step, levels)
    total, share = correlate(levels, weights), correlate(mask.astype(np.float64), weights)
    run_bands(_write_means, len(mask), mask[0].size, total, share, mask, step, out)
    return out


def _result_dtype(source: NDArray[Any]) -> np.dtype[Any]:
    return np.dtype(np.float64 if source.dtype == np.float64 else np.float32)


def _write_levels(
    source: NDArray[Any],
    mask: NDArray[np.bool_],
    low: float,
    step: float,
    levels: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    """Values as whole numbers of steps from the least one, 0 where no pixel takes part."""
    rows = levels[start:stop]
    np.subtract(source[start:stop], low, out=rows, dtype=np.float64)
    np.rint(np.divide(rows, step, out=rows), out=rows)
    rows *= mask[start:stop]


def _write_means(
    total: NDArray[np.float64],
    share: NDArray[np.float64],
    mask: NDArray[np.bool_],
    step: float,
    out: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    rows = total[start:stop]
    np.divide(rows, share[start:stop], out=rows, where=mask[start:stop])
    np.multiply(rows, step, out=rows)
    rows *= mask[start:stop]
    out[start:stop] = rows


def _gaussian(sigma: float, bits: int, length: int) -> NDArray[np.float64]:
    """Weights to four sigma, in multiples of 2**-bits, as far as the image reaches.

    All add up to 1 exactly, where that changes the middle one little: then means need no division inside.
    """
    unit = 2.0 ** max(bits, math.ceil(math.log2(max(sigma, 1.0))) + _LEAST_BITS)
    radius = min(math.ceil(4 * sigma), max(length, _LONGEST))
    half = np.exp(-0.5 * (np.arange(radius + 1) / sigma) ** 2)
    half = np.rint(half / (2 * half.sum() - 1) * unit)
    rest = unit - 2 * half[1:].sum()
    half[0] = rest if abs(rest - half[0]) < _LEAST_CHANGE * half[0] else half[0]
    return half[: length + 1] / unit
