"""A random forest: trees that each learn from a draw of the samples, and ask at each node the best of a few
features (Breiman, "Random forests", 2001). A leaf says which share of its samples each class has; the shares that
the trees say add up.

Trees lie level by level: the two children of a node follow each other, and those of the k-th node that asks are
nodes 1 + 2k and 2 + 2k of its tree, so that no file has to say where they are. Shares are whole numbers: their
sums are exact, and a class that leads by more than the trees that are left can give has won.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import BAND_PIXELS, run_bands
from classicseg._core.kernel import kernel

LEAF = 2**16 - 1
"""The feature of a node that asks nothing."""

WHOLE = 2**16 - 1
"""The shares of a leaf add up to this."""

_BLOCK = 256
"""The samples of a block: their features stay in the second cache while all trees ask."""

_BAND = 8192
"""The samples of a band."""

_SURE = 8
"""After so many trees each it is looked at which samples are decided."""


class RandomForest(NamedTuple):
    """Trees, one after the other."""

    roots: NDArray[np.int32]
    """(n_trees + 1,), where each tree begins, and the number of nodes."""

    features: NDArray[np.uint16]
    """(n_nodes,), which feature is asked for; `LEAF` in a leaf."""

    thresholds: NDArray[np.float32]
    """(n_nodes,): what is above goes to the second child. 0 in a leaf."""

    children: NDArray[np.int32]
    """(n_nodes,), the first child; of a leaf its row of `shares`."""

    shares: NDArray[np.uint16]
    """(n_rows, n_classes)"""

    @property
    def n_trees(self) -> int:
        """How many trees there are."""
        return len(self.roots) - 1

    @property
    def n_classes(self) -> int:
        """How many classes there are."""
        return int(self.shares.shape[1])


class _Ballot(NamedTuple):
    """A forest, as it is asked: a node is in one line of the cache."""

    nodes: NDArray[np.int32]
    """(n_nodes, 4): the threshold as a whole number in the same order, the feature, the first child, and 0."""

    roots: NDArray[np.int32]
    shares: NDArray[np.int32]


def most_votes(forest: RandomForest, features: NDArray[np.float32]) -> NDArray[np.int32]:
    """Return the number of the class, from 0, that has the largest share of each sample, (n,), of features,
    (n_features, n): the first of equal ones.

    Costs, for 100 trees of ten levels, about 1 µs a sample.
    """
    winners = np.empty(features.shape[1], np.int32)
    run_bands(_elect, len(winners), BAND_PIXELS // _BAND, features, _ballot(forest), winners)
    return winners


def class_shares(forest: RandomForest, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean share that the trees give to each class, (n_classes, n)."""
    shares = np.empty((forest.n_classes, features.shape[1]), np.float32)
    run_bands(_poll, features.shape[1], BAND_PIXELS // _BAND, features, _ballot(forest), shares)
    return shares


def unseen_votes(
    forest: RandomForest, features: NDArray[np.float32], seen: NDArray[np.uint8]
) -> NDArray[np.int32]:
    """The votes for each class of samples, (n, n_classes), of those trees whose row in `seen`, (n_trees, n), has 0
    for them."""
    votes = np.zeros((features.shape[1], forest.n_classes), np.int32)
    run_bands(_count_unseen, len(votes), BAND_PIXELS // _BAND, features, _ballot(forest), seen, votes)
    return votes


def first_children(features: NDArray[np.uint16], roots: NDArray[np.int32]) -> NDArray[np.int32]:
    """The first child of each node that asks, which its place says; 0 in leaves."""
    children = np.zeros(len(features), np.int32)
    for start, stop in itertools.pairwise(roots.tolist()):
        asking = start + np.flatnonzero(features[start:stop] != LEAF)
        children[asking] = start + 1 + 2 * np.arange(len(asking))
    return children


def _ballot(forest: RandomForest) -> _Ballot:
    leaf = forest.features == LEAF
    nodes = np.zeros((len(leaf), 4), np.int32)
    nodes[:, 0] = _in_order(forest.thresholds)
    nodes[:, 1] = forest.features
    nodes[leaf, 1] = -1
    nodes[:, 2] = forest.children
    return _Ballot(nodes, forest.roots, forest.shares.astype(np.int32))


def _in_order(values: NDArray[np.float32]) -> NDArray[np.int32]:
    """Whole numbers that compare as floats do; -0 is 0."""
    bits = (values + np.float32(0)).view(np.int32)
    return np.where(bits < 0, bits ^ np.int32(0x7FFFFFFF), bits)


def _leaves(features: NDArray[np.float32], ballot: _Ballot, start: int, stop: int) -> Iterator[NDArray[np.int32]]:
    """What each tree says of samples `start` to `stop`, (n, n_classes)."""
    keys = _in_order(features[:, start:stop])
    for root in ballot.roots[:-1]:
        node = np.full(stop - start, root, np.int64)
        samples = np.arange(stop - start)
        while len(samples):
            samples = samples[ballot.nodes[node[samples], 1] >= 0]
            threshold, feature, child, _ = ballot.nodes[node[samples]].T
            node[samples] = child + (keys[feature, samples] > threshold)
        yield ballot.shares[ballot.nodes[node, 2]]


def _elect_numpy(
    features: NDArray[np.float32], ballot: _Ballot, winners: NDArray[np.int32], start: int, stop: int
) -> None:
    winners[start:stop] = reduce(np.add, _leaves(features, ballot, start, stop)).argmax(axis=1)


@kernel(numpy=_elect_numpy)
def _elect(
    features: NDArray[np.float32], ballot: _Ballot, winners: NDArray[np.int32], start: int, stop: int
) -> None:
    n_classes, n_trees = ballot.shares.shape[1], len(ballot.roots) - 1
    keys, votes = np.empty((_BLOCK, len(features)), np.int32), np.empty((_BLOCK, n_classes), np.int32)
    open_, walking, node = np.empty(_BLOCK, np.int32), np.empty(_BLOCK, np.int32), np.empty(_BLOCK, np.int32)
    for begin in range(start, stop, _BLOCK):
        n = min(_BLOCK, stop - begin)
        _read_keys(features, begin, n, keys)
        _begin(n, votes, open_)
        n_open = n
        for tree in range(n_trees):
            _vote(keys, ballot, tree, open_, n_open, walking, node, votes)
            if tree % _SURE == _SURE - 1 and 2 * tree >= n_trees:
                n_open = _still_open(votes, (n_trees - 1 - tree) * WHOLE, open_, n_open)
        for k in range(n):
            winners[begin + k] = _leader(votes[k])


def _poll_numpy(
    features: NDArray[np.float32], ballot: _Ballot, shares: NDArray[np.float32], start: int, stop: int
) -> None:
    votes = reduce(np.add, _leaves(features, ballot, start, stop))
    shares[:, start:stop] = votes.T / (np.float64(WHOLE) * (len(ballot.roots) - 1))


@kernel(numpy=_poll_numpy)
def _poll(
    features: NDArray[np.float32], ballot: _Ballot, shares: NDArray[np.float32], start: int, stop: int
) -> None:
    n_classes, n_trees = ballot.shares.shape[1], len(ballot.roots) - 1
    keys, votes = np.empty((_BLOCK, len(features)), np.int32), np.empty((_BLOCK, n_classes), np.int32)
    open_, walking, node = np.empty(_BLOCK, np.int32), np.empty(_BLOCK, np.int32), np.empty(_BLOCK, np.int32)
    whole = np.float64(WHOLE) * n_trees
    for begin in range(start, stop, _BLOCK):
        n = min(_BLOCK, stop - begin)
        _read_keys(features, begin, n, keys)
        _begin(n, votes, open_)
        for tree in range(n_trees):
            _vote(keys, ballot, tree, open_, n, walking, node, votes)
        for c in range(n_classes):
            for k in range(n):
                shares[c, begin + k] = votes[k, c] / whole


def _count_unseen_numpy(
    features: NDArray[np.float32],
    ballot: _Ballot,
    seen: NDArray[np.uint8],
    votes: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    for own, said in zip(seen, _leaves(features, ballot, start, stop), strict=True):
        votes[start:stop] += said * (own[start:stop, np.newaxis] == 0)


@kernel(numpy=_count_unseen_numpy)
def _count_unseen(
    features: NDArray[np.float32],
    ballot: _Ballot,
    seen: NDArray[np.uint8],
    votes: NDArray[np.int32],
    start: int,
    stop: int,
) -> None:
    keys = np.empty((_BLOCK, len(features)), np.int32)
    open_, walking, node = np.empty(_BLOCK, np.int32), np.empty(_BLOCK, np.int32), np.empty(_BLOCK, np.int32)
    for begin in range(start, stop, _BLOCK):
        n = min(_BLOCK, stop - begin)
        _read_keys(features, begin, n, keys)
        for tree in range(len(seen)):
            n_open = 0
            for k in range(n):
                open_[n_open] = k
                n_open += seen[tree, begin + k] == 0
            _vote(keys, ballot, tree, open_, n_open, walking, node, votes[begin : begin + n])


@kernel()
def _read_keys(features: NDArray[np.float32], begin: int, n: int, keys: NDArray[np.int32]) -> None:
    """Write features sample by sample, as whole numbers in the same order."""
    for row in range(len(features)):
        line = features[row, begin : begin + n].view(np.int32)
        for k in range(n):
            bits = line[k]
            key = bits ^ np.int32(0x7FFFFFFF) if bits < 0 else bits
            keys[k, row] = np.int32(0) if bits == np.int32(-0x80000000) else key


@kernel()
def _begin(n: int, votes: NDArray[np.int32], open_: NDArray[np.int32]) -> None:
    for k in range(n):
        open_[k] = k
        for c in range(votes.shape[1]):
            votes[k, c] = 0


@kernel()
def _vote(
    keys: NDArray[np.int32],
    ballot: _Ballot,
    tree: int,
    open_: NDArray[np.int32],
    n_open: int,
    walking: NDArray[np.int32],
    node: NDArray[np.int32],
    votes: NDArray[np.int32],
) -> None:
    """Add what a tree says of the samples that are open: level by level, those that are in a leaf stop walking.

    No sample waits for the node of another one, so that many are on their way at once.
    """
    root, nodes = ballot.roots[tree], ballot.nodes
    n_walking = n_open if nodes[root, 1] >= 0 else 0
    for i in range(n_open):
        node[open_[i]] = root
        walking[i] = open_[i]
    while n_walking > 0:
        left = 0
        for i in range(n_walking):
            k = walking[i]
            at = node[k]
            at = nodes[at, 2] + (keys[k, nodes[at, 1]] > nodes[at, 0])
            node[k] = at
            walking[left] = k
            left += nodes[at, 1] >= 0
        n_walking = left
    shares, n_classes = ballot.shares, votes.shape[1]
    for i in range(n_open):
        k = open_[i]
        row = nodes[node[k], 2]
        for c in range(n_classes):
            votes[k, c] += shares[row, c]


@kernel()
def _still_open(votes: NDArray[np.int32], most: int, open_: NDArray[np.int32], n_open: int) -> int:
    """Keep the samples open that so many votes could decide otherwise."""
    left = 0
    for i in range(n_open):
        own = votes[open_[i]]
        first = _leader(own)
        is_open = False
        for c in range(len(own)):
            is_open |= c != first and own[first] - own[c] <= most
        open_[left] = open_[i]
        left += is_open
    return left


@kernel()
def _leader(votes: NDArray[np.int32]) -> int:
    best = 0
    for c in range(1, len(votes)):
        if votes[c] > votes[best]:
            best = c
    return best
