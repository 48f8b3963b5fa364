"""Gradient thresholding: T(x, y) = 1 where g(x, y) >= T, with g the magnitude of the gradient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.chosen import chose
from classicseg._core.image import Image, as_image, as_spacing
from classicseg._core.numbers import as_count, as_number, as_numbers
from classicseg.filters.gradients import magnitude_of
from classicseg.filters.operators import Operator, as_operator
from classicseg.labeling.reconstruction import reconstruct
from classicseg.thresholds.classify import classify
from classicseg.thresholds.names import as_threshold_name, named_thresholds
from classicseg.types import ChannelAxis, Classes, Mask, Spacing, ThresholdName


def gradient_segment(
    image: ArrayLike,
    *,
    threshold: float | Sequence[float] | ThresholdName = "otsu",
    n_classes: int | None = None,
    operator: Operator = "sobel",
    sigma: float = 0.0,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Classes:
    """Divide the pixels into flat ones and steep ones by the magnitude of the gradient.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part. The gradients
        of several channels are taken together, as Di Zenzo does.
    threshold : float, sequence of two float, or str, default "otsu"
        The threshold T of the gradient, in value units per unit of `spacing`, at least 0. Two numbers are the
        thresholds of a hysteresis: a pixel is steep where its gradient is at least the first and pixels like it
        lead, also over corners, to one of at least the second. A name, of those that `threshold_segment` lists,
        finds T from all magnitudes.
    n_classes : int, optional
        The number of classes of the names "otsu" (by default 2) and "multi_otsu" (by default 3), which are those
        of k-means on the magnitudes. All other thresholds make 2.
    operator : {"sobel", "scharr", "prewitt", "roberts", "farid"}, default "sobel"
        The weights of the derivative, as in `gradient_magnitude`.
    sigma : float, default 0.0
        The standard deviation of the Gaussian that smooths the image first, in units of `spacing`, at least 0 (no
        smoothing).
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.

    Returns
    -------
    ndarray of int32, shape (M, N[, …])
        1 where g < T, 2 where g >= T; 0 where a pixel takes no part. Several classes are 1 … n, flat to steep.
        With a name all pixels of an image of constant gradient are 1.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, or `threshold`, `n_classes` or `sigma` has the
        wrong type.
    ValueError
        If `image` is empty or its channel axis is unclear, `mask` or `spacing` does not fit its shape, a name or
        `operator` is unknown, thresholds are negative, more than two or not ascending, `n_classes` contradicts the
        threshold, `sigma` is negative, or the magnitudes for "minimum" never have two peaks.

    See Also
    --------
    gradient_magnitude : The magnitudes g.
    canny_edges : Thin edges instead of all steep pixels.
    threshold_segment : The same thresholds of the values.
    connected_regions : Makes regions of the classes.

    Notes
    -----
    The classes are the thresholded gradient [1]_. Here g is `gradient_magnitude`, which cites the papers of the
    operators; the functions of the named thresholds cite theirs.

    A threshold by name comes from the gradients of the whole image, so one hot pixel or fill value may move it:
    mask such pixels.

    The cost is linear in the number of pixels n; with "otsu", "multi_otsu", "isodata", "li" and "moments", which
    use no bins, it is O(n log n).

    References
    ----------
    .. [1] Gonzalez R. C., Woods R. E. Digital Image Processing, 4th edition, section 10.2, 2018.

    Examples
    --------
    >>> from classicseg import gradient_segment
    >>> gradient_segment([[0, 0, 0, 9, 9, 9]] * 2)
    array([[1, 1, 2, 2, 1, 1],
           [1, 1, 2, 2, 1, 1]], dtype=int32)
    """
    given, count = as_gradient_threshold(threshold, n_classes)
    known, width = as_operator(operator), as_number("sigma", sigma, least=0.0)
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    magnitude = magnitude_of(parsed, as_spacing(spacing, len(parsed.shape)), known, width)
    gradient = Image(magnitude[..., np.newaxis], parsed.mask)
    if isinstance(given, str):
        found = named_thresholds(gradient, given, count)
        chose(threshold=found.tolist())
        return classify(gradient, found)
    labels = classify(gradient, given[:1])
    if len(given) > 1:
        weak = labels == 2
        labels[weak & ~reconstruct(weak, weak & (magnitude >= given[1]))] = 1
    return labels


def as_gradient_threshold(
    threshold: float | Sequence[float] | ThresholdName, n_classes: int | None
) -> tuple[NDArray[np.float64] | ThresholdName, int | None]:
    """Parse a threshold, in numbers or by name, and the number of classes."""
    count = None if n_classes is None else as_count("n_classes", n_classes)
    if isinstance(threshold, str):
        return as_threshold_name("threshold", threshold, count), count
    given = _as_numbers(threshold)
    if count not in (None, 2):
        raise ValueError(f"n_classes is {count}; a threshold in numbers makes 2 classes; leave it out")
    return given, count


def _as_numbers(threshold: float | Sequence[float]) -> NDArray[np.float64]:
    """One threshold, or a lower and a higher one."""
    found = np.array(as_numbers("threshold", threshold, least=0.0))
    if len(found) not in (1, 2):
        raise ValueError(
            f"threshold has {len(found)} numbers; expected one, two (low, high), or a name; leave the rest out"
        )
    if found[0] > found[-1]:
        raise ValueError(f"threshold is {tuple(found.tolist())}; expected low <= high; exchange them")
    return found
