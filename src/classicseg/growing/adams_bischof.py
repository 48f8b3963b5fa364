"""Seeded region growing: regions compete for every pixel, and the pixels most like a region join first.

Adams and Bischof [1] sort the pixels at the borders of the regions by their distance to the region's mean, and
assign one after the other; where several are equally far, the order of the pixels decides. In the manner of
Mehnert and Jackway [2], here all pixels that are equally far join at once, so that it does not.

When a region comes to touch a pixel, the pixel is queued at its distance to the mean that the region has then.
Where several regions touch it, or one touches it again, the least of these distances counts. Distances are
compared by 10 bits, 1 part in 1000 of a distance, whatever the greatest distance in the image may be. In each
round, all pixels that are queued at the least distance join the touching region whose mean is nearest now; of
equally near ones, that of the lower number. Then the means take them in, and their neighbors are queued.

[1] Adams R., Bischof L. Seeded region growing. IEEE Transactions on Pattern Analysis and Machine Intelligence
16(6), 1994.
[2] Mehnert A., Jackway P. An improved seeded region growing algorithm. Pattern Recognition Letters 18(10), 1997.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg._core.seeds import SeedPixels
from classicseg.growing.node_pool import empty_pool, release, take_node, with_room
from classicseg.growing.options import GrowingOptions
from classicseg.growing.pixel_grid import PixelGrid, color_distance, grown_labels, pixel_grid, plant
from classicseg.growing.running_means import (
    RunningMeans,
    join_region,
    means_of_seeds,
    nearest_region,
    settle_mean,
)

_BITS = 10
"""There are 2**10 buckets from one power of two to the next."""

_LEAST_EXPONENT = 511
"""That of 2**-512 in a float64: what is less counts as nothing. No distance is 2**512 or more."""

_N_BUCKETS = 2 ** (10 + _BITS)
"""Of the numbers of 1024 powers of two; some thousand are used, and no memory is touched for the others."""

_OUTSIDE = -1
"""The label of what takes no part. A queued pixel has the label -2 - bucket, one that no region touches 0."""

_PIXELS_AT_ONCE = 2**18
"""About so many pixels join in a call: some tens of milliseconds."""

_SEEDS_AT_ONCE = 2**14

_PIXEL, _NUMBER, _NEXT = 0, 1, 2
"""The columns of a node: a pixel, the region that it joins, and the next node of the bucket."""


class Buckets(NamedTuple):
    """The queue: a linked list of pixels for each bucket of distances, and a tree of bits that finds the least."""

    first: NDArray[Any]
    """(_N_BUCKETS,), the first node of each bucket, 0 where it is empty."""
    words: NDArray[np.int64]
    """The tree, whose leaves are the buckets: words of 32 bits. Bit i of word w says whether anything is below
    index 32 w + i. Index 0 is the root, and the buckets are the last indices."""


def grow_by_competition(image: Image, seeds: SeedPixels, options: GrowingOptions) -> NDArray[np.int32]:
    """Give each pixel that connects to a seed the number of the region that wins it."""
    grid, regions = pixel_grid(image, options), means_of_seeds(image, seeds)
    nodes = empty_pool(3, len(grid.labels))
    queue = Buckets(np.zeros(_N_BUCKETS, nodes.dtype), np.zeros(_N_BUCKETS >> 4, np.int64))
    pixels = plant(grid, image, seeds)
    for start in range(0, len(pixels), _SEEDS_AT_ONCE):
        some = pixels[start : start + _SEEDS_AT_ONCE]
        nodes = run_interruptible(_begin, grid, regions, queue, nodes, some)
    while queue.words[0]:
        nodes = run_interruptible(_run_rounds, grid, regions, queue, nodes, _PIXELS_AT_ONCE)
    return grown_labels(grid, image)


@kernel()
def _begin(
    grid: PixelGrid, regions: RunningMeans, queue: Buckets, nodes: NDArray[Any], seeds: NDArray[np.int64]
) -> NDArray[Any]:
    """Queue the neighbors of seeds; return the nodes, which may have moved."""
    values, labels, offsets, means, maximum = grid.values, grid.labels, grid.offsets, regions.means, grid.maximum
    first, words = queue.first, queue.words
    nodes = with_room(nodes, len(seeds) * len(offsets))
    for pixel in seeds:
        _queue_neighbors(values, labels, offsets, means, maximum, first, words, nodes, pixel)
    return nodes


@kernel()
def _run_rounds(
    grid: PixelGrid, regions: RunningMeans, queue: Buckets, nodes: NDArray[Any], n_pixels: int
) -> NDArray[Any]:
    """Run rounds until so many pixels have joined, or all; return the nodes, which may have moved."""
    values, labels, offsets, means, maximum = grid.values, grid.labels, grid.offsets, regions.means, grid.maximum
    origins, sums, rests, counts = regions.origins, regions.sums, regions.rests, regions.counts
    first, words = queue.first, queue.words
    n_joined = 0
    while words[0] != 0 and n_joined < n_pixels:
        batch, size = 0, 0
        node = _take_least(first, words)
        while node > 0:
            pixel, following = int(nodes[node, _PIXEL]), int(nodes[node, _NEXT])
            if labels[pixel] > 0:  # joined from another bucket
                release(nodes, node)
            else:
                number, _ = nearest_region(values, labels, offsets, means, maximum, pixel)
                nodes[node, _NUMBER], nodes[node, _NEXT] = number, batch
                batch, size = node, size + 1
            node = following
        n_joined += size
        nodes = with_room(nodes, size * len(offsets))
        node = batch
        while node > 0:
            pixel, number = int(nodes[node, _PIXEL]), int(nodes[node, _NUMBER])
            labels[pixel] = number
            join_region(values, origins, sums, rests, counts, pixel, number)
            node = int(nodes[node, _NEXT])
        node = batch
        while node > 0:
            settle_mean(origins, sums, rests, counts, means, maximum, int(nodes[node, _NUMBER]))
            node = int(nodes[node, _NEXT])
        while batch > 0:
            pixel, following = int(nodes[batch, _PIXEL]), int(nodes[batch, _NEXT])
            release(nodes, batch)
            _queue_neighbors(values, labels, offsets, means, maximum, first, words, nodes, pixel)
            batch = following
    return nodes


@kernel()
def _queue_neighbors(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    offsets: NDArray[np.int64],
    means: NDArray[np.float64],
    maximum: bool,
    first: NDArray[Any],
    words: NDArray[np.int64],
    nodes: NDArray[Any],
    pixel: int,
) -> None:
    """Queue the neighbors of a pixel that has joined, unless they are at no greater distance already."""
    number = int(labels[pixel])
    for offset in offsets:
        neighbor = pixel + offset
        label = int(labels[neighbor])
        if label > 0 or label == _OUTSIDE:
            continue
        distance = color_distance(values, neighbor, means, number, maximum)
        bucket = _bucket(distance if maximum else np.sqrt(distance))
        if label == 0 or bucket < -2 - label:
            labels[neighbor] = -2 - bucket
            node = take_node(nodes)
            nodes[node, _PIXEL], nodes[node, _NEXT] = neighbor, first[bucket]
            if first[bucket] == 0:
                _mark(words, bucket)
            first[bucket] = node


@kernel()
def _bucket(distance: float) -> int:
    """The exponent and the first bits of a distance, as they stand in memory (math.frexp takes longer)."""
    first = int(np.float64(distance).view(np.int64)) >> (52 - _BITS)
    return max(first - (_LEAST_EXPONENT << _BITS), 0)


@kernel()
def _mark(words: NDArray[np.int64], bucket: int) -> None:
    """Set the bits above a bucket that is no longer empty."""
    index = bucket + _N_BUCKETS
    while index > 0:
        word = words[index >> 5]
        words[index >> 5] = word | 1 << (index & 31)
        index = index >> 5 if word == 0 else 0


@kernel()
def _take_least(first: NDArray[Any], words: NDArray[np.int64]) -> int:
    """Empty the least bucket that is not empty; return its first node."""
    index = 0
    while index < _N_BUCKETS:
        index = index << 5 | _lowest_bit(int(words[index]))
    bucket = index - _N_BUCKETS
    node = int(first[bucket])
    first[bucket] = 0
    while index > 0:
        words[index >> 5] &= ~(1 << (index & 31))
        index = index >> 5 if words[index >> 5] == 0 else 0
    return node


@kernel()
def _lowest_bit(word: int) -> int:
    """The index of the lowest of 32 bits that is set."""
    index = 0
    for width in (16, 8, 4, 2, 1):
        if word & ((1 << width) - 1) == 0:
            word >>= width
            index += width
    return index
