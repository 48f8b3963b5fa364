"""How well edges are found: edge maps against those that people drew, by the measures of the Berkeley
benchmark."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import as_filled, masked_in
from classicseg._core.image import as_mask, as_spacing
from classicseg._core.numbers import as_number
from classicseg.metrics.matching import match_points
from classicseg.metrics.pairs import as_truths
from classicseg.types import Mask, Spacing


class EdgeCounts(NamedTuple):
    """How many edge pixels are matched, in one image or in several together."""

    matched_truth: int
    """Pixels of the truth that were found; with several truths, of all together."""
    n_truth: int
    """All pixels of the truth, or of all truths."""
    matched: int
    """Pixels found that are in the truth; with several truths, in any."""
    n: int
    """All pixels found."""

    @property
    def precision(self) -> float:
        """The fraction of the pixels found that is in the truth; 1 where nothing was found."""
        return self.matched / self.n if self.n else 1.0

    @property
    def recall(self) -> float:
        """The fraction of the truth that was found; 1 where there is nothing to find."""
        return self.matched_truth / self.n_truth if self.n_truth else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 0 where both are 0."""
        return harmonic_mean(self.precision, self.recall)

    @classmethod
    def total(cls, counts: Iterable[EdgeCounts]) -> EdgeCounts:
        """The sum, for the precision and the recall of many images."""
        return cls(*(sum(column) for column in zip(*counts, strict=True)))


def match_edges(
    truth: ArrayLike | Sequence[ArrayLike],
    edges: ArrayLike,
    *,
    tolerance: float = 0.0075,
    spacing: Spacing = None,
    mask: Mask = None,
) -> EdgeCounts:
    """Match edge pixels one to one with those that should be there, within a tolerance.

    Parameters
    ----------
    truth : array_like of bool, shape (M, N[, …]), or sequence of several
        The edges to find, one pixel wide; a list or tuple of arrays holds what several people drew.
    edges : array_like of bool, shape (M, N[, …])
        The edges that were found, one pixel wide.
    tolerance : float, default 0.0075
        How far apart two matched pixels may be, as a fraction of the image's diagonal, at least 0.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    EdgeCounts
        The numbers of pixels, with `precision`, `recall` and `f1`. Those of several images add up:
        ``EdgeCounts.total(counts)``.

    Raises
    ------
    TypeError
        If an edge map or `mask` is not bool, or `tolerance` or `spacing` is not a number.
    ValueError
        If an edge map is empty, shapes differ, `spacing` does not fit, or `tolerance` is negative.

    See Also
    --------
    edge_curve : Many thresholds of edge strengths.
    ods_ois_ap : Scores over a set of images.
    boundary_f1 : The same for the boundaries of labels.

    Notes
    -----
    As many pixels are matched as can be, and of such matchings one of the smallest total distance; among equally
    good ones an arbitrary one, always the same. The counts are those of the Berkeley program [1]_ but for some
    pixels in ten thousand, since that one searches with random shortcuts. With several truths, a found pixel
    counts once, if it is matched with any of them, and all pixels of all truths count for recall. Precision is 1
    where nothing was found, recall where there is nothing to find. The edges of a photograph take some
    milliseconds for each truth; the memory is that of the pixels, however dense the edges are.

    References
    ----------
    .. [1] Martin D. R., Fowlkes C. C., Malik J. Learning to detect natural image boundaries using local
       brightness, color, and texture cues. IEEE Transactions on Pattern Analysis and Machine Intelligence 26(5),
       2004.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg.metrics import match_edges
    >>> truth = np.zeros((100, 100), bool)
    >>> truth[:50, 30] = True
    >>> edges = np.zeros((100, 100), bool)
    >>> edges[:, 31] = True
    >>> counts = match_edges(truth, edges)
    >>> counts, counts.recall
    (EdgeCounts(matched_truth=50, n_truth=50, matched=50, n=100), 1.0)
    """
    found = _as_edges("edges", edges)
    truths = [_as_edges("truth", one) for one in as_truths(truth)]
    for one in truths:
        if one.shape != found.shape:
            raise ValueError(f"edges have shape {found.shape}; expected that of truth, {one.shape}")
    inside = as_mask(mask, found.shape)
    for hidden in map(masked_in, [edges, *as_truths(truth)]):
        if hidden is not None:
            inside = ~hidden if inside is None else inside & ~hidden
    if inside is not None:
        found, truths = found & inside, [one & inside for one in truths]
    return count_matches(truths, found, tolerance, spacing, one_to_one)


Match = Callable[
    [NDArray[np.int64], NDArray[np.int64], float, tuple[float, ...]], tuple[NDArray[np.bool_], NDArray[np.bool_]]
]
"""From pixels of the truth, pixels found, a distance and the spacing to which of each are matched."""


def count_matches(
    truths: Sequence[NDArray[np.bool_]],
    found: NDArray[np.bool_],
    tolerance: float,
    spacing: Spacing,
    match: Match,
) -> EdgeCounts:
    """Count the pixels of all truths that are matched, and the pixels found that are so with any."""
    share = as_number("tolerance", tolerance, least=0.0)
    spacings = as_spacing(spacing, found.ndim)
    radius = share * math.hypot(*(length * step for length, step in zip(found.shape, spacings, strict=True)))
    points = np.argwhere(found)
    is_matched = np.zeros(len(points), bool)
    matched_truth = n_truth = 0
    for truth in truths:
        in_truth, in_found = match(np.argwhere(truth), points, radius, spacings)
        is_matched |= in_found
        matched_truth += int(np.count_nonzero(in_truth))
        n_truth += len(in_truth)
    return EdgeCounts(matched_truth, n_truth, int(np.count_nonzero(is_matched)), len(points))


def one_to_one(
    truth: NDArray[np.int64], found: NDArray[np.int64], radius: float, spacing: tuple[float, ...]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """A pixel is matched with one other, as many as can be."""
    partners = match_points(truth, found, radius, spacing)
    is_matched = np.zeros(len(found), bool)
    is_matched[partners[partners >= 0]] = True
    return partners >= 0, is_matched


def harmonic_mean(one: float, other: float) -> float:
    """0 where both are."""
    return 2 * one * other / (one + other) if one + other > 0 else 0.0


def _as_edges(name: str, edges: ArrayLike) -> NDArray[np.bool_]:
    """Parse a map of edges."""
    array = as_filled(name, edges, "b", "bool, True on edges; compare it with a threshold")
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}: it holds no pixels; expected at least one")
    return array
