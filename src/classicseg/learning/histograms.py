"""The growth of one tree: histograms of its leaves, and the question that parts them best."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import BAND_PIXELS, run_bands
from classicseg._core.kernel import kernel

_GROUP = 8
"""The features of a band: they share the reading of which samples are counted."""

_BLOCK = 16384
"""The samples of a block, which stay in the cache while the features of a group are counted."""

_LOW = 2**32 - 1
"""The bits of a weight."""


class Growth(NamedTuple):
    """What a tree is grown with; arrays that are written anew for each one."""

    bins: NDArray[np.uint8]
    """(n_features, n)"""

    n_edges: NDArray[np.int32]
    """(n_features,), the bins of each feature but one."""

    pulls: NDArray[np.int64]
    """(n,), a weighted residual times 2**32, and a weight: both whole numbers, the sums of which have 32 bits."""

    leaf_of: NDArray[np.uint8]
    """(n,), the answers up to now, as bits."""

    counted: NDArray[np.int32]
    slots: NDArray[np.uint8]
    values: NDArray[np.int64]
    """(n,) each; of the samples that are counted: their numbers, former leaves and pulls."""

    histograms: NDArray[np.int64]
    """(n_features, 2**(depth - 1), n_bins), sums of pulls."""

    scores: NDArray[np.float64]
    """(n_features, n_bins), of the question whether the bin is above this one."""


def start_growth(bins: NDArray[np.uint8], n_edges: NDArray[np.int32], depth: int) -> Growth:
    """Make the arrays that trees are grown with."""
    n_features, n = bins.shape
    n_bins = int(n_edges.max(initial=0)) + 1
    counted = np.empty(n, np.int32), np.empty(n, np.uint8), np.empty(n, np.int64)
    histograms = np.empty((n_features, 2 ** max(0, depth - 1), n_bins), np.int64)
    scores = np.empty((n_features, n_bins))
    return Growth(bins, n_edges, np.empty(n, np.int64), np.zeros(n, np.uint8), *counted, histograms, scores)


def grow_level(growth: Growth, level: int, l2: float) -> tuple[int, int]:
    """Choose the best question, give each sample its answer, and return the question: a feature and a bin.

    Of questions that are equally good, it is the first.
    """
    n_features = len(growth.bins)
    if level == 0:
        growth.leaf_of[:] = 0
    n_former = 2 ** max(0, level - 1)
    sizes = np.bincount(growth.leaf_of, minlength=2 * n_former)
    second = sizes[n_former:] < sizes[:n_former]
    if level == 0:
        second[:] = False
    n_counted = _select(growth, second)
    n_parted = n_former if level else 0
    run_bands(_add_up, -(-n_features // _GROUP), BAND_PIXELS, growth, second, n_parted, n_counted)
    run_bands(_score, n_features, BAND_PIXELS // _GROUP, growth, 2**level, l2)
    feature, best = divmod(int(growth.scores.argmax()), growth.scores.shape[1])
    growth.leaf_of[:] |= (growth.bins[feature] > best).astype(np.uint8) << np.uint8(level)
    return feature, best


def _select_numpy(growth: Growth, second: NDArray[np.bool_]) -> int:
    former, is_second = growth.leaf_of % len(second), growth.leaf_of >= len(second)
    chosen = np.flatnonzero(is_second == second[former])
    growth.counted[: len(chosen)] = chosen
    growth.slots[: len(chosen)] = former[chosen]
    growth.values[: len(chosen)] = growth.pulls[chosen]
    return len(chosen)


@kernel(numpy=_select_numpy)
def _select(growth: Growth, second: NDArray[np.bool_]) -> int:
    """List the samples of one of the two leaves that each former leaf became: where it is said, of the second."""
    leaf_of, pulls = growth.leaf_of, growth.pulls
    counted, slots, values = growth.counted, growth.slots, growth.values
    n_former, n_counted = len(second), 0
    for i in range(len(leaf_of)):
        leaf = np.int64(leaf_of[i])
        former = leaf & (n_former - 1)
        counted[n_counted] = i  # written again, unless it is chosen
        slots[n_counted] = former
        values[n_counted] = pulls[i]
        n_counted += (leaf >= n_former) == second[former]
    return n_counted


def _add_up_numpy(
    growth: Growth, second: NDArray[np.bool_], n_parted: int, n_counted: int, start: int, stop: int
) -> None:
    counted, slots = growth.counted[:n_counted], growth.slots[:n_counted]
    for feature in range(start * _GROUP, min(stop * _GROUP, len(growth.bins))):
        histogram = growth.histograms[feature]
        new = np.zeros_like(histogram[: len(second)])
        np.add.at(new, (slots, growth.bins[feature, counted]), growth.values[:n_counted])
        if not n_parted:
            histogram[:1] = new
            continue
        rest = histogram[:n_parted] - new
        histogram[:n_parted] = np.where(second[:, np.newaxis], rest, new)
        histogram[n_parted : 2 * n_parted] = np.where(second[:, np.newaxis], new, rest)


@kernel(numpy=_add_up_numpy)
def _add_up(
    growth: Growth, second: NDArray[np.bool_], n_parted: int, n_counted: int, start: int, stop: int
) -> None:
    """Make the histograms of the leaves from the samples that are counted, and from those of `n_parted` former
    leaves; 0 stands for none, and all samples."""
    first, last = start * _GROUP, min(stop * _GROUP, len(growth.bins))
    n_bins = growth.histograms.shape[2]
    for feature in range(first, last):
        histogram = growth.histograms[feature]
        for slot in range(n_parted, n_parted + len(second)):
            for k in range(n_bins):
                histogram[slot, k] = 0
    for begin in range(0, n_counted, _BLOCK):
        end = min(begin + _BLOCK, n_counted)
        counted, slots, values = growth.counted[begin:end], growth.slots[begin:end], growth.values[begin:end]
        for feature in range(first, last):
            histogram = growth.histograms[feature]
            _count(growth.bins[feature], counted, slots, values, histogram[n_parted:])
    for feature in range(first, last):
        histogram = growth.histograms[feature]
        for slot in range(n_parted):
            for k in range(n_bins):
                new = histogram[n_parted + slot, k]
                rest = histogram[slot, k] - new
                histogram[slot, k] = rest if second[slot] else new
                histogram[n_parted + slot, k] = new if second[slot] else rest


@kernel()
def _count(
    bins: NDArray[np.uint8],
    counted: NDArray[np.int32],
    slots: NDArray[np.uint8],
    values: NDArray[np.int64],
    histogram: NDArray[np.int64],
) -> None:
    for i in range(len(counted)):
        histogram[slots[i], bins[counted[i]]] += values[i]


def _score_numpy(growth: Growth, n_leaves: int, l2: float, start: int, stop: int) -> None:
    n_bins = growth.scores.shape[1]
    scores = growth.scores[start:stop]
    scores[:] = 0
    for leaf in range(n_leaves):
        below = growth.histograms[start:stop, leaf].cumsum(axis=1)
        for side in (below, below[:, -1:] - below):
            pull, weight = (side >> 32).astype(np.float64), (side & _LOW).astype(np.float64)
            scores += pull * pull / (weight + l2)
    scores[np.arange(n_bins) >= growth.n_edges[start:stop, np.newaxis]] = -np.inf


@kernel(numpy=_score_numpy)
def _score(growth: Growth, n_leaves: int, l2: float, start: int, stop: int) -> None:
    """Write how much of the sum of squares each question takes away: the sum over leaves of G² / (H + l2)."""
    n_bins = growth.scores.shape[1]
    for feature in range(start, stop):
        scores, n_edges = growth.scores[feature], growth.n_edges[feature]
        for k in range(n_bins):
            scores[k] = 0.0 if k < n_edges else -np.inf
        for leaf in range(n_leaves):
            own = growth.histograms[feature, leaf]
            total = np.int64(0)
            for k in range(n_bins):
                total += own[k]
            below = np.int64(0)
            for k in range(n_edges):
                below += own[k]
                above = total - below
                pull, weight = np.float64(below >> 32), np.float64(below & _LOW)
                scores[k] += pull * pull / (weight + l2)
                pull, weight = np.float64(above >> 32), np.float64(above & _LOW)
                scores[k] += pull * pull / (weight + l2)
