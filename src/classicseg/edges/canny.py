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
    image : array_like, any real dtype
        A grey or color image or a volume. The channels of a color image are taken together (Di Zenzo).
    sigma : float
        The standard deviation of the Gaussian that smooths first, in units of `spacing`, at least 0 (none).
    low : float, optional
        Edges are chains of ridge pixels of at least this gradient, with one of at least `high` among them; in
        value units per unit of `spacing`, at least 0. OpenCV's thresholds are these times 8. Without it, a third
        of `high`.
    high : float, "otsu" or "median"
        "otsu": Otsu's threshold of the gradients on the ridges. "median": what one pixel in a thousand of pure
        noise exceeds, if most of the image is noise: 3.2 times the median of the gradients that are not 0 [2]_.
        Never less than `low`.
    high_fraction : float, optional
        In place of `high`: the steepest pixels, this share of those that take part, more than 0 and less than 1,
        are at least `high`.
    suppression : {"interpolated", "sector"}
        A pixel is on a ridge where no gradient one step to either side along its own direction exceeds it:
        "interpolated" between the neighbors there, "sector": that of the neighbor in the nearest of the directions
        (four in two dimensions, as in OpenCV).
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
        If the image, the mask, the spacing or a number is not what is described, `low` exceeds `high`, or
        `high` is given beside `high_fraction`.

    Notes
    -----
    Linear in pixels, times sigma for the smoothing. In more than two dimensions chains are connected through
    corners, and the ridges are surfaces. Thresholds that are chosen are those of all gradients, which a single hot
    pixel may move; with numbers, none changes a ridge out of the reach of the Gaussian and two pixels. Grey planes
    without a mask take one pass over the rows, and one byte a pixel beside the result where `high` is a number.

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
