"""Regions enclosed by boundaries: edges are found, gaps in them closed, and every pixel joins a region.

A region's core is what stays away from the edges by half the widest gap that counts as closed: through a gap
no wider than that no core leaks. The cores, and what is enclosed without room for one, flood the gradient up to
the edges; then each edge pixel joins the side that it is more like.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import as_filled
from classicseg._core.bands import run_bands
from classicseg._core.grid import neighbor_offsets, pad, padded_strides
from classicseg._core.image import Image, as_image, as_spacing, luminance
from classicseg._core.kernel import kernel
from classicseg._core.numbers import as_choice, as_count, as_flag, as_number
from classicseg.edges.canny import CannySettings, as_canny_settings
from classicseg.edges.gradient_threshold import otsu_of_gradients
from classicseg.edges.suppression import crests_of, grade
from classicseg.edges.zero_crossings import crossing_heights
from classicseg.filters.erosion import farther_than
from classicseg.filters.gradients import magnitude_of
from classicseg.flooding.flood import flood
from classicseg.flooding.flood_states import UNDECIDED
from classicseg.labeling.components import connected_components
from classicseg.labeling.numbering import number_by_first_pixel
from classicseg.labeling.reconstruction import hysteresis
from classicseg.regions.adjacency import merge_small_regions
from classicseg.regions.statistics import rank_regions, region_sums
from classicseg.types import ChannelAxis, EdgeDetector, Labels, Mask, Spacing

_LOW_SHARE = 1 / 6
"""Edges that enclose regions are followed further down than those of a drawing, where it is a third."""


class BoundarySettings(NamedTuple):
    """How edges enclose regions, parsed."""

    edges: CannySettings
    max_gap: float
    min_area: int | None
    keep_lines: bool

    def thresholds(self, otsu: Callable[[], float]) -> tuple[float, float]:
        """The lower and the higher one; Otsu's threshold of the gradients on edges is asked for where needed."""
        low, high = self.edges.low, self.edges.high
        upper = max(otsu(), low or 0.0) if isinstance(high, str) else high
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
) -> Labels:
    """Divide the image into the regions that edges enclose.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey or color image or a volume. The channels of a color image are taken together (Di Zenzo); "log" takes
        the luminance.
    detector : {"canny", "sobel", "log"}, callable or array_like of bool
        Canny's thin edges, all pixels of at least the gradient `high`, or where the Laplacian of a Gaussian
        crosses zero (`zero_crossing_edges`). Or a function that makes an edge map of `image`, which it gets as it
        is given here, or an edge map: bool, of the spatial shape, True on edges.
    sigma : float
        The standard deviation of the Gaussian that smooths first, in units of `spacing`, at least 0 (none).
    low, high : float, optional
        Edges are chains of at least the gradient `low`, with a pixel of at least `high` among them, in value units
        per unit of `spacing`. Without `high`, Otsu's threshold of the gradients on ridges or zero crossings;
        without `low`, a sixth of `high`. "sobel" takes no `low`, and Otsu's threshold of all gradients; edges that
        are given take neither.
    max_gap : float
        Gaps in the edges up to this width are closed, in units of `spacing`, at least 0. The defaults of this and
        of `sigma` are those of a grid that cover the training images of BSDS500 well without losing small regions.
    min_area : int, optional
        A region of fewer pixels joins its neighbor nearest in mean value; 1 keeps all. Where it is not given: a
        thousandth of the pixels that take part.
    keep_lines : bool
        Leave the edge pixels between two regions unassigned, in place of giving them to the side whose value they
        are nearer to. A region that these lines divide is counted as several.
    channel_axis : int, None or "auto"
        The axis of the channels; None: every axis is spatial; "auto": a last axis of length 1 to 4 of three or
        more.
    mask : array_like of bool, optional
        Spatial shape, True where a pixel takes part.
    spacing : float or sequence of float, optional
        The distance between neighbors, one number or one an axis.

    Returns
    -------
    ndarray of int32
        Connected regions 1 … n by their first pixel in raster order, of the spatial shape; 0 only where a pixel
        takes no part, or lies on a line that is kept.

    Raises
    ------
    TypeError, ValueError
        If the image, the detector, the mask, the spacing or a number is not what is described, `low` exceeds
        `high`, or one is given that the detector does not take.

    Notes
    -----
    O(n log n) for n pixels. A pixel that lies equally between two regions becomes a region of its own, or part of
    one, so that no corner of the image is favored.

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
    inside = parsed.mask_array()
    edges = _edges(image, parsed, detector, settings, spacings) & inside

    gradient = magnitude_of(parsed, spacings, sigma=settings.edges.sigma)
    free = inside & ~edges
    cores = _cores(edges, free, inside, settings.max_gap, spacings)
    labels = _spread(gradient, cores, Image(parsed.values, free | (cores > 0)))
    labels = _spread(np.zeros(parsed.shape, np.float32), labels, parsed)
    labels = merge_small_regions(labels, parsed.values, settings.min_area, 1)
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
        as_choice("detector", detector, ["canny", "sobel", "log"], "a function, an edge map or ")
    if named and detector == "sobel" and low is not None:
        raise ValueError("low is given, but detector='sobel' has one threshold; pass high instead")
    if not named and (low is not None or high is not None):
        name = "low" if high is None else "high"
        raise ValueError(f"{name} is given, but so are the edges, by detector; leave it out, or name a detector")
    edges = as_canny_settings(sigma, low, "otsu" if high is None else as_number("high", high, least=0.0))
    gap = as_number("max_gap", max_gap, least=0.0)
    least = None if min_area is None else as_count("min_area", min_area)
    return BoundarySettings(edges, gap, least, as_flag("keep_lines", keep_lines))


def _edges(
    image: ArrayLike, parsed: Image, detector: EdgeDetector, settings: BoundarySettings, spacing: tuple[float, ...]
) -> NDArray[np.bool_]:
    if not isinstance(detector, str):
        return _as_edges(detector(image) if callable(detector) else detector, parsed.shape)
    sigma = settings.edges.sigma
    if detector == "sobel":
        steep = magnitude_of(parsed, spacing, sigma=sigma)
        _, high = settings.thresholds(lambda: otsu_of_gradients(steep, np.sum(parsed.mask_array() & (steep == 0))))
        return (steep >= high) & (steep > 0)
    if detector == "log":
        heights = crossing_heights(luminance(parsed), spacing, sigma)
    else:
        heights = crests_of(parsed, spacing, sigma, settings.edges.suppression)
    return hysteresis(grade(heights, *settings.thresholds(lambda: otsu_of_gradients(heights))))


def _as_edges(edges: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Parse an edge map."""
    array = as_filled("detector", edges, "b", "edges of dtype bool, True = edge; e.g. edges > 0")
    if array.shape != shape:
        raise ValueError(
            f"detector gives edges of shape {array.shape}; expected the image's spatial shape {shape}"
        )
    return np.ascontiguousarray(array)


def _cores(
    edges: NDArray[np.bool_],
    free: NDArray[np.bool_],
    inside: NDArray[np.bool_],
    gap: float,
    spacing: tuple[float, ...],
) -> NDArray[np.int32]:
    """Number the cores of the regions: one at least in every piece that edges, or the mask, enclose."""
    cores = free & farther_than(edges, gap / 2, spacing)
    for whole in (free, inside):
        if not np.array_equal(cores, whole):
            pieces = connected_components(whole.view(np.uint8), 1)
            held = np.zeros(int(pieces.max()) + 1, np.bool_)
            run_bands(_hold, cores.size, 1, pieces.reshape(-1), cores.reshape(-1), held)
            run_bands(_fill, cores.size, 1, pieces.reshape(-1), held, cores.reshape(-1))
    return connected_components(cores.view(np.uint8), 1)


def _spread(levels: NDArray[Any], markers: NDArray[np.int32], image: Image) -> NDArray[np.int32]:
    """Flood the image from markers; pixels that could not choose become regions of their own."""
    ranks = rank_regions(region_sums(markers, image.values, int(markers.max())))
    labels = flood(levels, markers, ranks, image, 1)
    undecided = labels == UNDECIDED
    if not undecided.any():
        return labels
    pieces = connected_components(undecided.view(np.uint8), 1)
    return np.where(undecided, pieces + np.int32(max(0, labels.max())), labels)


def on_lines(edges: NDArray[np.bool_], labels: NDArray[np.int32]) -> NDArray[np.bool_]:
    """The edge pixels that touch another region than their own, also over a corner."""
    grid, shape = pad(labels, labels.ndim).ravel(), labels.shape
    places = np.nonzero(edges)
    nodes = np.stack(places, axis=1) @ padded_strides(shape) + padded_strides(shape).sum()
    touches = np.zeros(len(nodes), np.bool_)
    for offset in neighbor_offsets(shape, labels.ndim):
        touches |= (grid[nodes + offset] > 0) & (grid[nodes + offset] != grid[nodes])
    lines = np.zeros(shape, np.bool_)
    lines[places] = touches
    return lines


def _hold_numpy(
    pieces: NDArray[np.int32], marked: NDArray[np.bool_], held: NDArray[np.bool_], start: int, stop: int
) -> None:
    held[pieces[start:stop][marked[start:stop]]] = True


@kernel(numpy=_hold_numpy)
def _hold(
    pieces: NDArray[np.int32], marked: NDArray[np.bool_], held: NDArray[np.bool_], start: int, stop: int
) -> None:
    """Note which pieces hold a marked pixel."""
    for i in range(start, stop):
        if marked[i] and not held[pieces[i]]:
            held[pieces[i]] = True


def _fill_numpy(
    pieces: NDArray[np.int32], held: NDArray[np.bool_], marked: NDArray[np.bool_], start: int, stop: int
) -> None:
    marked[start:stop] |= (pieces[start:stop] > 0) & ~held[pieces[start:stop]]


@kernel(numpy=_fill_numpy)
def _fill(
    pieces: NDArray[np.int32], held: NDArray[np.bool_], marked: NDArray[np.bool_], start: int, stop: int
) -> None:
    """Mark the whole of each piece that holds no marked pixel."""
    for i in range(start, stop):
        if pieces[i] > 0 and not held[pieces[i]]:
            marked[i] = True
