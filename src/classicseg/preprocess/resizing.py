"""Images on coarser and finer grids, over the same extent.

A pixel is a box, not a point: the extent of an image is that of its pixels together, and stays what it is. An
image that shrinks is averaged, by tents as wide as what a new pixel covers. Labels are counted: a new pixel has
the one that covers most of it. What it covers of each old pixel is a whole number of the parts that both grids cut
an axis into, so that ties are ties, and mirrored labels are mirrored.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from classicseg._core.image import as_spacing
from classicseg._core.numbers import as_count, per_axis
from classicseg.preprocess.prepared import Prepared, as_prepared, made, values_of
from classicseg.types import ChannelAxis, Labels, Mask, Spacing

_MOST = 2**31 - 1
"""Pixels, a slip of the hand beyond."""

_BAND = 2**20
"""So many votes of pixels are counted at once."""


def resize(
    image: ArrayLike | Prepared,
    labels: ArrayLike | None = None,
    *,
    shape: int | Sequence[int] | None = None,
    to_spacing: Spacing = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Prepared:
    """Bring an image to another shape, or another spacing, over the same extent.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C]), or Prepared
        A grey or color image or a volume, of any real dtype, or what another of these functions returned, which
        has all that belongs to it. NaN and infinite values take no part.
    labels : array_like of int or bool, shape (M, N[, …]), optional
        What is to go along: one label for each pixel.
    shape : int or sequence of int, optional
        The new spatial shape.
    to_spacing : float or sequence of float, optional
        In place of `shape` the new distance between neighboring pixels, in units of `spacing`.
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
        The image in its own dtype and units. Its spacing is such that shape times spacing is what it was: the one
        asked for where a whole number of pixels has it, otherwise the nearest.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If shapes do not fit together, both of `shape` and `to_spacing` are given or none of them, or the result
        had more than 2**31 pixels.

    See Also
    --------
    pad : Another shape at the same spacing.

    Notes
    -----
    A value is a mean of the pixels near it that take part: linear interpolation where the grid becomes finer, a
    tent as wide as two new pixels where it becomes coarser; rounded where the dtype holds whole numbers. A label
    is the one that covers most of the new pixel, of several the lowest; pixels that take no part have no vote. A
    pixel takes part where half of it or more is covered by such pixels. The cost is linear in the number of
    pixels.

    Examples
    --------
    >>> from classicseg.preprocess import resize
    >>> half = resize([[10, 20, 30, 50]], [[1, 1, 5, 5]], shape=(1, 2))
    >>> half.image, half.labels, half.spacing
    (array([[17, 37]]), array([[1, 5]], dtype=int32), (1.0, 2.0))
    """
    before = as_prepared(image, labels, channel_axis, mask, spacing)
    old = before.mask.shape
    new = _new_shape(old, before.spacing, shape, to_spacing)
    values = values_of(before)
    everywhere = bool(before.mask.all())
    shares = None if everywhere else _averaged(before.mask.astype(np.float64), new)
    resized = np.empty((*new, values.shape[-1]), values.dtype)
    for c in range(values.shape[-1]):
        means = _averaged(values[..., c].astype(np.float64), new)
        if shares is not None:
            means = np.divide(means, shares, out=np.zeros_like(means), where=shares > 0)
        resized[..., c] = in_dtype(means, values.dtype)
    return made(
        before,
        values=resized,
        labels=None if before.labels is None else resized_labels(new, before.labels, before.mask),
        mask=np.ones(new, bool) if everywhere else _half_covered(before.mask, new),
        spacing=tuple(step * n / m for step, n, m in zip(before.spacing, old, new, strict=True)),
        undo=partial(resized_labels, old),
    )


def in_dtype(means: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Means of values of a dtype, in that dtype."""
    if dtype.kind == "b":
        return means >= 0.5
    return np.rint(means).astype(dtype) if dtype.kind in "iu" else means.astype(dtype)


def resized_labels(shape: tuple[int, ...], labels: Labels, mask: NDArray[np.bool_] | None = None) -> Labels:
    """Labels on a grid of another shape: the one that covers most of a new pixel, of several the lowest."""
    if shape == labels.shape:
        return labels
    covers = [_covers(n, m) for n, m in zip(labels.shape, shape, strict=True)]
    found = np.empty(shape, np.int32)
    for rows, votes, weights in _votes(labels, mask, covers, shape):
        order = np.argsort(votes, axis=-1, kind="stable")
        names, counts = np.take_along_axis(votes, order, -1), np.take_along_axis(weights, order, -1)
        sums = np.cumsum(counts, axis=-1)
        is_last = np.ones(names.shape, bool)
        is_last[..., :-1] = names[..., 1:] != names[..., :-1]
        before = np.where(is_last, sums, 0)  # the sum up to the last of each name, less that of the names before
        own = np.where(is_last, sums - _shifted(np.maximum.accumulate(before, axis=-1)), -1)
        best = np.argmax(own, axis=-1)[..., np.newaxis]
        found[rows] = np.take_along_axis(names, best, -1)[..., 0].reshape(found[rows].shape)
    return found


def _shifted(sums: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sums one place later."""
    later = np.zeros_like(sums)
    later[..., 1:] = sums[..., :-1]
    return later


def _votes(
    labels: Labels,
    mask: NDArray[np.bool_] | None,
    covers: list[tuple[NDArray[np.intp], NDArray[np.int64]]],
    shape: tuple[int, ...],
) -> Iterator[tuple[slice, NDArray[np.int32], NDArray[np.int64]]]:
    """For bands of new rows: the labels that touch each new pixel, and how much of it each covers."""
    n_votes = math.prod(places.shape[1] for places, _ in covers)
    n_rows = max(1, _BAND // max(1, n_votes * math.prod(shape[1:])))
    for start in range(0, shape[0], n_rows):
        rows = slice(start, min(start + n_rows, shape[0]))
        parts = [(places[rows], sizes[rows]) if k == 0 else (places, sizes) for k, (places, sizes) in
                 enumerate(covers)]  # fmt: skip
        ndim = len(parts)
        index, weight = [], np.ones((1,) * (2 * ndim), np.int64)
        for k, (places, sizes) in enumerate(parts):  # axes: the new pixels, then the window of each
            spread = [1] * (2 * ndim)
            spread[k], spread[ndim + k] = places.shape
            index.append(places.reshape(spread))
            weight = weight * sizes.reshape(spread)
        flat = (math.prod(weight.shape[:ndim]), n_votes)
        if mask is not None:
            weight = weight * mask[tuple(index)]
        yield rows, labels[tuple(index)].reshape(flat), weight.reshape(flat)


def _covers(n: int, m: int) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """The old pixels that each of m new ones touches along an axis of n, and how much each covers of it.

    In parts of which an old pixel has m and a new one n: whole numbers.
    """
    first = np.arange(m, dtype=np.int64) * n
    start, stop = first // m, -(-(first + n) // m)
    places = start[:, np.newaxis] + np.arange(int((stop - start).max()))
    sizes = np.minimum((places + 1) * m, (first + n)[:, np.newaxis]) - np.maximum(places * m, first[:, np.newaxis])
    return np.minimum(places, n - 1).astype(np.intp), np.maximum(sizes, 0)


def _half_covered(mask: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Where half of a new pixel or more takes part."""
    covered = mask.astype(np.int64)
    for axis, (n, m) in enumerate(zip(mask.shape, shape, strict=True)):
        places, sizes = _covers(n, m)
        rows = np.repeat(np.arange(m), places.shape[1])
        matrix = sparse.csr_matrix((sizes.ravel(), (rows, places.ravel())), (m, n))
        covered = _along(matrix, covered, axis)
    half: NDArray[np.bool_] = 2 * covered >= math.prod(mask.shape)
    return half


def _averaged(values: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Values on a grid of another shape."""
    for axis, (n, m) in enumerate(zip(values.shape, shape, strict=True)):
        if n != m:
            values = _along(_tents(n, m), values, axis)
    return values


def _tents(n: int, m: int) -> sparse.csr_matrix:
    """The weights of n pixels in the mean at each of m: a tent about its center, one pixel or more wide."""
    reach = max(1.0, n / m)
    centers = (2 * np.arange(m) + 1) * n / (2 * m) - 0.5
    places = np.floor(centers - reach)[:, np.newaxis] + np.arange(math.ceil(2 * reach) + 2)
    weights = np.maximum(0.0, 1 - np.abs(places - centers[:, np.newaxis]) / reach)
    inside = (places >= 0) & (places < n)
    weights = np.where(inside, weights, 0.0)
    weights /= weights.sum(axis=1, keepdims=True)
    rows = np.repeat(np.arange(m), places.shape[1])
    return sparse.csr_matrix((weights.ravel(), (rows, np.clip(places, 0, n - 1).astype(np.intp).ravel())), (m, n))


def _along(matrix: sparse.csr_matrix, values: NDArray[Any], axis: int) -> NDArray[Any]:
    """A matrix times the values along an axis."""
    first = np.moveaxis(values, axis, 0)
    product = matrix @ np.ascontiguousarray(first).reshape(len(first), -1)
    return np.moveaxis(np.asarray(product).reshape(-1, *first.shape[1:]), 0, axis)


def _new_shape(old: tuple[int, ...], spacing: tuple[float, ...], shape: Any, to_spacing: Any) -> tuple[int, ...]:
    """Parse the shape that is asked for."""
    if (shape is None) == (to_spacing is None):
        raise ValueError("shape and to_spacing are both given, or none of them; expected one")
    if shape is not None:
        named, new = "shape", tuple(as_count("shape", n) for n in per_axis("shape", shape, len(old)))
    else:
        named, steps = "to_spacing", _as_steps(to_spacing, len(old))
        lengths = (n * step / wanted for n, step, wanted in zip(old, spacing, steps, strict=True))
        new = tuple(max(1, round(min(length, float(_MOST)))) for length in lengths)
    if math.prod(new) > _MOST:
        raise ValueError(f"{named} makes an image of {math.prod(new):.2g} pixels; expected less than 2**31")
    return new


def _as_steps(to_spacing: Any, ndim: int) -> tuple[float, ...]:
    """Parse the spacing that is asked for, under its own name."""
    try:
        return as_spacing(to_spacing, ndim)
    except (TypeError, ValueError) as error:
        raise type(error)(str(error).replace("spacing", "to_spacing", 1)) from None
