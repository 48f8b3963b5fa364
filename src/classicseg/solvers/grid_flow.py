"""The maximum flow on a grid of pixels, and the smallest source side of a minimum cut.

Boykov and Kolmogorov's algorithm (2004). A tree grows from the source and one from the sink, through arcs that
have capacity left. Where they meet, flow is pushed along the path, and what loses its parent by that is adopted by
another node of its tree, or becomes free. Nodes know how far the root is and when that was looked up, which saves
walks.

Capacities are whole numbers. So the set of nodes that the source still reaches when no path is left is the same
for any maximum flow: the smallest source side of all minimum cuts. Bands of the grid are solved at once, as if no
arc led from one to another; then the arcs are put back and the trees go on. The flow may be another one, that set
is not.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import n_workers, run_bands
from classicseg._core.grid import padded_strides
from classicseg._core.kernel import engine, kernel
from classicseg.solvers.flow_definition import maximum_flow_numpy

_VISITS_AT_ONCE = 2**19
"""Nodes visited between two looks at Ctrl-C."""

_FEW_PIXELS = 2**15
"""A band has at least so many: threads cost more than they save on fewer."""

MOST_NEIGHBORS = 250

_PARENT, _SINK, _QUEUED = 255, 256, 512
"""The state of a node: the direction of its parent, whether it is in the sink's tree, and whether in the queue. In
one number, since neighbors are looked at in no order: two arrays take twice the time to come from memory."""

FREE, ORPHAN, TERMINAL = 255, 254, 253
"""Parents that are no directions: in no tree; in search of one; the source or the sink."""

_DISTANCE_BITS, _LAST_TIME = 12, 2**19 - 1
_FAR = 2**_DISTANCE_BITS - 1
"""A stamp has the time at which the way to the root was looked up, and the nodes on it, up to so many."""


class Grid(NamedTuple):
    """A flat padded grid whose arcs and terminals are what is left of their capacities."""

    arcs: NDArray[np.int32]
    """(n_nodes, n_directions), from each node, at least 0; 0 to and from the padding. An arc and the one back over
    it have directions 2 i and 2 i + 1. The two together have a capacity of less than 2**30."""
    terminals: NDArray[np.int32]
    """(n_nodes,), from the source, or below 0 to the sink; less than 2**30 in magnitude."""
    offsets: NDArray[np.int64]
    """(n_directions,), from a node to each neighbor."""
    steps: NDArray[np.int64]
    """(n_directions, ndim), the same as steps along the axes."""
    shape: tuple[int, ...]
    """Without the padding."""


class _Trees(NamedTuple):
    """A grid, and the trees on it; n_nodes of each."""

    arcs: NDArray[np.int32]
    terminals: NDArray[np.int32]
    offsets: NDArray[np.int64]
    states: NDArray[np.uint16]
    stamps: NDArray[np.int32]
    """Of an orphan: the orphan that comes after it, or -1."""
    ring: NDArray[np.int32]
    """The nodes whose neighbors are to be looked at, first in, first out; a part for each band."""


_QUEUE = np.dtype(
    [(name, np.int64) for name in ("first", "size", "head", "count", "time", "last_time", "orphan", "last_orphan")]
)
"""A band: its nodes, which have the same part of the ring; where its queue begins and how many wait; the time, and
when it begins again; the orphans that come first and last."""


def directions(ndim: int, connectivity: int) -> NDArray[np.int64]:
    """The steps to the neighbors of a pixel, (n, ndim), each followed by the one back."""
    around = itertools.product((-1, 0, 1), repeat=ndim)
    forward = [step for step in around if step > (0,) * ndim and np.count_nonzero(step) <= connectivity]
    both = [sign * np.array(step, np.int64) for step in forward for sign in (1, -1)]
    if len(both) > MOST_NEIGHBORS:
        raise ValueError(
            f"connectivity is {connectivity}, {len(both)} neighbors in {ndim} dimensions; expected at most "
            f"{MOST_NEIGHBORS}; take a lower one"
        )
    return np.array(both, np.int64).reshape(-1, ndim)


def empty_grid(shape: tuple[int, ...], connectivity: int) -> Grid:
    """A grid without capacities."""
    steps = directions(len(shape), connectivity)
    n_nodes = int(np.prod([length + 2 for length in shape]))
    arcs, terminals = np.zeros((n_nodes, len(steps)), np.int32), np.zeros(n_nodes, np.int32)
    return Grid(arcs, terminals, steps @ padded_strides(shape), steps, shape)


def source_side(grid: Grid, n_bands: int | None = None) -> NDArray[np.bool_]:
    """Push as much flow as there is room for, and return which nodes, (n_nodes,), the source still reaches.

    The grid is left with what remains of its capacities: after a change of its terminals, which is added to them,
    it is solved again from there (Kohli and Torr 2007).
    """
    n_nodes, n_rows = len(grid.terminals), grid.shape[0] + 2
    if n_bands is None:
        n_bands = max(1, min(n_workers(), n_nodes // _FEW_PIXELS, n_rows))
    if engine() == "numpy":
        n_bands = 1
    trees = _Trees(
        *grid[:3], np.full(n_nodes, FREE, np.uint16), np.empty(n_nodes, np.int32), np.empty(n_nodes, np.int32)
    )
    cuts = np.linspace(0, n_rows, n_bands + 1).astype(int)
    kept = [(rows, rows.copy()) for rows in _over_seams(grid, cuts[1:-1])]
    for rows, _ in kept:
        rows[...] = 0
    starts = cuts * (n_nodes // n_rows)
    queues = np.zeros(n_bands, _QUEUE)
    queues["first"], queues["size"], queues["last_time"] = starts[:-1], np.diff(starts), _LAST_TIME
    run_bands(_plant, n_bands, 2**62, trees, queues)
    while any(run_bands(_advance, n_bands, 2**62, trees, queues, _VISITS_AT_ONCE)):
        pass
    if n_bands > 1:
        for rows, capacities in kept:
            rows[...] = capacities
        whole = np.zeros(1, _QUEUE)
        whole["size"], whole["time"], whole["last_time"] = n_nodes, queues["time"].max(), _LAST_TIME
        for seam in starts[1:-1]:
            _look_again(trees, whole, max(0, seam - n_nodes // n_rows), min(n_nodes, seam + n_nodes // n_rows))
        while any(run_bands(_advance, 1, 2**62, trees, whole, _VISITS_AT_ONCE)):
            pass
    return (trees.states & _PARENT != FREE) & (trees.states & _SINK == 0)


def _over_seams(grid: Grid, seams: NDArray[np.int64]) -> list[NDArray[np.int32]]:
    """Views of the arcs that lead over the seams between rows, from either side."""
    by_row = grid.arcs.reshape(grid.shape[0] + 2, -1, len(grid.offsets))
    return [
        by_row[seam + side, :, direction]
        for seam in seams.tolist()
        for direction, step in enumerate(grid.steps[:, 0].tolist())
        for side in (-1, 0)
        if step == -1 - 2 * side
    ]


def _plant_numpy(trees: _Trees, queues: NDArray[np.void], start: int, stop: int) -> None:
    """The definition needs no trees."""


@kernel(numpy=_plant_numpy)
def _plant(trees: _Trees, queues: NDArray[np.void], start: int, stop: int) -> None:
    """Nodes with a capacity from the source, or to the sink, are roots."""
    arcs, terminals, offsets, states, stamps, ring = trees
    for band in range(start, stop):
        queue = queues[band]
        for node in range(queue["first"], queue["first"] + queue["size"]):
            left = terminals[node]
            if left > 0:
                for direction in range(len(offsets)):
                    neighbor = node + offsets[direction]
                    if terminals[neighbor] < 0 and arcs[node, direction] > 0:
                        flow = min(left, min(-terminals[neighbor], arcs[node, direction]))
                        arcs[node, direction] -= flow
                        arcs[neighbor, direction ^ 1] += flow
                        terminals[neighbor] += flow
                        left -= flow
                terminals[node] = left
        count = 0
        for node in range(queue["first"], queue["first"] + queue["size"]):
            if terminals[node] != 0:
                states[node] = TERMINAL | _QUEUED | (0 if terminals[node] > 0 else _SINK)
                stamps[node] = 1
                ring[queue["first"] + count] = node
                count += 1
        queue["count"] = count


@kernel()
def _look_again(trees: _Trees, queues: NDArray[np.void], start: int, stop: int) -> None:
    """Let nodes of the trees wait."""
    states, ring = trees[3], trees[5]
    for node in range(start, stop):
        if states[node] & _PARENT != FREE:
            _wait(states, ring, queues[0], node)


@kernel(numpy=maximum_flow_numpy)
def _advance(trees: _Trees, queues: NDArray[np.void], n_visits: int, start: int, stop: int) -> bool:
    """Grow the trees of a band, and push flow where they meet; return whether anything is left to do."""
    arcs, terminals, offsets, states, stamps, ring = trees
    queue = queues[start]
    while queue["count"] > 0:
        if n_visits < 0:
            return True
        node = int(ring[queue["first"] + queue["head"]])
        queue["head"] = queue["head"] + 1 if queue["head"] + 1 < queue["size"] else 0
        queue["count"] -= 1
        states[node] &= _PARENT | _SINK  # before its neighbors are looked at: an adoption may let it wait again
        while states[node] & _PARENT != FREE:
            n_visits -= 1
            if queue["time"] >= queue["last_time"]:
                _forget_times(states, stamps, queue)
            direction = _grow(arcs, offsets, states, stamps, ring, queue, node)
            if direction < 0:
                break
            _push(arcs, terminals, offsets, states, stamps, queue, node, direction)
            n_visits -= _adopt(arcs, offsets, states, stamps, ring, queue)
    return False


@kernel()
def _wait(states: NDArray[np.uint16], ring: NDArray[np.int32], queue: np.void, node: int) -> None:
    """Put a node into the queue, once."""
    if states[node] & _QUEUED == 0:
        states[node] |= _QUEUED
        place = queue["head"] + queue["count"]
        ring[queue["first"] + (place if place < queue["size"] else place - queue["size"])] = node
        queue["count"] += 1


@kernel()
def _grow(
    arcs: NDArray[np.int32],
    offsets: NDArray[np.int64],
    states: NDArray[np.uint16],
    stamps: NDArray[np.int32],
    ring: NDArray[np.int32],
    queue: np.void,
    node: int,
) -> int:
    """Let the free neighbors of a node join its tree; return the direction of one in the other tree, or -1."""
    own = states[node] & _SINK
    stamp = stamps[node]
    distance = stamp & _FAR
    joined = stamp + 1 if distance < _FAR else stamp
    for direction in range(len(offsets)):
        neighbor = node + offsets[direction]
        back = direction ^ 1
        if (arcs[node, direction] if own == 0 else arcs[neighbor, back]) > 0:
            state = states[neighbor]
            if state & _PARENT == FREE:
                states[neighbor] = (state & _QUEUED) | own | back
                stamps[neighbor] = joined
                _wait(states, ring, queue, neighbor)
            elif state & _SINK != own:
                return direction
            else:
                other = stamps[neighbor]
                is_older = other >> _DISTANCE_BITS <= stamp >> _DISTANCE_BITS
                if is_older and other & _FAR > distance:  # a shorter way to the root
                    states[neighbor] = (state & (_QUEUED | _SINK)) | back
                    stamps[neighbor] = joined
    return -1


@kernel()
def _push(
    arcs: NDArray[np.int32],
    terminals: NDArray[np.int32],
    offsets: NDArray[np.int64],
    states: NDArray[np.uint16],
    stamps: NDArray[np.int32],
    queue: np.void,
    node: int,
    direction: int,
) -> None:
    """Push flow from the source to the sink over an arc between the trees; the orphans are listed."""
    if states[node] & _SINK:
        node += offsets[direction]
        direction ^= 1
    neighbor = node + offsets[direction]
    flow = arcs[node, direction]
    for side in range(2):
        at = node if side == 0 else neighbor
        up = np.int64(states[at] & _PARENT)
        while up != TERMINAL:
            parent = at + offsets[up]
            flow = min(flow, arcs[parent, up ^ 1] if side == 0 else arcs[at, up])
            at = parent
            up = np.int64(states[at] & _PARENT)
        flow = min(flow, abs(terminals[at]))

    arcs[node, direction] -= flow
    arcs[neighbor, direction ^ 1] += flow
    queue["orphan"] = -1
    for side in range(2):
        at = node if side == 0 else neighbor
        sign = flow if side == 0 else -flow
        up = np.int64(states[at] & _PARENT)
        while up != TERMINAL:
            parent = at + offsets[up]
            arcs[at, up] += sign
            arcs[parent, up ^ 1] -= sign
            if (arcs[parent, up ^ 1] if side == 0 else arcs[at, up]) == 0:
                _lose(states, stamps, queue, at)
            at = parent
            up = np.int64(states[at] & _PARENT)
        terminals[at] -= sign
        if terminals[at] == 0:
            _lose(states, stamps, queue, at)


@kernel()
def _lose(states: NDArray[np.uint16], stamps: NDArray[np.int32], queue: np.void, node: int) -> None:
    """Make a node an orphan, the last of the list."""
    states[node] = (states[node] & (_QUEUED | _SINK)) | ORPHAN
    stamps[node] = -1
    if queue["orphan"] < 0:
        queue["orphan"] = node
    else:
        stamps[queue["last_orphan"]] = node
    queue["last_orphan"] = node


@kernel()
def _adopt(
    arcs: NDArray[np.int32],
    offsets: NDArray[np.int64],
    states: NDArray[np.uint16],
    stamps: NDArray[np.int32],
    ring: NDArray[np.int32],
    queue: np.void,
) -> int:
    """Find new parents for the orphans, the nearest to the root, or set them free; return how many there were."""
    queue["time"] += 1
    time, n_orphans = queue["time"], 0
    while queue["orphan"] >= 0:
        node = queue["orphan"]
        own = states[node] & _SINK
        best, nearest = FREE, 2**31
        for direction in range(len(offsets)):
            neighbor = node + offsets[direction]
            state = states[neighbor]
            is_parent = state & _SINK == own and state & _PARENT < ORPHAN
            if is_parent and (arcs[neighbor, direction ^ 1] if own == 0 else arcs[node, direction]) > 0:
                distance = _distance(offsets, states, stamps, time, neighbor)
                if distance < nearest:
                    best, nearest = direction, distance
        if best == FREE:
            _set_free(arcs, offsets, states, stamps, ring, queue, node)
        queue["orphan"] = stamps[node]
        states[node] = (states[node] & (_QUEUED | _SINK)) | best
        if best != FREE:
            stamps[node] = (time << _DISTANCE_BITS) | min(nearest + 1, _FAR)
        n_orphans += 1
    return n_orphans


@kernel()
def _distance(
    offsets: NDArray[np.int64], states: NDArray[np.uint16], stamps: NDArray[np.int32], time: int, node: int
) -> int:
    """The nodes from a node to the root of its tree, or 2**31 where an orphan is on the way; stamps the way."""
    at, n_steps = node, 0
    while True:
        up = np.int64(states[at] & _PARENT)
        if up == ORPHAN:
            return 2**31
        if stamps[at] >> _DISTANCE_BITS == time:
            n_steps += stamps[at] & _FAR
            break
        n_steps += 1
        if up == TERMINAL:
            stamps[at] = (time << _DISTANCE_BITS) | 1
            break
        at += offsets[up]
    left, at = n_steps, node
    while stamps[at] >> _DISTANCE_BITS != time:
        stamps[at] = (time << _DISTANCE_BITS) | min(left, _FAR)
        at += offsets[states[at] & _PARENT]
        left -= 1
    return n_steps


@kernel()
def _set_free(
    arcs: NDArray[np.int32],
    offsets: NDArray[np.int64],
    states: NDArray[np.uint16],
    stamps: NDArray[np.int32],
    ring: NDArray[np.int32],
    queue: np.void,
    node: int,
) -> None:
    """The children of a node that leaves its tree are orphans, and neighbors that could reach it wait."""
    own = states[node] & _SINK
    for direction in range(len(offsets)):
        neighbor = node + offsets[direction]
        state = states[neighbor]
        if state & _PARENT != FREE and state & _SINK == own:
            if (arcs[neighbor, direction ^ 1] if own == 0 else arcs[node, direction]) > 0:
                _wait(states, ring, queue, neighbor)
            if state & _PARENT == direction ^ 1:
                _lose(states, stamps, queue, neighbor)


@kernel()
def _forget_times(states: NDArray[np.uint16], stamps: NDArray[np.int32], queue: np.void) -> None:
    """Begin time again: only the roots are known to be near."""
    queue["time"] = 0
    for node in range(queue["first"], queue["first"] + queue["size"]):
        stamps[node] = 1 if states[node] & _PARENT == TERMINAL else _FAR
