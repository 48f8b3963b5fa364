"""Holes: components of the background, connected over the faces of pixels, that one object encloses."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.labeling.components import connected_runs
from classicseg.labeling.lines import line_at
from classicseg.labeling.objects import as_masked_classes
from classicseg.labeling.run_lengths import expand, on_border
from classicseg.types import Mask

_OUTSIDE = np.int32(2**31 - 1)
"""As the highest label beside a component: it touches the border of the image."""


def fill_holes(labels: ArrayLike, *, mask: Mask = None) -> NDArray[Any]:
    """Fill the holes of objects.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N[, …])
        Objects: of bool each connected component is one, of integers all that has one label; 0 is the background.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    ndarray of bool or int32, shape (M, N[, …])
        The objects with their holes: bool where `labels` is bool, else int32, with the labels given. A hole
        between several labels stays 0, and so does what takes no part.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, or `mask` is not bool.
    ValueError
        If `labels` is empty or holds numbers outside 0 … 2147483647, or `mask` does not fit its shape.

    See Also
    --------
    remove_small_regions : Removes small objects; those of the background are small holes:
        ``~remove_small_regions(~mask, min_area=…)``.
    region_growing_segment : Fills the holes of what it grows (``fill_holes=True``).

    Notes
    -----
    A hole is a component of the background, its pixels connected over faces, that does not touch the border of
    the image, as in ``scipy.ndimage.binary_fill_holes``. What `mask` leaves out belongs to the background around
    it. The cost is linear in the number of pixels.

    Examples
    --------
    >>> from classicseg import fill_holes
    >>> fill_holes([[3, 3, 3], [3, 0, 3], [3, 3, 3]])
    array([[3, 3, 3],
           [3, 3, 3],
           [3, 3, 3]], dtype=int32)
    """
    parsed, inside, is_set = as_masked_classes(labels, mask)
    filled: NDArray[Any] = _filled_set(parsed) if is_set else filled_holes(parsed)
    if inside is not None:
        filled[~inside] = 0
    return filled


def _filled_set(members: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Fill the holes of a set, as 0 and 1: what is not connected to the border."""
    if min(members.shape) == 1:  # every pixel is on the border
        return members > 0
    runs = connected_runs((members == 0).view(np.uint8), 1)
    is_filled = ~on_border(runs, int(runs.labels.max(initial=0)))
    is_filled[0] = True
    return expand(runs, is_filled)


def filled_holes(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Give each hole of canonical labels the label of the object that encloses it."""
    filled = labels.copy()
    if min(labels.shape) == 1 and labels.ndim > 1:  # every pixel is on the border
        return filled
    shape, stops, numbers = connected_runs((labels == 0).view(np.uint8), 1)
    n_found = int(numbers.max(initial=0)) + 1
    lowest, highest = np.full(n_found, _OUTSIDE, np.int32), np.zeros(n_found, np.int32)
    lengths = np.array(shape[:-1] if len(shape) > 1 else [1], np.int64)
    steps = np.vstack([np.eye(len(lengths), dtype=np.int64), -np.eye(len(lengths), dtype=np.int64)])
    flat, has_lines = filled.reshape(-1, shape[-1]), len(shape) > 1
    steps = steps if has_lines else steps[:0]
    run_bands(_look_around, len(stops), 1, stops, numbers, flat, lengths, steps, lowest, highest, sequential=True)
    owners = np.where((lowest == highest) & (highest < _OUTSIDE), highest, np.int32(0))
    owners[0] = 0
    run_bands(_fill, len(stops), 1, stops, numbers, owners, filled.reshape(-1))
    return filled


def _look_around_numpy(
    stops: NDArray[Any],
    numbers: NDArray[np.int32],
    lines: NDArray[np.int32],
    lengths: NDArray[np.int64],
    steps: NDArray[np.int64],
    lowest: NDArray[np.int32],
    highest: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    first = int(stops[start - 1]) if start else 0
    shape = (*lengths.tolist(), lines.shape[1]) if len(steps) else (lines.shape[1],)
    components = np.zeros(lines.size, np.int32)
    components[first : stops[stop - 1]] = np.repeat(numbers[start:stop], np.diff(stops[start:stop], prepend=first))
    own = np.pad(components.reshape(shape), 1)
    around = np.pad(lines.reshape(shape), 1, constant_values=_OUTSIDE)
    for axis in range(own.ndim):
        for sign in (-1, 1):
            beside = np.roll(around, sign, axis)
            touches = (own > 0) & (beside > 0)
            np.minimum.at(lowest, own[touches], beside[touches])
            np.maximum.at(highest, own[touches], beside[touches])


@kernel(numpy=_look_around_numpy)
def _look_around(
    stops: NDArray[Any],
    numbers: NDArray[np.int32],
    lines: NDArray[np.int32],
    lengths: NDArray[np.int64],
    steps: NDArray[np.int64],
    lowest: NDArray[np.int32],
    highest: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    """Note the lowest and the highest label that each component of the background touches."""
    length = lines.shape[1]
    first = int(stops[start - 1]) if start > 0 else 0
    for run in range(start, stop):
        last, number = int(stops[run]), numbers[run]
        if number > 0 and highest[number] < _OUTSIDE:
            line, low, high = first // length, lowest[number], highest[number]
            begin, end = first - line * length, last - line * length
            row = lines[line]
            if begin == 0 or end == length:
                high = _OUTSIDE
            else:
                low = min(low, row[begin - 1], row[end])
                high = max(high, row[begin - 1], row[end])
            for i in range(len(steps)):
                other = line_at(line, lengths, steps[i])
                if other < 0:
                    high = _OUTSIDE
                if high == _OUTSIDE:
                    break
                row = lines[other]
                for x in range(begin, end):
                    label = row[x]
                    if label > 0:
                        low = min(low, label)
                        high = max(high, label)
            lowest[number], highest[number] = low, high
        first = last


def _fill_numpy(
    stops: NDArray[Any],
    numbers: NDArray[np.int32],
    owners: NDArray[np.int32],
    flat: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    first = int(stops[start - 1]) if start else 0
    part = flat[first : stops[stop - 1]]
    part += np.repeat(owners[numbers[start:stop]], np.diff(stops[start:stop], prepend=first))


@kernel(numpy=_fill_numpy)
def _fill(
    stops: NDArray[Any],
    numbers: NDArray[np.int32],
    owners: NDArray[np.int32],
    flat: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    """Give the pixels of holes the label of their owner."""
    first = int(stops[start - 1]) if start > 0 else 0
    for run in range(start, stop):
        last, owner = int(stops[run]), owners[numbers[run]]
        if owner > 0:
            for i in range(first, last):
                flat[i] = owner
        first = last
