"""Growth from neighbor to neighbor (λ-connectedness): a pixel joins if it differs little from the one beside it.

First, each pixel is compared with the neighbors after it, and a padded grid of bits says which of them are similar
in value. Then a region floods over similar neighbors from its seeds, a run of similar pixels along a line at a
time.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.grid import padded_strides
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg._core.seeds import SeedPixels
from classicseg.growing.acceptance import line_starts, seed_acceptance
from classicseg.growing.options import GrowingOptions
from classicseg.growing.pixel_grid import padded_nodes
from classicseg.growing.run_flood import flood_with_stack, paint_region
from classicseg.growing.seed_value import MOST_FLOODS
from classicseg.growing.simultaneous import grow_simultaneously
from classicseg.labeling.lines import line_at
from classicseg.labeling.union_find import first_of_component
from classicseg.types import Norm

_BLOCK = 32
"""So many pixels are asked together whether one of them leads on: one vector, or two."""


class NeighborsAfter(NamedTuple):
    """The neighbors after a pixel: bit k of its bits is about neighbor k."""

    steps: NDArray[np.int64]
    """(n, ndim), from a pixel to each neighbor; the first is the next pixel of its line."""
    offsets: NDArray[np.int64]
    """(n,), the same in the padded grid."""

    @property
    def visited(self) -> int:
        """The bit after those of the neighbors."""
        return 1 << len(self.offsets)


class ImageLines(NamedTuple):
    """An image as lines along its last axis."""

    values: NDArray[Any]
    """(n_lines, length, channels)"""
    inside: NDArray[np.bool_]
    """(n_lines, length), where a pixel takes part; (0, 0): everywhere."""
    lengths: NDArray[np.int64]
    """The image's other axes."""
    starts: NDArray[np.int64]
    """(n_lines,), the flat index of the first pixel in the padded grid."""


def grow_by_neighbor_difference(image: Image, seeds: SeedPixels, options: GrowingOptions) -> NDArray[np.int32]:
    """Give each pixel that similar neighbors connect to a region's seeds the region's number.

    Where regions meet, all grow at once in rounds, and a pixel joins by the smallest difference.
    """
    tolerance, norm = options.tolerance, options.norm
    acceptance = seed_acceptance(image, seeds, tolerance, norm)
    acceptance = acceptance._replace(highs=np.full(len(acceptance.highs), tolerance))
    if len(seeds.labels) > MOST_FLOODS:
        return grow_simultaneously(image, seeds, acceptance, options, from_neighbors=True)
    labels = np.zeros(image.shape, np.int32)
    after = neighbors_after(image.shape, options.connectivity)
    similar = similar_neighbors(image, tolerance, norm, after)
    for number in range(1, len(seeds.labels) + 1):
        nodes = padded_nodes(seeds.nodes[seeds.numbers == number], image.shape)
        if (similar[nodes] & after.visited).any():
            return grow_simultaneously(image, seeds, acceptance, options, from_neighbors=True)
        room = len(nodes) + 2 * (len(after.offsets) - 1) * image.shape[-1]  # for all that one run finds
        flood_with_stack(_flood, similar, after.offsets, after.visited, nodes, room=room)
        paint_region(similar, after.visited, number, labels)
    return labels


def neighbors_after(shape: tuple[int, ...], connectivity: int) -> NeighborsAfter:
    """The neighbors after a pixel in raster order, of which at most `connectivity` coordinates differ."""
    zero = (0,) * len(shape)
    steps = [step for step in itertools.product((-1, 0, 1), repeat=len(shape)) if step > zero]
    near = np.array([step for step in steps if np.count_nonzero(step) <= connectivity])
    return NeighborsAfter(near, near @ padded_strides(shape))


def similar_neighbors(image: Image, tolerance: float, norm: Norm, after: NeighborsAfter) -> NDArray[Any]:
    """A padded grid, flat, of bits: whether each neighbor after a pixel differs from it by at most a tolerance."""
    shape = image.shape
    similar = np.zeros(np.prod(np.array(shape) + 2), np.min_scalar_type(2 * after.visited - 1))
    maximum = norm == "maximum" or image.n_channels == 1
    limit = tolerance if maximum else tolerance * tolerance
    values = image.values.reshape(-1, shape[-1], image.n_channels)
    inside = np.empty((0, 0), bool) if image.mask is None else image.mask.reshape(-1, shape[-1])
    lines = ImageLines(values, inside, np.array(shape[:-1], np.int64), line_starts(shape))
    run_bands(_mark_similar, len(values), shape[-1], lines, after.steps, limit, maximum, similar)
    return similar


def _mark_similar_numpy(
    lines: ImageLines,
    steps: NDArray[np.int64],
    limit: float,
    maximum: bool,
    similar: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    values, inside, lengths, starts = lines
    indices = (
        np.array(np.unravel_index(np.arange(start, stop), tuple(lengths))) if len(lengths) else np.empty((0, 1))
    )
    for k, step in enumerate(steps):
        others = indices + step[:-1, np.newaxis]
        exists = ((others >= 0) & (others < lengths[:, np.newaxis])).all(axis=0)
        own = start + np.flatnonzero(exists)
        other = np.ravel_multi_index(tuple(others[:, exists].astype(int)), tuple(lengths)) if len(lengths) else own
        columns = np.arange(max(0, -step[-1]), values.shape[1] - max(0, step[-1]))
        distance = np.zeros((len(own), len(columns)))
        for c in range(values.shape[2]):  # in order, for sums of floats
            part = values[own][:, columns, c].astype(np.float64) - values[other][:, columns + step[-1], c]
            distance = np.maximum(distance, abs(part)) if maximum else distance + part * part
        near = distance <= limit
        if len(inside):
            near &= inside[own][:, columns] & inside[other][:, columns + step[-1]]
        similar[starts[own, np.newaxis] + columns] |= near.astype(similar.dtype) << similar.dtype.type(k)


@kernel(numpy=_mark_similar_numpy)
def _mark_similar(
    lines: ImageLines,
    steps: NDArray[np.int64],
    limit: float,
    maximum: bool,
    similar: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    """Compare the pixels of some lines with their neighbors after them; set the bits of those that are similar."""
    values, inside, starts = lines.values, lines.inside, lines.starts
    width, n_channels = values.shape[1], values.shape[2]
    for line in range(start, stop):
        for k in range(len(steps)):
            other, shift = line_at(line, lines.lengths, steps[k]), steps[k, -1]
            if other < 0:
                continue
            first, last = max(0, -shift), min(width, width - shift)
            bit, none = similar.dtype.type(1 << k), similar.dtype.type(0)
            out = similar[starts[line] + first : starts[line] + last]
            a = values[line, first:last].reshape(-1)
            b = values[other, first + shift : last + shift].reshape(-1)
            if n_channels == 1:
                for x in range(len(out)):
                    out[x] |= bit if abs(np.float64(a[x]) - np.float64(b[x])) <= limit else none
            else:
                for x in range(len(out)):
                    distance = 0.0
                    for c in range(x * n_channels, (x + 1) * n_channels):
                        part = np.float64(a[c]) - np.float64(b[c])
                        distance = max(distance, abs(part)) if maximum else distance + part * part
                    out[x] |= bit if distance <= limit else none
            if len(inside) > 0:
                for x in range(len(out)):
                    if not (inside[line, first + x] and inside[other, first + shift + x]):
                        out[x] &= ~bit


def _flood_numpy(
    similar: NDArray[Any],
    offsets: NDArray[np.int64],
    visited: int,
    nodes: NDArray[np.int64],
    room: int,
    stack: NDArray[np.int64],
    size: int,
) -> int:
    edges = [np.empty((2, 0), np.int64)]
    for k, offset in enumerate(offsets):
        linked = np.flatnonzero(similar & similar.dtype.type(1 << k))
        edges.append(np.stack([linked, linked + offset]))
    components = first_of_component(np.concatenate(edges, axis=1), len(similar))
    similar[np.isin(components, components[nodes])] |= similar.dtype.type(visited)
    return 0


@kernel(numpy=_flood_numpy)
def _flood(
    similar: NDArray[Any],
    offsets: NDArray[np.int64],
    visited: int,
    nodes: NDArray[np.int64],
    room: int,
    stack: NDArray[np.int64],
    size: int,
) -> int:
    """Visit all pixels that similar neighbors connect to the nodes, forward and backward.

    Returns how many runs are left on the stack when it has no room for more.
    """
    if size == 0:
        for node in nodes:
            if similar[node] & visited == 0:
                stack[size, 0], stack[size, 1] = _visit_run(similar, visited, node)
                size += 1
    while 0 < size < len(stack) - room:
        size -= 1
        first, last = stack[size, 0], stack[size, 1]
        for k in range(1, len(offsets)):
            for back in range(2):
                x, end = first - back * offsets[k], last - back * offsets[k]
                ahead = 0 if back else offsets[k]
                x = _next_similar(similar, 1 << k, visited, ahead, x, end)
                while x < end:
                    stack[size, 0], stack[size, 1] = _visit_run(similar, visited, x + ahead)
                    size += 1
                    x = _next_similar(similar, 1 << k, visited, ahead, x + 1, end)
    return size


@kernel()
def _next_similar(similar: NDArray[Any], bit: int, visited: int, ahead: int, x: int, end: int) -> int:
    """The next pixel, or `end`, whose bit is set, and for which the pixel so far ahead is not visited."""
    wanted, taken = similar.dtype.type(bit), similar.dtype.type(visited)
    while x + _BLOCK <= end:
        own, other, any_found = similar[x : x + _BLOCK], similar[x + ahead : x + ahead + _BLOCK], False
        for i in range(_BLOCK):
            any_found |= ((own[i] & wanted) != 0) & ((other[i] & taken) == 0)
        if any_found:
            break
        x += _BLOCK
    while x < end and (similar[x] & wanted == 0 or similar[x + ahead] & taken != 0):
        x += 1
    return x


@kernel()
def _visit_run(similar: NDArray[Any], visited: int, x: int) -> tuple[int, int]:
    """Visit the run of similar pixels along a line that holds a pixel; return where it starts and stops."""
    start, stop = x, x + 1
    while similar[start - 1] & 1 != 0:
        start -= 1
    while similar[stop - 1] & 1 != 0:
        stop += 1
    run, bit = similar[start:stop], similar.dtype.type(visited)
    for i in range(len(run)):
        run[i] |= bit
    return start, stop
