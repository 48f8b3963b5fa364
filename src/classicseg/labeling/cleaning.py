"""Objects are cleaned: small ones go, those on the border, and all but the largest."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.grid import neighbor_views
from classicseg._core.image import as_spacing
from classicseg._core.numbers import as_count, as_number
from classicseg.labeling.objects import Objects, areas_of, as_objects, only
from classicseg.labeling.run_lengths import RunLengths, labels_at, on_border
from classicseg.types import Mask, Spacing


def remove_small_regions(
    labels: ArrayLike, *, min_area: float, connectivity: int = 1, mask: Mask = None, spacing: Spacing = None
) -> NDArray[Any]:
    """Remove objects that are smaller than an area.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N[, …])
        Objects: of bool each connected component is one, of integers all that has one label; 0 is the background.
    min_area : float
        The smallest area of an object that stays: pixels times the area of one, which `spacing` says; in volumes a
        volume.
    connectivity : int, default 1
        Of bool: how many coordinates of two neighbors may differ by 1, from 1 (they share a face) to the number of
        axes (they share at least a corner). Of integers it does not matter.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.

    Returns
    -------
    ndarray of bool or int32, shape (M, N[, …])
        The objects of at least `min_area`: bool where `labels` is bool, else int32, with the labels given.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, `mask` is not bool, `min_area` or `spacing` is no number, or
        `connectivity` is not a whole one.
    ValueError
        If `labels` is empty or holds numbers outside 0 … 2147483647, `mask` does not fit its shape, `min_area` is
        negative, `connectivity` is not from 1 to the number of axes, or `spacing` does not fit the axes.

    See Also
    --------
    keep_largest : Keeps the largest objects, whatever their area.
    clear_border : Removes those that the border cuts.
    fill_holes : The small holes within objects, and the large ones.

    Notes
    -----
    ``skimage.morphology.remove_small_objects(max_size=m)`` removes what has up to m pixels: here
    ``min_area=m + 1``. The cost is linear in the number of pixels.

    Examples
    --------
    >>> from classicseg import remove_small_regions
    >>> remove_small_regions([[1, 1, 0, 2]], min_area=2)
    array([[1, 1, 0, 0]], dtype=int32)
    """
    least = as_number("min_area", min_area, least=0.0)
    objects = as_objects(labels, connectivity, mask)
    pixel = math.prod(as_spacing(spacing, len(objects.numbers.shape)))
    return only(objects, areas_of(objects) * pixel >= least)


def keep_largest(
    labels: ArrayLike, *, n_largest: int = 1, connectivity: int = 1, mask: Mask = None
) -> NDArray[Any]:
    """Keep the largest objects.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N[, …])
        Objects: of bool each connected component is one, of integers all that has one label; 0 is the background.
    n_largest : int, default 1
        How many objects to keep.
    connectivity : int, default 1
        Of bool: how many coordinates of two neighbors may differ by 1, from 1 (they share a face) to the number of
        axes (they share at least a corner). Of integers it does not matter.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    ndarray of bool or int32, shape (M, N[, …])
        The `n_largest` objects of the largest areas, and others as large as the last of them: bool where
        `labels` is bool, else int32, with the labels given.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, `mask` is not bool, or `n_largest` or `connectivity` is not a
        whole number.
    ValueError
        If `labels` is empty or holds numbers outside 0 … 2147483647, `mask` does not fit its shape, `n_largest` is
        below 1, or `connectivity` is not from 1 to the number of axes.

    See Also
    --------
    remove_small_regions : Removes objects by their area.
    connected_regions : Numbers the pieces of labels, where these have several.

    Notes
    -----
    Objects of equal area stay or go together, since nothing that turns with the image tells them apart. The cost
    is linear in the number of pixels.

    Examples
    --------
    >>> from classicseg import keep_largest
    >>> keep_largest([[True, True, False, True]])
    array([[ True,  True, False, False]])
    """
    count = as_count("n_largest", n_largest)
    objects = as_objects(labels, connectivity, mask)
    areas = areas_of(objects)
    areas[0] = 0
    last = np.sort(areas)[-min(count, len(areas))]
    return only(objects, areas >= max(int(last), 1))


def clear_border(labels: ArrayLike, *, connectivity: int = 1, mask: Mask = None) -> NDArray[Any]:
    """Remove the objects that touch the border of the image.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N[, …])
        Objects: of bool each connected component is one, of integers all that has one label; 0 is the background.
    connectivity : int, default 1
        Of bool: how many coordinates of two neighbors may differ by 1, from 1 (they share a face) to the number of
        axes (they share at least a corner). Of integers it does not matter.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    ndarray of bool or int32, shape (M, N[, …])
        The objects with no pixel on the border of the image, and no face on a pixel that `mask` leaves out:
        bool where `labels` is bool, else int32, with the labels given.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, `mask` is not bool, or `connectivity` is not a whole number.
    ValueError
        If `labels` is empty or holds numbers outside 0 … 2147483647, `mask` does not fit its shape, or
        `connectivity` is not from 1 to the number of axes.

    See Also
    --------
    remove_small_regions : Removes objects by their area.
    fill_holes : Fills what objects enclose.

    Notes
    -----
    An axis of length 1 has no border: a single plane of a volume is cleared as an image is. The cost is linear in
    the number of pixels.

    Examples
    --------
    >>> from classicseg import clear_border
    >>> clear_border([[0, 0, 0, 0], [1, 0, 2, 0], [0, 0, 0, 0]])
    array([[0, 0, 0, 0],
           [0, 0, 2, 0],
           [0, 0, 0, 0]], dtype=int32)
    """
    objects = as_objects(labels, connectivity, mask)
    return only(objects, ~_on_border(objects))


def _on_border(objects: Objects) -> NDArray[np.bool_]:
    """Which objects have a pixel on the border of the image, or beside one that takes no part, (n + 1,)."""
    if isinstance(objects.numbers, RunLengths):
        found = on_border(objects.numbers, len(objects.names) - 1)
    else:
        found = np.zeros(len(objects.names), np.bool_)
        for axis, length in enumerate(objects.numbers.shape):
            for end in (0, length - 1) if length > 1 else ():
                found[objects.numbers.take(end, axis)] = True
    if objects.inside is not None:
        found[_numbers_at(objects, _beside_mask(objects.inside))] = True
    return found


def _beside_mask(inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The flat indices of the pixels that share a face with one that takes no part."""
    touches = np.zeros(inside.shape, np.bool_)
    for axis in range(inside.ndim):
        for sign in (-1, 1):
            step = tuple(sign if a == axis else 0 for a in range(inside.ndim))
            here = neighbor_views(touches, step)[0]
            here |= ~neighbor_views(inside, step)[1]
    return np.flatnonzero(touches & inside)


def _numbers_at(objects: Objects, pixels: NDArray[np.int64]) -> NDArray[np.int32]:
    """The numbers of objects at some pixels."""
    if isinstance(objects.numbers, RunLengths):
        return labels_at(objects.numbers, pixels)
    return objects.numbers.reshape(-1)[pixels]
