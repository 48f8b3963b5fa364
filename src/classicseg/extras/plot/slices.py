"""What is shown of arrays: the middle slice, its values from 0 to 1, in three channels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.image import as_classes, as_image
from classicseg.types import ChannelAxis

_OUTERMOST = (0.5, 99.5)
"""Percentiles."""

_SOME = 16


def as_segments(labels: ArrayLike, name: str) -> NDArray[Any]:
    """Parse labels that can be shown."""
    segments = as_classes(labels, name)
    if segments.ndim < 2:
        raise ValueError(f"{name} has shape {segments.shape}; expected two axes or more, to be shown as a picture")
    return segments


def check_shape(name: str, segments: NDArray[Any], shape: tuple[int, ...]) -> None:
    """Hold labels to the spatial shape."""
    if segments.shape != shape:
        raise ValueError(f"{name} has shape {segments.shape}; expected the spatial shape of the image, {shape}")


def picture(image: ArrayLike, labels: NDArray[Any], name: str, channel_axis: ChannelAxis) -> NDArray[np.float64]:
    """Return the middle slice of the image of these labels, (H, W, 3), stretched to 0 … 1.

    An image with as many axes as its labels has no channels, so a volume needs no `channel_axis`.
    """
    axis = channel_axis
    if np.ndim(image) == labels.ndim:
        axis = None
    elif isinstance(axis, str) and axis == "auto":
        axis = -1
    parsed = as_image(image, channel_axis=axis)
    check_shape(name, labels, parsed.shape)
    values, inside = middle(parsed.values, labels.ndim), middle(parsed.mask_array(), labels.ndim)
    if parsed.n_channels != 3:
        values = values.mean(axis=-1, keepdims=True)
    return np.broadcast_to(_stretch(values, inside), (*inside.shape, 3))


def middle(array: NDArray[Any], ndim: int) -> NDArray[Any]:
    """Return the middle slice of an array of so many spatial axes."""
    return array[tuple(length // 2 for length in array.shape[: ndim - 2])]


def as_bytes(shown: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Bring 0 … 1 to 0 … 255."""
    return np.rint(255 * shown).astype(np.uint8)


def _stretch(values: NDArray[Any], inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Bring all but the outermost values to 0 … 1; what takes no part becomes 0."""
    shown = values.astype(np.float64)
    low, high = _limits(shown[inside].ravel()) if inside.any() else (0.0, 1.0)
    return np.asarray(np.clip((shown - low) / ((high - low) or 1.0), 0, 1) * inside[..., np.newaxis])


def _limits(values: NDArray[np.float64]) -> tuple[float, float]:
    """The values between which all but the outermost lie, fill values such as -9999 left out.

    A fill value is an end that lies farther from the others than these are apart. The others must be some, or it
    may as well be one of the few values of a drawing.
    """
    low, high = np.percentile(values, _OUTERMOST)
    for fill, others in ((low, values[values > low]), (high, values[values < high])):
        first, last = np.percentile(others, _OUTERMOST) if len(others) else (fill, fill)
        if max(first - fill, fill - last) > last - first and len(np.unique(others)) >= _SOME:
            return _limits(others)
    return float(low), float(high)
