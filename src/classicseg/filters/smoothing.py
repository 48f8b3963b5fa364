"""Gaussian smoothing in which no pixel counts beyond the radius of the kernel, not even through rounding.

Weights have few bits. Each value is rounded by itself, as is each mean: integers to a fine grid, floats to a fixed
number of bits. Rounding errors of the sums are far smaller (0 for integers of 16 bits), so the order of the sums
mostly does not show: flat parts stay flat, and a turned image gives a turned result.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import Image
from classicseg.filters.correlation import correlate
from classicseg.filters.smooth_rows import (
    AxisGaussian,
    Grain,
    PlaneGaussian,
    rounded,
    smooth_rows,
    smooth_stacks,
)

_FLOAT32_BITS = 24
"""Means of integers are rounded to so many bits, those before the point included: they fit float32."""

_FLOAT64_BITS = 32
"""Values of float64 are rounded to so many bits: rounding errors of the sums vanish in what 53 bits have left."""

_WEIGHT_BITS = 36
"""The weights of all axes together: with 16 bits of a value, sums of products are exact in the 53 of float64."""

_LEAST_BITS = 8
"""The largest weight of a Gaussian has so many bits at least, at the price of exact sums where sigma is large."""

_LEAST_CHANGE = 1e-3
"""The middle weight takes what rounding leaves of the sum, if that changes it by less than this share."""

_LONGEST = 2**16
"""Weights are computed to here even if the image is shorter: a part of an image has the weights of the whole."""

_EXACT = Grain(0.0, 0.0)
"""Not rounded."""


def smooth(image: Image, sigma: float, spacing: tuple[float, ...]) -> Image:
    """Smooth by a Gaussian over the pixels that take part."""
    if sigma == 0:
        return image
    weights = gaussian_of(image.shape, sigma, spacing)
    smoothed = []
    for c in range(image.n_channels):
        source = np.ascontiguousarray(image.values[..., c])
        if image.mask is None:
            smoothed.append(_smooth_whole(source, weights))
        else:
            smoothed.append(_smooth_inside(source, image.mask, weights))
    values = smoothed[0][..., np.newaxis] if len(smoothed) == 1 else np.stack(smoothed, axis=-1)
    bounds = (0.0, float(np.iinfo(image.values.dtype).max)) if image.values.dtype.kind == "u" else image.extremes
    return Image(values, image.mask, bounds)


def smooth_planes(image: Image, sigma: float, spacing: tuple[float, ...]) -> NDArray[Any]:
    """The same, channels first: (channels, M, N[, …]), float64 or, where it holds them, float32."""
    dtype = np.float64 if image.values.dtype == np.float64 else np.float32
    planes = np.empty((image.n_channels, *image.shape), dtype)
    for c in range(image.n_channels):
        one = Image(image.values[..., c : c + 1], image.mask, image.extremes)
        planes[c] = smooth(one, sigma, spacing).values[..., 0]
    return planes


def halo_of(sigma: float, spacing: tuple[float, ...]) -> tuple[int, ...]:
    """How many pixels a Gaussian reaches along each axis."""
    return tuple(math.ceil(4 * sigma / step) for step in spacing)


def gaussian_of(shape: tuple[int, ...], sigma: float, spacing: tuple[float, ...]) -> list[NDArray[np.float64]]:
    """The weights along each axis, from the middle out."""
    bits = _WEIGHT_BITS // len(shape)
    return [_gaussian(sigma / step, bits, n) for step, n in zip(spacing, shape, strict=True)]


def grain_of(dtype: np.dtype[Any]) -> Grain:
    """How means of a dtype are rounded; float32 rounds by itself."""
    if dtype == np.float64:
        return Grain(0.0, 2.0 ** (53 - _FLOAT64_BITS) + 1)
    return Grain(1.5 * 2.0 ** (52 - _FLOAT32_BITS + 8 * dtype.itemsize), 0.0) if dtype.kind == "u" else _EXACT


def source_grain_of(dtype: np.dtype[Any]) -> Grain:
    """How values of a dtype are rounded before they are smoothed."""
    return grain_of(dtype) if dtype == np.float64 else _EXACT


def shares_of(shape: tuple[int, ...], weights: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """How much of the weights lies inside, at each index of each axis."""
    return [correlate(np.ones(length), [half]) for length, half in zip(shape, weights, strict=True)]


def _smooth_whole(source: NDArray[Any], weights: list[NDArray[np.float64]]) -> NDArray[Any]:
    """Smooth one channel of an image in which all pixels take part."""
    return _blur(source, weights, shares_of(source.shape, weights), grain_of(source.dtype), _result_dtype(source))


def _smooth_inside(
    source: NDArray[Any], mask: NDArray[np.bool_], weights: list[NDArray[np.float64]]
) -> NDArray[Any]:
    """Smooth one channel over the pixels of a mask: sums of values divided by sums of weights."""
    whole = [np.ones(length) for length in source.shape]
    total, share = (
        _blur(part, weights, whole, _EXACT, np.dtype(np.float64)) for part in (source, mask.view(np.uint8))
    )
    out = np.empty(mask.shape, _result_dtype(source))
    run_bands(_write_means, len(mask), mask[0].size, total, share, mask, grain_of(source.dtype), out)
    return out


def _blur(
    source: NDArray[Any],
    weights: list[NDArray[np.float64]],
    shares: list[NDArray[np.float64]],
    result: Grain,
    dtype: np.dtype[Any],
) -> NDArray[Any]:
    """One pass over rows smooths within planes; each further axis takes one more."""
    if source.ndim == 1:  # a plane of one row
        weights, shares = [np.ones(1), *weights], [np.ones(1), *shares]
    *further, rows, width = (1, *source.shape)[-max(source.ndim, 2) :]
    planes = source.reshape(-1, rows, width)
    lead, last = shares[0], shares[-1]
    for share in shares[1:-1]:
        lead = np.multiply.outer(lead, share)
    found = np.empty(planes.shape, np.float64 if further else dtype)
    ones = [np.ones(length) for length in planes.shape[1:]]
    grains = source_grain_of(source.dtype), _EXACT if further else result
    inside = ones if further else (lead, last)
    run_bands(
        smooth_rows, len(planes) * rows, width, planes, PlaneGaussian(*grains, *weights[-2:], *inside), found
    )
    lines = found.reshape(-1, width)
    for axis, length in enumerate(further):
        final = axis == len(further) - 1
        totals, lines = lines, np.empty(lines.shape, dtype if final else np.float64)
        grain, *inside = (result, lead.reshape(-1), last) if final else (_EXACT, np.ones(len(lines)), ones[1])
        stride = math.prod(source.shape[axis + 1 : -1])
        gaussian = AxisGaussian(length, stride, grain, weights[axis], *inside)
        run_bands(smooth_stacks, len(lines), width, totals, gaussian, lines)
    return lines.reshape(source.shape)


def _result_dtype(source: NDArray[Any]) -> np.dtype[Any]:
    """The dtype of a smoothed image."""
    return np.dtype(np.float64 if source.dtype == np.float64 else np.float32)


def _write_means(
    total: NDArray[np.float64],
    share: NDArray[np.float64],
    mask: NDArray[np.bool_],
    grain: Grain,
    out: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    """Divide and round rows `start` to `stop` of the sums."""
    rows, inside = total[start:stop], mask[start:stop]
    np.divide(rows, share[start:stop], out=rows, where=inside)
    out[start:stop] = rounded(rows, grain) * inside


def _gaussian(sigma: float, bits: int, length: int) -> NDArray[np.float64]:
    """Weights to four sigma, or as far as the image is long, in multiples of 2**-bits.

    They add up to 1 exactly, where that changes the middle one little: then means need no division inside.
    """
    unit = 2.0 ** max(bits, math.ceil(math.log2(max(sigma, 1.0))) + _LEAST_BITS)
    radius = min(math.ceil(4 * sigma), max(length, _LONGEST))
    half = np.exp(-0.5 * (np.arange(radius + 1) / sigma) ** 2)
    half = np.rint(half / (2 * half.sum() - 1) * unit)
    rest = unit - 2 * half[1:].sum()
    half[0] = rest if abs(rest - half[0]) < _LEAST_CHANGE * half[0] else half[0]
    return half[: length + 1] / unit
