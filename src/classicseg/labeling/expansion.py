"""Objects grow into the background around them, up to a distance and up to each other.

Of a line of pixels, the lines around it are looked at from near to far: so the first label that a pixel meets
across the line is the nearest one there. Then each pixel takes the nearest of what those along its line have met.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import as_spacing
from classicseg._core.kernel import kernel
from classicseg._core.numbers import as_number
from classicseg.labeling.lines import ball_of_lines, line_at
from classicseg.labeling.objects import as_masked_labels
from classicseg.types import Mask, Spacing

_NONE = np.uint32(2**32 - 1)
"""No label, as a number: one less than a label, without a sign, so that no label is the highest."""

_EXACT = 2**24
"""Whole numbers up to here are exact in float32."""


def expand_labels(
    labels: ArrayLike, *, distance: float, mask: Mask = None, spacing: Spacing = None
) -> NDArray[Any]:
    """Grow objects into the background by a distance.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N[, …])
        Objects: of bool all that is True, of integers all that has one label; 0 is the background.
    distance : float
        How far objects grow, in units of `spacing`, at least 0.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.

    Returns
    -------
    ndarray of bool or int32, shape (M, N[, …])
        The objects, and with them each pixel of the background whose nearest object is at most `distance` away:
        bool where `labels` is bool, else int32, with the labels given. What takes no part stays 0.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, `mask` is not bool, or `distance` or `spacing` is not a
        number.
    ValueError
        If `labels` is empty or holds numbers outside 0 … 2147483647, `mask` or `spacing` does not fit its shape,
        or `distance` is negative.

    See Also
    --------
    distance_map : How far each pixel is from the outside of its object.
    refine_outlines : Objects that grow, or shrink, as an image says.

    Notes
    -----
    Distances are Euclidean, between the centers of pixels. Of several objects that are equally near, the one of
    the smallest label wins, so that a turned image is the turned result; ``skimage.segmentation.expand_labels``
    leaves such ties to the order of pixels. Distances are straight, across what `mask` leaves out, too. The cost
    is the number of pixels times that of the lines of pixels that a ball of the radius `distance` crosses.

    Examples
    --------
    >>> from classicseg import expand_labels
    >>> expand_labels([[0, 0, 2, 0, 0, 0, 1, 0]], distance=2)
    array([[2, 2, 2, 2, 1, 1, 1, 1]], dtype=int32)
    """
    distance = as_number("distance", distance, least=0.0)
    parsed, inside, is_set = as_masked_labels(labels, mask)
    grown = expanded(parsed, distance, as_spacing(spacing, parsed.ndim))
    if inside is not None:
        grown[~inside] = 0
    return grown.astype(np.bool_) if is_set else grown


def expanded(labels: NDArray[np.int32], distance: float, spacing: tuple[float, ...]) -> NDArray[np.int32]:
    """Grow canonical labels."""
    axes = [axis for axis, length in enumerate(labels.shape) if length > 1] or [0]
    lengths, steps = [labels.shape[axis] for axis in axes], [spacing[axis] for axis in axes]
    if len(set(steps)) == 1:  # squares are whole numbers
        distance, steps = distance / steps[0], [1.0] * len(steps)
    counts = [int(min(distance / step, length - 1)) for step, length in zip(steps, lengths, strict=True)]
    offsets, _ = ball_of_lines(counts, steps, distance)
    squares = ((offsets * steps[:-1]) ** 2).sum(axis=1)
    along = (np.arange(counts[-1] + 1) * steps[-1]) ** 2
    order = np.argsort(squares, kind="stable")
    is_whole = steps[0] == 1 and squares.max() + along[-1] < _EXACT
    dtype = np.float32 if is_whole and len(set(steps)) == 1 else np.float64
    near = _Near(offsets[order], squares[order].astype(dtype), along.astype(dtype), distance * distance)
    lines, out = labels.reshape(-1, lengths[-1]), np.empty(labels.shape, np.int32)
    size = lengths[-1] * (len(offsets) + 2 * len(along))
    grid = np.array(lengths[:-1], np.int64)
    run_bands(_expand_band, len(lines), size, lines, grid, near, out.reshape(lines.shape))
    return out


class _Near(NamedTuple):
    """The pixels within the distance of one."""

    offsets: NDArray[np.int64]
    """(n, n_axes), to the lines, along the other axes: the nearest first."""
    squares: NDArray[Any]
    """(n,), the squared distance of each line."""
    along: NDArray[Any]
    """The squared distances along the line: 0, that of the next pixel, …"""
    limit: float
    """The squared distance."""


class _Met(NamedTuple):
    """What the pixels of a line have met, padded by as many pixels as lie within the distance."""

    squares: NDArray[Any]
    """The squared distance, infinite without a label."""
    labels: NDArray[np.uint32]
    nearest_squares: NDArray[Any]
    """The same along the line, without padding."""
    nearest: NDArray[np.uint32]


def _expand_band(
    lines: NDArray[np.int32],
    lengths: NDArray[np.int64],
    near: _Near,
    out: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    """Grow into lines, with buffers of a band's own."""
    length, dtype = lines.shape[1], near.squares.dtype
    padded = length + 2 * (len(near.along) - 1)
    met = _Met(
        np.full(padded, np.inf, dtype),
        np.full(padded, _NONE),
        np.empty(length, dtype),
        np.empty(length, np.uint32),
    )
    _expand(lines, lengths, near, met, out, start, stop)


def _expand_numpy(
    lines: NDArray[np.int32],
    lengths: NDArray[np.int64],
    near: _Near,
    _: _Met,
    out: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    indices = np.unravel_index(np.arange(start, stop), tuple(lengths)) if len(lengths) else ()
    best = np.full((stop - start, lines.shape[1]), np.inf)
    labels = np.full(best.shape, 2**32 - 1)
    for offset, square in zip(near.offsets, near.squares, strict=True):
        others = [index + step for index, step in zip(indices, offset, strict=True)]
        valid = np.ones(stop - start, np.bool_)
        for other, length in zip(others, lengths, strict=True):
            valid &= (other >= 0) & (other < length)
        found = np.ravel_multi_index([o[valid] for o in others], tuple(lengths)) if len(lengths) else [0]
        line = np.zeros(best.shape, np.int64)
        line[valid] = lines[found]
        for apart, more in enumerate(near.along):
            ends = np.s_[apart:], np.s_[: line.shape[1] - apart]
            for here, there in (ends, ends[::-1]):
                other, known, name = line[:, there], best[:, here], labels[:, here]
                total = np.float64(square + more)
                wins = (
                    (other > 0) & (total <= near.limit) & ((total < known) | ((total == known) & (other < name)))
                )
                known[wins], name[wins] = total, other[wins]
    out[start:stop] = np.where(np.isfinite(best), labels, 0)


@kernel(numpy=_expand_numpy)
def _expand(
    lines: NDArray[np.int32],
    lengths: NDArray[np.int64],
    near: _Near,
    met: _Met,
    out: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    """Give each pixel of some lines the label of the nearest object within the limit, of equals the smallest."""
    length, margin = lines.shape[1], len(near.along) - 1
    labels, squares = met.labels[margin : margin + length], met.squares[margin : margin + length]
    for line in range(start, stop):
        labels.fill(_NONE)
        for i in range(len(near.offsets)):
            other = line_at(line, lengths, near.offsets[i])
            if other < 0:
                continue
            row, square = lines[other], near.squares[i]
            for x in range(length):
                number = np.uint32(row[x] - 1)
                takes = labels[x] == _NONE or (squares[x] == square and number < labels[x])
                labels[x] = number if takes else labels[x]
                squares[x] = square if takes else squares[x]
        for x in range(length):
            squares[x] = squares[x] if labels[x] != _NONE else np.inf
        nearest, nearest_squares = met.nearest, met.nearest_squares
        for x in range(length):
            nearest[x], nearest_squares[x] = labels[x], squares[x]
        for step in range(1, margin + 1):
            more = near.along[step]
            left, left_squares = met.labels[margin - step :], met.squares[margin - step :]
            right, right_squares = met.labels[margin + step :], met.squares[margin + step :]
            for x in range(length):
                label, square = nearest[x], nearest_squares[x]
                other, total = left[x], left_squares[x] + more
                takes = total < square or (total == square and other < label)
                label, square = other if takes else label, total if takes else square
                other, total = right[x], right_squares[x] + more
                takes = total < square or (total == square and other < label)
                nearest[x], nearest_squares[x] = other if takes else label, total if takes else square
        grown = out[line]
        for x in range(length):
            grown[x] = np.int32(nearest[x] + np.uint32(1)) if nearest_squares[x] <= near.limit else 0
