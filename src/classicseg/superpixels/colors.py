"""The colors that superpixels compare: one plane for each channel, in L*a*b* for photographs."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image
from classicseg.filters.color import LAB_STEPS, ColorSpace, as_lab, check_rgb, is_lab, lab_steps

_FARTHEST = 2.0**40
"""Colors are so many times as far from the middle one as others are, at most: their squares are float32, too."""

_SAMPLED_ROWS = 192
"""The spread of colors is that of about so many rows, or of all of fewer."""

_ROUNDING = 1e-13
"""A spread that is a smaller part of the colors is that of rounded sums."""


class Planes(NamedTuple):
    """Colors for comparison."""

    values: NDArray[Any]
    """(channels, spatial shape)"""
    unit: float
    """The image's own unit, or that of L*a*b*, in those of `values`."""


def check_colors(image: Image, space: ColorSpace) -> None:
    """Refuse what is no red, green and blue, if it is to be converted."""
    if space == "lab":
        check_rgb(image.values.reshape(-1, image.n_channels))


def color_planes(image: Image, space: ColorSpace) -> Planes:
    """Make planes of an image's channels, of int16, float32 or float64."""
    pixels, shape = image.values.reshape(-1, image.n_channels), (image.n_channels, *image.shape)
    is_small = pixels.dtype.kind == "u"
    if is_lab(image.n_channels, pixels.dtype, space):
        if is_small:
            return Planes(lab_steps(pixels).reshape(shape), float(LAB_STEPS))
        pixels = as_lab(pixels)
    wider = {np.dtype(np.uint8): np.int16, np.dtype(np.uint16): np.float32}
    return Planes(np.ascontiguousarray(pixels.T, wider.get(pixels.dtype, pixels.dtype)).reshape(shape), 1.0)


def float32_planes(image: Image, space: ColorSpace) -> Planes:
    """The same in float32: floats less the middle of them, by a power of 2. What takes no part is 0.

    Each is rounded by itself, and a value far from all others takes nothing from them.
    """
    planes = color_planes(image, space)
    if image.values.dtype.kind == "u":
        return Planes(planes.values.astype(np.float32), planes.unit)
    values, inside = planes.values.astype(np.float64), image.mask_array()
    for plane in values:
        plane -= np.median(plane[inside]) if inside.any() else 0.0
        plane[~inside] = 0
    apart = np.abs(values[values != 0])
    unit = math.ldexp(1.0, -math.frexp(float(np.median(apart)))[1]) if len(apart) else 1.0
    np.clip(values * unit, -_FARTHEST, _FARTHEST, out=values)
    return Planes(values.astype(np.float32), unit)


def color_spread(values: NDArray[Any], cells: NDArray[np.int32], n: int) -> float:
    """The deviation of colors from their mean within a cell, of 1 … n, on average; 0 where it is but rounding."""
    labels = cells.reshape(-1, cells.shape[-1])
    lines = np.flatnonzero(labels.any(axis=1))
    lines = lines[:: max(1, len(lines) // _SAMPLED_ROWS)]
    inside = labels[lines] > 0
    sampled = labels[lines][inside] - 1
    counts = np.bincount(sampled, minlength=n)
    present = counts > 0
    squares, size = np.zeros(n), 0.0
    for plane in values.reshape(len(values), *labels.shape):
        colors = plane[lines][inside].astype(np.float64)
        means = np.bincount(sampled, colors, n) / np.maximum(counts, 1)
        squares += np.bincount(sampled, (colors - means[sampled]) ** 2, n)
        size += float(np.abs(means[present]).mean()) / len(values)
    spread = float(np.sqrt(squares[present] / counts[present]).mean())
    return spread if spread > _ROUNDING * size else 0.0
