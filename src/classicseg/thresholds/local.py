"""How the window around a pixel gives its threshold, method by method, for an image or a part of one.

The formulas, and the papers, are in `local_threshold_segment`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.histogram import optimal_split
from classicseg._core.hysteresis import pieces_that_hold
from classicseg._core.numbers import as_choice, as_count, as_number, per_axis, shown
from classicseg._core.window_extremes import mark_contrast, split_by_extremes
from classicseg._core.window_medians import split_by_median
from classicseg._core.window_moments import (
    DEVIATION,
    EXPONENTIAL,
    PRODUCT,
    ROOT_MEAN_SQUARE,
    Rule,
    greatest_deviation,
    split_by_moments,
)
from classicseg._core.window_smooth import smooth_bits, smooth_window, split_by_smooth_mean
from classicseg._core.window_sums import columns_type
from classicseg._core.windows import Field, Scale, read_only
from classicseg.types import Labels

Method = Literal[
    "sauvola", "isauvola", "wolf", "phansalkar", "nick", "niblack", "su", "bernsen", "mean", "gaussian", "median"
]

_OPTIONS: dict[str, set[str]] = {
    "k": {"sauvola", "isauvola", "wolf", "phansalkar", "nick", "niblack"},
    "r": {"sauvola", "isauvola", "phansalkar"},
    "offset": {"mean", "gaussian", "median"},
    "contrast": {"bernsen"},
}
_K = {"sauvola": 0.2, "isauvola": 0.2, "wolf": 0.5, "phansalkar": 0.25, "nick": -0.15, "niblack": -0.2}
_FORMULA = {
    "sauvola": PRODUCT,
    "isauvola": PRODUCT,
    "wolf": PRODUCT,
    "phansalkar": EXPONENTIAL,
    "nick": ROOT_MEAN_SQUARE,
    "niblack": DEVIATION,
    "mean": DEVIATION,
}


class LocalRule(NamedTuple):
    """A method with its options."""

    method: str
    options: dict[str, float]
    """Those that are given."""
    found: float | None = None
    """What the method takes from the whole of which a field is a part: the greatest deviation ("wolf"), or
    the least mark of high contrast ("su" and "isauvola")."""


def as_local_rule(method: str, **given: float | None) -> LocalRule:
    """Parse a method and its options; an option that the method does not use is refused."""
    as_choice("method", method, get_args(Method))
    options = {}
    for name, value in given.items():
        if value is None:
            continue
        if method not in _OPTIONS[name]:
            takers = ", ".join(repr(other) for other in get_args(Method) if other in _OPTIONS[name])
            raise ValueError(
                f"{name} is {shown(value)}, which {method!r} does not use, but {takers}; leave it out"
            )
        above = 0.0 if name == "r" else -np.inf
        options[name] = as_number(name, value, above=above, least=0.0 if name == "contrast" else -np.inf)
    return LocalRule(method, options)


def split_field(field: Field, rule: LocalRule) -> tuple[Labels, int]:
    """The labels of a field, and how many pixels are of class 1."""
    labels = np.zeros(field.values.shape, np.int32)
    if field.n_pixels == 0:
        return labels, 0
    split: _Split = {
        "gaussian": _split_by_smooth_mean,
        "median": _split_by_median,
        "bernsen": _split_by_extremes,
        "su": _split_by_edges,
        "isauvola": _split_and_connect,
    }.get(rule.method, _split_by_moments)
    return labels, split(field, rule, labels)


_Split = Callable[[Field, LocalRule, Labels], int]
"""Writes the labels and returns how many pixels are of class 1."""


def as_window(window: int | Sequence[int], ndim: int) -> tuple[int, ...]:
    """Parse the lengths of a window."""
    sizes = tuple(as_count("window", size) for size in per_axis("window", window, ndim))
    for size in sizes:
        if size % 2 == 0:
            raise ValueError(f"window is {size}; expected an odd number, which has a middle; pass {size + 1}")
    return sizes


def greatest_deviation_of(field: Field, counted: NDArray[np.uint8]) -> float:
    """The greatest standard deviation of the windows of the pixels that are counted; no rows: of all."""
    scale, window, columns = _fine_scale(field), field.window(), columns_type(field)
    found = field.run(greatest_deviation, field.marks, counted, scale, window, columns)
    return float(max(found)) / scale.inverse


def mark_contrasts(field: Field) -> NDArray[np.uint8]:
    """Mark the pixels by the contrast around them, from 1 on."""
    marks = np.empty(field.values.shape, np.uint8)
    field.run(mark_contrast, field.marks, field.window((3,) * len(field.shape)), field.ends, marks)
    return marks


def high_contrast(counts: NDArray[np.int64]) -> int:
    """The least mark of high contrast, by how many pixels have each."""
    levels = 1 + np.flatnonzero(counts[1:])
    first = optimal_split(levels.astype(np.float64), counts[levels], 2)
    return int(levels[first[0]]) if len(first) else 2


def dark_pieces(field: Field, rule: LocalRule) -> NDArray[np.uint8]:
    """1 where the threshold of "isauvola" finds it dark, 2 where contrast is high as well."""
    labels = np.empty(field.values.shape, np.int32)
    _split_by_moments(field, rule, labels)
    marks, least = _contrast(field, rule)
    return (labels == 1) * (1 + (marks >= least)).astype(np.uint8)


def _split_by_moments(field: Field, rule: LocalRule, labels: Labels) -> int:
    scale, window, columns = _fine_scale(field), field.window(), columns_type(field)
    options, zero = rule.options, scale.low
    r = options.get("r", field.span / 2)
    if rule.method == "wolf":
        zero = scale.low - float(field.ends[0])
        r = greatest_deviation_of(field, field.marks) if rule.found is None else rule.found
    terms = Rule(
        formula=_FORMULA[rule.method],
        zero=zero * scale.inverse,
        k=options.get("k", _K.get(rule.method, 0.0)),
        inverse_r=1.0 / (r * scale.inverse) if r > 0 else 0.0,
        offset=options.get("offset", 0.0) * scale.inverse,
    )
    return sum(field.run(split_by_moments, field.marks, 1, scale, window, terms, columns, labels))


def _fine_scale(field: Field) -> Scale:
    """As many bits as let sums of squares fit 62, and as float32 has."""
    return field.scale(min(24, (62 - field.n_around.bit_length()) // 2))


def _split_by_smooth_mean(field: Field, rule: LocalRule, labels: Labels) -> int:
    bits, needed = smooth_bits(field), 8 * min(2, field.values.itemsize)
    if bits < needed:
        raise ValueError(
            f"window is {field.sizes}, too long for 'gaussian': the weighted sums of {needed} bits pass 64; "
            "take a shorter one, or method='mean'"
        )
    scale = field.scale(min(24, bits))
    offset = rule.options.get("offset", 0.0) * scale.inverse
    return sum(field.run(split_by_smooth_mean, field.marks, scale, *smooth_window(field), offset, labels))


def _split_by_median(field: Field, rule: LocalRule, labels: Labels) -> int:
    scale, n_levels = field.scale(16), 256 if field.values.itemsize == 1 else 2**16 + 1
    offset = rule.options.get("offset", 0.0) * scale.inverse
    arguments = field.marks, scale, field.window(), offset, n_levels, labels
    if n_levels == 256 and len(field.shape) == 2:
        return sum(field.run(split_by_median, *arguments))
    n_rows, row_size = field.values.shape
    side = math.prod(min(size, n) for size, n in zip(field.sizes, field.shape, strict=True)) // min(
        field.sizes[-1], field.shape[-1]
    )
    return sum(run_bands(split_by_median, n_rows, row_size * (1 + side // 32), field.values, *arguments))


def _split_by_extremes(field: Field, rule: LocalRule, labels: Labels) -> int:
    contrast = rule.options.get("contrast", field.span / 10)
    return sum(field.run(split_by_extremes, field.marks, field.window(), field.ends, contrast, labels))


def _split_by_edges(field: Field, rule: LocalRule, labels: Labels) -> int:
    marks, least = _contrast(field, rule)
    terms = Rule(DEVIATION, k=0.5, length=float(max(field.sizes)))
    scale, columns = _fine_scale(field), columns_type(field)
    return sum(field.run(split_by_moments, read_only(marks), least, scale, field.window(), terms, columns, labels))


def _split_and_connect(field: Field, rule: LocalRule, labels: Labels) -> int:
    pieces = dark_pieces(field, rule).reshape(field.shape)
    kept = pieces_that_hold(pieces > 0, pieces > 1).reshape(labels.shape)
    labels[:] = 2 - kept
    if len(field.marks):
        labels *= field.marks
    return int(kept.any())


def _contrast(field: Field, rule: LocalRule) -> tuple[NDArray[np.uint8], int]:
    """Mark the pixels by the contrast around them, and find the least mark of high contrast."""
    marks = mark_contrasts(field)
    if rule.found is not None:
        return marks, int(rule.found)
    return marks, high_contrast(np.bincount(marks.ravel(), minlength=256))
