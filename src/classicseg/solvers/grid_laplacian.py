"""The Laplacian of a grid whose neighbors are linked by weights, without a matrix.

The flow out of a pixel is the sum over its neighbors of weight times difference, and what the ground takes:
``flow[i] = sum(weight[i, j] * (x[i] - x[j])) + absorption[i] * x[i]``. Differences are taken before they are
weighted, so that a constant flows nowhere, whatever is rounded.

Vectors are flat and padded, so that a step along any axis stays within them; what a step reaches beyond the end
of a line is weighted by a link of 0. One loop serves any number of axes. The two neighbors along an axis are added
before the axes are, so that flips change no bit.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg._core.two_floats import lost

CHUNK = 1024
"""So many pixels are worked on at once: the first cache holds what all axes add to."""

_ROWS = 2
"""A chunk counts as so many times its pixels: a band takes some tens of arrays along."""

_HALOS = 2**14
"""A band has, by that of `run_bands`, so many times the pixels that are looked at around it."""


class Laplacian(NamedTuple):
    """Links between the pixels of a grid, and of its pixels to the ground."""

    strides: NDArray[np.int64]
    """(n_axes,), how far the next pixel along an axis is, of axes longer than 1."""
    links: NDArray[np.float32]
    """(n_axes, pad + n + pad), the weight of each pixel's link to the next along an axis; 0 at its end."""
    absorption: NDArray[np.float32]
    """(n,), the weight of each pixel's link to the ground."""
    inverse: NDArray[np.float32]
    """(n,), one by the sum of the weights at a pixel; 0 where there is none."""


def padding(shape: tuple[int, ...]) -> int:
    """How much vectors are padded at either end: a step along the first axis."""
    lengths = [length for length in shape if length > 1]
    return math.prod(lengths[1:]) if lengths else 1


def strides_of(shape: tuple[int, ...]) -> NDArray[np.int64]:
    """How far the next pixel along each axis is, of axes longer than 1; of a single pixel one axis."""
    strides = [math.prod(shape[axis + 1 :]) for axis, length in enumerate(shape) if length > 1]
    return np.array(strides or [1], np.int64)


def laplacian(shape: tuple[int, ...], links: NDArray[np.float32], absorption: NDArray[np.float32]) -> Laplacian:
    """Complete a Laplacian of its padded links and its absorption."""
    inverse = np.empty(absorption.size, np.float32)
    strides = strides_of(shape)
    run_chunks(_invert, inverse.size, strides, links, absorption, inverse)
    return Laplacian(strides, links, absorption, inverse)


def run_chunks(kernel: Any, n_pixels: int, *arguments: Any, halo: int = 1) -> list[Any]:
    """Run a kernel over bands of chunks, each many times as large as what the kernel looks at around it."""
    pixels = min(_ROWS * CHUNK, max(1, _HALOS * CHUNK // halo))
    return run_bands(kernel, -(-n_pixels // CHUNK), pixels, *arguments)


def total(sums: list[tuple[float, float]]) -> float:
    """The sum over bands of sums in two floats each, rounded once."""
    return math.fsum(part for pair in sums for part in pair)


def flow_numpy(of: Laplacian, x: NDArray[Any], origin: int, first: int, last: int) -> NDArray[Any]:
    """The flow out of pixels `first` to `last`; pixel 0 of the vector is at `origin`."""
    pad, begin, end = (of.links.shape[1] - of.absorption.size) // 2, origin + first, origin + last
    here, flow = x[begin:end], np.zeros(last - first, x.dtype)
    for step, link in zip(of.strides.tolist(), of.links, strict=True):
        after = link[pad + first : pad + last] * (here - x[begin + step : end + step])
        before = link[pad + first - step : pad + last - step] * (here - x[begin - step : end - step])
        flow = flow + (after + before)
    return flow + of.absorption[first:last] * here


@kernel()
def add_flow(of: Laplacian, x: NDArray[Any], origin: int, flow: NDArray[Any], first: int, count: int) -> None:
    """Write the flow out of `count` pixels from `first` on to the begin of an array; pixel 0 of the vector is at
    `origin`."""
    pad = (of.links.shape[1] - of.absorption.size) // 2
    here = x[origin + first :]
    for axis in range(of.strides.size):
        step = of.strides[axis]
        after, before = of.links[axis][pad + first :], of.links[axis][pad + first - step :]
        upper, lower = x[origin + first + step :], x[origin + first - step :]
        if axis == 0:
            for j in range(count):
                flow[j] = after[j] * (here[j] - upper[j]) + before[j] * (here[j] - lower[j])
        else:
            for j in range(count):
                flow[j] += after[j] * (here[j] - upper[j]) + before[j] * (here[j] - lower[j])
    ground = of.absorption[first:]
    for j in range(count):
        flow[j] += ground[j] * here[j]


def _invert_numpy(strides: Any, links: Any, absorption: Any, inverse: Any, start: int, stop: int) -> None:
    first, last = start * CHUNK, min(stop * CHUNK, absorption.size)
    pad, total = (links.shape[1] - absorption.size) // 2, np.zeros(last - first)
    for axis, step in enumerate(strides.tolist()):
        after = links[axis, pad + first : pad + last].astype(np.float64)
        total = total + (after + links[axis, pad + first - step : pad + last - step].astype(np.float64))
    total = total + absorption[first:last].astype(np.float64)
    inverse[first:last] = np.where(total > 0, 1.0 / np.where(total > 0, total, 1.0), 0.0).astype(np.float32)


@kernel(numpy=_invert_numpy)
def _invert(
    strides: NDArray[np.int64],
    links: NDArray[np.float32],
    absorption: NDArray[np.float32],
    inverse: NDArray[np.float32],
    start: int,
    stop: int,
) -> None:
    pad = (links.shape[1] - absorption.size) // 2
    for i in range(start * CHUNK, min(stop * CHUNK, absorption.size)):
        total = 0.0
        for axis in range(strides.size):
            total += np.float64(links[axis, pad + i]) + np.float64(links[axis, pad + i - strides[axis]])
        total += np.float64(absorption[i])
        inverse[i] = np.float32(1.0 / total) if total > 0.0 else np.float32(0.0)


@kernel()
def add_products(
    a: NDArray[Any], b: NDArray[Any], sums: NDArray[np.float64], rests: NDArray[np.float64], count: int
) -> None:
    """Add products to as many sums in two floats."""
    for j in range(count):
        value = np.float64(a[j]) * np.float64(b[j])
        rounded = sums[j] + value
        rests[j] += lost(sums[j], value, rounded)
        sums[j] = rounded


@kernel()
def settle(sums: NDArray[np.float64], rests: NDArray[np.float64]) -> tuple[float, float]:
    """The sum of sums in two floats."""
    whole, rest = 0.0, 0.0
    for j in range(sums.size):
        rounded = whole + sums[j]
        rest += lost(whole, sums[j], rounded) + rests[j]
        whole = rounded
    rounded = whole + rest
    return rounded, lost(whole, rest, rounded)


def two_floats_of(products: NDArray[np.float64]) -> tuple[float, float]:
    """The sum of numbers, rounded, and what rounding has taken from it."""
    values = products.tolist()
    whole = math.fsum(values)
    return whole, math.fsum([*values, -whole])
