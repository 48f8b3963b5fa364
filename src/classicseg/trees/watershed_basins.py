"""The watershed at all scales: basins that join in the order of their depth, area or volume."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.chosen import chose
from classicseg._core.image import Image, as_image, as_scalar_image, as_spacing
from classicseg._core.numbers import as_choice, as_count, as_number
from classicseg.filters.smoothing import smooth
from classicseg.flooding.basins import basins_of_minima, depth_links, surface_of
from classicseg.labeling.numbering import number_by_first_pixel
from classicseg.trees.extinction import extinction_tree, pairs_of_levels
from classicseg.trees.pixel_pairs import sorted_pairs
from classicseg.trees.region_tree import region_tree
from classicseg.types import ChannelAxis, Mask, RegionTree, Spacing


def watershed_tree(
    image: ArrayLike,
    *,
    surface: Literal["gradient", "image"] = "gradient",
    order: Literal["depth", "area", "volume"] = "depth",
    sigma: float | None = None,
    connectivity: int = 1,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> RegionTree:
    """Build the tree of a watershed's basins, from the basin of each minimum to the whole image.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    surface : {"gradient", "image"}, default "gradient"
        What is flooded. "gradient": how fast the image changes, all channels together; by depth the magnitude of
        the gradient at each pixel (Di Zenzo), by area and volume the Euclidean distance of each two neighbors.
        "image": the values themselves, which may be a gradient or a distance; of three channels their luminance.
    order : {"depth", "area", "volume"}, default "depth"
        The height of a merge: how deep, how large, or how large times deep the lesser one of two basins is where
        they run over into each other.
    sigma : float, optional
        The standard deviation of the Gaussian that smooths the image first, in units of `spacing`, at least 0 (no
        smoothing).
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
    RegionTree
        The finest regions are the basins of all minima. Heights by depth are in units of the surface, by area in
        units of `spacing` to the power of the axes (pixels), by volume in the product of both.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, or a number has the wrong type.
    ValueError
        If `image` is empty or its channel axis is unclear (or, with the surface "image", its channels have no
        luminance), `mask` or `spacing` does not fit its shape, a number is out of its range, or `surface` or
        `order` is unknown.

    See Also
    --------
    cut_tree : Labels at a height, or of a number of segments.
    watershed_segment : One depth, and floods from markers.
    flat_zone_tree : Zones of small steps.

    Notes
    -----
    By depth, heights are the dynamics of the minima [1]_, and a cut at a height is what `watershed_segment` makes
    with that `min_depth`: a basin just so deep is kept, so a height is the next number above the depth. Such a cut
    is the same for each flip and turn of the image.

    By area and volume, heights are the extinction values of the minima [2]_ in the graph of the pixels, whose
    pairs weigh their distance, or with the surface "image" the higher one of the two and then the lower [3]_.
    Where equal pairs decide which basin a plateau joins, or which two of several basins meet first, those of the
    first pixels in raster order come first: on images of few levels a flip may move such pixels.

    The cost is O(n log n) at most. By depth it takes the memory of `watershed_segment`; by area some 40 bytes a
    pixel beside the image, by volume 56, and 16 more for floats.

    References
    ----------
    .. [1] Grimaud M. A new measure of contrast: the dynamics. Image Algebra and Morphological Image Processing
       III, SPIE 1769, 1992.
    .. [2] Vachier C., Meyer F. Extinction value: a new measurement of persistence. IEEE Workshop on Nonlinear
       Signal and Image Processing, 1995.
    .. [3] Cousty J., Najman L. Incremental algorithm for hierarchical minimum spanning forests and saliency of
       watershed cuts. International Symposium on Mathematical Morphology, 2011.

    Examples
    --------
    >>> from classicseg import cut_tree, watershed_tree
    >>> tree = watershed_tree([[1, 2, 9, 3, 4, 1, 5]], surface="image")
    >>> tree.regions
    array([[1, 1, 1, 2, 3, 3, 3]], dtype=int32)
    >>> cut_tree(tree, height=2)
    array([[1, 1, 1, 2, 2, 2, 2]], dtype=int32)
    """
    as_choice("surface", surface, ["gradient", "image"])
    as_choice("order", order, ["depth", "area", "volume"])
    if sigma is None:
        sigma = 2.0 if surface == "gradient" else 0.0
        chose(sigma=sigma)
    sigma = as_number("sigma", sigma, least=0.0)
    parse = as_image if surface == "gradient" else as_scalar_image
    parsed = parse(image, channel_axis=channel_axis, mask=mask)
    spacings = as_spacing(spacing, len(parsed.shape))
    connectivity = as_count("connectivity", connectivity, most=len(parsed.shape))
    volume = float(np.prod(spacings))
    if order == "depth":
        return _by_depth(surface_of(parsed, surface, sigma, spacings), parsed, connectivity, volume)
    smoothed = Image(smooth(parsed, sigma, spacings).values, parsed.mask)
    if surface == "gradient":
        levels, pairs = None, sorted_pairs(smoothed, connectivity)
    else:
        levels = smoothed.values[..., 0]
        pairs = pairs_of_levels(levels, smoothed, connectivity)
    tree = extinction_tree(pairs, levels, smoothed, order == "volume")
    return tree if volume == 1 else tree._replace(heights=tree.heights * volume, areas=tree.areas * volume)


def _by_depth(levels: NDArray[Any], image: Image, connectivity: int, volume: float) -> RegionTree:
    """The tree of the minima's basins by their dynamics."""
    basins = basins_of_minima(levels, image, connectivity)
    targets, depths = depth_links(basins, levels, connectivity)
    regions = number_by_first_pixel(basins.labels)
    numbers = np.zeros(len(targets), np.int32)
    numbers[basins.labels] = regions
    joins = np.flatnonzero(depths < np.inf)
    joins = joins[np.argsort(depths[joins], kind="stable")]
    pairs = np.stack([numbers[joins], numbers[targets[joins]]], axis=1) - np.int32(1)
    areas = np.bincount(regions.reshape(-1), minlength=len(numbers))[1:].astype(np.float64) * volume
    return region_tree(regions, areas, pairs, np.nextafter(depths[joins], np.inf))
