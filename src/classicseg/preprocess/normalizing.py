"""Values on a common scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.numbers import as_choice, as_number, members, shown
from classicseg.preprocess.prepared import Prepared, as_prepared, made, values_of
from classicseg.types import ChannelAxis, Mask, Spacing

Normalization: TypeAlias = Literal["zscore", "minmax", "percentile", "window"]


def normalize(
    image: ArrayLike | Prepared,
    labels: ArrayLike | None = None,
    *,
    method: Normalization = "zscore",
    percentiles: Sequence[float] = (1.0, 99.0),
    window: Sequence[float] | None = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Prepared:
    """Bring the values of an image to a common scale, each channel by itself.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C]), or Prepared
        A grey or color image or a volume, of any real dtype, or what another of these functions returned, which
        has all that belongs to it. NaN and infinite values take no part.
    labels : array_like of int or bool, shape (M, N[, …]), optional
        What is to go along: one label for each pixel.
    method : {"zscore", "minmax", "percentile", "window"}, default "zscore"
        "zscore": mean 0 and standard deviation 1. "minmax": from 0 to 1. "percentile": two percentiles become 0
        and 1, and what lies beyond them is cut. "window": the same with two values that you name, of all channels.
    percentiles : pair of float, default (1.0, 99.0)
        From 0 to 100, the lower one first, for "percentile".
    window : pair of float, optional
        The values that become 0 and 1, for "window", such as (-160, 240) of a scan in Hounsfield units.
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
        float32, or float64 of integers beyond 16 bits and of float64. What takes no part is 0 and counts for
        nothing; a channel of one value is 0.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If shapes do not fit together, `method` is none of these, `percentiles` or `window` are no ascending pair,
        or `window` is not given where it is needed, or given where it is not.

    See Also
    --------
    match_channels : As many channels as are expected.

    Notes
    -----
    Methods that look at the values move with them: one far value changes "zscore" and "minmax" everywhere, and
    "percentile" hardly. "window" looks at none. The cost is linear in the number of pixels.

    Examples
    --------
    >>> from classicseg.preprocess import normalize
    >>> normalize([[0, 50, 100, 999]], method="window", window=(0, 100)).image
    array([[0. , 0.5, 1. , 1. ]])
    """
    before = as_prepared(image, labels, channel_axis, mask, spacing)
    kind = as_choice("method", method, get_args(Normalization))
    if (window is not None) != (kind == "window"):
        raise ValueError(f"window is {shown(window)} and method {kind!r}; expected a window with 'window' alone")
    low, high = _as_pair("percentiles", percentiles)
    if not 0 <= low < high <= 100:
        raise ValueError(f"percentiles are {low:g} and {high:g}; expected numbers from 0 to 100")
    ends = None if window is None else _as_pair("window", window)
    values = values_of(before)
    small = values.dtype.itemsize <= 2 or (values.dtype.kind == "f" and values.dtype.itemsize <= 4)
    scaled = np.zeros(values.shape, np.float32 if small else np.float64)
    if before.mask.any():
        for c in range(values.shape[-1]):
            own = values[..., c].astype(np.float64)
            scaled[..., c] = _scaled(own, own[before.mask], kind, ends or (low, high))
    return made(before, values=scaled, labels=before.labels)


def _scaled(
    values: NDArray[np.float64], inside: NDArray[np.float64], kind: str, ends: tuple[float, float]
) -> NDArray[np.float64]:
    """One channel by what is in the mask."""
    if kind == "zscore":
        middle = float(inside.min()) / 2 + float(inside.max()) / 2  # else the mean of one value is not that value
        mean = middle + float((inside - middle).mean())
        deviation = float((inside - mean).std())
        return (values - mean) / deviation if inside.min() < inside.max() and deviation > 0 else 0 * values
    if kind == "minmax":
        low, high = float(inside.min()), float(inside.max())
    else:
        low, high = ends if kind == "window" else (float(end) for end in np.percentile(inside, ends))
    return np.clip((values - low) / (high - low), 0, 1) if high > low else 0 * values


def _as_pair(name: str, pair: Any) -> tuple[float, float]:
    """Parse two numbers, the lower one first."""
    given = members(pair)
    if len(given) != 2:
        raise ValueError(f"{name} is {shown(pair)}; expected two numbers")
    low, high = (as_number(name, end) for end in given)
    if not low < high:
        raise ValueError(f"{name} are {low:g} and {high:g}; expected the lower one first")
    return low, high
