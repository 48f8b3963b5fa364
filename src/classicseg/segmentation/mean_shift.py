"""Mean shift: neighbors whose windows of place and color come to rest at like colors are one region.

What is to be found, modes of the density of places and colors together, is in `clustering.mean_shift`.
"""

from __future__ import annotations

from typing import NamedTuple, get_args

from numpy.typing import ArrayLike

from classicseg._core.chosen import chose
from classicseg._core.image import Image, as_image, as_spacing
from classicseg._core.numbers import as_choice, as_count, as_number
from classicseg.clustering.mean_shift import STEPS, mode_colors
from classicseg.filters.color import ColorSpace, in_color_space
from classicseg.growing.difference_components import difference_components
from classicseg.growing.tolerance import default_tolerance
from classicseg.labeling.numbering import number_by_first_pixel
from classicseg.regions.adjacency import merge_small
from classicseg.types import ChannelAxis, Mask, Regions, Spacing

SHARE = 0.35
"""The default radius in color, by the standard deviation of the colors."""
LINKED = STEPS / 2
"""Neighbors whose modes differ by at most so many steps are linked."""


def mean_shift_segment(
    image: ArrayLike,
    *,
    spatial_radius: float = 8.0,
    range_radius: float | None = None,
    min_area: int | None = None,
    max_iter: int = 15,
    color_space: ColorSpace = "auto",
    connectivity: int = 1,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Regions:
    """Link neighbors whose modes in the joint domain of place and color are alike: mean shift segmentation.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    spatial_radius : float, default 8.0
        How far a window reaches in space, in units of `spacing`, > 0.
    range_radius : float, optional
        How far a window reaches in color (Euclidean), in the units of the color space, > 0. The larger it is, the
        larger are the regions. By default 0.35 times the standard deviation of the colors (the root of the sum of
        the variances of the channels), which covers the training images of BSDS500 well; a value far from all
        others raises it, so mask that value.
    min_area : int, optional
        The smallest area in pixels: a smaller region joins the neighbor of the nearest mean value; 1 keeps all. By
        default a thousandth of the pixels that take part, but at most 150.
    max_iter : int, default 15
        How often a window moves at most, at least 1.
    color_space : {"auto", "given", "lab"}, default "auto"
        Compare colors as they are given, or as CIE Lab of red, green and blue (see `rgb_to_lab`). "auto": Lab for
        three channels of uint8 or uint16, whose colors have a fixed meaning, as given for all others.
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
        If `image` is empty or its channel axis is unclear, `mask` or `spacing` does not fit its shape, a number is
        out of its range, or `color_space` is unknown or needs three channels.

    See Also
    --------
    kmeans_segment : Clusters of colors, wherever they are.
    region_growing_segment : Regions of similar value, without windows.
    watershed_segment : Regions that end on edges.

    Notes
    -----
    From each pixel a window starts out. It holds the pixels within `spatial_radius` of its center and within
    `range_radius` of its mean color, and moves to their mean place and color, again and again, until it rests at a
    mode of their joint density [1]_. Neighbors whose modes are within half of `range_radius` in color are linked;
    what links connect is a region, and then small regions join. The center of a window is rounded to a pixel, and
    colors to a 256th of `range_radius`: so all sums are exact, and flips and turns change nothing.

    `spatial_radius`, `range_radius` and `min_area` are SpatialBandWidth, RangeBandWidth and MinimumRegionArea of
    EDISON, and spatialr, ranger and minsize of Orfeo ToolBox. EDISON's colors are L*u*v*, near to Lab; OpenCV's
    ``pyrMeanShiftFiltering(image, sp, sr)`` compares them as given (``color_space="given"``), at several scales.

    The cost is that of n windows of some (2 `spatial_radius` + 1)^ndim pixels, which move some 5 times each. It
    takes 12 bytes a pixel for the colors (24 where floats need 64 bits) and 8 for each channel of the modes.

    References
    ----------
    .. [1] Comaniciu D., Meer P. Mean shift: a robust approach toward feature space analysis. IEEE Transactions on
       Pattern Analysis and Machine Intelligence 24(5), 2002.

    Examples
    --------
    >>> from classicseg import mean_shift_segment
    >>> mean_shift_segment([[1, 2, 9, 8, 9], [2, 1, 8, 9, 2]], range_radius=3, spatial_radius=2, min_area=2)
    array([[1, 1, 2, 2, 2],
           [1, 1, 2, 2, 2]], dtype=int32)
    """
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    settings = as_mean_shift_settings(
        len(parsed.shape), spatial_radius, range_radius, min_area, max_iter, color_space, connectivity, spacing
    )
    colors = in_color_space(parsed, color_space)
    if settings.range_radius is None:
        settings = settings._replace(range_radius=SHARE * default_tolerance(colors))
        chose(range_radius=settings.range_radius)
    linked = difference_components(modes_of(colors, settings), LINKED, "euclidean", settings.connectivity)
    return number_by_first_pixel(merge_small(linked, colors.values, settings.min_area, settings.connectivity))


class MeanShiftSettings(NamedTuple):
    """The options, parsed."""

    spatial_radius: float
    range_radius: float | None
    min_area: int | None
    max_iter: int
    connectivity: int
    spacing: tuple[float, ...]


def as_mean_shift_settings(
    ndim: int,
    spatial_radius: float,
    range_radius: float | None,
    min_area: int | None,
    max_iter: int,
    color_space: ColorSpace,
    connectivity: int,
    spacing: Spacing,
) -> MeanShiftSettings:
    """Parse the options for an image of so many spatial axes."""
    as_choice("color_space", color_space, get_args(ColorSpace))
    return MeanShiftSettings(
        as_number("spatial_radius", spatial_radius, above=0.0),
        None if range_radius is None else as_number("range_radius", range_radius, above=0.0),
        None if min_area is None else as_count("min_area", min_area),
        as_count("max_iter", max_iter),
        as_count("connectivity", connectivity, most=ndim),
        as_spacing(spacing, ndim),
    )


def modes_of(colors: Image, settings: MeanShiftSettings) -> Image:
    """Each pixel in the color of its mode, in steps, where the radius is known."""
    radius = settings.range_radius or 0.0
    return mode_colors(colors, settings.spatial_radius, radius, settings.max_iter, settings.spacing)
