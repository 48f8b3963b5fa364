"""Felzenszwalb and Huttenlocher's regions: two merge unless the border between them is stronger than both.

The weakest borders come first. What a region tolerates is the strongest border that it holds, and more while it is
small: so a region of smooth values ends at a weak edge, and one of texture at a strong one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.chosen import chose
from classicseg._core.image import as_image, as_spacing
from classicseg._core.numbers import LARGEST, as_count, as_number
from classicseg.filters.smoothing import smooth_planes
from classicseg.regions.adjacency import default_min_area
from classicseg.trees.mean_difference import mean_difference
from classicseg.trees.pixel_pairs import rounded_pairs
from classicseg.trees.pixel_sets import labels_of_sets, pixel_sets
from classicseg.trees.thresholded_merging import merge_by_threshold, merge_small_sets
from classicseg.types import ChannelAxis, Mask, Regions, Spacing

_SCALE = 90.0
"""The default scale in mean differences of neighbors."""


def felzenszwalb_segment(
    image: ArrayLike,
    *,
    scale: float | None = None,
    sigma: float = 0.8,
    min_area: int | None = None,
    connectivity: int = 1,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Regions:
    """Divide the image into regions whose borders are strong beside what is within (Felzenszwalb, Huttenlocher).

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    scale : float, optional
        How large regions are: one of A pixels bears borders that are stronger by `scale` / A than what it holds,
        in value units times pixels, greater than 0. By default 90 times the mean difference of neighbors,
        smoothed, which covers the training images of BSDS500 well; a value far from all others raises it, so mask
        that value.
    sigma : float, default 0.8
        The standard deviation of the Gaussian that smooths the image first, in units of `spacing`, at least 0 (no
        smoothing).
    min_area : int, optional
        The smallest area in pixels: a smaller region joins its neighbor over the weakest border; 1 keeps all. By
        default a thousandth of the pixels that take part, but at most 150.
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
        If `image` does not hold real numbers, `mask` is not bool, or a number has the wrong type.
    ValueError
        If `image` is empty or its channel axis is unclear, `mask` or `spacing` does not fit its shape, or a number
        is out of its range.

    See Also
    --------
    srm_segment : Regions that merge by their mean values.
    watershed_segment : Regions that floods divide on ridges of the gradient.
    boundary_segment : Regions that closed edges enclose.

    Notes
    -----
    The graph of the pixels, with the Euclidean distance between neighbors as weight, is merged in ascending order
    of the weights [1]_: regions A and B become one over a pair of pixels of weight w if

    .. math::

        w \\le \\min\\bigl(I(A) + s / |A|,\\; I(B) + s / |B|\\bigr),

    where I is the greatest weight over which a region has merged, s is `scale`, and ``|A|`` its number of pixels.
    Then, in the same order, each region smaller than `min_area` joins what it touches. Pairs of one weight are
    decided together, on the regions before them: no order of the pixels decides.

    Weights are rounded, each by itself: the square of w / scale to 12 significant bits. An image and its scale
    times any number have the same regions, but where the smoothing rounds.

    `scale` and `sigma` are those of the paper and of OpenCV. For scikit-image, which divides images of 8 bits and
    its scale by 255, the number is the same, too. Both take neighbors at corners as well: ``connectivity=2``.

    The cost is nearly linear in the number of pixels. It takes 4 bytes a pixel for each neighbor after a pixel (2
    of them in a plane, 4 with corners), and 4 for each channel (8 of float64) or 9 for the regions.

    References
    ----------
    .. [1] Felzenszwalb P. F., Huttenlocher D. P. Efficient graph-based image segmentation. International Journal
       of Computer Vision 59(2), 2004.

    Examples
    --------
    >>> from classicseg import felzenszwalb_segment
    >>> felzenszwalb_segment([[1, 1, 7, 8], [1, 2, 7, 7]], scale=4, sigma=0)
    array([[1, 1, 2, 2],
           [1, 1, 2, 2]], dtype=int32)
    """
    scale = None if scale is None else as_number("scale", scale, above=0.0)
    sigma = as_number("sigma", sigma, least=0.0)
    min_area = None if min_area is None else as_count("min_area", min_area)
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    spacings = as_spacing(spacing, len(parsed.shape))
    connectivity = as_count("connectivity", connectivity, most=len(parsed.shape))
    if min_area is None:
        min_area = default_min_area(int(np.count_nonzero(parsed.mask_array())))
        chose(min_area=min_area)

    planes = smooth_planes(parsed, sigma, spacings)
    if scale is None:
        scale = _default_scale(planes, parsed.mask)
        chose(scale=scale)
    pairs = rounded_pairs(planes, parsed.mask, connectivity, scale)
    del planes  # as many bytes as the sets take
    sets = pixel_sets(parsed.shape, parsed.mask)
    merge_by_threshold(pairs, sets)
    if min_area > 1:
        merge_small_sets(pairs, sets, min_area)
    del pairs
    return labels_of_sets(sets, parsed.shape)


def _default_scale(planes: NDArray[Any], mask: NDArray[np.bool_] | None) -> float:
    """What the differences of neighbors say; any number where there are none."""
    scale = _SCALE * mean_difference(planes, mask)
    return min(max(scale, 1 / LARGEST), LARGEST) if scale > 0 else 1.0
