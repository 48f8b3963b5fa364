"""What the forests that score arcs are fitted to: arcs of images, and how much of each arc people drew.

The target of an arc is the mean over its cracks of the share of people who drew a boundary near; that of a
merge, how often people have a pixel of the one region and one of the other in two segments.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg.learning.fitting import Boosting
from classicseg.learning.forest import Forest
from classicseg.trees.arcs.arcs import Arcs, Boundaries, joined
from classicseg.trees.arcs.cracks import Cracks
from classicseg.trees.arcs.features import features_of
from classicseg.trees.arcs.merges import merge_features, merge_tree_of, sums_of_nodes
from classicseg.trees.arcs.stages import finest_arcs, merges_up_to, numbers_after, scores_of

ARC_BOOSTING = Boosting(n_trees=200, depth=6, learning_rate=0.1, l2=20.0)

MERGE_BOOSTING = Boosting(n_trees=150, depth=4, learning_rate=0.08, l2=20.0)

_RADIUS = 2
"""A crack is drawn where someone drew so near, in pixels."""

_MOST_ARCS = 1000
"""Of one image, a stage learns from so many at most."""


class ArcExample(NamedTuple):
    """The arcs of an image, and how much of each people drew."""

    arcs: Arcs
    drawn: NDArray[np.float64]
    """(m,), the sum over the cracks of the share of people who drew there."""
    people: tuple[NDArray[np.int64], ...]
    """Of each person, (n_regions, n_segments): how many pixels of each region are in each segment."""


class MergeExample(NamedTuple):
    """The merges of an image, and whether people see one thing there or two."""

    features: NDArray[np.float32]
    apart: NDArray[np.float64]
    """(k,), how often a pixel of the one region and one of the other are in two segments: the mean over people."""
    parts: NDArray[np.float64]
    """(k,), the part of the image that the smaller region is."""


def arc_example(
    steps: NDArray[np.int16],
    inside: NDArray[np.bool_],
    boundaries: Boundaries,
    drawn: Sequence[NDArray[np.bool_]],
    segmentations: Sequence[NDArray[np.int32]],
) -> ArcExample:
    """The finest arcs of an image in steps of Lab, with what each of several people drew, (M, N)."""
    regions, cracks, arcs = finest_arcs(steps, inside, boundaries)
    people = tuple(_counts(regions, segments) for segments in segmentations)
    return ArcExample(arcs, drawn_along(cracks, drawn), people)


def _counts(regions: NDArray[np.int32], segments: NDArray[np.int32]) -> NDArray[np.int64]:
    names, numbers = np.unique(segments, return_inverse=True)
    shape = int(regions.max(initial=0)) + 1, len(names)
    places = regions.reshape(-1).astype(np.int64) * shape[1] + numbers.reshape(-1)
    return np.bincount(places, minlength=shape[0] * shape[1]).reshape(shape)[1:]


def drawn_along(cracks: Cracks, drawn: Sequence[NDArray[np.bool_]]) -> NDArray[np.float64]:
    """How much of each arc people drew: the sum over its cracks of their share."""
    shares = np.mean([_near(one) for one in drawn], axis=0).reshape(-1)
    near = np.maximum(shares[cracks.here], shares[cracks.there])
    return np.bincount(cracks.arcs, near, len(cracks.ends)).astype(np.float64)


def arc_samples(
    example: ArcExample, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]]:
    """Features, targets and weights of arcs that are drawn from an image, half of them by length.

    The weights of all arcs of an image are their lengths, and add up to 1.
    """
    lengths = example.arcs.lengths.astype(np.float64)
    shares, n = lengths / max(float(lengths.sum()), 1.0), len(lengths)
    rows, weights = np.arange(n), shares
    if n > _MOST_ARCS:
        chances = (1 / n + shares) / 2
        rows = rng.choice(n, _MOST_ARCS, replace=False, p=chances)
        weights = shares[rows] / (_MOST_ARCS * chances[rows])
    features = np.ascontiguousarray(features_of(example.arcs)[:, rows])
    return features, (example.drawn / lengths)[rows], weights


def advanced(example: ArcExample, forest: Forest, cut: float) -> ArcExample:
    """The example where regions have merged up to a cut, by the scores of a forest."""
    arcs = example.arcs
    scores = scores_of(forest, features_of(arcs))
    numbers = numbers_after(len(arcs.regions), merges_up_to(cut, arcs, scores).pairs)
    ends = numbers[arcs.ends].astype(np.int64)
    left = ends[:, 0] != ends[:, 1]
    pairs = ends[left].min(axis=1) << 32 | ends[left].max(axis=1)
    rows = np.unique(pairs, return_inverse=True)[1].reshape(-1)
    by_region = np.argsort(numbers, kind="stable")
    firsts = np.searchsorted(numbers[by_region], np.arange(int(numbers.max(initial=-1)) + 1))
    people = tuple(np.add.reduceat(own[by_region], firsts, axis=0) for own in example.people)
    drawn = np.bincount(rows, example.drawn[left]).astype(np.float64)
    return ArcExample(joined(arcs, numbers, scores), drawn, people)


def merge_example(example: ArcExample, forest: Forest) -> MergeExample:
    """All merges by the scores of a forest."""
    arcs, n = example.arcs, len(example.arcs.regions)
    scores = scores_of(forest, features_of(arcs))
    tree = merge_tree_of(n, merges_up_to(np.inf, arcs, scores))
    areas = sums_of_nodes(arcs.regions[:, :1], tree)
    one, other = tree.children.T
    together = np.zeros(len(one))
    for own in example.people:
        shares = sums_of_nodes(own, tree) / areas
        together += (shares[one] * shares[other]).sum(axis=1)
    parts = np.minimum(areas[one, 0], areas[other, 0]) / max(int(arcs.regions[:, 0].sum()), 1)
    return MergeExample(merge_features(arcs, scores, tree), 1 - together / len(example.people), parts)


def merge_samples(
    example: MergeExample, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]]:
    """Features, targets and weights of all merges of an image."""
    return example.features, example.apart, example.parts


def _near(drawn: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where something is drawn near."""
    near, padded, (height, width) = np.zeros(drawn.shape, bool), np.pad(drawn, _RADIUS), drawn.shape
    for y, x in np.ndindex(2 * _RADIUS + 1, 2 * _RADIUS + 1):
        if (y - _RADIUS) ** 2 + (x - _RADIUS) ** 2 <= _RADIUS**2:
            near |= padded[y : y + height, x : x + width]
    return near
