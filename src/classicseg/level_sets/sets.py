"""Sets of pixels in bytes, on a padded grid, and the steps that all moving contours have in common.

What takes no part, and the padding, must decide nothing: where the least of several pixels is sought it counts as
1, where the greatest is, as 0. So there are two copies of a set, one for either, and each step writes the other
one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.grid import interior, pad, padded_strides
from classicseg._core.kernel import kernel
from classicseg._core.two_floats import lost

CHUNK = 4096
"""So many pixels are worked on at once, a vector of bytes at a time."""


class Sets(NamedTuple):
    """A set of pixels on a padded grid, flat."""

    inside: NDArray[np.uint8]
    """(n,), 1 where a pixel takes part."""
    for_least: NDArray[np.uint8]
    """(n,), the set, 1 where a pixel takes no part."""
    for_greatest: NDArray[np.uint8]
    """(n,), the set, 0 where a pixel takes no part."""
    before: NDArray[np.uint8]
    """(n,), the set at the last look, 0 where a pixel takes no part."""
    strides: NDArray[np.int64]
    """(n_axes,)"""
    flats: NDArray[np.int64]
    """(n_elements, n_offsets), the steps within each flat piece through a pixel (`flat_pieces`)."""
    span: tuple[int, int]
    """The first pixel that is no padding before all others, and the end."""


def sets_of(start: NDArray[np.bool_], mask: NDArray[np.bool_]) -> Sets:
    """A set on its grid."""
    inside = pad(mask.view(np.uint8), mask.ndim).reshape(-1)
    members = pad((start & mask).view(np.uint8), mask.ndim).reshape(-1)
    strides = padded_strides(mask.shape)
    first = int(strides.sum())
    return Sets(
        inside,
        members | (inside ^ 1),
        members.copy(),
        np.zeros_like(members),
        strides,
        flat_pieces(mask.ndim) @ strides,
        (first, inside.size - first),
    )


def members_of(sets: Sets, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The set as an array of the image's shape."""
    return interior(sets.for_greatest, shape).view(np.bool_)


def flat_pieces(ndim: int) -> NDArray[np.int64]:
    """The steps of the flat pieces of 3 pixels a side through a pixel: lines in a plane, planes in a volume.

    In each, one coordinate does not change, or two change alike or oppositely (n_pieces, n_steps, ndim).
    """
    around = np.array(list(itertools.product((-1, 0, 1), repeat=ndim)), np.int64)
    normals = [np.eye(ndim, dtype=np.int64)[a] for a in range(ndim)]
    normals += [
        normals[a] + sign * normals[b] for a, b in itertools.combinations(range(ndim), 2) for sign in (1, -1)
    ]
    return np.array([around[(around @ normal == 0)] for normal in normals])


def run_chunks(kernel: Callable[..., Any], sets: Sets, *arguments: Any) -> list[Any]:
    """Run a kernel over bands of chunks of the span."""
    first, last = sets.span
    return run_bands(kernel, -(-(last - first) // CHUNK), CHUNK, *arguments, first, last)


def smooth(sets: Sets, *, begins_with_least: bool) -> None:
    """Remove what is thinner than a flat piece, or fill it: the mean motion by curvature.

    The greatest over the flat pieces of the least in each, and the least of the greatest, in either order; the set
    is expected in both copies, and left in both.
    """
    steps = (1, 0) if begins_with_least else (0, 1)
    for is_least in steps:
        source, target = (sets.for_least, sets.for_greatest) if is_least else (sets.for_greatest, sets.for_least)
        run_chunks(_by_pieces, sets, source, target, sets.inside, sets.flats, 1 - is_least)
    complete(sets, from_greatest=not begins_with_least)


def smooth_often(sets: Sets, count: int, *, is_even: bool) -> bool:
    """Smooth so often, the two orders in turns; return whether it has been an even number of times then.

    `is_even` says whether it was before. After two times that change nothing no more are needed.
    """
    while count > 0:
        earlier = sets.for_greatest.copy() if count > 2 else sets.for_greatest
        for _ in range(min(count, 2)):
            smooth(sets, begins_with_least=not is_even)
            is_even = not is_even
        count -= 2
        if count > 0 and np.array_equal(earlier, sets.for_greatest):
            count %= 2
    return is_even


class Repetition:
    """Notices that a contour is where it was, an even number of steps ago: it would go round for ever.

    The last state is compared, and one that is kept for twice as many steps each time (Brent 1980).
    """

    def __init__(self) -> None:
        self._last = self._kept = np.zeros(0, np.uint8)

    def has_come(self, sets: Sets, number: int) -> bool:
        """Whether the set before step `number` was there before; looks at each second step."""
        if number % 2:  # the two orders of smoothing may undo each other
            return False
        if any(np.array_equal(earlier, sets.for_greatest) for earlier in (self._last, self._kept)):
            return True
        self._last = sets.for_greatest.copy()
        if number & (number - 1) == 0:
            self._kept = self._last
        return False


def complete(sets: Sets, *, from_greatest: bool) -> None:
    """Copy the set from one copy to the other."""
    if from_greatest:
        np.bitwise_or(sets.for_greatest, sets.inside ^ 1, out=sets.for_least)
    else:
        np.bitwise_and(sets.for_least, sets.inside, out=sets.for_greatest)


def changes(sets: Sets, values: NDArray[Any]) -> tuple[int, list[list[float]]]:
    """What has changed since the last look: how many pixels more there are, and the sums of the values.

    Values are flat and padded, (n, channels); sums are in two floats for each channel.
    """
    found = run_chunks(_compare, sets, sets.for_greatest, sets.before, values)
    sums = [[part for _, of_band in found for part in of_band[:, c].tolist()] for c in range(values.shape[1])]
    return sum(n_more for n_more, _ in found), sums


def _bounds(start: int, stop: int, first: int, last: int) -> tuple[int, int]:
    return first + start * CHUNK, min(first + stop * CHUNK, last)


def _by_pieces_numpy(
    source: Any, target: Any, inside: Any, flats: Any, flip: int, first: int, last: int, start: int, stop: int
) -> None:
    begin, end = _bounds(start, stop, first, last)
    pieces = [[source[begin + step : end + step] ^ flip for step in piece] for piece in flats.tolist()]
    found = np.max([np.min(piece, axis=0) for piece in pieces], axis=0) ^ flip
    taken = inside[begin:end]
    target[begin:end] = found | (taken ^ 1) if flip else found & taken


@kernel(numpy=_by_pieces_numpy)
def _by_pieces(
    source: NDArray[np.uint8],
    target: NDArray[np.uint8],
    inside: NDArray[np.uint8],
    flats: NDArray[np.int64],
    flip: int,
    first: int,
    last: int,
    start: int,
    stop: int,
) -> None:
    """The greatest of the least of each piece; of the opposite set with flip, so that it is the least of the
    greatest."""
    best, piece = np.empty(CHUNK, np.uint8), np.empty(CHUNK, np.uint8)
    bit = np.uint8(flip)
    for chunk in range(start, stop):
        begin = first + chunk * CHUNK
        count = min(CHUNK, last - begin)
        for e in range(flats.shape[0]):
            for k in range(flats.shape[1]):
                beside = source[begin + flats[e, k] :]
                if k == 0:
                    for j in range(count):
                        piece[j] = beside[j] ^ bit
                else:
                    for j in range(count):
                        piece[j] &= beside[j] ^ bit
            if e == 0:
                for j in range(count):
                    best[j] = piece[j]
            else:
                for j in range(count):
                    best[j] |= piece[j]
        taken, out = inside[begin:], target[begin:]
        if flip:
            for j in range(count):
                out[j] = (best[j] ^ bit) | (taken[j] ^ np.uint8(1))
        else:
            for j in range(count):
                out[j] = best[j] & taken[j]


def _compare_numpy(
    now: Any, before: Any, values: Any, first: int, last: int, start: int, stop: int
) -> tuple[int, NDArray[np.float64]]:
    begin, end = _bounds(start, stop, first, last)
    new, old = now[begin:end].astype(np.int64), before[begin:end].astype(np.int64)
    changed = np.flatnonzero(new != old)
    signs, sums = (new - old)[changed], np.zeros((2, values.shape[1]))
    for channel in range(values.shape[1]):
        parts = (values[begin + changed, channel].astype(np.float64) * signs).tolist()
        sums[0, channel] = math.fsum(parts)
        sums[1, channel] = math.fsum([*parts, -sums[0, channel]])
    before[begin:end] = now[begin:end]
    return int(signs.sum()), sums


@kernel(numpy=_compare_numpy)
def _compare(
    now: NDArray[np.uint8],
    before: NDArray[np.uint8],
    values: NDArray[Any],
    first: int,
    last: int,
    start: int,
    stop: int,
) -> tuple[Any, NDArray[np.float64]]:
    """Count and sum what has changed, and remember the set."""
    n_more, sums = np.int64(0), np.zeros((2, values.shape[1]))
    marks = np.zeros(CHUNK, np.uint8)
    words = marks.view(np.uint64)
    for chunk in range(start, stop):
        begin = first + chunk * CHUNK
        count = min(CHUNK, last - begin)
        new, old = now[begin:], before[begin:]
        for j in range(count):
            marks[j] = new[j] ^ old[j]
            old[j] = new[j]
        for j in range(count, CHUNK):
            marks[j] = 0
        for word in range(CHUNK // 8):
            if words[word] == 0:
                continue
            for j in range(8 * word, 8 * word + 8):
                if marks[j] == 0:
                    continue
                sign = np.int64(2) * np.int64(new[j]) - np.int64(1)
                n_more += sign
                for channel in range(values.shape[1]):
                    value = sign * np.float64(values[begin + j, channel])
                    rounded = sums[0, channel] + value
                    sums[1, channel] += lost(sums[0, channel], value, rounded)
                    sums[0, channel] = rounded
    return n_more, sums
