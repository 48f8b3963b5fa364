"""Flooding: every pixel that waits joins one of the markers, low pixels first.

The watershed by immersion, after Meyer. The level of a pixel is the highest pixel on its lowest way from a marker,
and where levels are equal the nearer one (in rings) comes first. All pixels of one level and ring spread at once,
and a pixel belongs to the marker that reaches it first. Where several reach it at once, it goes by what turns with
the image: the neighbor nearest in value, then the better rank of its marker. One that cannot choose between equals
is left to be a region of its own.

One grid of labels holds the whole state, so that a look at a neighbor is one look: 0 waits, a label is done, a
label above MARK is spreading now, a negative number is in the queue. Of a marker in the queue, whose label is no
neighbor's to change, that is the label above MARK; of others the label with the number of the ring that it was
reached from, as far as there are bits for it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.grid import interior_nodes, neighbor_offsets, pad
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.flooding.level_queue import BUCKET, LEVEL, make_queue, ordered_bits, put, take_level
from classicseg.labeling.components import check_labels

UNDECIDED = -2
"""The label of a pixel that could not choose."""

_STEPS = 2**17
"""Pixels flooded between two looks at Ctrl-C."""

WAITS, MARK, OUTSIDE = 0, 2**30, 2**31 - 1

MOST_LABELS = MARK - 2
"""Markers have numbers up to here."""

_WALK, _PLACE, _FIRST, _STOP, _TAIL, _RING, _BITS = 3, 4, 5, 6, 7, 8, 9
"""Places in the state after those of the queue: which walk over the ring it is, how far, the ring's bounds, where
the next one ends, its number, and how many bits a label has."""


def flood(
    levels: NDArray[Any],
    markers: NDArray[np.int32],
    ranks: NDArray[np.int64] | None,
    image: Image,
    connectivity: int,
) -> NDArray[np.int32]:
    """Extend markers over all pixels that take part and are connected to one.

    Parameters
    ----------
    levels : ndarray of uint8, uint16, float32 or float64
        What is flooded, of the spatial shape.
    markers : ndarray of int32
        Positive numbers up to MOST_LABELS, 0 elsewhere.
    ranks : ndarray of int64, (n + 1,), or None
        The lowest rank wins a tie; equal ranks tie. None: the lowest number wins.
    image : Image
        Whose values and mask count.
    connectivity : int
        How many coordinates of two neighbors may differ.

    Returns
    -------
    ndarray of int32
        The markers' numbers; -2 where a pixel could not choose; 0 where none takes part or none reaches.
    """
    return flood_grid(levels, label_grid(markers, image), int(markers.max()), ranks, image, connectivity)


def flood_grid(
    levels: NDArray[Any],
    labels: NDArray[np.int32],
    most: int,
    ranks: NDArray[np.int64] | None,
    image: Image,
    connectivity: int,
) -> NDArray[np.int32]:
    """The same from a `label_grid` of markers up to `most`, which is overwritten: they need not be kept beside
    it."""
    check_labels(most, "minima or markers", MOST_LABELS)
    ndim = len(image.shape)
    grid = ordered_bits(pad(levels, ndim).reshape(-1))
    queue = make_queue(grid, labels, OUTSIDE)
    offsets = neighbor_offsets(image.shape, connectivity)
    ranked = np.empty(0, np.int64) if ranks is None else ranks
    values = (
        grid if grid.dtype.kind == "u" and np.may_share_memory(levels, image.values) else pad(image.values, ndim)
    )
    n_bits = (most + 1).bit_length()
    state = np.array([0, -1, 0, 2, 0, 0, 0, 0, 0, n_bits], np.int64)
    run_bands(_start, len(labels), 1, grid, labels, offsets, *queue, state, sequential=True)
    while _spread(grid, labels, offsets, *queue, state, ranked, values.reshape(len(grid), -1), _STEPS):
        pass
    return finished(labels, image.shape, (1 << n_bits) - 1)


def label_grid(markers: NDArray[np.int32], image: Image) -> NDArray[np.int32]:
    """A flat padded grid of the state in which a flood starts: markers are in the queue."""
    labels = np.full([length + 2 for length in image.shape], OUTSIDE, np.int32)
    inner = labels[(slice(1, -1),) * labels.ndim]
    np.negative(markers, out=inner)
    if image.mask is not None:
        np.copyto(inner, OUTSIDE, where=~image.mask)
    return labels.reshape(-1)


def finished(labels: NDArray[np.int32], shape: tuple[int, ...], torn: int) -> NDArray[np.int32]:
    """Make the result of a grid, in place: its padding is left over at the end."""
    lines = interior_nodes(shape[:-1]) * (shape[-1] + 2) + 1 if len(shape) > 1 else np.ones(1, np.int64)
    run_bands(_finish, len(lines), shape[-1], labels, lines, shape[-1], torn, sequential=True)
    return labels[: len(lines) * shape[-1]].reshape(shape)


def _finish_numpy(
    labels: NDArray[np.int32], lines: NDArray[np.int64], length: int, torn: int, start: int, stop: int
) -> None:
    for line in range(start, stop):
        found = labels[lines[line] : lines[line] + length]
        done = np.where((found <= 0) | (found == OUTSIDE), 0, np.where(found == torn, UNDECIDED, found))
        labels[line * length : (line + 1) * length] = done


@kernel(numpy=_finish_numpy)
def _finish(
    labels: NDArray[np.int32], lines: NDArray[np.int64], length: int, torn: int, start: int, stop: int
) -> None:
    for line in range(start, stop):
        source, target = lines[line], line * length  # never before it: what is written has been read
        for i in range(length):
            label = labels[source + i]
            if label <= 0 or label == OUTSIDE:
                label = np.int32(0)
            labels[target + i] = UNDECIDED if label == torn else label


@kernel()
def _start(
    levels: NDArray[Any],
    labels: NDArray[np.int32],
    offsets: NDArray[np.int64],
    nodes: NDArray[Any],
    places: NDArray[Any],
    bounds: NDArray[Any],
    firsts: NDArray[np.int64],
    rests: NDArray[np.int64],
    shift: int,
    low: int,
    state: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    """Let the markers' pixels wait for their levels, and have done with those that nothing waits beside."""
    for node in range(start, stop):
        if labels[node] < 0:
            ends_here = True
            for offset in offsets:
                ends_here = ends_here and labels[node + offset] != WAITS
            if ends_here:
                labels[node] = -labels[node]
            else:
                labels[node] -= MARK
                put(levels, nodes, places, bounds, firsts, rests, shift, low, state, node)


@kernel()
def _spread(
    levels: NDArray[Any],
    labels: NDArray[np.int32],
    offsets: NDArray[np.int64],
    nodes: NDArray[Any],
    places: NDArray[Any],
    bounds: NDArray[Any],
    firsts: NDArray[np.int64],
    rests: NDArray[np.int64],
    shift: int,
    low: int,
    state: NDArray[np.int64],
    ranks: NDArray[np.int64],
    values: NDArray[Any],
    n_steps: int,
) -> bool:
    """Flood ring by ring; return whether anything is left after about `n_steps` visits.

    A ring is marked, spreads, and is done: three walks over it, each of which may be cut short by the steps.
    """
    lower = (1 << state[_BITS]) - 1
    while n_steps > 0:
        place, stop = state[_PLACE], min(state[_STOP], state[_PLACE] + n_steps)
        if state[_WALK] == 0:
            for i in range(place, stop):
                label = labels[nodes[i]]
                labels[nodes[i]] = -label if label < -MARK else MARK + (-label & lower)
        elif state[_WALK] == 1:
            queue = (nodes, places, bounds, firsts, rests, shift, low)
            _spread_ring(levels, labels, offsets, *queue, state, ranks, values, place, stop)
        else:
            for i in range(place, stop):
                labels[nodes[i]] -= MARK
        n_steps -= stop - place
        state[_PLACE] = stop
        if stop < state[_STOP]:
            break
        state[_WALK] += 1
        if state[_WALK] == 3:
            state[_RING] += 1
            state[_WALK], state[_FIRST], state[_STOP] = 0, state[_STOP], state[_TAIL]
            if state[_FIRST] == state[_STOP]:
                n_taken = take_level(levels, nodes, places, bounds, firsts, rests, shift, low, state)
                if n_taken == 0:
                    return False
                state[_FIRST], state[_STOP], state[_TAIL] = 0, n_taken, n_taken
        state[_PLACE] = state[_FIRST]
    return True


@kernel()
def _spread_ring(
    levels: NDArray[Any],
    labels: NDArray[np.int32],
    offsets: NDArray[np.int64],
    nodes: NDArray[Any],
    places: NDArray[Any],
    bounds: NDArray[Any],
    firsts: NDArray[np.int64],
    rests: NDArray[np.int64],
    shift: int,
    low: int,
    state: NDArray[np.int64],
    ranks: NDArray[np.int64],
    values: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    """Label the neighbors of marked pixels and put them into the queue."""
    level, current, exact = state[LEVEL], state[BUCKET], len(firsts) == 0
    bits = state[_BITS]
    ring, torn = (state[_RING] << bits) & (MARK - 1), (1 << bits) - 1
    places[current] = state[_TAIL]  # what is not above the level goes to the next ring
    for i in range(start, stop):
        node = np.int64(nodes[i])
        reached = labels[node] - MARK + ring
        for offset in offsets:
            near = node + offset
            other = labels[near]
            if other == WAITS:
                labels[near] = -reached
                if exact:  # without a branch that nobody foresees: 1.2 times as fast
                    bucket = max(level, np.int64(levels[near]))
                    nodes[places[bucket]] = near
                    places[bucket] += 1
                elif levels[near] > level:
                    put(levels, nodes, places, bounds, firsts, rests, shift, low, state, near)
                else:
                    nodes[places[current]] = near
                    places[current] += 1
            elif 0 <= -other - ring - 1 < torn and other != -reached:  # another of this ring reached it, too
                labels[near] = -(_choose(values, labels, offsets, ranks, torn, near) + ring)
    state[_TAIL] = places[current]


@kernel()
def _choose(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    offsets: NDArray[np.int64],
    ranks: NDArray[np.int64],
    torn: int,
    node: int,
) -> int:
    """The label of the marked neighbor nearest in value, then of the lowest rank; its own if an earlier ring gave
    it.

    An earlier ring did where a neighbor is done.
    """
    best, least, rank = torn, np.inf, 0
    for offset in offsets:
        label = int(labels[node + offset])
        if label <= 0 or label == OUTSIDE:
            continue
        if label < MARK:
            return -int(labels[node]) & torn
        label -= MARK
        if label == torn:
            continue
        distance = 0.0
        for c in range(values.shape[1]):
            difference = np.float64(values[node, c]) - np.float64(values[node + offset, c])
            distance += difference * difference
        its_rank = int(ranks[label]) if len(ranks) > 0 else label
        if distance < least or (distance == least and its_rank < rank):
            best, least, rank = label, distance, its_rank
        elif distance == least and its_rank == rank and label != best:
            best = torn
    return best
