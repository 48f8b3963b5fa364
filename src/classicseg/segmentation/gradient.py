"""Gradient thresholding: T(x, y) = 1 where g(x, y) >= T, with g the magnitude of the gradient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.image import Image, as_image, as_spacing
from classicseg._core.numbers import as_count, as_number, as_numbers
from classicseg.filters.gradients import magnitude_of
from classicseg.filters.operators import Operator, as_operator
from classicseg.labeling.reconstruction import reconstruct
from classicseg.thresholds.classify import classify
from classicseg.thresholds.names import as_threshold_name, named_thresholds
from classicseg.types import ChannelAxis, Labels, Mask, Spacing, ThresholdName


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
) -> Labels:
    """Divide the pixels into flat ones and steep ones by the magnitude of the gradient.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey or color image or a volume. The channels of a color image are taken together (Di Zenzo).
    threshold : float, sequence of two float, or str
        T, in value units per pixel (per unit of `spacing`), at least 0. Two numbers are hysteresis: steep is what
        is connected, also over corners, through g >= the first to a pixel with g >= the second. A name, of those
        that `threshold_segment` lists, finds T from the magnitudes.
    n_classes : int, optional
        How many classes "otsu" (2 where it is not given) and "multi_otsu" (3) make, which are those of k-means on
        the magnitudes.
    operator : {"sobel", "scharr", "prewitt", "roberts", "farid"}
        As in `gradient_magnitude`.
    sigma : float
        The standard deviation of a Gaussian that smooths first, in units of `spacing`, at least 0 (none).
    channel_axis : int, None or "auto"
        The axis of the channels; None: every axis is spatial; "auto": a last axis of length 1 to 4 of three or
        more.
    mask : array_like of bool, optional
        Spatial shape, True where a pixel takes part.
    spacing : float or sequence of float, optional
        The distance between neighbors, one number or one an axis.

    Returns
    -------
    ndarray of int32
        1 where g < T, 2 where g >= T, of the spatial shape; 0 where a pixel takes no part. Several classes are
        1 … n, flat to steep. `connected_regions` makes regions of them. With a name all pixels of an image of
        constant gradient are 1.

    Raises
    ------
    TypeError, ValueError
        If the image, the mask, the spacing or another option is not what is described, `n_classes` contradicts the
        threshold, or the magnitudes for "minimum" never have two peaks.

    Notes
    -----
    g is that of `gradient_magnitude`; its papers, and those of the named thresholds, are cited there. Linear in
    pixels; with "otsu", "multi_otsu", "isodata", "li" and "moments", which use no bins, O(n log n).

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
        return classify(gradient, named_thresholds(gradient, given, count))
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
