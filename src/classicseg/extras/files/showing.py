"""From the numbers of a file to a picture: alpha and what stands for nothing become the mask, inks become
colors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files.colors import divided
from classicseg.extras.files.geometry import Geometry
from classicseg.extras.files.pictures import ImageFileError, Picture, Stored, equals, number_of_channel


def channels_last(stored: Stored) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """The numbers without alpha, channels last, and alpha."""
    if stored.channel_axis is None:
        return stored.numbers, None
    numbers = np.moveaxis(stored.numbers, stored.channel_axis, -1)
    return (numbers[..., :-1], numbers[..., -1]) if stored.has_alpha else (numbers, None)


def missing_in(stored: Stored, nodata: Sequence[float]) -> NDArray[np.bool_] | None:
    """Where there is nothing, by all that may say so; None: nowhere."""
    numbers, alpha = channels_last(stored)
    found = [] if alpha is None else [alpha == 0]
    if stored.present is not None:
        found.append(~stored.present)
    for value in (*stored.nodata, *nodata):
        equal = equals(numbers, value)
        found.append(equal if stored.channel_axis is None else np.all(equal, axis=-1))
    missing = np.logical_or.reduce(found) if found else None
    return missing if missing is not None and missing.any() else None


def as_picture(stored: Stored, missing: NDArray[np.bool_] | None) -> Picture:
    """Turn the numbers stored into grey or RGB, and alpha into the mask."""
    mask = None if missing is None else ~missing
    if stored.show is None and not stored.has_alpha:
        return Picture(stored.numbers, stored.channel_axis, mask, *_told(stored))
    numbers, alpha = channels_last(stored)
    if stored.has_alpha and numbers.shape[-1] == 1:
        numbers = numbers[..., 0]
    if alpha is not None and stored.opaque is not None:
        numbers = divided(numbers, alpha, stored.opaque)
    pixels = numbers if stored.show is None else stored.show(numbers)
    return Picture(pixels, pixels.ndim - 1 if pixels.ndim > _n_spatial(stored) else None, mask, *_told(stored))


def _told(stored: Stored) -> tuple[tuple[float, ...] | None, Geometry | None, tuple[str, ...]]:
    """What else a file says: the spacing, the geometry, the names of the channels."""
    geometry = stored.geometry
    return None if geometry is None else geometry.spacing, geometry, tuple(stored.channels)


def only_channel(stored: Stored, channel: int | str) -> Stored:
    """One channel of several; what alpha hides stays hidden."""
    if stored.show is not None or stored.opaque is not None or stored.channel_axis is None:
        raise ImageFileError(f"has no channels of its own, and channel {channel} is asked for; leave it out")
    numbers, alpha = channels_last(stored)
    number = number_of_channel(channel, numbers.shape[-1], stored.channels)
    present = stored.present
    if alpha is not None:
        present = alpha != 0 if present is None else present & (alpha != 0)
    return stored._replace(
        numbers=np.ascontiguousarray(numbers[..., number]),
        channel_axis=None,
        has_alpha=False,
        present=present,
        channels=(),
    )


def _n_spatial(stored: Stored) -> int:
    """The number of axes that are not the channels."""
    return stored.numbers.ndim - (stored.channel_axis is not None)
