"""Arcs of regions with all that is known of them, and the same where regions have merged.

All is sums, so that the measures of larger regions are added up from those of smaller ones: the pixels are looked
at once.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg.regions.label_pairs import LOW
from classicseg.trees.arcs.cracks import Cracks, batches_of, bounds_of
from classicseg.trees.arcs.directions import alignments, crack_places, directions_of
from classicseg.trees.arcs.planes import gradients_of
from classicseg.trees.arcs.regions import sums_of_regions
from classicseg.trees.arcs.strips import strips_of, sums_dtype
from classicseg.types import Regions

STRENGTH_STEPS = 4095
"""A strength of 1, as a whole number."""

ALIGNMENT_STEPS = 16
"""A boundary that runs just the arc's way, as a whole number."""

SCORE_STEPS = 2.0**20
"""A score of 1, as a whole number."""

N_LEVELS = 8
"""Bins of the histogram of the roots of the strengths along an arc."""


class Arcs(NamedTuple):
    """Regions, and the arcs between them."""

    ends: NDArray[np.int32]
    """(m, 2), the two regions of each arc, from 0, the lower one first."""
    lengths: NDArray[np.int64]
    """(m,), in cracks."""
    places: NDArray[np.int64]
    """(m, 6), sums over the cracks: twice the distance to the image's border, twice the row and the column, and
    the products row², column², row · column of these."""
    gradients: NDArray[np.int64]
    """(m, 6), sums of the planes' gradients on both sides."""
    strengths: NDArray[np.int64]
    """(m, 2 + N_LEVELS), sums of the greater strength of both sides, and of the same as far as the boundary runs
    the arc's way (`ALIGNMENT_STEPS`); the histogram of the strengths."""
    strips: NDArray[Any]
    """(m, 2, 2, columns), as `strips_of` returns them."""
    regions: NDArray[np.int64]
    """(n, columns), as `sums_of_regions` returns them."""
    scores: NDArray[np.int64]
    """(m, 3), of the stage before: the sum of the scores over the cracks, the least, the greatest, in
    `SCORE_STEPS`; (m, 0) at first."""


class Boundaries(NamedTuple):
    """How strong a boundary is at each pixel, from 0 to 1, and which way it runs, in radians."""

    strengths: NDArray[Any]
    angles: NDArray[Any] | None


def arcs_of(
    regions: Regions,
    cracks: Cracks,
    levels: NDArray[np.uint16],
    strengths: NDArray[np.int64],
    inside: NDArray[np.bool_],
) -> Arcs:
    """Measure regions 1 … n of an image, `levels_of`, and the arcs between them; `strengths` are those
    along these arcs (`strengths_of`)."""
    m = len(cracks.ends)
    places, gradients = np.empty((m, 6), np.int64), np.empty((m, 6), np.int64)
    for own, part in batches_of(cracks):
        places[own] = _places(part, inside.shape)
    for k, plane in enumerate(gradients_of(levels, inside)):
        flat = plane.reshape(-1)
        for own, part in batches_of(cracks):
            gradients[own, k] = _sum(part, np.add(flat[part.here], flat[part.there], dtype=np.int64))
    return Arcs(
        cracks.ends,
        np.diff(bounds_of(cracks)),
        places,
        gradients,
        strengths,
        strips_of(cracks, levels, inside),
        sums_of_regions(regions, levels, int(regions.max(initial=0))),
        np.empty((m, 0), np.int64),
    )


def strengths_of(cracks: Cracks, boundaries: Boundaries, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Measure how strong a map is along each arc, (m, 2 + N_LEVELS)."""
    found = np.empty((len(cracks.ends), 2 + N_LEVELS), np.int64)
    for own, part in batches_of(cracks):
        found[own] = _strengths(part, boundaries, shape)
    return found


def joined(arcs: Arcs, numbers: NDArray[np.int32], scores: NDArray[np.float64]) -> Arcs:
    """The same where region i has become `numbers[i]`, 0 … n - 1; `scores` are those of the arcs before."""
    ends = numbers[arcs.ends].astype(np.int64)
    left = np.flatnonzero(ends[:, 0] != ends[:, 1])
    low, high = ends[left].min(axis=1), ends[left].max(axis=1)
    order = np.argsort(low << 32 | high, kind="stable")
    rows, pairs = left[order], (low << 32 | high)[order]
    firsts = np.flatnonzero(np.diff(pairs, prepend=-1))
    turned = (ends[rows, 0] > ends[rows, 1]).astype(np.int64)
    whole = np.rint(scores[rows] * SCORE_STEPS).astype(np.int64)
    by_region = np.argsort(numbers, kind="stable")
    first_regions = np.flatnonzero(np.diff(numbers[by_region], prepend=-1))
    lengths = _added(np.add, arcs.lengths[rows], firsts)
    strips = np.empty((len(firsts), *arcs.strips.shape[1:]), sums_dtype(lengths))
    for side, place in np.ndindex(2, 2):  # one after the other: they are most of what there is
        own = arcs.strips[rows, side ^ turned, place].astype(strips.dtype, copy=False)
        strips[:, side, place] = _added(np.add, own, firsts)
    return Arcs(
        np.stack([pairs[firsts] >> 32, pairs[firsts] & LOW], axis=1).astype(np.int32),
        lengths,
        _added(np.add, arcs.places[rows], firsts),
        _added(np.add, arcs.gradients[rows], firsts),
        _added(np.add, arcs.strengths[rows], firsts),
        strips,
        _added(np.add, arcs.regions[by_region], first_regions),
        np.stack(
            [
                _added(np.add, whole * arcs.lengths[rows], firsts),
                _added(np.minimum, whole, firsts),
                _added(np.maximum, whole, firsts),
            ],
            axis=1,
        ),
    )


def _places(cracks: Cracks, shape: tuple[int, ...]) -> NDArray[np.int64]:
    y, x = crack_places(cracks, shape)
    height, width = shape
    distance = np.minimum(np.minimum(y, 2 * height - 2 - y), np.minimum(x, 2 * width - 2 - x))
    return np.stack([_sum(cracks, column) for column in (distance, y, x, y * y, x * x, y * x)], axis=1)


def _strengths(cracks: Cracks, boundaries: Boundaries, shape: tuple[int, ...]) -> NDArray[np.int64]:
    levels, aligned = _levels(cracks, boundaries, shape)
    roots = (np.sqrt(levels / (STRENGTH_STEPS + 1)) * N_LEVELS).astype(np.int64)  # strong boundaries are rare
    size = N_LEVELS * len(cracks.ends)
    histogram = np.bincount(N_LEVELS * cracks.arcs + roots, minlength=size).reshape(-1, N_LEVELS)
    return np.column_stack([_sum(cracks, levels), _sum(cracks, aligned), histogram])


def _levels(
    cracks: Cracks, boundaries: Boundaries, shape: tuple[int, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The greater strength of each crack's two pixels, and as far as the boundary there runs the arc's way."""
    sides, strengths = (cracks.here, cracks.there), boundaries.strengths.reshape(-1)
    one, other = (np.rint(np.clip(strengths[side], 0, 1) * STRENGTH_STEPS).astype(np.int64) for side in sides)
    highest = np.maximum(one, other)
    if boundaries.angles is None:
        return highest, highest * ALIGNMENT_STEPS
    angles, directions = boundaries.angles.reshape(-1), directions_of(cracks, shape)
    ways = [
        np.rint(alignments(directions, angles[side].astype(np.float64)) * ALIGNMENT_STEPS).astype(np.int64)
        for side in sides
    ]
    aligned = np.where(one == other, np.maximum(*ways), np.where(one > other, *ways))
    return highest, highest * aligned


def _sum(cracks: Cracks, values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sums of whole numbers over the cracks of each arc; exact below 2**53."""
    return np.bincount(cracks.arcs, values, len(cracks.ends)).astype(np.int64)


def _added(add: np.ufunc, rows: NDArray[Any], firsts: NDArray[np.int64]) -> NDArray[Any]:
    """What comes of the rows from each of the firsts on to the next."""
    return add.reduceat(rows, firsts, axis=0, dtype=rows.dtype) if len(firsts) else rows[:0]
