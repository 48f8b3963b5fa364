"""The colors that superpixels compare: planes of float32, in L*a*b* for photographs."""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image
from classicseg.filters.color import LAB_STEPS, as_lab, lab_steps

ColorSpace: TypeAlias = Literal["auto", "given", "lab"]
"""L*a*b*, or the image's own values; "auto": L*a*b* of three channels of 8 or 16 bits."""


_SAMPLED_ROWS = 64
"""The spread of colors is that of about so many rows, or of all of fewer."""


class Planes(NamedTuple):
    """Colors for comparison."""

    values: NDArray[np.float32]
    """(channels, spatial shape)"""
    unit: float
    """The image's own unit, or that of L*a*b*, in those of `values`."""


def color_planes(image: Image, space: ColorSpace) -> Planes:
    """Make planes of an image's channels; what takes no part is 0."""
    values = image.values
    is_small = values.dtype.kind == "u"
    if space == "lab" or (space == "auto" and image.n_channels == 3 and is_small):
        pixels = values.reshape(-1, image.n_channels)
        if is_small:
            return Planes(lab_steps(pixels).astype(np.float32).reshape(3, *image.shape), float(LAB_STEPS))
        return Planes(_planar(as_lab(pixels).astype(np.float32).reshape(values.shape)), 1.0)
    if is_small:
        return Planes(_planar(values.astype(np.float32)), 1.0)
    return _centered(image)


def color_spread(values: NDArray[np.float32], cells: NDArray[np.int32], n: int) -> float:
    """The deviation of colors from their mean within a cell, of 1 … n, on average; 1 where there is none."""
    labels = cells.reshape(-1, cells.shape[-1])
    lines = slice(None, None, max(1, len(labels) // _SAMPLED_ROWS))
    inside = labels[lines] > 0
    sampled = labels[lines][inside] - 1
    counts = np.bincount(sampled, minlength=n)
    squares = np.zeros(n)
    for plane in values.reshape(len(values), *labels.shape):
        colors = plane[lines][inside].astype(np.float64)
        means = np.bincount(sampled, colors, n) / np.maximum(counts, 1)
        squares += np.bincount(sampled, (colors - means[sampled]) ** 2, n)
    return float(np.sqrt(squares[counts > 0] / counts[counts > 0]).mean()) or 1.0


def _planar(values: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(np.moveaxis(values, -1, 0))


def _centered(image: Image) -> Planes:
    """Floats less their mean, by a power of 2 so that none is above 1: each is rounded by itself."""
    inside = image.mask_array()
    values = image.values.astype(np.float64)
    largest = float(np.abs(values).max())
    unit = math.ldexp(1.0, -math.frexp(largest)[1]) if largest else 1.0
    values *= unit
    values -= values[inside].sum(axis=0) / max(1, np.count_nonzero(inside))
    values[~inside] = 0
    return Planes(_planar(values.astype(np.float32)), unit)
