"""Growth from neighbor to neighbor: a region accepts what differs little from the pixel that it comes from.

First each pixel is asked which neighbors after it are near in value (bit by bit, in a padded grid), then a region
follows these links from its seeds, a run of linked pixels along a line at a time.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.grid import line_at, padded_nodes, padded_strides
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg._core.seeds import SeedPixels
from classicseg.growing.acceptance import line_starts, reach_of_seeds
from classicseg.growing.seed_value import MOST_FLOODS, flood_with_stack, paint_region
from classicseg.growing.simultaneous import grow_by_rings
from classicseg.labeling.union_find import first_of_component
from classicseg.types import Norm

_BLOCK = 32
"""So many pixels are asked together whether one of them leads on: one vector, or two."""


class Directions(NamedTuple):
    """The neighbors after a pixel: the next one along its line, then those in the lines after."""

    steps: NDArray[np.int64]
    """(n, ndim)"""
    offsets: NDArray[np.int64]
    """(n,), in the padded grid."""

    @property
    def reached(self) -> int:
        """The bit after those of the directions."""
        return 1 << len(self.offsets)


def grow_by_steps(
    image: Image, seeds: SeedPixels, tolerance: float, connectivity: int, norm: Norm
) -> NDArray[np.int32]:
    """Give each pixel that steps within a tolerance connect to a region's seeds the region's number.

    Where regions meet, all grow at once by rings, and a pixel goes across the smallest step.
    """
    reach = reach_of_seeds(image, seeds, tolerance, norm)
    reach = reach._replace(highs=np.full(len(reach.highs), tolerance))
    if len(seeds.names) > MOST_FLOODS:
        return grow_by_rings(image, seeds, reach, connectivity, by_step=True)
    labels = np.zeros(image.shape, np.int32)
    directions = directions_of(image.shape, connectivity)
    links = link(image, tolerance, norm, directions)
    for number in range(1, len(seeds.names) + 1):
        nodes = padded_nodes(seeds.nodes[seeds.numbers == number], image.shape)
        if (links[nodes] & directions.reached).any():
            return grow_by_rings(image, seeds, reach, connectivity, by_step=True)
        room = len(nodes) + 2 * (len(directions.offsets) - 1) * image.shape[-1]  # for all that one run finds
        flood_with_stack(_follow, links, directions.offsets, directions.reached, nodes, room=room)
        paint_region(links, directions.reached, number, labels)
    return labels


def directions_of(shape: tuple[int, ...], connectivity: int) -> Directions:
    """The neighbors after a pixel, of which at most `connectivity` coordinates differ."""
    zero = (0,) * len(shape)
    steps = [step for step in itertools.product((-1, 0, 1), repeat=len(shape)) if step > zero]
    near = np.array([step for step in steps if np.count_nonzero(step) <= connectivity])
    return Directions(near, near @ padded_strides(shape))


def link(image: Image, tolerance: float, norm: Norm, directions: Directions) -> NDArray[Any]:
    """Say in a padded grid, bit by bit, which of the neighbors after each pixel are near it in value."""
    shape = image.shape
    links = np.zeros(np.prod(np.array(shape) + 2), np.min_scalar_type(2 * directions.reached - 1))
    maximum = norm == "maximum" or image.n_channels == 1
    limit = tolerance if maximum else tolerance * tolerance
    lines = image.values.reshape(-1, shape[-1], image.n_channels)
    inside = np.empty((0, 0), bool) if image.mask is None else image.mask.reshape(-1, shape[-1])
    arguments = lines, inside, np.array(shape[:-1], np.int64), directions.steps, limit, maximum
    run_bands(_link, len(lines), shape[-1], *arguments, line_starts(shape), links)
    return links


def _link_numpy(
    lines: NDArray[Any],
    inside: NDArray[np.bool_],
    lengths: NDArray[np.int64],
    steps: NDArray[np.int64],
    limit: float,
    maximum: bool,
    starts: NDArray[np.int64],
    links: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    places = (
        np.array(np.unravel_index(np.arange(start, stop), tuple(lengths))) if len(lengths) else np.empty((0, 1))
    )
    for k, step in enumerate(steps):
        others = places + step[:-1, np.newaxis]
        there = ((others >= 0) & (others < lengths[:, np.newaxis])).all(axis=0)
        own = start + np.flatnonzero(there)
        other = np.ravel_multi_index(tuple(others[:, there].astype(int)), tuple(lengths)) if len(lengths) else own
        columns = np.arange(max(0, -step[-1]), lines.shape[1] - max(0, step[-1]))
        distance = np.zeros((len(own), len(columns)))
        for c in range(lines.shape[2]):  # in order, for sums of floats
            part = lines[own][:, columns, c].astype(np.float64) - lines[other][:, columns + step[-1], c]
            distance = np.maximum(distance, abs(part)) if maximum else distance + part * part
        near = distance <= limit
        if len(inside):
            near &= inside[own][:, columns] & inside[other][:, columns + step[-1]]
        links[starts[own, np.newaxis] + columns] |= near.astype(links.dtype) << links.dtype.type(k)


@kernel(numpy=_link_numpy)
def _link(
    lines: NDArray[Any],
    inside: NDArray[np.bool_],
    lengths: NDArray[np.int64],
    steps: NDArray[np.int64],
    limit: float,
    maximum: bool,
    starts: NDArray[np.int64],
    links: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    width, n_channels = lines.shape[1], lines.shape[2]
    for line in range(start, stop):
        for k in range(len(steps)):
            other, shift = line_at(line, lengths, steps[k]), steps[k, -1]
            if other < 0:
                continue
            first, last = max(0, -shift), min(width, width - shift)
            bit = links.dtype.type(1 << k)
            out = links[starts[line] + first : starts[line] + last]
            here, there = (
                lines[line, first:last].reshape(-1),
                lines[other, first + shift : last + shift].reshape(-1),
            )
            if n_channels == 1:
                for x in range(len(out)):
                    near = abs(np.float64(here[x]) - np.float64(there[x])) <= limit
                    out[x] |= bit if near else links.dtype.type(0)
            else:
                for x in range(len(out)):
                    distance = 0.0
                    for c in range(x * n_channels, (x + 1) * n_channels):
                        part = np.float64(here[c]) - np.float64(there[c])
                        distance = max(distance, abs(part)) if maximum else distance + part * part
                    out[x] |= bit if distance <= limit else links.dtype.type(0)
            if len(inside) > 0:
                for x in range(len(out)):
                    if not (inside[line, first + x] and inside[other, first + shift + x]):
                        out[x] &= ~bit


def _follow_numpy(
    links: NDArray[Any],
    offsets: NDArray[np.int64],
    reached: int,
    nodes: NDArray[np.int64],
    room: int,
    stack: NDArray[np.int64],
    size: int,
) -> int:
    edges = [np.empty((2, 0), np.int64)]
    for k, offset in enumerate(offsets):
        linked = np.flatnonzero(links & links.dtype.type(1 << k))
        edges.append(np.stack([linked, linked + offset]))
    pieces = first_of_component(np.concatenate(edges, axis=1), len(links))
    links[np.isin(pieces, pieces[nodes])] |= links.dtype.type(reached)
    return 0


@kernel(numpy=_follow_numpy)
def _follow(
    links: NDArray[Any],
    offsets: NDArray[np.int64],
    reached: int,
    nodes: NDArray[np.int64],
    room: int,
    stack: NDArray[np.int64],
    size: int,
) -> int:
    """Reach all that links lead to from the nodes, back and forth.

    Return how many runs are left on the stack when it has no room for more.
    """
    if size == 0:
        for node in nodes:
            if links[node] & reached == 0:
                stack[size, 0], stack[size, 1] = _reach_run(links, reached, node)
                size += 1
    while 0 < size < len(stack) - room:
        size -= 1
        first, last = stack[size, 0], stack[size, 1]
        for k in range(1, len(offsets)):
            for back in range(2):
                x, end = first - back * offsets[k], last - back * offsets[k]
                ahead = 0 if back else offsets[k]
                x = _next_linked(links, 1 << k, reached, ahead, x, end)
                while x < end:
                    stack[size, 0], stack[size, 1] = _reach_run(links, reached, x + ahead)
                    size += 1
                    x = _next_linked(links, 1 << k, reached, ahead, x + 1, end)
    return size


@kernel()
def _next_linked(links: NDArray[Any], bit: int, reached: int, ahead: int, x: int, end: int) -> int:
    """The next of some pixels that has a link, and has a pixel so far ahead that is not reached; or `end`."""
    wanted, taken = links.dtype.type(bit), links.dtype.type(reached)
    while x + _BLOCK <= end:
        here, there, any_linked = links[x : x + _BLOCK], links[x + ahead : x + ahead + _BLOCK], False
        for i in range(_BLOCK):
            any_linked |= ((here[i] & wanted) != 0) & ((there[i] & taken) == 0)
        if any_linked:
            break
        x += _BLOCK
    while x < end and (links[x] & wanted == 0 or links[x + ahead] & taken != 0):
        x += 1
    return x


@kernel()
def _reach_run(links: NDArray[Any], reached: int, x: int) -> tuple[int, int]:
    """Reach what is linked to a pixel along its line; return where that starts and ends."""
    start, stop = x, x + 1
    while links[start - 1] & 1 != 0:
        start -= 1
    while links[stop - 1] & 1 != 0:
        stop += 1
    run, bit = links[start:stop], links.dtype.type(reached)
    for i in range(len(run)):
        run[i] |= bit
    return start, stop
