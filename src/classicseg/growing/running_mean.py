"""Growth within a tolerance of the region's mean, which moves as the region grows [1].

All regions grow at once, in rounds. In each round, every pixel without a label that touches a region and is within
the tolerance of its mean, as it was before the round, joins it; where there are several such regions, the nearest,
then the one of the lower number. Then the means take in what has joined, and refused pixels are asked again, until
none joins. A larger tolerance need not give a larger region: the mean may go elsewhere.

Few refused pixels are in fact asked again. A pixel at distance d > tolerance from a mean cannot be accepted before
the mean has moved by d - tolerance (triangle inequality). So it is queued until the moves of the mean add up to
this: in a heap of the region's own, and where it touches several regions, in the heap of each. Of 12 million
pixels of a photograph, those that join are asked once, and all others together a twentieth as often.

[1] Zucker S. W. Region growing: childhood and adolescence. Computer Graphics and Image Processing 5, 1976.
[2] Sleator D. D., Tarjan R. E. Self-adjusting heaps. SIAM Journal on Computing 15(1), 1986.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg._core.seeds import SeedPixels
from classicseg.growing.node_pool import N_USED, empty_pool, release, take_node
from classicseg.growing.options import GrowingOptions
from classicseg.growing.pixel_grid import PixelGrid, color_distance, grown_labels, pixel_grid, plant, run_round
from classicseg.growing.running_means import (
    RunningMeans,
    join_region,
    means_of_seeds,
    nearest_region,
    settle_mean,
)

_OUTSIDE, _JOINING = -1, np.iinfo(np.int32).min
"""The labels of a pixel that takes no part, and of one that joins in this round. A pixel that is queued has -2
less the number of the region that was the first to touch it; one that no region touches has 0."""

_PIXEL, _NUMBER, _LEFT, _RIGHT = 0, 1, 2, 3
"""The columns of a node: a pixel, the region that it is queued for, and the two nodes below it in the heap."""

_EARLY = 2.0**-28
"""A queued pixel is asked by this part of the distances too early: sums of 2**24 moves are as exact, and to ask
too early does no harm."""


class RefusedPixels(NamedTuple):
    """A heap for each region: the pixels that it has refused, the first to be asked again at the root."""

    nodes: NDArray[Any]
    """(capacity, 4), a `node_pool`."""
    due: NDArray[np.float64]
    """(capacity,), a node's pixel is asked again when the mean has traveled so far."""
    roots: NDArray[np.int64]
    """(n_regions + 1,), the root of each heap, 0 where it is empty."""
    traveled: NDArray[np.float64]
    """(n_regions + 1,), how far each mean has traveled: the sum of the lengths of its moves."""


def grow_by_running_mean(image: Image, seeds: SeedPixels, options: GrowingOptions) -> NDArray[np.int32]:
    """Give each pixel that a region takes in the region's number."""
    grid, regions = pixel_grid(image, options), means_of_seeds(image, seeds)
    n_rows = len(regions.counts)
    nodes = empty_pool(4, len(grid.labels))
    refused = RefusedPixels(nodes, np.empty(0), np.zeros(n_rows, np.int64), np.zeros(n_rows))
    front = plant(grid, image, seeds)
    n_joined = len(front)
    while n_joined:
        nodes = _with_room(nodes, int(nodes[N_USED]) + n_joined * len(grid.offsets))
        refused = refused._replace(nodes=nodes, due=_with_room(refused.due, len(nodes)))
        front = _with_room(front, len(nodes))
        n_joined = run_round(_grow_round, n_joined, grid, regions, options.tolerance, refused, front, n_joined)
    return grown_labels(grid, image)


def _with_room(array: NDArray[Any], length: int) -> NDArray[Any]:
    """An array, or a copy with room for more."""
    if len(array) >= length:
        return array
    longer = np.empty((2 * length, *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer


def _grow_round_numpy(
    grid: PixelGrid,
    regions: RunningMeans,
    tolerance: float,
    refused: RefusedPixels,
    front: NDArray[np.int64],
    n_front: int,
) -> int:
    """All refused pixels are asked again, however far the means have traveled."""
    values, labels, nodes = grid.values, grid.labels, refused.nodes
    asked = np.unique(np.append(front[:n_front, np.newaxis] + grid.offsets, nodes[1 : nodes[N_USED], _PIXEL]))
    asked = asked[labels[asked] == 0]
    numbers = np.maximum(labels[asked[:, np.newaxis] + grid.offsets], 0)
    distances = np.where(numbers > 0, 0.0, np.inf)
    for c in range(values.shape[1]):  # in order, for sums of floats
        part = values[asked, c, np.newaxis] - regions.means[numbers, c]
        distances = np.maximum(distances, abs(part)) if grid.maximum else distances + part * part
    minimum = distances.min(axis=1, keepdims=True)
    nearest = np.where(distances == minimum, numbers, len(regions.means)).min(axis=1)
    joins = minimum[:, 0] <= (tolerance if grid.maximum else tolerance * tolerance)
    joined, others, of = asked[joins], asked[~joins], nearest[joins]
    labels[joined] = of
    np.add.at(regions.counts, of, 1)
    for number in np.unique(of):
        for c, origin in enumerate(regions.origins[number].tolist()):
            apart = values[joined[of == number], c].astype(np.float64) - origin
            parts = [regions.sums[number, c], regions.rests[number, c], *apart.tolist()]
            regions.sums[number, c] = math.fsum(parts)
            regions.rests[number, c] = math.fsum([*parts, -regions.sums[number, c]])
    totals = regions.sums[of] + regions.rests[of]
    regions.means[of] = regions.origins[of] + totals / regions.counts[of, np.newaxis]
    nodes[N_USED] = 1 + len(others)
    nodes[1 : nodes[N_USED], _PIXEL], front[: len(joined)] = others, joined
    return len(joined)


@kernel(numpy=_grow_round_numpy)
def _grow_round(
    grid: PixelGrid,
    regions: RunningMeans,
    tolerance: float,
    refused: RefusedPixels,
    front: NDArray[np.int64],
    n_front: int,
) -> int:
    """Ask the neighbors of the pixels that joined last (the front), and the refused pixels that are due.

    Writes the pixels that join to the front; returns how many.
    """
    values, labels, offsets, maximum, means = grid.values, grid.labels, grid.offsets, grid.maximum, regions.means
    origins, sums, rests, counts = regions.origins, regions.sums, regions.rests, regions.counts
    nodes, due, roots, traveled = refused.nodes, refused.due, refused.roots, refused.traveled
    limit = tolerance if maximum else tolerance * tolerance
    asked, n_asked = _list_asked(grid, refused, front, n_front)
    numbers, n_joined = np.empty(n_asked, np.int64), 0
    while asked > 0:
        node, pixel, asked = asked, int(nodes[asked, _PIXEL]), int(nodes[asked, _RIGHT])
        if labels[pixel] > 0 or labels[pixel] == _JOINING:  # another node of the pixel came before
            release(nodes, node)
            continue
        number, distance = nearest_region(values, labels, offsets, means, maximum, pixel)
        if distance <= limit:
            labels[pixel] = _JOINING
            front[n_joined], numbers[n_joined] = pixel, number
            n_joined += 1
            release(nodes, node)
            continue
        number = int(nodes[node, _NUMBER])
        distance = color_distance(values, pixel, means, number, maximum)
        due[node] = _due(distance if maximum else np.sqrt(distance), traveled[number], tolerance)
        nodes[node, _LEFT], nodes[node, _RIGHT] = 0, 0
        roots[number] = _meld(int(roots[number]), node, nodes, due)
    for i in range(n_joined):
        labels[front[i]] = numbers[i]
        join_region(values, origins, sums, rests, counts, front[i], numbers[i])
    for number in numbers[:n_joined]:
        move = settle_mean(origins, sums, rests, counts, means, maximum, number)
        traveled[number] += move if maximum else np.sqrt(move)
    return n_joined


@kernel()
def _list_asked(
    grid: PixelGrid, refused: RefusedPixels, front: NDArray[np.int64], n_front: int
) -> tuple[int, int]:
    """Link the nodes of the pixels that are asked in this round; return the first one, and how many there are."""
    labels, offsets, nodes = grid.labels, grid.offsets, refused.nodes
    due, roots, traveled = refused.due, refused.roots, refused.traveled
    asked, n_asked = 0, 0
    for pixel in front[:n_front]:
        number = int(labels[pixel])
        while roots[number] > 0 and due[roots[number]] <= traveled[number]:
            node = int(roots[number])
            roots[number] = _meld(int(nodes[node, _LEFT]), int(nodes[node, _RIGHT]), nodes, due)
            nodes[node, _RIGHT] = asked
            asked, n_asked = node, n_asked + 1
        for offset in offsets:
            neighbor, label = pixel + offset, int(labels[pixel + offset])
            if label > 0 or label in (_OUTSIDE, -2 - number):
                continue
            if label == 0:
                labels[neighbor] = -2 - number
            node = take_node(nodes)
            nodes[node, _PIXEL], nodes[node, _NUMBER], nodes[node, _RIGHT] = neighbor, number, asked
            asked, n_asked = node, n_asked + 1
    return asked, n_asked


@kernel()
def _due(distance: float, traveled: float, tolerance: float) -> float:
    """How far a mean has traveled when a pixel at this distance may come within the tolerance."""
    return traveled + (distance - tolerance) - _EARLY * (traveled + distance)


@kernel()
def _meld(a: int, b: int, nodes: NDArray[Any], due: NDArray[np.float64]) -> int:
    """Make one heap of the heaps below two roots; return its root.

    Skew heaps [2]: the two branches of a node change sides whenever something is added below it, which keeps the
    paths to the leaves short.
    """
    if a == 0 or b == 0:
        return a + b
    if due[b] < due[a]:
        a, b = b, a
    root = a
    while b > 0:
        below = int(nodes[a, _RIGHT])
        nodes[a, _RIGHT] = nodes[a, _LEFT]
        if below == 0 or due[b] < due[below]:
            below, b = b, below
        nodes[a, _LEFT] = below
        a = below
    return root
