"""Outlines are drawn anew, each at a level of its own, between the object and the ground around it.

One threshold for a whole image draws faint objects too small and bright ones too large: a blurred edge has its
middle half way up, and half way is elsewhere for each object.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.grid import look_up
from classicseg._core.image import Image, as_canonical, as_scalar_image, as_spacing
from classicseg._core.numbers import as_number
from classicseg.labeling.components import connected_components
from classicseg.labeling.expansion import expanded
from classicseg.labeling.holes import filled_holes
from classicseg.labeling.numbering import compact_labels
from classicseg.labeling.objects import as_masked_labels
from classicseg.types import ChannelAxis, Mask, Spacing


def refine_outlines(
    labels: ArrayLike,
    image: ArrayLike,
    *,
    level: float = 0.4,
    distance: float = 6.0,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> NDArray[Any]:
    """Draw the outline of each object anew, at a level between its own value and that of the ground around it.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N[, …])
        Objects: of bool each connected component is one, of integers all that has one label; 0 is the background.
    image : array_like, shape (M, N[, …][, C])
        A grey image or a volume, of any real dtype, or a color image, whose luminance is taken. NaN and infinite
        values take no part.
    level : float, default 0.4
        Where between the ground and the object the outline runs, from 0 (the ground) to 1.
    distance : float, default 6.0
        How far an object may grow, in units of `spacing`, at least 0; the ground is what lies so far around it.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.

    Returns
    -------
    ndarray of bool or int32, shape (M, N[, …])
        The objects: bool where `labels` is bool, else int32, with the labels given.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, `image` does not hold real numbers, `mask` is not bool, or
        `level`, `distance` or `spacing` is not a number.
    ValueError
        If `labels` is empty or holds numbers outside 0 … 2147483647, `image`, `mask` or `spacing` does not fit its
        shape, the channel axis is unclear or the channels have no luminance, `level` is not from 0 to 1, or
        `distance` is negative.

    See Also
    --------
    expand_labels : Grows objects whatever an image says.
    smooth_labels : Smooths outlines without an image.

    Notes
    -----
    The ground of an object is the background that is nearer to it than to others, up to `distance`. Object and
    ground have each their median value, o and g, and the object becomes those pixels of both that are on its side
    of ``g + level (o - g)``. Of these stays the largest connected piece (several, where they are equally large),
    with its holes filled. An object without ground around it, or with a median like the ground's, stays as it is.
    The cost is that of `expand_labels`, and of sorting the values of objects and ground.

    Examples
    --------
    >>> from classicseg import refine_outlines
    >>> refine_outlines([[0, 0, 0, 1, 0, 0, 0]], [[1, 2, 6, 9, 5, 2, 1]], distance=3)
    array([[0, 0, 1, 1, 1, 0, 0]], dtype=int32)
    """
    level = as_number("level", level, least=0.0)
    if level > 1:
        raise ValueError(f"level is {level:g}; expected a number from 0 (the ground) to 1 (the object)")
    distance = as_number("distance", distance, least=0.0)
    parsed, inside, is_set = as_masked_labels(labels, mask)
    values = as_scalar_image(image, channel_axis=channel_axis, mask=inside)
    if values.shape != parsed.shape:
        raise ValueError(f"labels has shape {parsed.shape}; expected that of the image's space, {values.shape}")
    spacings = as_spacing(spacing, parsed.ndim)
    if values.mask is not None:
        parsed = as_canonical(np.where(values.mask, parsed, np.int32(0)))
    names, objects = _numbered(parsed, is_set)
    found = _refined(objects, values, level, expanded(objects, distance, spacings))
    return found > 0 if is_set else look_up(names, found)


def _numbered(labels: NDArray[np.int32], is_set: bool) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The label of each object, (n + 1,), and the objects by their numbers."""
    if is_set:
        components = connected_components(labels, 1)
        return np.arange(int(components.max()) + 1, dtype=np.int32), components
    names, numbers = compact_labels(labels)
    return np.append(0, names).astype(np.int32), numbers.astype(np.int32)


def _refined(
    objects: NDArray[np.int32], image: Image, level: float, around: NDArray[np.int32]
) -> NDArray[np.int32]:
    """The objects within what is around them, at the level of each."""
    n_objects, values = int(objects.max()), image.values[..., 0]
    if image.mask is not None:
        around = np.where(image.mask, around, 0)
    own = _medians(objects, values, n_objects)
    ground = _medians(np.where(objects == 0, around, 0), values, n_objects)
    signs = np.where(np.isnan(ground), 0, np.sign(own - ground))
    levels = np.where(signs == 0, 0, ground + level * (own - ground)) * signs
    is_object = values * signs[around] >= levels[around]
    is_object &= np.where(signs[around] == 0, objects > 0, around > 0)
    pieces = connected_components(as_canonical(np.where(is_object, around, np.int32(0))), 1)
    return filled_holes(as_canonical(_largest(pieces, around, n_objects)))


def _largest(pieces: NDArray[np.int32], objects: NDArray[np.int32], n_objects: int) -> NDArray[np.int32]:
    """The largest pieces of each object, with its number."""
    areas = np.bincount(pieces.reshape(-1))
    owners = np.zeros(len(areas), np.int32)
    owners[pieces] = np.where(pieces > 0, objects, 0)
    most = np.zeros(n_objects + 1, np.int64)
    np.maximum.at(most, owners[1:], areas[1:])
    return look_up(np.where(areas == most[owners], owners, np.int32(0)), pieces)


def _medians(labels: NDArray[np.int32], values: NDArray[Any], n_labels: int) -> NDArray[np.float64]:
    """The median value of each label 0 … n; NaN of 0, and of those without a pixel."""
    inside = labels > 0
    of_each, found = labels[inside], values[inside]
    order = run_interruptible(np.lexsort, (found, of_each))
    sizes = np.bincount(of_each, minlength=n_labels + 1)
    starts = np.cumsum(sizes) - sizes
    medians = np.full(n_labels + 1, np.nan)
    some = sizes > 0
    middles = [order[(starts + (sizes - 1 + odd) // 2)[some]] for odd in (0, 1)]
    medians[some] = (found[middles[0]].astype(np.float64) + found[middles[1]]) / 2
    return medians
