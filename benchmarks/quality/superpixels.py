"""Superpixels beside what people drew (BSDS500), by the number of them.

Each method is asked for several numbers of superpixels. Its scores at 400 and 1000 are read off the curve through
the numbers that it gave, along their logarithm, as are the published ones.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import segmentation

from benchmarks.quality import sets
from benchmarks.quality.methods import Method, score
from benchmarks.quality.sets import Humans
from benchmarks.tables import Section, markdown
from classicseg import (
    etps_segment,
    felzenszwalb_segment,
    seed_grid,
    slic_segment,
    snic_segment,
    watershed_segment,
)
from classicseg.metrics import (
    achievable_accuracy,
    boundary_recall,
    compactness,
    contingency_table,
    contour_density,
    count_control,
    explained_variation,
    segment_connectivity,
    undersegmentation_error,
)

LEVELS = (100, 200, 400, 800, 1600)
"""How many superpixels are asked for."""

_EVERY = 4
"""Of the images, so that one core takes some minutes."""

_SCALES = (12, 30, 75, 190, 480)
"""Felzenszwalb's, in their place."""

_PUBLISHED = ("SEEDS", "ETPS", "ERS", "SLIC", "CW")

_PANELS = {"recall": "rec.mean_min", "undersegmentation": "ue_np.mean_max", "variation": "ev.mean_min"}
"""The curves of Stutz et al. by our names."""


class Scores(NamedTuple):
    """Of one image at one level; those beside a truth are of the worst one."""

    n: float
    recall: float
    undersegmentation: float
    variation: float
    accuracy: float
    density: float
    compactness: float
    control: float
    connectivity: float


def superpixels(data: Path) -> Section:
    """Score each method on the validation images."""
    samples = sets.bsds500(data / "bsds500", "val")
    images, truths = samples.images[::_EVERY], samples.truths[::_EVERY]
    found = score(_methods(), images, list(zip(images, truths, strict=True)), judge)
    rows = [(method.name, method.library, *_row(figures)) for method, figures in found.items()]
    rows += [(name, "published", *cells) for name, cells in _published(data / "tables" / "stutz2018_curves.csv")]
    header = ["method", "library", "recall", "leak", "explained", "accuracy", "density", "compactness"]
    header += ["given / asked", "pieces", "recall, 1000", "leak, 1000", "explained, 1000"]
    return Section("Superpixels (BSDS500)", f"{_EXPLAINED}\n\n{markdown(header, rows, 2)}")


_EXPLAINED = (
    "Every fourth image of the validation set, 25 of 100; 400 superpixels, and 1000; the worst of several truths. "
    "Recall is that of boundaries two pixels wide, at most one away, as published (`boundary_recall`); leak is "
    "the undersegmentation error, explained the variation. Given / asked is of 400; pieces are the connected ones "
    "of a label, on average. Published figures are of the test set (Stutz, Hermans, Leibe 2018)."
)


def judge(truth: tuple[NDArray[np.uint8], Humans], levels: Sequence[NDArray[np.int32]]) -> list[Scores]:
    """The scores of the superpixels at each level, of an image and what people drew on it."""
    image, humans = truth
    found = []
    for asked, labels in zip(LEVELS, levels, strict=True):
        tables = [contingency_table(one, labels) for one in humans.segmentations]
        found.append(
            Scores(
                len(np.unique(labels)),
                boundary_recall(humans.segmentations, labels, worst=True),
                max(map(undersegmentation_error, tables)),
                explained_variation(image, labels),
                min(map(achievable_accuracy, tables)),
                contour_density(labels),
                compactness(labels),
                count_control(labels, n_segments=asked),
                segment_connectivity(labels),
            )
        )
    return found


def _row(figures: list[list[Scores]]) -> list[str]:
    """The scores at 400 and 1000."""
    curves = np.array(figures).mean(axis=0)  # (levels, scores)
    at_400, at_1000 = (Scores(*_at(curves[:, 0], curves, n)) for n in (400, 1000))
    best = [at_400.recall, at_400.undersegmentation, at_400.variation, at_400.accuracy, at_400.density]
    asked = curves[LEVELS.index(400)]
    shape = [at_400.compactness, float(asked[7]), 1 / at_400.connectivity]
    return [f"{value:.3f}" for value in (*best, *shape, *at_1000[1:4])]


def _at(numbers: NDArray[Any], curves: NDArray[Any], n: float) -> list[float]:
    """Read curves, (levels, scores), at a number of superpixels; NaN where they do not reach."""
    order = np.argsort(numbers)
    places = np.log(numbers[order])
    return [float(np.interp(np.log(n), places, c[order], np.nan, np.nan)) for c in curves.T]


def _published(table: Path) -> list[tuple[str, list[str]]]:
    """The same scores of published methods, as far as they are."""
    with table.open(newline="") as file:
        lines = [line for line in csv.DictReader(file) if line["file"] == "quantitative-bsds500-avg-min-max"]
    rows = []
    for name in _PUBLISHED:
        cells = {}
        for score_name, panel in _PANELS.items():
            points = [
                (float(line["x"]), float(line["y"]))
                for line in lines
                if line["algorithm"] == name and line["panel"].endswith(f"bsds500-{panel}")
            ]
            x, y = np.array(points or [(np.nan, np.nan)]).T
            for n in (400, 1000):
                cells[score_name, n] = f"{_at(x, y[:, np.newaxis], n)[0]:.3f}"
        at_400 = [cells[score_name, 400] for score_name in _PANELS]
        rows.append((name, [*at_400, "", "", "", "", "", *(cells[score_name, 1000] for score_name in _PANELS)]))
    return rows


def _methods() -> list[Method]:
    def each(name: str, library: str, segment: Callable[..., Any]) -> Method:
        return Method(name, library, partial(_at_each, segment, LEVELS))

    return [
        each("ETPS", "classicseg", _ours_of(etps_segment)),
        each("SLIC", "classicseg", _ours_of(slic_segment)),
        each("SNIC", "classicseg", _ours_of(snic_segment)),
        each("compact watershed", "classicseg", _compact_watershed),
        Method("Felzenszwalb, by scale", "classicseg", partial(_at_each, _felzenszwalb, _SCALES)),
        each("SLIC", "scikit-image", _their_slic),
        each("compact watershed", "scikit-image", _their_watershed),
        each("SEEDS", "OpenCV", _opencv_seeds),
        each("SLIC", "OpenCV", _opencv_slic),
        each("SLIC", "fast-slic", _fast_slic),
    ]


def _at_each(
    segment: Callable[[NDArray[np.uint8], int], Any], levels: Sequence[int], image: NDArray[np.uint8]
) -> list[NDArray[np.int32]]:
    return [np.asarray(segment(image, level), np.int32) for level in levels]


def _ours_of(segment: Callable[..., Any]) -> Callable[[NDArray[np.uint8], int], Any]:
    return partial(_asked, segment)


def _asked(segment: Callable[..., Any], image: NDArray[np.uint8], n: int) -> Any:
    return segment(image, n_segments=n)


def _compact_watershed(image: NDArray[np.uint8], n: int) -> Any:
    return watershed_segment(image, markers=seed_grid(image, n), sigma=1, compactness=0.5)


def _felzenszwalb(image: NDArray[np.uint8], scale: int) -> Any:
    return felzenszwalb_segment(image, scale=scale, min_area=20)


def _their_slic(image: NDArray[np.uint8], n: int) -> Any:
    return segmentation.slic(image, n_segments=n, start_label=1)


def _their_watershed(image: NDArray[np.uint8], n: int) -> Any:
    gradient = ndimage.gaussian_gradient_magnitude(image.astype(float).mean(axis=-1), 1)
    return segmentation.watershed(gradient, n, compactness=0.01)


def _opencv_seeds(image: NDArray[np.uint8], n: int) -> Any:
    import cv2

    height, width = image.shape[:2]
    made = cv2.ximgproc.createSuperpixelSEEDS(width, height, 3, n, 4)
    made.iterate(cv2.cvtColor(image, cv2.COLOR_RGB2LAB), 10)
    return made.getLabels() + 1


def _opencv_slic(image: NDArray[np.uint8], n: int) -> Any:
    import cv2

    side = round((image.shape[0] * image.shape[1] / n) ** 0.5)
    made = cv2.ximgproc.createSuperpixelSLIC(cv2.cvtColor(image, cv2.COLOR_RGB2LAB), cv2.ximgproc.SLIC, side, 10.0)
    made.iterate(10)
    made.enforceLabelConnectivity(25)
    return made.getLabels() + 1


def _fast_slic(image: NDArray[np.uint8], n: int) -> Any:
    from fast_slic import Slic

    return Slic(num_components=n, compactness=10).iterate(np.ascontiguousarray(image)) + 1
