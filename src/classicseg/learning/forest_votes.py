"""What the trees of a random forest say of samples: each block of samples goes through all of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import BAND_PIXELS, run_bands
from classicseg._core.kernel import kernel
from classicseg.learning.random_forest import LEAF, WHOLE, RandomForest

_BLOCK = 512
"""The samples of a block, which all trees ask: pixels that are neighbors."""

_BAND = 8192
"""The samples of a band."""

_SURE = 4
"""After so many trees each it is looked at which samples are decided."""


class _Ballot(NamedTuple):
    """A forest, as it is asked."""

    roots: NDArray[np.int32]
    features: NDArray[np.int32]
    """-1 in a leaf."""

    thresholds: NDArray[np.float32]
    children: NDArray[np.int32]
    """Of a leaf its row of shares, …"""

    winners: NDArray[np.int32]
    """… and the number of its class, where it has one; else -1. (n_nodes,) each."""

    shares: NDArray[np.int32]


class _Walk(NamedTuple):
    """Room for the samples of a block on their way through a tree."""

    samples: NDArray[np.int32]
    room: NDArray[np.int32]
    waiting: NDArray[np.int32]
    """(n, 3), nodes that wait to be asked, and where their samples begin and end."""

    low: NDArray[np.float32]
    high: NDArray[np.float32]
    """(n_features,), between which the values of the block are."""


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


def _ballot(forest: RandomForest) -> _Ballot:
    leaf = forest.features == LEAF
    features = forest.features.astype(np.int32)
    features[leaf] = -1
    alone = np.where(forest.shares.max(axis=1) == WHOLE, forest.shares.argmax(axis=1), -1)
    winners = np.full(len(leaf), -1, np.int32)
    winners[leaf] = alone[forest.children[leaf]]
    shares = forest.shares.astype(np.int32)
    return _Ballot(forest.roots, features, forest.thresholds, forest.children, winners, shares)


def _leaves(features: NDArray[np.float32], ballot: _Ballot, start: int, stop: int) -> Iterator[NDArray[np.int32]]:
    """What each tree says of samples `start` to `stop`, (n, n_classes)."""
    own = features[:, start:stop]
    for root in ballot.roots[:-1]:
        node = np.full(stop - start, root, np.int64)
        samples = np.arange(stop - start)
        while len(samples):
            samples = samples[ballot.features[node[samples]] >= 0]
            asked = node[samples]
            node[samples] = ballot.children[asked] + (
                own[ballot.features[asked], samples] > ballot.thresholds[asked]
            )
        yield ballot.shares[ballot.children[node]]


def _elect_numpy(
    features: NDArray[np.float32], ballot: _Ballot, winners: NDArray[np.int32], start: int, stop: int
) -> None:
    winners[start:stop] = reduce(np.add, _leaves(features, ballot, start, stop)).argmax(axis=1)


@kernel(numpy=_elect_numpy)
def _elect(
    features: NDArray[np.float32], ballot: _Ballot, winners: NDArray[np.int32], start: int, stop: int
) -> None:
    n_trees = len(ballot.roots) - 1
    walk, open_ = _make_walk(len(features)), np.empty(_BLOCK, np.int32)
    votes = np.empty((_BLOCK, ballot.shares.shape[1]), np.int32)
    for begin in range(start, stop, _BLOCK):
        end = min(begin + _BLOCK, stop)
        n_open = _begin(features, begin, end, walk, votes, open_)
        for tree in range(n_trees):
            _vote(features, begin, end, ballot, tree, open_[:n_open], walk, votes)
            if tree % _SURE == _SURE - 1 and 2 * tree >= n_trees - _SURE:
                n_open = _still_open(votes, (n_trees - 1 - tree) * WHOLE, open_, n_open)
                if n_open == 0:
                    break
        for k in range(end - begin):
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
    n_trees = len(ballot.roots) - 1
    walk, open_ = _make_walk(len(features)), np.empty(_BLOCK, np.int32)
    votes = np.empty((_BLOCK, ballot.shares.shape[1]), np.int32)
    whole = np.float64(WHOLE) * n_trees
    for begin in range(start, stop, _BLOCK):
        end = min(begin + _BLOCK, stop)
        n_open = _begin(features, begin, end, walk, votes, open_)
        for tree in range(n_trees):
            _vote(features, begin, end, ballot, tree, open_[:n_open], walk, votes)
        for c in range(votes.shape[1]):
            for k in range(n_open):
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
    walk, open_ = _make_walk(len(features)), np.empty(_BLOCK, np.int32)
    for begin in range(start, stop, _BLOCK):
        end = min(begin + _BLOCK, stop)
        own = votes[begin:end]
        _begin(features, begin, end, walk, own, open_)
        for tree in range(len(seen)):
            n_open = 0
            for k in range(len(own)):
                open_[n_open] = k
                n_open += seen[tree, begin + k] == 0
            _vote(features, begin, end, ballot, tree, open_[:n_open], walk, own)


@kernel()
def _make_walk(n_features: int) -> _Walk:
    samples, room, waiting = (
        np.empty(_BLOCK, np.int32),
        np.empty(_BLOCK, np.int32),
        np.empty((_BLOCK, 3), np.int32),
    )
    return _Walk(samples, room, waiting, np.empty(n_features, np.float32), np.empty(n_features, np.float32))


@kernel()
def _begin(
    features: NDArray[np.float32],
    begin: int,
    end: int,
    walk: _Walk,
    votes: NDArray[np.int32],
    open_: NDArray[np.int32],
) -> int:
    """Begin a block: nobody has voted, all samples are open; return how many they are."""
    for feature in range(len(features)):
        row, low, high = features[feature, begin:end], np.float32(np.inf), np.float32(-np.inf)
        for k in range(len(row)):
            value = row[k]
            low, high = min(low, value), max(high, value)
            if value != value:  # NaN is above nothing
                low = np.float32(-np.inf)
        walk.low[feature], walk.high[feature] = low, high
    n = end - begin
    for k in range(n):
        open_[k] = k
        for c in range(votes.shape[1]):
            votes[k, c] = 0
    return n


@kernel()
def _vote(
    features: NDArray[np.float32],
    begin: int,
    end: int,
    ballot: _Ballot,
    tree: int,
    open_: NDArray[np.int32],
    walk: _Walk,
    votes: NDArray[np.int32],
) -> None:
    """Add what a tree says of the samples that are open.

    They walk together as far as they go the same way. Neighboring pixels are alike: where all values of a block
    lie on one side of a threshold, no sample has to be looked at.
    """
    samples, waiting = walk.samples, walk.waiting
    for i in range(len(open_)):
        samples[i] = open_[i]
    n_waiting = 0
    node, start, stop = int(ballot.roots[tree]), 0, len(open_)
    while start < stop:
        feature = ballot.features[node]
        if feature < 0:
            _add_leaf(ballot, node, samples[start:stop], votes)
            if n_waiting == 0:
                break
            n_waiting -= 1
            node = int(waiting[n_waiting, 0])
            start, stop = int(waiting[n_waiting, 1]), int(waiting[n_waiting, 2])
            continue
        threshold, child = ballot.thresholds[node], int(ballot.children[node])
        if walk.high[feature] <= threshold:
            node = child
        elif walk.low[feature] > threshold:
            node = child + 1
        else:
            middle = start + _part(features[feature, begin:end], threshold, samples[start:stop], walk.room)
            node = child + 1 if middle == start else child
            if start < middle < stop:
                waiting[n_waiting, 0], waiting[n_waiting, 1], waiting[n_waiting, 2] = child + 1, middle, stop
                n_waiting, stop = n_waiting + 1, middle


@kernel()
def _part(row: NDArray[np.float32], threshold: float, samples: NDArray[np.int32], room: NDArray[np.int32]) -> int:
    """Put the samples that are not above a threshold before the others; return how many they are."""
    n_low, n_high = 0, 0
    for i in range(len(samples)):
        k = samples[i]
        is_above = row[k] > threshold
        samples[n_low] = k
        room[n_high] = k
        n_low += not is_above
        n_high += is_above
    for i in range(n_high):
        samples[n_low + i] = room[i]
    return n_low


@kernel()
def _add_leaf(ballot: _Ballot, leaf: int, samples: NDArray[np.int32], votes: NDArray[np.int32]) -> None:
    winner = ballot.winners[leaf]
    if winner >= 0:
        for i in range(len(samples)):
            votes[samples[i], winner] += WHOLE
        return
    shares = ballot.shares[ballot.children[leaf]]
    for i in range(len(samples)):
        for c in range(len(shares)):
            votes[samples[i], c] += shares[c]


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
