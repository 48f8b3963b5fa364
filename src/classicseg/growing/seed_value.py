"""The magic wand: all pixels that a region accepts and that connect to its seeds.

Each region floods by itself, a run of pixels along a line at a time, over the mask of what it accepts. Where two
regions meet, all grow again at once, ring by ring (`simultaneous` says how).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from classicseg._core.bands import run_bands, run_interruptible
from classicseg._core.grid import padded_strides
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg._core.seeds import SeedPixels
from classicseg.growing.acceptance import Acceptance, inner, line_starts, mark_accepted
from classicseg.growing.openings import open_mask
from classicseg.growing.padded_grid import padded_nodes
from classicseg.growing.simultaneous import grow_by_rings

VISITED = 2
"""What a pixel of a mask becomes that the flood has reached; 1 is accepted, 0 not."""

MOST_FLOODS = 32
"""More regions than this grow by rings from the start; the regions are the same. A flood looks at all pixels."""

_MORE_ROOM = 2**16
"""The stack of a flood has room for so many runs at first: 1 MB."""

_PAGE = 4096
"""The bytes of a page of memory."""

_ONES = np.uint64(0x0101010101010101)
"""The lowest bit of each byte of a word."""

_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
"""All bits of a word: shifted, those of the bytes from a place on, or up to it."""

_SUM = np.uint64(255)
"""A word's remainder is the sum of its bytes, where that is less: how many are 1."""


def grow_by_reach(
    image: Image,
    seeds: SeedPixels,
    reach: Acceptance,
    connectivity: int,
    radius: float,
    spacing: tuple[float, ...],
) -> NDArray[np.int32]:
    """Give each pixel that connects to a region's seeds over what the region accepts the region's number.

    With a radius, over what is left of it after an opening.
    """
    if len(seeds.labels) > MOST_FLOODS and radius == 0:
        return grow_by_rings(image, seeds, reach, connectivity)
    labels = np.zeros(image.shape, np.int32)
    for number in range(1, len(seeds.labels) + 1):
        nodes = seeds.nodes[seeds.numbers == number]
        accepted = accepted_by(image, reach, number, nodes, radius, spacing)
        flood(accepted, image.shape, connectivity, nodes, meanwhile=partial(_touch, labels, number))
        if not paint_region(accepted, VISITED, number, labels):
            continue
        if radius > 0:
            raise ValueError(
                f"the region of seed {seeds.labels[number - 1]} meets another, and opening_radius is {radius:g}; "
                "it works on regions that stay apart; grow them one at a time, or lower the tolerance"
            )
        return grow_by_rings(image, seeds, reach, connectivity)
    return labels


def accepted_by(
    image: Image,
    reach: Acceptance,
    number: int,
    nodes: NDArray[np.int64],
    radius: float,
    spacing: tuple[float, ...],
) -> NDArray[np.uint8]:
    """A padded grid, flat, that is 1 where a region may grow."""
    grid = mark_accepted(image, reach, number)
    if radius > 0:
        mask = inner(grid, image.shape)
        mask[:] = open_mask(mask, image, nodes, radius, spacing)
    return grid


def flood(
    grid: NDArray[np.uint8],
    shape: tuple[int, ...],
    connectivity: int,
    nodes: NDArray[np.int64],
    meanwhile: Callable[[], object] = lambda: None,
) -> None:
    """Turn 1 to VISITED, in place in a padded grid, where it connects to nodes of the image, or is one."""
    starts = padded_nodes(nodes, shape)
    grid[starts] = 1
    steps = [step for step in itertools.product((-1, 0, 1), repeat=len(shape) - 1) if any(step)]
    steps = [step for step in steps if np.count_nonzero(step) <= connectivity]
    offsets = np.array(steps, np.int64).reshape(len(steps), len(shape) - 1) @ padded_strides(shape)[:-1]
    reaches = np.array([np.count_nonzero(step) < connectivity for step in steps], np.int64)
    arguments = grid, grid.view(np.uint64), np.array(shape) + 2, connectivity, offsets, reaches, starts
    room = len(starts) + len(offsets) * (shape[-1] // 2 + 2)  # for the seeds, or for all that one run finds
    flood_with_stack(_flood, *arguments, room=room, meanwhile=meanwhile)


def flood_with_stack(
    kernel: Callable[..., int], *arguments: Any, room: int, meanwhile: Callable[[], object] = lambda: None
) -> None:
    """Call a flood until its stack of runs is empty; it returns the size of one that needs more room."""
    stack = np.empty((room + _MORE_ROOM, 2), np.int64)
    size = run_interruptible(kernel, *arguments, room, stack, 0, meanwhile=meanwhile)
    while size > 0:
        stack = np.concatenate([stack[:size], np.empty((len(stack), 2), np.int64)])
        size = run_interruptible(kernel, *arguments, room, stack, size)


def _touch(labels: NDArray[np.int32], number: int) -> None:
    """Have the pages of fresh labels made while the first region floods: 2 ms of 14 saved on 12 Mpx."""
    if number == 1:
        labels.reshape(-1)[:: _PAGE // labels.itemsize] = 0


def paint_region(grid: NDArray[Any], least: int, number: int, labels: NDArray[np.int32]) -> bool:
    """Write a number over zeros where a padded grid has at least so much; return whether others lie there too."""
    lines = labels.reshape(-1, labels.shape[-1])
    return any(
        run_bands(_paint, len(lines), lines.shape[1], grid, least, line_starts(labels.shape), number, lines)
    )


def _flood_numpy(
    grid: NDArray[np.uint8],
    words: NDArray[np.uint64],
    padded: NDArray[np.int64],
    connectivity: int,
    offsets: NDArray[np.int64],
    reaches: NDArray[np.int64],
    nodes: NDArray[np.int64],
    room: int,
    stack: NDArray[np.int64],
    size: int,
) -> int:
    pixels = grid[: np.prod(padded)]
    near = ndimage.generate_binary_structure(len(padded), connectivity)
    pieces = ndimage.label(pixels.reshape(padded), near)[0].reshape(-1)
    kept = np.zeros(pieces.max() + 1, bool)
    kept[pieces[nodes]] = True
    pixels[kept[pieces]] = VISITED
    return 0


@kernel(numpy=_flood_numpy)
def _flood(
    grid: NDArray[np.uint8],
    words: NDArray[np.uint64],
    padded: NDArray[np.int64],
    connectivity: int,
    offsets: NDArray[np.int64],
    reaches: NDArray[np.int64],
    nodes: NDArray[np.int64],
    room: int,
    stack: NDArray[np.int64],
    size: int,
) -> int:
    """Reach one run after the other, and what touches it in the lines around; zeros part lines in the padded grid.

    Return how many runs are left on the stack when it has no room for more. `words` are the bytes of the grid by
    eights: twice as fast as byte by byte.
    """
    if size == 0:
        for node in nodes:
            if grid[node] == 1:
                start, stop = _run_start(words, node), _run_stop(words, node)
                grid[start:stop] = VISITED
                stack[size, 0], stack[size, 1] = start, stop
                size += 1
    while 0 < size < len(stack) - room:
        size -= 1
        start, stop = stack[size, 0], stack[size, 1]
        for i in range(len(offsets)):
            before, last = start + offsets[i] - reaches[i], stop + offsets[i] + reaches[i]
            x = _next_accepted(words, before, last)
            while x < last:
                first = _run_start(words, x) if x == before else x
                end = _run_stop(words, x)
                grid[first:end] = VISITED
                stack[size, 0], stack[size, 1] = first, end
                size += 1
                x = _next_accepted(words, end, last)
    return size


@kernel()
def _next_accepted(words: NDArray[np.uint64], x: int, last: int) -> int:
    """The next pixel that is accepted and not reached, `last` or more where there is none before."""
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
    least: int,
    starts: NDArray[np.int64],
    number: int,
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> bool:
    own = grid[starts[start:stop, np.newaxis] + np.arange(labels.shape[1])] >= least
    met = bool(labels[start:stop][own].any())
    labels[start:stop][own & (labels[start:stop] == 0)] = number
    return met


@kernel(numpy=_paint_numpy)
def _paint(
    grid: NDArray[Any],
    least: int,
    starts: NDArray[np.int64],
    number: int,
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> bool:
    bound, value, none, met = grid.dtype.type(least), np.int32(number), np.int32(0), np.int32(0)
    for line in range(start, stop):
        out = labels[line]
        own = grid[starts[line] : starts[line] + len(out)]
        for x in range(len(out)):
            held = out[x]
            met |= held if own[x] >= bound else none
            out[x] = value if (own[x] >= bound) & (held == none) else held
    return met != none
