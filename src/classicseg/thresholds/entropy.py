"""Thresholds by information: the entropies of the two classes, and the cross entropy of an image and its classes.

Each criterion looks at the histogram of each class on its own. Except in Li's criterion, only the counts matter
and not how far apart the bins lie. So these criteria suit a small object before a wide background better than
variances do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg.thresholds.histograms import (
    Histogram,
    first_greatest,
    of_bins,
    of_values,
    one_threshold,
    split_sums,
)
from classicseg.types import ChannelAxis, Mask, PixelHistogram

_AGREE = 5
"""Splits this many bins apart agree with each other (Sahoo, Wilkins and Yeager, in gray levels)."""


def li_threshold(
    image: ArrayLike | PixelHistogram, *, channel_axis: ChannelAxis = "auto", mask: Mask = None
) -> float:
    """Find the threshold with the smallest cross entropy between the image and its two classes.

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
        The least value of the brighter class: classes are v < T and v >= T. (scikit-image gives a number at or
        above the greatest value of the darker class.)

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, or `mask` is not bool.
    ValueError
        If `image` is empty, its channel axis is unclear or its channels have no luminance, `mask` does not fit its
        shape or is given with a histogram, or fewer than two distinct values take part.

    See Also
    --------
    kapur_threshold : Greatest entropy of the classes.
    otsu_threshold : Smallest variance in place of cross entropy.
    threshold_segment : The classes (``thresholds="li"``).

    Notes
    -----
    With v the values, counted from the least one, and m(v) the mean of a value's class, T makes the cross entropy
    Σ v log(v / m(v)) smallest. This is the global minimum of [1]_ over all splits; the iteration of [2]_, which
    scikit-image follows, ends in a local one. No bins are used. The cost is linear in the number of pixels n for
    uint8 and uint16, and O(n log n) for other dtypes.

    References
    ----------
    .. [1] Li C. H., Lee C. K. Minimum cross entropy thresholding. Pattern Recognition 26(4), 1993.
    .. [2] Li C. H., Tam P. K. S. An iterative algorithm for minimum cross entropy thresholding. Pattern
       Recognition Letters 19(8), 1998.

    Examples
    --------
    >>> from classicseg import li_threshold
    >>> li_threshold([[1, 2, 8, 9]])
    8.0
    """
    return one_threshold(image, of_values(li_level), channel_axis=channel_axis, mask=mask)


def kapur_threshold(
    image: ArrayLike | PixelHistogram, *, bins: int = 256, channel_axis: ChannelAxis = "auto", mask: Mask = None
) -> float:
    """Find the threshold at which the entropies of the two classes have the greatest sum.

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
    renyi_threshold : The same with entropies of three orders.
    yen_threshold : The same with entropies of order 2.
    li_threshold : Cross entropy, without bins.
    threshold_segment : The classes (``thresholds="kapur"``).

    Notes
    -----
    With p the fractions of the pixels of a class that are in each bin, its entropy is H = -Σ p log p, and T makes
    the sum of both entropies greatest [1]_, over all splits. The method is also called the maximum entropy
    threshold. The cost is linear in the number of pixels and bins.

    References
    ----------
    .. [1] Kapur J. N., Sahoo P. K., Wong A. K. C. A new method for gray-level picture thresholding using the
       entropy of the histogram. Computer Vision, Graphics, and Image Processing 29(3), 1985.

    Examples
    --------
    >>> from classicseg import kapur_threshold
    >>> kapur_threshold([[1, 1, 1, 2, 3, 7, 8, 9]])
    7.0
    """
    return one_threshold(image, of_bins(kapur_level, bins), channel_axis=channel_axis, mask=mask)


def renyi_threshold(
    image: ArrayLike | PixelHistogram, *, bins: int = 256, channel_axis: ChannelAxis = "auto", mask: Mask = None
) -> float:
    """Find the threshold that Rényi's entropies of three orders agree on.

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
    kapur_threshold : Order 1 alone.
    yen_threshold : Order 2 alone.
    threshold_segment : The classes (``thresholds="renyi"``).

    Notes
    -----
    With p the fractions of the pixels of a class that are in each bin, its entropy of order a is H = log(Σ p**a) /
    (1 - a). The splits of the greatest sum of both entropies are found for the orders 1/2, 1 (`kapur_threshold`)
    and 2 (`yen_threshold`), and a mean of the three is taken with the weights of [1]_: two splits that are at most
    5 bins apart outweigh a third one that is farther away, and the outer two weigh the more, the more pixels lie
    beyond them. The cost is linear in the number of pixels and bins.

    References
    ----------
    .. [1] Sahoo P., Wilkins C., Yeager J. Threshold selection using Renyi's entropy. Pattern Recognition 30(1),
       1997.

    Examples
    --------
    >>> from classicseg import renyi_threshold
    >>> renyi_threshold([[1, 1, 1, 2, 3, 7, 8, 9]])
    7.0
    """
    return one_threshold(image, of_bins(renyi_level, bins), channel_axis=channel_axis, mask=mask)


def yen_threshold(
    image: ArrayLike | PixelHistogram, *, bins: int = 256, channel_axis: ChannelAxis = "auto", mask: Mask = None
) -> float:
    """Find the threshold of the greatest entropic correlation of the two classes.

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
        The lower edge of the first bin of the brighter class: classes are v < T and v >= T. (scikit-image gives
        the bin below.)

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
    kapur_threshold : Entropy in place of entropic correlation.
    renyi_threshold : Both together.
    threshold_segment : The classes (``thresholds="yen"``).

    Notes
    -----
    With p the fractions of the pixels of a class that are in each bin, its entropic correlation is -log Σ p²,
    which is Rényi's entropy of order 2; T makes the sum over both classes greatest [1]_, over all splits. The cost
    is linear in the number of pixels and bins.

    References
    ----------
    .. [1] Yen J.-C., Chang F.-J., Chang S. A new criterion for automatic multilevel thresholding. IEEE
       Transactions on Image Processing 4(3), 1995.

    Examples
    --------
    >>> from classicseg import yen_threshold
    >>> yen_threshold([[1, 1, 1, 2, 3, 7, 8, 9]])
    7.0
    """
    return one_threshold(image, of_bins(yen_level, bins), channel_axis=channel_axis, mask=mask)


def li_level(histogram: Histogram) -> float:
    """Greatest S_1 log(S_1 / n_1) + S_2 log(S_2 / n_2), of n_i pixels of sum S_i: least cross entropy."""
    criterion = np.zeros(len(histogram.levels) - 1)
    for counts, sums in zip(
        split_sums(histogram.counts), split_sums(histogram.counts * histogram.positions), strict=True
    ):
        criterion += sums * np.log(np.where(sums > 0, sums / counts, 1.0))  # 0 log 0 is 0
    return float(histogram.levels[1 + first_greatest(criterion)])


def kapur_level(histogram: Histogram) -> float:
    """Greatest H_1 + H_2, Shannon's entropies of the histograms of the two classes."""
    return float(histogram.levels[1 + first_greatest(_entropies(histogram.counts, 1.0))])


def yen_level(histogram: Histogram) -> float:
    """Greatest sum of the two classes' Rényi entropies of order 2, -log of the sum of squared shares."""
    return float(histogram.levels[1 + first_greatest(_entropies(histogram.counts, 2.0))])


def renyi_level(histogram: Histogram) -> float:
    """The weighted mean of the splits of greatest entropy of orders 1/2, 1 and 2, in whole numbers: exact.

    The darker class ends in the last bin at or before that mean.
    """
    below = np.cumsum(histogram.counts)
    splits = sorted(first_greatest(_entropies(histogram.counts, order)) for order in (0.5, 1.0, 2.0))
    first, middle, last = (int(histogram.positions[split]) for split in splits)
    outside_first, inside_last, total = (int(below[i]) for i in (splits[0], splits[-1], -1))
    between = inside_last - outside_first
    agree = middle - first <= _AGREE, last - middle <= _AGREE
    a, b, c = {(True, False): (0, 1, 3), (False, True): (3, 1, 0)}.get(agree, (1, 2, 1))
    weighted = (
        first * (4 * outside_first + a * between)
        + middle * b * between
        + last * (4 * (total - inside_last) + c * between)
    )
    return float(histogram.levels[np.searchsorted(histogram.positions, weighted // (4 * total), side="right")])


def _entropies(counts: NDArray[np.int64], order: float) -> NDArray[np.float64]:
    """Rényi's entropy of the class below and of the class above each split, added; of order 1, Shannon's."""
    total = np.zeros(len(counts) - 1)
    weights = counts.astype(np.float64)
    terms = weights * np.log(weights) if order == 1 else weights**order
    for pixels, sums in zip(split_sums(weights), split_sums(terms), strict=True):
        if order == 1:
            total += np.log(pixels) - sums / pixels
        else:
            total += (np.log(sums) - order * np.log(pixels)) / (1 - order)
    return total
