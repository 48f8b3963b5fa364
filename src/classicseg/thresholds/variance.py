"""Thresholds by the means and variances of the classes: Otsu's, the iterative mean, the minimum error."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.numbers import as_count
from classicseg.histograms.optimal_split import optimal_split
from classicseg.thresholds.histograms import (
    Histogram,
    Values,
    as_values,
    first_greatest,
    of_bins,
    of_values,
    one_threshold,
    require_classes,
    split_sums,
    value_bins,
)
from classicseg.types import ChannelAxis, Mask, PixelHistogram


def otsu_threshold(
    image: ArrayLike | PixelHistogram, *, channel_axis: ChannelAxis = "auto", mask: Mask = None
) -> float:
    """Find the threshold that splits the pixels into two classes of the smallest variance.

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
        The least value of the brighter class: classes are v < T and v >= T. (scikit-image and OpenCV give the
        greatest value of the darker class.)

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, or `mask` is not bool.
    ValueError
        If `image` is empty, its channel axis is unclear or its channels have no luminance, `mask` does not fit its
        shape or is given with a histogram, or fewer than two distinct values take part.

    See Also
    --------
    multi_otsu_thresholds : Several classes.
    kittler_threshold : For classes of unlike width.
    isodata_threshold : Half-way between the means of the classes.
    threshold_segment : The classes (``thresholds="otsu"``).

    Notes
    -----
    With n₁ and n₂ the numbers of pixels of the two classes and m₁ and m₂ their means, T makes the variance between
    the classes, n₁ n₂ (m₂ - m₁)², greatest [1]_, and so the variance within them smallest. It is exact for every
    dtype, without bins. The cost is linear in the number of pixels n for uint8 and uint16, and O(n log n) for
    other dtypes.

    References
    ----------
    .. [1] Otsu N. A threshold selection method from gray-level histograms. IEEE Transactions on Systems, Man,
       and Cybernetics 9(1), 1979.

    Examples
    --------
    >>> from classicseg import otsu_threshold
    >>> otsu_threshold([[1, 2, 8, 9]])
    8.0
    """
    return one_threshold(image, otsu_levels, channel_axis=channel_axis, mask=mask)


def multi_otsu_thresholds(
    image: ArrayLike | PixelHistogram, *, n_classes: int = 3, channel_axis: ChannelAxis = "auto", mask: Mask = None
) -> NDArray[np.float64]:
    """Find the thresholds that split the pixels into several classes of the smallest variance.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C]), or PixelHistogram
        A grey image or a volume, of any real dtype, a color image, whose luminance is taken, or a histogram. NaN
        and infinite values take no part.
    n_classes : int, default 3
        The number of classes, at least 1, at most the number of distinct values.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    ndarray of float64, shape (n_classes - 1,)
        The thresholds, ascending; each is the least value of the class above it.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, or `n_classes` is not a whole number.
    ValueError
        If `image` is empty, its channel axis is unclear or its channels have no luminance, `mask` does not fit its
        shape or is given with a histogram, `n_classes` is less than 1, or fewer than `n_classes` distinct values
        take part.

    See Also
    --------
    otsu_threshold : Two classes.
    kmeans_fit : The same optimum, as the centers of the classes.
    threshold_segment : The classes (``thresholds="multi_otsu"``).

    Notes
    -----
    The thresholds make Σ (v - m(v))² over the pixels smallest, with m(v) the mean of the class of v. It is the
    global optimum, by dynamic programming over the L distinct values [1]_: O(n_classes · L · log L) after the
    histogram.

    References
    ----------
    .. [1] Liao P.-S., Chen T.-S., Chung P.-C. A fast algorithm for multilevel thresholding. Journal of
       Information Science and Engineering 17, 2001.

    Examples
    --------
    >>> from classicseg import multi_otsu_thresholds
    >>> multi_otsu_thresholds([[1, 2, 8, 9, 30, 31]], n_classes=3)
    array([ 8., 30.])
    """
    count = as_count("n_classes", n_classes)
    parsed = as_values(image, channel_axis=channel_axis, mask=mask)
    return require_classes(otsu_levels(parsed, count), parsed, count)


def isodata_threshold(
    image: ArrayLike | PixelHistogram, *, channel_axis: ChannelAxis = "auto", mask: Mask = None
) -> float:
    """Find the threshold that lies half-way between the means of its two classes.

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
        T = (mean of v < T + mean of v >= T) / 2, a real number; the lowest one where there are several.
        (scikit-image's ``threshold_isodata`` rounds it down to a gray level.)

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
    mean_threshold : The mean of all values.
    threshold_segment : The classes (``thresholds="isodata"``).

    Notes
    -----
    Where the iteration of [1]_ and [2]_ ends depends on its start; here all of its fixed points are compared,
    without bins. The cost is linear in the number of pixels n for uint8 and uint16, and O(n log n) for other
    dtypes.

    References
    ----------
    .. [1] Ridler T. W., Calvard S. Picture thresholding using an iterative selection method. IEEE Transactions
       on Systems, Man, and Cybernetics 8(8), 1978.
    .. [2] Velasco F. R. D. Thresholding using the ISODATA clustering algorithm. IEEE Transactions on Systems,
       Man, and Cybernetics 10(11), 1980.

    Examples
    --------
    >>> from classicseg import isodata_threshold
    >>> isodata_threshold([[1, 2, 8, 10]])
    5.25
    """
    return one_threshold(image, of_values(isodata_level), channel_axis=channel_axis, mask=mask)


def kittler_threshold(
    image: ArrayLike | PixelHistogram, *, bins: int = 256, channel_axis: ChannelAxis = "auto", mask: Mask = None
) -> float:
    """Find the threshold of minimum error, if the values of each class are normally distributed.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C]), or PixelHistogram
        A grey image or a volume, of any real dtype, a color image, whose luminance is taken, or a histogram. NaN
        and infinite values take no part.
    bins : int, default 256
        The largest number of equal bins over the range of the values, 2 to 65536. A value far from all others
        widens the bins, so mask it. Where the values are whole multiples of a step (of 1, or of 1/255 after a
        division), up to 65535 of them, each bin is a whole number of steps wide: one, if the range has fewer steps
        than `bins`.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    float
        The lower edge of the first bin of the brighter class: classes are v < T and v >= T.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, or `bins` is not a whole number.
    ValueError
        If `image` is empty, its channel axis is unclear or its channels have no luminance, `mask` does not fit its
        shape or is given with a histogram, `bins` is not from 2 to 65536, or fewer than two distinct values take
        part.

    See Also
    --------
    otsu_threshold : Takes the classes as equally wide.
    threshold_segment : The classes (``thresholds="kittler"``).

    Notes
    -----
    With n₁ and n₂ the numbers of pixels of the two classes and s₁² and s₂² their variances, T makes n₁ log(s₁² /
    n₁²) + n₂ log(s₂² / n₂²) smallest. This is the global minimum of the criterion of [1]_ over all splits; the
    iteration that other libraries make ends in a local one. The values of a bin count as evenly spread over it,
    which adds 1/12 to a variance in bins (Sheppard's correction), so that a class of one bin has a variance, too.
    The method suits classes of unlike size and width. The cost is linear in the number of pixels and bins.

    References
    ----------
    .. [1] Kittler J., Illingworth J. Minimum error thresholding. Pattern Recognition 19(1), 1986.

    Examples
    --------
    >>> from classicseg import kittler_threshold
    >>> kittler_threshold([[1, 2, 2, 3, 20, 25, 30, 31]])
    20.0
    """
    return one_threshold(image, of_bins(kittler_level, bins), channel_axis=channel_axis, mask=mask)


def otsu_levels(image: Values, n_classes: int = 2) -> NDArray[np.float64]:
    """Otsu's thresholds; fewer where there are fewer distinct values."""
    histogram = value_bins(image)
    if n_classes == 2 and len(histogram.levels) > 1:
        return histogram.levels[[_otsu_split(histogram)]]
    return histogram.levels[optimal_split(histogram.levels, histogram.counts, n_classes)]


def _otsu_split(histogram: Histogram) -> int:
    """The index of the brighter class's first value: greatest variance between two classes."""
    dark, bright = split_sums(histogram.counts)
    dark_mean, bright_mean = _means(histogram)
    return 1 + int(np.argmax(dark.astype(np.float64) * bright * (bright_mean - dark_mean) ** 2))


def isodata_level(histogram: Histogram) -> float:
    """The midpoint of the means rises with the split, so the lowest split that it lies below is a fixed point."""
    levels, positions = histogram.levels, histogram.positions
    dark_mean, bright_mean = _means(histogram)
    middle = (dark_mean + bright_mean) / 2
    split = 1 + int(np.argmax(np.append(middle[:-1] <= positions[1:-1], True)))
    unit = (levels[-1] - levels[0]) / positions[-1]
    threshold = levels[0] + middle[split - 1] * unit
    return float(threshold if levels[split - 1] < threshold <= levels[split] else levels[split])


def kittler_level(histogram: Histogram) -> float:
    """Least P_1 log(s_1 / P_1) + P_2 log(s_2 / P_2), of classes of share P_i and standard deviation s_i.

    A level is as wide as a bin, which adds 1/12 to its variance, so that no variance is 0.
    """
    positions = histogram.positions - histogram.positions[-1] // 2  # less cancels in the variances
    dark, bright = (
        counts * np.log((squares / counts - (sums / counts) ** 2 + 1 / 12) / counts.astype(np.float64) ** 2)
        for counts, sums, squares in zip(
            split_sums(histogram.counts),
            split_sums(histogram.counts * positions),
            split_sums(histogram.counts * positions**2),
            strict=True,
        )
    )
    return float(histogram.levels[1 + first_greatest(-(dark + bright))])


def _means(histogram: Histogram) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean positions of the classes below and above each split."""
    dark_sum, bright_sum = split_sums(histogram.counts * histogram.positions)
    dark, bright = split_sums(histogram.counts)
    return dark_sum / dark, bright_sum / bright
