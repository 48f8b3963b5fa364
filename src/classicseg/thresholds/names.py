"""The table of the global thresholds: a name, the public function, and how a parsed image is searched.

Whatever takes a threshold by name reads this table: `threshold_segment`, `gradient_segment` and the functions in
tiles. A new threshold is a function in one of the files beside this one, and a row here; `types.ThresholdName`
repeats the names for type checkers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.numbers import as_choice
from classicseg.thresholds.entropy import (
    kapur_level,
    kapur_threshold,
    li_level,
    li_threshold,
    renyi_level,
    renyi_threshold,
    yen_level,
    yen_threshold,
)
from classicseg.thresholds.fuzzy import huang_level, huang_threshold, shanbhag_level, shanbhag_threshold
from classicseg.thresholds.histograms import Values, of_bins, of_values
from classicseg.thresholds.moments import mean_level, mean_threshold, moments_level, moments_threshold
from classicseg.thresholds.shape import minimum_level, minimum_threshold, triangle_level, triangle_threshold
from classicseg.thresholds.variance import (
    isodata_level,
    isodata_threshold,
    kittler_level,
    kittler_threshold,
    multi_otsu_thresholds,
    otsu_levels,
    otsu_threshold,
)
from classicseg.types import ThresholdName


class GlobalThreshold(NamedTuple):
    """A global threshold: a row of the table."""

    function: Callable[..., Any]
    """The public function, of an image and its options."""
    find: Callable[..., NDArray[np.float64]]
    """Finds the thresholds of a parsed image with the default options (`FindThresholds`)."""
    default_classes: int | None = None
    """Given where `find` takes a number of classes as well: how many it makes where the caller does not say."""


METHODS: dict[ThresholdName, GlobalThreshold] = {
    "otsu": GlobalThreshold(otsu_threshold, otsu_levels, default_classes=2),
    "multi_otsu": GlobalThreshold(multi_otsu_thresholds, otsu_levels, default_classes=3),
    "isodata": GlobalThreshold(isodata_threshold, of_values(isodata_level)),
    "kittler": GlobalThreshold(kittler_threshold, of_bins(kittler_level)),
    "li": GlobalThreshold(li_threshold, of_values(li_level)),
    "kapur": GlobalThreshold(kapur_threshold, of_bins(kapur_level)),
    "renyi": GlobalThreshold(renyi_threshold, of_bins(renyi_level)),
    "yen": GlobalThreshold(yen_threshold, of_bins(yen_level)),
    "huang": GlobalThreshold(huang_threshold, of_bins(huang_level)),
    "shanbhag": GlobalThreshold(shanbhag_threshold, of_bins(shanbhag_level)),
    "triangle": GlobalThreshold(triangle_threshold, of_bins(triangle_level)),
    "minimum": GlobalThreshold(minimum_threshold, of_bins(minimum_level)),
    "mean": GlobalThreshold(mean_threshold, mean_level),
    "moments": GlobalThreshold(moments_threshold, of_values(moments_level)),
}
"""In the order in which messages list them."""


def as_threshold_name(option: str, name: str, n_classes: int | None = None) -> ThresholdName:
    """Parse the name of a threshold that came as an option, and the number of classes it is to make."""
    known = as_choice(option, name, METHODS, "a number or ")
    if n_classes not in (None, 2) and METHODS[known].default_classes is None:
        raise ValueError(
            f"n_classes is {n_classes}; {option}={name!r} makes 2 classes; leave it out, or take 'multi_otsu'"
        )
    return known


def named_thresholds(image: Values, name: str, n_classes: int | None = None) -> NDArray[np.float64]:
    """The thresholds of that name, ascending; fewer, or none, where too few distinct values take part."""
    method = METHODS[as_threshold_name("thresholds", name, n_classes)]
    if method.default_classes is None:
        return method.find(image)
    return method.find(image, n_classes or method.default_classes)
