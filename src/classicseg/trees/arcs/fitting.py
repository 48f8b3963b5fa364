"""What the forests that score arcs are fitted to: arcs of images, and how much of each arc people drew.

The target of an arc is the mean over its cracks of the share of people who drew a boundary near.
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
from classicseg.trees.arcs.stages import finest_arcs, merges_up_to, numbers_after, scores_of

ARC_BOOSTING = Boosting(n_trees=200, depth=6, learning_rate=0.1, l2=20.0)

_RADIUS = 2
"""A crack is drawn where someone drew so near, in pixels."""

_MOST_ARCS = 1000
"""Of one image, a stage learns from so many at most."""


class ArcExample(NamedTuple):
    """The arcs of an image, and how much of each people drew."""

    arcs: Arcs
    drawn: NDArray[np.float64]
    """(m,), the sum over the cracks of the share of people who drew there."""


def arc_example(
    steps: NDArray[np.int16],
    inside: NDArray[np.bool_],
    boundaries: Boundaries,
    drawn: Sequence[NDArray[np.bool_]],
) -> ArcExample:
    """The finest arcs of an image in steps of Lab, with what each of several people drew, (M, N)."""
    _, cracks, arcs = finest_arcs(steps, inside, boundaries)
    return ArcExample(arcs, drawn_along(cracks, drawn))


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
    return ArcExample(joined(arcs, numbers, scores), np.bincount(rows, example.drawn[left]).astype(np.float64))


def _near(drawn: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where something is drawn near."""
    near, padded, (height, width) = np.zeros(drawn.shape, bool), np.pad(drawn, _RADIUS), drawn.shape
    for y, x in np.ndindex(2 * _RADIUS + 1, 2 * _RADIUS + 1):
        if (y - _RADIUS) ** 2 + (x - _RADIUS) ** 2 <= _RADIUS**2:
            near |= padded[y : y + height, x : x + width]
    return near
