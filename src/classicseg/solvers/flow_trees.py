"""The two trees of a maximum flow on a grid (Boykov and Kolmogorov 2004): how they grow, meet, and are mended.

A node waits in a queue until its neighbors are looked at. Where the trees meet, flow is pushed along the path from
the source to the sink, and nodes whose arc from or to their parent has nothing left are orphans: each looks for
another parent in its tree, or becomes free. Most of the time goes into the ways to the roots, each node of which
is known when the one before has come from memory. So a node knows its parent's number beside the direction, and
numbers have no sign there, which would be looked at before they serve as indices.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel
from classicseg.solvers.flow_definition import maximum_flow_numpy

PARENT, SINK, _QUEUED = 255, 256, 512
"""The state of a node: the direction of its parent, whether it is in the sink's tree, and whether in the queue. In
one number, since neighbors are looked at in no order: two arrays take twice the time to come from memory."""

FREE, ORPHAN, TERMINAL = 255, 254, 253
"""Parents that are no directions: in no tree; in search of one; the source or the sink."""

_BACK, _AT_ROOT = np.uint64(1), np.uint64(TERMINAL)
"""What a direction without a sign is combined and compared with."""

_DISTANCE_BITS, LAST_TIME = 12, 2**19 - 1
_FAR = 2**_DISTANCE_BITS - 1
"""A stamp has the time at which the way to the root was looked up, and the nodes on it, up to so many."""


class Trees(NamedTuple):
    """A grid, and the trees on it; n_nodes of each."""

    arcs: NDArray[np.int32]
    terminals: NDArray[np.int32]
    offsets: NDArray[np.int64]
    states: NDArray[np.uint16]
    stamps: NDArray[np.int32]
    """Of an orphan: the orphan that comes after it, or -1."""
    parents: NDArray[np.int32]
    """Of a node that has one, the same as its direction says."""
    ring: NDArray[np.int32]
    """The nodes whose neighbors are to be looked at, first in, first out; a part for each band."""


QUEUE = np.dtype(
    [(name, np.int64) for name in ("first", "size", "head", "count", "time", "last_time", "orphan", "last_orphan")]
)
"""A band: its nodes, which have the same part of the ring; where its queue begins and how many wait; the time, and
when it begins again; the orphans that come first and last."""


def _plant_numpy(trees: Trees, queues: NDArray[np.void], start: int, stop: int) -> None:
    """The definition needs no trees."""


@kernel(numpy=_plant_numpy)
def plant(trees: Trees, queues: NDArray[np.void], start: int, stop: int) -> None:
    """Nodes with a capacity from the source, or to the sink, are roots."""
    arcs, terminals, offsets, states, stamps, _, ring = trees
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
                states[node] = TERMINAL | _QUEUED | (0 if terminals[node] > 0 else SINK)
                stamps[node] = 1
                ring[queue["first"] + count] = node
                count += 1
        queue["count"] = count


@kernel()
def look_again(trees: Trees, queues: NDArray[np.void], start: int, stop: int) -> None:
    """Let nodes of the trees wait."""
    states, ring = trees.states, trees.ring
    for node in range(start, stop):
        if states[node] & PARENT != FREE:
            _wait(states, ring, queues[0], node)


@kernel(numpy=maximum_flow_numpy)
def advance(trees: Trees, queues: NDArray[np.void], n_visits: int, start: int, stop: int) -> bool:
    """Grow the trees of a band, and push flow where they meet; return whether anything is left to do."""
    states, stamps, ring, queue = trees.states, trees.stamps, trees.ring, queues[start]
    while queue["count"] > 0:
        if n_visits < 0:
            return True
        node = int(ring[queue["first"] + queue["head"]])
        queue["head"] = queue["head"] + 1 if queue["head"] + 1 < queue["size"] else 0
        queue["count"] -= 1
        states[node] &= PARENT | SINK  # before its neighbors are looked at: an adoption may let it wait again
        while states[node] & PARENT != FREE:
            n_visits -= 1
            if queue["time"] >= queue["last_time"]:
                _forget_times(states, stamps, queue)
            direction = _grow(trees, queue, node)
            if direction < 0:
                break
            _push(trees, queue, node, direction)
            n_visits -= _adopt(trees, queue)
    return False


@kernel()
def _wait(states: NDArray[np.uint16], ring: NDArray[np.int32], queue: np.void, node: int | np.int64) -> None:
    """Put a node into the queue, once."""
    if states[node] & _QUEUED == 0:
        states[node] |= _QUEUED
        place = queue["head"] + queue["count"]
        ring[queue["first"] + (place if place < queue["size"] else place - queue["size"])] = node
        queue["count"] += 1


@kernel()
def _grow(trees: Trees, queue: np.void, node: int) -> int:
    """Let the free neighbors of a node join its tree; return the direction of one in the other tree, or -1."""
    arcs, _, offsets, states, stamps, parents, ring = trees
    own = states[node] & SINK
    stamp = stamps[node]
    distance = stamp & _FAR
    joined = stamp + 1 if distance < _FAR else stamp
    for direction in range(len(offsets)):
        neighbor = np.uint64(node + offsets[direction])
        back = direction ^ 1
        if (arcs[node, direction] if own == 0 else arcs[neighbor, back]) > 0:
            state = states[neighbor]
            if state & PARENT == FREE:
                states[neighbor] = (state & _QUEUED) | own | back
                stamps[neighbor] = joined
                parents[neighbor] = node
                _wait(states, ring, queue, np.int64(neighbor))
            elif state & SINK != own:
                return direction
            else:
                other = stamps[neighbor]
                is_older = other >> _DISTANCE_BITS <= stamp >> _DISTANCE_BITS
                if is_older and other & _FAR > distance:  # a shorter way to the root
                    states[neighbor] = (state & (_QUEUED | SINK)) | back
                    stamps[neighbor] = joined
                    parents[neighbor] = node
    return -1


@kernel()
def _push(trees: Trees, queue: np.void, node: int, direction: int) -> None:
    """Push flow from the source to the sink over an arc between the trees; the orphans are listed."""
    arcs, terminals, offsets, states, stamps, parents, _ = trees
    if states[node] & SINK:
        node += offsets[direction]
        direction ^= 1
    neighbor = node + offsets[direction]
    flow = arcs[node, direction]
    for side in range(2):
        at = np.uint64(node if side == 0 else neighbor)
        up = np.uint64(states[at] & PARENT)
        while up != _AT_ROOT:
            parent = np.uint64(parents[at])
            flow = min(flow, arcs[parent, up ^ _BACK] if side == 0 else arcs[at, up])
            at = parent
            up = np.uint64(states[at] & PARENT)
        flow = min(flow, abs(terminals[at]))

    arcs[node, direction] -= flow
    arcs[neighbor, direction ^ 1] += flow
    queue["orphan"] = -1
    for side in range(2):
        at = np.uint64(node if side == 0 else neighbor)
        sign = flow if side == 0 else -flow
        up = np.uint64(states[at] & PARENT)
        while up != _AT_ROOT:
            parent = np.uint64(parents[at])
            arcs[at, up] += sign
            arcs[parent, up ^ _BACK] -= sign
            if (arcs[parent, up ^ _BACK] if side == 0 else arcs[at, up]) == 0:
                _lose(states, stamps, queue, np.int64(at))
            at = parent
            up = np.uint64(states[at] & PARENT)
        terminals[at] -= sign
        if terminals[at] == 0:
            _lose(states, stamps, queue, np.int64(at))


@kernel()
def _lose(states: NDArray[np.uint16], stamps: NDArray[np.int32], queue: np.void, node: int | np.int64) -> None:
    """Make a node an orphan, the last of the list."""
    states[node] = (states[node] & (_QUEUED | SINK)) | ORPHAN
    stamps[node] = -1
    if queue["orphan"] < 0:
        queue["orphan"] = node
    else:
        stamps[queue["last_orphan"]] = node
    queue["last_orphan"] = node


@kernel()
def _adopt(trees: Trees, queue: np.void) -> int:
    """Find new parents for the orphans, the nearest to the root, or set them free; return how many there were."""
    arcs, _, offsets, states, stamps, parents, _ = trees
    queue["time"] += 1
    time, n_orphans = queue["time"], 0
    while queue["orphan"] >= 0:
        node = queue["orphan"]
        own = states[node] & SINK
        best, nearest = FREE, 2**31
        for direction in range(len(offsets)):
            neighbor = np.uint64(node + offsets[direction])
            state = states[neighbor]
            is_parent = state & SINK == own and state & PARENT < ORPHAN
            if is_parent and (arcs[neighbor, direction ^ 1] if own == 0 else arcs[node, direction]) > 0:
                distance = _distance(trees, time, neighbor)
                if distance < nearest:
                    best, nearest = direction, distance
        if best == FREE:
            _set_free(trees, queue, node)
        queue["orphan"] = stamps[node]
        states[node] = (states[node] & (_QUEUED | SINK)) | best
        if best != FREE:
            stamps[node] = (time << _DISTANCE_BITS) | min(nearest + 1, _FAR)
            parents[node] = node + offsets[best]
        n_orphans += 1
    return n_orphans


@kernel()
def _distance(trees: Trees, time: int, node: np.uint64) -> int:
    """The nodes from a node to the root of its tree, or 2**31 where an orphan is on the way; stamps the way."""
    states, stamps, parents = trees.states, trees.stamps, trees.parents
    at, n_steps = node, 0
    while True:
        up = states[at] & PARENT
        if up == ORPHAN:
            return 2**31
        if stamps[at] >> _DISTANCE_BITS == time:
            n_steps += stamps[at] & _FAR
            break
        n_steps += 1
        if up == TERMINAL:
            stamps[at] = (time << _DISTANCE_BITS) | 1
            break
        at = np.uint64(parents[at])
    left, at = n_steps, node
    while stamps[at] >> _DISTANCE_BITS != time:
        stamps[at] = (time << _DISTANCE_BITS) | min(left, _FAR)
        at = np.uint64(parents[at])
        left -= 1
    return n_steps


@kernel()
def _set_free(trees: Trees, queue: np.void, node: int) -> None:
    """The children of a node that leaves its tree are orphans, and neighbors that could reach it wait."""
    arcs, _, offsets, states, stamps, _, ring = trees
    own = states[node] & SINK
    for direction in range(len(offsets)):
        neighbor = node + offsets[direction]
        state = states[neighbor]
        if state & PARENT != FREE and state & SINK == own:
            if (arcs[neighbor, direction ^ 1] if own == 0 else arcs[node, direction]) > 0:
                _wait(states, ring, queue, neighbor)
            if state & PARENT == direction ^ 1:
                _lose(states, stamps, queue, neighbor)


@kernel()
def _forget_times(states: NDArray[np.uint16], stamps: NDArray[np.int32], queue: np.void) -> None:
    """Begin time again: only the roots are known to be near."""
    queue["time"] = 0
    for node in range(queue["first"], queue["first"] + queue["size"]):
        stamps[node] = 1 if states[node] & PARENT == TERMINAL else _FAR
