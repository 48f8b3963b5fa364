"""The watershed: a surface is flooded from markers, or from its minima, and floods that meet stay apart.

Without markers there would be a basin for each minimum, thousands in a photograph. A basin of little depth,
measured from its minimum to the lowest pass into another one, joins the basin that it runs over into.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_bands
from classicseg._core.chosen import chose
from classicseg._core.grid import look_up
from classicseg._core.image import Image, as_image, as_scalar_image, as_spacing
from classicseg._core.numbers import as_choice, as_count, as_flag, as_number, without_last_bits
from classicseg._core.seeds import as_markers
from classicseg.flooding.basins import (
    basins_of_minima,
    depth_links,
    groups_below,
    surface_of,
    undecided_as_regions,
)
from classicseg.flooding.flood import MOST_LABELS, flood
from classicseg.flooding.flood_with_lines import flood_with_lines
from classicseg.labeling.components import connected_components
from classicseg.labeling.numbering import compact_labels, number_by_first_pixel
from classicseg.types import ChannelAxis, Labels, Mask, Regions, Seeds, Spacing


def watershed_segment(
    image: ArrayLike,
    *,
    markers: Seeds = None,
    surface: Literal["gradient", "image"] = "gradient",
    sigma: float | None = None,
    min_depth: float | None = None,
    compactness: float = 0.0,
    lines: bool = False,
    connectivity: int = 1,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Regions:
    """Flood the gradient, or the image, from markers or from its minima, and divide it where floods meet.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    markers : array_like of int, shape (n, ndim), (ndim,) or (M, N[, …]), or mapping, optional
        Points (n, ndim), or one point (ndim,), in index order: the i-th point names region i. Or the points of
        each region under its label, as in `region_growing_segment`. Or a marker image of the spatial shape, whose
        positive numbers name the regions. Without markers every minimum that is deep enough has a region.
    surface : {"gradient", "image"}, default "gradient"
        What is flooded. "gradient": the magnitude of the gradient, of all channels together (Di Zenzo), so that
        regions end on edges. "image": the values themselves, which may be a gradient or a distance; of three
        channels their luminance.
    sigma : float, optional
        The standard deviation of the Gaussian that smooths the image first, in units of `spacing`, at least 0 (no
        smoothing). By default 2 for the surface "gradient" and 0 for "image".
    min_depth : float, optional
        Without markers: the smallest depth of a region, from its lowest level to the lowest pass into a deeper
        one, in the units of the surface, at least 0 (each minimum has a region). By default the standard deviation
        of the surface, which, with `sigma`, covers the training images of BSDS500 well; a value far from all
        others raises it, so mask that value. With markers it must not be given.
    compactness : float, default 0.0
        How much a unit of distance from the marker adds to the surface, at least 0. The greater it is, the rounder
        the regions are.
    lines : bool, default False
        Whether pixels where regions meet are 0: lines of one pixel, over which regions do not touch.
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
        With markers, their numbers, and 0 where no flood arrives. Without, connected regions 1 … n by their first
        pixel in raster order. 0 where a pixel takes no part, and on lines.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, `markers` does not hold integers, `lines` is not
        True or False, or a number has the wrong type.
    ValueError
        If `image` is empty or its channel axis is unclear (or, with the surface "image", its channels have no
        luminance), `mask`, `spacing` or `markers` does not fit its shape, a number is out of its range, `surface`
        is unknown, a marker lies outside the image or on a pixel that takes no part, or `min_depth` is given with
        markers.

    See Also
    --------
    boundary_segment : Regions that closed edges enclose.
    region_growing_segment : Regions of similar value.
    gradient_magnitude : The surface "gradient".
    connected_regions : Markers from classes.

    Notes
    -----
    Meyer's flood [1]_, a watershed by immersion [4]_: the flood rises from the lowest level, and a pixel belongs
    to the marker that reaches it first; over a plateau it spreads in rings. Where several markers reach a pixel at
    once (a tie), the neighbor nearest in value decides, then the lower number; without markers the lower minimum,
    the darker one, the larger one, and what is equal even so is a region of its own. Without markers, the depth of
    a region is the dynamics of its minimum [2]_.

    With `compactness` [3]_ a tie goes to the marker's pixel nearest in value. With `lines`, a pixel that a region
    reaches is 0 if it is beside another region when its turn comes; of two neighbors whose turn comes at once, the
    one of the higher number is 0, too. The flood goes on behind a line, and markers that touch keep their pixels.

    The cost is linear in the number of pixels on levels of 8 and 16 bits, and nearly so on floats, each level
    exact. Beside the image and the labels it takes 5 bytes a pixel for 8 bits, 13 for float32, and 15 for the
    gradient of 8 bits; without markers up to 17, and some 130 for each minimum: on noise 23 to 36 a pixel. With
    `compactness` or `lines` the flood keeps a heap, of 40 bytes for each way to a pixel that waits, and regions
    without markers start from their lowest points.

    References
    ----------
    .. [1] Meyer F. Color image segmentation. International Conference on Image Processing and its Applications,
       1992.
    .. [2] Grimaud M. A new measure of contrast: the dynamics. Image Algebra and Morphological Image Processing
       III, SPIE 1769, 1992.
    .. [3] Neubert P., Protzel P. Compact watershed and preemptive SLIC. International Conference on Pattern
       Recognition, 2014.
    .. [4] Vincent L., Soille P. Watersheds in digital spaces. IEEE Transactions on Pattern Analysis and Machine
       Intelligence 13(6), 1991 (immersion).

    Examples
    --------
    >>> from classicseg import watershed_segment
    >>> watershed_segment([[1, 2, 9, 3, 3]], markers=[(0, 0), (0, 4)], surface="image")
    array([[1, 1, 1, 2, 2]], dtype=int32)
    >>> watershed_segment([[1, 2, 9, 3, 3]], surface="image", lines=True)
    array([[1, 1, 0, 2, 2]], dtype=int32)
    """
    as_choice("surface", surface, ["gradient", "image"])
    lines = as_flag("lines", lines)
    if sigma is None:
        sigma = 2.0 if surface == "gradient" else 0.0
        chose(sigma=sigma)
    sigma = as_number("sigma", sigma, least=0.0)
    min_depth = None if min_depth is None else as_number("min_depth", min_depth, least=0.0)
    compactness = as_number("compactness", compactness, least=0.0)
    if surface == "gradient":
        parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    else:
        parsed = as_scalar_image(image, channel_axis=channel_axis, mask=mask)
    spacings = as_spacing(spacing, len(parsed.shape))
    connectivity = as_count("connectivity", connectivity, most=len(parsed.shape))
    starts = as_markers(markers, parsed, "markers")
    if starts is not None and min_depth is not None:
        raise ValueError(
            f"min_depth is {min_depth:g} and markers are given; each marker has a region; leave one of them out"
        )

    how = _Flood(connectivity, lines, compactness, spacings)
    levels = surface_of(parsed, surface, sigma, spacings)
    if starts is None:
        return _from_minima(levels, parsed, min_depth, how)
    return _from_markers(levels, starts, parsed, how)


class _Flood(NamedTuple):
    """How a surface is flooded: the options that a flood takes."""

    connectivity: int
    lines: bool
    compactness: float
    spacing: tuple[float, ...]


def _flood(
    levels: NDArray[Any], markers: NDArray[np.int32], ranks: NDArray[np.int64] | None, image: Image, how: _Flood
) -> NDArray[np.int32]:
    """Extend markers by the flood that does what is asked, and no more."""
    if how.lines or how.compactness > 0:
        return flood_with_lines(levels, markers, ranks, image, **how._asdict())
    return flood(levels, markers, ranks, image, how.connectivity)


def _from_markers(levels: NDArray[Any], markers: NDArray[np.int32], image: Image, how: _Flood) -> Labels:
    """A region for each marker, with its label."""
    if int(markers.max()) <= min(MOST_LABELS, max(markers.size, 2**16)):
        return _flood(levels, markers, None, image, how)
    of_each, compact = compact_labels(markers)  # a flood has no room for labels of so many bits, or for a table
    labels = _flood(levels, compact.astype(np.int32), None, image, how)
    return look_up(np.concatenate([[0], of_each]).astype(np.int32), labels)


def _from_minima(levels: NDArray[Any], image: Image, min_depth: float | None, how: _Flood) -> Labels:
    """A region for each minimum of enough depth."""
    connectivity = how.connectivity
    is_plain = not how.lines and how.compactness == 0
    found = basins_of_minima(levels, image, connectivity, with_starts=not is_plain)
    labels, starts, _, ranks, _ = found
    depth = min_depth
    if depth is None:
        depth = _default_depth(levels, image)
        chose(min_depth=depth)
    groups = groups_below(depth_links(found, levels, connectivity), depth)
    if is_plain:
        return number_by_first_pixel(look_up(groups.astype(np.int32), labels))
    lowest = np.where(ranks == ranks[groups], groups, 0).astype(np.int32)  # of the basins that are one now
    labels = _flood(levels, look_up(lowest, starts), ranks, image, how)
    return connected_components(undecided_as_regions(labels, connectivity), connectivity)


def _default_depth(levels: NDArray[Any], image: Image) -> float:
    """The standard deviation of the surface, without its last bits, which the order of the pixels decides."""
    inside = None if image.mask is None else image.mask.reshape(-1)
    flat = levels.reshape(-1)
    total, count = np.sum(run_bands(_powers, flat.size, 1, flat, inside, 0.0, 1), axis=0)
    squares, _ = np.sum(run_bands(_powers, flat.size, 1, flat, inside, total / max(count, 1), 2), axis=0)
    return without_last_bits(math.sqrt(squares / max(count, 1)))


def _powers(
    levels: NDArray[Any], inside: NDArray[np.bool_] | None, center: float, power: int, start: int, stop: int
) -> tuple[float, int]:
    """The sum of powers of differences from a center, and of how many levels."""
    part = levels[start:stop] if inside is None else levels[start:stop][inside[start:stop]]
    return float(((part.astype(np.float64) - center) ** power).sum()), len(part)
