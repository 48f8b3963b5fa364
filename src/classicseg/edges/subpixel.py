"""Edges between pixels: where along its direction the gradient has its maximum."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from classicseg._core.image import as_image, as_spacing
from classicseg.edges.canny import EdgeThreshold, as_canny_settings, find_edges
from classicseg.edges.suppression_kernels import Suppression
from classicseg.filters.gradients import scaled_gradient
from classicseg.filters.smoothing import smooth
from classicseg.types import ChannelAxis, EdgePoints, Mask, Spacing


def canny_edge_points(
    image: ArrayLike,
    *,
    sigma: float = 1.0,
    low: float | None = None,
    high: EdgeThreshold = "otsu",
    high_fraction: float | None = None,
    suppression: Suppression = "interpolated",
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> EdgePoints:
    """Find the pixels of edges, and where the edges lie between pixels.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part. The gradients
        of several channels are taken together, as Di Zenzo does.
    sigma : float, default 1.0
        The standard deviation of the Gaussian that smooths the image first, in units of `spacing`, at least 0 (no
        smoothing).
    low : float, optional
        The lower threshold of the hysteresis, in value units per unit of `spacing`, at least 0: an edge is a chain
        of ridge pixels whose gradient is at least `low`, with one of at least `high` among them. By default a
        third of `high`. OpenCV's thresholds are these times 8.
    high : float, "otsu" or "median", default "otsu"
        The upper threshold of the hysteresis, in value units per unit of `spacing`, at least `low`; or how it is
        found. "otsu": Otsu's threshold of the gradients on the ridges. "median": 3.2 times the median of the
        gradients that are not 0, which one pixel in a thousand of pure noise exceeds where most of the image is
        noise [2]_. A threshold that is found is never less than `low`.
    high_fraction : float, optional
        In place of `high`: the share of the pixels that take part, more than 0 and less than 1, whose gradient is
        to be at least `high`.
    suppression : {"interpolated", "sector"}, default "interpolated"
        How ridges are found (non-maximum suppression). A pixel is on a ridge where its gradient is not exceeded
        one step to either side, along the gradient's own direction: "interpolated" between the neighbors there;
        or, by "sector", at the neighbor in the nearest of the grid's directions (four in two dimensions, as in
        OpenCV).
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.

    Returns
    -------
    EdgePoints
        A named tuple of arrays ``pixels``, ``points``, ``magnitude``, ``orientation``, with one row for each pixel
        that `canny_edges` finds, in raster order.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, or `sigma`, `low`, `high` or `high_fraction` is
        not a number.
    ValueError
        If `image` is empty or its channel axis is unclear, `mask` or `spacing` does not fit its shape, a number is
        out of its range, `low` exceeds `high`, `high` is given beside `high_fraction`, or `suppression` is
        unknown.

    See Also
    --------
    canny_edges : The same edges as an edge map.
    link_edges : Chains of these points.

    Notes
    -----
    Let a, b and c be the gradient magnitudes one step before the pixel, at it, and one step behind it, along its
    gradient's direction. The point is where the parabola through them has its maximum [1]_, (a - c) / (2 (a - 2 b
    + c)) steps from the pixel. The cost is linear in the number of pixels, times `sigma` for the smoothing.

    References
    ----------
    .. [1] Devernay F. A non-maxima suppression method for edge detection with sub-pixel accuracy. INRIA Research
       Report 2724, 1995.
    .. [2] Voorhees H., Poggio T. Detecting textons and texture boundaries in natural images. International
       Conference on Computer Vision, 1987 (the lengths of gradients of noise).

    Examples
    --------
    >>> from classicseg import canny_edge_points
    >>> edge = canny_edge_points([[0, 0, 2, 8, 8]], sigma=0)
    >>> edge.pixels, edge.points, edge.orientation
    (array([[0, 2]]), array([[0. , 2.25]]), array([[0., 1.]]))
    """
    settings = as_canny_settings(sigma, low, high, high_fraction, suppression)
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    spacings = as_spacing(spacing, len(parsed.shape))
    found = np.nonzero(find_edges(parsed, spacings, settings))
    field, magnitude, unit = scaled_gradient(smooth(parsed, settings.sigma, spacings), spacings)
    pixels, gradients = np.stack(found, axis=1), np.stack([slopes[found] for slopes in field], axis=1, dtype=float)
    steps = gradients / spacings
    steps /= np.abs(steps).max(axis=1, keepdims=True)
    before, at, beyond = (
        ndimage.map_coordinates(magnitude, (pixels + side * steps).T, np.float64, order=1, mode="constant")
        for side in (-1, 0, 1)
    )
    bend = 2 * at - before - beyond
    offset = np.divide(beyond - before, 2 * bend, out=np.zeros(len(bend)), where=bend > 0)
    offset = np.clip(offset, -0.5, 0.5)  # the lesser neighbors of "sector" may not be those that are interpolated
    return EdgePoints(
        pixels,
        pixels + offset[:, np.newaxis] * steps,
        (at + (beyond - before) * offset / 4) * unit,
        gradients / np.sqrt((gradients**2).sum(axis=1, keepdims=True)),
    )
