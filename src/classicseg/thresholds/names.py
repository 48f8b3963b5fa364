"""The global thresholds by name, for the segmenters that take one."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from classicseg._core.numbers import as_choice
from classicseg.thresholds.entropy import kapur_level, li_level, renyi_level, yen_level
from classicseg.thresholds.fuzzy import huang_level, shanbhag_level
from classicseg.thresholds.histograms import Histogram, Values, from_bins, from_values
from classicseg.thresholds.moments import mean_level, moments_level
from classicseg.thresholds.shape import minimum_level, triangle_level
from classicseg.thresholds.variance import isodata_level, kittler_level, otsu_levels
from classicseg.types import ThresholdName

_OF_VALUES: dict[ThresholdName, Callable[[Histogram], float]] = {
    "isodata": isodata_level,
    "li": li_level,
    "moments": moments_level,
}
_OF_BINS: dict[ThresholdName, Callable[[Histogram], float]] = {
    "huang": huang_level,
    "kapur": kapur_level,
    "kittler": kittler_level,
    "minimum": minimum_level,
    "renyi": renyi_level,
    "shanbhag": shanbhag_level,
    "triangle": triangle_level,
    "yen": yen_level,
}
_CLASSES: dict[ThresholdName, int] = {"otsu": 2, "multi_otsu": 3}
"""Those that make any number of classes, and how many where it is not said."""


def as_threshold_name(option: str, name: str, n_classes: int | None = None) -> ThresholdName:
    """Parse the name of a threshold that came as an option, and the number of classes it is to make."""
    known = as_choice(option, name, get_args(ThresholdName), "a number or ")
    if n_classes not in (None, 2) and name not in _CLASSES:
        raise ValueError(
            f"n_classes is {n_classes}; {option}={name!r} makes 2 classes; leave it out, or take 'multi_otsu'"
        )
    return known


def named_thresholds(image: Values, name: str, n_classes: int | None = None) -> NDArray[np.float64]:
    """The thresholds of that name, ascending; fewer, or none, where too few distinct values take part."""
    known = as_threshold_name("thresholds", name, n_classes)
    if known in _CLASSES:
        return otsu_levels(image, n_classes or _CLASSES[known])
    if known in _OF_VALUES:
        return from_values(image, _OF_VALUES[known])
    return mean_level(image) if known == "mean" else from_bins(image, _OF_BINS[known])
