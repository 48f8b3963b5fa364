"""Statistical region merging: two regions are one where their mean values differ by no more than chance allows."""

from __future__ import annotations

from numpy.typing import ArrayLike

from classicseg._core.chosen import chose
from classicseg._core.image import Image, as_image, as_spacing
from classicseg._core.numbers import as_count, as_number
from classicseg.filters.smoothing import smooth_planes
from classicseg.labeling.numbering import number_by_first_pixel
from classicseg.regions.adjacency import merge_small
from classicseg.trees.pixel_lines import Ruler
from classicseg.trees.pixel_pairs import exact_pairs
from classicseg.trees.pixel_sets import labels_of_sets, pixel_sets
from classicseg.trees.statistical_merging import merge_by_means
from classicseg.types import ChannelAxis, Mask, Regions, Spacing


def srm_segment(
    image: ArrayLike,
    *,
    complexity: float = 32.0,
    sigma: float = 0.8,
    value_range: float | None = None,
    min_area: int | None = None,
    connectivity: int = 1,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Regions:
    """Merge regions whose mean values differ by no more than chance allows (statistical region merging).

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    complexity : float, default 32.0
        How many regions there are, greater than 0: Q, the number of independent parts that a value is thought to
        be the sum of. The more of them, the less chance allows.
    sigma : float, default 0.8
        The standard deviation of the Gaussian that smooths the image for the order in which pixels are compared,
        in units of `spacing`, at least 0 (no smoothing). Means are those of the image as it is.
    value_range : float, optional
        How many units the range of the values has, greater than 0: 256 for 8 bits, as in the paper. By default 256
        / 255 of the difference between the greatest value and the least one, so that scaling the image changes
        nothing; one value far from all others raises it, so mask that value.
    min_area : int, optional
        The smallest area in pixels: a smaller region joins the neighbor of the nearest mean value; 1 keeps all. By
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
    felzenszwalb_segment : Regions that weak borders do not divide, whatever their means.
    region_growing_segment : Regions of values that differ by at most a tolerance.

    Notes
    -----
    Neighboring pixels are taken in ascending order of their difference, the greatest of all channels, and their
    regions A and B become one if in every channel [1]_

    .. math::

        (\\mu_A - \\mu_B)^2 \\le b(A) + b(B), \\quad
        b(R) = \\frac{g^2}{2 Q |R|} \\bigl(\\min(|R|, 256) \\ln(|R| + 1) + \\ln(6 n^2)\\bigr),

    where μ is the mean, g is `value_range`, Q is `complexity`, ``|R|`` the number of pixels of R, and n that of
    the image. All pairs of one difference are decided together, on the regions before them, so that no order of
    the pixels decides. Where few levels make many differences equal, that lets regions run over; so differences
    are those of the smoothed image, hardly two of which are equal.

    Sums are exact: those of floats go by 2**20 steps of `value_range`, and what lies 2**16 ranges from the median
    counts as so far.

    The cost is that of sorting the pairs by the bits of their differences, linear in the number of pixels. It
    takes some 24 bytes a pixel for each neighbor after a pixel (2 of them in a plane), 8 for each channel and 12
    for the regions.

    References
    ----------
    .. [1] Nock R., Nielsen F. Statistical region merging. IEEE Transactions on Pattern Analysis and Machine
       Intelligence 26(11), 2004.

    Examples
    --------
    >>> from classicseg import srm_segment
    >>> srm_segment([[10, 11, 90, 91], [10, 12, 92, 90]], complexity=256)
    array([[1, 1, 2, 2],
           [1, 1, 2, 2]], dtype=int32)
    """
    complexity = as_number("complexity", complexity, above=0.0)
    sigma = as_number("sigma", sigma, least=0.0)
    value_range = None if value_range is None else as_number("value_range", value_range, above=0.0)
    min_area = None if min_area is None else as_count("min_area", min_area)
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    spacings = as_spacing(spacing, len(parsed.shape))
    connectivity = as_count("connectivity", connectivity, most=len(parsed.shape))
    if value_range is None:
        value_range = _value_range(parsed)
        chose(value_range=value_range)

    smoothed, ruler = smooth_planes(parsed, sigma, spacings), Ruler(False, 0.0)
    dtype = parsed.values.dtype if sigma == 0 else smoothed.dtype
    pairs = exact_pairs(smoothed, parsed.mask, connectivity, ruler, dtype)
    del smoothed
    sets = pixel_sets(parsed.shape, parsed.mask)
    merge_by_means(pairs, sets, parsed, complexity, value_range)
    del pairs
    labels = labels_of_sets(sets, parsed.shape)
    return number_by_first_pixel(merge_small(labels, parsed.values, min_area, connectivity))


def _value_range(image: Image) -> float:
    """The difference between the extremes, and a level of 256 more."""
    pixels = image.pixels()
    if len(pixels) == 0:
        return 0.0
    return (float(pixels.max()) - float(pixels.min())) * 256 / 255
