"""Erosion by a ball: the pixels that lie farther from a set of pixels than a given radius.

For a large radius that is a threshold of the distance transform. For a small one the distance to the next pixel of
the set is counted within each line; a pixel lies farther away if none of the lines around it has a pixel of the
set within the chord of the ball there.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from classicseg._core.bands import run_bands, run_interruptible
from classicseg._core.kernel import kernel
from classicseg.labeling.lines import ball_of_lines, line_at

_MOST_LINES = 200
"""A ball across more lines takes as long as scipy's distance transform."""

_FARTHEST = 255
"""Distances along a line are counted up to here."""


def farther_than(marked: NDArray[np.bool_], radius: float, spacing: tuple[float, ...]) -> NDArray[np.bool_]:
    """Whether each pixel lies farther than `radius` from all marked pixels."""
    axes = [axis for axis, length in enumerate(marked.shape) if length > 1] or [0]
    lengths, spacings = [marked.shape[axis] for axis in axes], [spacing[axis] for axis in axes]
    counts = [min(int(radius / step), length) for step, length in zip(spacings, lengths, strict=True)]
    if counts[-1] >= _FARTHEST or math.prod(2 * count + 1 for count in counts[:-1]) > _MOST_LINES:
        if not marked.any():
            return np.ones(marked.shape, np.bool_)
        return run_interruptible(partial(ndimage.distance_transform_edt, sampling=spacing), ~marked) > radius
    offsets, halves = ball_of_lines(counts, spacings, radius)
    lines = marked.reshape(-1, lengths[-1])
    gaps, far = np.empty(lines.shape, np.uint8), np.empty(lines.shape, np.bool_)
    run_bands(_count_gaps, len(lines), lengths[-1], lines, gaps)
    size = lengths[-1] * len(offsets)
    run_bands(_mark_far, len(lines), size, gaps, np.array(lengths[:-1], np.int64), offsets, halves, far)
    return far.reshape(marked.shape)


def _count_gaps_numpy(lines: NDArray[np.bool_], gaps: NDArray[np.uint8], start: int, stop: int) -> None:
    column = np.arange(lines.shape[1])
    before = np.maximum.accumulate(np.where(lines[start:stop], column, -_FARTHEST), axis=1)
    after = np.where(lines[start:stop], column, lines.shape[1] + _FARTHEST)[:, ::-1]
    after = np.minimum.accumulate(after, axis=1)[:, ::-1]
    gaps[start:stop] = np.minimum(np.minimum(column - before, after - column), _FARTHEST)


@kernel(numpy=_count_gaps_numpy)
def _count_gaps(lines: NDArray[np.bool_], gaps: NDArray[np.uint8], start: int, stop: int) -> None:
    """Write how far the nearest marked pixel of the same line is."""
    n_columns = lines.shape[1]
    for line in range(start, stop):
        marked, row, gap = lines[line], gaps[line], _FARTHEST
        for x in range(n_columns):
            gap = 0 if marked[x] else min(gap + 1, _FARTHEST)
            row[x] = gap
        gap = _FARTHEST
        for i in range(n_columns):
            x = n_columns - 1 - i
            gap = min(gap + 1, int(row[x]))
            row[x] = gap


def _mark_far_numpy(
    gaps: NDArray[np.uint8],
    lengths: NDArray[np.int64],
    offsets: NDArray[np.int64],
    halves: NDArray[np.int64],
    far: NDArray[np.bool_],
    start: int,
    stop: int,
) -> None:
    indices = np.unravel_index(np.arange(start, stop), tuple(lengths)) if len(lengths) else ()
    far[start:stop] = True
    for offset, half in zip(offsets, halves, strict=True):
        others = [index + step for index, step in zip(indices, offset, strict=True)]
        valid = np.ones(stop - start, np.bool_)
        for other, length in zip(others, lengths, strict=True):
            valid &= (other >= 0) & (other < length)
        found = np.ravel_multi_index([o[valid] for o in others], tuple(lengths)) if len(lengths) else [0]
        far[start:stop][valid] &= gaps[found] > half


@kernel(numpy=_mark_far_numpy)
def _mark_far(
    gaps: NDArray[np.uint8],
    lengths: NDArray[np.int64],
    offsets: NDArray[np.int64],
    halves: NDArray[np.int64],
    far: NDArray[np.bool_],
    start: int,
    stop: int,
) -> None:
    """Mark the pixels of lines `start` to `stop` around which no line has a marked pixel within the ball."""
    for line in range(start, stop):
        out = far[line]
        out.fill(True)
        for i in range(len(offsets)):
            other = line_at(line, lengths, offsets[i])
            if other >= 0:
                row, half = gaps[other], np.uint8(halves[i])
                for x in range(len(out)):
                    out[x] &= row[x] > half
