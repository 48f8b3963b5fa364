"""What one run made, in a line: how many segments, between which values, and what the method chose by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg import Labels
from classicseg.labeling.numbering import compact_labels

_SIDES = {"thresholds": ("dark", "bright"), "threshold": ("flat", "steep")}
"""The classes below and above a threshold, by the option that takes it."""

_LARGE = 0.3
"""The share of an image beyond which regions of seeds may have leaked."""


def summary(
    labels: Labels, said: str, is_class: bool, settings: Mapping[str, Any], chosen: Mapping[str, Any]
) -> str:
    """What a method made of an image (how many segments is `said`), and with which values."""
    option = next((name for name in _SIDES if name in settings), "")
    sides = _SIDES.get(option, ("dark", "bright"))
    thresholds = _numbers(chosen.get(option, settings.get(option)))
    is_hysteresis = option == "threshold" and option not in chosen and len(thresholds) == 2
    share = 0.0
    details = ["" if is_hysteresis else _between(sides, thresholds)]
    if is_class and labels.any():
        areas = np.bincount(labels.ravel())[1:]
        if np.count_nonzero(areas) == 1:
            said += f", one class only{f': all is {sides[areas.argmax()]}' if len(thresholds) == 1 else ''}"
        else:
            details.append(_shares(areas, sides[1]))
    if any(settings.get(name) is not None for name in ("seeds", "markers", "strokes")):
        share = np.count_nonzero(labels) / labels.size
        details.append(f"{_rounded(100 * share)} % of the image")
    if "foreground" in chosen:
        details.append(f"of the {chosen['foreground']} class, which has less of the border")
    values = [f"{name} {value:.6g}" for name, value in chosen.items() if name in settings and name != option]
    details.append(", ".join(values))
    if "tolerance" in chosen and share > _LARGE:
        details.append(f"if that is too much, --tolerance {chosen['tolerance'] / 2:.3g} grows less")
    if chosen.get("joined_regions"):
        details.append(_joined(chosen["joined_regions"], chosen.get("min_area", settings.get("min_area"))))
    details = [detail for detail in details if detail]
    return f"{said} ({'; '.join(details)})" if details else said


def count_segments(labels: Labels) -> int:
    """How many labels there are beside 0, however great: seeds may have any numbers."""
    return len(compact_labels(labels)[0])


def counted(count: int, noun: str) -> str:
    """A number of things: 1 segment, 2 segments."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _numbers(thresholds: Any) -> list[float]:
    """Thresholds as a list; none for a name."""
    if thresholds is None or isinstance(thresholds, str):
        return []
    return [float(value) for value in np.ravel(thresholds)]


def _between(sides: Sequence[str], thresholds: Sequence[float]) -> str:
    """``dark < 107 <= bright``, or the numbers of several classes."""
    if not thresholds:
        return ""
    if len(thresholds) == 1:
        return f"{sides[0]} < {thresholds[0]:.6g} <= {sides[1]}"
    return "1" + "".join(f" < {threshold:.6g} <= {upper}" for upper, threshold in enumerate(thresholds, start=2))


def _shares(areas: NDArray[np.int64], brightest: str) -> str:
    """The share of the upper class, or of each."""
    percent = 100 * areas / areas.sum()
    if len(areas) == 2:
        return f"{_rounded(percent[1])} % {brightest}"
    return f"{', '.join(map(_rounded, percent))} % of the pixels"


def _rounded(percent: float) -> str:
    """A share that is never rounded to nothing or to all."""
    return "< 1" if 0 < percent < 0.5 else "> 99" if 99.5 <= percent < 100 else f"{percent:.0f}"


def _joined(count: int, least: int) -> str:
    """Say how many regions were too small to stay."""
    return f"{counted(count, 'region')} under {least} pixels joined, --min-area 1 keeps them"
