"""Features of the pixels under strokes, and the classifier that is learned from them."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import Image
from classicseg._core.seeds import SeedPixels
from classicseg.classifying.classifier import MOST_CLASSES, PixelClassifier
from classicseg.filters.features.planes import Features, features_of, write_planes
from classicseg.filters.features.plans import Plan
from classicseg.learning.forest_growth import grow_forest


class Scene(NamedTuple):
    """An image, and what a person drew on it."""

    image: Image
    strokes: SeedPixels


def learn(
    scenes: Sequence[Scene],
    plan: Plan,
    spacing: tuple[float, ...],
    *,
    n_trees: int,
    estimator: Any,
    rng: np.random.Generator,
) -> PixelClassifier:
    """Learn from strokes on one image or several.

    The samples are put in an order that their values decide, so that flipped images give the same classifier.
    """
    labels = check_labels(scenes)
    drawn = [
        np.concatenate(found)
        for found in zip(*(_drawn_samples(scene, plan, spacing) for scene in scenes), strict=True)
    ]
    features, targets = np.ascontiguousarray(drawn[0].T), drawn[1]
    order = np.lexsort((*features[::-1], targets))
    features, targets = np.ascontiguousarray(features[:, order]), targets[order]
    n_channels = scenes[0].image.n_channels
    known = plan.names(len(spacing), n_channels), plan.features, plan.scales, spacing, n_channels
    if estimator is not None:
        fitted = copy.deepcopy(estimator).fit(features.T, targets)
        importances = np.asarray(getattr(fitted, "feature_importances_", np.full(len(features), np.nan)), float)
        return PixelClassifier(fitted, labels, *known, importances, math.nan)
    classes = np.searchsorted(labels, targets).astype(np.uint8)
    grown = grow_forest(features, classes, n_trees=n_trees, rng=rng)
    return PixelClassifier(grown.forest, labels, *known, grown.importances, grown.score)


def check_labels(scenes: Sequence[Scene]) -> NDArray[np.int32]:
    """The labels of all strokes, ascending."""
    labels = np.unique(np.concatenate([scene.strokes.labels for scene in scenes]))
    if len(labels) > MOST_CLASSES:
        raise ValueError(
            f"strokes have {len(labels)} labels; expected at most {MOST_CLASSES}: a label is a class here, not an "
            "object; give pixels that are alike one label"
        )
    return labels


def band_size(features: Features) -> int:
    """What to say of the pixels of a row to `run_bands`: the planes of a band take some 40 MB at most."""
    return features.row_size * max(1, features.n_planes // 40)


def _drawn_samples(
    scene: Scene, plan: Plan, spacing: tuple[float, ...]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """The features, (n, n_features), and the labels of the pixels that were drawn on."""
    features, nodes = features_of(scene.image, plan, spacing), scene.strokes.nodes
    n_rows = len(features.image.values)

    def drawn_in(start: int, stop: int) -> NDArray[np.float32]:
        first, last = np.searchsorted(nodes, (start * features.row_size, stop * features.row_size))
        if first == last:
            return np.empty((0, features.n_planes), np.float32)
        planes = np.empty((features.n_planes, stop - start, *features.image.shape[1:]), np.float32)
        write_planes(features, planes, start, stop)
        return planes.reshape(len(planes), -1)[:, nodes[first:last] - start * features.row_size].T

    samples = np.concatenate(run_bands(drawn_in, n_rows, band_size(features)))
    return samples, scene.strokes.labels[scene.strokes.numbers - 1]
