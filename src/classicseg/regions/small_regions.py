"""Small regions join the neighbors that are most like them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from classicseg._core.image import as_image, as_labels, as_spacing
from classicseg._core.numbers import as_count, as_number
from classicseg.labeling.numbering import compact_labels
from classicseg.regions.adjacency import merge_small
from classicseg.types import ChannelAxis, Labels, Spacing


def merge_small_regions(
    labels: ArrayLike,
    image: ArrayLike,
    *,
    min_area: float,
    connectivity: int = 1,
    channel_axis: ChannelAxis = "auto",
    spacing: Spacing = None,
) -> Labels:
    """Join each region of less than an area to the neighbor that is most like it in mean value.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N[, …])
        Segments; 0 belongs to none, and stays.
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    min_area : float
        The least area that stays, in units of `spacing`, at least 0.
    connectivity : int, default 1
        How many coordinates of two neighbors may differ by 1: from 1 (they share a face) to the number of axes
        (they share at least a corner).
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.

    Returns
    -------
    ndarray of int32, shape (M, N[, …])
        Segments 1 … n, in the order of the labels of which they are made: each has the place of its lowest one.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, `image` does not hold real numbers, or a number has the wrong
        type.
    ValueError
        If `labels` is empty or holds numbers outside 0 … 2147483647, `image` has another shape or an unclear
        channel axis, or values that are not finite in a segment, or a number is out of its range.

    See Also
    --------
    cut_tree : Joins small segments of a tree over their lowest passes (``min_area``).
    connected_regions : Makes regions of classes first.

    Notes
    -----
    In rounds, all small regions choose at once: the least distance of the means, then the darker mean, then the
    larger area. One that cannot choose between equals waits a round, and stays where nothing changes any more; so
    does a region without neighbors. The cost is linear in the number of pixels.

    Examples
    --------
    >>> from classicseg import merge_small_regions
    >>> merge_small_regions([[1, 1, 2, 3, 3]], [[5, 5, 6, 9, 9]], min_area=2)
    array([[1, 1, 1, 2, 2]], dtype=int32)
    """
    segments = as_labels(labels)
    spacings = as_spacing(spacing, segments.ndim)
    connectivity = as_count("connectivity", connectivity, most=segments.ndim)
    least = as_number("min_area", min_area, least=0.0) / math.prod(spacings)
    parsed = as_image(image, channel_axis=channel_axis)
    if parsed.shape != segments.shape:
        raise ValueError(
            f"image has spatial shape {parsed.shape}; expected the labels' shape {segments.shape}; crop one, "
            "or name the image's channel_axis"
        )
    if parsed.mask is not None and (segments[~parsed.mask] > 0).any():
        raise ValueError("image has values that are masked or not finite in a segment; fill them, or label them 0")
    compact = compact_labels(segments)[1].astype(np.int32)
    return merge_small(compact, parsed.values, math.ceil(min(least, segments.size + 1)), connectivity)
