"""Canny's edge detector: smooth, differentiate, keep the ridges, keep what hangs together with a strong one.

A pixel is on a ridge where its gradient is no less than at the two points one step along the gradient's
direction, between which and their neighbors it is interpolated. Of two neighbors with the same gradient across a
step the darker one is the edge, so that the image may be turned and flipped.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_bands
from classicseg._core.graph import interior_nodes, pad, padded_strides
from classicseg._core.image import Image, as_image, as_number, as_spacing
from classicseg._core.kernel import kernel
from classicseg._core.labels import pieces_that_hold
from classicseg.filters.gradients import field_magnitude, gradient_field
from classicseg.filters.smoothing import smooth
from classicseg.thresholds.variance import otsu_levels
from classicseg.types import ChannelAxis, Mask, Spacing


def canny_edges(
    image: ArrayLike,
    *,
    sigma: float = 1.0,
    low: float | None = None,
    high: float | None = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> NDArray[np.bool_]:
    """Find edges, one pixel wide.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey or color image or a volume. The channels of a color image are taken together (Di Zenzo).
    sigma : float
        The standard deviation of the Gaussian that smooths first, in units of `spacing`, at least 0 (none).
    low, high : float, optional
        Edges are chains of ridge pixels of at least `low`, with one of at least `high` among them; gradients in
        value units per unit of `spacing`, at least 0. OpenCV's thresholds are these times 8. Without `high`,
        Otsu's threshold of the gradients on the ridges (or `low`, where that is higher); without `low`, a third of
        `high`.
    channel_axis : int, None or "auto"
        The axis of the channels; None: every axis is spatial; "auto": a last axis of length 1 to 4 of three or
        more.
    mask : array_like of bool, optional
        Spatial shape, True where a pixel takes part. The border of the mask is no edge.
    spacing : float or sequence of float, optional
        The distance between neighbors, one number or one an axis.

    Returns
    -------
    ndarray of bool
        True on edges, of the spatial shape.

    Raises
    ------
    TypeError, ValueError
        If the image, the mask, the spacing or a number is not what is described, or `low` exceeds `high`.

    Notes
    -----
    Linear in pixels, times sigma for the smoothing; O(n log n) where Otsu chooses. In more than two dimensions
    chains are connected through corners, and the ridges are surfaces.

    References
    ----------
    .. [1] Canny J. A computational approach to edge detection. IEEE Transactions on Pattern Analysis and Machine
       Intelligence 8(6), 1986.

    Examples
    --------
    >>> from classicseg import canny_edges
    >>> canny_edges([[0, 0, 0, 9, 9, 9]] * 2, sigma=0)
    array([[False, False,  True, False, False, False],
           [False, False,  True, False, False, False]])
    """
    settings = as_canny_settings(sigma, low, high)
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    spacings = as_spacing(spacing, len(parsed.shape))
    smoothed = smooth(parsed, settings[0], spacings)
    field = gradient_field(smoothed, spacings)
    return ridge_edges(smoothed, field, field_magnitude(field), spacings, *settings[1:])


def as_canny_settings(
    sigma: float, low: float | None, high: float | None
) -> tuple[float, float | None, float | None]:
    """Parse Canny's numbers."""
    low = None if low is None else as_number("low", low, least=0.0)
    high = None if high is None else as_number("high", high, least=0.0)
    if low is not None and high is not None and low > high:
        raise ValueError(f"low is {low:g} and high is {high:g}; expected low <= high; exchange them")
    return as_number("sigma", sigma, least=0.0), low, high


def ridge_edges(
    image: Image,
    field: NDArray[Any],
    magnitude: NDArray[Any],
    spacing: tuple[float, ...],
    low: float | None,
    high: float | None,
) -> NDArray[np.bool_]:
    """Thin the gradient field of a smoothed image to ridges, and choose among them with hysteresis."""
    ridges = _ridges(image, field, magnitude, spacing)
    if high is None:
        found = otsu_levels(Image(magnitude[..., np.newaxis], ridges), 2)
        high = max(float(found[0]) if len(found) else 0.0, low or 0.0)
    low = high / 3 if low is None else low
    weak = ridges & (magnitude >= low)
    return pieces_that_hold(weak, weak & (magnitude >= high))


def _ridges(
    image: Image, field: NDArray[Any], magnitude: NDArray[Any], spacing: tuple[float, ...]
) -> NDArray[np.bool_]:
    shape = image.shape
    ndim = len(shape)
    steps = (field / np.array(spacing).reshape(-1, *[1] * ndim)).reshape(ndim, -1)  # in pixels, along the gradient
    brightness = pad(image.values.sum(axis=-1, dtype=np.float64), ndim)
    heights = pad(magnitude, ndim)
    strides = padded_strides(shape)
    ridges = np.zeros(magnitude.size, bool)
    nodes = interior_nodes(shape)
    run_bands(_mark_ridges, magnitude.size, 1, heights.ravel(), brightness.ravel(), steps, nodes, strides, ridges)
    return ridges.reshape(shape)


@kernel()
def _mark_ridges(
    heights: NDArray[Any],
    brightness: NDArray[np.float64],
    steps: NDArray[Any],
    nodes: NDArray[np.int64],
    strides: NDArray[np.int64],
    ridges: NDArray[np.bool_],
    start: int,
    stop: int,
) -> None:
    for i in range(start, stop):
        height = heights[nodes[i]]
        ridges[i] = height > 0
        if height == 0:
            continue
        for side in (-1, 1):
            beyond = _one_step(heights, nodes[i], steps[:, i], strides, side)
            if height < beyond:
                ridges[i] = False
            elif height == beyond and ridges[i]:
                ridges[i] = brightness[nodes[i]] <= _one_step(brightness, nodes[i], steps[:, i], strides, side)


@kernel()
def _one_step(grid: NDArray[Any], node: int, step: NDArray[Any], strides: NDArray[np.int64], side: int) -> float:
    """Interpolate a padded grid one pixel away along a step's longest axis, linearly over the other axes."""
    longest = 0
    for axis in range(len(step)):
        if abs(step[axis]) > abs(step[longest]):
            longest = axis
    total = 0.0
    for corner in range(2 ** len(step)):
        weight, place = 1.0, node
        for axis in range(len(step)):
            share = abs(float(step[axis])) / abs(float(step[longest])) if axis != longest else 1.0
            taken = corner >> axis & 1
            weight *= share if taken else 1.0 - share
            if taken and step[axis] > 0:
                place += side * strides[axis]
            elif taken and step[axis] < 0:
                place -= side * strides[axis]
        if weight > 0:
            total += weight * grid[place]
    return total
