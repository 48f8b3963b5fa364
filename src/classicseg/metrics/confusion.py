"""Which classes are taken for which: the confusion matrix, and the share of right pixels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg.metrics.contingency import Truth, as_table
from classicseg.metrics.overlap import (
    _by_label,
    _shared_labels,
)
from classicseg.types import Mask

_MOST_CLASSES = 10_000


class ConfusionMatrix(NamedTuple):
    """How many pixels of each true label were given which label."""

    label: NDArray[np.int32]
    """(n,), the labels that occur in the truth or in the segmentation, ascending."""
    counts: NDArray[np.int64]
    """(n, n), the pixels; a row for each true label, a column for each that was given."""


def pixel_accuracy(
    truth: Truth,
    labels: ArrayLike | None = None,
    *,
    ignore_label: int | None = None,
    mask: Mask = None,
) -> float:
    """Take the fraction of pixels that have the right label.

    Parameters
    ----------
    truth : array_like of int or bool, shape (M, N[, …]), or Contingency
        The true labels; 0 is a label like any other. Or the table of the truth and the labels, of one image or of
        many.
    labels : array_like of int or bool, shape (M, N[, …]), optional
        The labels to judge, of the same shape as `truth`; none beside a table.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    float
        From 0 to 1.

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
    confusion_matrix : Which labels are mistaken for which.
    iou : The overlap of each label.

    Notes
    -----
    The number of pixels with equal labels over that of all pixels that take part. The measure is symmetric. The
    cost is linear in the number of pixels.

    Examples
    --------
    >>> from classicseg.metrics import pixel_accuracy
    >>> pixel_accuracy([[1, 1, 2, 2]], [[1, 2, 2, 2]])
    0.75
    """
    table = as_table(truth, labels, ignore_label, mask)
    return int(_by_label(table)[1].sum()) / table.n


def confusion_matrix(
    truth: Truth,
    labels: ArrayLike | None = None,
    *,
    ignore_label: int | None = None,
    mask: Mask = None,
) -> ConfusionMatrix:
    """Count how many pixels of each true label were given which label.

    Parameters
    ----------
    truth : array_like of int or bool, shape (M, N[, …]), or Contingency
        The true labels; 0 is a label like any other. Or the table of the truth and the labels, of one image or of
        many.
    labels : array_like of int or bool, shape (M, N[, …]), optional
        The labels to judge, of the same shape as `truth`; none beside a table.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    ConfusionMatrix
        The labels of both, and the counts: a row for each true label, a column for each that was given.

    Raises
    ------
    TypeError
        If `truth` or `labels` holds neither integers nor bool, `labels` are missing beside a label image, `mask`
        is not bool, or `ignore_label` is not a whole number.
    ValueError
        If labels are outside 0 … 2147483647, shapes differ, no pixel takes part, there are more than 10 000 labels
        (`contingency_table` holds as many as there are), or another array is given beside a table.

    See Also
    --------
    contingency_table : The same counts as a sparse matrix.
    pixel_accuracy : The fraction on the diagonal.
    match_labels : Renames labels whose numbers mean nothing.

    Notes
    -----
    The cost is linear in the number of pixels, and quadratic in the number of labels.

    Examples
    --------
    >>> from classicseg.metrics import confusion_matrix
    >>> confusion_matrix([[1, 1, 2, 2]], [[1, 2, 2, 2]]).counts
    array([[1, 1],
           [0, 2]])
    """
    table = as_table(truth, labels, ignore_label, mask)
    label, rows, columns = _shared_labels(table)
    if len(label) > _MOST_CLASSES:
        raise ValueError(
            f"truth and labels have {len(label)} different labels; expected at most {_MOST_CLASSES}; "
            "contingency_table keeps the pairs that occur"
        )
    counts = np.zeros((len(label), len(label)), np.int64)
    counts[rows[table.rows], columns[table.columns]] = table.counts
    return ConfusionMatrix(label, counts)
