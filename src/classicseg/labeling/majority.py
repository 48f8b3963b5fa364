"""The majority around each pixel: what a label loses there by a vote of the pixels in a ball.

Along a line the ball moves on by one pixel at a time: a few pixels enter the count of each label, and as many
leave.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_bands
from classicseg._core.grid import look_up
from classicseg._core.image import as_canonical, as_spacing
from classicseg._core.kernel import kernel
from classicseg._core.numbers import as_number
from classicseg.labeling.lines import ball_of_lines, line_at
from classicseg.labeling.numbering import compact_labels
from classicseg.labeling.objects import as_masked_labels
from classicseg.types import Mask, Spacing


def smooth_labels(
    labels: ArrayLike, *, radius: float = 1.5, mask: Mask = None, spacing: Spacing = None
) -> NDArray[Any]:
    """Give each pixel the label that most of the pixels around it have.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N[, …])
        Segments or classes; 0 is a label like any other, the background of objects.
    radius : float, default 1.5
        How far the pixels that vote may be, in units of `spacing`, at least 0. 1: those that share a face; 1.5, in
        two dimensions, all eight around.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.

    Returns
    -------
    ndarray of bool or int32, shape (M, N[, …])
        The label of the majority: bool where `labels` is bool, else int32. What takes no part is 0.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, `mask` is not bool, or `radius` or `spacing` is not a number.
    ValueError
        If `labels` is empty or holds numbers outside 0 … 2147483647, `mask` or `spacing` does not fit its shape,
        or `radius` is negative.

    See Also
    --------
    remove_small_regions : Leaves the outlines of what stays as they are.
    refine_outlines : Draws outlines anew by an image.
    fill_holes : Fills holes of any size.

    Notes
    -----
    The pixels that vote lie within the Euclidean distance `radius`, within the image, and take part. Of labels
    that have equally many, the pixel's own wins, then the smallest. Of a set of pixels this is a median filter.
    Segments thinner than the ball may vanish, and others fall to pieces: `connected_regions` numbers these. The
    cost is the number of pixels times that of the lines of pixels that the ball crosses.

    Examples
    --------
    >>> from classicseg import smooth_labels
    >>> smooth_labels([[1, 1, 2, 1, 3, 3]], radius=1)
    array([[1, 1, 1, 1, 3, 3]], dtype=int32)
    """
    radius = as_number("radius", radius, least=0.0)
    parsed, inside, is_set = as_masked_labels(labels, mask)
    names = None
    if int(parsed.max()) > parsed.size:
        present, compact = compact_labels(parsed)
        names, parsed = np.append(np.int32(0), present).astype(np.int32), compact.astype(np.int32)
    votes = parsed if inside is None else as_canonical(np.where(inside, parsed, np.int32(-1)))
    found = _majorities(votes, radius, as_spacing(spacing, parsed.ndim))
    found = found if names is None else look_up(names, found)
    return found.astype(np.bool_) if is_set else found


def _majorities(labels: NDArray[np.int32], radius: float, spacing: tuple[float, ...]) -> NDArray[np.int32]:
    """The majority around each pixel, of labels that are -1 where a pixel takes no part."""
    axes = [axis for axis, length in enumerate(labels.shape) if length > 1] or [0]
    lengths, steps = [labels.shape[axis] for axis in axes], [spacing[axis] for axis in axes]
    counts = [int(min(radius / step, length - 1)) for step, length in zip(steps, lengths, strict=True)]
    ball = ball_of_lines(counts, steps, radius)
    lines, out = labels.reshape(-1, lengths[-1]), np.empty(labels.shape, np.int32)
    size = lengths[-1] * len(ball[0])
    grid, highest = np.array(lengths[:-1], np.int64), max(0, int(labels.max()))
    run_bands(_vote_band, len(lines), size, lines, grid, *ball, highest, out.reshape(lines.shape))
    return out


def _vote_band(
    lines: NDArray[np.int32],
    lengths: NDArray[np.int64],
    offsets: NDArray[np.int64],
    halves: NDArray[np.int64],
    highest: int,
    out: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    """Vote in lines, with counts of a band's own."""
    counts = np.zeros((3, highest + 1), np.int64)
    _vote(lines, lengths, offsets, halves, counts, np.empty(len(offsets), np.int64), out, start, stop)


def _vote_numpy(
    lines: NDArray[np.int32],
    lengths: NDArray[np.int64],
    offsets: NDArray[np.int64],
    halves: NDArray[np.int64],
    _: NDArray[np.int64],
    __: NDArray[np.int64],
    out: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    indices = np.unravel_index(np.arange(start, stop), tuple(lengths)) if len(lengths) else ()
    own, width = lines[start:stop], lines.shape[1]
    around = [own]  # the labels beside each pixel; -1 beyond the border
    for offset, half in zip(offsets, halves, strict=True):
        others = [index + step for index, step in zip(indices, offset, strict=True)]
        valid = np.ones(stop - start, np.bool_)
        for other, length in zip(others, lengths, strict=True):
            valid &= (other >= 0) & (other < length)
        found = np.ravel_multi_index([o[valid] for o in others], tuple(lengths)) if len(lengths) else [0]
        line = np.full((stop - start, width + 2 * half), -1, np.int32)
        line[valid, half : half + width] = lines[found]
        around += [line[:, shift : shift + width] for shift in range(2 * half + 1)]
    voters = around[1:]
    best, most = own.copy(), sum((voter == own).astype(np.int64) for voter in voters)
    for label in np.unique(np.concatenate([voter.reshape(-1) for voter in voters])):
        if label >= 0:
            count = sum((voter == label).astype(np.int64) for voter in voters)
            wins = (count > most) & (own >= 0)
            best[wins], most = label, np.where(wins, count, most)
    out[start:stop] = np.maximum(best, 0)


@kernel(numpy=_vote_numpy)
def _vote(
    lines: NDArray[np.int32],
    lengths: NDArray[np.int64],
    offsets: NDArray[np.int64],
    halves: NDArray[np.int64],
    counts: NDArray[np.int64],
    rows: NDArray[np.int64],
    out: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    """Let the pixels of the ball vote, for lines `start` to `stop`.

    `counts` has the votes of each label, its place among those that have any, and these. It begins and ends as
    zeros.
    """
    width = lines.shape[1]
    votes, places, voted = counts[0], counts[1], counts[2]
    for line in range(start, stop):
        n_labels, total = 0, 0
        for i in range(len(offsets)):
            rows[i] = line_at(line, lengths, offsets[i])
        for x in range(-halves.max(), width):
            for i in range(len(offsets)):
                if rows[i] < 0:
                    continue
                enters, leaves = x + halves[i], x - halves[i] - 1
                if 0 <= enters < width:
                    label = lines[rows[i], enters]
                    if label >= 0:
                        total += 1
                        votes[label] += 1
                        if votes[label] == 1:
                            places[label], voted[n_labels] = n_labels, label
                            n_labels += 1
                if leaves >= 0:
                    label = lines[rows[i], leaves]
                    if label >= 0:
                        total -= 1
                        votes[label] -= 1
                        if votes[label] == 0:
                            n_labels -= 1
                            moved = voted[n_labels]
                            voted[places[label]], places[moved] = moved, places[label]
            if x < 0:
                continue
            best = lines[line, x]
            if best >= 0 and 2 * votes[best] < total:
                most, own = votes[best], best
                for i in range(n_labels):
                    label = voted[i]
                    if votes[label] > most or (votes[label] == most and label < best and best != own):
                        best, most = label, votes[label]
            out[line, x] = max(best, 0)
        for i in range(n_labels):
            votes[voted[i]] = 0
