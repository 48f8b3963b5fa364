"""Regions that people draw, too (BSDS500): covering, Rand index, variation of information, and boundaries.

Every method has one number that makes its regions larger. ODS is the best score at one such number for all images,
OIS at the best one for each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from skimage import filters, morphology, segmentation

from benchmarks.quality import sets
from benchmarks.quality.methods import Method, score
from benchmarks.quality.sets import Humans
from benchmarks.speed.mean_shift import opencv_regions
from benchmarks.tables import Section, markdown
from classicseg import (
    boundary_segment,
    cut_tree,
    felzenszwalb_segment,
    kmeans_segment,
    mean_shift_segment,
    merge_small_regions,
    merge_tree,
    region_boundaries,
    region_growing_segment,
    srm_segment,
    threshold_segment,
    watershed_segment,
)
from classicseg._core.chosen import choices
from classicseg.metrics import (
    EdgeCounts,
    match_edges,
    probabilistic_rand_index,
    segmentation_covering,
    variation_of_information,
)

_EVERY = 5
"""Of the images, so that one core takes some minutes."""


class _Scores(NamedTuple):
    covering: float
    rand: float
    information: float
    boundary: EdgeCounts


def regions(data: Path) -> Section:
    """Score each method on the validation images."""
    samples = sets.bsds500(data / "bsds500", "val")
    found = score(_methods(), samples.images[::_EVERY], samples.truths[::_EVERY], judge)
    rows = [(method.name, method.library, *ods_and_ois(figures)) for method, figures in found.items()]
    header = [
        "method",
        "library",
        "covering ODS",
        "OIS",
        "Rand ODS",
        "OIS",
        "VI ODS",
        "OIS",
        "boundary F ODS",
        "OIS",
    ]
    text = (
        "Every fifth image of the validation set, 20 of 100, all people's drawings. Published for the test set, "
        "covering, Rand index and variation of information at ODS: Felzenszwalb–Huttenlocher 0.52, 0.80, 2.21; "
        "mean shift 0.54, 0.79, 1.85; gPb-owt-ucm 0.59, 0.83, 1.69; people 0.72, 0.88, 1.17."
    )
    return Section("Regions (BSDS500)", f"{text}\n\n{markdown(header, rows, 2)}")


def judge(truth: Humans, levels: Sequence[NDArray[np.int32]]) -> list[_Scores]:
    """The scores of the regions at each level."""
    return [
        _Scores(
            segmentation_covering(truth.segmentations, labels),
            probabilistic_rand_index(truth.segmentations, labels),
            variation_of_information(truth.segmentations, labels).total,
            match_edges(truth.boundaries, _lines(labels)),
        )
        for labels in levels
    ]


def _lines(labels: NDArray[np.int32]) -> NDArray[np.bool_]:
    return morphology.thin(region_boundaries(labels))


def ods_and_ois(figures: list[list[_Scores]]) -> list[str]:
    """ODS and OIS of each score; the least variation of information is the best."""
    cells = []
    for name, best in (("covering", max), ("rand", max), ("information", min)):
        table = [[getattr(one, name) for one in levels] for levels in figures]
        at_one = best(fmean(column) for column in zip(*table, strict=True))
        cells += [f"{at_one:.3f}", f"{fmean(map(best, table)):.3f}"]
    counts = [[one.boundary for one in levels] for levels in figures]
    at_one = max(EdgeCounts.total(column).f1 for column in zip(*counts, strict=True))
    at_each = EdgeCounts.total(max(levels, key=lambda one: one.f1) for levels in counts).f1
    return [*cells, f"{at_one:.3f}", f"{at_each:.3f}"]


def _methods() -> list[Method]:
    def ours(name: str, segment: Callable[..., Any], option: str, levels: Sequence[float]) -> Method:
        return Method(name, "classicseg", partial(_at_each, segment, option, levels))

    return [
        ours("boundary, by sigma", boundary_segment, "sigma", (1, 1.4, 2, 2.8, 4, 5.6)),
        ours("watershed, by min_depth", _watershed, "min_depth", (2, 3, 4.5, 6.5, 9, 13)),
        ours("growing, by tolerance", region_growing_segment, "tolerance", (15, 25, 35, 45, 60, 80)),
        ours("mean shift, by range_radius", mean_shift_segment, "range_radius", (5, 7, 10, 14, 19, 26)),
        ours("k-means, by n_clusters", kmeans_segment, "n_clusters", (2, 3, 4, 5, 6, 8)),
        ours("Otsu, by n_classes", threshold_segment, "n_classes", (2, 3, 4, 5)),
        ours("Felzenszwalb, by scale", _fixed_felzenszwalb, "scale", (50, 100, 200, 300, 500, 800, 1200)),
        ours("Felzenszwalb, by mean differences", _felzenszwalb, "factor", (20, 35, 60, 90, 130, 190)),
        ours("statistical merging, by complexity", srm_segment, "complexity", (4, 8, 16, 32, 64, 128)),
        *(
            Method(f"merging by {criterion}, by height", "classicseg", partial(_merged, criterion, levels))
            for criterion, levels in (
                ("contrast", tuple(np.geomspace(16, 240, 18))),
                ("ward", tuple(np.geomspace(3e4, 1e7, 8))),
                ("multiresolution", tuple(np.geomspace(40, 200, 8))),
            )
        ),
        Method("Felzenszwalb, by scale", "scikit-image", partial(_at_each, _their_felzenszwalb, "scale", (
            50, 100, 200, 300, 500, 800, 1200,
        ))),
        Method("mean shift, by sr", "OpenCV", partial(_at_each, _their_mean_shift, "sr", (
            20, 30, 40, 55, 75, 100,
        ))),
        Method("watershed, by markers", "scikit-image", partial(_at_each, _their_watershed, "markers", (
            5, 10, 20, 40, 80,
        ))),
        Method("SLIC, by n_segments", "scikit-image", partial(_at_each, _slic, "n_segments", (5, 10, 20, 40, 80))),
    ]  # fmt: skip


def _at_each(
    segment: Callable[..., Any], option: str, levels: Sequence[float], image: NDArray[np.uint8]
) -> list[NDArray[np.int32]]:
    return [segment(image, **{option: level}) for level in levels]


def _merged(criterion: Any, heights: Sequence[float], image: NDArray[np.uint8]) -> list[NDArray[np.int32]]:
    return list(cut_tree(merge_tree(image, criterion=criterion), height=heights))


def _watershed(image: NDArray[np.uint8], *, min_depth: float) -> NDArray[np.int32]:
    return watershed_segment(image, min_depth=min_depth, sigma=2)


def _fixed_felzenszwalb(image: NDArray[np.uint8], *, scale: float) -> NDArray[np.int32]:
    return felzenszwalb_segment(image, scale=scale, min_area=100, connectivity=2)


def _felzenszwalb(image: NDArray[np.uint8], *, factor: float) -> NDArray[np.int32]:
    with choices() as chosen:
        felzenszwalb_segment(image)
    return felzenszwalb_segment(image, scale=factor / 90 * chosen["scale"])


def _their_felzenszwalb(image: NDArray[np.uint8], *, scale: float) -> NDArray[np.int32]:
    return segmentation.felzenszwalb(image, scale=scale, sigma=0.8, min_size=100).astype(np.int32) + 1


def _their_mean_shift(image: NDArray[np.uint8], *, sr: float) -> NDArray[np.int32]:
    """With its small regions joined as ours are."""
    labels = opencv_regions(image, 8, sr)
    return merge_small_regions(labels, image, min_area=labels.size // 1000)


def _their_watershed(image: NDArray[np.uint8], *, markers: int) -> NDArray[np.int32]:
    gradient = filters.sobel(filters.gaussian(image, 2, channel_axis=-1).mean(axis=-1))
    return segmentation.watershed(gradient, markers).astype(np.int32)


def _slic(image: NDArray[np.uint8], *, n_segments: int) -> NDArray[np.int32]:
    return segmentation.slic(image, n_segments=n_segments, start_label=1).astype(np.int32)
