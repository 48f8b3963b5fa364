"""Superpixels without a look at the values: a grid over the box of the pixels that take part."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.image import as_image
from classicseg._core.numbers import as_count
from classicseg.labeling.connected import connected_regions
from classicseg.types import ChannelAxis, Mask, Superpixels


def grid_segment(
    image: ArrayLike, *, n_segments: int = 100, channel_axis: ChannelAxis = "auto", mask: Mask = None
) -> Superpixels:
    """Cut an image into the cells of a grid.

    Parameters
    ----------
    image : array_like
        Grey or color, of any number of dimensions.
    n_segments : int
        About how many cells.
    channel_axis : int or None or "auto"
        The axis of the channels; None: every axis is spatial.
    mask : array_like of bool, optional
        Of the spatial shape, True where a pixel takes part.

    Returns
    -------
    ndarray of int32
        Superpixels 1 … n by their first pixel in raster order; 0 where a pixel takes no part.
    """
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    asked = as_count("n_segments", n_segments)
    inside = parsed.mask_array()
    cells = np.zeros(inside.shape, np.int32)
    if inside.any():
        box = tuple(slice(axis.min(), axis.max() + 1) for axis in np.nonzero(inside))
        cells[box] = _cells(inside[box].shape, asked)
    return connected_regions(np.where(inside, cells, 0))


def _cells(shape: tuple[int, ...], n_segments: int) -> NDArray[np.int32]:
    """Cells of about equal length along every axis, numbered from 1."""
    side = max(1.0, (np.prod(shape) / n_segments) ** (1 / len(shape)))
    counts = [max(1, round(length / side)) for length in shape]
    indices = [np.arange(length) * count // length for length, count in zip(shape, counts, strict=True)]
    return (np.ravel_multi_index(np.ix_(*indices), counts) + 1).astype(np.int32)
