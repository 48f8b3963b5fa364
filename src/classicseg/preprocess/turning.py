"""Mirrored and turned images: pixels change their places, bit for bit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from classicseg._core.numbers import as_count
from classicseg.preprocess.prepared import Prepared, as_axes, as_prepared, made, values_of
from classicseg.types import ChannelAxis, Labels, Mask, Spacing


def flip(
    image: ArrayLike | Prepared,
    labels: ArrayLike | None = None,
    *,
    axes: int | Sequence[int],
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Prepared:
    """Mirror an image.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C]), or Prepared
        A grey or color image or a volume, of any real dtype, or what another of these functions returned, which
        has all that belongs to it. NaN and infinite values take no part.
    labels : array_like of int or bool, shape (M, N[, …]), optional
        What is to go along: one label for each pixel.
    axes : int or sequence of int
        The spatial axes whose order turns round, each once: 0 turns a photograph upside down, 1 (or -1) swaps left
        and right.
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
        The mirrored image: the same values, bit for bit.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If shapes do not fit together, or there is no such axis in `axes`.

    See Also
    --------
    quarter_turns : Turns by 90 degrees.

    Examples
    --------
    >>> from classicseg.preprocess import flip
    >>> flip([[1, 2, 3]], axes=1).image
    array([[3, 2, 1]])
    """
    before = as_prepared(image, labels, channel_axis, mask, spacing)
    chosen = as_axes("axes", axes, before.mask.ndim)
    return made(
        before,
        values=np.flip(values_of(before), chosen),
        labels=None if before.labels is None else np.flip(before.labels, chosen),
        mask=np.flip(before.mask, chosen),
        undo=partial(_flipped, chosen),
    )


def quarter_turns(
    image: ArrayLike | Prepared,
    labels: ArrayLike | None = None,
    *,
    turns: int = 1,
    axes: Sequence[int] = (0, 1),
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Prepared:
    """Turn an image by right angles.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C]), or Prepared
        A grey or color image or a volume, of any real dtype, or what another of these functions returned, which
        has all that belongs to it. NaN and infinite values take no part.
    labels : array_like of int or bool, shape (M, N[, …]), optional
        What is to go along: one label for each pixel.
    turns : int, default 1
        How many right angles, from the first of the axes towards the second: counterclockwise on the screen. Less
        than 0 turns the other way.
    axes : sequence of int, default (0, 1)
        The two spatial axes of the plane that turns.
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
        The turned image: the same values, bit for bit. After an odd number of turns, lengths and spacing of the
        two axes have changed their places.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If shapes do not fit together, or there are no two such axes in `axes`.

    See Also
    --------
    rotate : Turns by any angle.
    flip : Mirrors.

    Examples
    --------
    >>> from classicseg.preprocess import quarter_turns
    >>> quarter_turns([[1, 2, 3]]).image
    array([[3],
           [2],
           [1]])
    """
    before = as_prepared(image, labels, channel_axis, mask, spacing)
    first, second = as_axes("axes", axes, before.mask.ndim, n_axes=2)
    count = as_count("turns", turns, least=-(2**62)) % 4
    lengths = list(before.spacing)
    if count % 2:
        lengths[first], lengths[second] = lengths[second], lengths[first]
    plane = (first, second)
    return made(
        before,
        values=np.rot90(values_of(before), count, plane),
        labels=None if before.labels is None else np.rot90(before.labels, count, plane),
        mask=np.rot90(before.mask, count, plane),
        spacing=tuple(lengths),
        undo=partial(_turned, -count, plane),
    )


def _flipped(axes: tuple[int, ...], labels: Labels) -> Labels:
    return np.flip(labels, axes)


def _turned(turns: int, axes: tuple[int, int], labels: Labels) -> Labels:
    return np.rot90(labels, turns, axes)
