"""Grows the trees of a random forest, each from a draw of the samples, all of them at once.

A tree is grown until its leaves are pure. At each node the samples are ordered by the bins of a few features that
are drawn, and every place between two bins is tried: the best one leaves the least Gini impurity. A feature that
has one bin only does not count as drawn. Everything that is compared comes from whole numbers.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import BAND_PIXELS, run_bands
from classicseg._core.kernel import kernel
from classicseg.learning.fitting import BinnedFeatures, bin_table
from classicseg.learning.forest_votes import unseen_votes
from classicseg.learning.random_forest import LEAF, WHOLE, RandomForest

_N_BINS = 256
_MODULUS, _FACTOR = 2**31 - 1, 48271
"""The generator of Park and Miller: products fit 63 bits."""


class GrownForest(NamedTuple):
    """A forest, and what was seen while it grew."""

    forest: RandomForest

    importances: NDArray[np.float64]
    """(n_features,), the share of each feature in the impurity that all questions took away."""

    score: float
    """The share of samples whose class is that which the trees say that have not seen them; NaN of none."""


class _Sample(NamedTuple):
    """What trees learn from."""

    bins: NDArray[np.uint8]
    """(n_features, n)"""

    classes: NDArray[np.uint8]
    """(n,)"""

    n_drawn: int
    """The features of a question."""


class _Growing(NamedTuple):
    """One tree while it grows: the nodes, and the samples of each in an order."""

    features: NDArray[np.uint16]
    bins: NDArray[np.uint8]
    children: NDArray[np.int32]
    counts: NDArray[np.int32]
    """(n_nodes, n_classes)"""

    ranges: NDArray[np.int32]
    """(n_nodes, 2), where the samples of a node are in the order."""

    order: NDArray[np.int32]
    """(n,), samples that were drawn, …"""

    weights: NDArray[np.int32]
    """… (all samples,), and how often."""

    gains: NDArray[np.float64]
    """(n_features,), the impurity taken away."""

    sorted: NDArray[np.int32]
    """(n,), room for the samples of a node."""

    deck: NDArray[np.int32]
    """(n_features,), features in the order in which they are drawn."""


def grow_forest(
    features: NDArray[np.float32], classes: NDArray[np.uint8], *, n_trees: int, rng: np.random.Generator
) -> GrownForest:
    """Grow trees from features, (n_features, n), and the class of each sample, (n,), from 0.

    The same samples in the same order, and the same draws, give the same trees in any number of threads. Costs,
    for 10 000 samples of 50 features and 100 trees, some 2 s.
    """
    n = len(classes)
    table = bin_table(features, _N_BINS)
    table = table._replace(edges=_midpoints(features, table))
    sample = _Sample(table.bins, classes, max(1, math.isqrt(len(features))))
    n_classes = int(classes.max()) + 1
    drawn = np.empty((n_trees, n), np.uint8)
    for row in drawn:
        row[:] = np.bincount(rng.integers(0, n, n), minlength=n).clip(0, 255)
    seeds = rng.integers(1, _MODULUS, n_trees).tolist()

    def grow(start: int, stop: int) -> list[_Growing]:
        return [
            _grown(sample, drawn[tree].astype(np.int32), seeds[tree], n_classes) for tree in range(start, stop)
        ]

    found = [tree for trees in run_bands(grow, n_trees, BAND_PIXELS) for tree in trees]
    forest = _forest_of(found, table)
    gains = np.sum([tree.gains for tree in found], axis=0)
    total = math.fsum(gains)
    return GrownForest(forest, gains / total if total else gains, _score(forest, features, classes, drawn))


def _midpoints(features: NDArray[np.float32], table: BinnedFeatures) -> NDArray[np.float32]:
    """Edges halfway between the samples that they part."""
    edges = table.edges.copy()
    for row, values in enumerate(features):
        own = edges[table.starts[row] : table.starts[row + 1]]
        ordered = np.sort(values)
        above = ordered[np.searchsorted(ordered, own, side="right")]
        middle = (own.astype(np.float64) / 2 + above.astype(np.float64) / 2).astype(np.float32)
        own[:] = np.where(middle < above, middle, own)
    return edges


def _grown(sample: _Sample, weights: NDArray[np.int32], seed: int, n_classes: int) -> _Growing:
    order = np.flatnonzero(weights).astype(np.int32)
    most = 2 * len(order)
    tree = _Growing(
        np.full(most, LEAF, np.uint16),
        np.zeros(most, np.uint8),
        np.zeros(most, np.int32),
        np.zeros((most, n_classes), np.int32),
        np.zeros((most, 2), np.int32),
        order,
        weights,
        np.zeros(len(sample.bins)),
        np.empty(len(order), np.int32),
        np.arange(len(sample.bins), dtype=np.int32),
    )
    n = _grow(sample, tree, seed)
    features, bins, children, counts = tree[:4]
    return tree._replace(
        features=features[:n].copy(), bins=bins[:n].copy(), children=children[:n].copy(), counts=counts[:n].copy()
    )


def _forest_of(trees: list[_Growing], table: BinnedFeatures) -> RandomForest:
    """Put trees together; leaves of equal shares have one row of them."""
    roots = np.cumsum([0, *(len(tree.features) for tree in trees)], dtype=np.int32)
    features = np.concatenate([tree.features for tree in trees])
    bins = np.concatenate([tree.bins for tree in trees])
    children = np.concatenate([tree.children + root for tree, root in zip(trees, roots, strict=False)])
    counts = np.concatenate([tree.counts for tree in trees])
    leaf = features == LEAF
    shares, rows = np.unique(_whole_shares(counts[leaf]), axis=0, return_inverse=True)
    children[leaf] = rows.reshape(-1)
    thresholds = np.zeros(len(features), np.float32)
    thresholds[~leaf] = table.edges[table.starts[features[~leaf]] + bins[~leaf]]
    return RandomForest(roots, features, thresholds, children.astype(np.int32), shares)


def _whole_shares(counts: NDArray[np.int32]) -> NDArray[np.uint16]:
    """Shares in whole numbers that add up to `WHOLE`: what rounding down leaves goes to the largest one."""
    shares = counts.astype(np.int64) * WHOLE // counts.sum(axis=1, keepdims=True)
    shares[np.arange(len(shares)), shares.argmax(axis=1)] += WHOLE - shares.sum(axis=1)
    return shares.astype(np.uint16)


def _score(
    forest: RandomForest, features: NDArray[np.float32], classes: NDArray[np.uint8], drawn: NDArray[np.uint8]
) -> float:
    """The share of samples that the trees know which were grown without them."""
    votes = unseen_votes(forest, features, drawn)
    asked = votes.any(axis=1)
    return float(np.mean(votes[asked].argmax(axis=1) == classes[asked])) if asked.any() else math.nan


@kernel()
def _grow(sample: _Sample, tree: _Growing, seed: int) -> int:
    """Grow a tree node by node, level by level, and return the number of nodes."""
    n_nodes, node, state = 1, 0, seed
    tree.ranges[0, 1] = len(tree.order)
    counts_of_bins, left = np.zeros(_N_BINS + 1, np.int64), np.zeros(tree.counts.shape[1], np.int64)
    while node < n_nodes:
        start, stop = tree.ranges[node, 0], tree.ranges[node, 1]
        _count_classes(sample, tree, node)
        if not _is_pure(tree.counts[node]):
            feature, split, gain, state = _best_question(sample, tree, node, counts_of_bins, left, state)
            if feature >= 0:
                middle = _part(sample.bins[feature], split, tree.order[start:stop], tree.sorted) + start
                tree.features[node], tree.bins[node], tree.children[node] = feature, split, n_nodes
                tree.gains[feature] += gain
                tree.ranges[n_nodes, 0], tree.ranges[n_nodes, 1] = start, middle
                tree.ranges[n_nodes + 1, 0], tree.ranges[n_nodes + 1, 1] = middle, stop
                n_nodes += 2
        node += 1
    return n_nodes


@kernel()
def _count_classes(sample: _Sample, tree: _Growing, node: int) -> None:
    counts = tree.counts[node]
    for i in range(tree.ranges[node, 0], tree.ranges[node, 1]):
        counts[sample.classes[tree.order[i]]] += tree.weights[tree.order[i]]


@kernel()
def _is_pure(counts: NDArray[np.int32]) -> bool:
    n_present = 0
    for c in range(len(counts)):
        n_present += counts[c] > 0
    return n_present < 2


@kernel()
def _best_question(
    sample: _Sample,
    tree: _Growing,
    node: int,
    counts_of_bins: NDArray[np.int64],
    left: NDArray[np.int64],
    state: int,
) -> tuple[int, int, float, int]:
    """The best feature of those that are drawn, its bin, what it takes away, and the state of the draws; -1 where
    all features have one bin."""
    own = tree.order[tree.ranges[node, 0] : tree.ranges[node, 1]]
    squares, total = np.int64(0), np.int64(0)
    for c in range(tree.counts.shape[1]):
        count = np.int64(tree.counts[node, c])
        squares, total = squares + count * count, total + count
    best_feature, best_split, best = -1, 0, -1.0
    n_tried, n_left = 0, len(tree.deck)
    while n_tried < sample.n_drawn and n_left > 0:
        state = state * _FACTOR % _MODULUS
        place = state % n_left
        n_left -= 1
        feature = tree.deck[place]
        tree.deck[place] = tree.deck[n_left]
        tree.deck[n_left] = feature
        if not _sort_by_bins(sample.bins[feature], own, counts_of_bins, tree.sorted):
            continue
        n_tried += 1
        split, score = _best_split(sample, tree, node, feature, left)
        if score > best:
            best_feature, best_split, best = feature, split, score
    return best_feature, best_split, best - squares / total, state


@kernel()
def _sort_by_bins(
    bins: NDArray[np.uint8], own: NDArray[np.int32], counts: NDArray[np.int64], out: NDArray[np.int32]
) -> bool:
    """Write samples in the order of their bins; return whether there are two."""
    low, high = 255, 0
    for i in range(len(own)):
        k = int(bins[own[i]])
        counts[k + 1] += 1
        low, high = min(low, k), max(high, k)
    for k in range(low + 1, high + 1):
        counts[k + 1] += counts[k]
    for i in range(len(own)):
        k = int(bins[own[i]])
        out[counts[k]] = own[i]
        counts[k] += 1
    for k in range(low, high + 2):
        counts[k] = 0
    return low < high


@kernel()
def _best_split(
    sample: _Sample, tree: _Growing, node: int, feature: int, left: NDArray[np.int64]
) -> tuple[int, float]:
    """The bin after which to part the sorted samples, and the score: of both sides, the sum of squared counts
    divided by the count."""
    n = tree.ranges[node, 1] - tree.ranges[node, 0]
    bins, counts = sample.bins[feature], tree.counts[node]
    n_right, squares_right = np.int64(0), np.int64(0)
    for c in range(len(left)):
        left[c] = 0
        count = np.int64(counts[c])
        n_right, squares_right = n_right + count, squares_right + count * count
    n_left, squares_left = np.int64(0), np.int64(0)
    best_split, best = 0, -1.0
    for i in range(n - 1):
        k = tree.sorted[i]
        c, weight = sample.classes[k], np.int64(tree.weights[k])
        right = counts[c] - left[c]
        squares_left += weight * (2 * left[c] + weight)
        squares_right -= weight * (2 * right - weight)
        left[c] += weight
        n_left, n_right = n_left + weight, n_right - weight
        if bins[k] != bins[tree.sorted[i + 1]]:
            score = squares_left / n_left + squares_right / n_right
            if score > best:
                best_split, best = int(bins[k]), score
    return best_split, best


@kernel()
def _part(bins: NDArray[np.uint8], split: int, own: NDArray[np.int32], room: NDArray[np.int32]) -> int:
    """Put the samples up to a bin before the others, both in their order; return how many they are."""
    n_low, n_high = 0, 0
    for i in range(len(own)):
        k = own[i]
        if bins[k] <= split:
            own[n_low] = k
            n_low += 1
        else:
            room[n_high] = k
            n_high += 1
    for i in range(n_high):
        own[n_low + i] = room[i]
    return n_low
