"""Ink on the pages of the document binarization contests (DIBCO).

Every method has one setting for all pages, the same window and k as doxapy's; "ink" has none to choose, measures
by each page's contrast, and asks a forest: here one that learned from the pages of all other years.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality import ink_model, sets
from benchmarks.quality.methods import Method, score
from benchmarks.tables import Section, markdown
from classicseg import ink_segment, local_threshold_segment, threshold_segment
from classicseg.learning.model import BoundaryModel
from classicseg.metrics import drd, f_measure, psnr

_SAME: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("sauvola", {"window": 75, "k": 0.2, "r": 128}, {"window": 75, "k": 0.2}),
    ("isauvola", {"window": 75, "k": 0.2, "r": 128}, {"window": 75, "k": 0.2}),
    ("wolf", {"window": 75, "k": 0.2}, {"window": 75, "k": 0.2}),
    ("nick", {"window": 75, "k": -0.2}, {"window": 75, "k": -0.2}),
    ("niblack", {"window": 75, "k": -0.2}, {"window": 75, "k": -0.2}),
    ("su", {"window": 21}, {"window": 21, "minN": 21}),
]
"""A method, our setting, and doxapy's for the same."""

_OURS: list[dict[str, Any]] = [
    {"method": "isauvola", "window": 25, "k": 0.1},
    {"method": "isauvola"},
    {"method": "wolf"},
    {"method": "sauvola"},
    {"method": "phansalkar"},
    {"method": "nick"},
    {"method": "su"},
    {"method": "bernsen"},
    {"method": "gaussian", "offset": 20},
    {"method": "mean", "offset": 20},
    {"method": "median", "offset": 20},
]


class _Page(NamedTuple):
    grey: NDArray[np.uint8]
    model: BoundaryModel
    """What ink is on other pages."""


class _Scores(NamedTuple):
    f_measure: float
    psnr: float
    drd: float


def documents(data: Path) -> Section:
    """Score each method on all pages, the best first."""
    pages, years = sets.pages(data / "dibco")
    models = ink_model.models_of_others(pages, years)
    scenes = [_Page(image, models[year]) for image, year in zip(pages.images, years, strict=True)]
    found = score(list(_methods()), scenes, pages.truths, _judge)
    rows = sorted((_row(method, figures, years) for method, figures in found.items()), key=lambda row: -row[-3])
    columns = [*sorted(set(years)), "all", "PSNR, dB", "DRD"]
    cells = [(*row[:2], *(f"{number:.1f}" for number in row[2:-1]), f"{row[-1]:.2f}") for row in rows]
    text = (
        "F-measure in percent, by the year of the contest; the means of all pages. The forest of ink learned from "
        "the pages of the other years, each time; the constants of its cut were chosen on all pages."
    )
    return Section("Documents (DIBCO)", f"{text}\n\n{markdown(['method', 'library', *columns], cells, 2)}")


def _judge(truth: NDArray[np.bool_], ink: NDArray[np.bool_]) -> _Scores:
    return _Scores(100 * f_measure(truth, ink), psnr(truth, ink), drd(truth, ink))


def _row(method: Method, figures: list[_Scores], years: list[str]) -> tuple[Any, ...]:
    by_year = [
        fmean(one.f_measure for one, of in zip(figures, years, strict=True) if of == year)
        for year in sorted(set(years))
    ]
    means = (fmean(column) for column in zip(*figures, strict=True))
    return (method.name, method.library, *by_year, *means)


def _methods() -> Iterator[Method]:
    yield Method("otsu", "classicseg", _by_otsu)
    yield Method("otsu", "scikit-image", _by_otsu_of_scikit_image)
    yield Method("otsu", "OpenCV", _by_otsu_of_opencv)
    yield Method("ink", "classicseg", _by_ink)
    for name, ours, theirs in _SAME:
        yield _named(name, ours, "classicseg", partial(_ours, method=name, **ours))
        yield _named(name, theirs, "doxapy", partial(_doxapy, name.upper(), theirs))
    for options in _OURS:
        setting = {name: value for name, value in options.items() if name != "method"}
        yield _named(options["method"], setting, "classicseg", partial(_ours, **options))


def _named(name: str, setting: dict[str, Any], library: str, call: Callable[[Any], Any]) -> Method:
    said = ", ".join(f"{option} {value}" for option, value in setting.items())
    return Method(f"{name}: {said}" if said else name, library, call)


def _ours(page: _Page, **options: Any) -> NDArray[np.bool_]:
    return local_threshold_segment(page.grey, **options) == 1


def _by_otsu(page: _Page) -> NDArray[np.bool_]:
    return threshold_segment(page.grey) == 1


def _by_ink(page: _Page) -> NDArray[np.bool_]:
    return ink_segment(page.grey, model=page.model) == 1


def _by_otsu_of_scikit_image(page: _Page) -> NDArray[np.bool_]:
    from skimage.filters import threshold_otsu

    return page.grey <= threshold_otsu(page.grey)


def _by_otsu_of_opencv(page: _Page) -> NDArray[np.bool_]:
    import cv2

    return cv2.threshold(page.grey, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1] == 0


def _doxapy(algorithm: str, setting: dict[str, Any], page: _Page) -> NDArray[np.bool_]:
    import doxapy

    peer = doxapy.Binarization(getattr(doxapy.Binarization.Algorithms, algorithm))
    peer.initialize(page.grey)
    white = np.empty_like(page.grey)
    peer.to_binary(white, setting)
    return white == 0
