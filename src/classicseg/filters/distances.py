"""Distances within objects: from each pixel to the nearest one that does not belong to its object.

Squared distances go axis by axis. Along the first one, steps are counted to where the label changes. Along each
other one, the square of a pixel is the least of a parabola over each pixel of its run, and of one over each end,
where the square is 0: the lower envelope of parabolas (Felzenszwalb and Huttenlocher). Beyond the end of a run
nothing is nearer than the end. Where all axes have one spacing, the squares are whole numbers.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import as_canonical, as_classes, as_mask, as_spacing
from classicseg._core.kernel import kernel
from classicseg.filters.envelopes import LINES, Axis, across, along, far_of, scratch_of
from classicseg.types import Mask, Spacing

_COLUMNS = 1024
"""So many columns are counted along at once: rows of two kilobytes."""


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
    run_bands(_count_gaps, n_blocks, min(_COLUMNS, first.shape[1]) * shape[0], first, gaps, int(far_of(gaps)))
    found: NDArray[Any] = gaps.reshape(-1)
    for axis in range(1, len(shape) - 1):
        if axis == 1:
            is_exact = is_even and sum(length * length for length in shape) < 2**31
            found = out.reshape(-1).view(np.int32) if is_exact else np.empty(labels.size)
        before = gaps.reshape(-1) if axis == 1 else found
        inner = math.prod(shape[axis + 1 :])
        cut = Axis(shape[axis], inner, squares[axis], squares[0], far_of(before), axis == 1)
        blocks = math.prod(shape[:axis]) * -(-inner // LINES)
        run_bands(_across_band, blocks, LINES * shape[axis], labels.reshape(-1), before, cut, found)
    last = Axis(shape[-1], 1, squares[-1], squares[0], far_of(found), len(shape) == 2)
    lines = labels.size // shape[-1]
    run_bands(_along_band, lines, shape[-1], labels.reshape(-1), found, last, unit, out.reshape(-1))
    return out


def _across_band(
    labels: NDArray[Any], before: NDArray[Any], axis: Axis, squares: NDArray[Any], start: int, stop: int
) -> None:
    """Along an axis whose lines are not contiguous."""
    across(labels, before, axis, scratch_of(labels.dtype, LINES, axis), squares, start, stop)


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
    along(labels, before, axis, scratch_of(labels.dtype, 1, axis), unit, out, start, stop)


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
