"""Edges that people draw, too (BSDS500): precision and recall over all thresholds, one to one within a tolerance.

The measures of the Berkeley benchmark: ODS is the best F at one threshold for all images, OIS that at the best
threshold for each, AP the area under the curve. Every edge map is thinned first, as its program does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage import color, feature, filters, morphology

from benchmarks.quality import sets
from benchmarks.quality.methods import Method, score
from benchmarks.quality.sets import Humans
from benchmarks.tables import Section, markdown
from classicseg import canny_edges
from classicseg.extras.plot import precision_recall_plot
from classicseg.metrics import EdgeCounts, EdgeCurve, match_edges, ods_ois_ap

_THRESHOLDS = np.geomspace(1.5, 40, 14)
"""Gradients a pixel, of values from 0 to 255."""

_LOW = 0.4
"""Of the high threshold, for every Canny."""


def edges(data: Path) -> Section:
    """Score each detector on the validation images."""
    samples = sets.bsds500(data / "bsds500", "val")
    found = score(_methods(), samples.images, samples.truths, _judge)
    rows, curves = [], {}
    for method, figures in found.items():
        totals = [EdgeCounts.total(counts) for counts in zip(*(curve.counts for curve in figures), strict=True)]
        curves[f"{method.name}, {method.library}"] = [c.recall for c in totals], [c.precision for c in totals]
        scores = ods_ois_ap(figures)
        rows.append((method.name, method.library, *(f"{value:.3f}" for value in scores)))
    text = (
        "Boundary F, one to one within 0.0075 of the diagonal, on the 100 images of the validation set and all "
        "people's drawings. Published for the test set: Canny 0.60 / 0.63 / 0.58, Sobel 0.54, people 0.80."
    )
    table = markdown(["method", "library", "ODS", "OIS", "AP", "at the gradient"], rows, 2)
    return Section("Edges (BSDS500)", f"{text}\n\n{table}", {"edges": precision_recall_plot(curves).figure})


def _judge(truth: Humans, maps: list[NDArray[np.bool_]]) -> EdgeCurve:
    counts = [match_edges(truth.boundaries, morphology.thin(edges)) for edges in maps]
    return EdgeCurve(_THRESHOLDS, counts)


def _methods() -> list[Method]:
    def at_each(library: str, name: str, detect: Callable[[Any, float], Any]) -> Method:
        return Method(name, library, partial(_at_each, detect))

    return [
        *(at_each("classicseg", f"Canny, sigma {s}, grey", partial(_canny, s)) for s in (2.0, 2.8, 4.0)),
        at_each("scikit-image", "Canny, sigma 2.8, grey", partial(_canny_by_scikit_image, 2.8)),
        at_each("classicseg", "Canny, sigma 2.8, color", partial(_canny_of_color, 2.8)),
        at_each("OpenCV", "Canny, sigma 2.8, grey", partial(_canny_by_opencv, 2.8)),
        at_each("scikit-image", "Sobel, grey", _sobel_by_scikit_image),
    ]


def _at_each(
    detect: Callable[[Any, float], NDArray[np.bool_]], image: NDArray[np.uint8]
) -> list[NDArray[np.bool_]]:
    return [detect(image, high) for high in _THRESHOLDS]


def _canny(sigma: float, image: NDArray[np.uint8], high: float) -> NDArray[np.bool_]:
    return canny_edges(_grey(image), sigma=sigma, low=_LOW * high, high=high)


def _canny_of_color(sigma: float, image: NDArray[np.uint8], high: float) -> NDArray[np.bool_]:
    return canny_edges(image, sigma=sigma, low=_LOW * high, high=high)


def _canny_by_scikit_image(sigma: float, image: NDArray[np.uint8], high: float) -> NDArray[np.bool_]:
    return feature.canny(_grey(image), sigma, 8 * _LOW * high, 8 * high)  # its Sobel is not divided by 8


def _canny_by_opencv(sigma: float, image: NDArray[np.uint8], high: float) -> NDArray[np.bool_]:
    import cv2

    smooth = cv2.GaussianBlur(np.rint(_grey(image)).astype(np.uint8), (0, 0), sigma)
    return cv2.Canny(smooth, 8 * _LOW * high, 8 * high, L2gradient=True) > 0


def _sobel_by_scikit_image(image: NDArray[np.uint8], high: float) -> NDArray[np.bool_]:
    """Its magnitude is divided by the root of 2."""
    return filters.sobel(_grey(image)) * 2**0.5 >= 4 * high


def _grey(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    return 255 * color.rgb2gray(image)
