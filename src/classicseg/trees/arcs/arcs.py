"""Arcs of regions with all that is known of them, and the same where regions have merged.

All is sums, so that the measures of larger regions are added up from those of smaller ones: the pixels are looked at
once.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg.regions.label_pairs import LOW
from classicseg.trees.arcs.cracks import Cracks, cracks_of, sums_over
from classicseg.trees.arcs.planes import Planes
from classicseg.trees.arcs.regions import sums_of_regions
from classicseg.trees.arcs.strips import strips_of
from classicseg.types import Regions

STRENGTH_STEPS = 4095
"""A strength of 1, as a whole number."""

SCORE_STEPS = 2.0**20
"""A score of 1, as a whole number."""

N_LEVELS = 8
"""Bins of the histogram of strengths along an arc."""


class Arcs(NamedTuple):
    """Regions, and the arcs between them."""

    ends: NDArray[np.int32]
    """(m, 2), the two regions of each arc, from 0, the lower one first."""
    sums: NDArray[np.float64]
    """(m, columns), whole numbers: cracks, distances to the image's border, coordinates and their products,
    gradients, strengths, strengths along the arc, the histogram of strengths."""
    strips: NDArray[Any]
    """(m, 2, 2, columns), as `strips_of` returns them."""
    regions: NDArray[np.int64]
    """(n, columns), as `sums_of_regions` returns them."""
    scores: NDArray[np.float64]
    """(m, 3), the scores of the stage before: their sum over the cracks in `SCORE_STEPS`, the least, the
    greatest; (m, 0) at first."""


def arcs_of(
    regions: Regions,
    planes: Planes,
    inside: NDArray[np.bool_],
    strengths: NDArray[np.int32],
    along: NDArray[np.int32] | None = None,
    cracks: Cracks | None = None,
) -> Arcs:
    """Measure the arcs between regions 1 … n; `strengths` are those of the pixels, `along` those of the cracks as
    far as the boundary runs the arc's way."""
    cracks = cracks_of(regions) if cracks is None else cracks
    m, (height, width) = len(cracks.ends), regions.shape
    flat = strengths.reshape(-1)
    highest = np.maximum(flat[cracks.here], flat[cracks.there])
    y, x = (one + other for one, other in zip(*(np.divmod(p, width) for p in (cracks.here, cracks.there)), strict=True))
    distance = np.minimum(np.minimum(y, 2 * height - 2 - y), np.minimum(x, 2 * width - 2 - x))
    levels = highest * N_LEVELS // (STRENGTH_STEPS + 1)
    columns = [np.ones(len(y)), distance, y, x, y * y, x * x, y * x]
    columns += [plane[cracks.here] + plane[cracks.there] for plane in planes.gradients]
    columns += [highest, highest if along is None else along]
    histogram = np.bincount(N_LEVELS * cracks.arcs + levels, minlength=N_LEVELS * m).reshape(m, N_LEVELS)
    return Arcs(
        cracks.ends,
        np.concatenate([sums_over(cracks.arcs, m, *columns), histogram], axis=1),
        strips_of(cracks, regions.shape, planes, inside),
        sums_of_regions(regions, planes, int(regions.max(initial=0))),
        np.empty((m, 0)),
    )


def joined(arcs: Arcs, numbers: NDArray[np.int32], scores: NDArray[np.float64]) -> Arcs:
    """The arcs where region i has become `numbers[i]`; `scores` are those of the arcs before."""
    ends = numbers[arcs.ends].astype(np.int64)
    left = np.flatnonzero(ends[:, 0] != ends[:, 1])
    ends = ends[left]
    turned = ends[:, 0] > ends[:, 1]
    pairs, rows = np.unique(ends.min(axis=1) << 32 | ends.max(axis=1), return_inverse=True)
    order, n_new = np.argsort(rows.reshape(-1), kind="stable"), int(numbers.max(initial=-1)) + 1
    firsts = np.flatnonzero(np.diff(rows.reshape(-1)[order], prepend=-1))
    from_rows = left[order]
    strips = np.where(turned[order, None, None, None], arcs.strips[from_rows, ::-1], arcs.strips[from_rows])
    whole = np.rint(scores[from_rows] * SCORE_STEPS)
    known = [whole * arcs.sums[from_rows, 0], whole, whole]
    adders = np.add, np.minimum, np.maximum
    parts = [adder.reduceat(column, firsts) for adder, column in zip(adders, known, strict=True)] if len(firsts) else known
    regions = np.zeros((n_new, arcs.regions.shape[1]), np.int64)
    np.add.at(regions, numbers, arcs.regions)
    return Arcs(
        np.stack([pairs >> 32, pairs & LOW], axis=1).astype(np.int32),
        _added(arcs.sums[from_rows], firsts),
        _added(strips.astype(np.int64), firsts),
        regions,
        np.stack(parts, axis=1),
    )


def _added(rows: NDArray[Any], firsts: NDArray[np.int64]) -> NDArray[Any]:
    """Sums of the rows from each of the firsts on to the next."""
    return np.add.reduceat(rows, firsts, axis=0) if len(firsts) else rows[:0]
