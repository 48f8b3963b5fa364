"""What the global thresholds are found from: a histogram of the image, by distinct values or by bins.

A threshold that is defined on the values themselves (Otsu's, Li's) is found from the distinct values and their
counts: no bins, nothing is rounded. A threshold that is defined on the shape of a histogram (triangle, Kapur's)
needs bins. Either way a threshold T is the lower edge of a bin, or a number between two values, and a bin holds
exactly the pixels that the comparison v >= T puts into it.

Most images hold whole multiples of one number, the quantum: 1 for integers, 1/255 for bytes that were divided by
255. Bins that are whole multiples of the quantum hold equally many of the possible values, so that an image and
the same image multiplied by any factor have the same counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import Image, as_scalar_image
from classicseg._core.kernel import kernel
from classicseg._core.numbers import as_count
from classicseg.histograms.pixel_histogram import as_histogram, merge_histograms, refuse_per_pixel_options
from classicseg.histograms.values import value_histogram
from classicseg.types import ChannelAxis, Mask, PixelHistogram

MOST_BINS = 2**16
"""Huang's threshold, which compares all pairs of bins, takes 2 s for as many, and four times that for twice."""

_N_SAMPLES = 64
"""So many values rule out every quantum, where there is none: each of them rules out 7 of 8 candidates."""

_MOST_ROUNDING = 1 / 16
"""Rounding may move a value by this part of a quantum at most; where it could by more, no quantum is looked
for."""

_TIE = 1e-12
"""Logarithms differ in their last bits between processors; criteria this close, relatively, are equal."""


class Histogram(NamedTuple):
    """Bins with at least one pixel, dark to bright."""

    levels: NDArray[np.float64]
    """The lower edge of each bin, in the image's units."""
    positions: NDArray[np.float64]
    """Where each bin lies, counted from the first one: its index; or, where each value is a bin of its own, how
    far it is above the least value, divided by a power of two, so that squares and cubes neither overflow nor
    vanish and sums of whole numbers stay exact."""
    counts: NDArray[np.int64]
    """The pixels of each bin."""


Values: TypeAlias = Image | PixelHistogram
"""What thresholds are found from: an image of one channel, or the distinct values of one or of several."""

FindThresholds: TypeAlias = Callable[[Values], NDArray[np.float64]]
"""Finds thresholds, ascending; fewer, or none, where too few distinct values take part."""


def as_values(image: ArrayLike | PixelHistogram, *, channel_axis: ChannelAxis, mask: Mask) -> Values:
    """Parse what thresholds are found from; three channels become their luminance."""
    if not isinstance(image, PixelHistogram):
        return as_scalar_image(image, channel_axis=channel_axis, mask=mask)
    refuse_per_pixel_options(mask=mask)
    given = as_histogram("image", image)
    values = as_scalar_image(given.values, channel_axis=1).values if len(given.values) else given.values
    return merge_histograms([PixelHistogram(values, given.counts)])


def one_threshold(
    image: ArrayLike | PixelHistogram, find: FindThresholds, *, channel_axis: ChannelAxis, mask: Mask
) -> float:
    """The body of the public functions that return one threshold: parse the image, and find it."""
    parsed = as_values(image, channel_axis=channel_axis, mask=mask)
    return float(require_classes(find(parsed), parsed, 2)[0])


def of_values(level: Callable[[Histogram], float]) -> FindThresholds:
    """Make a criterion of a histogram find its threshold in the distinct values."""

    def find(image: Values) -> NDArray[np.float64]:
        return _found(value_bins(image), level)

    return find


def of_bins(level: Callable[[Histogram], float], bins: int = 256) -> FindThresholds:
    """Parse the number of bins, and make a criterion of a histogram find its threshold in so many."""
    count = as_count("bins", bins, least=2, most=MOST_BINS)

    def find(image: Values) -> NDArray[np.float64]:
        return _found(binned(image, count), level)

    return find


def require_classes(thresholds: NDArray[np.float64], image: Values, n_classes: int) -> NDArray[np.float64]:
    """The thresholds of so many classes, or the error that says why there are fewer."""
    if len(thresholds) < n_classes - 1:
        n_values = len(thresholds) + bool(len(_levels(image)[0]))
        raise ValueError(
            f"image has {n_values} distinct values among the pixels that take part; {n_classes} classes need at "
            f"least {n_classes}; pass an image that has them, or use threshold_segment, which makes fewer classes"
        )
    return thresholds


def value_bins(image: Values) -> Histogram:
    """Each distinct value as a bin of its own."""
    levels, counts = _levels(image)
    if len(levels) < 2:
        return Histogram(levels, np.zeros(len(levels)), counts)
    return Histogram(levels, (levels - levels[0]) / _power_of_two(levels[-1] - levels[0]), counts)


def binned(image: Values, bins: int) -> Histogram:
    """At most so many equal bins between the least and the greatest value.

    Where all values are whole multiples of a quantum, to rounding, so are the widths of the bins.
    """
    if isinstance(image, PixelHistogram) or image.values.dtype.kind == "u":
        values, weights = _levels(image)
    else:
        values, weights = np.ascontiguousarray(image.pixels()[:, 0]), np.empty(0, np.int64)
    if not values.size or (low := float(values.min())) == (high := float(values.max())):
        n_pixels = weights if weights.size else np.full(min(values.size, 1), values.size)
        return Histogram(values[:1].astype(np.float64), np.zeros(min(values.size, 1)), n_pixels)
    if found := _count_multiples(values, weights, low, high):
        least, counts = found
        width = math.ceil(len(counts) / bins)
        firsts = np.arange(0, len(counts), width)
        edges = low + (high - low) / (len(counts) - 1) * firsts
        edges = np.minimum(edges, np.minimum.reduceat(least, firsts))  # rounding loses no value to the bin before
        counts = np.add.reduceat(counts, firsts)
    else:
        edges = _edges(low, high, bins)
        counts = _count(values, weights, edges, len(edges) / (high - low))
    occupied = np.flatnonzero(counts)
    return Histogram(edges[occupied], occupied.astype(np.float64), counts[occupied])


def split_sums(terms: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The sums of the bins below and above each of the len(terms) - 1 splits, neither by subtraction."""
    return np.cumsum(terms)[:-1], np.cumsum(terms[::-1])[-2::-1]


def first_greatest(criterion: NDArray[np.float64]) -> int:
    """The lowest split of those where a criterion is greatest, to rounding."""
    greatest = criterion.max()
    return int(np.argmax(criterion >= greatest - _TIE * np.abs(criterion).max()))


def _levels(image: Values) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The distinct values, ascending, and how often each occurs."""
    if isinstance(image, PixelHistogram):
        return image.values[:, 0].astype(np.float64), image.counts
    return value_histogram(image.pixels()[:, 0])


def _found(histogram: Histogram, level: Callable[[Histogram], float]) -> NDArray[np.float64]:
    """The one threshold of a criterion; none where there are fewer than two bins."""
    return np.array([level(histogram)] if len(histogram.levels) > 1 else [])


def _power_of_two(number: float) -> float:
    """The least power of two above a positive number."""
    return math.ldexp(1.0, math.frexp(number)[1])


def _edges(low: float, high: float, bins: int) -> NDArray[np.float64]:
    """The lower edges of equal bins of any floats."""
    edges = low + (high - low) * (np.arange(bins) / bins)
    edges[1:] -= _rounding(low, high, np.float64) * (high - low)  # values on an edge stay above it by any factor
    # Nor must rounding lose the second bin: it begins above the least value, and the last not above the greatest.
    edges[1:] = np.clip(edges[1:], np.nextafter(low, high), high)
    return np.unique(edges)  # where the range has few floats, edges fall together


def _count(
    values: NDArray[Any], weights: NDArray[np.int64], edges: NDArray[np.float64], bins_per_unit: float
) -> NDArray[np.int64]:
    """The pixels of each bin; a value counts for as many as its weight says, or for one where there are none."""
    if weights.size:
        return np.bincount(np.searchsorted(edges, values, side="right") - 1, weights, len(edges)).astype(np.int64)
    return np.sum(run_bands(_count_bins, values.size, 1, values, edges, bins_per_unit), axis=0)


def _count_multiples(
    values: NDArray[Any], weights: NDArray[np.int64], low: float, high: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]] | None:
    """The least value and the pixels of each multiple of the quantum, counted from `low`; None without a quantum.

    The quantum is the range divided by the least whole number n that makes all values whole multiples. Each value
    rules out most candidates for n. A sample comes first, so that one pass over all values is mostly enough, or
    none.
    """
    sample = np.unique(values[:: -(-values.size // _N_SAMPLES)]).astype(np.float64)
    for dtype in (np.float64, np.float32):
        if dtype == np.float32 and not _are_in_float32(values):
            continue
        rounding = _rounding(low, high, dtype)
        candidates = np.arange(1.0, min(MOST_BINS, int(_MOST_ROUNDING / rounding)) + 1)
        for value in sample:
            candidates = _that_divide(candidates, value, low, high, rounding)
        while candidates.size:
            n_quanta = int(candidates[0])
            arguments = values, weights, low, high - low, n_quanta, rounding * n_quanta
            parts = run_bands(_count_quanta, values.size, 1, *arguments)
            wrong = [value for _, _, value in parts if value != low]
            if not wrong:
                return np.min([least for least, _, _ in parts], axis=0), np.sum([n for _, n, _ in parts], axis=0)
            candidates = candidates[1:]
            for value in wrong:
                candidates = _that_divide(candidates, value, low, high, rounding)
    return None


def _rounding(low: float, high: float, dtype: type[np.floating[Any]]) -> float:
    """By how much rounding may have moved values that a few operations have made, as a part of their range."""
    return 4 * float(np.finfo(dtype).eps) * max(abs(low), abs(high)) / (high - low)


def _are_in_float32(values: NDArray[Any]) -> bool:
    """Whether the values are as they were in a float32 image, also where that works in float64."""
    if values.dtype == np.float32:
        return True
    with np.errstate(over="ignore"):
        return all((part == part.astype(np.float32)).all() for part in (values[:1024], values))


def _that_divide(
    candidates: NDArray[np.float64], value: float, low: float, high: float, rounding: float
) -> NDArray[np.float64]:
    """Those n for which a value is a whole multiple of the n-th part of the range."""
    multiples = (value - low) / (high - low) * candidates
    return candidates[np.abs(multiples - np.rint(multiples)) <= rounding * candidates]


def _count_quanta_numpy(
    values: NDArray[Any],
    weights: NDArray[np.int64],
    low: float,
    extent: float,
    n_quanta: int,
    rounding: float,
    start: int,
    stop: int,
) -> tuple[NDArray[np.float64], NDArray[np.int64], float]:
    own = values[start:stop].astype(np.float64)
    multiples = (own - low) / extent * n_quanta
    levels = np.rint(multiples).astype(np.int64)
    least, counts = np.full(n_quanta + 1, np.inf), np.zeros(n_quanta + 1, np.int64)
    wrong = own[np.abs(multiples - levels) > rounding]
    if wrong.size:
        return least, counts, float(wrong[0])
    np.minimum.at(least, levels, own)
    np.add.at(counts, levels, weights[start:stop] if weights.size else 1)
    return least, counts, low


@kernel(numpy=_count_quanta_numpy)
def _count_quanta(
    values: NDArray[Any],
    weights: NDArray[np.int64],
    low: float,
    extent: float,
    n_quanta: int,
    rounding: float,
    start: int,
    stop: int,
) -> tuple[NDArray[np.float64], NDArray[np.int64], float]:
    """The least value and the pixels of each multiple of the quantum; and the first value that is none, or
    `low`."""
    least, counts = np.full(n_quanta + 1, np.inf), np.zeros(n_quanta + 1, np.int64)
    for i in range(start, stop):
        value = float(values[i])
        multiple = (value - low) / extent * n_quanta
        level = int(np.rint(multiple))
        if abs(multiple - level) > rounding:
            return least, counts, value
        least[level] = min(least[level], value)
        counts[level] += weights[i] if len(weights) > 0 else 1
    return least, counts, low


def _count_bins_numpy(
    values: NDArray[Any], edges: NDArray[np.float64], bins_per_unit: float, start: int, stop: int
) -> NDArray[np.int64]:
    bins = np.searchsorted(edges, values[start:stop].astype(np.float64), side="right") - 1
    return np.bincount(bins, minlength=len(edges))


@kernel(numpy=_count_bins_numpy)
def _count_bins(
    values: NDArray[Any], edges: NDArray[np.float64], bins_per_unit: float, start: int, stop: int
) -> NDArray[np.int64]:
    """The pixels of each bin: a multiplication guesses the bin, comparisons with its edges correct rounding."""
    low, last = edges[0], len(edges) - 1
    counts = np.zeros(len(edges), np.int64)
    for i in range(start, stop):
        value = float(values[i])
        b = min(int((value - low) * bins_per_unit), last)
        while value < edges[b]:
            b -= 1
        while b < last and value >= edges[b + 1]:
            b += 1
        counts[b] += 1
    return counts
