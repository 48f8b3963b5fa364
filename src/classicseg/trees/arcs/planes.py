"""What arcs and regions are measured on: colors, gradients and texture of a photograph, all as whole numbers.

Whole numbers add up to the same sum in any order, so that a turned image has turned measures, bit for bit.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.filters.color import LAB_STEPS
from classicseg.filters.smoothing import smooth

COLOR_STEPS = 8
"""The whole numbers of a unit of Lab."""

MIDDLE = 128
"""This is added to a* and b*, so that none is negative."""

N_LEVELS = 2 * MIDDLE * COLOR_STEPS
"""Colors and texture are below."""

SHARES = 16
"""A value counts in the two bins beside it, with so many parts together."""

N_BINS = (8, 6, 6, 6)
"""Of L*, a*, b* and texture."""

GRADIENT_SIGMAS = (1.0, 2.0, 4.0)
"""Of the Gaussians before the gradients."""

_GRADIENT_STEPS = 8
"""The whole numbers of a step of a smoothed color."""

_OF_COLOR = (slice(0, 1), slice(1, 3))
"""Of these channels together there is a gradient: of L*, and of a* and b*."""


class Bins(NamedTuple):
    """In which two bins of a common histogram a level counts: of L*, a*, b* and texture, (4, N_LEVELS)."""

    lower: NDArray[np.uint8]
    """The lower one of the two, counted through all channels."""
    shares: NDArray[np.uint8]
    """How much counts in the upper one, in parts of `SHARES`."""


def levels_of(steps: NDArray[np.int16], inside: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """L*, a* and b* in steps of 1 / `COLOR_STEPS`, and texture, of an image in steps of Lab (`lab_steps`),
    (4, M, N)."""
    levels = np.empty((4, *inside.shape), np.uint16)
    run_bands(_write_colors, len(inside), inside[0].size, steps, inside, levels)
    rough = _gradient(levels[_OF_COLOR[0]], inside, GRADIENT_SIGMAS[0])
    run_bands(_write_whole, len(inside), inside[0].size, _smooth(rough, inside, 2.0), 1, levels[3])
    return levels


def gradients_of(levels: NDArray[np.uint16], inside: NDArray[np.bool_]) -> Iterator[NDArray[np.uint16]]:
    """The magnitudes of the gradients of L* and of a*, b*, at three scales, one after the other, (M, N) each."""
    for sigma in GRADIENT_SIGMAS:
        for channels in _OF_COLOR:
            yield _gradient(levels[channels], inside, sigma)


def _gradient(colors: NDArray[np.uint16], inside: NDArray[np.bool_], sigma: float) -> NDArray[np.uint16]:
    """The magnitude of the gradient of some channels together."""
    planes, magnitudes = np.empty(colors.shape, np.uint16), np.empty(inside.shape, np.uint16)
    for color, plane in zip(colors, planes, strict=True):
        smoothed = _smooth(color, inside, sigma)
        run_bands(_write_whole, len(inside), inside[0].size, smoothed, _GRADIENT_STEPS, plane)
    run_bands(_magnitudes, len(inside), inside[0].size, planes, inside.view(np.uint8), magnitudes)
    return magnitudes


def _smooth(plane: NDArray[np.uint16], inside: NDArray[np.bool_], sigma: float) -> NDArray[Any]:
    source = Image(plane[..., np.newaxis], None if inside.all() else inside)
    return smooth(source, sigma, (1.0, 1.0)).values[..., 0]


def _write_colors(
    steps: NDArray[np.int16], inside: NDArray[np.bool_], levels: NDArray[np.uint16], start: int, stop: int
) -> None:
    """Colors in coarser steps, none of them negative; 0 where a pixel takes no part."""
    for channel, middle in enumerate((0, MIDDLE, MIDDLE)):
        found = (steps[channel, start:stop].astype(np.int32) + middle * LAB_STEPS) * COLOR_STEPS // LAB_STEPS
        levels[channel, start:stop] = np.where(inside[start:stop], np.clip(found, 0, N_LEVELS - 1), 0)


def _write_whole(values: NDArray[Any], n_steps: int, whole: NDArray[np.uint16], start: int, stop: int) -> None:
    """Values in whole steps, below N_LEVELS."""
    highest = n_steps * (N_LEVELS - 1)
    whole[start:stop] = np.minimum(np.rint(values[start:stop] * np.float32(n_steps)), highest)


def _magnitudes_numpy(
    planes: NDArray[np.uint16],
    inside: NDArray[np.uint8],
    magnitudes: NDArray[np.uint16],
    start: int,
    stop: int,
) -> None:
    first, last = max(start - 1, 0), min(stop + 1, len(inside))
    squares = np.zeros((last - first, inside.shape[1]), np.int64)
    for axis in (0, 1):
        values = np.moveaxis(planes[:, first:last].astype(np.int64), 1 + axis, 1)
        part = np.moveaxis(inside[first:last], axis, 0)
        both = (part[1:] > 0) & (part[:-1] > 0)
        steps, found = np.where(both, values[:, 1:] - values[:, :-1], 0), np.zeros_like(values)
        found[:, 1:] += steps
        found[:, :-1] += steps
        squares += np.moveaxis((found * found).sum(axis=0), 0, axis)
    magnitudes[start:stop] = np.rint(np.sqrt(squares[start - first : stop - first]))


@kernel(numpy=_magnitudes_numpy)
def _magnitudes(
    planes: NDArray[np.uint16],
    inside: NDArray[np.uint8],
    magnitudes: NDArray[np.uint16],
    start: int,
    stop: int,
) -> None:
    """The magnitude of the differences of the two neighbors along each axis; one that is missing is replaced by
    the pixel itself."""
    height, width = inside.shape
    for y in range(start, stop):
        for x in range(width):
            if inside[y, x] == 0:
                magnitudes[y, x] = 0
                continue
            above = y - 1 if y > 0 and inside[y - 1, x] > 0 else y
            below = y + 1 if y + 1 < height and inside[y + 1, x] > 0 else y
            left = x - 1 if x > 0 and inside[y, x - 1] > 0 else x
            right = x + 1 if x + 1 < width and inside[y, x + 1] > 0 else x
            square = np.int64(0)
            for c in range(len(planes)):
                down = np.int64(planes[c, below, x]) - np.int64(planes[c, above, x])
                across = np.int64(planes[c, y, right]) - np.int64(planes[c, y, left])
                square += down * down + across * across
            magnitudes[y, x] = np.uint16(np.rint(np.sqrt(np.float64(square))))


@functools.cache
def bins_of_levels() -> Bins:
    """The bins of L* are even, those of a* and b* finer around grey, those of texture by its logarithm."""
    light = np.minimum(np.arange(N_LEVELS) / (100 * COLOR_STEPS), 1)
    color = (np.arange(N_LEVELS) / COLOR_STEPS - MIDDLE) / 12
    color = (np.arcsinh(color) / math.asinh(80 / 12) + 1) / 2
    rough = np.log2(1 + np.arange(N_LEVELS) / 16) / 7
    bins, first = Bins(*np.empty((2, 4, N_LEVELS), np.uint8)), 0
    for channel, (part, n_bins) in enumerate(zip((light, color, color, rough), N_BINS, strict=True)):
        whole = np.clip(np.rint(part * (n_bins - 1) * SHARES), 0, (n_bins - 1) * SHARES).astype(np.int64)
        lower = np.minimum(whole // SHARES, n_bins - 2)
        bins.lower[channel], bins.shares[channel] = first + lower, whole - SHARES * lower
        first += n_bins
    return bins
