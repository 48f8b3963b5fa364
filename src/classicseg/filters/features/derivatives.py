"""Derivatives of a smoothed slab by central differences, and what is made of them.

A smoothed slab is longer by one pixel at each border: no difference has to ask where the image ends. Flat indices
lead to neighbors, so that one loop serves images of any number of axes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg.filters.features.eigenvalues import eigenvalues_numpy, eigenvalues_of_line


class Stencils(NamedTuple):
    """Where the lines of a smoothed slab are, and how differences along each axis become derivatives."""

    starts: NDArray[np.int64]
    """(n_lines,), the flat index of the first pixel of each."""

    offsets: NDArray[np.int64]
    """(ndim,), from a pixel to the next one along each axis."""

    first: NDArray[np.float64]
    """(ndim,), what a difference of the neighbors on both sides is multiplied by."""

    second: NDArray[np.float64]
    """(ndim,), the same of second differences."""


class Wanted(NamedTuple):
    """The planes that are written; -1 where one is not wanted."""

    gradient: int
    laplacian: int
    eigenvalues: int
    """The first of ndim planes, the largest eigenvalue first."""

    line: int
    """The line of the planes that the first line of the slab is written to."""


def stencils(shape: tuple[int, ...], rows: slice, axes: list[int], spacing: tuple[float, ...]) -> Stencils:
    """The lines within some rows of a slab of a shape, whose borders belong to no line, for derivatives along some
    of its axes."""
    index = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
    inner = tuple(slice(1, -1) if axis in axes else slice(None) for axis in range(1, len(shape)))
    starts = index[(rows, *inner[:-1], inner[-1].start or 0)].reshape(-1)
    offsets = np.array(index.strides, np.int64)[axes] // index.itemsize
    steps = np.array(spacing)[axes]
    return Stencils(np.ascontiguousarray(starts), offsets, 0.5 / steps, 1 / steps)


def write_derivatives(smooth: NDArray[Any], grid: Stencils, wanted: Wanted, out: NDArray[np.float32]) -> None:
    """Write what is wanted of the lines of a smoothed slab to planes of lines, (planes, lines, pixels)."""
    if max(wanted[:3]) < 0:
        return
    run = _derivatives if len(grid.offsets) <= 3 else _derivatives_numpy
    run(smooth.reshape(-1), grid, wanted, out)


def gradient_products(smooth: NDArray[Any], grid: Stencils, n: int) -> NDArray[Any]:
    """The products of each pair of derivatives of lines of n pixels, (pairs, lines, n)."""
    ndim = len(grid.offsets)
    out = np.empty((ndim * (ndim + 1) // 2, len(grid.starts), n), smooth.dtype)
    _products(smooth.reshape(-1), grid, out)
    return out


def _differences(flat: NDArray[Any], grid: Stencils, n: int, *, second: bool) -> list[NDArray[Any]]:
    """First derivatives, or the second ones of each pair of axes, of the lines."""
    places = grid.starts[:, np.newaxis] + np.arange(n)
    ndim, dtype = len(grid.offsets), flat.dtype.type
    if not second:
        pairs = zip(grid.offsets, grid.first, strict=True)
        return [(flat[places + step] - flat[places - step]) * dtype(factor) for step, factor in pairs]
    found = []
    for i in range(ndim):
        for j in range(i, ndim):
            a, b = grid.offsets[i], grid.offsets[j]
            if i == j:
                factor = dtype(grid.second[i] * grid.second[i])
                found.append(((flat[places + a] + flat[places - a]) - flat[places] * dtype(2)) * factor)
            else:
                even, odd = (
                    flat[places + a + b] + flat[places - a - b],
                    flat[places + a - b] + flat[places - a + b],
                )
                found.append((even - odd) * dtype(grid.first[i] * grid.first[j]))
    return found


def _derivatives_numpy(flat: NDArray[Any], grid: Stencils, wanted: Wanted, out: NDArray[np.float32]) -> None:
    gradient, laplacian, eigenvalues, line = wanted
    lines = slice(line, line + len(grid.starts))
    n = out.shape[2]
    if gradient >= 0:
        first = _differences(flat, grid, n, second=False)
        out[gradient, lines] = np.sqrt(np.sum([one * one for one in first], axis=0, dtype=flat.dtype))
    second = _differences(flat, grid, n, second=True)
    if laplacian >= 0:
        ndim = len(grid.offsets)
        diagonal = [second[_pair(i, i, ndim)] for i in range(ndim)]
        out[laplacian, lines] = np.sum(diagonal, axis=0, dtype=flat.dtype)
    if eigenvalues >= 0:
        eigenvalues_numpy(np.array(second), eigenvalues, line, out)


def _pair(i: int, j: int, ndim: int) -> int:
    """The place of a pair of axes, i <= j, among all of them."""
    return i * ndim - i * (i - 1) // 2 + j - i


@kernel(numpy=_derivatives_numpy)
def _derivatives(flat: NDArray[Any], grid: Stencils, wanted: Wanted, out: NDArray[np.float32]) -> None:
    ndim, n = len(grid.offsets), out.shape[2]
    firsts = np.empty((ndim, n), flat.dtype)
    seconds = np.empty((ndim * (ndim + 1) // 2, n), flat.dtype)
    for line in range(len(grid.starts)):
        start, target = grid.starts[line], wanted.line + line
        if wanted.gradient >= 0:
            _first_of_line(flat, start, grid, firsts)
            _write_lengths(firsts, out[wanted.gradient, target])
        if wanted.laplacian >= 0 or wanted.eigenvalues >= 0:
            _second_of_line(flat, start, grid, seconds)
        if wanted.laplacian >= 0:
            _write_traces(seconds, ndim, out[wanted.laplacian, target])
        if wanted.eigenvalues >= 0:
            eigenvalues_of_line(seconds, wanted.eigenvalues, target, out)


@kernel()
def _first_of_line(flat: NDArray[Any], start: int, grid: Stencils, out: NDArray[Any]) -> None:
    n = out.shape[1]
    for i in range(len(out)):
        step = grid.offsets[i]
        _subtract(
            flat[start - step : start - step + n], flat[start + step : start + step + n], grid.first[i], out[i]
        )


@kernel()
def _subtract(low: NDArray[Any], high: NDArray[Any], factor: float, out: NDArray[Any]) -> None:
    own = out.dtype.type(factor)
    for x in range(len(out)):
        out[x] = (high[x] - low[x]) * own


@kernel()
def _second_of_line(flat: NDArray[Any], start: int, grid: Stencils, out: NDArray[Any]) -> None:
    ndim, n, place = len(grid.offsets), out.shape[1], 0
    middle = flat[start : start + n]
    for i in range(ndim):
        for j in range(i, ndim):
            a, b = grid.offsets[i], grid.offsets[j]
            if i == j:
                low, high = flat[start - a : start - a + n], flat[start + a : start + a + n]
                _bend(low, middle, high, grid.second[i] * grid.second[i], out[place])
            else:
                one, two = start + a + b, start - a - b
                three, four = start + a - b, start - a + b
                even, odd = (
                    (flat[one : one + n], flat[two : two + n]),
                    (flat[three : three + n], flat[four : four + n]),
                )
                _twist(even, odd, grid.first[i] * grid.first[j], out[place])
            place += 1


@kernel()
def _bend(low: NDArray[Any], middle: NDArray[Any], high: NDArray[Any], factor: float, out: NDArray[Any]) -> None:
    own, two = out.dtype.type(factor), out.dtype.type(2)
    for x in range(len(out)):
        out[x] = ((high[x] + low[x]) - middle[x] * two) * own


@kernel()
def _twist(
    even: tuple[NDArray[Any], NDArray[Any]],
    odd: tuple[NDArray[Any], NDArray[Any]],
    factor: float,
    out: NDArray[Any],
) -> None:
    a, b = even
    c, d = odd
    own = out.dtype.type(factor)
    for x in range(len(out)):
        out[x] = ((a[x] + b[x]) - (c[x] + d[x])) * own


@kernel()
def _write_lengths(vectors: NDArray[Any], out: NDArray[np.float32]) -> None:
    """The lengths of vectors, (ndim, n)."""
    if len(vectors) == 2:
        down, across = vectors[0], vectors[1]
        for x in range(len(out)):
            out[x] = np.sqrt(down[x] * down[x] + across[x] * across[x])
        return
    for x in range(len(out)):
        total = vectors[0, x] * vectors[0, x]
        for i in range(1, len(vectors)):
            total += vectors[i, x] * vectors[i, x]
        out[x] = np.sqrt(total)


@kernel()
def _write_traces(seconds: NDArray[Any], ndim: int, out: NDArray[np.float32]) -> None:
    for x in range(len(out)):
        total, place = seconds[0, x], 0
        for i in range(1, ndim):
            place += ndim - i + 1
            total += seconds[place, x]
        out[x] = total


def _products_numpy(flat: NDArray[Any], grid: Stencils, out: NDArray[Any]) -> None:
    first = _differences(flat, grid, out.shape[2], second=False)
    pairs = [(i, j) for i in range(len(first)) for j in range(i, len(first))]
    for place, (i, j) in enumerate(pairs):
        out[place] = first[i] * first[j]


@kernel(numpy=_products_numpy)
def _products(flat: NDArray[Any], grid: Stencils, out: NDArray[Any]) -> None:
    ndim = len(grid.offsets)
    firsts = np.empty((ndim, out.shape[2]), flat.dtype)
    for line in range(len(grid.starts)):
        _first_of_line(flat, grid.starts[line], grid, firsts)
        place = 0
        for i in range(ndim):
            for j in range(i, ndim):
                _multiply(firsts[i], firsts[j], out[place, line])
                place += 1


@kernel()
def _multiply(one: NDArray[Any], two: NDArray[Any], out: NDArray[Any]) -> None:
    for x in range(len(out)):
        out[x] = one[x] * two[x]
