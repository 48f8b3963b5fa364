"""Gradient thresholding: T(x, y) = 1 where g(x, y) >= T, with g the magnitude of the gradient."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from classicseg._core.classes import classify, otsu_thresholds
from classicseg._core.image import Image, as_image, as_number, as_spacing
from classicseg.filters.gradients import field_magnitude, gradient_field
from classicseg.types import ChannelAxis, Labels, Mask, Spacing


def gradient_segment(
    image: ArrayLike,
    *,
    threshold: float | Literal["otsu"] = "otsu",
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Labels:
    """Divide the pixels into flat ones and steep ones by the magnitude of the gradient.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey or color image or a volume. The channels of a color image are taken together (Di Zenzo).
    threshold : float or "otsu"
        T, in value units per pixel (per unit of `spacing`), at least 0; "otsu" chooses it from the magnitudes.
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
        1 where g < T, 2 where g >= T, of the spatial shape; 0 where a pixel takes no part. `connected_regions`
        makes regions of it. With "otsu" all pixels of an image of constant gradient are 1.

    Raises
    ------
    TypeError, ValueError
        If the image, the mask, the spacing or the threshold is not what is described.

    Notes
    -----
    g is that of `gradient_magnitude`, the criterion that of `otsu_threshold`; both papers are cited there.
    Linear in pixels, with "otsu" O(n log n).

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
    if isinstance(threshold, str) and threshold != "otsu":
        raise ValueError(f"threshold is {threshold!r}; expected a number or 'otsu'")
    given = None if isinstance(threshold, str) else as_number("threshold", threshold, least=0.0)
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    magnitude = field_magnitude(gradient_field(parsed, as_spacing(spacing, len(parsed.shape))))
    steepness = Image(magnitude[..., np.newaxis], parsed.mask)
    return classify(steepness, otsu_thresholds(steepness, 2) if given is None else np.array([given]))
