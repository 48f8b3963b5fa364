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
from classicseg._core.histogram import value_histogram
from classicseg._core.image import Image, as_scalar_image
from classicseg._core.kernel import kernel
from classicseg._core.numbers import as_count
from classicseg._core.pixel_histogram import as_histogram, merge_histograms, refuse_places
from classicseg.types import ChannelAxis, Mask, PixelHistogram

MOST_BINS = 2**16
"""Huang's threshold, which compares all pairs of bins, takes 2 s for as many, and four times that for twice."""

_LEVEL_BITS = 24
"""Finer levels than 2**-24 of the range are no levels: so fine, bins need no whole number of them."""

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
    refuse_places(mask=mask)
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


def only(thresholds: NDArray[np.float64], image: Values) -> float:
    """The one threshold that a public function returns."""
    return float(enough(thresholds, image, 2)[0])


def enough(thresholds: NDArray[np.float64], image: Values, n_classes: int) -> NDArray[np.float64]:
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
    """At most so many equal bins between the least and the greatest value."""
    if isinstance(image, PixelHistogram) or image.values.dtype.kind == "u":
        levels, of_level = _levels(image)
        if len(levels) < 2:
            return Histogram(levels, np.zeros(len(levels)), of_level)
        edges = _edges(levels, levels[0], levels[-1], bins)
        counts = np.bincount(np.searchsorted(edges, levels, side="right") - 1, of_level).astype(np.int64)
    else:
        values = np.ascontiguousarray(image.pixels()[:, 0])
        if not values.size or (low := float(values.min())) == (high := float(values.max())):
            return Histogram(values[:1].astype(np.float64), np.zeros(min(values.size, 1)), np.full(1, values.size))
        edges = _edges(values, low, high, bins)
        steps = len(edges) / (high - low)
        counts = np.sum(run_bands(_count_bins, values.size, 1, values, edges, steps), axis=0)
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


def _edges(values: NDArray[Any], low: float, high: float, bins: int) -> NDArray[np.float64]:
    """The lower edges of equal bins: each a whole number of levels, where there are levels."""
    if level := _level(values, low, high):
        n_levels = (high - low) // level + 1
        width = level * math.ceil(n_levels / bins)
        edges = low + width * np.arange(math.ceil(n_levels * level / width), dtype=np.float64)
    else:
        edges = low + (high - low) * (np.arange(bins) / bins)
    # Rounding must not lose the second bin: the first edge above the least value, the last not above the greatest.
    edges[1:] = np.clip(edges[1:], np.nextafter(low, high), high)
    return np.unique(edges)  # where the range has few floats, edges fall together


def _level(values: NDArray[Any], low: float, high: float) -> float:
    """The greatest power of two that all values are whole multiples of, from the least on; 0 if it is too small.

    So whole numbers have the same bins in every dtype, and so have all of them times a power of two.
    """
    exponent = math.frexp(high - low)[1] - _LEVEL_BITS
    found = run_bands(_bits_in_use, values.size, 1, values, low, math.ldexp(1.0, -exponent))
    bits = int(np.bitwise_or.reduce(found)) if min(found) >= 0 else 0
    return math.ldexp(float(bits & -bits), exponent)


def _bits_in_use_numpy(values: NDArray[Any], low: float, scale: float, start: int, stop: int) -> int:
    scaled = (values[start:stop].astype(np.float64) - low) * scale
    bits = scaled.astype(np.int64)
    return int(np.bitwise_or.reduce(bits)) if (bits == scaled).all() else -1


@kernel(numpy=_bits_in_use_numpy)
def _bits_in_use(values: NDArray[Any], low: float, scale: float, start: int, stop: int) -> int:
    """The bits that any of the scaled values has; -1 where one is no whole number, mostly the first."""
    bits = 0
    for i in range(start, stop):
        scaled = (float(values[i]) - low) * scale
        whole = int(scaled)
        if whole != scaled:
            return -1
        bits |= whole
    return bits


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
