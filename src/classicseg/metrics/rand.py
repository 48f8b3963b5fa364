"""How far two partitions agree by pairs of pixels, whatever their segments are called."""

from __future__ import annotations

from statistics import fmean
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg.metrics.contingency import Contingency, Truth, Truths, as_table, as_tables
from classicseg.types import Mask


class AdaptedRandError(NamedTuple):
    """The error of a segmentation by pairs of pixels."""

    error: float
    """1 minus the harmonic mean of precision and recall."""
    precision: float
    """The fraction of the pairs within a segment that the truth joins, too: low where segments merge."""
    recall: float
    """The fraction of the pairs within a true segment that stay together: low where segments split."""


def rand_index(
    truth: Truth,
    labels: ArrayLike | None = None,
    *,
    ignore_label: int | None = None,
    mask: Mask = None,
) -> float:
    """Take the fraction of pairs of pixels that both partitions join or both separate.

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
        From 0 to 1; 1 for a single pixel.

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
    adjusted_rand_index : Corrected for chance.
    probabilistic_rand_index : Several truths.

    Notes
    -----
    RI = (a + b) / (n (n - 1) / 2) for n pixels, with a the number of pairs that both join and b that of pairs that
    both separate [1]_. The measure is symmetric. Whole numbers of any size are used. The cost is linear in the
    number of pixels.

    References
    ----------
    .. [1] Rand W. M. Objective criteria for the evaluation of clustering methods. Journal of the American
       Statistical Association 66, 1971.

    Examples
    --------
    >>> from classicseg.metrics import rand_index
    >>> rand_index([[1, 1, 2, 2]], [[7, 7, 7, 2]])
    0.5
    """
    return rand_of(as_table(truth, labels, ignore_label, mask))


def adjusted_rand_index(
    truth: Truth,
    labels: ArrayLike | None = None,
    *,
    ignore_label: int | None = None,
    mask: Mask = None,
) -> float:
    """Compare two partitions by pairs of pixels, corrected for chance.

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
        1 for equal partitions (a single pixel, too), about 0 for partitions at random, never less than -0.5.

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
    rand_index : Not corrected for chance.
    adapted_rand_error : Counts joined pairs alone.

    Notes
    -----
    ARI = (R - E) / (1 - E), with R the Rand index and E its expected value for partitions at random that have the
    same sizes of segments [1]_. The measure is symmetric. Whole numbers of any size are used. The cost is linear
    in the number of pixels.

    References
    ----------
    .. [1] Hubert L., Arabie P. Comparing partitions. Journal of Classification 2, 1985.

    Examples
    --------
    >>> from classicseg.metrics import adjusted_rand_index
    >>> adjusted_rand_index([[1, 1, 2, 2]], [[7, 7, 7, 2]])
    0.0
    """
    both, only_labels, only_truth, neither = _pairs(as_table(truth, labels, ignore_label, mask))
    if only_labels == only_truth == 0:
        return 1.0
    chance = (both + only_truth) * (only_truth + neither) + (both + only_labels) * (only_labels + neither)
    return 2 * (both * neither - only_labels * only_truth) / chance


def adapted_rand_error(
    truth: Truth,
    labels: ArrayLike | None = None,
    *,
    ignore_label: int | None = None,
    mask: Mask = None,
) -> AdaptedRandError:
    """Measure the error of a segmentation by the pairs of pixels that it joins.

    Parameters
    ----------
    truth : array_like of int or bool, shape (M, N[, …]), or Contingency
        The true labels; 0 is a label like any other. Or the table of the truth and the labels, of one image or of
        many.
    labels : array_like of int or bool, shape (M, N[, …]), optional
        The labels to judge, of the same shape as `truth`; none beside a table.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part: pass 0 for the boundaries between cells.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    AdaptedRandError
        The error, from 0 (equal) to 1, with precision and recall.

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
    adjusted_rand_index : Counts pairs that both separate, too, and corrects for chance.
    variation_of_information : The same question in bits.

    Notes
    -----
    The error is 1 - 2 p r / (p + r) [1]_, with p the fraction of the pairs of pixels joined by `labels` that
    `truth` joins, too (precision), and r the other way round (recall). Precision is 1 where the labels join no
    pair, recall where the truth does not. Exchanging the two exchanges precision and recall. The cost is linear in
    the number of pixels.

    References
    ----------
    .. [1] Arganda-Carreras I. and others. Crowdsourcing the creation of image segmentation algorithms for
       connectomics. Frontiers in Neuroanatomy 9, 2015.

    Examples
    --------
    >>> from classicseg.metrics import adapted_rand_error
    >>> adapted_rand_error([[1, 1, 2, 2]], [[7, 7, 7, 2]])
    AdaptedRandError(error=0.6, precision=0.3333333333333333, recall=0.5)
    """
    both, only_labels, only_truth, _ = _pairs(as_table(truth, labels, ignore_label, mask))
    precision = both / (both + only_labels) if both + only_labels else 1.0
    recall = both / (both + only_truth) if both + only_truth else 1.0
    joined = 2 * both + only_labels + only_truth
    return AdaptedRandError((only_labels + only_truth) / joined if joined else 0.0, precision, recall)


def probabilistic_rand_index(
    truth: Truths,
    labels: ArrayLike | None = None,
    *,
    ignore_label: int | None = None,
    mask: Mask = None,
) -> float:
    """Take the mean over several truths of the fraction of pairs of pixels that both join or both separate.

    Parameters
    ----------
    truth : array_like of int or bool, shape (M, N[, …]), Contingency, or sequence of several
        The true segments; 0 is a label like any other. A list or tuple of arrays holds what several people drew.
        Or the table of the truth and the labels.
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
    rand_index : One truth.
    segmentation_covering : Another score for several truths.

    Notes
    -----
    The mean of `rand_index` over the truths [1]_. The cost is linear in the number of pixels and truths.

    References
    ----------
    .. [1] Unnikrishnan R., Pantofaru C., Hebert M. Toward objective evaluation of image segmentation algorithms.
       IEEE Transactions on Pattern Analysis and Machine Intelligence 29(6), 2007.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg.metrics import probabilistic_rand_index
    >>> truths = [np.array([[1, 1, 2, 2]]), np.array([[1, 1, 1, 2]])]
    >>> probabilistic_rand_index(truths, [[7, 7, 7, 2]])
    0.75
    """
    return fmean(map(rand_of, as_tables(truth, labels, ignore_label, mask)))


def rand_of(table: Contingency) -> float:
    """The Rand index of a table."""
    both, only_labels, only_truth, neither = _pairs(table)
    total = both + only_labels + only_truth + neither
    return (both + neither) / total if total else 1.0


def _pairs(table: Contingency) -> tuple[int, int, int, int]:
    """Count ordered pairs of pixels that are joined by both, by the labels only, by the truth only, by neither."""
    joint, truth, labels = (
        _sum_of_squares(counts) for counts in (table.counts, table.truth_sizes, table.label_sizes)
    )
    n = table.n
    return joint - n, labels - joint, truth - joint, n * n - labels - truth + joint


def _sum_of_squares(counts: NDArray[np.int64]) -> int:
    """The sum of squared counts, exactly: squares of counts of 32 bits or more overflow int64."""
    wide = counts if int(counts.sum()) < 2**31 else counts.astype(object)
    return int((wide * wide).sum())
