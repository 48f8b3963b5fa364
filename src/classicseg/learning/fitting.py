"""Fits boosted trees to targets: each tree to what those before it leave, by least squares.

A tree is grown level by level: of all questions (a feature and one of its edges), it asks the one that leaves the
least sum of squares, over all leaves together. What it leaves is known from histograms: for each leaf and each bin
of a feature, the sum of the residuals and of the weights (Friedman, "Greedy function approximation: a gradient
boosting machine", 2001; in bins, as LightGBM: Ke and others, 2017). Of two leaves that were one, the smaller is
counted and the other is the difference.

Residuals and weights are rounded to whole numbers for this, as fine as sums of 32 bits let them be, both in one
number of 64 bits: a sample costs one addition a feature, and no order shows. The values of leaves are rounded to
what the forest stores before the next tree is fitted, which then makes up for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg.learning.forest import Forest, bin_features
from classicseg.learning.histograms import Growth, grow_level, start_growth

_MOST_FOR_EDGES = 200_000
"""Edges are quantiles of so many samples at most."""

_LARGEST_SUM = 2**31 - 1


class BinnedFeatures(NamedTuple):
    """Features in bins, and the edges between these, as in a `Forest`."""

    bins: NDArray[np.uint8]
    """(n_features, n)"""

    edges: NDArray[np.float32]
    starts: NDArray[np.int32]


class Boosting(NamedTuple):
    """How a forest is fitted."""

    n_trees: int = 300
    depth: int = 6
    """The questions of a tree; 8 at most."""

    learning_rate: float = 0.1
    l2: float = 3.0
    """A leaf's mean counts so many samples of residual 0 more than there are."""


USUAL = Boosting()


def fit_forest(
    features: NDArray[np.float32] | NDArray[np.uint8],
    targets: NDArray[np.float64],
    *,
    weights: NDArray[np.float64] | None = None,
    boosting: Boosting = USUAL,
    n_bins: int = 64,
    on_tree: Callable[[], object] = lambda: None,
) -> Forest:
    """Fit a forest to samples: features, (n_features, n), and for each a target and a weight, (n,).

    Costs, for 400 000 samples of 100 features and 300 trees of depth 6, about a minute.
    """
    table = bin_table(features, n_bins)
    return fit_binned(table, targets, weights=weights, boosting=boosting, on_tree=on_tree)


def bin_table(features: NDArray[np.float32] | NDArray[np.uint8], n_bins: int = 64) -> BinnedFeatures:
    """Put features into bins of about equal counts; equal values share one. Features are float32 or uint8."""
    every = max(1, -(-features.shape[1] // _MOST_FOR_EDGES))
    found = [_quantiles(row[::every], n_bins) for row in features]
    starts = np.cumsum([0, *map(len, found)], dtype=np.int32)
    edges = np.concatenate([*found, np.empty(0, np.float32)])
    if features.dtype == np.uint8:
        every_byte = np.tile(np.arange(256, dtype=np.float32), (len(features), 1))
        bins = np.array(
            [own[row] for own, row in zip(bin_features(every_byte, edges, starts), features, strict=True)]
        )
        return BinnedFeatures(bins, edges, starts)
    return BinnedFeatures(bin_features(features.astype(np.float32, copy=False), edges, starts), edges, starts)


def _quantiles(values: NDArray[Any], n_bins: int) -> NDArray[np.float32]:
    """Values that are edges: at most n_bins - 1 of them, and never the largest, which nothing is above."""
    ordered = np.sort(values[~np.isnan(values)]).astype(np.float32)
    if not len(ordered):
        return ordered
    places = np.arange(1, n_bins, dtype=np.int64) * len(ordered) // n_bins
    distinct = np.unique(ordered)
    edges = distinct if len(distinct) <= n_bins else np.unique(ordered[places])
    return edges[edges < ordered[-1]]


def fit_binned(
    table: BinnedFeatures,
    targets: NDArray[np.float64],
    *,
    weights: NDArray[np.float64] | None = None,
    boosting: Boosting = USUAL,
    on_tree: Callable[[], object] = lambda: None,
) -> Forest:
    """Fit a forest to features that are in bins already, which several fits may share."""
    n = len(targets)
    total = float(n) if weights is None else math.fsum(weights)
    shares = np.ones(n) if weights is None else weights * (n / total if total else 0.0)
    base = math.fsum(shares * targets) / max(n, 1)
    residuals = targets - base
    step = boosting.learning_rate * float(np.abs(residuals).max(initial=0)) / 2**14 or 1.0
    growth = start_growth(table.bins, np.diff(table.starts), boosting.depth)
    trees = []
    for _ in range(boosting.n_trees if len(table.edges) and total else 0):
        trees.append(_fit_tree(growth, shares, residuals, boosting, step))
        on_tree()
    return _forest_of(table, trees, boosting.depth, base, step)


def _fit_tree(
    growth: Growth,
    shares: NDArray[np.float64],
    residuals: NDArray[np.float64],
    boosting: Boosting,
    step: float,
) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """Grow one tree and take what it says off the residuals; return its questions, (depth, 2), and its leaves."""
    scale = _whole_numbers(growth, shares, residuals)
    questions = np.array([grow_level(growth, level, boosting.l2 * scale) for level in range(boosting.depth)])
    sums, counts = (np.bincount(growth.leaf_of, own, 2**boosting.depth) for own in (shares * residuals, shares))
    means = sums / (counts + boosting.l2)
    leaves = np.rint(boosting.learning_rate / step * means).clip(-(2**15), 2**15 - 1).astype(np.int16)
    residuals -= (step * leaves)[growth.leaf_of]
    return questions, leaves


def _whole_numbers(growth: Growth, shares: NDArray[np.float64], residuals: NDArray[np.float64]) -> float:
    """Write each sample's weighted residual and weight as one number; return what a weight of 1 is there."""
    n = len(shares)
    pulls = shares * residuals
    largest = float(np.abs(pulls).sum())
    pull_scale = 2.0 ** math.floor(math.log2((_LARGEST_SUM - n) / largest)) if largest else 0.0
    weight_scale = (_LARGEST_SUM - n) / n
    growth.pulls[:] = np.rint(pulls * pull_scale).astype(np.int64) << 32
    growth.pulls[:] += np.rint(shares * weight_scale).astype(np.int64)
    return weight_scale


def _forest_of(
    table: BinnedFeatures,
    trees: list[tuple[NDArray[np.int64], NDArray[np.int16]]],
    depth: int,
    base: float,
    step: float,
) -> Forest:
    """Put trees together, with those edges alone that they ask for."""
    questions = np.array([asked for asked, _ in trees], np.int64).reshape(-1, depth, 2)
    features, bins = questions[..., 0], questions[..., 1]
    used, numbers = np.unique(table.starts[features] + bins, return_inverse=True)
    starts = np.searchsorted(used, table.starts).astype(np.int32)
    bins = numbers.reshape(bins.shape) - starts[features]
    leaves = np.array([own for _, own in trees], np.int16).reshape(-1, 2**depth)
    return Forest(table.edges[used], starts, features.astype(np.uint16), bins.astype(np.uint8), leaves, base, step)
