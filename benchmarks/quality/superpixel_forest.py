"""A forest on superpixels: the classical answer to networks that learn the classes of street scenes.

Superpixels by ETPS; of each its colors, its texture and its place, and the same of what lies around it. A first
forest says from these what it may be. A second one sees, besides, what the first says of the neighbors, of places
above, below and aside, and of the frame as a whole (auto-context: Tu and Bai, 2010): of frames that the first has
not seen, for what a forest says of those that it was fitted to is better than it will ever be again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from classicseg import etps_segment, region_graph, rgb_to_lab

N_SEGMENTS = 1000
_N_TREES = 100
_N_FOLDS = 2
_REACH = ((-0.12, 0.0), (0.12, 0.0), (0.0, -0.1), (0.0, 0.1), (-0.25, 0.0), (0.25, 0.0))
"""Where around a superpixel is looked, in heights and widths of the frame."""


class Described(NamedTuple):
    """A frame in superpixels."""

    labels: NDArray[np.int32]
    features: NDArray[np.float32]
    """(superpixels, features)."""
    places: NDArray[np.float64]
    """(superpixels, 2), row and column of each center, from 0 to 1."""
    sizes: NDArray[np.int64]
    pairs: NDArray[np.int32]
    """(neighbors, 2), from 0."""


class SuperpixelForest(NamedTuple):
    """Two forests, one after the other."""

    first: Any
    second: Any


def fit_forest(
    frames: Sequence[NDArray[np.uint8]], truths: Sequence[NDArray[np.uint8]], n_classes: int
) -> SuperpixelForest:
    """Fit both forests; labels of `n_classes` and more take no part."""
    described = [describe(frame) for frame in frames]
    votes = [_votes(own.labels, truth, n_classes) for own, truth in zip(described, truths, strict=True)]
    folds = np.arange(len(frames)) % _N_FOLDS
    said: list[NDArray[np.float64]] = [np.empty(0)] * len(frames)
    for fold in range(_N_FOLDS):
        forest = _fitted([own.features for own in described], votes, folds != fold, n_classes)
        for i in np.flatnonzero(folds == fold).tolist():
            said[i] = _probabilities(forest, described[i].features, n_classes)
    everything = np.ones(len(frames), bool)
    first = _fitted([own.features for own in described], votes, everything, n_classes)
    wider = [_with_context(own, probable) for own, probable in zip(described, said, strict=True)]
    return SuperpixelForest(first, _fitted(wider, votes, everything, n_classes))


def predict_forest(forest: SuperpixelForest, frame: NDArray[np.uint8], n_classes: int) -> NDArray[np.int32]:
    """The class of each pixel, from 0."""
    own = describe(frame)
    probable = _probabilities(forest.first, own.features, n_classes)
    better = _probabilities(forest.second, _with_context(own, probable), n_classes)
    return better.argmax(axis=1).astype(np.int32)[own.labels - 1]


def describe(frame: NDArray[np.uint8]) -> Described:
    """Cut a frame into superpixels and measure them."""
    labels = etps_segment(frame, n_segments=N_SEGMENTS)
    lab = rgb_to_lab(frame).astype(np.float32)
    sizes = np.bincount(labels.ravel())[1:]
    shape = np.array(labels.shape)
    places = np.stack([_means(labels, sizes, axis) for axis in np.indices(labels.shape, np.float32)], axis=1)
    columns = [*_colors(lab, labels, sizes), *_textures(lab[..., 0], labels, sizes), *(places / shape).T]
    columns += [np.log(sizes)]
    for sigma in (6, 18):
        blurred = [ndimage.gaussian_filter(lab[..., c], sigma) for c in range(3)]
        columns += [_at(plane, places, (0, 0)) for plane in blurred]
        if sigma == 6:
            columns += [_at(plane, places, step * shape) for step in np.array(_REACH) for plane in blurred]
    pairs = region_graph(labels).pairs - 1
    features = np.stack(columns, axis=1).astype(np.float32)
    return Described(labels, features, places / shape, sizes, pairs)


def _colors(lab: NDArray[np.float32], labels: NDArray[np.int32], sizes: NDArray[np.int64]) -> list[NDArray[Any]]:
    """Mean and deviation of each channel, and how far the frame's own mean is."""
    found = []
    for c in range(3):
        mean = _means(labels, sizes, lab[..., c])
        square = _means(labels, sizes, np.square(lab[..., c]))
        found += [mean, np.sqrt(np.maximum(square - mean**2, 0)), mean - lab[..., c].mean()]
    return found


def _textures(
    light: NDArray[np.float32], labels: NDArray[np.int32], sizes: NDArray[np.int64]
) -> list[NDArray[Any]]:
    """Strength and direction of gradients, and blobs, at several scales, in superpixels and around them."""
    found = []
    for sigma in (1.0, 2.0, 4.0):
        down, right = (ndimage.gaussian_filter(light, sigma, order=order) for order in ((1, 0), (0, 1)))
        blob = ndimage.gaussian_laplace(light, sigma)
        planes = [np.hypot(down, right), np.abs(blob), blob, np.abs(down), np.abs(right), down * right]
        found += [_means(labels, sizes, plane) for plane in planes]
        found += [_means(labels, sizes, ndimage.uniform_filter(plane, 25)) for plane in planes[:2]]
    return found


def _means(labels: NDArray[np.int32], sizes: NDArray[np.int64], plane: NDArray[Any]) -> NDArray[np.float64]:
    return np.bincount(labels.ravel(), plane.ravel(), len(sizes) + 1)[1:] / sizes


def _at(plane: NDArray[np.float32], places: NDArray[np.float64], step: Any) -> NDArray[np.float32]:
    """A plane at a step from each center, or at the border of the frame."""
    rows, columns = np.clip(np.rint(places + step), 0, np.array(plane.shape) - 1).astype(int).T
    return plane[rows, columns]


def _with_context(own: Described, probable: NDArray[np.float64]) -> NDArray[np.float32]:
    """The features, and what the first forest says of the superpixel and what is around it."""
    both = np.concatenate([own.pairs, own.pairs[:, ::-1]])
    around = np.zeros_like(probable)
    np.add.at(around, both[:, 0], probable[both[:, 1]])
    around /= np.maximum(np.bincount(both[:, 0], minlength=len(probable)), 1)[:, np.newaxis]
    shape = np.array(own.labels.shape)
    columns = [own.features, probable, around]
    for step in np.array(_REACH):
        rows, at = np.clip(np.rint((own.places + step) * shape), 0, shape - 1).astype(int).T
        columns.append(around[own.labels[rows, at] - 1])
    whole = np.average(probable, axis=0, weights=own.sizes)
    return np.concatenate([*columns, np.broadcast_to(whole, probable.shape)], axis=1).astype(np.float32)


def _votes(labels: NDArray[np.int32], truth: NDArray[np.uint8], n_classes: int) -> NDArray[np.int64]:
    """The pixels of each class in each superpixel."""
    width = n_classes + 1
    pairs = (labels.ravel() - 1) * width + np.minimum(truth.ravel(), n_classes)
    counts = np.bincount(pairs, minlength=int(labels.max()) * width)
    return counts.reshape(-1, width)[:, :n_classes]


def _fitted(
    features: Sequence[NDArray[np.float32]], votes: Sequence[NDArray[np.int64]], chosen: NDArray[np.bool_], n: int
) -> Any:
    """A forest of what most pixels of each superpixel are, a pixel of a rare class counting for more."""
    from sklearn.ensemble import ExtraTreesClassifier

    table = np.concatenate([own for own, take in zip(features, chosen, strict=True) if take])
    counts = np.concatenate([own for own, take in zip(votes, chosen, strict=True) if take])
    classes = counts.argmax(axis=1)
    weights = counts.max(axis=1) / np.sqrt(np.maximum(counts.sum(axis=0), 1))[classes]
    known = weights > 0
    forest = ExtraTreesClassifier(_N_TREES, min_samples_leaf=3, max_features=0.2, n_jobs=2, random_state=0)
    return forest.fit(table[known], classes[known], weights[known])


def _probabilities(forest: Any, features: NDArray[np.float32], n_classes: int) -> NDArray[np.float64]:
    """Of each class, also of those that the forest has not seen."""
    found = np.zeros((len(features), n_classes))
    found[:, forest.classes_] = forest.predict_proba(features)
    return found
