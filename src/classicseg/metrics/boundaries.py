"""How well the boundaries of a segmentation lie: those of the truth and of the labels, matched as edges are."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import KDTree

from classicseg.metrics.edges import Match, count_matches, one_to_one
from classicseg.metrics.pairs import Pair, as_pair, as_truths
from classicseg.types import Mask, Spacing


class BoundaryF1(NamedTuple):
    """How well the boundaries of a truth are found."""

    f1: float
    """The harmonic mean of precision and recall; 0 where both are 0."""
    precision: float
    """The fraction of the labels' boundary that is a boundary of the truth; 1 where they have none."""
    recall: float
    """The fraction of the truth's boundary that was found; 1 where it has none."""


def boundary_f1(
    truth: ArrayLike | Sequence[ArrayLike],
    labels: ArrayLike,
    *,
    tolerance: float = 0.0075,
    spacing: Spacing = None,
    ignore_label: int | None = None,
    mask: Mask = None,
) -> BoundaryF1:
    """Match the boundaries of two segmentations, one to one within a tolerance.

    Parameters
    ----------
    truth : array_like of int or bool, shape (M, N[, …]), or sequence of several
        The true segments; a list or tuple of arrays holds what several people drew.
    labels : array_like of int or bool, shape (M, N[, …])
        The segments to judge, of the same shape as `truth`.
    tolerance : float, default 0.0075
        How far apart two matched pixels may be, as a fraction of the image's diagonal, at least 0.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    BoundaryF1
        F, precision and recall, from 0 to 1; all 1 where neither has a boundary.

    Raises
    ------
    TypeError
        If `truth` or `labels` holds neither integers nor bool, `mask` is not bool, or `tolerance`, `spacing` or
        `ignore_label` is not a number.
    ValueError
        If labels are outside 0 … 2147483647, shapes differ, no pixel takes part, `spacing` does not fit, or
        `tolerance` is negative.

    See Also
    --------
    boundary_f1_dilated : One pixel may match many.
    match_edges : The same for edge maps.
    boundary_recall : The recall alone, for superpixels.

    Notes
    -----
    F = 2 p r / (p + r), with p the fraction of the boundary of `labels` that is matched (precision) and r that of
    `truth` (recall). A pixel is on the boundary where its label differs from that of a neighbor ahead of it on any
    axes (right, below, and below to the right), so that boundaries are one pixel wide, as the Berkeley benchmark
    draws them [1]_; 0 is a label like any other. `match_edges` matches them and tells what several truths mean,
    and the cost. The measure is symmetric but for rounding.

    References
    ----------
    .. [1] Martin D. R., Fowlkes C. C., Malik J. Learning to detect natural image boundaries using local
       brightness, color, and texture cues. IEEE Transactions on Pattern Analysis and Machine Intelligence 26(5),
       2004.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg.metrics import boundary_f1
    >>> truth = np.repeat([[0] * 100 + [1] * 100 + [2] * 100], 200, axis=0)
    >>> boundary_f1(truth, truth > 0)
    BoundaryF1(f1=0.6666666666666666, precision=1.0, recall=0.5)
    """
    return _score(*_lines(truth, labels, ignore_label, mask), tolerance, spacing, one_to_one)


def boundary_f1_dilated(
    truth: ArrayLike | Sequence[ArrayLike],
    labels: ArrayLike,
    *,
    tolerance: float = 0.0075,
    spacing: Spacing = None,
    ignore_label: int | None = None,
    mask: Mask = None,
) -> BoundaryF1:
    """Compare the boundaries of two segmentations: a pixel counts where the other's boundary is near.

    Parameters
    ----------
    truth : array_like of int or bool, shape (M, N[, …]), or sequence of several
        The true segments; a list or tuple of arrays holds what several people drew.
    labels : array_like of int or bool, shape (M, N[, …])
        The segments to judge, of the same shape as `truth`.
    tolerance : float, default 0.0075
        How far away the other's boundary may be, as a fraction of the image's diagonal, at least 0.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    BoundaryF1
        F, precision and recall, from 0 to 1; none is less than that of `boundary_f1`.

    Raises
    ------
    TypeError
        If `truth` or `labels` holds neither integers nor bool, `mask` is not bool, or `tolerance`, `spacing` or
        `ignore_label` is not a number.
    ValueError
        If labels are outside 0 … 2147483647, shapes differ, no pixel takes part, `spacing` does not fit, or
        `tolerance` is negative.

    See Also
    --------
    boundary_f1 : Matches pixels one to one.
    boundary_recall : The recall alone, for superpixels.

    Notes
    -----
    Precision is the fraction of the boundary of `labels` that lies within the boundary of `truth` dilated by a
    ball, and recall the other way round [1]_. One pixel may count for many, so lines that are drawn twice cost
    nothing, unlike in `boundary_f1`. The cost is about O(n log n) for n boundary pixels.

    References
    ----------
    .. [1] Csurka G., Larlus D., Perronnin F. What is a good evaluation measure for semantic segmentation? British
       Machine Vision Conference, 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg.metrics import boundary_f1_dilated
    >>> truth = np.repeat([[0] * 100 + [1] * 100 + [2] * 100], 200, axis=0)
    >>> boundary_f1_dilated(truth, truth > 0)
    BoundaryF1(f1=0.6666666666666666, precision=1.0, recall=0.5)
    """
    return _score(*_lines(truth, labels, ignore_label, mask), tolerance, spacing, _near)


def _lines(
    truth: ArrayLike | Sequence[ArrayLike], labels: ArrayLike, ignore_label: int | None, mask: Mask
) -> tuple[list[NDArray[np.bool_]], NDArray[np.bool_]]:
    """The boundaries of each truth and of the labels, where all of them take part."""
    pairs = [as_pair(one, labels, ignore_label=ignore_label, mask=mask) for one in as_truths(truth)]
    inside = common_inside(pairs)
    return [boundary_line(pair.truth, inside) for pair in pairs], boundary_line(pairs[0].labels, inside)


def common_inside(pairs: Sequence[Pair]) -> NDArray[np.bool_] | None:
    """Which pixels take part in all of several pairs; None where all do."""
    insides = [pair.inside for pair in pairs if pair.inside is not None]
    return np.logical_and.reduce(insides) if insides else None


def boundary_line(labels: NDArray[Any], inside: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Mark pixels that differ from a neighbor ahead of them; both take part."""
    line = np.zeros(labels.shape, bool)
    for steps in itertools.product((0, 1), repeat=labels.ndim):
        here = tuple(slice(0, length - step) for length, step in zip(labels.shape, steps, strict=True))
        ahead = tuple(slice(step, None) for step in steps)
        differs = labels[here] != labels[ahead]
        line[here] |= differs if inside is None else differs & inside[here] & inside[ahead]
    return line


def boundary_sides(labels: NDArray[Any], inside: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Mark pixels that differ from one that they share a face with; both take part."""
    sides = np.zeros(labels.shape, bool)
    for axis in range(labels.ndim):
        here = tuple(slice(None, -1) if a == axis else slice(None) for a in range(labels.ndim))
        ahead = tuple(slice(1, None) if a == axis else slice(None) for a in range(labels.ndim))
        differs = labels[here] != labels[ahead]
        if inside is not None:
            differs &= inside[here] & inside[ahead]
        sides[here] |= differs
        sides[ahead] |= differs
    return sides


def _score(
    truths: list[NDArray[np.bool_]], found: NDArray[np.bool_], tolerance: float, spacing: Spacing, match: Match
) -> BoundaryF1:
    """Match border pixels and turn the counts into precision, recall and F."""
    counts = count_matches(truths, found, tolerance, spacing, match)
    return BoundaryF1(counts.f1, counts.precision, counts.recall)


def _near(
    truth: NDArray[np.int64], found: NDArray[np.int64], radius: float, spacing: tuple[float, ...]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """A pixel is matched where any of the others is near."""
    one, other = truth * spacing, found * spacing
    return _is_near(one, other, radius), _is_near(other, one, radius)


def _is_near(points: NDArray[Any], others: NDArray[Any], radius: float) -> NDArray[np.bool_]:
    """Whether each point has one of the others at most a radius away."""
    if not len(points) or not len(others):
        return np.zeros(len(points), bool)
    return KDTree(others).query(points)[0] <= radius
