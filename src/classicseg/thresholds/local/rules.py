"""Splits: how an image is labeled by each kind of local threshold, given a method's options.

A split prepares what its kernel needs (levels, bins, the windows), runs it over bands of rows, and lets `doubts`
decide what quantizing leaves open. Which method takes which split stands in the table of `methods`; the formulas
and the papers are in `local_threshold_segment`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.chosen import chose
from classicseg.histograms.optimal_split import optimal_split
from classicseg.labeling.reconstruction import reconstruct
from classicseg.thresholds.local.box_gaussian import smooth_bits, smooth_window, split_by_smooth_mean
from classicseg.thresholds.local.doubts import Decision, are_whole, split_beyond_doubt
from classicseg.thresholds.local.exact import gaps_of_moments, gaps_of_smooth_means
from classicseg.thresholds.local.extremes import Pixels, mark_contrast, split_by_extremes
from classicseg.thresholds.local.medians import as_ranks, counts_type, split_by_median
from classicseg.thresholds.local.moments import DEVIATION, MomentRule, greatest_deviation, split_by_moments
from classicseg.thresholds.local.sums import columns_type
from classicseg.thresholds.local.windows import Scale, WindowedImage, read_only
from classicseg.types import Labels

_MEAN_BITS = 49
"""With levels of so many bits, the difference of a float64 from the least value is rounded by 1/16 of a level at
most."""


class LocalRule(NamedTuple):
    """A method with its options: what a split needs to know of it."""

    method: str
    options: dict[str, float | None]
    """All that the method has, given or by default; None where the default depends on the image."""
    formula: int = DEVIATION
    """For splits by moments (`MomentRule`)."""
    of_whole: float | None = None
    """What the method takes from the full image, where the image is a part of it: the greatest deviation, or the
    least mark of high contrast; None: from the image itself."""

    def option(self, name: str, default: float) -> float:
        """An option, or a default that depends on the image."""
        value = self.options.get(name)
        if value is None and name in self.options:
            chose(**{name: float(default)})
        return default if value is None else value


# Each split of a method writes the labels and returns how many pixels are of class 1.


def by_moments(image: WindowedImage, rule: LocalRule, labels: Labels) -> int:
    """Split at a formula of mean and deviation, with r by default half the range of the values."""
    return _split_by_formula(image, rule, labels, 0.0, rule.option("r", image.value_range / 2))


def by_greatest_deviation(image: WindowedImage, rule: LocalRule, labels: Labels) -> int:
    """Split at such a formula, with the mean counted from the least value, and r the greatest deviation of all."""
    r = greatest_deviation_of(image, image.inside) if rule.of_whole is None else rule.of_whole
    return _split_by_formula(image, rule, labels, -float(image.extremes[0]), r)


def by_edge_moments(image: WindowedImage, rule: LocalRule, labels: Labels) -> int:
    """Split at mean + deviation / 2 of the pixels of high contrast in the window."""
    marks, least = _contrast(image, rule)
    chosen = replace(image, inside=read_only(marks), least_summed=least)
    terms = MomentRule(DEVIATION, k=0.5, length=float(max(image.sizes)))
    return _split_by_rule(chosen, terms, _square_bits(image), labels)


def by_connected_moments(image: WindowedImage, rule: LocalRule, labels: Labels) -> int:
    """Split by moments, and keep of what is dark the components that reach a pixel of high contrast."""
    marked = mark_dark(image, rule).reshape(image.shape)
    kept = reconstruct(marked > 0, marked > 1).reshape(labels.shape)
    labels[:] = 2 - kept
    if len(image.inside):
        labels *= image.inside
    return int(kept.any())


def by_smooth_mean(image: WindowedImage, rule: LocalRule, labels: Labels) -> int:
    """Split at a weighted mean of the window, less an offset."""
    bits, needed = smooth_bits(image), 8 * min(2, image.values.itemsize)
    if bits < needed:
        raise ValueError(
            f"window is {image.sizes}, too long for {rule.method!r}: the weighted sums of {needed} bits pass 64; "
            "take a shorter one, or method='mean'"
        )
    offset = rule.option("offset", 0.0)

    def split(part: WindowedImage, scale: Scale, found: Labels) -> list[tuple[int, int]]:
        levels, rounding = part.levels(scale), _rounding(part, scale)
        window, smooth = smooth_window(part)
        return part.run(split_by_smooth_mean, levels, window, smooth, offset * scale.inverse, rounding, found)

    gaps = partial(gaps_of_smooth_means, offset=offset)
    return split_beyond_doubt(image, Decision(split, gaps, min(_MEAN_BITS, bits)), labels)


def by_median(image: WindowedImage, rule: LocalRule, labels: Labels) -> int:
    """Split at the median of the window, less an offset."""
    offset = rule.option("offset", 0.0)
    arguments = image.inside, as_ranks(image), image.window(), offset, counts_type(image), labels
    if image.values.itemsize == 1 and len(image.shape) == 2:
        return sum(image.run(split_by_median, image.values, *arguments))
    n_rows, row_size = image.values.shape
    side = math.prod(min(size, n) for size, n in zip(image.sizes, image.shape, strict=True)) // min(
        image.sizes[-1], image.shape[-1]
    )
    return sum(run_bands(split_by_median, n_rows, row_size * (1 + side // 32), image.values, *arguments))


def by_extremes(image: WindowedImage, rule: LocalRule, labels: Labels) -> int:
    """Split at the middle of the extremes of the window, where these differ by a contrast or more."""
    contrast = rule.option("contrast", image.value_range / 10)
    return sum(image.run(split_by_extremes, _pixels(image), image.window(), contrast, labels))


# What is taken from the whole image.


def greatest_deviation_of(image: WindowedImage, counted: NDArray[np.uint8]) -> float:
    """The greatest standard deviation of the windows of the pixels that are counted; no rows: of all.

    The levels divide the range of the full image, so that a part of it finds the same deviations.
    """
    scale = image.scale(_square_bits(image), (float(image.extremes[0]), float(image.extremes[1])))
    arguments = image.levels(scale), image.window(), counted, columns_type(image)
    return float(max(image.run(greatest_deviation, *arguments))) / scale.inverse


def mark_contrasts(image: WindowedImage) -> NDArray[np.uint8]:
    """Mark the pixels by the contrast in 3 pixels an axis around them: 1 to 255, 0 where one takes no part."""
    marks = np.empty(image.values.shape, np.uint8)
    image.run(mark_contrast, _pixels(image), image.window((3,) * len(image.shape)), marks)
    return marks


def high_contrast(counts: NDArray[np.int64]) -> int:
    """The least mark of high contrast, by Otsu's threshold of how many pixels have each mark."""
    levels = 1 + np.flatnonzero(counts[1:])
    first = optimal_split(levels.astype(np.float64), counts[levels], 2)
    return int(levels[first[0]]) if len(first) else 2


def mark_dark(image: WindowedImage, rule: LocalRule) -> NDArray[np.uint8]:
    """1 where the threshold by moments finds a pixel dark, 2 where its contrast is high as well, else 0."""
    labels = np.empty(image.values.shape, np.int32)
    by_moments(image, rule, labels)
    marks, least = _contrast(image, rule)
    return (labels == 1) * (1 + (marks >= least)).astype(np.uint8)


# The steps.


def _square_bits(image: WindowedImage) -> int:
    """The bits of a level: as many as float32 has, or fewer, so that sums of squares fit 62 bits."""
    return min(24, (62 - image.most_in_window.bit_length()) // 2)


def _split_by_formula(image: WindowedImage, rule: LocalRule, labels: Labels, zero: float, r: float) -> int:
    """Split by the formula of a method, with means counted from -zero."""
    terms = MomentRule(
        formula=rule.formula,
        zero=zero,
        k=rule.option("k", 0.0),
        inverse_r=1.0 / r if r > 0 else 0.0,
        offset=rule.option("offset", 0.0),
    )
    # Without k, nothing is done with sums of squares, which may then pass 64 bits, and levels may be finer.
    bits = _square_bits(image) if "k" in rule.options else min(_MEAN_BITS, 62 - image.most_in_window.bit_length())
    return _split_by_rule(image, terms, bits, labels)


def _split_by_rule(image: WindowedImage, rule: MomentRule, bits: int, labels: Labels) -> int:
    """Split by a rule in the image's own units, which is put into levels for each scale that is tried."""

    def split(part: WindowedImage, scale: Scale, found: Labels) -> list[tuple[int, int]]:
        terms = rule._replace(
            zero=(rule.zero + scale.low) * scale.inverse,
            inverse_r=rule.inverse_r / scale.inverse,
            offset=rule.offset * scale.inverse,
            rounding=_rounding(part, scale, rule.zero + scale.low),
            highest=2.0**bits,
        )
        return part.run(split_by_moments, part.levels(scale), part.window(), terms, columns_type(part), found)

    return split_beyond_doubt(image, Decision(split, partial(gaps_of_moments, rule=rule), bits), labels)


def _rounding(image: WindowedImage, scale: Scale, zero: float = 0.0) -> float:
    """By how many levels quantizing moves values and what they are counted from."""
    if are_whole(image, scale) and (zero * scale.inverse).is_integer():
        return 0.0
    return 1.2 + 2.0**-48 * abs(zero * scale.inverse)


def _pixels(image: WindowedImage) -> Pixels:
    """The pixels as they are compared."""
    return Pixels(image.values, image.inside, image.extremes)


def _contrast(image: WindowedImage, rule: LocalRule) -> tuple[NDArray[np.uint8], int]:
    """The marks of contrast, and the least mark of high contrast."""
    marks = mark_contrasts(image)
    if rule.of_whole is not None:
        return marks, int(rule.of_whole)
    return marks, high_contrast(np.bincount(marks.ravel(), minlength=256))
