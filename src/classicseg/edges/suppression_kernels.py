"""Non-maximum suppression: where a gradient is no less than one step to either side along its own direction.

One step along the gradient goes one pixel along its longest axis, to a point on a face of the cube of neighbors.
The magnitude there is interpolated linearly between the corners of the face, from the nearer one on, along the
other axes in every order; the mean over the orders counts. Flat faces, corners and edges of faces are exact, and
no axis comes before another.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.grid import interior_nodes, pad, padded_strides
from classicseg._core.kernel import kernel

Suppression: TypeAlias = Literal["interpolated", "sector"]
"""How a gradient is compared with those beside it; `canny_edges` has a line for each."""

SECTOR = math.sqrt(2) - 1
"""A second axis counts where it has this share of the longest: it is nearer to the diagonal then."""
_THIRD_AND_SECOND = math.sqrt(3) - 1
"""Where the second axis does not count, both shorter ones do if they have this share of the longest together."""
_THIRD = math.sqrt(1.5) - 1
"""Where the second axis counts, the third one does if it has this share of the two longer ones together."""


def suppress_nonmaxima(
    steps: NDArray[Any], magnitude: NDArray[Any], brightness: NDArray[Any], suppression: Suppression, low: float
) -> NDArray[Any]:
    """Keep the gradient magnitude where it is a maximum along its direction, and 0 elsewhere.

    Parameters
    ----------
    steps : ndarray, (ndim, *shape)
        The direction of the gradient at each pixel, in pixels times any factor.
    magnitude : ndarray, (*shape)
        Its length.
    brightness : ndarray, (*shape)
        Of two neighbors of the same magnitude the darker one is the maximum. All three are of one float dtype.
        Beyond the image all is 0.
    suppression : {"interpolated", "sector"}
        Whether magnitudes are interpolated, or that of the neighbor in the nearest direction counts.
    low : float
        What is less, or 0, is no maximum.
    """
    found = np.zeros_like(magnitude)
    keep: Callable[..., None] = _keep_maxima if magnitude.ndim <= 3 else _keep_maxima_numpy
    flat = steps.reshape(len(steps), -1), magnitude.reshape(-1), brightness.reshape(-1)
    shape, sector = np.array(magnitude.shape), suppression == "sector"
    run_bands(keep, len(found), found[0].size, *flat, shape, sector, low, found.reshape(-1))
    return found


def _keep_maxima_numpy(
    steps: NDArray[Any],
    magnitude: NDArray[Any],
    brightness: NDArray[Any],
    shape: NDArray[np.int64],
    sector: bool,
    low: float,
    found: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    first, last = max(start - 1, 0), min(stop + 1, int(shape[0]))
    slab = (last - first, *shape[1:].tolist())
    high, bright = (
        pad(grid.reshape(shape)[first:last], len(shape)).reshape(-1) for grid in (magnitude, brightness)
    )
    size = magnitude.size // int(shape[0])
    nodes = interior_nodes(slab)[(start - first) * size : (stop - first) * size]
    rows = slice(start * size, stop * size)
    able = (high[nodes] > 0) & (high[nodes] >= magnitude.dtype.type(low))
    steps, found, nodes = steps[:, rows][:, able], found[rows], nodes[able]
    sizes, offsets = np.abs(steps), np.where(steps >= 0, 1, -1) * padded_strides(slab)[:, np.newaxis]
    order = np.argsort(-sizes, axis=0, kind="stable")
    sizes, offsets = np.take_along_axis(sizes, order, 0), np.take_along_axis(offsets, order, 0)
    shares = _whole_shares(sizes) if sector else sizes[1:] / sizes[0]
    maximum = np.ones(len(nodes), bool)
    for side in (-1, 1):
        at = nodes + side * offsets[0]
        beyond, bright_beyond = (_on_face(grid, at, side * offsets[1:], shares) for grid in (high, bright))
        maximum &= (high[nodes] > beyond) | ((high[nodes] == beyond) & (bright[nodes] <= bright_beyond))
    found[able] = high[nodes] * maximum


def _whole_shares(sizes: NDArray[Any]) -> NDArray[Any]:
    """1 for each axis, from the second longest on, that is part of the nearest direction; 0 for the others."""
    if len(sizes) > 3:  # the direction along the first k axes is as near as their sum over the root of k is large
        roots = np.sqrt(np.arange(1, len(sizes) + 1)).reshape(-1, 1)
        count = np.argmax(np.cumsum(sizes, axis=0) / roots, axis=0)
        return (np.arange(len(sizes) - 1)[:, np.newaxis] < count).astype(sizes.dtype)
    first, second, third = np.concatenate([sizes, np.zeros((3 - len(sizes), sizes.shape[1]), sizes.dtype)])
    two = second >= sizes.dtype.type(SECTOR) * first
    most = np.where(two, sizes.dtype.type(_THIRD) * (first + second), sizes.dtype.type(_THIRD_AND_SECOND) * first)
    three = np.where(two, third, second + third) > most
    return np.stack([two | three, three])[: len(sizes) - 1].astype(sizes.dtype)


def _on_face(
    grid: NDArray[Any], nodes: NDArray[np.int64], offsets: NDArray[np.int64], shares: NDArray[Any]
) -> NDArray[Any]:
    """Interpolate between the corners of a face, whose first ones are nodes: the mean over all orders of the
    axes."""

    def along(axes: tuple[int, ...], nodes: NDArray[np.int64]) -> NDArray[Any]:
        if not axes:
            return grid[nodes]
        near, far, share = along(axes[1:], nodes), along(axes[1:], nodes + offsets[axes[0]]), shares[axes[0]]
        weight = np.where(share < 0.5, share, share - share.dtype.type(1))
        return np.where(share < 0.5, near, far) + weight * (far - near)

    orders = list(itertools.permutations(range(len(shares))))
    return sum(along(axes, nodes) for axes in orders) / grid.dtype.type(len(orders))


@kernel(numpy=_keep_maxima_numpy)
def _keep_maxima(
    steps: NDArray[Any],
    magnitude: NDArray[Any],
    brightness: NDArray[Any],
    shape: NDArray[np.int64],
    sector: bool,
    low: float,
    found: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    """Search indices `start` to `stop` along the first axis, of flat arrays of up to three axes.

    A pixel at the border is looked at in a copy of its neighborhood, with zeros beyond.
    """
    ndim = len(shape)
    depth, height, width = shape[0], shape[1] if ndim == 3 else 1, shape[ndim - 1] if ndim > 1 else 1
    zero, least = magnitude.dtype.type(0), magnitude.dtype.type(low)
    around, bright_around = np.empty(27, magnitude.dtype), np.empty(27, magnitude.dtype)
    one: Any = np.int64(1)  # as literals these would be compiled for once more
    middle, around_strides = 13 * one, (9 * one, 3 * one, one)
    for z in range(start, stop):
        for y in range(height):
            outermost = z == 0 or z == depth - 1 or (ndim == 3 and (y == 0 or y == height - 1))
            line = (z * height + y) * width
            searched = ndim == 3 and not sector and not outermost and width > 2
            if searched:
                begin, end = line + 1, line + width - 1
                slopes = steps[0, begin:end], steps[1, begin:end], steps[2, begin:end]
                _search_row(*slopes, magnitude, begin, height * width, width, least, found[begin:end])
            for x in range(width):
                node = line + x
                if searched and 0 < x < width - 1:
                    if found[node] >= zero:
                        continue
                    found[node] = zero
                if magnitude[node] <= zero or magnitude[node] < least:
                    continue
                gradient = (
                    steps[0, node],
                    steps[1, node] if ndim == 3 else zero,
                    steps[ndim - 1, node] if ndim > 1 else zero,
                )
                if outermost or x == 0 or x == width - 1:
                    _copy_around(magnitude, z, y, x, depth, height, width, around)
                    _copy_around(brightness, z, y, x, depth, height, width, bright_around)
                    maximum = _is_maximum(around, bright_around, middle, gradient, around_strides, sector)
                else:
                    strides = height * width, width if ndim == 3 else 0, one
                    maximum = _is_maximum(magnitude, brightness, node, gradient, strides, sector)
                if maximum:
                    found[node] = magnitude[node]


@kernel()
def _search_row(
    down: NDArray[Any],
    along: NDArray[Any],
    across: NDArray[Any],
    magnitude: NDArray[Any],
    first: int,
    depth: int,
    width: int,
    least: float,
    found: NDArray[Any],
) -> None:
    """Keep the maxima among pixels with all neighbors, from `first` on; below 0 where it takes a second look.

    The same as `_is_maximum` without a branch: a third of the time.
    """
    zero, half, one = magnitude.dtype.type(0), magnitude.dtype.type(0.5), magnitude.dtype.type(1)
    for x in range(len(found)):
        node = first + x
        z_size, y_size, x_size = abs(down[x]), abs(along[x]), abs(across[x])
        z_step = depth if down[x] >= zero else -depth
        y_step = width if along[x] >= zero else -width
        x_step = 1 if across[x] >= zero else -1
        by_z = (z_size >= y_size) & (z_size >= x_size)
        by_y = (y_size >= x_size) & (not by_z)
        longest = max(max(z_size, y_size), x_size)
        divisor = longest if longest > zero else one
        step = z_step if by_z else (y_step if by_y else x_step)
        b_step, b_share = y_step if by_z else z_step, (y_size if by_z else z_size) / divisor
        c_step, c_share = x_step if by_z | by_y else y_step, (x_size if by_z | by_y else y_size) / divisor
        b_near, c_near = b_share < half, c_share < half
        b_weight, c_weight = b_share if b_near else b_share - one, c_share if c_near else c_share - one
        at = node - step
        corners = magnitude[at], magnitude[at - b_step], magnitude[at - c_step], magnitude[at - b_step - c_step]
        before = _on_corners(corners, b_near, c_near, b_weight, c_weight)
        at = node + step
        corners = magnitude[at], magnitude[at + b_step], magnitude[at + c_step], magnitude[at + b_step + c_step]
        beyond = _on_corners(corners, b_near, c_near, b_weight, c_weight)
        length, bound = magnitude[node], max(max(before, beyond) * half, least)
        kept = length if length > bound else zero
        found[x] = -length if length == bound else kept


@kernel()
def _on_corners(
    corners: tuple[float, float, float, float], b_near: bool, c_near: bool, b_weight: float, c_weight: float
) -> float:
    """Twice the value that is interpolated between four corners."""
    here, b_side, c_side, opposite = corners
    first = (here if c_near else c_side) + c_weight * (c_side - here)
    second = (b_side if c_near else opposite) + c_weight * (opposite - b_side)
    third = (here if b_near else b_side) + b_weight * (b_side - here)
    fourth = (c_side if b_near else opposite) + b_weight * (opposite - c_side)
    one_way = (first if b_near else second) + b_weight * (second - first)
    other_way = (third if c_near else fourth) + c_weight * (fourth - third)
    return one_way + other_way


@kernel()
def _copy_around(
    grid: NDArray[Any], z: int, y: int, x: int, depth: int, height: int, width: int, around: NDArray[Any]
) -> None:
    """Copy a pixel and its neighbors, with 0 beyond the image."""
    i_around = 0
    for k in range(z - 1, z + 2):
        for j in range(y - 1, y + 2):
            for i in range(x - 1, x + 2):
                inside = 0 <= k < depth and 0 <= j < height and 0 <= i < width
                around[i_around] = grid[(k * height + j) * width + i] if inside else grid.dtype.type(0)
                i_around += 1


@kernel()
def _is_maximum(
    magnitude: NDArray[Any],
    brightness: NDArray[Any],
    node: int,
    gradient: tuple[float, float, float],
    strides: tuple[int, int, int],
    sector: bool,
) -> bool:
    """Whether no magnitude on either side is greater, and none is equal where it is darker."""
    (down, along, across), (one, two, three) = gradient, strides
    one, two, three = one if down >= 0 else -one, two if along >= 0 else -two, three if across >= 0 else -three
    first, second, third = abs(down), abs(along), abs(across)
    if second > first:
        first, second, one, two = second, first, two, one
    if third > second:
        second, third, two, three = third, second, three, two
    if second > first:
        first, second, one, two = second, first, two, one
    zero, unit = magnitude.dtype.type(0), magnitude.dtype.type(1)  # all arithmetic is in this dtype
    if sector:
        two_axes = second >= magnitude.dtype.type(SECTOR) * first
        if two_axes:
            three_axes = third > magnitude.dtype.type(_THIRD) * (first + second)
        else:
            three_axes = second + third > magnitude.dtype.type(_THIRD_AND_SECOND) * first
        second, third = unit if two_axes or three_axes else zero, unit if three_axes else zero
    else:
        second, third = second / first, third / first
    weights = second if second < 0.5 else second - unit, third if third < 0.5 else third - unit
    for side in (-1, 1):
        at = node + side * one
        beyond = _on_square(magnitude, at, side * two, side * three, second, third, weights)
        if magnitude[node] < beyond:
            return False
        if magnitude[node] == beyond:
            bright = _on_square(brightness, at, side * two, side * three, second, third, weights)
            if brightness[node] > bright:
                return False
    return True


@kernel()
def _on_square(
    grid: NDArray[Any],
    node: int,
    two: int,
    three: int,
    second: float,
    third: float,
    weights: tuple[float, float],
) -> float:
    """Interpolate between the corners of a square: the mean of both orders of the axes."""
    here, there = grid[node], grid[node + two]
    if third == 0:
        return _between(here, there, second, weights[0])
    below, beyond = grid[node + three], grid[node + two + three]
    one_way = _between(
        _between(here, below, third, weights[1]), _between(there, beyond, third, weights[1]), second, weights[0]
    )
    other_way = _between(
        _between(here, there, second, weights[0]), _between(below, beyond, second, weights[0]), third, weights[1]
    )
    return (one_way + other_way) * grid.dtype.type(0.5)


@kernel()
def _between(near: float, far: float, share: float, weight: float) -> float:
    """Interpolate from the nearer of two values."""
    return (near if share < 0.5 else far) + weight * (far - near)
