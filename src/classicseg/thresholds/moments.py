"""Thresholds by the moments of the values: their mean, and the two values that keep the first three."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.exact_sums import exact_mean, exact_weighted_mean
from classicseg.thresholds.histograms import (
    Histogram,
    Values,
    first_greatest,
    of_values,
    one_threshold,
    value_bins,
)
from classicseg.types import ChannelAxis, Mask, PixelHistogram


def mean_threshold(
    image: ArrayLike | PixelHistogram, *, channel_axis: ChannelAxis = "auto", mask: Mask = None
) -> float:
    """Take the mean of the values as the threshold.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C]), or PixelHistogram
        A grey image or a volume, of any real dtype, a color image, whose luminance is taken, or a histogram. NaN
        and infinite values take no part.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    float
        The mean: classes are v < T and v >= T. (scikit-image's comparison puts values equal to it in the darker
        class.)

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, or `mask` is not bool.
    ValueError
        If `image` is empty, its channel axis is unclear or its channels have no luminance, `mask` does not fit its
        shape or is given with a histogram, or fewer than two distinct values take part.

    See Also
    --------
    isodata_threshold : Half-way between the means of the classes.
    moments_threshold : Keeps the mean and two more moments.
    threshold_segment : The classes (``thresholds="mean"``).

    Notes
    -----
    T = Σ v / n over the n pixels [1]_. T is rounded once, whatever the order of the pixels. One value far
    from all others moves the mean: mask it. The cost is linear in the number of pixels.

    References
    ----------
    .. [1] Glasbey C. A. An analysis of histogram-based thresholding algorithms. CVGIP: Graphical Models and
       Image Processing 55(6), 1993.

    Examples
    --------
    >>> from classicseg import mean_threshold
    >>> mean_threshold([[1, 2, 8, 9]])
    5.0
    """
    return one_threshold(image, mean_level, channel_axis=channel_axis, mask=mask)


def moments_threshold(
    image: ArrayLike | PixelHistogram, *, channel_axis: ChannelAxis = "auto", mask: Mask = None
) -> float:
    """Find the threshold of the two-valued image that has the moments of this one.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C]), or PixelHistogram
        A grey image or a volume, of any real dtype, a color image, whose luminance is taken, or a histogram. NaN
        and infinite values take no part.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    float
        The least value of the brighter class: classes are v < T and v >= T.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, or `mask` is not bool.
    ValueError
        If `image` is empty, its channel axis is unclear or its channels have no luminance, `mask` does not fit its
        shape or is given with a histogram, or fewer than two distinct values take part.

    See Also
    --------
    otsu_threshold : The smallest variance within the classes.
    mean_threshold : The first moment alone.
    threshold_segment : The classes (``thresholds="moments"``).

    Notes
    -----
    Two values with two shares of the pixels are to have the mean, the variance and the third moment of the image
    [1]_. The share of the darker value follows from the skewness g alone: (1 + g / sqrt(g² + 4)) / 2. T is the
    threshold whose darker class comes nearest to that share. No bins are used. The cost is linear in the number of
    pixels n for uint8 and uint16, and O(n log n) for other dtypes.

    References
    ----------
    .. [1] Tsai W.-H. Moment-preserving thresholding: a new approach. Computer Vision, Graphics, and Image
       Processing 29(3), 1985.

    Examples
    --------
    >>> from classicseg import moments_threshold
    >>> moments_threshold([[1, 2, 8, 9]])
    8.0
    """
    return one_threshold(image, of_values(moments_level), channel_axis=channel_axis, mask=mask)


def mean_level(image: Values) -> NDArray[np.float64]:
    """The mean as a threshold; none where there are fewer than two distinct values."""
    values = image.values[:, 0] if isinstance(image, PixelHistogram) else image.pixels()[:, 0]
    if not values.size or values.min() == values.max():
        return np.empty(0)
    low, high = float(values.min()), float(values.max())
    if isinstance(image, PixelHistogram) or values.dtype.kind == "u":
        levels, _, counts = value_bins(image)
        threshold = exact_weighted_mean(levels, counts.astype(np.int64))
    else:
        threshold = exact_mean(values)
    # The mean of nearly equal floats may be rounded to the least one, and beyond the greatest.
    return np.array([min(max(threshold, math.nextafter(low, math.inf)), high)])


def moments_level(histogram: Histogram) -> float:
    """The split whose darker class has the share p of the pixels that keeps the first three moments.

    An image of two values with the same mean, variance and skewness g has the share p = (1 + g / sqrt(g² + 4)) / 2
    of the lower one.
    """
    shares = histogram.counts / histogram.counts.sum()
    centered = histogram.positions - (shares * histogram.positions).sum()
    centered /= np.abs(centered).max()
    skewness = (shares * centered**3).sum() / (shares * centered**2).sum() ** 1.5
    share = (1 + skewness / np.hypot(skewness, 2.0)) / 2
    return float(histogram.levels[1 + first_greatest(-np.abs(np.cumsum(shares)[:-1] - share))])
