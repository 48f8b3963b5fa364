"""Floods over padded masks, a run of pixels along a line at a time; and painting what they visited into labels."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from classicseg._core.bands import run_bands, run_interruptible
from classicseg._core.grid import padded_strides
from classicseg._core.kernel import kernel
from classicseg.growing.acceptance import line_starts
from classicseg.growing.pixel_grid import padded_nodes

VISITED = 2
"""What the flood makes of a pixel of the mask; 1 is accepted, 0 not."""

_MORE_ROOM = 2**16
"""The stack of a flood has room for so many runs at first: 1 MB."""

_ONES = np.uint64(0x0101010101010101)
"""The lowest bit of each byte of a word."""

_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
"""All bits of a word: shifted, those of the bytes from some byte on, or up to it."""

_SUM = np.uint64(255)
"""A word modulo this is the sum of its bytes, where that is less: how many bytes are 1."""


class FloodedMask(NamedTuple):
    """A padded mask, and the same memory in words."""

    pixels: NDArray[np.uint8]
    """(n,), flat: 1 where a region may grow. The padding is 0, and so is the rest of the last word."""
    words: NDArray[np.uint64]
    """(n / 8,), the bytes by eights: runs are found twice as fast as byte by byte."""
    shape: NDArray[np.int64]
    """The padded shape."""


class LinesAround(NamedTuple):
    """The lines along the last axis that hold neighbors of a pixel, but for its own."""

    offsets: NDArray[np.int64]
    """(n_lines,), how far in the padded grid from a pixel to the one beside it."""
    diagonals: NDArray[np.int64]
    """(n_lines,), 1 where the pixels before and after that one are neighbors, too; else 0."""
    connectivity: int


def flood(
    mask: NDArray[np.uint8],
    shape: tuple[int, ...],
    connectivity: int,
    nodes: NDArray[np.int64],
    meanwhile: Callable[[], object] = lambda: None,
) -> None:
    """Turn 1 to VISITED, in place in a padded mask, where it connects to nodes of the image, and at these."""
    seeds = padded_nodes(nodes, shape)
    mask[seeds] = 1
    steps = [step for step in itertools.product((-1, 0, 1), repeat=len(shape) - 1) if any(step)]
    steps = [step for step in steps if np.count_nonzero(step) <= connectivity]
    offsets = np.array(steps, np.int64).reshape(len(steps), len(shape) - 1) @ padded_strides(shape)[:-1]
    diagonals = np.array([np.count_nonzero(step) < connectivity for step in steps], np.int64)
    flooded = FloodedMask(mask, mask.view(np.uint64), np.array(shape) + 2)
    around = LinesAround(offsets, diagonals, connectivity)
    room = len(seeds) + len(offsets) * (shape[-1] // 2 + 2)  # for the seeds, or for all that one run finds
    flood_with_stack(_flood, flooded, around, seeds, room=room, meanwhile=meanwhile)


def flood_with_stack(
    kernel: Callable[..., int], *arguments: Any, room: int, meanwhile: Callable[[], object] = lambda: None
) -> None:
    """Call a flood until its stack of runs is empty; it returns the size of one that needs more room."""
    stack = np.empty((room + _MORE_ROOM, 2), np.int64)
    size = run_interruptible(kernel, *arguments, room, stack, 0, meanwhile=meanwhile)
    while size > 0:
        stack = np.concatenate([stack[:size], np.empty((len(stack), 2), np.int64)])
        size = run_interruptible(kernel, *arguments, room, stack, size)


def paint_region(grid: NDArray[Any], bound: int, number: int, labels: NDArray[np.int32]) -> bool:
    """Write a number over zeros where a padded grid is at least `bound`; return whether other labels lie there."""
    lines = labels.reshape(-1, labels.shape[-1])
    return any(
        run_bands(_paint, len(lines), lines.shape[1], grid, bound, line_starts(labels.shape), number, lines)
    )


def _flood_numpy(
    mask: FloodedMask,
    around: LinesAround,
    seeds: NDArray[np.int64],
    room: int,
    stack: NDArray[np.int64],
    size: int,
) -> int:
    pixels = mask.pixels[: np.prod(mask.shape)]
    structure = ndimage.generate_binary_structure(len(mask.shape), around.connectivity)
    components = ndimage.label(pixels.reshape(mask.shape), structure)[0].reshape(-1)
    kept = np.zeros(components.max() + 1, bool)
    kept[components[seeds]] = True
    pixels[kept[components]] = VISITED
    return 0


@kernel(numpy=_flood_numpy)
def _flood(
    mask: FloodedMask,
    around: LinesAround,
    seeds: NDArray[np.int64],
    room: int,
    stack: NDArray[np.int64],
    size: int,
) -> int:
    """Visit one run after the other, and the runs that touch it in the lines around; the padding parts the lines.

    Returns how many runs are left on the stack when it has no room for more.
    """
    pixels, words = mask.pixels, mask.words
    if size == 0:
        for node in seeds:
            if pixels[node] == 1:
                start, stop = _run_start(words, node), _run_stop(words, node)
                pixels[start:stop] = VISITED
                stack[size, 0], stack[size, 1] = start, stop
                size += 1
    while 0 < size < len(stack) - room:
        size -= 1
        start, stop = stack[size, 0], stack[size, 1]
        for i in range(len(around.offsets)):
            before = start + around.offsets[i] - around.diagonals[i]
            last = stop + around.offsets[i] + around.diagonals[i]
            x = _next_accepted(words, before, last)
            while x < last:
                first = _run_start(words, x) if x == before else x
                end = _run_stop(words, x)
                pixels[first:end] = VISITED
                stack[size, 0], stack[size, 1] = first, end
                size += 1
                x = _next_accepted(words, end, last)
    return size


@kernel()
def _next_accepted(words: NDArray[np.uint64], x: int, last: int) -> int:
    """The next pixel that is accepted and not visited; `last` or more where there is none before `last`."""
    word = x >> 3
    found = words[word] & _ONES & (_ALL << np.uint64((x & 7) << 3))
    while found == 0:
        word += 1
        if word << 3 >= last:
            return last
        found = words[word] & _ONES
    return (word << 3) + _lowest(found)


@kernel()
def _run_stop(words: NDArray[np.uint64], x: int) -> int:
    """One past the last pixel of the run that holds a pixel."""
    word = x >> 3
    found = (words[word] ^ _ONES) & (_ALL << np.uint64((x & 7) << 3))
    while found == 0:
        word += 1
        found = words[word] ^ _ONES
    return (word << 3) + _lowest((found | (found >> np.uint64(1))) & _ONES)


@kernel()
def _run_start(words: NDArray[np.uint64], x: int) -> int:
    """The first pixel of the run that holds a pixel."""
    word = x >> 3
    found = (words[word] ^ _ONES) & (_ALL >> np.uint64(56 - ((x & 7) << 3)))
    while found == 0:
        word -= 1
        found = words[word] ^ _ONES
    found = (found | (found >> np.uint64(1))) & _ONES
    for shift in (np.uint64(8), np.uint64(16), np.uint64(32)):
        found |= found >> shift
    return (word << 3) + int(found % _SUM)


@kernel()
def _lowest(found: np.uint64) -> int:
    """The number of the lowest byte that is 1, not 0; there is one."""
    return int(((found ^ (found - np.uint64(1))) & _ONES) % _SUM) - 1


def _paint_numpy(
    grid: NDArray[Any],
    bound: int,
    starts: NDArray[np.int64],
    number: int,
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> bool:
    own = grid[starts[start:stop, np.newaxis] + np.arange(labels.shape[1])] >= bound
    met = bool(labels[start:stop][own].any())
    labels[start:stop][own & (labels[start:stop] == 0)] = number
    return met


@kernel(numpy=_paint_numpy)
def _paint(
    grid: NDArray[Any],
    bound: int,
    starts: NDArray[np.int64],
    number: int,
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> bool:
    """See `paint_region`."""
    lowest, value, none, met = grid.dtype.type(bound), np.int32(number), np.int32(0), np.int32(0)
    for line in range(start, stop):
        out = labels[line]
        own = grid[starts[line] : starts[line] + len(out)]
        for x in range(len(out)):
            label = out[x]
            met |= label if own[x] >= lowest else none
            out[x] = value if (own[x] >= lowest) & (label == none) else label
    return met != none
