"""Regions enclosed by boundaries: edges are found, gaps in them closed, and every pixel joins a region.

A region's core is what stays away from the edges by half the widest gap that counts as closed: through a gap
no wider than that no core leaks. The cores, and what is enclosed without room for one, then flood the gradient,
so that each region ends on its crest.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from classicseg._core.bands import run_aside
from classicseg._core.classes import classify
from classicseg._core.flood import UNDECIDED, flood
from classicseg._core.graph import merge_small_regions, region_sums
from classicseg._core.image import Image, as_count, as_image, as_number, as_spacing
from classicseg._core.labels import connected_regions, number_by_first_pixel
from classicseg.filters.canny import as_canny_settings, ridge_edges
from classicseg.filters.gradients import field_magnitude, gradient_field
from classicseg.filters.smoothing import smooth
from classicseg.thresholds.variance import otsu_levels
from classicseg.types import ChannelAxis, Labels, Mask, Spacing


def boundary_segment(
    image: ArrayLike,
    *,
    detector: Literal["canny", "sobel"] = "canny",
    sigma: float = 1.0,
    low: float | None = None,
    high: float | None = None,
    max_gap: float = 5.0,
    min_area: int | None = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Labels:
    """Divide the image into the regions that edges enclose.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey or color image or a volume. The channels of a color image are taken together (Di Zenzo).
    detector : {"canny", "sobel"}
        Canny's thin edges, or all pixels of at least the gradient `high`.
    sigma : float
        The standard deviation of the Gaussian that smooths first, in units of `spacing`, at least 0 (none).
    low, high : float, optional
        The gradients of edges, as in `canny_edges`; without `high` it is chosen by Otsu. "sobel" takes no `low`.
    max_gap : float
        Gaps in the edges up to this width are closed, in units of `spacing`, at least 0.
    min_area : int, optional
        A region of fewer pixels joins its neighbor nearest in mean value; 1 keeps all. Where it is not given: a
        thousandth of the pixels that take part.
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
        takes no part.

    Raises
    ------
    TypeError, ValueError
        If the image, the mask, the spacing or a number is not what is described, `low` exceeds `high`, or `low`
        is given for "sobel".

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

    Examples
    --------
    >>> from classicseg import boundary_segment
    >>> boundary_segment([[0, 0, 0, 9, 9, 9]] * 2, sigma=0, max_gap=0)
    array([[1, 1, 1, 2, 2, 2],
           [1, 1, 1, 2, 2, 2]], dtype=int32)
    """
    if detector not in ("canny", "sobel"):
        raise ValueError(f"detector is {detector!r}; expected 'canny' or 'sobel'")
    if detector == "sobel" and low is not None:
        raise ValueError("low is given, but detector='sobel' has one threshold; pass high instead")
    width, low, high = as_canny_settings(sigma, low, high)
    gap = as_number("max_gap", max_gap, least=0.0)
    least = None if min_area is None else as_count("min_area", min_area)
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    spacings = as_spacing(spacing, len(parsed.shape))
    inside = parsed.inside()

    smoothed = smooth(parsed, width, spacings)
    field = gradient_field(smoothed, spacings)
    steepness = field_magnitude(field)
    if detector == "canny":
        edges = ridge_edges(smoothed, field, steepness, spacings, low, high)
    else:
        gradient = Image(steepness[..., np.newaxis], parsed.mask)
        edges = classify(gradient, otsu_levels(gradient, 2) if high is None else np.array([high])) == 2
    markers = _cores(edges, inside, gap, spacings)
    labels = flood(steepness, markers, _ranks(markers, parsed.values), parsed, 1)
    labels = _undecided_as_regions(labels)
    return number_by_first_pixel(merge_small_regions(labels, parsed.values, least, 1))


def _cores(
    edges: NDArray[np.bool_], inside: NDArray[np.bool_], gap: float, spacing: tuple[float, ...]
) -> NDArray[np.int32]:
    """Number the cores of the regions: one at least in every piece that edges, or the mask, enclose."""
    free = inside & ~edges
    distance = np.full(edges.shape, np.inf)
    if edges.any():
        distance = run_aside(partial(ndimage.distance_transform_edt, sampling=spacing), ~edges)
    cores = connected_regions(free & (distance > gap / 2))
    for pieces in (connected_regions(free), connected_regions(inside)):
        held = np.zeros(int(pieces.max()) + 1, bool)
        held[pieces[cores > 0]] = True
        cores = np.where(~held[pieces] & (pieces > 0), pieces + cores.max(), cores)
    return number_by_first_pixel(cores.astype(np.int32))


def _ranks(markers: NDArray[np.int32], values: NDArray[Any]) -> NDArray[np.int64]:
    """Rank markers by what turns with the image: darker first, then larger; equals share a rank."""
    n_markers = int(markers.max())
    if n_markers == 0:
        return np.zeros(1, np.int64)
    areas = np.bincount(markers.ravel(), minlength=n_markers + 1)
    means = region_sums(markers, values, n_markers)[1:] / areas[1:, np.newaxis]
    keys = np.column_stack([means.sum(axis=1), means, -areas[1:]])
    ranks = np.unique(keys, axis=0, return_inverse=True)[1]
    return np.concatenate([[0], ranks.ravel()]).astype(np.int64)


def _undecided_as_regions(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    pieces = connected_regions(labels == UNDECIDED)
    return np.where(pieces > 0, pieces + max(0, int(labels.max())), labels).astype(np.int32)
