"""As many channels as are expected."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from classicseg._core.image import LUMINANCE
from classicseg._core.numbers import as_count
from classicseg.preprocess.prepared import Prepared, as_prepared, made, values_of
from classicseg.types import ChannelAxis, Mask, Spacing


def match_channels(
    image: ArrayLike | Prepared,
    labels: ArrayLike | None = None,
    *,
    n_channels: int,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Prepared:
    """Give an image a number of channels: repeat grey, or take the luminance of a color image.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C]), or Prepared
        A grey or color image or a volume, of any real dtype, or what another of these functions returned, which
        has all that belongs to it. NaN and infinite values take no part.
    labels : array_like of int or bool, shape (M, N[, …]), optional
        What is to go along: one label for each pixel.
    n_channels : int
        How many channels there are to be.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.

    Returns
    -------
    Prepared
        With an axis of channels, where it was or last: the image as it is; grey repeated; or the luminance of
        three channels, in float32, or in float64 where the channels need it.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If shapes do not fit together, or the image has a number of channels that `n_channels` cannot be made of:
        one channel goes to any number, three go to one.

    See Also
    --------
    normalize : A common scale of values.

    Examples
    --------
    >>> from classicseg.preprocess import match_channels
    >>> match_channels([[5, 6]], n_channels=3).image
    array([[[5, 5, 5],
            [6, 6, 6]]])
    """
    before = as_prepared(image, labels, channel_axis, mask, spacing)
    wanted, values = as_count("n_channels", n_channels, most=2**16), values_of(before)
    given = values.shape[-1]
    if wanted == given:
        matched = values
    elif given == 1:
        matched = np.repeat(values, wanted, axis=-1)
    elif given == 3 and wanted == 1:
        wide = values.dtype.itemsize > (4 if values.dtype.kind == "f" else 2)
        parts = [values[..., c].astype(np.float64) * weight for c, weight in enumerate(LUMINANCE)]
        total = parts[0] + parts[1] + parts[2]
        matched = total[..., np.newaxis].astype(np.float64 if wide else np.float32)
    else:
        raise ValueError(
            f"image has {given} channels and n_channels is {wanted}; expected one channel, or three for one; "
            "choose channels first, e.g. image[..., :3]"
        )
    if before.channel_axis is None:
        before = Prepared(values, before.labels, before.mask, before.spacing, before.mask.ndim, before.steps)
    return made(before, values=matched, labels=before.labels)
