"""Multiresolution segmentation (Baatz and Schäpe): regions grow while they stay homogeneous enough for a scale."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from classicseg._core.chosen import chose
from classicseg._core.numbers import as_number
from classicseg.trees.cuts import cut_tree
from classicseg.trees.merge_tree import merge_tree
from classicseg.types import ChannelAxis, Mask, Regions, Spacing

_SHARE = 0.15
"""Of the root of the number of pixels, the default scale: the mean covering of every fifth training image of
BSDS500 is 0.482; by 0.125 and 0.2 it is 0.480 and 0.456."""


def multiresolution_segment(
    image: ArrayLike,
    *,
    scale: float | None = None,
    shape: float = 0.1,
    compactness: float = 0.5,
    weights: ArrayLike | None = None,
    regions: ArrayLike | None = None,
    connectivity: int = 1,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Regions:
    """Merge regions, from pixels on, while heterogeneity rises by less than the square of a scale.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    scale : float, optional
        The greater, the larger the regions, at least 0: a merge may raise the heterogeneity by its square. By
        default 0.15 times the root of the number of pixels that take part.
    shape : float, default 0.1
        The share of the shape in the heterogeneity, from 0 to 1; the rest is that of the values.
    compactness : float, default 0.5
        The share of compactness in that of the shape, from 0 to 1; the rest is smoothness.
    weights : array_like, shape (C,), optional
        How much the standard deviation of each channel counts, at least 0. By default 1 over the standard
        deviation of the values and over the number of channels, so that images in any units have about the same
        regions. With 1 each, `scale` is that of other software, in the image's units.
    regions : array_like of int or bool, shape (M, N[, …]), optional
        The regions that merge, each of one piece; 0 takes no part. By default pixels.
    connectivity : int, default 1
        How many coordinates of two neighbors may differ by 1: from 1 (they share a face) to the number of axes
        (they share at least a corner).
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.

    Returns
    -------
    ndarray of int32, shape (M, N[, …])
        Connected regions 1 … n by their first pixel in raster order; 0 where a pixel takes no part.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `regions` does not hold integers, `mask` is not bool, or a number
        has the wrong type.
    ValueError
        If `image` is empty or its channel axis is unclear, `regions`, `mask` or `spacing` does not fit its shape,
        a label of `regions` is in several pieces, `weights` is not one number for each channel, or a number is out
        of its range.

    See Also
    --------
    merge_tree : All scales at once (``criterion="multiresolution"``), which says what heterogeneity is.
    choose_scale : Chooses the scale.
    merge_segment : Merging by other criteria, into so many segments.
    merge_small_regions : Joins what is too small.

    Notes
    -----
    Heterogeneity is that of [1]_. The segmenter is a cut of the tree at ``height=scale``: a merge is made if it
    and all merges inside it raise heterogeneity by the square of the scale at most. The default scale is
    the one of nine shares, from 0.05 to 0.4, that covers 40 training images of BSDS500 best: by 0.48. The cost is
    that of the tree.

    References
    ----------
    .. [1] Baatz M., Schäpe A. Multiresolution segmentation: an optimization approach for high quality multi-scale
       image segmentation. Angewandte Geographische Informationsverarbeitung XII, 2000.

    Examples
    --------
    >>> from classicseg import multiresolution_segment
    >>> multiresolution_segment([[1, 2, 6, 7, 9]], scale=2, shape=0, weights=[1])
    array([[1, 1, 2, 2, 2]], dtype=int32)
    """
    scale = None if scale is None else as_number("scale", scale, least=0.0)
    tree = merge_tree(
        image,
        regions=regions,
        criterion="multiresolution",
        connectivity=connectivity,
        weights=weights,
        shape=shape,
        compactness=compactness,
        channel_axis=channel_axis,
        mask=mask,
        spacing=spacing,
    )
    if scale is None:
        scale = _SHARE * math.sqrt(np.count_nonzero(tree.regions))
        chose(scale=scale)
    return cut_tree(tree, height=scale)
