"""The table of the local thresholds: of each method the split, the options, and what the whole image decides.

`local_threshold_segment`, alone and in tiles, reads this table. A new method is a split in `rules`, and a row
here; `Method` repeats the names for type checkers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from classicseg._core.chosen import chose
from classicseg._core.numbers import as_choice, as_count, as_number, per_axis, shown
from classicseg.thresholds.local.moments import DEVIATION, EXPONENTIAL, PRODUCT, ROOT_MEAN_SQUARE
from classicseg.thresholds.local.rules import (
    LocalRule,
    by_connected_moments,
    by_edge_moments,
    by_extremes,
    by_greatest_deviation,
    by_median,
    by_moments,
    by_smooth_mean,
)
from classicseg.thresholds.local.windows import WindowedImage
from classicseg.types import Labels

Method = Literal[
    "sauvola", "isauvola", "wolf", "phansalkar", "nick", "niblack", "su", "bernsen", "mean", "gaussian", "median"
]


class LocalThreshold(NamedTuple):
    """A local threshold: a row of the table."""

    split: Callable[[WindowedImage, LocalRule, Labels], int]
    """Writes the labels of an image, and returns how many pixels are of class 1."""
    options: Mapping[str, float | None]
    """The options that the method uses, with their defaults; None: a default that depends on the image."""
    formula: int = DEVIATION
    """For splits by moments (`MomentRule`)."""
    of_whole: Literal["greatest deviation", "least contrast"] | None = None
    """What the split takes from the whole image beside its extremes, which tiles must be told."""
    connects: bool = False
    """Whether components, which may cross tiles, decide in the end."""


METHODS: dict[str, LocalThreshold] = {
    "sauvola": LocalThreshold(by_moments, {"k": 0.2, "r": None}, PRODUCT),
    "isauvola": LocalThreshold(
        by_connected_moments, {"k": 0.2, "r": None}, PRODUCT, of_whole="least contrast", connects=True
    ),
    "wolf": LocalThreshold(by_greatest_deviation, {"k": 0.5}, PRODUCT, of_whole="greatest deviation"),
    "phansalkar": LocalThreshold(by_moments, {"k": 0.25, "r": None}, EXPONENTIAL),
    "nick": LocalThreshold(by_moments, {"k": -0.15}, ROOT_MEAN_SQUARE),
    "niblack": LocalThreshold(by_moments, {"k": -0.2}),
    "su": LocalThreshold(by_edge_moments, {}, of_whole="least contrast"),
    "bernsen": LocalThreshold(by_extremes, {"contrast": None}),
    "mean": LocalThreshold(by_moments, {"offset": 0.0}),
    "gaussian": LocalThreshold(by_smooth_mean, {"offset": 0.0}),
    "median": LocalThreshold(by_median, {"offset": 0.0}),
}
"""In the order in which messages list them."""


def as_local_rule(method: str, **given: float | None) -> LocalRule:
    """Parse a method and its options; an option that the method does not use is refused."""
    row = METHODS[as_choice("method", method, METHODS)]
    options = dict(row.options)
    chose(**{name: value for name, value in options.items() if value is not None and given.get(name) is None})
    for name, value in given.items():
        if value is None:
            continue
        if name not in options:
            takers = ", ".join(repr(other) for other in METHODS if name in METHODS[other].options)
            raise ValueError(
                f"{name} is {shown(value)}, which {method!r} does not use, but {takers}; leave it out"
            )
        above = 0.0 if name == "r" else -np.inf
        options[name] = as_number(name, value, above=above, least=0.0 if name == "contrast" else -np.inf)
    return LocalRule(method, options, row.formula)


def as_window(window: int | Sequence[int], ndim: int) -> tuple[int, ...]:
    """Parse the side lengths of a window."""
    sizes = tuple(as_count("window", size) for size in per_axis("window", window, ndim))
    for size in sizes:
        if size % 2 == 0:
            raise ValueError(f"window is {size}; expected an odd number, which has a middle; pass {size + 1}")
    return sizes


def split_image(image: WindowedImage, rule: LocalRule) -> tuple[Labels, int]:
    """The labels of an image, and how many pixels are of class 1."""
    labels = np.zeros(image.values.shape, np.int32)
    return labels, METHODS[rule.method].split(image, rule, labels) if image.n_pixels else 0
