"""Marr and Hildreth's edge detector: where the Laplacian of the smoothed image changes its sign."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import Image, as_scalar_image, as_spacing
from classicseg._core.numbers import as_number
from classicseg.edges.gradient_threshold import otsu_of_gradients
from classicseg.filters.gradients import magnitude_of
from classicseg.filters.smoothing import smooth
from classicseg.types import ChannelAxis, Mask, Spacing


def zero_crossing_edges(
    image: ArrayLike,
    *,
    sigma: float = 2.0,
    threshold: float | None = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> NDArray[np.bool_]:
    """Find edges where the Laplacian of the smoothed image changes its sign.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey image or a volume, of any real dtype, or a color image, whose luminance is taken. NaN and infinite
        values take no part.
    sigma : float, default 2.0
        The standard deviation of the Gaussian that smooths the image first, in units of `spacing`, at least 0 (no
        smoothing).
    threshold : float, optional
        The smallest gradient of an edge, in value units per unit of `spacing`, at least 0 (all crossings that lie
        on a slope). By default Otsu's threshold of the gradients where the sign changes, in 2**16 equal bins over
        their range.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere. The border of the mask is no edge.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.

    Returns
    -------
    ndarray of bool, shape (M, N[, …])
        True on edges. Of two neighbors with opposite signs the edge is the one nearer to zero, of equally near
        ones the darker one (both, where they are equally dark); a zero between opposite signs is an edge itself.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, or `sigma` or `threshold` is not a number.
    ValueError
        If `image` is empty, its channel axis is unclear or its channels have no luminance, `mask` or `spacing`
        does not fit its shape, or `sigma` or `threshold` is negative.

    See Also
    --------
    canny_edges : Edges at ridges of the gradient, nearer to curved edges.
    boundary_segment : The regions that such edges enclose (``detector="log"``).

    Notes
    -----
    The edges are where the Laplacian of the smoothed image changes its sign [1]_. They are lines that end only
    where they fall below the threshold; with `threshold` 0 they are closed, and run through flat parts along
    slopes that nobody sees. They lie about sigma² · curvature away from curved edges, more than Canny's do.

    A threshold that is found comes from the gradients of the whole image, so one hot pixel or fill value may move
    it: mask such pixels. The cost is linear in the number of pixels, times `sigma` for the smoothing.

    References
    ----------
    .. [1] Marr D., Hildreth E. Theory of edge detection. Proceedings of the Royal Society of London B 207, 1980.

    Examples
    --------
    >>> from classicseg import zero_crossing_edges
    >>> zero_crossing_edges([[0, 0, 0, 9, 9, 9]] * 2, sigma=0)
    array([[False, False,  True, False, False, False],
           [False, False,  True, False, False, False]])
    """
    width = as_number("sigma", sigma, least=0.0)
    least = None if threshold is None else as_number("threshold", threshold, least=0.0)
    parsed = as_scalar_image(image, channel_axis=channel_axis, mask=mask)
    magnitude = gradients_on_crossings(parsed, as_spacing(spacing, len(parsed.shape)), width)
    least = otsu_of_gradients(magnitude) if least is None else min(least, float(np.finfo(magnitude.dtype).max))
    return (magnitude > 0) & (magnitude >= least)


def gradients_on_crossings(image: Image, spacing: tuple[float, ...], sigma: float) -> NDArray[Any]:
    """The gradient magnitude where the Laplacian of a parsed image of one channel crosses zero, 0 elsewhere."""
    smoothed = smooth(image, sigma, spacing)
    magnitude = magnitude_of(smoothed, spacing)
    np.copyto(magnitude, 0, where=~zero_crossings(smoothed, spacing))
    return magnitude


def zero_crossings(smoothed: Image, spacing: tuple[float, ...]) -> NDArray[np.bool_]:
    """Mark the pixels where the Laplacian of a smoothed image of one channel crosses zero."""
    values, row_size = smoothed.values[..., 0], smoothed.values[0].size
    laplacian, crossings = np.empty(smoothed.shape), np.empty(smoothed.shape, np.bool_)
    run_bands(_write_laplacian, len(values), row_size, values, smoothed.mask, spacing, laplacian)
    run_bands(_mark_changes, len(values), row_size, values, laplacian, crossings)
    return crossings


def _write_laplacian(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    spacing: tuple[float, ...],
    laplacian: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    """The sum of the second differences; a neighbor that takes no part is replaced by the pixel's own value."""
    out = laplacian[start:stop]
    out[:] = 0
    for axis, step in enumerate(spacing):
        first, last = (max(start - 1, 0), stop + 1) if axis == 0 else (start, stop)
        rise = np.diff(values[first:last].astype(np.float64), axis=axis)
        before, after = _neighbors(axis)
        if mask is not None:
            rise *= mask[first:last][before] & mask[first:last][after]
        second = np.zeros(values[first:last].shape)
        second[before] += rise
        second[after] -= rise
        out += second[start - first :][: stop - start] / (step * step)


def _mark_changes(
    values: NDArray[Any], laplacian: NDArray[np.float64], edges: NDArray[np.bool_], start: int, stop: int
) -> None:
    """Mark the nearer to zero of two neighbors with opposite signs, and zeros between opposite signs."""
    first = max(start - 1, 0)
    here, brightness = laplacian[first : stop + 1], values[first : stop + 1]
    found, size, sign = np.zeros(here.shape, np.bool_), np.abs(here), np.sign(here).astype(np.int8)
    for axis in range(here.ndim):
        before, after = _neighbors(axis)
        change, same = sign[before] * sign[after] < 0, size[before] == size[after]
        darker, lighter = brightness[before] <= brightness[after], brightness[before] >= brightness[after]
        found[before] |= change & ((size[before] < size[after]) | (same & darker))
        found[after] |= change & ((size[before] > size[after]) | (same & lighter))
        if here.shape[axis] > 2:
            head = (slice(None),) * axis
            change = sign[*head, :-2] * sign[*head, 2:] < 0
            found[*head, 1:-1] |= change & (sign[*head, 1:-1] == 0)
    edges[start:stop] = found[start - first :][: stop - start]


def _neighbors(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """The slices of all pixels but the last along an axis, and of all but the first."""
    head = (slice(None),) * axis
    return (*head, slice(None, -1)), (*head, slice(1, None))
