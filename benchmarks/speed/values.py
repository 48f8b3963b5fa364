"""The work that is decided by values: k-means and thresholds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage import filters

from benchmarks.images import deep, few_colors, grey, many_colors
from benchmarks.speed.measure import Case, Peer
from classicseg import (
    kmeans_fit,
    kmeans_segment,
    local_threshold_segment,
    multi_otsu_thresholds,
    pixel_histogram,
    threshold_segment,
)

_K, _ITERATIONS = 8, 20


def cases() -> Iterator[Callable[[], Case]]:
    """Each case makes its images when it is called for."""
    yield partial(_kmeans, many_colors, {"OpenCV": 30})
    yield partial(_kmeans, few_colors, {"OpenCV": 100, "scikit-learn": 100})
    yield partial(_kmeans, lambda: many_colors().astype(np.float32), {"OpenCV": 3})
    yield _multi_otsu
    yield _multi_otsu_deep
    yield _otsu
    yield _sauvola


def _kmeans(make: Callable[[], NDArray[Any]], peers: dict[str, float]) -> Case:
    """All from the same labels, or the centers that these have; 20 iterations, no other end."""
    image = make()
    pixels = image.reshape(-1, 3)
    starts = np.minimum(pixels.astype(np.float32).sum(axis=1) // 96, _K - 1).astype(np.int32)
    n_colors = len(pixel_histogram(image.astype(np.uint8)).counts)
    centers = np.stack([pixels[starts == k].mean(axis=0, dtype=np.float64) for k in range(_K)])

    def by_opencv() -> tuple[float, NDArray[np.int32], NDArray[np.float32]]:
        import cv2

        stop = cv2.TERM_CRITERIA_MAX_ITER, _ITERATIONS, 0
        vectors = pixels.astype(np.float32, copy=False)  # the only dtype that it takes
        return cv2.kmeans(vectors, _K, starts[:, np.newaxis].copy(), stop, 1, cv2.KMEANS_USE_INITIAL_LABELS)

    def by_scikit_learn() -> object:
        from sklearn.cluster import KMeans

        model = KMeans(_K, init=centers, n_init=1, max_iter=_ITERATIONS, tol=0, algorithm="lloyd")
        return model.fit(pixels.astype(np.float32, copy=False))

    def note() -> str:
        """The inertia of both, summed in float64 from the labels and centers that they return."""
        _, labels, found = by_opencv()
        theirs = sum(
            float(((pixels[labels.ravel() == k].astype(np.float64) - found[k]) ** 2).sum()) for k in range(_K)
        )
        ours = kmeans_fit(image, init=centers, max_iter=_ITERATIONS).inertia
        return f"inertia {ours / theirs:.6f} of OpenCV's"

    calls = {"OpenCV": by_opencv, "scikit-learn": by_scikit_learn}
    return Case(
        f"k-means, k = 8, 20 iterations, {image.dtype} RGB, {n_colors / 1000:.0f} k distinct colors",
        partial(kmeans_segment, image, init=centers, max_iter=_ITERATIONS),
        [Peer(name, calls[name], least) for name, least in peers.items()],
        note,
        80 + 12 + 48,  # a byte a pixel, and the labels
    )


def _multi_otsu() -> Case:
    image = grey()

    def error(labels: NDArray[np.int_]) -> float:
        """The sum of squared distances to the means of the classes."""
        counts = np.bincount(labels.ravel())
        means = np.bincount(labels.ravel(), image.ravel()) / np.maximum(counts, 1)
        return float(np.sum((image - means[labels]) ** 2))

    def by_scikit_image() -> NDArray[np.int_]:
        return np.digitize(image, filters.threshold_multiotsu(image, 5), right=True)

    def note() -> str:
        ratio = error(threshold_segment(image, n_classes=5)) / error(by_scikit_image())
        return f"variance within classes {ratio:.6f} of scikit-image's, whose sums are float32"

    return Case(
        "Otsu, 5 classes, 8 bits, with labels",
        partial(threshold_segment, image, n_classes=5),
        [Peer("scikit-image", by_scikit_image, 300)],
        note,
    )


def _multi_otsu_deep() -> Case:
    image = deep()
    return Case(
        "Otsu, 8 classes, 16 bits, all 65 536 levels",
        partial(multi_otsu_thresholds, image, n_classes=8),
        [Peer("np.bincount of the image alone", lambda: np.bincount(image.ravel(), minlength=65536), 1 / 3)],
    )


def _otsu() -> Case:
    image = grey()

    def by_opencv() -> object:
        import cv2

        return cv2.threshold(image, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)

    return Case(
        "Otsu, 8 bits, with labels",
        partial(threshold_segment, image),
        [Peer("OpenCV", by_opencv, 1)],
        lambda: "labels are int32, OpenCV's uint8",
    )


def _sauvola() -> Case:
    image = grey()

    def by_doxapy() -> NDArray[np.uint8]:
        import doxapy

        out = np.empty_like(image)
        sauvola = doxapy.Binarization(doxapy.Binarization.Algorithms.SAUVOLA)
        sauvola.initialize(image)
        sauvola.to_binary(out, {"window": 75, "k": 0.2})
        return out

    return Case(
        "Sauvola, window 75, k 0.2, with labels",
        partial(local_threshold_segment, image, method="sauvola", window=75, k=0.2, r=128),
        [
            Peer("scikit-image", lambda: image >= filters.threshold_sauvola(image, 75, 0.2, 128), 10),
            Peer("doxapy", by_doxapy, 1.5),
        ],
        most=16 + 48,
    )
