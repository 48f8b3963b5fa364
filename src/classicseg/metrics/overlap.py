"""How far each label covers the pixels that it should: names count, label 3 is to be label 3."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg.labeling.numbering import compact_labels
from classicseg.metrics.assignment import assign
from classicseg.metrics.contingency import Contingency, Truth, as_table, count_pairs
from classicseg.metrics.pairs import as_pair
from classicseg.types import Labels, Mask

_HIGHEST = 2**31 - 1


class Overlap(NamedTuple):
    """A score of each label, and their mean."""

    label: NDArray[np.int32]
    """(n,), the labels that occur in the truth or in the segmentation, ascending."""
    score: NDArray[np.float64]
    """(n,), from 0 to 1."""
    mean: float
    """The mean over the labels, each as much as any other."""


def iou(
    truth: Truth,
    labels: ArrayLike | None = None,
    *,
    ignore_label: int | None = None,
    mask: Mask = None,
) -> Overlap:
    """Compare the pixels of each label: what both have, as a fraction of what either has (Jaccard's index).

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
    Overlap
        The IoU of each label that occurs in either, and the mean.

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
    dice : Counts common pixels twice; a monotone function of this score.
    match_labels : Renames labels whose numbers mean nothing.
    segmentation_covering : The IoU of segments whose numbers mean nothing.

    Notes
    -----
    For the pixels A of a label in `truth` and B in `labels`, the score is ``|A ∩ B| / |A ∪ B|`` [1]_. A label that
    only one of the two has scores 0. The measure is symmetric. The cost is linear in the number of pixels.

    References
    ----------
    .. [1] Jaccard P. The distribution of the flora in the alpine zone. New Phytologist 11(2), 1912.

    Examples
    --------
    >>> from classicseg.metrics import iou
    >>> iou([[1, 1, 2, 2]], [[1, 2, 2, 2]])
    Overlap(label=array([1, 2], dtype=int32), score=array([0.5       , 0.66666667]), mean=0.5833333333333333)
    """
    label, both, in_truth, in_labels = _by_label(as_table(truth, labels, ignore_label, mask))
    return _overlap(label, both / (in_truth + in_labels - both))


def dice(
    truth: Truth,
    labels: ArrayLike | None = None,
    *,
    ignore_label: int | None = None,
    mask: Mask = None,
) -> Overlap:
    """Compare the pixels of each label: twice what both have, as a fraction of the sizes of the two.

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
    Overlap
        Dice's coefficient of each label that occurs in either, and the mean.

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
    iou : The common pixels as a fraction of all; a monotone function of this score.
    f_measure : The same coefficient of two sets of pixels.
    match_labels : Renames labels whose numbers mean nothing.

    Notes
    -----
    For the pixels A of a label in `truth` and B in `labels`, the score is ``2 |A ∩ B| / (|A| + |B|)`` [1]_, which
    is 2 IoU / (1 + IoU). A label that only one of the two has scores 0. The measure is symmetric. The cost is
    linear in the number of pixels.

    References
    ----------
    .. [1] Dice L. R. Measures of the amount of ecologic association between species. Ecology 26(3), 1945.

    Examples
    --------
    >>> from classicseg.metrics import dice
    >>> dice([[1, 1, 2, 2]], [[1, 2, 2, 2]]).score
    array([0.66666667, 0.8       ])
    """
    label, both, in_truth, in_labels = _by_label(as_table(truth, labels, ignore_label, mask))
    return _overlap(label, 2 * both / (in_truth + in_labels))


def match_labels(
    truth: ArrayLike, labels: ArrayLike, *, ignore_label: int | None = None, mask: Mask = None
) -> Labels:
    """Rename labels whose numbers mean nothing, so that they overlap the truth as far as can be.

    Parameters
    ----------
    truth, labels : array_like of int or bool, shape (M, N[, …])
        The true labels, and the labels to rename.
    ignore_label : int, optional
        Pixels that have this label in `truth` do not count for the match.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel counts for the match, by default everywhere.

    Returns
    -------
    ndarray of int32, shape (M, N[, …])
        `labels` under other numbers: one to one with labels of the truth, so that as many pixels as possible
        agree. A label without a partner gets a number beyond all labels of the truth. 0 takes no part and stays 0;
        where no label is 0, one may become the truth's 0.

    Raises
    ------
    TypeError
        If `truth` or `labels` holds neither integers nor bool, `mask` is not bool, or `ignore_label` is not a
        whole number.
    ValueError
        If labels are outside 0 … 2147483647, shapes differ, no pixel takes part, or numbers beyond those of the
        truth would leave that range.

    See Also
    --------
    iou : Compares labels by number, e.g. after this.
    segmentation_covering : Compares segments without renaming them.

    Notes
    -----
    This is the assignment problem on the contingency table [1]_; among assignments of the same overlap an
    arbitrary one is taken, always the same. Use it before `iou` for classes of `kmeans_segment`, or for regions.
    The cost is linear in the number of pixels, and some more for many labels.

    References
    ----------
    .. [1] Kuhn H. W. The Hungarian method for the assignment problem. Naval Research Logistics Quarterly 2, 1955.

    Examples
    --------
    >>> from classicseg.metrics import match_labels
    >>> match_labels([[7, 7, 5, 5]], [[1, 2, 2, 2]])
    array([[7, 5, 5, 5]], dtype=int32)
    """
    pair = as_pair(truth, labels, ignore_label=ignore_label, mask=mask)
    table = count_pairs(pair)
    free = table.labels[table.columns] > 0
    shared = (table.truth[table.rows] > 0) | (pair.labels.min() > 0)
    rows, columns, counts = (part[free & shared] for part in (table.columns, table.rows, table.counts))
    n_labels, n_truth = len(table.labels), len(table.truth)
    alone = np.arange(n_labels)  # a column of its own for each label, for the case that it has no partner
    partners = assign(
        np.concatenate([rows, alone]),
        np.concatenate([columns, n_truth + alone]),
        np.concatenate([counts.max(initial=0) - counts, np.full(n_labels, counts.max(initial=0))]).astype(
            np.float64
        ),
        n_labels,
        n_truth + n_labels,
    )
    present, compact = compact_labels(pair.labels.astype(np.int32, copy=False))
    matched = partners < n_truth
    partner_of = dict(zip(table.labels[matched].tolist(), table.truth[partners[matched]].tolist(), strict=True))
    beyond = itertools.count(int(pair.truth.max()) + 1)
    new_labels = [0, *(partner_of[label] if label in partner_of else next(beyond) for label in present.tolist())]
    if max(new_labels) > _HIGHEST:
        raise ValueError(
            f"truth goes to {pair.truth.max()}, and labels without a partner need numbers beyond it, at most "
            f"{_HIGHEST}; relabel truth first"
        )
    return np.array(new_labels, np.int32)[compact]


def _by_label(
    table: Contingency,
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The labels of both, and the number of pixels of each in the intersection, in the truth and in the labels."""
    label, rows, columns = _shared_labels(table)
    both, in_truth, in_labels = np.zeros((3, len(label)), np.int64)
    same = rows[table.rows] == columns[table.columns]
    both[rows[table.rows[same]]] = table.counts[same]
    in_truth[rows], in_labels[columns] = table.truth_sizes, table.label_sizes
    return label, both, in_truth, in_labels


def _shared_labels(table: Contingency) -> tuple[NDArray[np.int32], NDArray[np.intp], NDArray[np.intp]]:
    """The labels of the truth and of the labels together, and the index among them of each row and column."""
    label = np.union1d(table.truth, table.labels)
    return label, np.searchsorted(label, table.truth), np.searchsorted(label, table.labels)


def _overlap(label: NDArray[np.int32], score: NDArray[np.float64]) -> Overlap:
    """The scores with their mean."""
    return Overlap(label, score, float(score.mean()))
