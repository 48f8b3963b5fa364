"""What arcs and regions are measured on: colors, gradients and texture of a photograph, all as whole numbers.

Whole numbers add up to the same sum in any order, so that a turned image has turned measures, bit for bit.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image
from classicseg.filters.color import LAB_STEPS
from classicseg.filters.smoothing import smooth

COLOR_STEPS = 8
"""The whole numbers of a unit of Lab."""

MIDDLE = 128
"""This is added to a* and b*, so that none is negative."""

SHARES = 16
"""A value counts in the two bins beside it, with so many parts together."""

N_BINS = (8, 6, 6, 6)
"""Of L*, a*, b* and texture."""

GRADIENT_SIGMAS = (1.0, 2.0, 4.0)
"""Of the Gaussians before the gradients."""


class Planes(NamedTuple):
    """Of each pixel, in raster order."""

    colors: NDArray[np.int32]
    """(3, n), L*, a* and b*, in steps of 1 / `COLOR_STEPS`."""
    gradients: NDArray[np.int32]
    """(6, n), the magnitudes of the gradients of L* and of a*, b*, at three scales."""
    bins: NDArray[np.uint8]
    """(4, n), the lower one of two bins of a common histogram that the pixel counts in, …"""
    shares: NDArray[np.uint8]
    """(4, n), … and how much in the upper one, in parts of `SHARES`."""


def planes_of(steps: NDArray[np.int16], inside: NDArray[np.bool_]) -> Planes:
    """Measure the pixels of an image in steps of Lab (`lab_steps`), (3, M, N)."""
    n = inside.size
    colors = colors_of(steps, inside)
    source = Image(np.moveaxis(colors, 0, -1).astype(np.uint16), None if inside.all() else inside)
    gradients = []
    for sigma in GRADIENT_SIGMAS:
        smoothed = np.rint(np.moveaxis(smooth(source, sigma, (1.0, 1.0)).values, -1, 0) * 8).astype(np.int64)
        squares = _squared_gradients(smoothed, inside)
        gradients += [squares[0], squares[1] + squares[2]]
    magnitudes = np.rint(np.sqrt(np.stack(gradients))).astype(np.int32)
    rough = np.minimum(magnitudes[0], 2**16 - 1).astype(np.uint16)[..., np.newaxis]
    texture = np.rint(smooth(Image(rough, source.mask), 2.0, (1.0, 1.0)).values[..., 0]).astype(np.int32)
    bins, shares = _in_bins([*colors, np.minimum(texture, len(_places()[3]) - 1)])
    return Planes(colors.reshape(3, n), magnitudes.reshape(6, n), bins.reshape(4, n), shares.reshape(4, n))


def colors_of(steps: NDArray[np.int16], inside: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Colors in coarser steps, none of them negative; 0 where a pixel takes no part."""
    middle = np.array([0, MIDDLE * LAB_STEPS, MIDDLE * LAB_STEPS]).reshape(3, 1, 1)
    found = (steps + middle) * COLOR_STEPS // LAB_STEPS
    return np.where(inside, np.clip(found, 0, 2 * MIDDLE * COLOR_STEPS - 1), 0).astype(np.int32)


def _squared_gradients(planes: NDArray[np.int64], mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The squared magnitudes of the differences of the two neighbors along each axis; one that is missing is
    replaced by the pixel itself."""
    total = np.zeros_like(planes)
    for axis in (0, 1):
        values, inside = np.moveaxis(planes, 1 + axis, 1), np.moveaxis(mask, axis, 0)
        both = inside[1:] & inside[:-1]
        steps = np.where(both, values[:, 1:] - values[:, :-1], 0)
        found = np.zeros_like(values)
        found[:, 1:] += steps
        found[:, :-1] += steps
        total += np.moveaxis(found * found, 1, 1 + axis)
    return total


def _in_bins(levels: list[NDArray[np.int32]]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The lower bin of each level, counted through all channels, and the share of the upper one."""
    bins, shares, first = [], [], 0
    for level, places, n_bins in zip(levels, _places(), N_BINS, strict=True):
        place = places[level]
        lower = np.minimum(place // SHARES, n_bins - 2)
        bins.append((lower + first).astype(np.uint8))
        shares.append((place - SHARES * lower).astype(np.uint8))
        first += n_bins
    return np.stack(bins), np.stack(shares)


@functools.cache
def _places() -> list[NDArray[np.int64]]:
    """Where each level lies among the bins of its channel, in parts of a bin: L* evenly, a* and b* finer around
    grey, texture by its logarithm."""
    light = np.arange(100 * COLOR_STEPS + 1) / (100 * COLOR_STEPS)
    color = (np.arange(2 * MIDDLE * COLOR_STEPS) / COLOR_STEPS - MIDDLE) / 12
    color = (np.arcsinh(color) / math.asinh(80 / 12) + 1) / 2
    rough = np.log2(1 + np.arange(2048) / 16) / 7
    parts = [light, color, color, rough]
    return [
        np.clip(np.rint(part * (n_bins - 1) * SHARES), 0, (n_bins - 1) * SHARES).astype(np.int64)
        for part, n_bins in zip(parts, N_BINS, strict=True)
    ]
