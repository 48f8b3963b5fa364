"""The work of scoring: contingency tables of two label images, and boundaries matched one to one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage import data, feature, metrics

from benchmarks.images import grey, many_colors
from benchmarks.speed.measure import Case, Peer
from classicseg import canny_edges, kmeans_segment
from classicseg.metrics import (
    adapted_rand_error,
    adjusted_rand_index,
    confusion_matrix,
    contingency_table,
    iou,
    match_edges,
    variation_of_information,
)


def cases() -> Iterator[Callable[[], Case]]:
    """Each case makes its images when it is called for."""
    for name, ours, theirs in (
        ("contingency table", contingency_table, metrics.contingency_table),
        ("variation of information", variation_of_information, metrics.variation_of_information),
        ("adapted Rand error", adapted_rand_error, partial(metrics.adapted_rand_error, ignore_labels=())),
    ):
        yield partial(_case, name, ours, "scikit-image", theirs)
    yield partial(_case, "adjusted Rand index", adjusted_rand_index, "scikit-learn", _their_rand)
    yield partial(_case, "confusion matrix", confusion_matrix, "scikit-learn", _their_confusion)
    yield partial(_case, "IoU of each label", iou, "scikit-learn", _their_iou)
    yield _matching


@functools.cache
def _labels() -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    return kmeans_segment(grey(), n_clusters=8), kmeans_segment(many_colors(), n_clusters=8)


def _case(name: str, ours: Callable[..., Any], library: str, theirs: Callable[..., Any]) -> Case:
    truth, labels = _labels()
    return Case(f"{name}, two images of 8 labels", partial(ours, truth, labels), [
        Peer(library, partial(theirs, truth, labels), 5),
    ])  # fmt: skip


def _their_rand(truth: NDArray[np.int32], labels: NDArray[np.int32]) -> float:
    from sklearn.metrics import adjusted_rand_score

    return adjusted_rand_score(truth.ravel(), labels.ravel())


def _their_confusion(truth: NDArray[np.int32], labels: NDArray[np.int32]) -> NDArray[np.int64]:
    from sklearn.metrics import confusion_matrix as their_matrix

    return their_matrix(truth.ravel(), labels.ravel())


def _their_iou(truth: NDArray[np.int32], labels: NDArray[np.int32]) -> NDArray[np.float64]:
    from sklearn.metrics import jaccard_score

    return jaccard_score(truth.ravel(), labels.ravel(), average=None)


def _matching() -> Case:
    """A photograph as large as those of the Berkeley set, and five truths: edges at five scales."""
    image = np.ascontiguousarray(data.camera()[:321, :481])
    truths = [feature.canny(image, sigma) for sigma in (1, 1.5, 2, 3, 4)]
    edges = canny_edges(image, sigma=2)
    ours = partial(match_edges, truths, edges)
    note = f"{int(edges.sum())} edge pixels, {int(np.sum(truths))} in the truths"
    work = "edges matched one to one, 481 x 321, 5 truths"
    return Case(work, ours, [Peer("the limit of 0.1 s", partial(_wait, 0.1), 1)], lambda: note)


def _wait(duration: float) -> None:
    import time

    time.sleep(duration)
