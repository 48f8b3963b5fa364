"""Regions enclosed by boundaries: edges are found, gaps in them closed, and every pixel joins a region.

The core of a region is the set of its pixels that are farther from all edges than half the widest gap that counts
as closed: no core leaks through such a gap. The cores are markers that flood the gradient up to the edges; an
enclosed part without a core is a region as it is. Then each edge pixel joins the side that it is more like.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import as_filled
from classicseg._core.chosen import chose
from classicseg._core.grid import neighbor_offsets, pad, padded_strides
from classicseg._core.image import Image, as_image, as_spacing, luminance
from classicseg._core.numbers import as_choice, as_count, as_flag, as_number
from classicseg.edges.canny import CannySettings, as_canny_settings
from classicseg.edges.gradient_threshold import otsu_of_gradients
from classicseg.edges.suppression import double_threshold, suppressed_and_full_gradients
from classicseg.edges.zero_crossings import gradients_on_crossings, zero_crossings
from classicseg.filters.erosion import farther_than
from classicseg.filters.gradients import magnitude_of
from classicseg.filters.smoothing import smooth
from classicseg.flooding.flood import flood
from classicseg.labeling.components import connected_components
from classicseg.labeling.numbering import number_by_first_pixel
from classicseg.labeling.reconstruction import hysteresis
from classicseg.regions.adjacency import merge_small
from classicseg.regions.statistics import rank_regions, region_sums
from classicseg.types import ChannelAxis, EdgeDetector, Mask, Regions, Spacing

_DETECTORS = get_args(get_args(EdgeDetector)[0])
"""The names of detectors."""

_LOW_SHARE = 1 / 6
"""The lower threshold as a share of the higher one. `canny_edges` takes a third: edges that are to enclose regions
are followed further down."""


class BoundarySettings(NamedTuple):
    """How edges enclose regions, parsed."""

    edges: CannySettings
    max_gap: float
    min_area: int | None
    keep_lines: bool

    def thresholds(self, otsu: Callable[[], float]) -> tuple[float, float]:
        """The lower and the higher threshold; `otsu` is called for Otsu's where no number is given."""
        low, high = self.edges.low, self.edges.high
        upper = max(otsu(), low or 0.0) if isinstance(high, str) else high
        if isinstance(high, str):
            chose(high=upper)
        return _LOW_SHARE * upper if low is None else low, upper


def boundary_segment(
    image: ArrayLike,
    *,
    detector: EdgeDetector = "canny",
    sigma: float = 2.0,
    low: float | None = None,
    high: float | None = None,
    max_gap: float = 8.0,
    min_area: int | None = None,
    keep_lines: bool = False,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Regions:
    """Divide the image into the regions that edges enclose.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part. The gradients
        of several channels are taken together, as Di Zenzo does; the detector "log" takes the luminance.
    detector : {"canny", "sobel", "log"}, callable or array_like of bool, default "canny"
        What finds the edges. "canny": Canny's thin edges. "sobel": all pixels whose gradient is at least `high`.
        "log": where the Laplacian of a Gaussian crosses zero (`zero_crossing_edges`). A function is called with
        `image`, as it is given here, and returns an edge map. An edge map is bool, of the spatial shape, True on
        edges. With either, `low` and `high` must not be given.
    sigma : float, default 2.0
        The standard deviation of the Gaussian that smooths the image first, in units of `spacing`, at least 0 (no
        smoothing).
    low : float, optional
        The lower threshold of the hysteresis, in value units per unit of `spacing`, at least 0: an edge is a chain
        of pixels whose gradient is at least `low`, with one of at least `high` among them. By default a sixth of
        `high`. Only "canny" and "log" take it.
    high : float, optional
        The gradient that each edge reaches somewhere, the upper threshold of the hysteresis, in value units per
        unit of `spacing`, at least `low`; for "sobel" the gradient of each pixel of an edge. By default Otsu's
        threshold of the gradients on ridges or zero crossings (for "sobel", of all gradients).
    max_gap : float, default 8.0
        The width up to which gaps in the edges are closed, in units of `spacing`, at least 0.
    min_area : int, optional
        The smallest area in pixels: a smaller region joins the neighbor of the nearest mean value; 1 keeps all. By
        default a thousandth of the pixels that take part, but at most 150.
    keep_lines : bool, default False
        Whether the edge pixels between two regions stay 0. Otherwise each joins the side whose value is nearer. A
        region that these lines divide is counted as several.
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
        Connected regions 1 … n by their first pixel in raster order; 0 only where a pixel takes no part, or lies
        on a line that is kept.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` or the edge map is not bool, a number has the wrong type, or
        `keep_lines` is not True or False.
    ValueError
        If `image` is empty or its channel axis is unclear, `mask`, `spacing` or the edge map does not fit its
        shape, `detector` is unknown, a number is negative, `low` exceeds `high`, or a threshold is given that the
        detector does not take.

    See Also
    --------
    watershed_segment : Regions that end on the ridges of the gradient, without thresholds of edges.
    canny_edges : The edges themselves.
    zero_crossing_edges : The edges of "log".
    region_growing_segment : Regions of similar value.

    Notes
    -----
    The edges are Canny's [1]_ or zero crossings of the Laplacian [4]_. Gaps in them are closed by the cores of the
    regions, the pixels that are farther than half of `max_gap` from any edge [2]_; the cores are then flooded over
    the rest, in the order of the gradient [3]_, and small regions are joined.

    The defaults of `max_gap` and `sigma` are those of a grid that cover the training images of BSDS500 well
    without losing small regions.

    Thresholds that are found come from the gradients of the whole image, so one hot pixel or fill value may move
    them: mask such pixels, or give `high` and `low`.

    The cost is O(n log n) for n pixels. A pixel that lies equally between two regions becomes a region of its own,
    or part of one, so that no corner of the image is favored.

    References
    ----------
    .. [1] Canny J. A computational approach to edge detection. IEEE Transactions on Pattern Analysis and Machine
       Intelligence 8(6), 1986.
    .. [2] Zhang S.-H., Chen T., Zhang Y.-F., Hu S.-M., Martin R. R. Vectorizing cartoon animations. IEEE
       Transactions on Visualization and Computer Graphics 15(4), 2009 (cores that do not leak through gaps).
    .. [3] Meyer F. Color image segmentation. International Conference on Image Processing and its Applications,
       1992 (flooding).
    .. [4] Marr D., Hildreth E. Theory of edge detection. Proceedings of the Royal Society of London B 207, 1980.

    Examples
    --------
    >>> from classicseg import boundary_segment
    >>> boundary_segment([[0, 0, 0, 9, 9, 9]] * 2, sigma=0, max_gap=0)
    array([[1, 1, 1, 2, 2, 2],
           [1, 1, 1, 2, 2, 2]], dtype=int32)
    """
    settings = as_boundary_settings(detector, sigma, low, high, max_gap, min_area, keep_lines)
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    spacings = as_spacing(spacing, len(parsed.shape))
    edges, gradient = _edges_and_gradient(image, parsed, detector, settings, spacings)
    if parsed.mask is not None:
        edges = edges & parsed.mask

    free = parsed.mask_array() & ~edges
    cores = free & farther_than(edges, settings.max_gap / 2, spacings)
    labels = _spread(gradient, connected_components(cores.view(np.uint8), 1), Image(parsed.values, free))
    labels = _spread(np.zeros(parsed.shape, np.float32), labels, parsed)
    labels = merge_small(labels, parsed.values, settings.min_area, 1)
    if settings.keep_lines:
        return connected_components(np.where(on_lines(edges, labels), 0, labels), 1)
    return number_by_first_pixel(labels)


def as_boundary_settings(
    detector: EdgeDetector,
    sigma: float,
    low: float | None,
    high: float | None,
    max_gap: float,
    min_area: int | None,
    keep_lines: bool,
) -> BoundarySettings:
    """Parse the options."""
    named = isinstance(detector, str)
    if named:
        as_choice("detector", detector, _DETECTORS, "a function, an edge map or ")
    if named and detector == "sobel" and low is not None:
        raise ValueError("low is given, but detector='sobel' has one threshold; pass high instead")
    if not named and (low is not None or high is not None):
        name = "low" if high is None else "high"
        raise ValueError(f"{name} is given, but so are the edges, by detector; leave it out, or name a detector")
    edges = as_canny_settings(sigma, low, "otsu" if high is None else as_number("high", high, least=0.0))
    gap = as_number("max_gap", max_gap, least=0.0)
    least = None if min_area is None else as_count("min_area", min_area)
    return BoundarySettings(edges, gap, least, as_flag("keep_lines", keep_lines))


def _edges_and_gradient(
    image: ArrayLike, parsed: Image, detector: EdgeDetector, settings: BoundarySettings, spacing: tuple[float, ...]
) -> tuple[NDArray[np.bool_], NDArray[Any]]:
    """The edges and the gradient magnitude; the image is smoothed and differentiated once for both."""
    sigma = settings.edges.sigma
    if not isinstance(detector, str):
        edges = _as_edges(detector(image) if callable(detector) else detector, parsed.shape)
        return edges, magnitude_of(parsed, spacing, sigma=sigma)
    if detector == "canny":
        suppressed, gradient = suppressed_and_full_gradients(parsed, spacing, sigma, settings.edges.suppression)
        return _follow(suppressed, settings), gradient
    smoothed = smooth(parsed, sigma, spacing)
    gradient = magnitude_of(smoothed, spacing)
    if detector == "sobel":
        n_flat = np.sum(parsed.mask_array() & (gradient == 0))
        _, high = settings.thresholds(lambda: otsu_of_gradients(gradient, n_flat))
        return (gradient >= high) & (gradient > 0), gradient
    if parsed.n_channels == 1:
        return _follow(np.where(zero_crossings(smoothed, spacing), gradient, 0), settings), gradient
    return _follow(gradients_on_crossings(luminance(parsed), spacing, sigma), settings), gradient


def _follow(suppressed: NDArray[Any], settings: BoundarySettings) -> NDArray[np.bool_]:
    """Edges by hysteresis from the gradient magnitude on edge pixels, which is 0 elsewhere."""
    low, high = settings.thresholds(lambda: otsu_of_gradients(suppressed))
    if settings.edges.low is None:
        chose(low=low)
    return hysteresis(double_threshold(suppressed, low, high))


def _as_edges(edges: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Parse an edge map."""
    array = as_filled("detector", edges, "b", "edges of dtype bool, True = edge; e.g. edges > 0")
    if array.shape != shape:
        raise ValueError(
            f"detector gives edges of shape {array.shape}; expected the image's spatial shape {shape}, without "
            "channels; make the edges of this image"
        )
    return np.ascontiguousarray(array)


def _spread(levels: NDArray[Any], markers: NDArray[np.int32], image: Image) -> NDArray[np.int32]:
    """Flood the image from markers; pixels that could not choose, and parts without a marker, become regions."""
    labels, n_markers = markers, int(markers.max())
    if n_markers:
        labels = flood(levels, markers, rank_regions(region_sums(markers, image.values, n_markers)), image, 1)
    rest = labels <= 0  # the two kinds do not touch, so one search for components does for both
    if image.mask is not None:
        rest &= image.mask
    if not rest.any():
        return labels
    return np.where(rest, connected_components(rest.view(np.uint8), 1) + np.int32(n_markers), labels)


def on_lines(edges: NDArray[np.bool_], labels: NDArray[np.int32]) -> NDArray[np.bool_]:
    """The edge pixels that touch another region than their own, also over a corner."""
    grid, shape = pad(labels, labels.ndim).ravel(), labels.shape
    pixels = np.nonzero(edges)
    nodes = np.stack(pixels, axis=1) @ padded_strides(shape) + padded_strides(shape).sum()
    touches = np.zeros(len(nodes), np.bool_)
    for offset in neighbor_offsets(shape, labels.ndim):
        touches |= (grid[nodes + offset] > 0) & (grid[nodes + offset] != grid[nodes])
    lines = np.zeros(shape, np.bool_)
    lines[pixels] = touches
    return lines
