"""Derivatives by separable stencils: smooth along the other axes, then take the difference along one's own.

A stencil is read as a middle and pairs about it, and pairs are added first: a flipped image gives flipped
derivatives to the bit. In two dimensions the smoothing comes first for either axis, so that a transposed image
gives transposed ones to the bit as well.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel

_EXPONENT = 60
"""Derivatives are computed as multiples of a power of two that takes the largest to about 2**60, but never as less
than they are: their squares rarely leave the range of the dtype, and no power of two changes a bit of a result."""

_LARGEST_EXPONENT = {"f4": 120, "f8": 900}
"""The power itself, and the weights times it, fit the dtype."""

SQUARES = {"f4": (2.0**-70, 2.0**90), "f8": (2.0**-900, 2.0**500)}
"""The least sum of squares that is as exact as the dtype, and the power of two that takes derivatives whose sum is
less to where it is."""


_NONE_VANISH = 48
"""No square of a derivative above 2**-118 vanishes in float32 if it is taken times 2 to this power, or more."""


class Stencil(NamedTuple):
    """An operator, as arrays of the dtype that it works in."""

    taps: int
    """Its width: 3 or 5 about a pixel, 2 about a corner between pixels."""
    even: NDArray[Any]
    """(1 + taps // 2,), the smoothing: the weight of the middle, then of each pair, from the inside out."""
    odd: NDArray[Any]
    """(ndim, taps // 2), the difference along each axis: the weight of each pair, from the inside out."""
    back: NDArray[Any]
    """(1,), the power of two that takes the derivatives back to the image's units."""
    squares: NDArray[Any]
    """(3,), those of `SQUARES`, or 0 and 1 where all sums of squares are exact; -1 if they may vanish, else 0."""

    @property
    def radius(self) -> int:
        return self.taps // 2

    @property
    def n_cells(self) -> int:
        """How many gradients there are around a pixel: its own, or one at each corner."""
        return 2 ** len(self.odd) if self.taps == 2 else 1


def make_stencil(
    smoothing: tuple[float, ...],
    difference: tuple[float, ...],
    spacing: tuple[float, ...],
    largest: float,
    dtype: np.dtype[Any],
    exact: bool,
) -> Stencil:
    """Scale an operator such that a ramp has its slope, for an image of values up to `largest`.

    Whether no square of a derivative is too small for the dtype is known, if it is `exact`.
    """
    middle, *pairs = smoothing
    ndim, taps = len(spacing), 2 * len(pairs) + (middle > 0)
    slope = sum(weight * (taps % 2 + 2 * k + 1) for k, weight in enumerate(difference))
    norm = (middle + 2 * sum(pairs)) ** (ndim - 1) * slope
    if taps == 2:
        norm *= math.sqrt(2**ndim)  # the mean of the corners' tensors
    most, finest = _LARGEST_EXPONENT[dtype.str[1:]], math.frexp(min(spacing))[1]
    fitting = (_EXPONENT - math.frexp(largest / min(spacing))[1], most, most + finest - 1)
    exponent = max(min(fitting), finest + 1)
    odd = [[math.ldexp(weight / norm, exponent) / step for weight in difference] for step in spacing]
    back = math.ldexp(1.0, -exponent)
    vanish = -1.0 if exponent < _NONE_VANISH + math.frexp(max(spacing))[1] else 0.0
    squares = (*((0.0, 1.0) if exact else SQUARES[dtype.str[1:]]), vanish)
    return Stencil(taps, *(np.array(found, dtype) for found in (smoothing, odd, [back], squares)))


def derivatives(values: NDArray[Any], stencil: Stencil, start: int, stop: int) -> NDArray[Any]:
    """The derivatives in rows of an image where all pixels take part, divided by ``stencil.back``.

    Returns (cells, channels, ndim, *shape).
    """
    radius, ndim = stencil.radius, values.ndim - 1
    rows = np.arange(start - radius, stop + radius) % (2 * len(values))
    block = values[np.minimum(rows, 2 * len(values) - 1 - rows)].astype(stencil.even.dtype)
    block = np.pad(block, [(0, 0), *[(radius, radius)] * (ndim - 1), (0, 0)], mode="symmetric")
    taps, even, odd = stencil[:3]
    slopes = np.stack([derivative(block, axis, taps, even, odd[axis]) for axis in range(ndim)])
    shape = (stop - start, *values.shape[1:-1])
    cells = np.ndindex((2 if stencil.n_cells > 1 else 1,) * ndim)
    places = [tuple(slice(i, i + n) for i, n in zip(cell, shape, strict=True)) for cell in cells]
    return np.stack([np.moveaxis(slopes[:, *place], -1, 0) for place in places])


def derivative(block: NDArray[Any], axis: int, taps: int, even: NDArray[Any], odd: NDArray[Any]) -> NDArray[Any]:
    """Fold a block, spatial axes and one more, along all spatial axes; each loses its outermost places."""
    for other in range(block.ndim - 1):
        if other != axis:
            block = _along(block, other, taps, even, odd=False)
    return _along(block, axis, taps, odd, odd=True)


def _along(block: NDArray[Any], axis: int, taps: int, weights: NDArray[Any], *, odd: bool) -> NDArray[Any]:
    length = block.shape[axis] - taps + 1
    out = np.empty((*block.shape[:axis], length, *block.shape[axis + 1 :]), block.dtype)
    step = math.prod(block.shape[axis + 1 :])
    lines, folded = block.reshape(-1, block.shape[axis] * step), out.reshape(-1, length * step)
    (differ if odd else smooth)(lines, step, taps, weights, folded)
    return out


def _smooth_numpy(lines: NDArray[Any], step: int, taps: int, weights: NDArray[Any], out: NDArray[Any]) -> None:
    half, n = taps // 2, out.shape[1]
    low, middle, high = (slice(i * step, i * step + n) for i in (half - 1, half, taps - half))
    out[:] = lines[:, middle] * weights[0] + (lines[:, low] + lines[:, high]) * weights[1]
    for k in range(1, half):
        low, high = (slice(i * step, i * step + n) for i in (half - 1 - k, taps - half + k))
        out += (lines[:, low] + lines[:, high]) * weights[k + 1]


@kernel(numpy=_smooth_numpy)
def smooth(lines: NDArray[Any], step: int, taps: int, weights: NDArray[Any], out: NDArray[Any]) -> None:
    """Smooth lines of values, neighbors `step` apart."""
    half, n = taps // 2, out.shape[1]
    for row in range(len(out)):
        line = lines[row]
        low, high = (half - 1) * step, (taps - half) * step
        add_three(
            line[low : low + n], line[half * step : half * step + n], line[high : high + n], weights, out[row]
        )
        for k in range(1, half):
            low, high = (half - 1 - k) * step, (taps - half + k) * step
            add_pair(line[low : low + n], line[high : high + n], weights[k + 1 :], out[row])


def _differ_numpy(lines: NDArray[Any], step: int, taps: int, weights: NDArray[Any], out: NDArray[Any]) -> None:
    half, n = taps // 2, out.shape[1]
    for k in range(half):
        low, high = (slice(i * step, i * step + n) for i in (half - 1 - k, taps - half + k))
        pair = (lines[:, high] - lines[:, low]) * weights[k]
        out[:] = out + pair if k else pair


@kernel(numpy=_differ_numpy)
def differ(lines: NDArray[Any], step: int, taps: int, weights: NDArray[Any], out: NDArray[Any]) -> None:
    """Take differences in lines of values, neighbors `step` apart."""
    half, n = taps // 2, out.shape[1]
    for row in range(len(out)):
        line = lines[row]
        for k in range(half):
            low, high = (half - 1 - k) * step, (taps - half + k) * step
            take_pair(line[low : low + n], line[high : high + n], weights[k:], k > 0, out[row])


@kernel()
def read_row(source: NDArray[Any], line: NDArray[Any]) -> None:
    """Convert a row, padded by one place on each side, by reflection."""
    n = len(source)
    inner = line[1 : n + 1]
    for x in range(n):
        inner[x] = source[x]
    line[0], line[n + 1] = line[1], line[n]


@kernel()
def add_three(
    low: NDArray[Any], middle: NDArray[Any], high: NDArray[Any], weights: NDArray[Any], out: NDArray[Any]
) -> None:
    center, side = weights[0], weights[1]  # here, for the compiler cannot know that `out` is not `weights`
    for i in range(len(out)):
        out[i] = middle[i] * center + (low[i] + high[i]) * side


@kernel()
def add_pair(low: NDArray[Any], high: NDArray[Any], weights: NDArray[Any], out: NDArray[Any]) -> None:
    side = weights[0]
    for i in range(len(out)):
        out[i] += (low[i] + high[i]) * side


@kernel()
def take_pair(low: NDArray[Any], high: NDArray[Any], weights: NDArray[Any], more: bool, out: NDArray[Any]) -> None:
    side = weights[0]
    if more:
        for i in range(len(out)):
            out[i] += (high[i] - low[i]) * side
    else:
        for i in range(len(out)):
            out[i] = (high[i] - low[i]) * side


@kernel()
def pair_magnitudes(
    down: NDArray[Any], across: NDArray[Any], squares: NDArray[Any], factor: float, out: NDArray[Any]
) -> None:
    """The magnitudes of a row of gradients, times a power of two."""
    for x in range(len(out)):
        out[x] = np.sqrt(down[x] * down[x] + across[x] * across[x]) * factor
    if has_small_squares(out, squares, factor):
        recompute_small(down, across, squares, factor, out)


@kernel()
def recompute_small(
    down: NDArray[Any], across: NDArray[Any], squares: NDArray[Any], factor: float, out: NDArray[Any]
) -> None:
    """Measure again, with larger squares where those are too small."""
    least, lift, unit = squares[0], squares[1], squares.dtype.type(1)
    for x in range(len(out)):
        power = lift if down[x] * down[x] + across[x] * across[x] < least else unit
        one, two = down[x] * power, across[x] * power
        out[x] = np.sqrt(one * one + two * two) / power * factor


@kernel()
def has_small_squares(magnitudes: NDArray[Any], squares: NDArray[Any], factor: float) -> bool:
    """Whether squares may have been too small."""
    least, none = np.sqrt(squares[0]) * factor, squares[2]
    found = 0
    for x in range(len(magnitudes) if squares[0] > 0 else 0):  # without a way out in between, which vectorizes it
        found |= int((magnitudes[x] < least) & (magnitudes[x] > none))
    return found > 0
