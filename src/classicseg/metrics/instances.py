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
    """PQ, the product of the two."""
    segmentation: float
    """SQ, the mean IoU of the objects found; 0 where none is."""
    recognition: float
    """RQ, the F-measure of finding."""


class AveragePrecision(NamedTuple):
    """How well objects are found, the stricter the more they must overlap."""

    threshold: NDArray[np.float64]
    """(n,), of the IoU."""
    precision: NDArray[np.float64]
    """(n,), the objects found as a share of all that were found or should have been."""
    mean: float
    """Over the thresholds."""


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
    truth : array_like of int or bool, or Contingency
        A label image, any number of dimensions: a label for each object, 0 for the background.
        Or the table of both, of one image or of many.
    labels : array_like of int or bool, optional
        A label image of the same shape; none beside a table.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, optional
        The same shape, True where a pixel takes part.

    Returns
    -------
    PanopticQuality
        PQ, SQ and RQ, from 0 to 1; all 1 where there is no object and none was found.

    Raises
    ------
    TypeError, ValueError
        If label images are no integers from 0 to 2147483647, have different shapes, or leave no pixel.

    Notes
    -----
    An object is found where the IoU is more than a half, which no two others can have. Objects of one class.
    Symmetric. Linear in pixels.

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
    truth : array_like of int or bool, or Contingency
        A label image, any number of dimensions: a label for each object, 0 for the background.
        Or the table of both, of one image or of many.
    labels : array_like of int or bool, optional
        A label image of the same shape; none beside a table.
    thresholds : sequence of float
        An object is found where the IoU is more than this, from 0 to 1; 0.5, 0.55 … 0.95 in the data science
        bowl of 2018.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, optional
        The same shape, True where a pixel takes part.

    Returns
    -------
    AveragePrecision
        TP / (TP + FP + FN) at each threshold, and the mean; 1 where there is no object and none was found.

    Raises
    ------
    TypeError, ValueError
        If label images are no integers from 0 to 2147483647, have different shapes, or leave no pixel, or there is
        no threshold or one that is not from 0 to 1.

    Notes
    -----
    Objects are matched one to one, as many as can be, which below a half is more than one choice [1]_. Symmetric.
    Linear in pixels.

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
