"""Features of arcs: numbers that a model can weigh.

They are the same with the two regions exchanged, and in a turned image: what is measured of both regions comes as
a difference, or as the lesser and the greater one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import BAND_PIXELS, run_bands
from classicseg.trees.arcs.arcs import ALIGNMENT_STEPS, N_LEVELS, SCORE_STEPS, STRENGTH_STEPS, Arcs
from classicseg.trees.arcs.planes import COLOR_STEPS, GRADIENT_SIGMAS, MIDDLE, N_BINS, SHARES

Columns = list[NDArray[np.float64]]


def _both(*names: str) -> list[str]:
    return [f"{which} {name}" for name in names for which in ("lesser", "greater")]


_APART = ["L*", "a*", "b*", "Lab", *(f"chi square of {name}" for name in ("L*", "a*", "b*", "texture", "all"))]

_UNLIKE = [f"{place} {name}" for place in ("near", "far") for name in ("unlike own", *_both("unlike other"))]

_N_COMPARED = 3 * len(_APART) + len(_UNLIKE)
"""Features that compare strips and regions."""

_BAND = 2**10
"""The arcs of a band: what is compared stays in the nearer caches."""

_AMONG = [*_both("rest"), "above greater weakest", "above lesser weakest", *_both("strongest")]

FIRST_FEATURES = (
    *(f"gradient of {name} at {sigma:g}" for sigma in GRADIENT_SIGMAS for name in ("L*", "a*, b*")),
    *("strength", "strength along", "first quartile", "median", "third quartile"),
    *(f"{place} {name}" for place in ("near", "far", "region") for name in _APART),
    *_UNLIKE,
    *_both(
        "area", "lightness", "colorfulness", "roughness", "spread of L*", "spread of a*, b*", "outline", "share"
    ),
    *("length", "straightness", "slimness", "thickness", "border"),
    *(f"strength {name}" for name in _AMONG),
    *("rank of strength", "rank of gradient", "rank of region"),
)
"""What the first stage asks of."""

LATER_FEATURES = (
    *FIRST_FEATURES,
    *("score", "least score", "greatest score"),
    *(f"score {name}" for name in _AMONG),
    "rank of score",
)
"""What a later stage asks of: it knows the scores of the one before."""


def features_of(arcs: Arcs) -> NDArray[np.float32]:
    """The features of each arc, (n_features, m)."""
    names = LATER_FEATURES if arcs.scores.shape[1] > 0 else FIRST_FEATURES
    found = np.empty((len(names), len(arcs.ends)), np.float32)
    for row, column in zip(found, _columns(arcs), strict=True):
        row[:] = column
    return found


def _columns(arcs: Arcs) -> Iterator[NDArray[Any]]:
    """One feature after the other, so that few exist in float64 at once."""
    lengths = arcs.lengths.astype(np.float64)
    strengths = arcs.strengths[:, 1] / (lengths * (STRENGTH_STEPS * ALIGNMENT_STEPS))
    yield from (column / lengths for column in arcs.gradients.T)
    yield from _of_strengths(arcs, lengths, strengths)
    regions = _densities(np.delete(arcs.regions, np.s_[4:7], axis=1))
    found, apart = np.empty((_N_COMPARED, len(lengths)), np.float32), np.empty(len(lengths))
    run_bands(_compare, len(lengths), BAND_PIXELS // _BAND, arcs, regions, found, apart)
    yield from found
    del found
    yield from _of_regions(arcs, regions)
    yield from _of_shapes(arcs, lengths)
    yield from _among_neighbors(arcs, arcs.strengths[:, 1], strengths)
    yield from (_ranks(values) for values in (strengths, arcs.gradients[:, 0] / lengths, apart))
    if arcs.scores.shape[1] > 0:
        scores = arcs.scores / SCORE_STEPS
        scores[:, 0] /= lengths
        yield from scores.T
        yield from _among_neighbors(arcs, arcs.scores[:, 0], scores[:, 0])
        yield _ranks(scores[:, 0])


def _compare(
    arcs: Arcs,
    regions: NDArray[np.float64],
    found: NDArray[np.float32],
    apart: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    """How strips and regions of some arcs differ; `apart` is how much the regions do."""
    strips, both = _densities(arcs.strips[start:stop]), regions[arcs.ends[start:stop]]
    sides = [(strips[:, 0, 0], strips[:, 1, 0]), (strips[:, 0, 1], strips[:, 1, 1]), (both[:, 0], both[:, 1])]
    columns = [column for one, other in sides for column in _differences(one, other)]
    apart[start:stop] = columns[-1]
    for row, column in zip(found, [*columns, *_in_regions(strips, both)], strict=True):
        row[start:stop] = column


def _of_strengths(arcs: Arcs, lengths: NDArray[np.float64], strengths: NDArray[np.float64]) -> Columns:
    """The mean strength, whichever way the boundary runs and along the arc, and quartiles."""
    shares = np.cumsum(arcs.strengths[:, 2:], axis=1) / lengths[:, np.newaxis]
    quartiles = []
    for part in (0.25, 0.5, 0.75):
        above = (shares < part).sum(axis=1)
        reached = np.take_along_axis(shares, above[:, np.newaxis], axis=1)[:, 0]
        own = arcs.strengths[np.arange(len(above)), 2 + above] / lengths
        quartiles.append((above + 1 - (reached - part) / own) / N_LEVELS)
    return [arcs.strengths[:, 0] / (lengths * STRENGTH_STEPS), strengths, *quartiles]


def _densities(table: NDArray[Any]) -> NDArray[np.float64]:
    """Per pixel: 1, the mean color in units of Lab, and the histograms, each of which adds up to 1; 0 without
    pixels."""
    found = table / np.maximum(table[..., :1], 1)
    found[..., 1:4] /= COLOR_STEPS
    found[..., 4:] /= SHARES
    return found


def _differences(one: NDArray[np.float64], other: NDArray[np.float64]) -> Columns:
    """How far the colors are apart, and χ² of the histograms, each and all together; 0 beside nothing."""
    apart = np.abs(one[:, 1:4] - other[:, 1:4]) * (one[:, :1] * other[:, :1])
    squares, terms, stops = apart * apart, _chi_terms(one, other), np.cumsum(N_BINS)
    distances = [terms[:, stop - size : stop].sum(axis=1) for stop, size in zip(stops, N_BINS, strict=True)]
    length = np.sqrt(squares[:, 0] + squares[:, 1] + squares[:, 2])
    return [*apart.T, length, *distances, terms.sum(axis=1)]


def _in_regions(strips: NDArray[np.float64], both: NDArray[np.float64]) -> Columns:
    """χ² of the strips beside the arc and the regions: how unlike their own they are, and the other one."""
    columns = []
    for place in range(2):
        one, other = strips[:, 0, place], strips[:, 1, place]
        own = [_chi_terms(one, both[:, 0]).sum(axis=1), _chi_terms(other, both[:, 1]).sum(axis=1)]
        across = [_chi_terms(one, both[:, 1]).sum(axis=1), _chi_terms(other, both[:, 0]).sum(axis=1)]
        columns += [np.maximum(*own), *_lesser_and_greater(across)]
    return columns


def _chi_terms(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """(p - q)² / (p + q) for each bin: their sum is χ²; 0 beside nothing."""
    p, q, both = one[:, 4:], other[:, 4:], one[:, :1] * other[:, :1]
    total, squares = p + q, both * (p - q) ** 2
    return np.divide(squares, total, out=squares, where=total > 0)


def _of_regions(arcs: Arcs, densities: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """Of the lesser and the greater region: its area, color and texture, its deviations, how long its outline is
    for its area, and which share of it the arc is."""
    areas = arcs.regions[:, 0].astype(np.float64)
    means = arcs.regions[:, 1:4] / areas[:, np.newaxis]
    variances = np.maximum(arcs.regions[:, 4:7] / areas[:, np.newaxis] - means * means, 0) / COLOR_STEPS**2
    colors = means[:, 1:] / COLOR_STEPS - MIDDLE
    rough = np.zeros(len(areas))
    for k in range(1, N_BINS[3]):
        rough += k * densities[:, k - N_BINS[3]]
    outlines = _sums_at(arcs, arcs.lengths)
    kinds = [
        areas,
        densities[:, 1],
        np.hypot(colors[:, 0], colors[:, 1]),
        rough,
        np.sqrt(variances[:, 0]),
        np.sqrt(variances[:, 1] + variances[:, 2]),
        outlines / np.sqrt(areas),
    ]
    for of in kinds:
        yield from _lesser_and_greater([of[side] for side in arcs.ends.T])
    yield from _lesser_and_greater([arcs.lengths / outlines[side] for side in arcs.ends.T])


def _of_shapes(arcs: Arcs, lengths: NDArray[np.float64]) -> Columns:
    """Length, straightness, thickness, and the distance to the image's border."""
    n, (distance, y, x, yy, xx, yx) = arcs.lengths, arcs.places.T
    down, along, both = (part.astype(np.float64) for part in (n * yy - y * y, n * xx - x * x, n * yx - y * x))
    root = np.sqrt((down - along) ** 2 + 4 * both * both)
    major, minor = (down + along + root) / 2, np.maximum(down + along - root, 0) / 2
    return [
        lengths,
        np.sqrt(major) / (lengths * lengths),
        np.sqrt(minor / (major + 1)),
        np.sqrt(minor) / lengths,
        distance / lengths,
    ]


def _among_neighbors(arcs: Arcs, totals: NDArray[np.int64], means: NDArray[np.float64]) -> Columns:
    """Of all arcs of the lesser and the greater region: the mean of the others, how much stronger this one is than
    the weakest, and the strongest."""
    lengths, outlines, sums = arcs.lengths, _sums_at(arcs, arcs.lengths), _sums_at(arcs, totals)
    weakest, strongest = np.full(len(sums), np.inf), np.zeros(len(sums))
    for side in arcs.ends.T:
        np.minimum.at(weakest, side, means)
        np.maximum.at(strongest, side, means)
    rests = [(sums[side] - totals) / np.maximum(outlines[side] - lengths, 1) for side in arcs.ends.T]
    lows, highs = ([of[side] for side in arcs.ends.T] for of in (weakest, strongest))
    return [
        *_lesser_and_greater(rests),
        *(means - low for low in _lesser_and_greater(lows)),
        *_lesser_and_greater(highs),
    ]


def _sums_at(arcs: Arcs, values: NDArray[np.int64]) -> NDArray[np.float64]:
    """The sum over the arcs of each region; exact below 2**53."""
    n = len(arcs.regions)
    return sum(np.bincount(side, values, n) for side in arcs.ends.T) + np.zeros(n)


def _lesser_and_greater(two: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    return [np.minimum(*two), np.maximum(*two)]


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of the arcs that have a lower value."""
    return np.searchsorted(np.sort(values), values) / max(len(values), 1)
