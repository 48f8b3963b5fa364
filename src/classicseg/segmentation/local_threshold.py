"""Local thresholds: each pixel is compared with a threshold that the window around it gives.

Where light or paper changes across an image no single threshold serves. Most methods take the mean m and the
standard deviation s of a window, and differ in how far below the mean the threshold lies; others take a smooth
mean, the median, or the middle of the extremes.
"""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from classicseg._core.image import as_scalar_image
from classicseg.thresholds.local.methods import Method, as_local_rule, as_window, split_image
from classicseg.thresholds.local.windows import as_windowed
from classicseg.types import ChannelAxis, Classes, Mask


def local_threshold_segment(
    image: ArrayLike,
    *,
    method: Method = "sauvola",
    window: int | Sequence[int] = 75,
    k: float | None = None,
    r: float | None = None,
    offset: float | None = None,
    contrast: float | None = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
) -> Classes:
    """Divide the pixels into dark and bright, each by a threshold from the window around it.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey image or a volume, of any real dtype, or a color image, whose luminance is taken. NaN and infinite
        values take no part.
    method : str, default "sauvola"
        The formula of the threshold: "sauvola", "isauvola", "wolf", "phansalkar", "nick", "niblack", "su",
        "bernsen", "mean", "gaussian" or "median", as in the notes.
    window : int or sequence of int, default 75
        The side of the window in pixels, odd: one number, or one for each axis. The window is cut at the border of
        the image, and pixels that take no part are not in it.
    k : float, optional
        The factor k of the formula. By default 0.2 for "sauvola" and "isauvola", 0.5 for "wolf", 0.25 for
        "phansalkar", -0.15 for "nick", -0.2 for "niblack".
    r : float, optional
        The range r of the standard deviation, more than 0, for "sauvola", "isauvola" and "phansalkar". By default
        half the range of the values that take part. The papers have 128 for 8 bits.
    offset : float, optional
        For "mean", "gaussian" and "median": what is subtracted, in value units. By default 0.
    contrast : float, optional
        For "bernsen": the contrast below which a window counts as flat, in value units, at least 0. By default a
        tenth of the range of the values that take part.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    ndarray of int32, shape (M, N[, …])
        Classes 1 … n: 1 where a value is below its threshold, 2 where it is not, and 1 everywhere if no value is
        below; 0 where a pixel takes no part.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, or `window`, `k`, `r`, `offset` or `contrast` is
        not a number.
    ValueError
        If `image` is empty, its channel axis is unclear or its channels have no luminance, `mask` or `window` does
        not fit its shape, `method` is unknown, a side of the window is not odd, an option is given that the method
        does not use, or the window of "gaussian" is so long that its sums could pass 64 bits (about 1500 for 8
        bits and 600 for more, in a volume 190 and 100).

    See Also
    --------
    threshold_segment : One threshold for the whole image.
    otsu_threshold : The most common one.
    connected_regions : Makes regions of the classes.

    Notes
    -----
    The threshold T of a pixel, with m the mean, s the standard deviation and n the number of pixels of its window:

    - "sauvola": T = m (1 + k (s / r - 1)), made for ink on paper [1]_.
    - "isauvola": the same; but of the dark connected components (corners connect) only those stay that touch
      pixels of high contrast, as in "su" [2]_. It is the best of all on the pages of the DIBCO contests, with
      window 25, k 0.1.
    - "wolf": T = m + k (s / S - 1) (m - M), with S the greatest s and M the least value of the image [3]_.
    - "phansalkar": T = m (1 + 2 exp(-5 m / r) + k (s / r - 1)), for dark images; in exp, m < 0 counts as 0 [4]_.
    - "nick": T = m + k sqrt((Σv² - m²) / n), with Σv² the sum of the squares [5]_.
    - "niblack": T = m + k s [6]_.
    - "su": T = m + s / 2, with m and s of the pixels of high contrast in the window alone, if they are at least 1
      / window of its pixels; where they are fewer, all is bright [7]_. The contrast is ``(max - min) / (|max| +
      |min|)`` of 3 pixels an axis, in 254 steps; Otsu's threshold of it says what is high. s² is the mean of the
      squared differences, where the paper prints half their sum.
    - "bernsen": T = (max + min) / 2; but where max - min < `contrast`, a pixel is bright if that middle of its
      window is at or above the middle of the image [8]_.
    - "mean", "gaussian", "median": T is the mean, the Gaussian mean or the median, less `offset`. The Gaussian is
      three boxes one after the other, which span the window together; its sigma is about window / 6.

    Most of these are made for dark ink on bright paper: T lies below the mean, so that flat paper with its noise
    is bright. On a dark ground, such as the sky beside stars, the noise is "bright" by the same token, but for a
    dark halo of half a window around what is brighter: there take "bernsen" or "su", or invert the image.

    All sums and medians are exact, and so is the comparison of values that equal their threshold: means and
    deviations of floats are rounded once, from exact sums. By "mean", "gaussian", "median", "niblack" and "nick",
    a value far from all others (a dead pixel, a fill value) changes labels only where it is in the window, as long
    as some pixel is below its threshold. The other methods take something from the whole image, by which a far
    value changes labels everywhere, unless the option is given: `r` and `contrast` by default, and always the
    least value and the greatest deviation of "wolf", the contrast that is high of "su" and "isauvola", and the
    middle of the image of "bernsen". Mask far values to leave them out.

    The cost is linear in the number of pixels, whatever the window, with a few rows of memory; "bernsen" keeps as
    many rows as the window has, "su" takes one byte a pixel and "isauvola" some twenty. "median" is that fast for
    2-D images of uint8; for others it is linear in the pixels times those of one side of the window, and floats
    take two bytes a pixel. Pixels of floats so near their threshold that rounding could decide are looked at
    again, which takes time where there are many: in flat areas of an image that has noise nowhere, and in windows
    that hold values of very different size.

    References
    ----------
    .. [1] Sauvola J., Pietikäinen M. Adaptive document image binarization. Pattern Recognition 33(2), 2000.
    .. [2] Hadjadj Z., Meziane A., Cherfa Y., Cheriet M., Setitra I. ISauvola: improved Sauvola's algorithm for
       document image binarization. Image Analysis and Recognition (ICIAR), 2016.
    .. [3] Wolf C., Jolion J.-M. Extraction and recognition of artificial text in multimedia documents. Pattern
       Analysis and Applications 6(4), 2003.
    .. [4] Phansalkar N., More S., Sabale A., Joshi M. Adaptive local thresholding for detection of nuclei in
       diversity stained cytology images. International Conference on Communications and Signal Processing, 2011.
    .. [5] Khurshid K., Siddiqi I., Faure C., Vincent N. Comparison of Niblack inspired binarization methods for
       ancient documents. Document Recognition and Retrieval XVI, 2009.
    .. [6] Niblack W. An Introduction to Digital Image Processing. Prentice-Hall, 1986.
    .. [7] Su B., Lu S., Tan C. L. Binarization of historical document images using the local maximum and minimum.
       Document Analysis Systems (DAS), 2010.
    .. [8] Bernsen J. Dynamic thresholding of grey-level images. International Conference on Pattern Recognition,
       1986.

    Examples
    --------
    >>> from classicseg import local_threshold_segment
    >>> local_threshold_segment([[10, 20, 10, 110, 120, 110]], method="mean", window=3)
    array([[1, 2, 1, 2, 2, 1]], dtype=int32)
    """
    rule = as_local_rule(method, k=k, r=r, offset=offset, contrast=contrast)
    parsed = as_scalar_image(image, channel_axis=channel_axis, mask=mask)
    windowed = as_windowed(parsed, as_window(window, len(parsed.shape)))
    labels, n_dark = split_image(windowed, rule)
    if n_dark == 0:
        labels[:] = windowed.inside if len(windowed.inside) else 1  # one class only, which is the first
    return labels.reshape(parsed.shape)
