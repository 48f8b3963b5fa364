"""Distances within objects: from each pixel to the nearest one that does not belong to its object.

Squared distances go axis by axis. Along the first one, steps are counted to where the label changes. Along each
other one, the square of a pixel is the least of a parabola over each pixel of its run, and of one over each end,
where the square is 0: the lower envelope of parabolas (Felzenszwalb and Huttenlocher). Beyond the end of a run
nothing is nearer than the end. Where all axes have one spacing, the squares are whole numbers.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import as_canonical, as_classes, as_mask, as_spacing
from classicseg._core.kernel import kernel
from classicseg.types import Mask, Spacing

_COLUMNS = 1024
"""So many columns are counted along at once: rows of two kilobytes."""

_LINES = 16
"""So many lines that are not contiguous are copied to where they are: a cache line of squares."""


def distance_map(labels: ArrayLike, *, mask: Mask = None, spacing: Spacing = None) -> NDArray[np.float32]:
    """Measure how far each pixel is from the nearest one outside of its object.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N[, …])
        Objects: of bool all that is True, of integers all that has one label; 0 is the background.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.

    Returns
    -------
    ndarray of float32, shape (M, N[, …])
        The Euclidean distance, in units of `spacing`, from the center of each pixel to that of the nearest one
        with another label; 0 in the background, and infinite where there is none.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, `mask` is not bool, or `spacing` is not a number.
    ValueError
        If `labels` is empty or holds numbers outside 0 … 2147483647, or `mask` or `spacing` does not fit its
        shape.

    See Also
    --------
    split_touching : Splits objects where their distances have a waist.
    expand_labels : Grows objects by a distance.

    Notes
    -----
    What `mask` leaves out is background; what lies beyond the border of the image is not. Squared distances are
    exact, in whole numbers where all axes have one spacing, and by the lower envelope of parabolas along each axis
    [1]_, run by run [2]_. Of a set they are those of ``scipy.ndimage.distance_transform_edt``. The cost is linear
    in the number of pixels; beside the result it takes 2 bytes a pixel.

    References
    ----------
    .. [1] Felzenszwalb P. F., Huttenlocher D. P. Distance transforms of sampled functions. Theory of Computing 8,
       2012.
    .. [2] Meijster A., Roerdink J. B. T. M., Hesselink W. H. A general algorithm for computing distance transforms
       in linear time. Mathematical Morphology and its Applications to Image and Signal Processing, 2000.

    Examples
    --------
    >>> from classicseg import distance_map
    >>> distance_map([[False, True, True, True]], spacing=0.5)
    array([[0. , 0.5, 1. , 1.5]], dtype=float32)
    """
    classes = as_classes(labels)
    inside = as_mask(mask, classes.shape)
    if inside is not None:
        classes = as_canonical(np.where(inside, classes, classes.dtype.type(0)))
    return distances_within(classes, as_spacing(spacing, classes.ndim))


def distances_within(labels: NDArray[Any], spacing: tuple[float, ...]) -> NDArray[np.float32]:
    """The distance of each pixel to the nearest one of another label, for canonical labels."""
    shape = labels.shape if labels.ndim > 1 else (1, *labels.shape)
    steps = spacing if labels.ndim > 1 else (1.0, *spacing)
    is_even = len(set(spacing)) == 1
    unit, squares = (spacing[0], [1.0] * len(steps)) if is_even else (1.0, [step * step for step in steps])
    out = np.empty(labels.shape, np.float32)
    first = labels.reshape(shape[0], -1)
    gaps = np.empty(first.shape, np.uint16 if shape[0] < 2**15 else np.uint32)
    n_blocks = -(-first.shape[1] // _COLUMNS)
    run_bands(_count_gaps, n_blocks, min(_COLUMNS, first.shape[1]) * shape[0], first, gaps, int(_far_of(gaps)))
    found: NDArray[Any] = gaps.reshape(-1)
    for axis in range(1, len(shape) - 1):
        if axis == 1:
            is_exact = is_even and sum(length * length for length in shape) < 2**31
            found = out.reshape(-1).view(np.int32) if is_exact else np.empty(labels.size)
        before = gaps.reshape(-1) if axis == 1 else found
        inner = math.prod(shape[axis + 1 :])
        cut = Axis(shape[axis], inner, squares[axis], squares[0], _far_of(before), axis == 1)
        blocks = math.prod(shape[:axis]) * -(-inner // _LINES)
        run_bands(_across_band, blocks, _LINES * shape[axis], labels.reshape(-1), before, cut, found)
    last = Axis(shape[-1], 1, squares[-1], squares[0], _far_of(found), len(shape) == 2)
    lines = labels.size // shape[-1]
    run_bands(_along_band, lines, shape[-1], labels.reshape(-1), found, last, unit, out.reshape(-1))
    return out


class Axis(NamedTuple):
    """An axis that parabolas are taken along, and what the numbers before it stand for."""

    length: int
    inner: int
    """How many pixels lie between two neighbors along it."""
    square: float
    """The squared distance of two neighbors."""
    first_square: float
    """The same along the first axis, whose steps have been counted."""
    far: float
    """Numbers from here on are infinite."""
    is_counted: bool
    """Whether the numbers are steps along the first axis; else they are squares."""


class Scratch(NamedTuple):
    """What a band keeps of the lines that it works on."""

    names: NDArray[Any]
    """(n_lines, length)"""
    squares: NDArray[np.float64]
    """(n_lines, length)"""
    sites: NDArray[np.int64]
    """(length + 2,), where the parabolas of the envelope stand, …"""
    heights: NDArray[np.float64]
    """… how high, …"""
    bounds: NDArray[np.float64]
    """… and from where on each is the lowest."""
    halves: NDArray[np.float64]
    """(length + 2,), ``1 / (2 square d)`` for each distance d of two parabolas: a division takes longer."""


def _far_of(numbers: NDArray[Any]) -> float:
    """From where on numbers stand for infinity: half of what counts can be, or the highest square."""
    if numbers.dtype.kind == "u":
        return float(2 ** (8 * numbers.dtype.itemsize - 1))
    return float(np.iinfo(np.int32).max) if numbers.dtype.kind == "i" else math.inf


def _scratch(dtype: np.dtype[Any], n_lines: int, axis: Axis) -> Scratch:
    apart = np.maximum(np.arange(axis.length + 2), 1)
    return Scratch(
        np.empty((n_lines, axis.length), dtype),
        np.empty((n_lines, axis.length)),
        np.empty(axis.length + 2, np.int64),
        np.empty(axis.length + 2),
        np.empty(axis.length + 2),
        1 / (2 * axis.square * apart),
    )


def _across_band(
    labels: NDArray[Any], before: NDArray[Any], axis: Axis, squares: NDArray[Any], start: int, stop: int
) -> None:
    """Along an axis whose lines are not contiguous."""
    _across(labels, before, axis, _scratch(labels.dtype, _LINES, axis), squares, start, stop)


def _along_band(
    labels: NDArray[Any],
    before: NDArray[Any],
    axis: Axis,
    unit: float,
    out: NDArray[np.float32],
    start: int,
    stop: int,
) -> None:
    """Along the last axis; then distances, in the unit, take the place of squares."""
    _along(labels, before, axis, _scratch(labels.dtype, 1, axis), unit, out, start, stop)


def _count_gaps_numpy(rows: NDArray[Any], gaps: NDArray[Any], far: int, start: int, stop: int) -> None:
    columns = slice(start * _COLUMNS, stop * _COLUMNS)
    names = rows[:, columns]
    index = np.arange(len(rows), dtype=np.int64)[:, np.newaxis]
    changes = names[1:] != names[:-1]
    since = np.full(names.shape, -far, np.int64)
    since[1:] = np.maximum.accumulate(np.where(changes, index[:-1], -far), axis=0)
    until = np.full(names.shape, 2 * far, np.int64)
    until[:-1] = np.minimum.accumulate(np.where(changes, index[1:], 2 * far)[::-1], axis=0)[::-1]
    gaps[:, columns] = np.where(names == 0, 0, np.minimum(np.minimum(index - since, until - index), far))


@kernel(numpy=_count_gaps_numpy)
def _count_gaps(rows: NDArray[Any], gaps: NDArray[Any], far: int, start: int, stop: int) -> None:
    """Count the steps along the first axis to where the label changes, over blocks of columns.

    Where it does not change, the numbers go on from `far`, half of the highest one.
    """
    for block in range(start, stop):
        first, last = block * _COLUMNS, min(rows.shape[1], (block + 1) * _COLUMNS)
        for x in range(first, last):
            gaps[0, x] = far if rows[0, x] > 0 else 0
        for i in range(1, len(rows)):
            here, before = rows[i, first:last], rows[i - 1, first:last]
            counted, counted_before = gaps[i, first:last], gaps[i - 1, first:last]
            for x in range(last - first):
                count = counted_before[x] + 1 if here[x] == before[x] else 1
                counted[x] = count if here[x] > 0 else 0
        for j in range(1, len(rows)):
            i = len(rows) - 1 - j
            here, after = rows[i, first:last], rows[i + 1, first:last]
            counted, counted_after = gaps[i, first:last], gaps[i + 1, first:last]
            for x in range(last - first):
                count = counted_after[x] + 1 if here[x] == after[x] else 1
                counted[x] = min(counted[x], count) if here[x] > 0 else 0


def _across_numpy(
    labels: NDArray[Any],
    before: NDArray[Any],
    axis: Axis,
    scratch: Scratch,
    squares: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    shape = (-1, axis.length, axis.inner)
    names, numbers, out = labels.reshape(shape), before.reshape(shape), squares.reshape(shape)
    per_part = -(-axis.inner // _LINES)
    for block in range(start, stop):
        part, columns = block // per_part, slice(block % per_part * _LINES, (block % per_part + 1) * _LINES)
        found = _lowest_numpy(names[part, :, columns].T, numbers[part, :, columns].T, axis)
        out[part, :, columns] = np.minimum(found, _far_of(squares)).T


@kernel(numpy=_across_numpy)
def _across(
    labels: NDArray[Any],
    before: NDArray[Any],
    axis: Axis,
    scratch: Scratch,
    squares: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    """Write the squares along an axis, of blocks of lines side by side."""
    length, inner, far = axis.length, axis.inner, axis.far
    per_part, lines = -(-inner // _LINES), scratch.squares
    for block in range(start, stop):
        column = block % per_part * _LINES
        first, count = block // per_part * length * inner + column, min(_LINES, inner - column)
        for i in range(length):
            row = first + i * inner
            for j in range(count):
                scratch.names[j, i] = labels[row + j]
                number = np.float64(before[row + j])
                square = number * number * axis.first_square if axis.is_counted else number
                lines[j, i] = square if number < far else np.inf
        for j in range(count):
            _lower(scratch.names[j], lines[j], axis.square, *scratch[2:])
        for i in range(length):
            row = first + i * inner
            for j in range(count):
                squares[row + j] = min(lines[j, i], 2147483647.0) if squares.itemsize == 4 else lines[j, i]


def _along_numpy(
    labels: NDArray[Any],
    before: NDArray[Any],
    axis: Axis,
    scratch: Scratch,
    unit: float,
    out: NDArray[np.float32],
    start: int,
    stop: int,
) -> None:
    band = slice(start * axis.length, stop * axis.length)
    names, numbers = (array[band].reshape(-1, axis.length) for array in (labels, before))
    out[band] = np.sqrt(_lowest_numpy(names, numbers, axis)).reshape(-1) * unit


@kernel(numpy=_along_numpy)
def _along(
    labels: NDArray[Any],
    before: NDArray[Any],
    axis: Axis,
    scratch: Scratch,
    unit: float,
    out: NDArray[np.float32],
    start: int,
    stop: int,
) -> None:
    """Write the distances of contiguous lines."""
    length, far, squares = axis.length, axis.far, scratch.squares[0]
    for line in range(start, stop):
        names, numbers = labels[line * length : (line + 1) * length], before[line * length : (line + 1) * length]
        if axis.is_counted:
            for x in range(length):
                number = np.float64(numbers[x])
                squares[x] = number * number * axis.first_square if number < far else np.inf
        else:
            for x in range(length):
                number = np.float64(numbers[x])
                squares[x] = number if number < far else np.inf
        _lower(names, squares, axis.square, *scratch[2:])
        distances = out[line * length : (line + 1) * length]
        for x in range(length):
            distances[x] = math.sqrt(squares[x]) * unit


def _lowest_numpy(names: NDArray[Any], numbers: NDArray[Any], axis: Axis) -> NDArray[np.float64]:
    """Of lines (n, length), the least parabola at each pixel: over those of its label, and over 0 of others."""
    given = numbers.astype(np.float64)
    squares = given * given * axis.first_square if axis.is_counted else given
    squares = np.where(names == 0, 0.0, np.where(given < axis.far, squares, np.inf))
    lowest = squares.copy()
    for step in range(1, axis.length):
        risen = axis.square * (step * step)
        if risen >= lowest.max():
            break
        same = names[:, step:] == names[:, :-step]
        for here, there in [(np.s_[:, step:], np.s_[:, :-step]), (np.s_[:, :-step], np.s_[:, step:])]:
            np.minimum(lowest[here], np.where(same, squares[there], 0.0) + risen, out=lowest[here])
    return lowest


@kernel()
def _lower(
    names: NDArray[Any],
    squares: NDArray[np.float64],
    square: float,
    sites: NDArray[np.int64],
    heights: NDArray[np.float64],
    bounds: NDArray[np.float64],
    halves: NDArray[np.float64],
) -> None:
    """Lower the squares of a line to the envelope of the parabolas over each run."""
    length, start = len(names), 0
    while start < length:
        stop, name = start + 1, names[start]
        while stop < length and names[stop] == name:
            stop += 1
        if name == 0:
            for x in range(start, stop):
                squares[x] = 0.0
            start = stop
            continue
        last = -1
        for site in range(max(start - 1, 0), min(stop + 1, length)):
            height = squares[site] if start <= site < stop else 0.0
            if height == np.inf:
                continue
            bound = -np.inf
            while last >= 0:
                before = sites[last]
                bound = (height - heights[last]) * halves[site - before] + 0.5 * (site + before)
                if bound > bounds[last]:
                    break
                last -= 1
                bound = -np.inf
            last += 1
            sites[last], heights[last], bounds[last] = site, height, bound
        if last >= 0:
            here = 0
            for x in range(start, stop):
                while here < last and bounds[here + 1] < x:
                    here += 1
                apart = x - sites[here]
                squares[x] = heights[here] + square * (apart * apart)
        start = stop
