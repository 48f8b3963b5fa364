"""Classes learned from frames of a street (CamVid): a forest on superpixels and a small SegNet, side by side.

Both learn from the 60 frames, from scratch, with fixed seeds, and name the classes of 20 others by themselves.
Beside them: k-means, whose clusters are given the names that fit best in each frame, and the class that is most
frequent at each place of a frame, whatever it shows.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks.quality.superpixel_forest import fit_forest, predict_forest
from benchmarks.tables import Section, markdown
from classicseg import kmeans_segment
from classicseg.extras.street_scenes import CAMVID, read_camvid
from classicseg.metrics import contingency_table, iou, match_labels, merge_contingency_tables, pixel_accuracy
from classicseg.preprocess import augmentations, resize

_N_CLASSES = len(CAMVID)
_SHOWN = (0, 7, 14)
"""Frames that are drawn."""
_EPOCHS, _SCALE = 40, 1 / 3


class _Found(NamedTuple):
    """What a method made of the frames."""

    name: str
    library: str
    classes: list[NDArray[Any]]
    training: float
    """Seconds, of the process on all of its processors."""
    frame: float
    """The same for one frame."""


Classify = Callable[[NDArray[np.uint8]], NDArray[Any]]


def streets(data: Path) -> Section:
    """Score what was learned on the validation frames."""
    frames, judged = (read_camvid(data / "camvid", split) for split in ("train", "val"))
    learned = list(frames)
    images, truths = [image for image, _ in judged], [truth for _, truth in judged]
    makers: list[tuple[str, str, Callable[[Sequence[Any]], Classify]]] = [
        ("superpixel forest", "classicseg, scikit-learn", _forest),
        ("the most frequent class at each place", "NumPy", _prior),
    ]
    if importlib.util.find_spec("torch") is None:
        print("SegNetBasic is left out: PyTorch is not installed", file=sys.stderr)
    else:
        makers.insert(1, ("SegNetBasic, 48 features, 3 × 3", "classicseg, PyTorch", _network))
    found = [_timed(name, library, make, learned, images) for name, library, make in makers]
    found.append(_clusters(images, truths))
    text = (
        "Learned from 60 frames of 480 × 360, judged on 20 others; 11 classes, void ignored, counts of all frames "
        "together. Seconds are those of the processor, of all threads together. The clusters of k-means are given "
        "names by the truth. Published, with 3 500 images and an encoder trained on a million others before: "
        "SegNet 60.1 % mean IoU."
    )
    table = markdown(_HEADER, [_row(own, truths) for own in found], 2)
    figure = _drawn([images[i] for i in _SHOWN], [truths[i] for i in _SHOWN], found)
    return Section("Streets (CamVid), learned", f"{text}\n\n{table}", {"streets": figure})


_HEADER = ["method", "library", "mean IoU, %", "pixels, %", "training, s", "a frame, s", *CAMVID]


def _row(own: _Found, truths: Sequence[Any]) -> list[str]:
    """The scores of a method."""
    tables = [contingency_table(truth, said, ignore_label=_N_CLASSES) for truth, said in
              zip(truths, own.classes, strict=True)]  # fmt: skip
    table = merge_contingency_tables(tables)
    overlap = iou(table)
    by_class = dict(zip(overlap.label.tolist(), overlap.score.tolist(), strict=True))
    scores = [by_class.get(k, 0.0) for k in range(_N_CLASSES)]
    figures = [np.mean(scores), pixel_accuracy(table)]
    return [
        own.name, own.library, *(f"{100 * figure:.1f}" for figure in figures), f"{own.training:.0f}",
        f"{own.frame:.2f}", *(f"{100 * score:.0f}" for score in scores),
    ]  # fmt: skip


def _timed(
    name: str,
    library: str,
    make: Callable[[Sequence[Any]], Classify],
    learned: Sequence[Any],
    images: Sequence[NDArray[np.uint8]],
) -> _Found:
    """Train, and classify the frames."""
    begin = time.process_time()
    classify = make(learned)
    trained = time.process_time()
    classes = [classify(image) for image in images]
    return _Found(name, library, classes, trained - begin, (time.process_time() - trained) / len(images))


def _forest(learned: Sequence[Any]) -> Classify:
    forest = fit_forest([image for image, _ in learned], [truth for _, truth in learned], _N_CLASSES)
    return partial(predict_forest, forest, n_classes=_N_CLASSES)


def _prior(learned: Sequence[Any]) -> Classify:
    counts = np.stack([sum(truth == k for _, truth in learned) for k in range(_N_CLASSES)])
    most = counts.argmax(axis=0)
    return lambda image: most


def _network(learned: Sequence[Any]) -> Classify:
    """The small SegNet at a third of the size, with small kernels: what 20 minutes of two cores allow."""
    from classicseg.extras.networks import NetworkSegmenter
    from classicseg.extras.torch import SegNetBasic, train_network

    shape = [round(_SCALE * n) for n in learned[0][1].shape]
    small = [resize(image, truth, shape=shape) for image, truth in learned]
    result = train_network(
        SegNetBasic(_N_CLASSES, features=48, kernel=3),
        [own.image for own in small],
        [own.labels for own in small],
        n_epochs=_EPOCHS,
        batch_size=4,
        learning_rate=2e-3,
        class_weights=None,
        ignore_label=_N_CLASSES,
        augment=partial(augmentations, degrees=5),
    )
    segment = NetworkSegmenter.from_torch(result.model, scale=_SCALE)
    return lambda image: segment(image) - 1


def _clusters(images: Sequence[NDArray[np.uint8]], truths: Sequence[Any]) -> _Found:
    """Eleven clusters of color and place, under the names that fit best."""
    begin = time.process_time()
    found = [kmeans_segment(image, n_clusters=_N_CLASSES, spatial_weight=0.5) for image in images]
    seconds = (time.process_time() - begin) / len(images)
    named = [
        match_labels(truth, labels, ignore_label=_N_CLASSES) for truth, labels in zip(truths, found, strict=True)
    ]
    return _Found("k-means, 11 clusters of color and place", "classicseg", named, 0.0, seconds)


def _drawn(images: Sequence[Any], truths: Sequence[Any], found: Sequence[_Found]) -> Figure:
    """Frames, truths and what the methods say, in the usual colors; black where nobody says."""
    colors = np.array([*CAMVID.values(), (0, 0, 0)], np.uint8)
    figure = Figure(figsize=(4 * (2 + len(found)), 3.2 * len(images)), dpi=60, layout="tight")
    for row, (panels, i) in enumerate(zip(figure.subplots(len(images), 2 + len(found)), _SHOWN, strict=True)):
        pictures = {"frame": images[row], "truth": colors[np.minimum(truths[row], _N_CLASSES)]}
        pictures |= {own.name: colors[np.minimum(own.classes[i], _N_CLASSES)] for own in found}
        for axes, (title, picture) in zip(panels, pictures.items(), strict=True):
            axes.imshow(picture)
            axes.set_axis_off()
            if row == 0:
                axes.set_title(title, fontsize=12)
    return figure
