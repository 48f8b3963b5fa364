"""A slab of rows of one channel, with as many rows around it as its features look at, and what smooths it.

Beyond the border, and where a pixel takes no part, values are 0; sums are divided by the share of the weights that
lie on pixels that take part (normalized convolution: Knutsson and Westin, 1993). The smoothed image is known one
pixel beyond the border, too, where derivatives look. Slabs cut from an image, or from a part of it that reaches
far enough, are the same to the bit.
"""

from __future__ import annotations

from functools import lru_cache, reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.filters.features.axis_sums import divide, sum_axis, sum_rows
from classicseg.filters.smooth_rows import Grain, rounded, write_means
from classicseg.filters.smoothing import gaussian_of, grain_of

_EXACT = Grain(0.0, 0.0)


class Gaussian(NamedTuple):
    """The weights of one scale."""

    halves: list[NDArray[np.float64]]
    """Along each axis, from the middle out."""

    shares: list[NDArray[np.float64]]
    """(n + 2,) each: how much of the weights lies inside at each index from -1 on."""


class Slab(NamedTuple):
    """Values in rows around some of an image."""

    values: NDArray[Any]
    """(rows, …), in the dtype that sums are in; 0 where nothing takes part."""

    inside: NDArray[np.float64] | None
    """The same shape, 1 where a pixel takes part; None where all do that lie in the image."""

    first: int
    """The row of the image that the first one is."""

    grain: Grain
    """How means are rounded."""

    dtype: np.dtype[Any]
    """Of means."""


@lru_cache(64)
def gaussian_along(
    shape: tuple[int, ...], scale: float, spacing: tuple[float, ...], axes: tuple[int, ...]
) -> Gaussian:
    """The weights of a scale along some axes of an image; along the others nothing is smoothed."""
    found = iter(gaussian_of(tuple(shape[a] for a in axes), scale, tuple(spacing[a] for a in axes)))
    halves = [_reaching(next(found), len(axes)) if a in axes else np.ones(1) for a in range(len(shape))]
    return Gaussian(halves, [_shares(n, half) for n, half in zip(shape, halves, strict=True)])


def _reaching(half: NDArray[np.float64], ndim: int) -> NDArray[np.float64]:
    """Weights of which the nearest neighbors have some, so that one pixel beyond the border is known."""
    if half[1] == 0:
        half[1] = 2.0 ** -(36 // ndim)
        half[0] -= 2 * half[1]
    return half


def _shares(length: int, half: NDArray[np.float64]) -> NDArray[np.float64]:
    whole = np.concatenate([half[:0:-1], half])
    radius = len(half) - 1
    shares = np.convolve(np.pad(np.ones(length), 2 * radius + 1), whole, mode="valid")[
        radius : radius + length + 2
    ]
    return np.where(shares > 0, shares, 1.0)


def slab_of(image: Image, channel: int, start: int, stop: int, reach: int) -> Slab:
    """The rows from `start` to `stop` of an image, and `reach` more on both sides."""
    dtype = image.values.dtype
    sums = np.dtype(np.float32 if dtype == np.float32 else np.float64)
    low, high = max(start - reach, 0), min(stop + reach, len(image.values))
    shape = (stop - start + 2 * reach, *image.shape[1:])
    own = slice(low - start + reach, high - start + reach)
    values, inside = np.zeros(shape, sums), None
    values[own] = image.values[low:high, ..., channel]
    if dtype == np.float64:
        values = rounded(values, grain_of(dtype))
    if image.mask is not None:
        inside = np.zeros(shape)
        inside[own] = image.mask[low:high]
    means = np.dtype(np.float64 if dtype in (np.float64, np.uint16) else np.float32)
    grain = grain_of(means if dtype == np.uint16 else dtype)  # 8 bits after the point would show in derivatives
    return Slab(values, inside, start - reach, grain, means)


def smoothed(slab: Slab, gaussian: Gaussian, start: int, stop: int) -> NDArray[Any]:
    """The means of rows `start` to `stop`, and of one pixel more at both ends of each further axis."""
    total = _sums(slab.values, slab.first, gaussian, start, stop)
    out = np.empty(total.shape, slab.dtype)
    n = total.shape[-1]
    if slab.inside is None:
        lead, *others, last = gaussian.shares
        lines = reduce(np.multiply.outer, [lead[start + 1 : stop + 1], *others]).reshape(-1)
        _write_inside(total.reshape(-1, n), lines, last, slab.grain, out.reshape(-1, n))
    else:
        share = _sums(slab.inside, slab.first, gaussian, start, stop)
        divide(total.reshape(-1, n), share.reshape(-1, n), slab.grain, out.reshape(-1, n))
    return out


def _sums(values: NDArray[Any], first: int, gaussian: Gaussian, start: int, stop: int) -> NDArray[Any]:
    halves = [half.astype(values.dtype) for half in gaussian.halves]
    rows = values.reshape(len(values), -1)
    total = sum_rows(rows, start - first, stop - start, halves[0]).reshape(-1, *values.shape[1:])
    for axis in range(1, values.ndim):
        total = sum_axis(total, axis, halves[axis])
    return total


def _write_inside_numpy(
    total: NDArray[Any], lead: NDArray[np.float64], last: NDArray[np.float64], grain: Grain, out: NDArray[Any]
) -> None:
    out[:] = rounded((total / np.multiply.outer(lead, last)).astype(total.dtype), grain)


@kernel(numpy=_write_inside_numpy)
def _write_inside(
    total: NDArray[Any], lead: NDArray[np.float64], last: NDArray[np.float64], grain: Grain, out: NDArray[Any]
) -> None:
    """Write means: sums divided by the shares of their line and of their place on it, and rounded."""
    for line in range(len(total)):
        write_means(total[line], lead[line], last, grain, out[line])
