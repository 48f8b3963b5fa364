"""How well single objects are found: each true one is matched with at most one found, by their overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.numbers import as_numbers, shown
from classicseg.metrics.contingency import Truth, as_table
from classicseg.metrics.hopcroft_karp import largest_matching
from classicseg.types import Mask

_THRESHOLDS = tuple(percent / 100 for percent in range(50, 100, 5))


class PanopticQuality(NamedTuple):
    """How well objects are found, and how well they are outlined."""

    quality: float
    """PQ, the product of SQ and RQ."""
    segmentation: float
    """SQ, the mean IoU of the objects found; 0 where none is."""
    recognition: float
    """RQ, the F-measure of the objects found."""


class AveragePrecision(NamedTuple):
    """How well objects are found, the stricter the more they must overlap."""

    threshold: NDArray[np.float64]
    """(n,), the thresholds of the IoU."""
    precision: NDArray[np.float64]
    """(n,), the objects found as a fraction of all objects, true ones and others."""
    mean: float
    """The mean over the thresholds."""


def panoptic_quality(
    truth: Truth,
    labels: ArrayLike | None = None,
    *,
    ignore_label: int | None = None,
    mask: Mask = None,
) -> PanopticQuality:
    """Score objects by how many are found and how well they are outlined.

    Parameters
    ----------
    truth : array_like of int or bool, shape (M, N[, …]), or Contingency
        The true objects: a label for each, and 0 for the background. Or the table of the truth and the labels, of
        one image or of many.
    labels : array_like of int or bool, shape (M, N[, …]), optional
        The labels to judge, of the same shape as `truth`; none beside a table.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    PanopticQuality
        PQ, SQ and RQ, from 0 to 1; all 1 where there is no object and none was found.

    Raises
    ------
    TypeError
        If `truth` or `labels` holds neither integers nor bool, `labels` are missing beside a label image, `mask`
        is not bool, or `ignore_label` is not a whole number.
    ValueError
        If labels are outside 0 … 2147483647, shapes differ, no pixel takes part, or `labels`, `ignore_label` or
        `mask` is given beside a table.

    See Also
    --------
    average_precision : Counts the objects alone, at several thresholds.
    iou : The overlap of each label.

    Notes
    -----
    An object is found where the IoU is more than a half, which no two others can have [1]_. SQ is the mean IoU of
    the found objects, RQ = TP / (TP + FP / 2 + FN / 2), and PQ = SQ · RQ. All objects are of one class. The
    measure is symmetric. The cost is linear in the number of pixels.

    References
    ----------
    .. [1] Kirillov A., He K., Girshick R., Rother C., Dollár P. Panoptic segmentation. Conference on Computer
       Vision and Pattern Recognition, 2019.

    Examples
    --------
    >>> from classicseg.metrics import panoptic_quality
    >>> panoptic_quality([[1, 1, 1, 0, 2]], [[4, 4, 0, 0, 0]])
    PanopticQuality(quality=0.4444444444444444, segmentation=0.6666666666666666, recognition=0.6666666666666666)
    """
    overlaps = _overlaps(truth, labels, ignore_label, mask)
    hits = overlaps.iou[overlaps.iou > 0.5]
    objects = overlaps.n_truth + overlaps.n_labels
    if not objects:
        return PanopticQuality(1.0, 1.0, 1.0)
    quality, recognition = float(2 * hits.sum() / objects), 2 * len(hits) / objects
    return PanopticQuality(quality, float(hits.mean()) if len(hits) else 0.0, recognition)


def average_precision(
    truth: Truth,
    labels: ArrayLike | None = None,
    *,
    thresholds: Sequence[float] = _THRESHOLDS,
    ignore_label: int | None = None,
    mask: Mask = None,
) -> AveragePrecision:
    """Score objects by how many are found, at several thresholds of their overlap.

    Parameters
    ----------
    truth : array_like of int or bool, shape (M, N[, …]), or Contingency
        The true objects: a label for each, and 0 for the background. Or the table of the truth and the labels, of
        one image or of many.
    labels : array_like of int or bool, shape (M, N[, …]), optional
        The labels to judge, of the same shape as `truth`; none beside a table.
    thresholds : sequence of float, default (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
        The thresholds, from 0 to 1: an object is found where the IoU is more than that. The defaults are those of
        the data science bowl of 2018.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    AveragePrecision
        The precision at each threshold, and the mean; 1 where there is no object and none was found.

    Raises
    ------
    TypeError
        If `truth` or `labels` holds neither integers nor bool, `labels` are missing, `mask` is not bool, or
        `ignore_label` or a threshold is not a number.
    ValueError
        If labels are outside 0 … 2147483647, shapes differ, no pixel takes part, there is no threshold, one is not
        from 0 to 1, or another array is given beside a table.

    See Also
    --------
    panoptic_quality : Also how well the objects are outlined.
    iou : The overlap of each label.

    Notes
    -----
    TP / (TP + FP + FN) at each threshold, with TP the objects that are found, FN those that are missed and FP
    those that are no true ones [1]_. Objects are matched one to one, as many as can be; below a half there is more
    than one choice. The measure is symmetric. The cost is linear in the number of pixels.

    References
    ----------
    .. [1] Schmidt U., Weigert M., Broaddus C., Myers G. Cell detection with star-convex polygons. Medical Image
       Computing and Computer Assisted Intervention, 2018.

    Examples
    --------
    >>> from classicseg.metrics import average_precision
    >>> average_precision([[1, 1, 1, 0, 2]], [[4, 4, 0, 0, 0]], thresholds=[0.5, 0.75]).precision
    array([0.5, 0. ])
    """
    limits = np.array(as_numbers("thresholds", thresholds, least=0.0))
    if not len(limits) or limits.max() > 1:
        raise ValueError(f"thresholds are {shown(thresholds)}; expected one number or more, from 0 to 1")
    overlaps = _overlaps(truth, labels, ignore_label, mask)
    precision = np.ones(len(limits))
    if overlaps.n_truth + overlaps.n_labels:
        n_hits = np.array([_n_matched(overlaps, limit) for limit in limits])
        precision = n_hits / (overlaps.n_truth + overlaps.n_labels - n_hits)
    return AveragePrecision(limits, precision, float(precision.mean()))


class _Overlaps(NamedTuple):
    """The pairs of objects that meet."""

    truth: NDArray[np.int64]
    labels: NDArray[np.int64]
    iou: NDArray[np.float64]
    n_truth: int
    n_labels: int


def _overlaps(truth: Truth, labels: ArrayLike | None, ignore_label: int | None, mask: Mask) -> _Overlaps:
    """Which objects overlap, none of them of label 0, and their IoU."""
    table = as_table(truth, labels, ignore_label, mask)
    objects = (table.truth[table.rows] > 0) & (table.labels[table.columns] > 0)
    shares = (table.counts / table.unions)[objects]
    n_truth, n_labels = (int(np.count_nonzero(names)) for names in (table.truth, table.labels))
    return _Overlaps(table.rows[objects], table.columns[objects], shares, n_truth, n_labels)


def _n_matched(overlaps: _Overlaps, limit: float) -> int:
    """The most pairs, each object in one at most, that overlap by more than the limit."""
    near = overlaps.iou > limit
    if limit >= 0.5 or not near.any():
        return int(np.count_nonzero(near))
    n_rows, n_columns = int(overlaps.truth.max()) + 1, int(overlaps.labels.max()) + 1
    partners, _ = largest_matching(overlaps.truth[near], overlaps.labels[near], n_rows, n_columns)
    return int(np.count_nonzero(partners >= 0))
