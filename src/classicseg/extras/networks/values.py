"""What networks see of an image: as many channels as they take, with white as 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.image import Image, as_image, luminance
from classicseg.types import ChannelAxis, Mask


def as_seen(image: ArrayLike, n_channels: int, channel_axis: ChannelAxis, mask: Mask) -> tuple[Image, float]:
    """Parse a plane image for a network; return it with what stands for white in it."""
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    if len(parsed.shape) != 2:
        raise ValueError(f"image has {len(parsed.shape)} spatial axes; expected 2; pass one slice at a time")
    kind = parsed.values.dtype
    is_bool = np.asarray(image).dtype == np.bool_
    white = 1.0 if is_bool or kind.kind == "f" else float(np.iinfo(kind).max)
    if parsed.n_channels == 3 and n_channels == 1:
        return luminance(parsed), white
    if parsed.n_channels not in (1, n_channels):
        raise ValueError(
            f"image has {parsed.n_channels} channels and the network takes {n_channels}; choose channels first, "
            "e.g. image[..., :3]"
        )
    return parsed, white


def scaled(values: NDArray[Any], white: float, n_channels: int) -> NDArray[np.float32]:
    """Values of an image or a part of it, channels last, as float32 with white as 1; grey is repeated."""
    found = values.astype(np.float32) / np.float32(white)
    return found if found.shape[-1] == n_channels else np.repeat(found, n_channels, axis=-1)
