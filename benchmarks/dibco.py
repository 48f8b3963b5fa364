"""How good local thresholds are on the pages of the document binarization contests (DIBCO), beside doxapy's.

Every method has one setting for all pages: the same window and k as doxapy's. The score is the F-measure of the
contests, in percent, with the ink as what is looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classicseg import local_threshold_segment, threshold_segment

Binarization = Callable[[NDArray[np.uint8]], NDArray[np.bool_]]
"""A grey page to its ink."""


class Score(NamedTuple):
    """The mean F-measure of a method, in percent."""

    method: str
    setting: str
    library: str
    by_year: dict[str, float]
    overall: float


class _Page(NamedTuple):
    year: str
    grey: NDArray[np.uint8]
    ink: NDArray[np.bool_]


class _Method(NamedTuple):
    name: str
    setting: str
    library: str
    ink: Binarization


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


def dibco(folder: Path) -> list[Score]:
    """Score each method on all pages of a folder, the best first."""
    pages = list(_pages(folder))
    if not pages:
        raise FileNotFoundError(f"{folder} holds no *_source.png with a *_target.png beside it")
    scores = [_score(method, pages) for method in _methods()]
    return sorted(scores, key=lambda score: -score.overall)


def dibco_table(scores: list[Score]) -> str:
    """The scores as a Markdown table."""
    years = list(scores[0].by_year)
    lines = [f"| method | setting | library | {' | '.join(years)} | all |", "|---" * (4 + len(years)) + "|"]
    for score in scores:
        numbers = [f"{number:.1f}" for number in (*score.by_year.values(), score.overall)]
        lines.append(f"| {score.method} | {score.setting} | {score.library} | {' | '.join(numbers)} |")
    return "\n".join(lines)


def f_measure(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """The harmonic mean of precision and recall, in percent."""
    size = np.count_nonzero(found) + np.count_nonzero(truth)
    return 200.0 * np.count_nonzero(found & truth) / size if size else 100.0


def _pages(folder: Path) -> Iterator[_Page]:
    for source in sorted(folder.glob("*_source.png")):
        target = source.with_name(source.name.replace("_source", "_target"))
        if target.exists():
            ink = np.asarray(Image.open(target).convert("L")) < 128
            yield _Page(source.name[5:9], np.asarray(Image.open(source).convert("L")), ink)


def _score(method: _Method, pages: list[_Page]) -> Score:
    found = [(page.year, f_measure(method.ink(page.grey), page.ink)) for page in pages]
    by_year = {year: fmean(f for other, f in found if other == year) for year in sorted({y for y, _ in found})}
    return Score(method.name, method.setting, method.library, by_year, fmean(f for _, f in found))


def _methods() -> Iterator[_Method]:
    yield _Method("otsu", "", "classicseg", lambda grey: threshold_segment(grey) == 1)
    for name, ours, theirs in _SAME:
        yield _Method(name, _say(ours), "classicseg", partial(_our_ink, method=name, **ours))
        yield _Method(name, _say(theirs), "doxapy", partial(_their_ink, name.upper(), theirs))
    for options in _OURS:
        setting = {name: value for name, value in options.items() if name != "method"}
        yield _Method(options["method"], _say(setting) or "default", "classicseg", partial(_our_ink, **options))


def _say(setting: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in setting.items())


def _our_ink(grey: NDArray[np.uint8], **options: Any) -> NDArray[np.bool_]:
    return local_threshold_segment(grey, **options) == 1


def _their_ink(algorithm: str, setting: dict[str, Any], grey: NDArray[np.uint8]) -> NDArray[np.bool_]:
    import doxapy

    peer = doxapy.Binarization(getattr(doxapy.Binarization.Algorithms, algorithm))
    peer.initialize(grey)
    white = np.empty_like(grey)
    peer.to_binary(white, setting)
    return white == 0
