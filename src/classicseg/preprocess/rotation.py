"""Turns by any angle, on the grid that was there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from classicseg._core.numbers import as_number
from classicseg.preprocess.prepared import Prepared, as_axes, as_prepared, made, values_of
from classicseg.preprocess.resizing import in_dtype
from classicseg.types import ChannelAxis, Mask, Spacing

_LEAST_WEIGHT = 1e-6
"""Less than this is rounding: what takes part has a quarter of the weight at the least, in a plane."""


def rotate(
    image: ArrayLike | Prepared,
    labels: ArrayLike | None = None,
    *,
    degrees: float,
    axes: Sequence[int] = (0, 1),
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Prepared:
    """Turn an image about its center, on the same grid.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C]), or Prepared
        A grey or color image or a volume, of any real dtype, or what another of these functions returned, which
        has all that belongs to it. NaN and infinite values take no part.
    labels : array_like of int or bool, shape (M, N[, …]), optional
        What is to go along: one label for each pixel.
    degrees : float
        The angle, from the first of the axes towards the second: counterclockwise on the screen.
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
        The turned image, of the same shape, spacing and dtype. Corners that turn out of the grid are lost, and
        what turns in from outside takes no part.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If shapes do not fit together, or there are no two such axes in `axes`.

    See Also
    --------
    quarter_turns : Turns by right angles, and loses nothing.

    Notes
    -----
    Angles are those of space: where the spacing of the two axes differs, a circle stays a circle. A value is the
    mean of the pixels around its place that take part, weighted by their nearness along each axis, and rounded
    where the dtype holds whole numbers. A label, and whether a pixel takes part, are those of the nearest pixel.
    The cost is linear in the number of pixels.

    Examples
    --------
    >>> from classicseg.preprocess import rotate
    >>> rotate([[1, 2], [3, 4]], degrees=90).image
    array([[2, 4],
           [1, 3]])
    """
    before = as_prepared(image, labels, channel_axis, mask, spacing)
    angle = as_number("degrees", degrees)
    plane = as_axes("axes", axes, before.mask.ndim, n_axes=2)
    matrix = _matrix(before.spacing, plane, angle)
    values = values_of(before)
    shares = _moved(before.mask.astype(np.float64), matrix, order=1)
    inside = _moved(before.mask.view(np.uint8), matrix, order=0).astype(bool) & (shares > _LEAST_WEIGHT)
    turned = np.zeros(values.shape, values.dtype)
    for c in range(values.shape[-1]):
        sums = _moved(values[..., c].astype(np.float64), matrix, order=1)
        turned[..., c] = in_dtype(np.divide(sums, shares, out=np.zeros_like(sums), where=inside), values.dtype)
    return made(
        before,
        values=turned,
        labels=None if before.labels is None else _moved(before.labels, matrix, order=0),
        mask=inside,
        undo=partial(_moved, matrix=_matrix(before.spacing, plane, -angle), order=0),
    )


def _matrix(spacing: tuple[float, ...], plane: tuple[int, ...], degrees: float) -> NDArray[np.float64]:
    """What takes steps in the turned image to steps in the image before."""
    angle = math.radians(degrees % 360)
    cosine, sine = round(math.cos(angle), 15), round(math.sin(angle), 15)  # right angles have whole numbers
    first, second = plane
    matrix = np.eye(len(spacing))
    ratio = spacing[second] / spacing[first]
    matrix[first, first] = matrix[second, second] = cosine
    matrix[first, second] = sine * ratio
    matrix[second, first] = -sine / ratio
    return matrix


def _moved(array: NDArray[Any], matrix: NDArray[np.float64], order: int) -> NDArray[Any]:
    """An array turned about its center, with 0 around it."""
    middle = (np.array(array.shape) - 1) / 2
    offset = middle - matrix @ middle
    found: NDArray[Any] = ndimage.affine_transform(array, matrix, offset, order=order, mode="grid-constant")
    return found
