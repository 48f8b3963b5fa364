"""Parts of images, and images with room around them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from classicseg._core.grid import bounding_box
from classicseg._core.numbers import as_count, members, per_axis, shown
from classicseg.preprocess.prepared import Prepared, as_prepared, made, values_of
from classicseg.types import ChannelAxis, Labels, Mask, Spacing

Box = tuple[slice, ...]

_MOST = 2**31 - 1
"""Pixels that an image may be padded to, a slip of the hand beyond."""


def crop(
    image: ArrayLike | Prepared,
    labels: ArrayLike | None = None,
    *,
    box: Sequence[Sequence[int]] | None = None,
    margin: int = 0,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Prepared:
    """Cut a box out of an image, or what is labeled in it.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C]), or Prepared
        A grey or color image or a volume, of any real dtype, or what another of these functions returned, which
        has all that belongs to it. NaN and infinite values take no part.
    labels : array_like of int or bool, shape (M, N[, …]), optional
        What is to go along: one label for each pixel.
    box : sequence of pairs of int, optional
        For each spatial axis the first index and the one behind the last. By default the smallest box around all
        labels that are not 0, which then must be given.
    margin : int, default 0
        Pixels to keep around the box, as far as the image reaches.
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
        The part. Its `undo` gives labels the original shape, with 0 around the box.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If shapes do not fit together, `box` is empty or leaves the image, or is left open where `labels` are not
        given or are all 0.

    See Also
    --------
    pad : The opposite.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg.preprocess import crop
    >>> part = crop(np.arange(12).reshape(3, 4), [[0, 0, 0, 0], [0, 0, 7, 0], [0, 0, 7, 0]])
    >>> part.image
    array([[ 6],
           [10]])
    >>> part.undo(part.labels)
    array([[0, 0, 0, 0],
           [0, 0, 7, 0],
           [0, 0, 7, 0]], dtype=int32)
    """
    before = as_prepared(image, labels, channel_axis, mask, spacing)
    width = as_count("margin", margin, least=0)
    around = _around_labels(before.labels) if box is None else _as_box(box, before.mask.shape)
    cut = tuple(
        slice(max(0, part.start - width), min(n, part.stop + width))
        for part, n in zip(around, before.mask.shape, strict=True)
    )
    return made(
        before,
        values=values_of(before)[cut],
        labels=None if before.labels is None else before.labels[cut],
        mask=before.mask[cut],
        undo=partial(_placed, before.mask.shape, cut),
    )


def pad(
    image: ArrayLike | Prepared,
    labels: ArrayLike | None = None,
    *,
    width: int | Sequence[int | Sequence[int]] | None = None,
    shape: int | Sequence[int] | None = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Prepared:
    """Put room around an image: it takes no part, and has label 0.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C]), or Prepared
        A grey or color image or a volume, of any real dtype, or what another of these functions returned, which
        has all that belongs to it. NaN and infinite values take no part.
    labels : array_like of int or bool, shape (M, N[, …]), optional
        What is to go along: one label for each pixel.
    width : int or sequence, optional
        Pixels on all sides; or for each spatial axis a number, or a pair of those before and those behind.
    shape : int or sequence of int, optional
        In place of `width` the least spatial shape: an axis that is shorter gets as much before as behind, or one
        pixel more behind.
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
        The image with room around it, whose values are 0 and whose mask is False.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If shapes do not fit together, both of `width` and `shape` are given or none of them, or the result had
        more than 2**31 pixels.

    See Also
    --------
    crop : The opposite.

    Examples
    --------
    >>> from classicseg.preprocess import pad
    >>> padded = pad([[5, 6]], [[1, 2]], width=[0, (1, 0)])
    >>> padded.image
    array([[0, 5, 6]])
    >>> padded.mask
    array([[False,  True,  True]])
    """
    before = as_prepared(image, labels, channel_axis, mask, spacing)
    old = before.mask.shape
    if (width is None) == (shape is None):
        raise ValueError("width and shape are both given, or none of them; expected one")
    if shape is not None:
        wanted = [as_count("shape", n) for n in per_axis("shape", shape, len(old))]
        missing = [max(0, n - length) for n, length in zip(wanted, old, strict=True)]
        widths = [(n // 2, n - n // 2) for n in missing]
    else:
        widths = [_as_pair(one) for one in per_axis("width", width, len(old))]
    n_pixels = 1
    for (first, last), n in zip(widths, old, strict=True):
        n_pixels *= first + n + last
    if n_pixels > _MOST:
        named = "width" if shape is None else "shape"
        raise ValueError(f"{named} makes an image of {n_pixels:.2g} pixels; expected less than 2**31")
    inner = tuple(slice(first, first + n) for (first, _), n in zip(widths, old, strict=True))
    return made(
        before,
        values=np.pad(values_of(before), [*widths, (0, 0)]),
        labels=None if before.labels is None else np.pad(before.labels, widths),
        mask=np.pad(before.mask, widths),
        undo=partial(_cut, inner),
    )


def _as_box(box: Any, shape: tuple[int, ...]) -> Box:
    """Parse a box that lies in an image."""
    pairs = members(box)
    if len(pairs) != len(shape):
        raise ValueError(f"box has {len(pairs)} pairs; expected one for each of {len(shape)} axes")
    found = []
    for pair, n in zip(pairs, shape, strict=True):
        ends = members(pair)
        if len(ends) != 2:
            raise ValueError(f"box holds {shown(pair)}; expected the first index and the one behind the last")
        start, stop = (as_count("box", end, least=0, most=n) for end in ends)
        if start >= stop:
            raise ValueError(f"box holds {shown(pair)}; expected a first index less than the one behind the last")
        found.append(slice(start, stop))
    return tuple(found)


def _around_labels(labels: Labels | None) -> Box:
    """The smallest box around all labels."""
    if labels is None or not labels.any():
        raise ValueError("box is not given, and labels show nothing to cut out; expected one or the other")
    return bounding_box(labels != 0)


def _as_pair(width: Any) -> tuple[int, int]:
    """Parse the widths before and behind an axis."""
    ends = members(width)
    if len(ends) == 1 and ends[0] is width:
        ends = [width, width]
    if len(ends) != 2:
        raise ValueError(f"width holds {shown(width)}; expected a number, or those before and behind")
    return as_count("width", ends[0], least=0), as_count("width", ends[1], least=0)


def _placed(shape: tuple[int, ...], box: Box, labels: Labels) -> Labels:
    """Labels of a box in its place."""
    whole = np.zeros(shape, np.int32)
    whole[box] = labels
    return whole


def _cut(box: Box, labels: Labels) -> Labels:
    """Labels in a box."""
    return labels[box]
