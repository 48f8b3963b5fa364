"""Thresholds by the shape of the histogram: the foot of its one peak, or the valley between two."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.kernel import kernel
from classicseg.thresholds.histograms import (
    Histogram,
    of_bins,
    one_threshold,
)
from classicseg.types import ChannelAxis, Mask, PixelHistogram

_MOST_SMOOTHINGS = 10_000
"""So many smoothings by three bins spread a bin over some 80 bins to either side."""


def triangle_threshold(
    image: ArrayLike | PixelHistogram, *, bins: int = 256, channel_axis: ChannelAxis = "auto", mask: Mask = None
) -> float:
    """Find the threshold at the foot of the one great peak of the histogram.

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
        The lower edge of the first bin of the brighter class: classes are v < T and v >= T. (scikit-image and
        OpenCV give the bin below.)

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
    minimum_threshold : For a histogram with two peaks.
    otsu_threshold : For any histogram.
    threshold_segment : The classes (``thresholds="triangle"``).

    Notes
    -----
    A line is drawn from the top of the peak to the far end of its longer tail, at zero. The bin that lies farthest
    below the line is the brightest one of the darker class [1]_, whichever side the tail is on. The method suits
    images of a background and little else. The cost is linear in the number of pixels and bins.

    References
    ----------
    .. [1] Zack G. W., Rogers W. E., Latt S. A. Automatic measurement of sister chromatid exchange frequency.
       Journal of Histochemistry and Cytochemistry 25(7), 1977.

    Examples
    --------
    >>> from classicseg import triangle_threshold
    >>> triangle_threshold([[1, 1, 1, 1, 1, 2, 2, 3, 4, 9]])
    4.0
    """
    return one_threshold(image, of_bins(triangle_level, bins), channel_axis=channel_axis, mask=mask)


def minimum_threshold(
    image: ArrayLike | PixelHistogram, *, bins: int = 256, channel_axis: ChannelAxis = "auto", mask: Mask = None
) -> float:
    """Find the threshold in the valley between the two peaks of the smoothed histogram.

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
        shape or is given with a histogram, `bins` is not from 2 to 65536, fewer than two distinct values take
        part, or the histogram never has two peaks.

    See Also
    --------
    triangle_threshold : For a histogram with one peak.
    otsu_threshold : For any histogram.
    threshold_segment : The classes (``thresholds="minimum"``).

    Notes
    -----
    The histogram is smoothed by the mean of each bin and its two neighbors until it has two peaks [1]_, at most
    10000 times; T is at the minimum between them. Two values are two peaks as they are. The ends of the range may
    be peaks, and so is a lone pixel far from all others. The cost is linear in the number of pixels, and at most
    O(10000 · bins) in bins.

    References
    ----------
    .. [1] Prewitt J. M. S., Mendelsohn M. L. The analysis of cell images. Annals of the New York Academy of
       Sciences 128(3), 1966.

    Examples
    --------
    >>> from classicseg import minimum_threshold
    >>> minimum_threshold([[1, 2, 2, 3, 7, 8, 8, 9]])
    7.0
    """
    return one_threshold(image, of_bins(minimum_level, bins), channel_axis=channel_axis, mask=mask)


def triangle_level(histogram: Histogram) -> float:
    """The bin farthest below the line from the peak of the histogram to the end of its longer tail."""
    positions, counts = histogram.positions.astype(np.int64), histogram.counts
    last = int(positions[-1])
    peak = int(positions[np.argmax(counts)])
    tail = last if last - peak > peak else 0
    direction = 1 if peak > tail else -1
    dense = np.zeros(last + 1, np.int64)
    dense[positions] = counts
    along = np.arange(abs(peak - tail))  # from the far end of the tail on
    below = dense[peak] * along - abs(peak - tail) * dense[tail + direction * along]
    foot = min(tail + direction * int(np.argmax(below)), last - 1)  # the brighter class keeps a bin
    return float(histogram.levels[np.searchsorted(positions, foot, side="right")])


def minimum_level(histogram: Histogram) -> float:
    """The lowest bin between the two peaks that are left of a histogram when it has been smoothed long enough."""
    positions = histogram.positions.astype(np.int64)
    if len(positions) == 2:  # two peaks, though they may be neighbors
        return float(histogram.levels[1])
    dense = np.zeros(positions[-1] + 1)
    dense[positions] = histogram.counts
    valley = run_interruptible(_valley, dense, _MOST_SMOOTHINGS)
    if valley < 0:
        raise ValueError(
            "image has a histogram that never has two peaks, however much it is smoothed; take another method, "
            "such as 'otsu' or 'triangle', or fewer bins"
        )
    return float(histogram.levels[np.searchsorted(positions, valley, side="right")])


def _valley_numpy(counts: NDArray[np.float64], most: int) -> int:
    """The lowest bin between two peaks after as many smoothings as leave no more; -1 where they leave fewer."""
    for _ in range(most):
        slopes = np.diff(counts, prepend=-1.0, append=-1.0)
        steps = np.flatnonzero(slopes)
        peaks = steps[1:][(slopes[steps[:-1]] > 0) & (slopes[steps[1:]] < 0)] - 1
        if len(peaks) <= 2:
            return int(peaks[0] + np.argmin(counts[peaks[0] : peaks[1]])) if len(peaks) == 2 else -1
        padded = np.pad(counts, 1, mode="edge")
        counts = (padded[:-2] + padded[2:] + padded[1:-1]) / 3
    return -1


@kernel(numpy=_valley_numpy)
def _valley(counts: NDArray[np.float64], most: int) -> int:
    last = len(counts) - 1
    smooth, rough = counts.copy(), np.empty_like(counts)
    for _ in range(most):
        n_peaks, valley, rising = 0, 0, True
        for i in range(last + 1):
            if rising and (i == last or smooth[i + 1] < smooth[i]):
                n_peaks += 1
                rising = False
                if n_peaks == 1:
                    valley = i
            elif not rising and i < last and smooth[i + 1] > smooth[i]:
                rising = True
            if n_peaks == 1 and smooth[i] < smooth[valley]:
                valley = i
        if n_peaks <= 2:
            return valley if n_peaks == 2 else -1
        smooth, rough = rough, smooth
        for i in range(last + 1):
            smooth[i] = (rough[max(i - 1, 0)] + rough[min(i + 1, last)] + rough[i]) / 3
    return -1
