"""How the window around a pixel gives its threshold, method by method, for an image or a part of one.

The formulas, and the papers, are in `local_threshold_segment`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.numbers import as_choice, as_count, as_number, per_axis, shown
from classicseg.histograms.optimal_split import optimal_split
from classicseg.labeling.reconstruction import reconstruct
from classicseg.thresholds.local.box_gaussian import smooth_bits, smooth_window, split_by_smooth_mean
from classicseg.thresholds.local.doubts import Decision, are_whole, split_beyond_doubt
from classicseg.thresholds.local.exact import gaps_of_moments, gaps_of_smooth_means
from classicseg.thresholds.local.extremes import mark_contrast, split_by_extremes
from classicseg.thresholds.local.medians import as_ranks, counts_type, split_by_median
from classicseg.thresholds.local.moments import (
    DEVIATION,
    EXPONENTIAL,
    PRODUCT,
    ROOT_MEAN_SQUARE,
    Rule,
    greatest_deviation,
    split_by_moments,
)
from classicseg.thresholds.local.sums import columns_type
from classicseg.thresholds.local.windows import Scale, WindowedImage, read_only
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


def split_field(field: WindowedImage, rule: LocalRule) -> tuple[Labels, int]:
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


_Split = Callable[[WindowedImage, LocalRule, Labels], int]
"""Writes the labels and returns how many pixels are of class 1."""


def as_window(window: int | Sequence[int], ndim: int) -> tuple[int, ...]:
    """Parse the lengths of a window."""
    sizes = tuple(as_count("window", size) for size in per_axis("window", window, ndim))
    for size in sizes:
        if size % 2 == 0:
            raise ValueError(f"window is {size}; expected an odd number, which has a middle; pass {size + 1}")
    return sizes


def greatest_deviation_of(field: WindowedImage, counted: NDArray[np.uint8]) -> float:
    """The greatest standard deviation of the windows of the pixels that are counted; no rows: of all.

    In levels of the whole image's range, of which a part of it then finds the same.
    """
    scale = field.scale(_square_bits(field), (float(field.ends[0]), float(field.ends[1])))
    found = field.run(greatest_deviation, field.marks, counted, scale, field.window(), columns_type(field))
    return float(max(found)) / scale.inverse


def mark_contrasts(field: WindowedImage) -> NDArray[np.uint8]:
    """Mark the pixels by the contrast around them, from 1 on."""
    marks = np.empty(field.values.shape, np.uint8)
    field.run(mark_contrast, field.marks, field.window((3,) * len(field.shape)), field.ends, marks)
    return marks


def high_contrast(counts: NDArray[np.int64]) -> int:
    """The least mark of high contrast, by how many pixels have each."""
    levels = 1 + np.flatnonzero(counts[1:])
    first = optimal_split(levels.astype(np.float64), counts[levels], 2)
    return int(levels[first[0]]) if len(first) else 2


def dark_pieces(field: WindowedImage, rule: LocalRule) -> NDArray[np.uint8]:
    """1 where the threshold of "isauvola" finds it dark, 2 where contrast is high as well."""
    labels = np.empty(field.values.shape, np.int32)
    _split_by_moments(field, rule, labels)
    marks, least = _contrast(field, rule)
    return (labels == 1) * (1 + (marks >= least)).astype(np.uint8)


def _split_by_moments(field: WindowedImage, rule: LocalRule, labels: Labels) -> int:
    options, zero = rule.options, 0.0
    r = options.get("r", field.span / 2)
    if rule.method == "wolf":
        zero = -float(field.ends[0])
        r = greatest_deviation_of(field, field.marks) if rule.found is None else rule.found
    terms = Rule(
        formula=_FORMULA[rule.method],
        zero=zero,
        k=options.get("k", _K.get(rule.method, 0.0)),
        inverse_r=1.0 / r if r > 0 else 0.0,
        offset=options.get("offset", 0.0),
    )
    # Sums need fewer bits than sums of squares, which "mean" does not look at and which may pass 64 there.
    bits = min(_FINEST, 62 - field.n_around.bit_length()) if rule.method == "mean" else _square_bits(field)
    return _split_by_rule(field, terms, bits, labels)


def _square_bits(field: WindowedImage) -> int:
    """As many bits as let sums of squares fit 62, and as float32 has."""
    return min(24, (62 - field.n_around.bit_length()) // 2)


_FINEST = 49
"""Bits of levels of float64 whose difference from the least value is rounded by 1/16 of a level at most."""


def _fuzz(field: WindowedImage, scale: Scale, zero: float = 0.0) -> float:
    """By how many levels rounding moves values and what they are counted from."""
    if are_whole(field, scale) and (zero * scale.inverse).is_integer():
        return 0.0
    return 1.2 + 2.0**-48 * abs(zero * scale.inverse)


def _split_by_rule(field: WindowedImage, rule: Rule, bits: int, labels: Labels) -> int:
    """By a rule in the image's own units."""

    def split(part: WindowedImage, scale: Scale, found: Labels) -> list[tuple[int, int]]:
        terms = rule._replace(
            zero=(rule.zero + scale.low) * scale.inverse,
            inverse_r=rule.inverse_r / scale.inverse,
            offset=rule.offset * scale.inverse,
            fuzz=_fuzz(part, scale, rule.zero + scale.low),
            most=2.0**bits,
        )
        columns = columns_type(part)
        return part.run(split_by_moments, part.marks, part.least, scale, part.window(), terms, columns, found)

    return split_beyond_doubt(field, Decision(split, partial(gaps_of_moments, rule=rule), bits), labels)


def _split_by_smooth_mean(field: WindowedImage, rule: LocalRule, labels: Labels) -> int:
    bits, needed = smooth_bits(field), 8 * min(2, field.values.itemsize)
    if bits < needed:
        raise ValueError(
            f"window is {field.sizes}, too long for 'gaussian': the weighted sums of {needed} bits pass 64; "
            "take a shorter one, or method='mean'"
        )
    offset = rule.options.get("offset", 0.0)

    def split(part: WindowedImage, scale: Scale, found: Labels) -> list[tuple[int, int]]:
        window, inverse = smooth_window(part), scale.inverse
        fuzz = _fuzz(part, scale)
        return part.run(split_by_smooth_mean, part.marks, scale, *window, offset * inverse, fuzz, found)

    gaps = partial(gaps_of_smooth_means, offset=offset)
    return split_beyond_doubt(field, Decision(split, gaps, min(_FINEST, bits)), labels)


def _split_by_median(field: WindowedImage, rule: LocalRule, labels: Labels) -> int:
    offset, counts = rule.options.get("offset", 0.0), counts_type(field)
    ranks = as_ranks(field)
    arguments = field.marks, ranks, field.window(), offset, counts, labels
    if field.values.itemsize == 1 and len(field.shape) == 2:
        return sum(field.run(split_by_median, *arguments))
    n_rows, row_size = field.values.shape
    side = math.prod(min(size, n) for size, n in zip(field.sizes, field.shape, strict=True)) // min(
        field.sizes[-1], field.shape[-1]
    )
    return sum(run_bands(split_by_median, n_rows, row_size * (1 + side // 32), field.values, *arguments))


def _split_by_extremes(field: WindowedImage, rule: LocalRule, labels: Labels) -> int:
    contrast = rule.options.get("contrast", field.span / 10)
    return sum(field.run(split_by_extremes, field.marks, field.window(), field.ends, contrast, labels))


def _split_by_edges(field: WindowedImage, rule: LocalRule, labels: Labels) -> int:
    marks, least = _contrast(field, rule)
    chosen = replace(field, marks=read_only(marks), least=least)
    terms = Rule(DEVIATION, k=0.5, length=float(max(field.sizes)))
    return _split_by_rule(chosen, terms, _square_bits(field), labels)


def _split_and_connect(field: WindowedImage, rule: LocalRule, labels: Labels) -> int:
    pieces = dark_pieces(field, rule).reshape(field.shape)
    kept = reconstruct(pieces > 0, pieces > 1).reshape(labels.shape)
    labels[:] = 2 - kept
    if len(field.marks):
        labels *= field.marks
    return int(kept.any())


def _contrast(field: WindowedImage, rule: LocalRule) -> tuple[NDArray[np.uint8], int]:
    """Mark the pixels by the contrast around them, and find the least mark of high contrast."""
    marks = mark_contrasts(field)
    if rule.found is not None:
        return marks, int(rule.found)
    return marks, high_contrast(np.bincount(marks.ravel(), minlength=256))
