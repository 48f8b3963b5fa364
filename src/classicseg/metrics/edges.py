"""How well edges are found: edge maps against those that people drew, by the measures of the Berkeley
benchmark."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import as_array, as_filled, masked_in
from classicseg._core.image import as_image, as_mask, as_spacing
from classicseg._core.numbers import as_count, as_instances, as_number, as_numbers
from classicseg.metrics.matching import match_points
from classicseg.metrics.pairs import as_truths
from classicseg.types import Mask, Spacing

_MOST_STEPS = 2**16
"""As many as there are values of 16 bits."""

_STEPS = 100
"""Between two thresholds the best F is looked for at so many mixtures of their precision and recall."""


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


class EdgeCurve(NamedTuple):
    """How many edge pixels are matched at each threshold of their strength."""

    thresholds: NDArray[np.float64]
    """(n,), ascending."""
    counts: list[EdgeCounts]
    """One for each threshold: those of the pixels whose strength is at least that."""


class EdgeScores(NamedTuple):
    """The scores of an edge detector on a set of images."""

    ods: float
    """The best F of all images together at one threshold for all."""
    ois: float
    """The F of all images together, each at its own best threshold."""
    ap: float
    """The mean precision at the recalls 0, 0.01 … 1."""
    threshold: float
    """The threshold at which F is `ods`."""


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


def edge_curve(
    truth: ArrayLike | Sequence[ArrayLike],
    strengths: ArrayLike,
    *,
    thresholds: int | Sequence[float] = 99,
    tolerance: float = 0.0075,
    spacing: Spacing = None,
    mask: Mask = None,
) -> EdgeCurve:
    """Match the edges at each of many thresholds with those that should be there.

    Parameters
    ----------
    truth : array_like of bool, shape (M, N[, …]), or sequence of several
        The edges to find, one pixel wide; a list or tuple of arrays holds what several people drew.
    strengths : array_like, shape (M, N[, …])
        The strength of the edge at each pixel, of any real dtype: at each threshold the edges must be one pixel
        wide.
    thresholds : int or sequence of float, default 99
        The thresholds: edges are where the strength is at least that. A whole number asks for so many between 0
        and the greatest strength, evenly; give the same numbers for all images of a set.
    tolerance : float, default 0.0075
        How far apart two matched pixels may be, as a fraction of the image's diagonal, at least 0.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    EdgeCurve
        The thresholds, ascending, and the counts at each.

    Raises
    ------
    TypeError
        If `truth` or `mask` is not bool, `strengths` does not hold real numbers, or a number has the wrong type.
    ValueError
        If a map is empty, shapes differ, `spacing` does not fit, `tolerance` is negative, or there is no
        threshold.

    See Also
    --------
    match_edges : One threshold.
    ods_ois_ap : The scores of the curves of several images.

    Notes
    -----
    The result is that of `match_edges` at each threshold, which tells the cost of one.

    Examples
    --------
    >>> from classicseg.metrics import edge_curve
    >>> curve = edge_curve([[False, True, True]], [[1, 5, 2]], thresholds=[1, 2, 5], tolerance=0)
    >>> [(round(counts.recall, 2), round(counts.precision, 2)) for counts in curve.counts]
    [(1.0, 0.67), (1.0, 1.0), (0.5, 1.0)]
    """
    values = as_image(strengths, channel_axis=None, mask=mask, name="strengths")
    heights = np.where(values.mask_array(), values.values[..., 0], -np.inf)
    steps = _as_steps(thresholds, max(float(heights.max()), 0.0))
    counts = [
        match_edges(truth, heights >= step, tolerance=tolerance, spacing=spacing, mask=values.mask)
        for step in steps
    ]
    return EdgeCurve(steps, counts)


def ods_ois_ap(curves: Sequence[EdgeCurve]) -> EdgeScores:
    """Score an edge detector on a set of images.

    Parameters
    ----------
    curves : sequence of EdgeCurve
        The result of `edge_curve` for each image, all at the same thresholds.

    Returns
    -------
    EdgeScores
        The best F at one threshold for all images (ODS, optimal dataset scale) and at the best threshold of each
        image (OIS, optimal image scale), the average precision (AP), and the threshold of ODS.

    Raises
    ------
    TypeError
        If `curves` holds something else than curves.
    ValueError
        If there is no curve, their thresholds differ, or the arrays of one do not fit together.

    See Also
    --------
    edge_curve : The curve of one image.
    match_edges : The counts at one threshold.

    Notes
    -----
    The scores are those of the Berkeley benchmark [1]_: counts are summed over the images before they are divided;
    between thresholds precision and recall are interpolated for ODS; AP is the mean precision at the recalls 0,
    0.01 … 1, with 0 where no threshold reaches. The cost is linear in the number of counts.

    References
    ----------
    .. [1] Arbeláez P., Maire M., Fowlkes C., Malik J. Contour detection and hierarchical image segmentation. IEEE
       Transactions on Pattern Analysis and Machine Intelligence 33(5), 2011.

    Examples
    --------
    >>> from classicseg.metrics import edge_curve, ods_ois_ap
    >>> curve = edge_curve([[False, True, True]], [[1, 5, 2]], thresholds=[1, 2, 5], tolerance=0)
    >>> ods_ois_ap([curve]).ods
    1.0
    """
    curves = as_instances("curves", curves, EdgeCurve, "edge_curve")
    thresholds = curves[0].thresholds
    for curve in curves:
        steps, _ = as_array("curves", curve.thresholds, "biuf", "thresholds, as edge_curve returns them")
        counts = as_instances("curves", curve.counts, EdgeCounts, "edge_curve")
        if steps.shape != (len(counts),):
            raise ValueError(
                f"curves have {len(counts)} counts for thresholds of shape {steps.shape}; expected as many"
            )
    if any(not np.array_equal(curve.thresholds, thresholds) for curve in curves):
        raise ValueError("curves have different thresholds; pass the same numbers as thresholds for all images")
    totals = [EdgeCounts.total(counts) for counts in zip(*(curve.counts for curve in curves), strict=True)]
    best = EdgeCounts.total(max(curve.counts, key=lambda counts: counts.f1) for curve in curves)
    precision = np.array([counts.precision for counts in totals])
    recall = np.array([counts.recall for counts in totals])
    ods, threshold = _best_between(thresholds, precision, recall)
    return EdgeScores(ods, best.f1, _average_precision(precision, recall), threshold)


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


def _as_steps(thresholds: int | Sequence[float], highest: float) -> NDArray[np.float64]:
    """Thresholds in numbers, ascending, or so many up to the highest."""
    if not isinstance(thresholds, Sequence) and np.ndim(thresholds) == 0:
        n = as_count("thresholds", thresholds, most=_MOST_STEPS)
        return highest * np.arange(1, n + 1) / (n + 1)
    steps = np.array(sorted(as_numbers("thresholds", thresholds)))
    if not len(steps):
        raise ValueError("thresholds are empty; expected one number or more")
    return steps


def _best_between(
    thresholds: NDArray[np.float64], precision: NDArray[np.float64], recall: NDArray[np.float64]
) -> tuple[float, float]:
    """The best F, and the threshold that has it, which may lie between two that were tried."""
    tried = np.arange(len(thresholds))
    places = np.linspace(0, len(tried) - 1, (len(tried) - 1) * _STEPS + 1)
    p, r = np.interp(places, tried, precision), np.interp(places, tried, recall)
    f = np.divide(2 * p * r, p + r, out=np.zeros(len(p)), where=p + r > 0)
    return float(f.max()), float(np.interp(places[f.argmax()], tried, thresholds))


def _average_precision(precision: NDArray[np.float64], recall: NDArray[np.float64]) -> float:
    """The mean of the precision, interpolated at the recalls 0, 0.01 … 1."""
    order = np.lexsort((precision, recall))
    recalls, first = np.unique(recall[order][::-1], return_index=True)  # of equal recalls the best precision
    precisions = precision[order][::-1][first]
    return float(np.interp(np.linspace(0, 1, 101), recalls, precisions, left=0, right=0).mean())
