"""Thresholds on intensity: classes of pixels between given values, or between those that a criterion finds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.chosen import chose
from classicseg._core.image import as_scalar_image
from classicseg._core.numbers import as_count, as_numbers, shown
from classicseg.thresholds.classify import classify
from classicseg.thresholds.names import as_threshold_name, named_thresholds
from classicseg.types import ChannelAxis, Classes, Mask, ThresholdName


def threshold_segment(
    image: ArrayLike,
    *,
    thresholds: float | Sequence[float] | ThresholdName = "otsu",
    n_classes: int | None = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
) -> Classes:
    """Divide the pixels into classes by intensity.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey image or a volume, of any real dtype, or a color image, whose luminance is taken. NaN and infinite
        values take no part.
    thresholds : float, sequence of float or str, default "otsu"
        One threshold T splits into v < T and v >= T; ascending ones split into T[i-1] <= v < T[i]. A name finds
        them, by the criterion that stands beside it in the notes.
    n_classes : int, optional
        The number of classes of the names "otsu" (by default 2) and "multi_otsu" (by default 3). All other names
        make 2, and given thresholds one class more than there are thresholds.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    ndarray of int32, shape (M, N[, …])
        Classes 1 … n, dark to bright; 0 where a pixel takes no part. With given thresholds class i is always the
        i-th interval, also where another one is empty. A name makes fewer classes where the image has fewer
        distinct values.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, or a threshold or `n_classes` is not a number.
    ValueError
        If `image` is empty, its channel axis is unclear or its channels have no luminance, `mask` does not fit its
        shape, a name is unknown, thresholds are missing, not finite or not strictly ascending, `n_classes`
        contradicts them, or the histogram for "minimum" never has two peaks.

    See Also
    --------
    local_threshold_segment : A threshold for each pixel, from the window around it.
    kmeans_segment : Classes of colors.
    gradient_segment : The same thresholds of the gradient.
    otsu_threshold : The threshold itself.
    connected_regions : Makes regions of the classes.

    Notes
    -----
    The names, most of which are compared in [1]_:

    - "otsu": the smallest variance within the classes
    - "multi_otsu": the same, of three classes
    - "isodata": half-way between the means of the two classes
    - "kittler": the smallest error, if each class is normally distributed
    - "li": the smallest cross entropy between the image and its classes
    - "kapur": the greatest entropy of the two classes
    - "renyi": where entropies of three orders agree
    - "yen": the greatest entropic correlation
    - "huang": the smallest fuzziness of the two classes
    - "shanbhag": classes of equal information
    - "triangle": the foot of the one great peak of the histogram
    - "minimum": the valley between the two peaks of the smoothed histogram
    - "mean": the mean of the values
    - "moments": the two-valued image with the same moments

    Each name is that of a function, ``otsu_threshold`` and so on, which tells more, cites the paper, and has the
    options: ``thresholds=kapur_threshold(image, bins=1000)``. The cost is linear in the number of pixels for given
    thresholds, for uint8 and uint16 images, and for the names that use bins; it is O(n log n) for "otsu",
    "multi_otsu", "isodata", "li" and "moments" of other dtypes.

    References
    ----------
    .. [1] Sezgin M., Sankur B. Survey over image thresholding techniques and quantitative performance evaluation.
       Journal of Electronic Imaging 13(1), 2004.

    Examples
    --------
    >>> from classicseg import threshold_segment
    >>> threshold_segment([[1, 2, 8, 9]])
    array([[1, 1, 2, 2]], dtype=int32)
    >>> threshold_segment([[1, 2, 8, 9]], thresholds=[2, 9])
    array([[1, 2, 2, 3]], dtype=int32)
    """
    count = None if n_classes is None else as_count("n_classes", n_classes)
    if isinstance(thresholds, str):
        name = as_threshold_name("thresholds", thresholds, count)
        parsed = as_scalar_image(image, channel_axis=channel_axis, mask=mask)
        found = named_thresholds(parsed, name, count)
        chose(thresholds=found.tolist())
        return classify(parsed, found)
    given = as_thresholds(thresholds, count)
    return classify(as_scalar_image(image, channel_axis=channel_axis, mask=mask), given)


def as_thresholds(thresholds: float | Sequence[float], n_classes: int | None = None) -> NDArray[np.float64]:
    """Parse thresholds in numbers."""
    numbers = as_numbers("thresholds", thresholds)
    if not numbers:
        raise ValueError("thresholds is empty; expected at least one number, or a name such as 'otsu'")
    if any(low >= high for low, high in pairwise(numbers)):
        raise ValueError(
            f"thresholds are {shown(numbers)}; expected strictly ascending numbers; sort them, and take each once"
        )
    if n_classes not in (None, len(numbers) + 1):
        raise ValueError(
            f"n_classes is {n_classes}; {len(numbers)} thresholds make {len(numbers) + 1}; leave it out"
        )
    return np.array(numbers)
