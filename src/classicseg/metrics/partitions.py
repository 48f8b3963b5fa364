"""How far two partitions agree by information and by covering, whatever their segments are called."""

from __future__ import annotations

from statistics import fmean
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.numbers import as_number
from classicseg.metrics.contingency import Contingency, Truths, as_tables
from classicseg.types import Mask


class VariationOfInformation(NamedTuple):
    """The information by which two partitions differ."""

    split: float
    """H(labels | truth): 0 where no true segment is split."""
    merge: float
    """H(truth | labels): 0 where no true segments are merged."""

    @property
    def total(self) -> float:
        """The sum of both, which is a metric."""
        return self.split + self.merge


def variation_of_information(
    truth: Truths,
    labels: ArrayLike | None = None,
    *,
    base: float = 2.0,
    ignore_label: int | None = None,
    mask: Mask = None,
) -> VariationOfInformation:
    """Measure the information by which two partitions differ, with splits and merges apart.

    Parameters
    ----------
    truth : array_like of int or bool, shape (M, N[, …]), Contingency, or sequence of several
        The true segments; 0 is a label like any other. A list or tuple of arrays holds what several people drew.
        Or the table of the truth and the labels.
    labels : array_like of int or bool, shape (M, N[, …]), optional
        The labels to judge, of the same shape as `truth`; none beside a table.
    base : float, default 2.0
        The base of the logarithm, more than 1: 2 for bits, math.e for nats.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    VariationOfInformation
        The information that splits and that merges add, both 0 at best, and their `total`; the means over several
        truths.

    Raises
    ------
    TypeError
        If `truth` or `labels` holds neither integers nor bool, `labels` are missing, `mask` is not bool, or
        `ignore_label` or `base` is not a number.
    ValueError
        If labels are outside 0 … 2147483647, shapes differ, no pixel takes part, `base` is not more than 1, or
        another array is given beside a table.

    See Also
    --------
    adapted_rand_error : The same question by pairs of pixels.
    segmentation_covering : How well each true segment is covered.

    Notes
    -----
    Splits add the conditional entropy ``H(labels | truth)`` and merges ``H(truth | labels)``, where ``H(B | A)`` =
    -Σ p(a, b) log(p(a, b) / p(a)) over the pairs of labels, with p the fractions of the pixels [1]_. Exchanging
    the two partitions exchanges the entropies; their sum is a metric. The cost is linear in the number of pixels.

    References
    ----------
    .. [1] Meilă M. Comparing clusterings: an information based distance. Journal of Multivariate Analysis 98(5),
       2007.

    Examples
    --------
    >>> from classicseg.metrics import variation_of_information
    >>> variation_of_information([[1, 1, 2, 2]], [[7, 7, 7, 7]])
    VariationOfInformation(split=0.0, merge=1.0)
    """
    unit = np.log(as_number("base", base, above=1.0))
    tables = as_tables(truth, labels, ignore_label, mask)
    return VariationOfInformation(
        fmean(_conditional_entropy(table.counts, table.truth_sizes[table.rows]) / unit for table in tables),
        fmean(_conditional_entropy(table.counts, table.label_sizes[table.columns]) / unit for table in tables),
    )


def segmentation_covering(
    truth: Truths,
    labels: ArrayLike | None = None,
    *,
    ignore_label: int | None = None,
    mask: Mask = None,
) -> float:
    """Measure how well each true segment is covered by the one that fits it best.

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
        From 0 to 1; the mean over several truths.

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
    iou : The overlap of labels of the same number.
    probabilistic_rand_index : Another score for several truths.

    Notes
    -----
    ``Σ |A| max IoU(A, B) / n`` over the n pixels' true segments A, the maximum being over the segments B of
    `labels` [1]_. It is not symmetric: one segment may cover several. The cost is linear in the number of pixels
    and truths.

    References
    ----------
    .. [1] Arbeláez P., Maire M., Fowlkes C., Malik J. Contour detection and hierarchical image segmentation. IEEE
       Transactions on Pattern Analysis and Machine Intelligence 33(5), 2011.

    Examples
    --------
    >>> from classicseg.metrics import segmentation_covering
    >>> segmentation_covering([[1, 1, 2, 2]], [[7, 7, 7, 7]])
    0.5
    """
    return fmean(map(covering_of, as_tables(truth, labels, ignore_label, mask)))


def covering_of(table: Contingency) -> float:
    """The covering of the truth of a table."""
    best = np.zeros(len(table.truth))
    np.maximum.at(best, table.rows, table.counts / table.unions)
    return float((table.truth_sizes * best).sum() / table.n)


def _conditional_entropy(counts: NDArray[np.int64], sizes: NDArray[np.int64]) -> float:
    """The conditional entropy of one label given the other, whose segment sizes are `sizes`, in nats."""
    return max(0.0, float(-(counts * np.log(counts / sizes)).sum() / counts.sum()))
