"""Thresholds on intensity: classes of pixels between given values, or between those that a criterion finds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.image import as_scalar_image
from classicseg._core.numbers import as_count, as_numbers, shown
from classicseg.thresholds.classify import classify
from classicseg.thresholds.names import as_threshold_name, named_thresholds
from classicseg.types import ChannelAxis, Labels, Mask, ThresholdName


def threshold_segment(
    image: ArrayLike,
    *,
    thresholds: float | Sequence[float] | ThresholdName = "otsu",
    n_classes: int | None = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
) -> Labels:
    """Divide the pixels into classes by intensity.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey image or a volume; of three channels the luminance is taken.
    thresholds : float, sequence of float or str
        One threshold T splits into v < T and v >= T; ascending ones into T[i-1] <= v < T[i]. A name finds
        them, by the criterion that stands beside it in the notes.
    n_classes : int, optional
        How many classes "otsu" (2 where it is not given) and "multi_otsu" (3) make. All other names make 2, and
        given thresholds one class more than there are thresholds.
    channel_axis : int, None or "auto"
        The axis of the channels; None: every axis is spatial; "auto": a last axis of length 1 to 4 of three or
        more.
    mask : array_like of bool, optional
        Spatial shape, True where a pixel takes part.

    Returns
    -------
    ndarray of int32
        Classes 1 … n, dark to bright, of the spatial shape; 0 where a pixel takes no part. With given thresholds
        class i is always the i-th interval, also where another one is empty. A name makes fewer classes where
        the image has fewer distinct values.

    Raises
    ------
    TypeError, ValueError
        If the image or the mask is not what is described, thresholds are no name and not finite and strictly
        ascending, `n_classes` contradicts them, or the histogram for "minimum" never has two peaks.

    Notes
    -----
    The names:

    - "otsu": least variance within the classes
    - "multi_otsu": the same, of three classes
    - "isodata": half-way between the means of the two classes
    - "kittler": least error, if each class is normally distributed
    - "li": least cross entropy between the image and its classes
    - "kapur": greatest entropy of the two classes
    - "renyi": where entropies of three orders agree
    - "yen": greatest entropic correlation
    - "huang": least doubt which class a pixel belongs to
    - "shanbhag": classes of equal information
    - "triangle": the foot of the one great peak of the histogram
    - "minimum": the valley between the two peaks of the smoothed histogram
    - "mean": the mean of the values
    - "moments": the two-valued image with the same moments

    Each name is that of a function, ``otsu_threshold`` and so on, which tells more, cites the paper, and has the
    options: ``thresholds=kapur_threshold(image, bins=1000)``. Linear in pixels for given thresholds, for uint8 and
    uint16 images, and for the names that use bins; O(n log n) for "otsu", "multi_otsu", "isodata", "li" and
    "moments" of other dtypes.

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
        return classify(parsed, named_thresholds(parsed, name, count))
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
