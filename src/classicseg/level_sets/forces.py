"""What moves a contour: values that are more like those of its other side, edges that draw it, and pressure.

Forces act where the contour is: on pixels whose two neighbors along some axis differ. A neighbor that takes no
part is replaced by the pixel itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg.level_sets.sets import CHUNK, Sets, run_chunks


def attract_by_means(
    sets: Sets, values: NDArray[Any], means: NDArray[np.float64], weights: tuple[float, float]
) -> None:
    """Move pixels on the contour to the side whose mean is nearer; writes the copy for the least.

    Values are flat and padded, (n, channels); `means` and `weights` are those outside, then inside.
    """
    run_chunks(
        _to_nearer_mean,
        sets,
        sets.for_greatest,
        sets.for_least,
        sets.inside,
        sets.strides,
        values,
        means,
        *weights,
    )


def attract_by_edges(sets: Sets, strengths: NDArray[Any], squares: NDArray[np.float64]) -> None:
    """Draw the contour to the crest of edges; writes the copy for the least.

    Strengths are flat and padded; squares are one by the squared spacing of each axis.
    """
    run_chunks(_to_crests, sets, sets.for_greatest, sets.for_least, sets.inside, sets.strides, strengths, squares)


def press(sets: Sets, is_free: NDArray[np.uint8], around: NDArray[np.int64], *, outwards: bool) -> None:
    """Move the contour by a pixel where it is free; writes the copy for the least if outwards, else the other one.

    `around` are the steps to all neighbors, corners too.
    """
    source, target = (sets.for_greatest, sets.for_least) if outwards else (sets.for_least, sets.for_greatest)
    run_chunks(_press, sets, source, target, sets.inside, is_free, around, int(not outwards))


def _contour_numpy(source: Any, inside: Any, strides: Any, begin: int, end: int) -> list[NDArray[np.int64]]:
    """Of each axis, the second neighbor less the first one, where one that takes no part is the pixel itself."""
    here, differences = source[begin:end].astype(np.int64), []
    for step in strides.tolist():
        lower, upper = (
            np.where(inside[begin + s : end + s] > 0, source[begin + s : end + s], here) for s in (-step, step)
        )
        differences.append(upper - lower)
    return differences


@kernel()
def _mark_contour(
    source: NDArray[np.uint8],
    target: NDArray[np.uint8],
    inside: NDArray[np.uint8],
    strides: NDArray[np.int64],
    marks: NDArray[np.uint8],
    begin: int,
    count: int,
) -> None:
    """Copy a chunk, and mark the pixels on the contour."""
    here, taken, out = source[begin:], inside[begin:], target[begin:]
    for j in range(marks.size):
        marks[j] = 0
    for j in range(count):
        out[j] = here[j] | (taken[j] ^ np.uint8(1))
    for axis in range(strides.size):
        step = strides[axis]
        lower, upper = source[begin - step :], source[begin + step :]
        has_lower, has_upper = inside[begin - step :], inside[begin + step :]
        for j in range(count):
            one = lower[j] | (here[j] & (has_lower[j] ^ np.uint8(1)))
            other = upper[j] | (here[j] & (has_upper[j] ^ np.uint8(1)))
            marks[j] |= (one ^ other) & taken[j]


def _to_nearer_mean_numpy(
    source: Any,
    target: Any,
    inside: Any,
    strides: Any,
    values: Any,
    means: Any,
    outside_weight: float,
    inside_weight: float,
    first: int,
    last: int,
    start: int,
    stop: int,
) -> None:
    begin, end = first + start * CHUNK, min(first + stop * CHUNK, last)
    is_on = np.any(_contour_numpy(source, inside, strides, begin, end), axis=0) & (inside[begin:end] > 0)
    squares = np.zeros((2, end - begin))
    for side in range(2):
        for channel in range(values.shape[1]):
            step = values[begin:end, channel].astype(np.float64) - means[side, channel]
            squares[side] = squares[side] + step * step
    force = inside_weight * squares[1] - outside_weight * squares[0]
    moved = np.where(force < 0, 1, np.where(force > 0, 0, source[begin:end]))
    target[begin:end] = np.where(is_on, moved, source[begin:end] | (inside[begin:end] ^ 1))


@kernel(numpy=_to_nearer_mean_numpy)
def _to_nearer_mean(
    source: NDArray[np.uint8],
    target: NDArray[np.uint8],
    inside: NDArray[np.uint8],
    strides: NDArray[np.int64],
    values: NDArray[Any],
    means: NDArray[np.float64],
    outside_weight: float,
    inside_weight: float,
    first: int,
    last: int,
    start: int,
    stop: int,
) -> None:
    marks = np.empty(CHUNK, np.uint8)
    words = marks.view(np.uint64)
    for chunk in range(start, stop):
        begin = first + chunk * CHUNK
        count = min(CHUNK, last - begin)
        _mark_contour(source, target, inside, strides, marks, begin, count)
        for word in range(words.size):
            if words[word] == 0:
                continue
            for j in range(8 * word, 8 * word + 8):
                if marks[j] == 0:
                    continue
                without, within = 0.0, 0.0
                for channel in range(values.shape[1]):
                    step = np.float64(values[begin + j, channel]) - means[0, channel]
                    without += step * step
                    step = np.float64(values[begin + j, channel]) - means[1, channel]
                    within += step * step
                force = inside_weight * within - outside_weight * without
                if force != 0.0:
                    target[begin + j] = 1 if force < 0.0 else 0


def _to_crests_numpy(
    source: Any,
    target: Any,
    inside: Any,
    strides: Any,
    strengths: Any,
    squares: Any,
    first: int,
    last: int,
    start: int,
    stop: int,
) -> None:
    begin, end = first + start * CHUNK, min(first + stop * CHUNK, last)
    here, force = strengths[begin:end].astype(np.float64), np.zeros(end - begin)
    for axis, difference in enumerate(_contour_numpy(source, inside, strides, begin, end)):
        step = int(strides[axis])
        has = [inside[begin + s : end + s] > 0 for s in (-step, step)]
        beside = [strengths[begin + s : end + s].astype(np.float64) for s in (-step, step)]
        slope = np.where(has[1], beside[1], here) - np.where(has[0], beside[0], here)
        count = np.maximum(has[0].astype(np.float64) + has[1], 1)
        force = force + slope * difference * squares[axis] / (count * count)
    moved = np.where(force < 0, 1, np.where(force > 0, 0, source[begin:end]))
    target[begin:end] = np.where(inside[begin:end] > 0, moved, 1)


@kernel(numpy=_to_crests_numpy)
def _to_crests(
    source: NDArray[np.uint8],
    target: NDArray[np.uint8],
    inside: NDArray[np.uint8],
    strides: NDArray[np.int64],
    strengths: NDArray[Any],
    squares: NDArray[np.float64],
    first: int,
    last: int,
    start: int,
    stop: int,
) -> None:
    """The product of the slopes of the strength and of the set: a set grows towards where strengths rise."""
    marks = np.empty(CHUNK, np.uint8)
    words = marks.view(np.uint64)
    for chunk in range(start, stop):
        begin = first + chunk * CHUNK
        count = min(CHUNK, last - begin)
        _mark_contour(source, target, inside, strides, marks, begin, count)
        for word in range(words.size):
            if words[word] == 0:
                continue
            for i in range(begin + 8 * word, begin + 8 * word + 8):
                if marks[i - begin] == 0:
                    continue
                force = 0.0
                for axis in range(strides.size):
                    lower, upper = i - strides[axis], i + strides[axis]
                    lower = lower if inside[lower] else i
                    upper = upper if inside[upper] else i
                    slope = np.float64(strengths[upper]) - np.float64(strengths[lower])
                    difference = np.float64(source[upper]) - np.float64(source[lower])
                    n_steps = np.float64(max((upper - lower) // strides[axis], 1))
                    force += slope * difference * squares[axis] / (n_steps * n_steps)
                if force != 0.0:
                    target[i] = 1 if force < 0.0 else 0


def _press_numpy(
    source: Any,
    target: Any,
    inside: Any,
    is_free: Any,
    around: Any,
    flip: int,
    first: int,
    last: int,
    start: int,
    stop: int,
) -> None:
    begin, end = first + start * CHUNK, min(first + stop * CHUNK, last)
    beside = [source[begin + step : end + step] for step in (0, *around.tolist())]
    extreme = np.min(beside, axis=0) if flip else np.max(beside, axis=0)
    moved = np.where(is_free[begin:end] > 0, extreme, source[begin:end])
    target[begin:end] = moved & inside[begin:end] if flip else moved | (inside[begin:end] ^ 1)


@kernel(numpy=_press_numpy)
def _press(
    source: NDArray[np.uint8],
    target: NDArray[np.uint8],
    inside: NDArray[np.uint8],
    is_free: NDArray[np.uint8],
    around: NDArray[np.int64],
    flip: int,
    first: int,
    last: int,
    start: int,
    stop: int,
) -> None:
    """Grow, or with flip shrink, where it is free."""
    extreme, bit, one = np.empty(CHUNK, np.uint8), np.uint8(flip), np.uint8(1)
    for chunk in range(start, stop):
        begin = first + chunk * CHUNK
        count = min(CHUNK, last - begin)
        here, taken, free, out = source[begin:], inside[begin:], is_free[begin:], target[begin:]
        for j in range(count):
            extreme[j] = here[j] ^ bit
        for k in range(around.size):
            beside = source[begin + around[k] :]
            for j in range(count):
                extreme[j] |= (beside[j] ^ bit) & free[j]
        if flip:
            for j in range(count):
                out[j] = (extreme[j] ^ bit) & taken[j]
        else:
            for j in range(count):
                out[j] = extreme[j] | (taken[j] ^ one)
