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
    """Find the pixels of edges, and where between pixels the edges lie.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey or color image or a volume.
    sigma : float
        The standard deviation of the Gaussian that smooths first, in units of `spacing`, at least 0 (none).
    low : float, optional
        The least gradient of an edge, in value units per unit of `spacing`, as in `canny_edges`.
    high : float, "otsu" or "median"
        The gradient that one pixel of an edge has at least, or how it is chosen, as in `canny_edges`.
    high_fraction : float, optional
        In place of `high`: the share of the pixels that are at least as steep.
    suppression : {"interpolated", "sector"}
        As in `canny_edges`.
    channel_axis : int, None or "auto"
        The axis of the channels; None: every axis is spatial; "auto": a last axis of length 1 to 4 of three or
        more.
    mask : array_like of bool, optional
        Spatial shape, True where a pixel takes part.
    spacing : float or sequence of float, optional
        The distance between neighbors, one number or one an axis.

    Returns
    -------
    EdgePoints
        A tuple of arrays ``pixels``, ``points``, ``magnitude``, ``orientation``, one row for each pixel that
        `canny_edges` finds, in raster order.

    Raises
    ------
    TypeError, ValueError
        As `canny_edges`.

    Notes
    -----
    The gradients at the pixel and one step to both sides along its direction lie on a parabola, whose maximum is
    taken [1]_. Linear in pixels, times sigma for the smoothing.

    References
    ----------
    .. [1] Devernay F. A non-maxima suppression method for edge detection with sub-pixel accuracy. INRIA Research
       Report 2724, 1995.

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
