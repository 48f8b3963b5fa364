"""Labels laid over their image, as an array.

Colors come from the labels alone, so a label has the same color in every picture: 1 is blue, 2 orange, 3 green.
Hues follow the golden angle, which sets successive numbers far apart, and lightness takes turns between three
levels, which tells them apart for eyes that do not see every hue. The image keeps its light and dark under them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg.types import ChannelAxis

_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
_FIRST_HUE = math.radians(122.5)
_LIGHTNESS = (0.84, 0.55, 0.70)
_CHROMA = 0.17
_TINT = 0.5
"""How much of a pixel is its segment's color; the rest is the image."""
_LINE = 0.8
"""How much of a line is white; less than all, lest small segments drown in it."""
_LAB_TO_CONES = np.array([[1, 0.3963378, 0.2158038], [1, -0.1055613, -0.0638542], [1, -0.0894842, -1.2914855]])
_CONES_TO_RGB = np.array(
    [
        [4.0767417, -3.3077116, 0.2309699],
        [-1.268438, 2.6097574, -0.3413194],
        [-0.0041961, -0.7034186, 1.7076147],
    ]
)


def overlay_image(image: ArrayLike, labels: ArrayLike, *, channel_axis: ChannelAxis = "auto") -> NDArray[np.uint8]:
    """Lay segments over their image, as an array of bytes.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey or color image or a volume; its values are stretched for display.
    labels : array_like of int
        Its spatial shape; 0 stays without color.
    channel_axis : int, None or "auto"
        The axis of the image's channels, where it has one axis more than the labels; "auto" is the last.

    Returns
    -------
    ndarray of uint8, (H, W, 3)
        The image in grey, each segment in a translucent color, and a line where segments meet. Of a volume
        the middle slice.

    Raises
    ------
    ValueError
        If the labels do not have the image's spatial shape.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg import threshold_segment
    >>> from classicseg.extras.plot import overlay_image
    >>> image = np.add.outer(np.arange(40), np.arange(60))
    >>> overlay_image(image, threshold_segment(image)).shape
    (40, 60, 3)
    """
    plane, segments = middle_plane(image, labels, channel_axis)
    grey = np.broadcast_to(plane.mean(axis=-1, keepdims=True), plane.shape)
    tinted = (1 - _TINT) * grey + _TINT * colors_of(segments)
    painted = np.where(segments[..., np.newaxis] > 0, tinted, grey)
    lines = lines_of(segments)
    painted[lines] = (1 - _LINE) * painted[lines] + _LINE
    return as_bytes(painted)


def middle_plane(
    image: ArrayLike, labels: ArrayLike, channel_axis: ChannelAxis
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Return the middle slice of the image, (H, W, 3) from 0 to 1, and that of its labels."""
    segments, values = np.asarray(labels), np.asarray(image)
    if values.ndim == segments.ndim:
        values = values[..., np.newaxis]
    elif isinstance(channel_axis, int):
        values = np.moveaxis(values, channel_axis, -1)
    if values.shape[:-1] != segments.shape or segments.ndim < 2:
        raise ValueError(
            f"labels have shape {segments.shape}; expected the spatial shape of the image, {values.shape[:-1]}, "
            "of two axes or more"
        )
    while segments.ndim > 2:
        middle = len(segments) // 2
        segments, values = segments[middle], values[middle]
    if values.shape[-1] != 3:
        values = values.mean(axis=-1, keepdims=True)
    return np.broadcast_to(_stretch(values), (*segments.shape, 3)), segments


def _stretch(values: NDArray[Any]) -> NDArray[np.float64]:
    """Bring all but the outermost values to 0 … 1; what is not finite becomes 0."""
    finite = np.isfinite(values)
    shown = np.where(finite, values, 0).astype(np.float64)
    low, high = np.percentile(shown[finite], (0.5, 99.5)) if finite.any() else (0.0, 1.0)
    return np.asarray(np.clip((shown - low) / ((high - low) or 1.0), 0, 1) * finite)


def lines_of(segments: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark one side of each border between segments: a line one pixel wide."""
    lines = np.zeros(segments.shape, bool)
    lines[:-1] |= segments[:-1] != segments[1:]
    lines[:, :-1] |= segments[:, :-1] != segments[:, 1:]
    return lines


def colors_of(segments: NDArray[Any]) -> NDArray[np.float64]:
    """Give each label its color, by the matrices of OKLab [1]_.

    .. [1] Ottosson B. A perceptual color space for image processing, 2020.
    """
    names, compact = np.unique(segments, return_inverse=True)
    hue = _FIRST_HUE + names * _GOLDEN_ANGLE
    lightness = np.array(_LIGHTNESS)[names % len(_LIGHTNESS)]
    lab = np.stack([lightness, _CHROMA * np.cos(hue), _CHROMA * np.sin(hue)])
    cones = (_LAB_TO_CONES @ lab) ** 3
    linear = np.clip(_CONES_TO_RGB @ cones, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(encoded.T[compact.reshape(segments.shape)])


def as_bytes(picture: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.rint(255 * picture).astype(np.uint8)
