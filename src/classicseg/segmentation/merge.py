"""Regions that merge by a criterion: the tree of all scales, and one cut."""

from __future__ import annotations

from numpy.typing import ArrayLike

from classicseg._core.chosen import chose
from classicseg.trees.cuts import cut_tree
from classicseg.trees.merge_tree import CriterionName, merge_tree
from classicseg.types import ChannelAxis, Heights, Mask, Regions, RegionTree, SegmentCounts, Spacing

_N_LEFT, _FACTOR, _FACTOR_OF_CONTRAST = 50, 1.6, 1.9
"""The default height is that at which so many segments are left, times a factor: the last is that of "contrast"
without boundaries, whose heights are another power of the cost."""


def merge_segment(
    image: ArrayLike,
    *,
    n_segments: SegmentCounts = None,
    height: Heights = None,
    min_area: float | None = None,
    criterion: CriterionName = "contrast",
    regions: ArrayLike | None = None,
    boundaries: ArrayLike | None = None,
    connectivity: int = 1,
    weights: ArrayLike | None = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Regions:
    """Merge regions by a criterion, into exactly so many segments, or up to a height.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    n_segments : int or sequence of int, optional
        How many segments there shall be: at least as many as the image, or its mask, has pieces, and at most as
        many as merge.
    height : float or sequence of float, optional
        What merges at this height or below is merged, at least 0, in the units of the criterion (`merge_tree`). By
        default, where `n_segments` is not given either, the height at which 50 segments are left, times 1.9 with
        "contrast" without `boundaries`, and 1.6 otherwise.
    min_area : float, optional
        A segment of a smaller area joins over its lowest pass, after the cut; there may be fewer segments then
        than asked. By default none is joined.
    criterion : {"contrast", "ward", "mean", "border", "multiresolution"}, default "contrast"
        What a merge costs, as in `merge_tree`.
    regions : array_like of int or bool, shape (M, N[, …]), optional
        The regions that merge, each of one piece; 0 takes no part. By default what the criterion starts from.
    boundaries : array_like, shape (M, N[, …]), optional
        How strong a boundary is at each pixel, as in `merge_tree`.
    connectivity : int, default 1
        How many coordinates of two neighbors may differ by 1: from 1 (they share a face) to the number of axes
        (they share at least a corner).
    weights : array_like, shape (C,), optional
        How much each channel counts, as in `merge_tree`.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.

    Returns
    -------
    ndarray of int32, shape (M, N[, …]) or (n_cuts, M, N[, …])
        Connected regions 1 … n by their first pixel in raster order; 0 where a pixel takes no part. Of several
        numbers, the regions for each along the first axis, which are nested.

    Raises
    ------
    TypeError
        If `image` or `boundaries` does not hold real numbers, `regions` does not hold integers, `mask` is not
        bool, or a number has the wrong type.
    ValueError
        If `image` is empty or its channel axis is unclear, an option does not fit its shape, `n_segments` and
        `height` are both given, `n_segments` is less than the pieces or more than the regions that merge, or a
        number is out of its range, as in `merge_tree`.

    See Also
    --------
    merge_tree : The tree of all scales, which cites the papers and says what a merge costs.
    cut_tree : Cuts it, several times if wanted.
    multiresolution_segment : Merging by scale, as remote sensing knows it.
    watershed_segment : Regions by the depth of their basins.

    Notes
    -----
    The segmenter is `merge_tree` [1]_, then `cut_tree`. The default height was set on 100 training images of
    BSDS500. The cost is that of the tree.

    References
    ----------
    .. [1] Salembier P., Garrido L. Binary partition tree as an efficient representation for image processing,
       segmentation, and information retrieval. IEEE Transactions on Image Processing 9(4), 2000.

    Examples
    --------
    >>> from classicseg import merge_segment
    >>> merge_segment([[1, 2, 6, 7, 9]], criterion="ward", n_segments=3)
    array([[1, 1, 2, 2, 3]], dtype=int32)
    """
    if n_segments is not None and height is not None:
        raise ValueError("both n_segments and height are given; expected one of them at most; leave the other out")
    tree = merge_tree(
        image,
        regions=regions,
        criterion=criterion,
        boundaries=boundaries,
        connectivity=connectivity,
        weights=weights,
        channel_axis=channel_axis,
        mask=mask,
        spacing=spacing,
    )
    if n_segments is None and height is None:
        is_relative = criterion == "contrast" and boundaries is None
        height = _default_height(tree, _FACTOR_OF_CONTRAST if is_relative else _FACTOR)
        chose(height=height)
    return cut_tree(tree, n_segments=n_segments, height=height, min_area=min_area)


def _default_height(tree: RegionTree, factor: float) -> float:
    """A multiple of the height at which few segments are left; 0 where nothing merges."""
    inner = tree.heights[int(tree.regions.max(initial=0)) :]
    return factor * float(inner[-_N_LEFT:][0]) if len(inner) else 0.0
