"""Geodesic segmentation: each pixel gets the label of the stroke to which the way is shortest, and edges make ways
long."""

from __future__ import annotations

from numpy.typing import ArrayLike

from classicseg._core.grid import interior
from classicseg._core.image import as_image, as_spacing
from classicseg._core.numbers import as_number
from classicseg._core.seeds import as_seeds
from classicseg.filters.geodesics import marched
from classicseg.types import ChannelAxis, Mask, Regions, Seeds, Spacing


def geodesic_segment(
    image: ArrayLike,
    *,
    strokes: Seeds,
    edge_weight: float | None = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Regions:
    """Give each pixel the label of the stroke to which the way is shortest, where edges make ways longer.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    strokes : array_like or mapping of int to array_like
        What a person drew: an integer image of the image's spatial shape, 0 where nothing is drawn; or points (n,
        ndim) in index order, numbered 1 … n; or the points of each label, ``{3: [(4, 5)], 7: [(9, 9)]}``. Labels
        keep their numbers.
    edge_weight : float, optional
        How much longer edges make a way, as in `geodesic_distance`: at least 0, in units of `spacing` by those of
        the image. By default 50 pixels (of the least spacing) by the standard deviation of the image (the root of
        the sum of its channels' variances), so that scaled values get the same labels; a value far from all others
        lowers it, so mask that value.
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
        The labels of the strokes; 0 where a pixel takes no part, or no way leads from it to a stroke.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, `strokes` does not hold integers, or a number
        has the wrong type.
    ValueError
        If `image` is empty or its channel axis is unclear, `mask`, `spacing` or `strokes` does not fit its shape,
        `edge_weight` is less than 0, or a stroke lies outside the image, on a pixel that takes no part, or on a
        stroke of another label.

    See Also
    --------
    geodesic_distance : The length of the way.
    random_walker_segment : Counts all ways, not the shortest alone: an outline with gaps holds.
    watershed_segment : A way counts by its highest point alone.
    region_growing_segment : Regions of similar value around seeds.

    Notes
    -----
    Segmentation by geodesic distances [1]_, which are those of `geodesic_distance`, by fast marching. A pixel has
    the label of its earliest neighbor, of several equally early ones the lowest label. The cost is that of the
    distance, whatever the number of labels.

    GrowCut, whose cells attack their neighbors with a strength that falls with the difference of colors, gives
    each pixel the label of a shortest way as well, with a product of similarities in the place of the sum; who
    comes from there finds what they look for here.

    References
    ----------
    .. [1] Bai X., Sapiro G. A geodesic framework for fast interactive image and video segmentation and matting.
       IEEE International Conference on Computer Vision, 2007.

    Examples
    --------
    >>> from classicseg import geodesic_segment
    >>> geodesic_segment([[1, 2, 1, 1, 9, 8]], strokes=[(0, 0), (0, 5)])
    array([[1, 1, 1, 1, 2, 2]], dtype=int32)
    """
    weight = None if edge_weight is None else as_number("edge_weight", edge_weight, least=0.0)
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    spacings = as_spacing(spacing, len(parsed.shape))
    found = as_seeds(strokes, parsed, "strokes")
    front = marched(parsed, found, weight, spacings, is_labeled=True)
    return found.labels_of(interior(front.labels, parsed.shape))
