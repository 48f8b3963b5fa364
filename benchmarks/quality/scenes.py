"""Classes in frames from a car (CamVid): what values and colors alone say, as a floor that is honest.

Classes are found without the truth; then each is given the name that fits it best, one to one, in each frame. So
the figures flatter beside what names things by itself.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality import sets
from benchmarks.quality.methods import Method, score
from benchmarks.tables import Section, markdown
from classicseg import kmeans_segment, threshold_segment
from classicseg.metrics import Contingency, contingency_table, match_labels, merge_contingency_tables

_N_CLASSES, _VOID = 11, 11


def scenes(data: Path) -> Section:
    """Score classes on the validation frames."""
    frames = sets.camvid(data / "camvid", "val")
    found = score(_methods(), frames.images, frames.truths, _judge)
    rows = []
    for method, tables in found.items():
        table = merge_contingency_tables(tables)
        hits = [_hits(table, name) for name in range(_N_CLASSES)]
        unions = [_size(table.truth, table.truth_sizes, k) + _size(table.labels, table.label_sizes, k) - hits[k]
                  for k in range(_N_CLASSES)]  # fmt: skip
        mean_iou = np.mean([hit / union if union else 0 for hit, union in zip(hits, unions, strict=True)])
        rows.append((method.name, method.library, f"{100 * mean_iou:.1f}", f"{100 * sum(hits) / table.n:.1f}"))
    text = (
        "20 frames, 11 classes; counts of all frames together. Trained on more frames than there are here: SegNet "
        "60.1, FCN 49.8."
    )
    header = ["method", "library", "mean IoU, %", "pixels, %"]
    return Section("Scenes (CamVid)", f"{text}\n\n{markdown(header, rows, 2)}")


def _judge(truth: NDArray[np.uint8], labels: NDArray[np.int32]) -> Contingency:
    return contingency_table(truth, match_labels(truth, labels, ignore_label=_VOID), ignore_label=_VOID)


def _hits(table: Contingency, name: int) -> int:
    same = (table.truth[table.rows] == name) & (table.labels[table.columns] == name)
    return int(table.counts[same].sum())


def _size(names: NDArray[np.int32], sizes: NDArray[np.int64], name: int) -> int:
    return int(sizes[names == name].sum())


def _methods() -> list[Method]:
    ours: dict[str, Any] = {
        "Otsu, 2 classes": partial(threshold_segment, n_classes=2),
        "Otsu, 4 classes": partial(threshold_segment, n_classes=4),
        "k-means, 4 clusters": partial(kmeans_segment, n_clusters=4),
        "k-means, 8 clusters": partial(kmeans_segment, n_clusters=8),
        "k-means, 8 clusters of L*a*b*": partial(kmeans_segment, n_clusters=8, color_space="lab"),
        "k-means, 11 clusters of color and place": partial(kmeans_segment, n_clusters=11, spatial_weight=0.5),
    }
    methods = [Method(name, "classicseg", call) for name, call in ours.items()]
    return [
        *methods,
        Method("Otsu, 4 classes", "scikit-image", _their_otsu),
        Method("k-means, 8 clusters", "scikit-learn", partial(_their_kmeans, 8)),
    ]


def _their_otsu(image: NDArray[np.uint8]) -> NDArray[np.int32]:
    from skimage import color, filters

    grey = color.rgb2gray(image)
    return np.digitize(grey, filters.threshold_multiotsu(grey, 4)).astype(np.int32) + 1


def _their_kmeans(n: int, image: NDArray[np.uint8]) -> NDArray[np.int32]:
    from sklearn.cluster import KMeans

    fitted = KMeans(n, n_init=1, random_state=0).fit(image.reshape(-1, 3).astype(np.float64))
    return fitted.labels_.reshape(image.shape[:2]).astype(np.int32) + 1
