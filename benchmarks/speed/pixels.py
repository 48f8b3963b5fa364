"""The work of pixels that learn: features, and a forest that is fitted to strokes and applied."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.feature import multiscale_basic_features
from sklearn.ensemble import RandomForestClassifier

from benchmarks.images import photograph
from benchmarks.speed.measure import Case, Peer
from classicseg import pixel_classifier_apply, pixel_classifier_fit, pixel_features
from classicseg.classifying.classifier_file import bytes_of_classifier
from classicseg.learning.forest_votes import most_votes

_SCALES = 1, 2, 4, 8, 16
_LIKE_THEIRS = "gaussian", "gradient_magnitude", "hessian_eigenvalues"


def cases() -> Iterator[Callable[[], Case]]:
    """Each case makes its images when it is called for."""
    yield _features
    yield _fit
    yield _apply


@cache
def _grey() -> NDArray[np.float32]:
    """4 megapixels of photographs, side by side."""
    grey = photograph().astype(np.float32).mean(axis=2)
    rows, columns = (-(-2048 // n) for n in grey.shape)
    return np.ascontiguousarray(np.tile(grey, (rows, columns))[:2048, :2048])


@cache
def _classes() -> NDArray[np.int32]:
    """Three classes that a threshold does not tell apart: bright and dark, and of these the busy ones."""
    smooth, edges = pixel_features(_grey(), features=["gaussian", "gradient_magnitude"], scales=(4,)).planes
    return (1 + (smooth > np.median(smooth)) + (edges > np.quantile(edges, 0.8))).astype(np.int32)


@cache
def _strokes() -> NDArray[np.int32]:
    """Some 10 000 pixels in lines of 25."""
    drawn, rng = np.zeros_like(_classes()), np.random.default_rng(0)
    for row, column in rng.integers(0, 2048 - 25, (400, 2)):
        drawn[row, column : column + 25] = _classes()[row, column : column + 25]
    return drawn


@cache
def _samples() -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
    """The features of all pixels, (n_features, n), and of those drawn, (n, n_features), with their labels."""
    planes = pixel_features(_grey(), features=_LIKE_THEIRS, scales=_SCALES).planes.reshape(20, -1)
    drawn = np.flatnonzero(_strokes())
    return planes, np.ascontiguousarray(planes[:, drawn].T), _strokes().reshape(-1)[drawn]


def _features() -> Case:
    image = _grey()
    ours = partial(pixel_features, image, features=_LIKE_THEIRS, scales=_SCALES)
    return Case(
        "20 features at 5 scales, float32, 4 Mpx",
        ours,
        [Peer("scikit-image", partial(multiscale_basic_features, image, sigma_min=1, sigma_max=16), 5)],
    )


def _forest(n_jobs: int = 2) -> Any:
    return RandomForestClassifier(100, random_state=0, n_jobs=n_jobs)


def _fit() -> Case:
    _, samples, labels = _samples()
    options = {"strokes": _strokes(), "features": _LIKE_THEIRS, "scales": _SCALES}

    def theirs() -> object:
        pixel_features(_grey(), features=_LIKE_THEIRS, scales=_SCALES)
        return _forest().fit(samples, labels)

    def note() -> str:
        ours = pixel_classifier_fit(_grey(), **options)
        sizes = [len(bytes_of_classifier(ours)) / 1e6, len(pickle.dumps(_forest().fit(samples, labels))) / 1e6]
        return f"a file of {sizes[0]:.2f} MB, theirs {sizes[1]:.1f}; score out of bag {ours.score:.3f}"

    return Case(
        "a forest of 100 trees fitted to 10 000 drawn pixels, features included",
        partial(pixel_classifier_fit, _grey(), **options),
        [Peer("scikit-learn, on our features", theirs, 1)],
        note,
    )


def _apply() -> Case:
    """The features are given to both: a megapixel of them."""
    planes, samples, labels = _samples()
    known = pixel_classifier_fit(_grey(), strokes=_strokes(), features=_LIKE_THEIRS, scales=_SCALES)
    theirs = _forest().fit(samples, labels)
    part = np.ascontiguousarray(planes[:, ::4])
    rows = np.ascontiguousarray(part.T)

    def note() -> str:
        truth = _classes().reshape(-1)[::4]
        ours = known.labels[most_votes(known.model, part)]
        shares = np.mean(ours == truth), np.mean(theirs.predict(rows) == truth)
        whole = pixel_classifier_apply(_grey(), known).reshape(-1)[::4]
        return f"right {shares[0]:.4f}, theirs {shares[1]:.4f}; in bands the same: {np.array_equal(whole, ours)}"

    return Case(
        "labels of 1 Mpx by that forest, from its features",
        partial(most_votes, known.model, part),
        [Peer("scikit-learn", partial(theirs.predict, rows), 1.8)],
        note,
    )
