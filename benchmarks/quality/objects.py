"""Objects: nuclei under different microscopes (DSB 2018), and nerve cells between membranes (ISBI 2012)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import feature, filters, measure, morphology, segmentation

from benchmarks.quality import sets
from benchmarks.quality.methods import Method, score
from benchmarks.tables import Section, markdown
from classicseg import (
    connected_regions,
    local_threshold_segment,
    region_growing_segment,
    threshold_segment,
    watershed_segment,
)
from classicseg.extras.objects import ObjectSteps, objects_of
from classicseg.metrics import adapted_rand_error, average_precision, panoptic_quality, variation_of_information

_LEAST = 30
"""Pixels of a nucleus."""


def nuclei(data: Path) -> Section:
    """Score each way to find nuclei."""
    cells = sets.nuclei(data / "dsb2018")
    found = score(_for_nuclei(), cells.images, cells.truths, _judge_nuclei)
    text = (
        "83 images, grey, dark nuclei on light ground inverted. AP is TP / (TP + FP + FN) over IoU thresholds "
        "0.5, 0.55 … 0.95; PQ the panoptic quality; means over the images."
    )
    table = _table(found, ["AP", "AP at 0.5", "PQ", "SQ", "RQ"])
    return Section("Nuclei (DSB 2018)", f"{text}\n\n{table}")


def membranes(data: Path) -> Section:
    """Score each way to find what lies between membranes."""
    slices = sets.membranes(data / "isbi_em")
    truths = [connected_regions(inside) for inside in slices.truths]
    found = score(_for_membranes(), slices.images, truths, _judge_membranes)
    text = (
        "30 slices, each by itself; pixels on true membranes take no part. The adapted Rand error and the "
        "variation of information (bits), means over the slices."
    )
    table = _table(found, ["Rand error", "precision", "recall", "VI split", "VI merge"])
    return Section("Membranes (ISBI 2012)", f"{text}\n\n{table}")


def _table(found: dict[Method, list[Any]], columns: list[str]) -> str:
    rows = [
        (method.name, method.library, *(f"{fmean(column):.3f}" for column in zip(*figures, strict=True)))
        for method, figures in found.items()
    ]
    return markdown(["method", "library", *columns], rows, 2)


def _judge_nuclei(truth: NDArray[np.uint16], labels: NDArray[np.int32]) -> Sequence[float]:
    precision = average_precision(truth, labels)
    return precision.mean, float(precision.precision[0]), *panoptic_quality(truth, labels)


def _judge_membranes(truth: NDArray[np.int32], labels: NDArray[np.int32]) -> Sequence[float]:
    return *adapted_rand_error(truth, labels, ignore_label=0), *variation_of_information(
        truth, labels, ignore_label=0
    )


def _for_nuclei() -> list[Method]:
    return [
        Method("Otsu, connected regions", "classicseg", partial(_otsu, False)),
        Method("Otsu, watershed of distances", "classicseg", partial(_otsu, True)),
        Method("Li, watershed of distances", "classicseg", partial(_otsu, True, method="li")),
        Method("local threshold, watershed of distances", "classicseg", _locally),
        Method("Otsu, split, outlines refined", "classicseg", _refined),
        Method("Otsu, connected regions", "scikit-image", partial(_their_otsu, False)),
        Method("Otsu, watershed of distances", "scikit-image", partial(_their_otsu, True)),
    ]


def _for_membranes() -> list[Method]:
    ours = [Method(f"watershed, sigma {s:g}, min_depth {d}", "classicseg", partial(_basins, s, d))
            for s, d in ((2, 12), (3, 20), (3, 40))]  # fmt: skip
    return [
        *ours,
        Method("local threshold", "classicseg", _between_by_threshold),
        Method("growing, sigma 2", "classicseg", _grown),
        Method("watershed, sigma 3, depth 40", "scikit-image", partial(_their_basins, 3, 40)),
    ]


def _otsu(split: bool, image: NDArray[np.uint8], *, method: Any = "otsu") -> NDArray[np.int32]:
    bright = threshold_segment(image, thresholds=method) == 2
    return _split(bright) if split else _large(connected_regions(bright))


def _refined(image: NDArray[np.uint8]) -> NDArray[np.int32]:
    """As ``classicseg threshold --fill-holes --split 1.5 --min-area 30 --refine 0.4`` does it."""
    steps = ObjectSteps(fill_holes=True, split=1.5, min_area=_LEAST, refine=0.4)
    return objects_of(threshold_segment(image), image, steps)


def _locally(image: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Bright beside what is around, and not in the dark ground."""
    bright = local_threshold_segment(image, method="mean", window=101) == 2
    return _split(
        ndimage.binary_opening(bright & (threshold_segment(image, thresholds="triangle") == 2), iterations=2)
    )


def _split(bright: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Cut objects at their waists: basins of the distance to the outside, where they are deep enough."""
    distance = ndimage.distance_transform_edt(bright)
    if not bright.any():
        return np.zeros(bright.shape, np.int32)
    return _large(watershed_segment(-distance, surface="image", sigma=1, min_depth=1, mask=bright))


def _large(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    sizes = np.bincount(labels.ravel())
    return np.where(sizes[labels] >= _LEAST, labels, 0).astype(np.int32)


def _their_otsu(split: bool, image: NDArray[np.uint8]) -> NDArray[np.int32]:
    """As in scikit-image's own examples."""
    bright = image > filters.threshold_otsu(image)
    if not split:
        return _large(measure.label(bright).astype(np.int32))
    distance = ndimage.distance_transform_edt(bright)
    peaks = feature.peak_local_max(distance, min_distance=7, labels=measure.label(bright))
    markers = np.zeros(bright.shape, np.int32)
    markers[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    return _large(segmentation.watershed(-distance, markers, mask=bright).astype(np.int32))


def _basins(sigma: float, min_depth: float, image: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Cells are bright basins of the inverted image."""
    return watershed_segment(255 - image, surface="image", sigma=sigma, min_depth=min_depth)


def _their_basins(sigma: float, depth: float, image: NDArray[np.uint8]) -> NDArray[np.int32]:
    levels = filters.gaussian(255.0 - image, sigma, preserve_range=True)
    minima = measure.label(morphology.h_minima(levels, depth))
    return segmentation.watershed(levels, minima).astype(np.int32)


def _between_by_threshold(image: NDArray[np.uint8]) -> NDArray[np.int32]:
    smooth = filters.gaussian(image, 2, preserve_range=True)
    return connected_regions(local_threshold_segment(smooth, method="mean", window=51) == 2)


def _grown(image: NDArray[np.uint8]) -> NDArray[np.int32]:
    return region_growing_segment(filters.gaussian(image, 2, preserve_range=True))
