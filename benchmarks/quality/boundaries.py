"""Boundaries that people draw, learned (BSDS500): trained on the training images alone, scored on the others.

The model of the package has seen both, so that none of its figures could stand here. Training takes some twenty
minutes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage import morphology

from benchmarks.quality import sets
from benchmarks.quality.methods import Method, score
from benchmarks.quality.regions import judge as judge_regions
from benchmarks.quality.regions import ods_and_ois
from benchmarks.quality.sets import Humans
from benchmarks.tables import Section, markdown
from classicseg import (
    boundary_probability,
    boundary_tree,
    contour_strengths,
    contour_tree,
    cut_tree,
    thin_boundaries,
)
from classicseg.extras.plot import precision_recall_plot
from classicseg.extras.training import train_boundaries, write_model
from classicseg.extras.training_stages import STAGES
from classicseg.metrics import EdgeCounts, EdgeCurve, match_edges, ods_ois_ap

_N_LEVELS = 40
_HEIGHTS = tuple(np.linspace(0.05, 0.85, 27))
"""Of the tree of learned scores, which are shares of people."""

_MAP_HEIGHTS = tuple(np.geomspace(0.02, 0.6, 16))
"""Of contours of the map itself."""

Maps = tuple[NDArray[np.float64], list[NDArray[np.bool_]]]


def boundaries(data: Path) -> Section:
    """Train on the training images, and score maps and trees on those for validation."""
    samples = sets.bsds500(data / "bsds500", "val")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "train.npz")
        start = process_time()
        model = train_boundaries(data / "bsds500", STAGES, show_progress=False)
        minutes = (process_time() - start) / 60
        n_bytes = write_model(path, model)
        lines = score(_lines(path), samples.images, samples.truths, _judge)
        trees = score(_trees(path), samples.images, samples.truths, judge_regions)
    rows, curves = [], {}
    for method, figures in lines.items():
        totals = [EdgeCounts.total(counts) for counts in zip(*(curve.counts for curve in figures), strict=True)]
        curves[method.name] = [c.recall for c in totals], [c.precision for c in totals]
        rows.append((method.name, *(f"{value:.3f}" for value in ods_ois_ap(figures)[:3])))
    text = (
        "The 100 images of the validation set, all people's drawings; the model was trained on the 200 of the "
        f"training set alone, in {minutes:.0f} minutes of one processor, and has {n_bytes // 1000} kB. One to one "
        "within 0.0075 of the diagonal. On the same images, by its authors' maps: gPb-owt-ucm 0.711 / 0.730, "
        "covering 0.587 / 0.642, Rand index 0.809 / 0.850, variation of information 1.653 / 1.470."
    )
    table = markdown(["boundaries", "ODS", "OIS", "AP"], rows, 1)
    header = ["regions", "covering ODS", "OIS", "Rand ODS", "OIS", "VI ODS", "OIS", "boundary F ODS", "OIS"]
    regions = markdown(header, [(method.name, *ods_and_ois(figures)) for method, figures in trees.items()], 1)
    figures = {"boundaries": precision_recall_plot(curves).figure}
    return Section("Learned boundaries (BSDS500)", f"{text}\n\n{table}\n\n{regions}", figures)


def _judge(truth: Humans, found: Maps) -> EdgeCurve:
    thresholds, maps = found
    return EdgeCurve(thresholds, [match_edges(truth.boundaries, morphology.thin(edges)) for edges in maps])


def _lines(path: Path) -> list[Method]:
    return [
        Method("boundary_probability, thinned", "classicseg", partial(_thinned, path, 0.02, 0.7)),
        Method("the same, with contours of boundary_tree", "classicseg", partial(_closed, path)),
        Method("boundary_probability without a model, thinned", "classicseg", partial(_thinned, None, 0.05, 0.9)),
        Method("contours of boundary_tree", "classicseg", partial(_contours, path)),
    ]


def _trees(path: Path) -> list[Method]:
    return [
        Method("boundary_tree", "classicseg", partial(_cut, path)),
        Method("contour_tree of boundary_probability", "classicseg", partial(_cut_of_map, path)),
    ]


def _at(strengths: NDArray[Any], low: float, high: float) -> Maps:
    thresholds = np.geomspace(low, high, _N_LEVELS)
    return thresholds, [strengths >= threshold for threshold in thresholds]


def _thinned(path: Path | None, low: float, high: float, image: NDArray[np.uint8]) -> Maps:
    return _at(thin_boundaries(boundary_probability(image, model=path)), low, high)


def _closed(path: Path, image: NDArray[np.uint8]) -> Maps:
    contours = contour_strengths(boundary_tree(image, model=path))
    return _at(thin_boundaries(boundary_probability(image, model=path), contours=contours), 0.02, 0.95)


def _contours(path: Path, image: NDArray[np.uint8]) -> Maps:
    return _at(contour_strengths(boundary_tree(image, model=path)), 0.03, 0.99)


def _cut(path: Path, image: NDArray[np.uint8]) -> Sequence[NDArray[np.int32]]:
    return list(cut_tree(boundary_tree(image, model=path), height=_HEIGHTS))


def _cut_of_map(path: Path, image: NDArray[np.uint8]) -> Sequence[NDArray[np.int32]]:
    strength, orientation = boundary_probability(image, model=path)
    return list(cut_tree(contour_tree(strength, orientation=orientation), height=_MAP_HEIGHTS))
