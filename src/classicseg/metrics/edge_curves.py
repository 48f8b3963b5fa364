"""Edges of all strengths beside those that people drew: curves over thresholds, and the scores of BSDS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import as_array
from classicseg._core.image import as_image
from classicseg._core.numbers import as_count, as_instances, as_numbers
from classicseg.metrics.edges import (
    EdgeCounts,
    match_edges,
)
from classicseg.types import Mask, Spacing

_MOST_STEPS = 2**16
"""As many as there are values of 16 bits."""

_STEPS = 100
"""Between two thresholds the best F is looked for at so many mixtures of their precision and recall."""


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
