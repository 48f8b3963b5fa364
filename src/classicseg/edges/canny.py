"""Canny's edge detector: smooth, differentiate, suppress what is no maximum, and threshold with hysteresis.

A pixel is a maximum where its gradient magnitude is no less than at the two points one step to either side along
the gradient; between pixels the magnitude is interpolated. Of two neighbors with the same gradient across a step
the darker one is the edge, so that the image may be turned and flipped.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from classicseg._core.bands import run_interruptible
from classicseg._core.image import Image, as_image, as_spacing
from classicseg._core.numbers import as_choice, as_number
from classicseg.edges.gradient_threshold import otsu_of_gradients
from classicseg.edges.suppression import (
    double_threshold,
    suppress_and_threshold,
    suppressed_and_full_gradients,
    suppressed_gradients,
)
from classicseg.edges.suppression_kernels import Suppression
from classicseg.labeling.reconstruction import hysteresis
from classicseg.types import ChannelAxis, Mask, Spacing

_Name: TypeAlias = Literal["otsu", "median"]
_NAMES: tuple[_Name, ...] = get_args(_Name)
EdgeThreshold: TypeAlias = float | _Name
"""A gradient, or how one is chosen; `canny_edges` has a line for each name."""

_NOISE = 1e-3
"""The share of the pixels of pure noise that the threshold "median" lets pass."""


def canny_edges(
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
) -> NDArray[np.bool_]:
    """Find edges, one pixel wide.

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
        True where a pixel takes part, by default everywhere. The border of the mask is no edge.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.

    Returns
    -------
    ndarray of bool, shape (M, N[, …])
        True on edges.

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
    canny_edge_points : The same edges, with their positions between pixels.
    zero_crossing_edges : Edges by the sign of the Laplacian; closed lines.
    link_edges : Chains of the edge pixels.
    gradient_segment : All pixels of a large gradient, not thinned.
    boundary_segment : The regions that the edges enclose.

    Notes
    -----
    Edges are the ridges of the gradient magnitude (non-maximum suppression) with hysteresis between `low` and
    `high` [1]_. In more than two dimensions chains are connected through corners, and the ridges are surfaces.

    A threshold that is found ("otsu", "median", `high_fraction`) comes from the gradients of the whole image, so
    one hot pixel or fill value may move it: mask such pixels. With thresholds in numbers, a pixel changes no ridge
    farther away than the Gaussian's radius plus two pixels.

    The cost is linear in the number of pixels, times `sigma` for the smoothing. Grey planes without a mask take
    one pass over the rows, and one byte a pixel beside the result where `high` is a number.

    On the photographs of BSDS500 the edges that people draw are found best at sigma 2.8, high 6.4 and low 2.6 (of
    8 bits, grey), high 11 in color: F 0.59 and 0.60 on its validation images.

    References
    ----------
    .. [1] Canny J. A computational approach to edge detection. IEEE Transactions on Pattern Analysis and Machine
       Intelligence 8(6), 1986.
    .. [2] Voorhees H., Poggio T. Detecting textons and texture boundaries in natural images. International
       Conference on Computer Vision, 1987 (the lengths of gradients of noise).

    Examples
    --------
    >>> from classicseg import canny_edges
    >>> canny_edges([[0, 0, 0, 9, 9, 9]] * 2, sigma=0)
    array([[False, False,  True, False, False, False],
           [False, False,  True, False, False, False]])
    """
    settings = as_canny_settings(sigma, low, high, high_fraction, suppression)
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    return find_edges(parsed, as_spacing(spacing, len(parsed.shape)), settings)


class CannySettings(NamedTuple):
    """What `canny_edges` is asked for."""

    sigma: float
    low: float | None
    high: EdgeThreshold
    high_fraction: float | None = None
    suppression: Suppression = "interpolated"


def as_canny_settings(
    sigma: float,
    low: float | None,
    high: EdgeThreshold,
    high_fraction: float | None = None,
    suppression: Suppression = "interpolated",
) -> CannySettings:
    """Parse Canny's options."""
    sigma = as_number("sigma", sigma, least=0.0)
    low = None if low is None else as_number("low", low, least=0.0)
    if isinstance(high, str):
        high = as_choice("high", high, _NAMES, "a number >= 0, ")
    else:
        high = as_number("high", high, least=0.0)
    if low is not None and not isinstance(high, str) and low > high:
        raise ValueError(f"low is {low:g} and high is {high:g}; expected low <= high; exchange them")
    if high_fraction is not None:
        high_fraction = as_number("high_fraction", high_fraction, above=0.0)
        if high_fraction >= 1:
            raise ValueError(
                f"high_fraction is {high_fraction:g}; expected a share of the pixels, less than 1, e.g. 0.1"
            )
        if high != "otsu":
            raise ValueError(
                f"high is {high!r} and high_fraction is {high_fraction:g}; expected one of them; leave one out"
            )
    known = as_choice("suppression", suppression, get_args(Suppression))
    return CannySettings(sigma, low, high, high_fraction, known)


def find_edges(image: Image, spacing: tuple[float, ...], settings: CannySettings) -> NDArray[np.bool_]:
    """Canny's edges of a parsed image."""
    options = image, spacing, settings.sigma, settings.suppression
    if settings.high_fraction is None and not isinstance(settings.high, str):
        return hysteresis(suppress_and_threshold(*options, *both_thresholds(settings, settings.high)))
    if settings.high_fraction is None and settings.high == "otsu":
        suppressed = suppressed_gradients(*options)
        high = otsu_of_gradients(suppressed)
    else:
        suppressed, magnitude = suppressed_and_full_gradients(*options)
        high = _from_all_gradients(magnitude, image.mask, settings)
    return hysteresis(double_threshold(suppressed, *both_thresholds(settings, high)))


def both_thresholds(settings: CannySettings, high: float) -> tuple[float, float]:
    """The lower threshold, where the higher one is known, and that one, which is never less."""
    low = high / 3 if settings.low is None else settings.low
    return low, max(high, low)


def noise_threshold(median: float, ndim: int) -> float:
    """What a few pixels of pure noise exceed, of which half have a gradient up to the median."""
    rise = math.sqrt(special.chdtri(ndim, _NOISE) / special.chdtri(ndim, 0.5))  # their distribution is chi
    return rise * median


def _from_all_gradients(magnitude: NDArray[Any], mask: NDArray[np.bool_] | None, settings: CannySettings) -> float:
    """The threshold that the gradients of all pixels choose."""
    if settings.high_fraction is not None:
        known = magnitude.ravel() if mask is None else magnitude[mask]
        rank = len(known) - math.ceil(settings.high_fraction * len(known))
        return float(run_interruptible(np.partition, known, rank)[rank]) if len(known) else 0.0
    steep = magnitude[magnitude > 0]
    return noise_threshold(float(run_interruptible(np.median, steep)), magnitude.ndim) if len(steep) else 0.0
