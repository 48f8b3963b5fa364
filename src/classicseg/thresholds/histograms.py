"""What the global thresholds are found from: the values of an image with their counts, or bins of them.

A threshold that is defined on values is found from the distinct values, as they are. One that is defined on the
shape of a histogram needs bins. Either way a threshold T is the lower edge of a bin (or a number between two
values), and the bins hold exactly the pixels that the comparison v >= T says they hold.
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

_FEW = 64
"""So many values strike out all numbers of steps, where there are no steps: each, 7 of 8."""

_NEAR = 1 / 16
"""A value this far from a whole number of steps, or less, may be one that was rounded; it must be less far."""

_TIE = 1e-12
"""Logarithms differ in their last bits between processors; criteria this close, relatively, are equal."""


class Histogram(NamedTuple):
    """Bins with at least one pixel, dark to bright."""

    levels: NDArray[np.float64]
    """The lower edge of each bin, in the image's units."""
    places: NDArray[np.float64]
    """Where each bin lies, counted from the first: its number; or its value, divided by a power of two so that
    squares and cubes neither overflow nor vanish, and sums of whole numbers stay exact."""
    counts: NDArray[np.int64]
    """The pixels of each bin."""


Values: TypeAlias = Image | PixelHistogram
"""What thresholds are found from: an image of one channel, or the distinct values of one or of several."""


def as_values(image: ArrayLike | PixelHistogram, *, channel_axis: ChannelAxis, mask: Mask) -> Values:
    """Parse what thresholds are found from; three channels become their luminance."""
    if not isinstance(image, PixelHistogram):
        return as_scalar_image(image, channel_axis=channel_axis, mask=mask)
    refuse_per_pixel_options(mask=mask)
    given = as_histogram("image", image)
    values = as_scalar_image(given.values, channel_axis=1).values if len(given.values) else given.values
    return merge_histograms([PixelHistogram(values, given.counts)])


def as_bins(bins: int) -> int:
    """Parse the number of bins."""
    return as_count("bins", bins, least=2, most=MOST_BINS)


def from_values(image: Values, find: Callable[[Histogram], float]) -> NDArray[np.float64]:
    """The threshold that a method finds in the distinct values; none where there are fewer than two."""
    return _found(value_places(image), find)


def from_bins(image: Values, find: Callable[[Histogram], float], bins: int = 256) -> NDArray[np.float64]:
    """The threshold that a method finds in bins; none where there are fewer than two distinct values."""
    return _found(binned(image, bins), find)


def single(thresholds: NDArray[np.float64], image: Values) -> float:
    """The one threshold that a public function returns."""
    return float(require_classes(thresholds, image, 2)[0])


def require_classes(thresholds: NDArray[np.float64], image: Values, n_classes: int) -> NDArray[np.float64]:
    """The thresholds of so many classes, or the error that says why there are fewer."""
    if len(thresholds) < n_classes - 1:
        n_values = len(thresholds) + bool(len(_levels(image)[0]))
        raise ValueError(
            f"image has {n_values} distinct values among the pixels that take part; {n_classes} classes need at "
            f"least {n_classes}"
        )
    return thresholds


def value_places(image: Values) -> Histogram:
    """Each distinct value as a bin of its own."""
    levels, counts = _levels(image)
    if len(levels) < 2:
        return Histogram(levels, np.zeros(len(levels)), counts)
    return Histogram(levels, (levels - levels[0]) / _power_of_two(levels[-1] - levels[0]), counts)


def binned(image: Values, bins: int) -> Histogram:
    """At most so many equal bins between the least and the greatest value.

    Where the values are whole numbers of a step, to rounding, so are the bins: an image and the same one by any
    factor have the same bins.
    """
    if isinstance(image, PixelHistogram) or image.values.dtype.kind == "u":
        values, of_each = _levels(image)
    else:
        values, of_each = np.ascontiguousarray(image.pixels()[:, 0]), np.empty(0, np.int64)
    if not values.size or (low := float(values.min())) == (high := float(values.max())):
        n_pixels = of_each if of_each.size else np.full(min(values.size, 1), values.size)
        return Histogram(values[:1].astype(np.float64), np.zeros(min(values.size, 1)), n_pixels)
    if found := _in_steps(values, of_each, low, high):
        least, counts = found
        width = math.ceil(len(counts) / bins)
        firsts = np.arange(0, len(counts), width)
        edges = low + (high - low) / (len(counts) - 1) * firsts
        edges = np.minimum(edges, np.minimum.reduceat(least, firsts))  # rounding loses no value to the bin before
        counts = np.add.reduceat(counts, firsts)
    else:
        edges = _edges(low, high, bins)
        counts = _counted(values, of_each, edges, len(edges) / (high - low))
    held = np.flatnonzero(counts)
    return Histogram(edges[held], held.astype(np.float64), counts[held])


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


def _found(histogram: Histogram, find: Callable[[Histogram], float]) -> NDArray[np.float64]:
    return np.array([find(histogram)] if len(histogram.levels) > 1 else [])


def _power_of_two(number: float) -> float:
    return math.ldexp(1.0, math.frexp(number)[1])


def _edges(low: float, high: float, bins: int) -> NDArray[np.float64]:
    """The lower edges of equal bins of any floats."""
    edges = low + (high - low) * (np.arange(bins) / bins)
    edges[1:] -= _rounding(low, high, np.float64) * (high - low)  # values on an edge stay above it by any factor
    # Nor must rounding lose the second bin: it begins above the least value, and the last not above the greatest.
    edges[1:] = np.clip(edges[1:], np.nextafter(low, high), high)
    return np.unique(edges)  # where the range has few floats, edges fall together


def _counted(
    values: NDArray[Any], of_each: NDArray[np.int64], edges: NDArray[np.float64], steps: float
) -> NDArray[np.int64]:
    """The pixels of each bin, of which there are as many of each value as is said, or one."""
    if of_each.size:
        return np.bincount(np.searchsorted(edges, values, side="right") - 1, of_each, len(edges)).astype(np.int64)
    return np.sum(run_bands(_count_bins, values.size, 1, values, edges, steps), axis=0)


def _in_steps(
    values: NDArray[Any], of_each: NDArray[np.int64], low: float, high: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]] | None:
    """The least value of each level and its pixels, where all values are levels: whole numbers of one step.

    Of all numbers of steps, those on which a few values do not lie are struck out first, so that mostly one look
    at all values is enough, or none. The least number that is left counts. None, where there is none.
    """
    few = np.unique(values[:: -(-values.size // _FEW)]).astype(np.float64)
    for dtype in (np.float64, np.float32):
        if dtype == np.float32 and not _are_in_float32(values):
            continue
        rounding = _rounding(low, high, dtype)
        left = np.arange(1.0, min(MOST_BINS, int(_NEAR / rounding)) + 1)
        for value in few:
            left = _that_hold(left, value, low, high, rounding)
        while left.size:
            arguments = values, of_each, low, high - low, int(left[0]), rounding * left[0]
            parts = run_bands(_count_levels, values.size, 1, *arguments)
            wrong = [value for _, _, value in parts if value != low]
            if not wrong:
                return np.min([least for least, _, _ in parts], axis=0), np.sum([n for _, n, _ in parts], axis=0)
            left = left[1:]
            for value in wrong:
                left = _that_hold(left, value, low, high, rounding)
    return None


def _rounding(low: float, high: float, dtype: type[np.floating[Any]]) -> float:
    """What rounding may do to values that a few operations have made, as a part of their range."""
    return 4 * float(np.finfo(dtype).eps) * max(abs(low), abs(high)) / (high - low)


def _are_in_float32(values: NDArray[Any]) -> bool:
    """Whether the values are as they were in a float32 image, also where that works in float64."""
    if values.dtype == np.float32:
        return True
    with np.errstate(over="ignore"):
        return all((part == part.astype(np.float32)).all() for part in (values[:1024], values))


def _that_hold(
    steps: NDArray[np.float64], value: float, low: float, high: float, rounding: float
) -> NDArray[np.float64]:
    """Those numbers of steps of which a value is a whole number."""
    place = (value - low) / (high - low) * steps
    return steps[np.abs(place - np.rint(place)) <= rounding * steps]


def _count_levels_numpy(
    values: NDArray[Any],
    of_each: NDArray[np.int64],
    low: float,
    extent: float,
    n_steps: int,
    rounding: float,
    start: int,
    stop: int,
) -> tuple[NDArray[np.float64], NDArray[np.int64], float]:
    inside = values[start:stop].astype(np.float64)
    places = (inside - low) / extent * n_steps
    levels = np.rint(places).astype(np.int64)
    least, counts = np.full(n_steps + 1, np.inf), np.zeros(n_steps + 1, np.int64)
    wrong = inside[np.abs(places - levels) > rounding]
    if wrong.size:
        return least, counts, float(wrong[0])
    np.minimum.at(least, levels, inside)
    np.add.at(counts, levels, of_each[start:stop] if of_each.size else 1)
    return least, counts, low


@kernel(numpy=_count_levels_numpy)
def _count_levels(
    values: NDArray[Any],
    of_each: NDArray[np.int64],
    low: float,
    extent: float,
    n_steps: int,
    rounding: float,
    start: int,
    stop: int,
) -> tuple[NDArray[np.float64], NDArray[np.int64], float]:
    """The least value and the pixels of each level; and the first value that lies on none, or the lowest one."""
    least, counts = np.full(n_steps + 1, np.inf), np.zeros(n_steps + 1, np.int64)
    for i in range(start, stop):
        value = float(values[i])
        place = (value - low) / extent * n_steps
        level = int(np.rint(place))
        if abs(place - level) > rounding:
            return least, counts, value
        least[level] = min(least[level], value)
        counts[level] += of_each[i] if len(of_each) > 0 else 1
    return least, counts, low


def _count_bins_numpy(
    values: NDArray[Any], edges: NDArray[np.float64], steps: float, start: int, stop: int
) -> NDArray[np.int64]:
    bins = np.searchsorted(edges, values[start:stop].astype(np.float64), side="right") - 1
    return np.bincount(bins, minlength=len(edges))


@kernel(numpy=_count_bins_numpy)
def _count_bins(
    values: NDArray[Any], edges: NDArray[np.float64], steps: float, start: int, stop: int
) -> NDArray[np.int64]:
    """A multiplication guesses the bin, comparisons with its edges correct what rounding did."""
    low, last = edges[0], len(edges) - 1
    counts = np.zeros(len(edges), np.int64)
    for i in range(start, stop):
        value = float(values[i])
        b = min(int((value - low) * steps), last)
        while value < edges[b]:
            b -= 1
        while b < last and value >= edges[b + 1]:
            b += 1
        counts[b] += 1
    return counts
