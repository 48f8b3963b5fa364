"""A classifier on an image, in bands of rows: no more features than those of a band exist for each thread."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import Image
from classicseg.classifying.classifier import PixelClassifier, is_forest
from classicseg.classifying.learning_from_strokes import band_size
from classicseg.filters.features.planes import features_of, write_planes
from classicseg.learning.forest_votes import class_shares, most_votes


def labels_of(classifier: PixelClassifier, image: Image, spacing: tuple[float, ...]) -> NDArray[np.int32]:
    """The label of each pixel that takes part, 0 of all others."""
    out = np.zeros((1, *image.shape), np.int32)
    _apply(_labels, classifier, image, spacing, out)
    return out[0] if image.mask is None else np.where(image.mask, out[0], np.int32(0))


def probabilities_of(classifier: PixelClassifier, image: Image, spacing: tuple[float, ...]) -> NDArray[np.float32]:
    """The share of each class at each pixel that takes part, (n_classes, …), 0 at all others."""
    out = np.zeros((len(classifier.labels), *image.shape), np.float32)
    _apply(_probabilities, classifier, image, spacing, out)
    return out if image.mask is None else out * image.mask


def _apply(
    predict: Any, classifier: PixelClassifier, image: Image, spacing: tuple[float, ...], out: NDArray[Any]
) -> None:
    features = features_of(image, classifier.plan, spacing)
    rows = out.reshape(len(out), *features.image.shape)

    def write(start: int, stop: int) -> None:
        planes = np.empty((features.n_planes, stop - start, *features.image.shape[1:]), np.float32)
        write_planes(features, planes, start, stop)
        found = predict(classifier, planes.reshape(len(planes), -1))
        rows[:, start:stop] = found.reshape(len(out), *planes.shape[1:])

    run_bands(write, len(features.image.values), band_size(features))


def _labels(classifier: PixelClassifier, features: NDArray[np.float32]) -> NDArray[np.int32]:
    if is_forest(classifier):
        return classifier.labels[most_votes(classifier.model, features)]
    return np.asarray(classifier.model.predict(features.T)).astype(np.int32)


def _probabilities(classifier: PixelClassifier, features: NDArray[np.float32]) -> NDArray[np.float32]:
    if is_forest(classifier):
        return class_shares(classifier.model, features)
    return np.ascontiguousarray(classifier.model.predict_proba(features.T).T, np.float32)
