"""The region of a seed is what is nearer to it than to any other, along paths of neighbors that take part."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.image import as_image
from classicseg._core.seeds import as_markers
from classicseg.types import ChannelAxis, Mask, Regions, Seeds

_NONE = np.iinfo(np.int32).max


def nearest_seed_segment(
    image: ArrayLike, *, seeds: Seeds, channel_axis: ChannelAxis = "auto", mask: Mask = None
) -> Regions:
    """Give each pixel the label of the nearest seed.

    Parameters
    ----------
    image : array_like
        Grey or color, of any number of dimensions.
    seeds : array_like or mapping
        Points, points of each region under its label, or a marker image.
    channel_axis : int or None or "auto"
        The axis of the channels; None: every axis is spatial.
    mask : array_like of bool, optional
        Of the spatial shape, True where a pixel takes part.

    Returns
    -------
    ndarray of int32
        The labels of the seeds; 0 where a pixel takes no part, and where none reaches. Of equally near seeds it is
        the lesser label.
    """
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    labels = as_markers(seeds, parsed)
    if labels is None:
        raise ValueError("seeds are None; expected at least one")
    inside = parsed.mask_array()
    while True:
        grown = np.where(inside & (labels == 0), _least_of_neighbors(labels), labels)
        if np.array_equal(grown, labels):
            return grown
        labels = grown


def _least_of_neighbors(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """The least label of each pixel's neighbors, 0 where they have none."""
    padded = np.pad(np.where(labels == 0, _NONE, labels), 1, constant_values=_NONE)
    center = [slice(1, -1)] * labels.ndim
    neighbors = [
        padded[(*center[:axis], side, *center[axis + 1 :])]
        for axis in range(labels.ndim)
        for side in (slice(None, -2), slice(2, None))
    ]
    least = np.min(neighbors, axis=0)
    return np.where(least == _NONE, 0, least).astype(np.int32)
