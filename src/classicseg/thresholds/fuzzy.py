"""Thresholds by fuzzy membership: how surely each pixel belongs to its class.

Both criteria compare every bin with every split. Huang's looks the doubt about a bin up in a table, and compares
all bins anew only at the splits where the mean of a class moves to another bin. Shanbhag's writes the information
of a pixel as a power series, whose terms are carried on from split to split.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.kernel import kernel
from classicseg.thresholds.histograms import (
    Histogram,
    first_greatest,
    of_bins,
    one_threshold,
    split_sums,
)
from classicseg.types import ChannelAxis, Mask, PixelHistogram

_ORDERS = 50
"""Terms of a series that falls as 2**-m / m: what is left out is less than float64 resolves."""


def huang_threshold(
    image: ArrayLike | PixelHistogram, *, bins: int = 256, channel_axis: ChannelAxis = "auto", mask: Mask = None
) -> float:
    """Find the threshold at which the two classes are least fuzzy.

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
    shanbhag_threshold : The other threshold by fuzzy sets.
    otsu_threshold : The smallest variance in place of fuzziness.
    threshold_segment : The classes (``thresholds="huang"``).

    Notes
    -----
    A pixel that differs by d bins from the mean of its class, where all values take L bins, is a member of the
    class to the degree u = 1 / (1 + d / (L - 1)). Its fuzziness is the entropy -u log u - (1 - u) log(1 - u), and
    T makes the sum over all pixels smallest [1]_, over all splits, with means rounded to whole bins. The cost is
    linear in the number of pixels, and at most O(L²) in bins: 2 s for 65536.

    References
    ----------
    .. [1] Huang L.-K., Wang M.-J. J. Image thresholding by minimizing the measures of fuzziness. Pattern
       Recognition 28(1), 1995.

    Examples
    --------
    >>> from classicseg import huang_threshold
    >>> huang_threshold([[1, 1, 2, 3, 7, 8, 9, 9]])
    7.0
    """
    return one_threshold(image, of_bins(huang_level, bins), channel_axis=channel_axis, mask=mask)


def shanbhag_threshold(
    image: ArrayLike | PixelHistogram, *, bins: int = 256, channel_axis: ChannelAxis = "auto", mask: Mask = None
) -> float:
    """Find the threshold that makes the two classes equally informative.

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
    huang_threshold : The other threshold by fuzzy sets.
    kapur_threshold : The sum of entropies in place of their difference.
    threshold_segment : The classes (``thresholds="shanbhag"``).

    Notes
    -----
    Of the C pixels of a class, let c lie in the bins beyond that of a pixel, away from the split. The pixel is a
    member of the class to the degree 1 - c / (2 C), and its information is minus the logarithm of that. T makes
    the difference between the classes' mean informations smallest [1]_, over all splits. The degrees tell bins
    apart by the steps of the histogram alone: for many bins with a few pixels each, the result says little. The
    cost is linear in the number of pixels and bins.

    References
    ----------
    .. [1] Shanbhag A. G. Utilization of information measure as a means of image thresholding. CVGIP: Graphical
       Models and Image Processing 56(5), 1994.

    Examples
    --------
    >>> from classicseg import shanbhag_threshold
    >>> shanbhag_threshold([[1, 1, 2, 3, 7, 8, 9, 9]])
    7.0
    """
    return one_threshold(image, of_bins(shanbhag_level, bins), channel_axis=channel_axis, mask=mask)


def huang_level(histogram: Histogram) -> float:
    """Least fuzziness: the sum of H(u) = -u log u - (1 - u) log(1 - u) over the pixels.

    The membership u of a pixel in its class is 1 / (1 + d / range), where d is how far the pixel is from the mean
    of the class, a whole number of bins; so H(u) of all d stands in a table.
    """
    positions = histogram.positions.astype(np.int64)
    counts = histogram.counts.astype(np.float64)
    distances = np.arange(1, positions[-1] + 1) / positions[-1]
    member = 1 / (1 + distances)
    doubt = np.concatenate([[0.0], -member * np.log(member) - (1 - member) * np.log1p(-member)])
    dark, bright = (
        np.floor(sums / pixels + 0.5).astype(np.int64)
        for sums, pixels in zip(split_sums(counts * positions), split_sums(counts), strict=True)
    )
    below = run_interruptible(_fuzziness, positions, counts, dark, doubt)
    above = run_interruptible(
        _fuzziness, *(np.ascontiguousarray(a[::-1]) for a in (positions, counts, bright)), doubt
    )
    return float(histogram.levels[1 + first_greatest(-(below + above[::-1]))])


def shanbhag_level(histogram: Histogram) -> float:
    """Least difference between the mean information of the pixels of the two classes."""
    counts = histogram.counts.astype(np.float64)
    below = _information(counts)[:-1]
    above = _information(np.ascontiguousarray(counts[::-1]))[-2::-1]
    return float(histogram.levels[1 + first_greatest(-np.abs(below - above))])


def _fuzziness_numpy(
    positions: NDArray[np.int64], counts: NDArray[np.float64], means: NDArray[np.int64], doubt: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The doubt about the pixels of bins 0 … k, where means[k] is their mean, for each k."""
    return np.array(
        [(counts[: k + 1] * doubt[np.abs(positions[: k + 1] - mean)]).sum() for k, mean in enumerate(means)]
    )


@kernel(numpy=_fuzziness_numpy)
def _fuzziness(
    positions: NDArray[np.int64], counts: NDArray[np.float64], means: NDArray[np.int64], doubt: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Where the mean has moved to another bin, all bins anew; where it has not, one more bin (1.8 s for 65536)."""
    out = np.empty(len(means))
    total = 0.0
    for k in range(len(means)):
        if k > 0 and means[k] == means[k - 1]:
            total += counts[k] * doubt[abs(positions[k] - means[k])]
        else:
            total = 0.0
            for i in range(k + 1):
                total += counts[i] * doubt[abs(positions[i] - means[k])]
        out[k] = total
    return out


def _information_numpy(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean information of the pixels of bins 0 … k, for each k, halved.

    With C the pixels of those bins and c those of the bins before bin i, a pixel of bin i has -log(1 - c / 2C),
    the sum of (c / C)**m / (m · 2**m) over m. What the bins have of each order in c / C is carried on from k to
    k + 1 by a multiplication.
    """
    orders = np.arange(1, _ORDERS + 1)
    moments, total = np.zeros(_ORDERS), 0.0
    out = np.empty(len(counts))
    for k, count in enumerate(counts):
        moments = (moments + count) * (total / (total + count)) ** orders
        total += count
        out[k] = (moments / (orders * 2.0**orders)).sum() / (2 * total)
    return out


@kernel(numpy=_information_numpy)
def _information(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    moments, total = np.zeros(_ORDERS), 0.0
    out = np.empty(len(counts))
    for k in range(len(counts)):
        ratio, power, half, information = total / (total + counts[k]), 1.0, 1.0, 0.0
        for m in range(_ORDERS):
            power *= ratio
            half /= 2
            moments[m] = (moments[m] + counts[k]) * power
            information += moments[m] * half / (m + 1)
        total += counts[k]
        out[k] = information / (2 * total)
    return out
