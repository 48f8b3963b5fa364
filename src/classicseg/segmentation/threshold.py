"""Thresholds on intensity: classes of pixels between given values, or between those that Otsu's criterion finds.

Otsu's thresholds make the variance within the classes least, which is the same as making the variance between
them greatest. They are found exactly, from the histogram, for any number of classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.classes import classify, otsu_thresholds
from classicseg._core.image import Image, as_count, as_number, as_scalar_image
from classicseg.types import ChannelAxis, Labels, Mask


def threshold_segment(
    image: ArrayLike,
    *,
    thresholds: float | Sequence[float] | Literal["otsu"] = "otsu",
    n_classes: int | None = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
) -> Labels:
    """Divide the pixels into classes by intensity.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey image or a volume; of three channels the luminance is taken.
    thresholds : float, sequence of float or "otsu"
        One threshold T splits into v < T and v >= T; ascending ones into T[i-1] <= v < T[i]. "otsu" finds the
        thresholds of least variance within the classes.
    n_classes : int, optional
        How many classes "otsu" makes; 2 where it is not given. With given thresholds there is one more class
        than there are thresholds.
    channel_axis : int, None or "auto"
        The axis of the channels; None: every axis is spatial; "auto": a last axis of length 1 to 4 of three or
        more.
    mask : array_like of bool, optional
        Spatial shape, True where a pixel takes part.

    Returns
    -------
    ndarray of int32
        Classes 1 … n, dark to bright, of the spatial shape; 0 where a pixel takes no part. With given thresholds
        class i is always the i-th interval, also where another one is empty. "otsu" makes fewer classes where
        the image has fewer distinct values.

    Raises
    ------
    TypeError, ValueError
        If the image or the mask is not what is described, thresholds are not finite and strictly ascending, or
        `n_classes` contradicts them.

    Notes
    -----
    Linear in pixels for given thresholds and for uint8 and uint16 images, O(n log n) for other dtypes; memory
    n_classes times the number of distinct values beyond that.

    References
    ----------
    .. [1] Otsu N. A threshold selection method from gray-level histograms. IEEE Transactions on Systems, Man,
       and Cybernetics 9(1), 1979.

    Examples
    --------
    >>> from classicseg import threshold_segment
    >>> threshold_segment([[1, 2, 8, 9]])
    array([[1, 1, 2, 2]], dtype=int32)
    >>> threshold_segment([[1, 2, 8, 9]], thresholds=[2, 9])
    array([[1, 2, 2, 3]], dtype=int32)
    """
    given = None if isinstance(thresholds, str) else _as_thresholds(thresholds)
    if given is None and thresholds != "otsu":
        raise ValueError(f"thresholds is {thresholds!r}; expected numbers or 'otsu'")
    count = None if n_classes is None else as_count("n_classes", n_classes)
    if given is not None and count not in (None, len(given) + 1):
        raise ValueError(f"n_classes is {count}; {len(given)} thresholds make {len(given) + 1}; leave it out")
    parsed = as_scalar_image(image, channel_axis=channel_axis, mask=mask)
    return classify(parsed, otsu_thresholds(parsed, count or 2) if given is None else given)


def otsu_threshold(image: ArrayLike, *, channel_axis: ChannelAxis = "auto", mask: Mask = None) -> float:
    """Find the threshold that splits the pixels into two classes of least variance.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey image or a volume; of three channels the luminance is taken.
    channel_axis : int, None or "auto"
        The axis of the channels; None: every axis is spatial; "auto": a last axis of length 1 to 4 of three or
        more.
    mask : array_like of bool, optional
        Spatial shape, True where a pixel takes part.

    Returns
    -------
    float
        The least value of the brighter class: classes are v < T and v >= T. (scikit-image and OpenCV give the
        greatest value of the darker class.)

    Raises
    ------
    TypeError, ValueError
        If the image or the mask is not what is described, or fewer than two distinct values take part.

    Notes
    -----
    Exact for every dtype: no bins. Linear in pixels for uint8 and uint16, O(n log n) for other dtypes. The
    paper is cited in `threshold_segment`.

    Examples
    --------
    >>> from classicseg import otsu_threshold
    >>> otsu_threshold([[1, 2, 8, 9]])
    8.0
    """
    parsed = as_scalar_image(image, channel_axis=channel_axis, mask=mask)
    return float(_enough(otsu_thresholds(parsed, 2), parsed, 2)[0])


def multi_otsu_thresholds(
    image: ArrayLike, *, n_classes: int = 3, channel_axis: ChannelAxis = "auto", mask: Mask = None
) -> NDArray[np.float64]:
    """Find the thresholds that split the pixels into several classes of least variance.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey image or a volume; of three channels the luminance is taken.
    n_classes : int
        At least 1, at most the number of distinct values.
    channel_axis : int, None or "auto"
        The axis of the channels; None: every axis is spatial; "auto": a last axis of length 1 to 4 of three or
        more.
    mask : array_like of bool, optional
        Spatial shape, True where a pixel takes part.

    Returns
    -------
    ndarray of float64, (n_classes - 1,)
        Ascending; each is the least value of the class above it.

    Raises
    ------
    TypeError, ValueError
        If the image or the mask is not what is described, or fewer than `n_classes` distinct values take part.

    Notes
    -----
    The global optimum, by dynamic programming over the L distinct values: O(n_classes · L · log L) after the
    histogram [1]_.

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
    parsed = as_scalar_image(image, channel_axis=channel_axis, mask=mask)
    return _enough(otsu_thresholds(parsed, count), parsed, count)


def _as_thresholds(thresholds: float | Sequence[float]) -> NDArray[np.float64]:
    given = [thresholds] if np.ndim(thresholds) == 0 else list(cast("Sequence[float]", thresholds))
    numbers = [as_number("thresholds", number) for number in given]
    if not numbers:
        raise ValueError("thresholds is empty; expected at least one number, or 'otsu'")
    if any(low >= high for low, high in pairwise(numbers)):
        raise ValueError(f"thresholds are {numbers}; expected strictly ascending numbers")
    return np.array(numbers)


def _enough(thresholds: NDArray[np.float64], image: Image, n_classes: int) -> NDArray[np.float64]:
    if len(thresholds) < n_classes - 1:
        n_values = len(thresholds) + bool(image.pixels().size)
        raise ValueError(
            f"image has {n_values} distinct values among the pixels that take part; {n_classes} classes need at "
            f"least {n_classes}"
        )
    return thresholds
