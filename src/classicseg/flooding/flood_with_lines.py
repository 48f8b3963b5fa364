"""Floods that keep more than labels: lines between basins, and the way from the marker.

A pixel waits in a heap, as often as it is reached, each time with a label and where that came from: the neighbor,
or the marker's pixel where distances count. All that leave the heap at one level and ring are decided before any
is written, so the order of the pixels does not count.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.grid import neighbor_offsets, pad
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.flooding.flood import OUTSIDE, WAITS, finished, label_grid

_STEPS = 2**15
"""Pixels flooded at once, or all of one level and ring, of which there may be millions: Ctrl-C does not wait."""

_LINE = OUTSIDE
"""Where basins meet."""


def flood_with_lines(
    levels: NDArray[Any],
    markers: NDArray[np.int32],
    ranks: NDArray[np.int64] | None,
    image: Image,
    connectivity: int,
    *,
    lines: bool,
    compactness: float,
    spacing: tuple[float, ...],
) -> NDArray[np.int32]:
    """Extend markers as `flood` does, with lines between them, or near them in space, or both.

    Parameters
    ----------
    levels, markers, ranks, image, connectivity
        As in `flood`.
    lines : bool
        A pixel beside another label than the one that reaches it, when its turn comes, is 0, and so is the one
        with the worse rank, or both, of two neighbors of one ring with different labels. Markers stay.
    compactness : float
        What a unit of the distance from the marker's pixel adds to a level. Where it is not 0, a tie goes to the
        marker's pixel nearest in value, not to the neighbor.
    spacing : tuple of float
        The distance between neighbors along each axis.

    Returns
    -------
    ndarray of int32
        The markers' numbers; -2 where a pixel could not choose; 0 on lines, and where none takes part or none
        reaches.
    """
    ndim = len(image.shape)
    grid, labels = pad(levels, ndim).reshape(-1), label_grid(markers, image)
    labels[labels < 0] *= -1
    values = pad(image.values, ndim).reshape(-1, image.n_channels)
    ranked = np.append(np.arange(int(markers.max()) + 1) if ranks is None else ranks, np.iinfo(np.int64).max)
    offsets = neighbor_offsets(image.shape, connectivity)
    lengths, units = np.array(image.shape, np.int64) + 2, np.array(spacing)
    found = np.flatnonzero((labels > 0) & (labels != OUTSIDE))
    keys = np.stack([grid[found].astype(np.float64), np.zeros(len(found))], axis=1)
    order = run_interruptible(partial(np.argsort, kind="stable"), keys[:, 0])  # what is sorted is a heap
    size, keys, nodes = len(order), keys[order], np.stack([found, found, labels[found], 0 * found], axis=1)[order]
    time = 0
    while size:
        state = compactness, lines, keys, nodes, size, time, _STEPS
        size, time, keys, nodes = run_interruptible(
            _spread, grid, labels, offsets, ranked, values, lengths, units, *state
        )
    return finished(labels, image.shape, len(ranked) - 1)


@kernel()
def _spread(
    levels: NDArray[Any],
    labels: NDArray[np.int32],
    offsets: NDArray[np.int64],
    ranks: NDArray[np.int64],
    values: NDArray[Any],
    lengths: NDArray[np.int64],
    units: NDArray[np.float64],
    compactness: float,
    lines: bool,
    keys: NDArray[np.float64],
    nodes: NDArray[np.int64],
    size: int,
    time: int,
    n_steps: int,
) -> tuple[int, int, NDArray[np.float64], NDArray[np.int64]]:
    """Flood at least `n_steps` pixels, if there are so many; return the size of the heap, the time, and the heap.

    An entry of the heap is a node, where it is reached from, with which label, and when: in which batch.
    """
    while size > 0 and n_steps > 0:
        level, ring = keys[0, 0], keys[0, 1]
        batch, n_batch = np.empty((16, 4), np.int64), 0
        while size > 0 and keys[0, 0] == level and keys[0, 1] == ring:
            if n_batch == len(batch):
                batch = np.concatenate((batch, np.empty_like(batch)))
            batch[n_batch] = nodes[0]
            n_batch += 1
            size = _pop(keys, nodes, size)
        n_steps -= n_batch
        time += 1
        spreads = _decide(labels, offsets, ranks, values, lines, compactness > 0, batch[:n_batch])
        while size + n_batch * len(offsets) > len(keys):
            keys = np.concatenate((keys, np.empty_like(keys)))
            nodes = np.concatenate((nodes, np.empty_like(nodes)))
        for i in range(n_batch):
            if not spreads[i]:
                continue
            for offset in offsets:
                near = batch[i, 0] + offset
                if labels[near] != WAITS:
                    continue
                its_level, its_ring = np.float64(levels[near]), 0.0
                if compactness > 0:
                    its_level += compactness * _distance(near, batch[i, 1], lengths, units)
                if its_level <= level:
                    its_level, its_ring = level, ring + 1
                size = _push(keys, nodes, size, its_level, its_ring, near, batch[i, 1], batch[i, 2], time)
    return size, time, keys, nodes


@kernel()
def _decide(
    labels: NDArray[np.int32],
    offsets: NDArray[np.int64],
    ranks: NDArray[np.int64],
    values: NDArray[Any],
    lines: bool,
    near: bool,
    batch: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Label the pixels of a batch, and tell which of its entries spread.

    Until all are decided, the label of a pixel is the negative of the place of its first entry, from 1. The others
    are linked to it, except those that are there already: they would multiply from ring to ring.
    """
    n_entries, torn = len(batch), len(ranks) - 1
    best, links = np.full(n_entries, -1), np.full(n_entries, -1)
    came, spreads = np.zeros(n_entries, np.int64), np.zeros(n_entries, np.bool_)
    for i in range(n_entries):
        node, source, label, _ = batch[i]
        first = -1 - int(labels[node])
        if labels[node] > 0:
            spreads[i] = node == source
        elif labels[node] == WAITS:
            labels[node] = -1 - i
            best[i], came[i] = i, label
        else:
            if _is_new(batch, links, i, first):
                links[i], links[first] = links[first], i
            order = _compare(ranks, values, batch[i], batch[best[first]])
            if order < 0:
                best[first], came[first] = i, label
            elif order == 0 and came[first] != label:
                came[first] = torn
    found = _divide(labels, offsets, ranks, batch, best, came) if lines else came
    for first in range(n_entries):
        if best[first] >= 0:
            node, i = int(batch[first, 0]), first
            labels[node] = found[first]
            while near and i >= 0:
                spreads[i] = batch[i, 2] == came[first]
                i = int(links[i])
            if not near or came[first] == torn:
                spreads[first] = True
                batch[first, 1], batch[first, 2] = node, came[first]
    return spreads


@kernel()
def _is_new(batch: NDArray[np.int64], links: NDArray[np.int64], i: int, first: int) -> bool:
    """Whether none of the entries linked to the first one has the source of the i-th."""
    while first >= 0:
        if batch[first, 1] == batch[i, 1]:
            return False
        first = int(links[first])
    return True


@kernel()
def _divide(
    labels: NDArray[np.int32],
    offsets: NDArray[np.int64],
    ranks: NDArray[np.int64],
    batch: NDArray[np.int64],
    best: NDArray[np.int64],
    came: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Make lines beside other labels; then, within the batch, of the worse of two labels, or of both."""
    found = came.copy()
    for i in range(len(batch)):
        if best[i] >= 0:
            for offset in offsets:
                label = labels[batch[i, 0] + offset]
                if label > 0 and label != _LINE and label != came[i]:
                    found[i] = _LINE
    lone = found != _LINE
    for i in range(len(batch)):
        if best[i] >= 0 and lone[i]:
            for offset in offsets:
                first = -1 - int(labels[batch[i, 0] + offset])
                if first >= 0 and lone[first] and came[first] != came[i] and ranks[came[first]] <= ranks[came[i]]:
                    found[i] = _LINE
    return found


@kernel()
def _compare(
    ranks: NDArray[np.int64], values: NDArray[Any], one: NDArray[np.int64], other: NDArray[np.int64]
) -> int:
    """Whether a pixel would rather be of one entry than of another: -1 yes, 1 no, 0 equals."""
    if one[3] != other[3]:
        return -1 if one[3] < other[3] else 1
    if one[2] != other[2] and len(ranks) - 1 in (one[2], other[2]):  # a torn one, whose label is the last
        return -1 if one[2] < other[2] else 1
    to_one, to_other = 0.0, 0.0
    for c in range(values.shape[1]):
        value = np.float64(values[one[0], c])
        to_one += (value - np.float64(values[one[1], c])) ** 2
        to_other += (value - np.float64(values[other[1], c])) ** 2
    if to_one != to_other:
        return -1 if to_one < to_other else 1
    if ranks[one[2]] != ranks[other[2]]:
        return -1 if ranks[one[2]] < ranks[other[2]] else 1
    return 0


@kernel()
def _distance(one: int, other: int, lengths: NDArray[np.int64], units: NDArray[np.float64]) -> float:
    """The distance of two nodes of a padded grid."""
    total = 0.0
    for axis in range(len(lengths) - 1, -1, -1):
        step = (one % lengths[axis] - other % lengths[axis]) * units[axis]
        total += step * step
        one //= lengths[axis]
        other //= lengths[axis]
    return np.sqrt(total)


@kernel()
def _push(
    keys: NDArray[np.float64],
    nodes: NDArray[np.int64],
    size: int,
    level: float,
    ring: float,
    node: int,
    source: int,
    label: int,
    time: int,
) -> int:
    """Put an entry on the binary heap of `size`; return the new size."""
    place = size
    while place > 0:
        above = (place - 1) // 2
        if keys[above, 0] < level or (keys[above, 0] == level and keys[above, 1] <= ring):
            break
        keys[place], nodes[place] = keys[above], nodes[above]
        place = above
    keys[place, 0], keys[place, 1] = level, ring
    nodes[place, 0], nodes[place, 1], nodes[place, 2], nodes[place, 3] = node, source, label, time
    return size + 1


@kernel()
def _pop(keys: NDArray[np.float64], nodes: NDArray[np.int64], size: int) -> int:
    """Take the least entry off the binary heap; return the new size."""
    size -= 1
    level, ring = keys[size, 0], keys[size, 1]
    node, source, label, time = nodes[size]
    place = 0
    while 2 * place + 1 < size:
        below = 2 * place + 1
        if below + 1 < size and (
            keys[below + 1, 0] < keys[below, 0]
            or (keys[below + 1, 0] == keys[below, 0] and keys[below + 1, 1] < keys[below, 1])
        ):
            below += 1
        if level < keys[below, 0] or (level == keys[below, 0] and ring <= keys[below, 1]):
            break
        keys[place], nodes[place] = keys[below], nodes[below]
        place = below
    keys[place, 0], keys[place, 1] = level, ring
    nodes[place, 0], nodes[place, 1], nodes[place, 2], nodes[place, 3] = node, source, label, time
    return size
