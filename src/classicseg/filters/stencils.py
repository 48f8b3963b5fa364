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
"""Derivatives are computed times a power of two that takes the largest to about 2**60, and that is never less than
1: their squares rarely leave the range of the dtype, and no power of two changes a bit of a result."""

_LARGEST_EXPONENT = {"f4": 120, "f8": 900}
"""The power of two itself, and the weights times it, fit the dtype up to these exponents."""

SQUARES = {"f4": (2.0**-70, 2.0**90), "f8": (2.0**-900, 2.0**500)}
"""For each dtype: the least sum of squares that is as exact as the dtype; and a power of two by which derivatives
are multiplied whose sum of squares is less, so that it becomes as exact."""

_NONE_VANISH = 48
"""The square of a derivative above 2**-118 does not vanish in float32 once it is multiplied by 2 to this power."""


class Stencil(NamedTuple):
    """An operator, as arrays of the dtype that it works in."""

    taps: int
    """Its width: 3 or 5 about a pixel, 2 about a corner between pixels."""
    even: NDArray[Any]
    """(1 + taps // 2,), smoothing: the weight of the middle, then of each pair of neighbors, from the inside
    out."""
    odd: NDArray[Any]
    """(ndim, taps // 2), difference along each axis: the weight of each pair of neighbors, from the inside out."""
    back: NDArray[Any]
    """(1,), the power of two that takes computed derivatives back to the image's units."""
    squares: NDArray[Any]
    """(3,), the two numbers of `SQUARES`, or 0 and 1 where all sums of squares are exact; then -1 if sums of
    squares may vanish, else 0."""

    @property
    def radius(self) -> int:
        """How many pixels the operator reaches to each side."""
        return self.taps // 2

    @property
    def n_cells(self) -> int:
        """How many gradients are measured for a pixel: one at its center, or one at each of its corners."""
        return 2 ** len(self.odd) if self.taps == 2 else 1


def make_stencil(
    smoothing: tuple[float, ...],
    difference: tuple[float, ...],
    spacing: tuple[float, ...],
    largest: float,
    dtype: np.dtype[Any],
    exact: bool,
) -> Stencil:
    """Scale an operator such that the gradient of a ramp is its slope, for an image of values up to `largest`.

    `exact` says that no square of a derivative is too small for the dtype.
    """
    middle, *pairs = smoothing
    ndim, taps = len(spacing), 2 * len(pairs) + (middle > 0)
    slope = sum(weight * (taps % 2 + 2 * k + 1) for k, weight in enumerate(difference))
    norm = (middle + 2 * sum(pairs)) ** (ndim - 1) * slope
    if taps == 2:
        norm *= math.sqrt(2**ndim)  # the mean of the corners' tensors
    limit, finest = _LARGEST_EXPONENT[dtype.str[1:]], math.frexp(min(spacing))[1]
    fitting = (_EXPONENT - math.frexp(largest / min(spacing))[1], limit, limit + finest - 1)
    exponent = max(min(fitting), finest + 1)
    odd = [[math.ldexp(weight / norm, exponent) / step for weight in difference] for step in spacing]
    back = math.ldexp(1.0, -exponent)
    vanish = -1.0 if exponent < _NONE_VANISH + math.frexp(max(spacing))[1] else 0.0
    squares = (*((0.0, 1.0) if exact else SQUARES[dtype.str[1:]]), vanish)
    return Stencil(taps, *(np.array(found, dtype) for found in (smoothing, odd, [back], squares)))


def derivatives(values: NDArray[Any], stencil: Stencil, start: int, stop: int) -> NDArray[Any]:
    """The derivatives in rows `start` to `stop` of an image where all pixels take part, divided by
    ``stencil.back``.

    Returns (cells, channels, ndim, *shape), with one cell for each gradient of a pixel (`Stencil.n_cells`).
    """
    radius, ndim = stencil.radius, values.ndim - 1
    rows = np.arange(start - radius, stop + radius) % (2 * len(values))
    block = values[np.minimum(rows, 2 * len(values) - 1 - rows)].astype(stencil.even.dtype)
    block = np.pad(block, [(0, 0), *[(radius, radius)] * (ndim - 1), (0, 0)], mode="symmetric")
    slopes = np.stack([derivative(block, axis, stencil) for axis in range(ndim)])
    shape = (stop - start, *values.shape[1:-1])
    cells = np.ndindex((2 if stencil.n_cells > 1 else 1,) * ndim)
    windows = [tuple(slice(i, i + n) for i, n in zip(cell, shape, strict=True)) for cell in cells]
    return np.stack([np.moveaxis(slopes[:, *window], -1, 0) for window in windows])


def derivative(block: NDArray[Any], axis: int, stencil: Stencil) -> NDArray[Any]:
    """The derivative of a block, spatial axes and one more, along one of them; each loses its outermost pixels."""
    for other in range(block.ndim - 1):
        if other != axis:
            block = _along(block, other, stencil.taps, stencil.even, odd=False)
    return _along(block, axis, stencil.taps, stencil.odd[axis], odd=True)


def _along(block: NDArray[Any], axis: int, taps: int, weights: NDArray[Any], *, odd: bool) -> NDArray[Any]:
    """Correlate a block along one axis with symmetric weights, or with antisymmetric ones (`odd`)."""
    length = block.shape[axis] - taps + 1
    out = np.empty((*block.shape[:axis], length, *block.shape[axis + 1 :]), block.dtype)
    stride = math.prod(block.shape[axis + 1 :])
    lines, correlated = block.reshape(-1, block.shape[axis] * stride), out.reshape(-1, length * stride)
    (differ if odd else smooth)(lines, stride, taps, weights, correlated)
    return out


def _smooth_numpy(lines: NDArray[Any], stride: int, taps: int, weights: NDArray[Any], out: NDArray[Any]) -> None:
    half, n = taps // 2, out.shape[1]
    low, middle, high = (slice(i * stride, i * stride + n) for i in (half - 1, half, taps - half))
    out[:] = lines[:, middle] * weights[0] + (lines[:, low] + lines[:, high]) * weights[1]
    for k in range(1, half):
        low, high = (slice(i * stride, i * stride + n) for i in (half - 1 - k, taps - half + k))
        out += (lines[:, low] + lines[:, high]) * weights[k + 1]


@kernel(numpy=_smooth_numpy)
def smooth(lines: NDArray[Any], stride: int, taps: int, weights: NDArray[Any], out: NDArray[Any]) -> None:
    """Smooth lines of values, in which neighbors are `stride` apart."""
    half, n = taps // 2, out.shape[1]
    for row in range(len(out)):
        line = lines[row]
        low, high = (half - 1) * stride, (taps - half) * stride
        add_three(
            line[low : low + n], line[half * stride : half * stride + n], line[high : high + n], weights, out[row]
        )
        for k in range(1, half):
            low, high = (half - 1 - k) * stride, (taps - half + k) * stride
            add_pair(line[low : low + n], line[high : high + n], weights[k + 1 :], out[row])


def _differ_numpy(lines: NDArray[Any], stride: int, taps: int, weights: NDArray[Any], out: NDArray[Any]) -> None:
    half, n = taps // 2, out.shape[1]
    for k in range(half):
        low, high = (slice(i * stride, i * stride + n) for i in (half - 1 - k, taps - half + k))
        pair = (lines[:, high] - lines[:, low]) * weights[k]
        out[:] = out + pair if k else pair


@kernel(numpy=_differ_numpy)
def differ(lines: NDArray[Any], stride: int, taps: int, weights: NDArray[Any], out: NDArray[Any]) -> None:
    """Take differences in lines of values, in which neighbors are `stride` apart."""
    half, n = taps // 2, out.shape[1]
    for row in range(len(out)):
        line = lines[row]
        for k in range(half):
            low, high = (half - 1 - k) * stride, (taps - half + k) * stride
            take_pair(line[low : low + n], line[high : high + n], weights[k:], k > 0, out[row])


@kernel()
def read_row(source: NDArray[Any], line: NDArray[Any]) -> None:
    """Convert a row, padded by one pixel on each side by reflection."""
    n = len(source)
    inner = line[1 : n + 1]
    for x in range(n):
        inner[x] = source[x]
    line[0], line[n + 1] = line[1], line[n]


@kernel()
def clear(line: NDArray[Any]) -> None:
    """Fill a row with 0."""
    for x in range(len(line)):
        line[x] = 0


@kernel()
def scale(line: NDArray[Any], factor: float, out: NDArray[Any]) -> None:
    """Multiply a row by a number."""
    for x in range(len(out)):
        out[x] = line[x] * factor


@kernel()
def add_three(
    low: NDArray[Any], middle: NDArray[Any], high: NDArray[Any], weights: NDArray[Any], out: NDArray[Any]
) -> None:
    """Smooth: `middle` and the sum of the pair about it, with the first two weights."""
    center, side = weights[0], weights[1]  # here, for the compiler cannot know that `out` is not `weights`
    for i in range(len(out)):
        out[i] = middle[i] * center + (low[i] + high[i]) * side


@kernel()
def add_pair(low: NDArray[Any], high: NDArray[Any], weights: NDArray[Any], out: NDArray[Any]) -> None:
    """Add the sum of a pair with the first weight."""
    side = weights[0]
    for i in range(len(out)):
        out[i] += (low[i] + high[i]) * side


@kernel()
def take_pair(low: NDArray[Any], high: NDArray[Any], weights: NDArray[Any], more: bool, out: NDArray[Any]) -> None:
    """Write the difference of a pair with the first weight, or add it if there is `more` in `out`."""
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
    if measure_pairs(down, across, squares, factor, out):
        recompute_small(down, across, squares, factor, out)


@kernel()
def measure_pairs(
    down: NDArray[Any], across: NDArray[Any], squares: NDArray[Any], factor: float, out: NDArray[Any]
) -> bool:
    """Write magnitudes, and say whether one is so small that its squares may not be exact.

    A bool that is returned from the loop costs nothing; with a second look at each row, Sobel's operator takes a
    quarter more time, and with the answer in the same function 8 % more.
    """
    least, none, small = np.sqrt(squares[0]) * factor, squares[2], False
    for x in range(len(out)):
        magnitude = np.sqrt(down[x] * down[x] + across[x] * across[x]) * factor
        out[x] = magnitude
        small |= (magnitude < least) & (magnitude > none)
    return small


@kernel()
def recompute_small(
    down: NDArray[Any], across: NDArray[Any], squares: NDArray[Any], factor: float, out: NDArray[Any]
) -> None:
    """Magnitudes again, of derivatives times a power of two where their squares are too small."""
    least, lift, unit = squares[0], squares[1], squares.dtype.type(1)
    for x in range(len(out)):
        power = lift if down[x] * down[x] + across[x] * across[x] < least else unit
        one, two = down[x] * power, across[x] * power
        out[x] = np.sqrt(one * one + two * two) / power * factor
