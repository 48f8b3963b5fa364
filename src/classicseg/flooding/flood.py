"""Flooding: every pixel that waits joins one of the markers, low pixels first.

The watershed by immersion, after Meyer. The level of a pixel is the highest pixel on its lowest way from a marker,
and where levels are equal the nearer one (in rings) comes first. All pixels of one level and ring spread at once,
and a pixel belongs to the marker that reaches it first. Where several reach it at once, it goes by what turns with
the image: the neighbor nearest in value, then the better rank of its marker. A pixel that cannot choose between
equals is left to be a region of its own.

The states of a pixel stand in `flood_states`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.grid import neighbor_offsets, pad
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.flooding.flood_states import MARK, OUTSIDE, WAITS, finished, label_grid
from classicseg.flooding.level_queue import Queue, bucket_of, make_queue, ordered_bits, put, take_level
from classicseg.labeling.components import check_labels

_PIXELS_AT_ONCE = 2**17
"""Pixels flooded between two looks at Ctrl-C."""

MOST_LABELS = MARK - 2
"""Markers have numbers up to here."""


class Terrain(NamedTuple):
    """What is flooded, as flat padded grids, and what decides between markers that come at once."""

    levels: NDArray[Any]
    """(n_nodes,)"""
    offsets: NDArray[np.int64]
    """To the neighbors of a node."""
    values: NDArray[Any]
    """(n_nodes, channels), the image: the neighbor nearest in value wins, …"""
    ranks: NDArray[np.int64]
    """… then the lowest rank of a label. Empty: the lowest label."""


_RING = np.dtype(
    [(name, np.int64) for name in ("walk", "position", "start", "stop", "tail", "number", "label_bits")]
)
"""The current ring: which walk over it is on the way, and where; `start` and `stop` of its nodes in the queue; the
`tail` of the next ring, which begins at `stop`; the ring's `number`; and how many bits a label has."""

_MARKING, _SPREADING, _ENDING = 0, 1, 2
"""The walks over a ring: its pixels are marked, spread, and become final."""


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
    n_markers: int,
    ranks: NDArray[np.int64] | None,
    image: Image,
    connectivity: int,
) -> NDArray[np.int32]:
    """Flood as `flood` does, from a `label_grid` of markers up to `n_markers`.

    The grid is overwritten: the markers themselves need not be kept beside it.
    """
    check_labels(n_markers, "minima or markers", MOST_LABELS)
    ndim = len(image.shape)
    grid = ordered_bits(pad(levels, ndim).reshape(-1))
    queue = make_queue(grid, labels, OUTSIDE)
    is_surface = grid.dtype.kind == "u" and np.may_share_memory(levels, image.values)
    values = (grid if is_surface else pad(image.values, ndim)).reshape(len(grid), -1)
    ranked = np.empty(0, np.int64) if ranks is None else ranks
    terrain = Terrain(grid, neighbor_offsets(image.shape, connectivity), values, ranked)
    label_bits = (n_markers + 1).bit_length()
    ring = np.array([(_ENDING, 0, 0, 0, 0, 0, label_bits)], _RING)[0]
    run_bands(_start, len(labels), 1, terrain, labels, queue, sequential=True)
    while _spread(terrain, labels, queue, ring, _PIXELS_AT_ONCE):
        pass
    return finished(labels, image.shape, (1 << label_bits) - 1)


@kernel()
def _start(terrain: Terrain, labels: NDArray[np.int32], queue: Queue, start: int, stop: int) -> None:
    """Let the markers' pixels wait for their levels; those without a neighbor that waits are final."""
    levels, offsets = terrain.levels, terrain.offsets
    nodes, ends, bounds, buckets, current = queue
    firsts, fine_shifts, shift, lowest = buckets
    for node in range(start, stop):
        if labels[node] < 0:
            is_final = True
            for offset in offsets:
                is_final = is_final and labels[node + offset] != WAITS
            if is_final:
                labels[node] = -labels[node]
            else:
                labels[node] -= MARK
                bucket = bucket_of(levels[node], firsts, fine_shifts, shift, lowest)
                put(levels, nodes, ends, bounds, current, bucket, node)


@kernel()
def _spread(terrain: Terrain, labels: NDArray[np.int32], queue: Queue, ring: np.void, n_visits: int) -> bool:
    """Flood ring by ring; return whether anything is left after about `n_visits` visits.

    A ring is marked, spreads, and is final: three walks over it, each of which may be cut short by `n_visits`.
    """
    levels, offsets, values, ranks = terrain
    nodes, ends, bounds, buckets, current = queue
    firsts, fine_shifts, shift, lowest = buckets
    label_bits, is_exact = (1 << ring["label_bits"]) - 1, len(firsts) == 0
    while n_visits > 0:
        start = ring["position"]
        stop = min(ring["stop"], start + n_visits)
        if ring["walk"] == _MARKING:
            for i in range(start, stop):
                label = labels[nodes[i]]
                labels[nodes[i]] = -label if label < -MARK else MARK + (-label & label_bits)
        elif ring["walk"] == _SPREADING:
            _spread_ring(
                levels,
                offsets,
                values,
                ranks,
                labels,
                nodes,
                ends,
                bounds,
                firsts,
                fine_shifts,
                shift,
                lowest,
                current,
                ring,
                start,
                stop,
            )
        else:
            for i in range(start, stop):
                labels[nodes[i]] -= MARK
        n_visits -= stop - start
        ring["position"] = stop
        if stop == ring["stop"] and not _next_walk(levels, nodes, ends, bounds, current, is_exact, ring):
            return False
    return True


@kernel()
def _next_walk(
    levels: NDArray[Any],
    nodes: NDArray[Any],
    ends: NDArray[Any],
    bounds: NDArray[Any],
    current: np.void,
    is_exact: bool,
    ring: np.void,
) -> bool:
    """Go on to the next walk, ring or level; return whether there is one."""
    ring["walk"] += 1
    if ring["walk"] > _ENDING:
        ring["number"] += 1
        ring["walk"], ring["start"], ring["stop"] = _MARKING, ring["stop"], ring["tail"]
        if ring["start"] == ring["stop"]:
            n_taken = take_level(levels, nodes, ends, bounds, current, is_exact)
            ring["start"], ring["stop"], ring["tail"] = 0, n_taken, n_taken
    ring["position"] = ring["start"]
    return bool(ring["start"] < ring["stop"])


@kernel()
def _spread_ring(
    levels: NDArray[Any],
    offsets: NDArray[np.int64],
    values: NDArray[Any],
    ranks: NDArray[np.int64],
    labels: NDArray[np.int32],
    nodes: NDArray[Any],
    ends: NDArray[Any],
    bounds: NDArray[Any],
    firsts: NDArray[np.int64],
    fine_shifts: NDArray[np.int64],
    shift: int,
    lowest: int,
    current: np.void,
    ring: np.void,
    start: int,
    stop: int,
) -> None:
    """Label the neighbors of marked pixels and put them into the queue.

    The terrain and the queue come in parts (`Queue`): on floats most rings are a single pixel.
    """
    level, here, is_exact = current["level"], current["bucket"], len(firsts) == 0
    label_bits = ring["label_bits"]
    ring_bits, undecided = (ring["number"] << label_bits) & (MARK - 1), (1 << label_bits) - 1
    ends[here] = ring["tail"]  # what is not above the level goes to the next ring
    for i in range(start, stop):
        node = np.int64(nodes[i])
        reached = labels[node] - MARK + ring_bits
        for offset in offsets:
            neighbor = node + offset
            state = labels[neighbor]
            if state == WAITS:
                labels[neighbor] = -reached
                if is_exact:  # without a branch that nobody foresees: 1.2 times as fast
                    bucket = max(level, np.int64(levels[neighbor]))
                    nodes[ends[bucket]] = neighbor
                    ends[bucket] += 1
                elif levels[neighbor] > level:
                    bucket = bucket_of(levels[neighbor], firsts, fine_shifts, shift, lowest)
                    put(levels, nodes, ends, bounds, current, bucket, neighbor)
                else:
                    nodes[ends[here]] = neighbor
                    ends[here] += 1
            elif 0 <= -state - ring_bits - 1 < undecided and state != -reached:  # two of this ring reach it
                labels[neighbor] = -(_choose(values, ranks, offsets, labels, undecided, neighbor) + ring_bits)
    ring["tail"] = ends[here]


@kernel()
def _choose(
    values: NDArray[Any],
    ranks: NDArray[np.int64],
    offsets: NDArray[np.int64],
    labels: NDArray[np.int32],
    undecided: int,
    node: int,
) -> int:
    """The label of the marked neighbor nearest in value, then of the lowest rank.

    A node beside a final one was reached from an earlier ring, which has the same bits: it keeps its label.
    """
    best, least, rank = undecided, np.inf, 0
    for offset in offsets:
        label = int(labels[node + offset])
        if label <= 0 or label == OUTSIDE:
            continue
        if label < MARK:
            return -int(labels[node]) & undecided
        label -= MARK
        if label == undecided:
            continue
        distance = 0.0
        for c in range(values.shape[1]):
            difference = np.float64(values[node, c]) - np.float64(values[node + offset, c])
            distance += difference * difference
        its_rank = int(ranks[label]) if len(ranks) > 0 else label
        if distance < least or (distance == least and its_rank < rank):
            best, least, rank = label, distance, its_rank
        elif distance == least and its_rank == rank and label != best:
            best = undecided
    return best
