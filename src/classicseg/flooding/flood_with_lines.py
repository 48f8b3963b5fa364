"""Floods that keep more than labels: lines between basins, and the way from the marker.

A pixel waits in a heap, once for each way on which it is reached. An entry of the heap has the pixel's node, the
source that it is reached from (the neighbor, or the marker's pixel where distances count), the label that comes,
and the time, in batches. All entries of one level and ring leave the heap as one batch and are decided before any
label is written, so the order of the pixels does not count.

While a batch is decided, the label of a pixel is the complement of the index of its first entry in the batch; else
labels are 0 (WAITS), final numbers, or OUTSIDE, which is the label of lines as well.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.grid import neighbor_offsets, pad
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.flooding.flood import Terrain
from classicseg.flooding.flood_states import OUTSIDE, WAITS, finished, label_grid

_PIXELS_AT_ONCE = 2**15
"""Pixels flooded at once, or all of one level and ring, of which there may be millions: Ctrl-C does not wait."""

_LINE = OUTSIDE
"""Where basins meet."""

_NODE, _SOURCE, _LABEL, _TIME = 0, 1, 2, 3
"""The columns of an entry."""


class Rules(NamedTuple):
    """How a flood differs from the plain one."""

    lines: bool
    compactness: float
    lengths: NDArray[np.int64]
    """Of the padded grid."""
    spacing: NDArray[np.float64]


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
    ndim, labels = len(image.shape), label_grid(markers, image)
    labels[labels < 0] *= -1
    n_labels = int(markers.max()) + 1
    ranked = np.append(np.arange(n_labels) if ranks is None else ranks, np.iinfo(np.int64).max)
    values = pad(image.values, ndim).reshape(-1, image.n_channels)
    terrain = Terrain(pad(levels, ndim).reshape(-1), neighbor_offsets(image.shape, connectivity), values, ranked)
    rules = Rules(lines, compactness, np.array(image.shape, np.int64) + 2, np.array(spacing))
    starts = np.flatnonzero((labels > 0) & (labels != OUTSIDE))
    keys = np.stack([terrain.levels[starts].astype(np.float64), np.zeros(len(starts))], axis=1)
    entries = np.stack([starts, starts, labels[starts], 0 * starts], axis=1)
    order = run_interruptible(partial(np.argsort, kind="stable"), keys[:, 0])  # what is sorted is a heap
    keys, entries, size, time = keys[order], entries[order], len(order), 0
    while size:
        heap = keys, entries, size
        size, time, keys, entries = run_interruptible(
            _spread, terrain, labels, rules, *heap, time, _PIXELS_AT_ONCE
        )
    return finished(labels, image.shape, len(ranked) - 1)


@kernel()
def _spread(
    terrain: Terrain,
    labels: NDArray[np.int32],
    rules: Rules,
    keys: NDArray[np.float64],
    entries: NDArray[np.int64],
    size: int,
    time: int,
    n_pixels: int,
) -> tuple[int, int, NDArray[np.float64], NDArray[np.int64]]:
    """Flood at least `n_pixels`, if there are so many; return the size of the heap, the time, and the heap."""
    levels, offsets = terrain.levels, terrain.offsets
    while size > 0 and n_pixels > 0:
        level, ring = keys[0, 0], keys[0, 1]
        batch, n_batch = np.empty((16, 4), np.int64), 0
        while size > 0 and keys[0, 0] == level and keys[0, 1] == ring:
            if n_batch == len(batch):
                batch = np.concatenate((batch, np.empty_like(batch)))
            batch[n_batch] = entries[0]
            n_batch += 1
            size = _pop(keys, entries, size)
        n_pixels -= n_batch
        time += 1
        spreads = _decide(terrain, labels, rules, batch[:n_batch])
        while size + n_batch * len(offsets) > len(keys):
            keys = np.concatenate((keys, np.empty_like(keys)))
            entries = np.concatenate((entries, np.empty_like(entries)))
        for i in range(n_batch):
            if not spreads[i]:
                continue
            for offset in offsets:
                neighbor = batch[i, _NODE] + offset
                if labels[neighbor] != WAITS:
                    continue
                its_level, its_ring = np.float64(levels[neighbor]), 0.0
                if rules.compactness > 0:
                    its_level += rules.compactness * _distance(neighbor, batch[i, _SOURCE], rules)
                if its_level <= level:
                    its_level, its_ring = level, ring + 1
                source, label = batch[i, _SOURCE], batch[i, _LABEL]
                size = _push(keys, entries, size, its_level, its_ring, neighbor, source, label, time)
    return size, time, keys, entries


@kernel()
def _decide(
    terrain: Terrain, labels: NDArray[np.int32], rules: Rules, batch: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Label the pixels of a batch, and tell which of its entries spread.

    The entries of one pixel are a linked list from the first on, without those whose source is in the list
    already: they would multiply from ring to ring.
    """
    n_entries, undecided, by_distance = len(batch), len(terrain.ranks) - 1, rules.compactness > 0
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
            order = _compare(terrain, batch[i], batch[best[first]])
            if order < 0:
                best[first], came[first] = i, label
            elif order == 0 and came[first] != label:
                came[first] = undecided
    found = _divide(terrain, labels, batch, best, came) if rules.lines else came
    for first in range(n_entries):
        if best[first] >= 0:
            node, i = int(batch[first, _NODE]), first
            labels[node] = found[first]
            while by_distance and i >= 0:
                spreads[i] = batch[i, _LABEL] == came[first]
                i = int(links[i])
            if not by_distance or came[first] == undecided:
                spreads[first] = True
                batch[first, _SOURCE], batch[first, _LABEL] = node, came[first]
    return spreads


@kernel()
def _is_new(batch: NDArray[np.int64], links: NDArray[np.int64], i: int, first: int) -> bool:
    """Whether none of the entries linked to the first one has the source of the i-th."""
    while first >= 0:
        if batch[first, _SOURCE] == batch[i, _SOURCE]:
            return False
        first = int(links[first])
    return True


@kernel()
def _divide(
    terrain: Terrain,
    labels: NDArray[np.int32],
    batch: NDArray[np.int64],
    best: NDArray[np.int64],
    came: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The labels that came, or lines: beside other labels, then for the worse of two in the batch, or both."""
    found, offsets, ranks = came.copy(), terrain.offsets, terrain.ranks
    for i in range(len(batch)):
        if best[i] >= 0:
            for offset in offsets:
                label = labels[batch[i, _NODE] + offset]
                if label > 0 and label != _LINE and label != came[i]:
                    found[i] = _LINE
    is_alone = found != _LINE
    for i in range(len(batch)):
        if best[i] >= 0 and is_alone[i]:
            for offset in offsets:
                j = -1 - int(labels[batch[i, _NODE] + offset])
                if j >= 0 and is_alone[j] and came[j] != came[i] and ranks[came[j]] <= ranks[came[i]]:
                    found[i] = _LINE
    return found


@kernel()
def _compare(terrain: Terrain, a: NDArray[np.int64], b: NDArray[np.int64]) -> int:
    """Whether a pixel would rather be of entry `a` than of entry `b`: -1 yes, 1 no, 0 equals."""
    ranks, values, undecided = terrain.ranks, terrain.values, len(terrain.ranks) - 1
    label_a, label_b = a[_LABEL], b[_LABEL]
    if a[_TIME] != b[_TIME]:
        return -1 if a[_TIME] < b[_TIME] else 1
    if label_a != label_b and (label_a == undecided or label_b == undecided):  # undecided is the highest label
        return -1 if label_a < label_b else 1
    to_a, to_b = 0.0, 0.0
    for c in range(values.shape[1]):
        value = np.float64(values[a[_NODE], c])
        to_a += (value - np.float64(values[a[_SOURCE], c])) ** 2
        to_b += (value - np.float64(values[b[_SOURCE], c])) ** 2
    if to_a != to_b:
        return -1 if to_a < to_b else 1
    if ranks[label_a] != ranks[label_b]:
        return -1 if ranks[label_a] < ranks[label_b] else 1
    return 0


@kernel()
def _distance(a: int, b: int, rules: Rules) -> float:
    """The distance of two nodes of a padded grid."""
    total = 0.0
    for axis in range(len(rules.lengths) - 1, -1, -1):
        length = rules.lengths[axis]
        along = (a % length - b % length) * rules.spacing[axis]
        total += along * along
        a //= length
        b //= length
    return np.sqrt(total)


@kernel()
def _push(
    keys: NDArray[np.float64],
    entries: NDArray[np.int64],
    size: int,
    level: float,
    ring: float,
    node: int,
    source: int,
    label: int,
    time: int,
) -> int:
    """Put an entry on the binary heap of `size`; return the new size."""
    index = size
    while index > 0:
        parent = (index - 1) // 2
        if keys[parent, 0] < level or (keys[parent, 0] == level and keys[parent, 1] <= ring):
            break
        keys[index], entries[index] = keys[parent], entries[parent]
        index = parent
    keys[index, 0], keys[index, 1] = level, ring
    entries[index, _NODE], entries[index, _SOURCE] = node, source
    entries[index, _LABEL], entries[index, _TIME] = label, time
    return size + 1


@kernel()
def _pop(keys: NDArray[np.float64], entries: NDArray[np.int64], size: int) -> int:
    """Take the least entry off the binary heap; return the new size."""
    size -= 1
    level, ring = keys[size, 0], keys[size, 1]
    node, source, label, time = entries[size]
    index = 0
    while 2 * index + 1 < size:
        child = 2 * index + 1
        if child + 1 < size and (
            keys[child + 1, 0] < keys[child, 0]
            or (keys[child + 1, 0] == keys[child, 0] and keys[child + 1, 1] < keys[child, 1])
        ):
            child += 1
        if level < keys[child, 0] or (level == keys[child, 0] and ring <= keys[child, 1]):
            break
        keys[index], entries[index] = keys[child], entries[child]
        index = child
    keys[index, 0], keys[index, 1] = level, ring
    entries[index, _NODE], entries[index, _SOURCE] = node, source
    entries[index, _LABEL], entries[index, _TIME] = label, time
    return size
