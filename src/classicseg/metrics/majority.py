"""Regions take the class that most of their pixels have: what regions can say of classes at best."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from classicseg._core.grid import look_up
from classicseg.labeling.numbering import compact_labels
from classicseg.metrics.contingency import count_pairs
from classicseg.metrics.pairs import part_of_pair
from classicseg.types import Labels, Mask


def majority_classes(
    labels: ArrayLike, truth: ArrayLike, *, ignore_label: int | None = None, mask: Mask = None
) -> Labels:
    """Give each region the class that most of its pixels have.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N[, …])
        Regions, such as superpixels; 0 belongs to none.
    truth : array_like of int or bool, shape (M, N[, …])
        The class of each pixel, of the same shape; 0 is a class like any other.
    ignore_label : int, optional
        Pixels that have this label in `truth` have no vote.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel has a vote, by default everywhere.

    Returns
    -------
    ndarray of int32, shape (M, N[, …])
        The class of each region, of equally many pixels the smallest one; 0 where `labels` is 0, and for a region
        without a vote.

    Raises
    ------
    TypeError
        If `truth` or `labels` holds neither integers nor bool, `mask` is not bool, or `ignore_label` is not a
        whole number.
    ValueError
        If labels are outside 0 … 2147483647, or shapes differ.

    See Also
    --------
    achievable_accuracy : The share of pixels that have their class then.
    match_labels : Names one to one.
    smooth_labels : A majority around each pixel.

    Notes
    -----
    Beside true classes this is the best that a classifier of these regions can do; beside classes that a
    classifier of pixels found, it smooths them. The cost is linear in the number of pixels.

    Examples
    --------
    >>> from classicseg import majority_classes
    >>> majority_classes([[1, 1, 1, 2, 2]], [[5, 5, 3, 7, 3]])
    array([[5, 5, 5, 3, 3]], dtype=int32)
    """
    pair = part_of_pair(truth, labels, ignore_label=ignore_label, mask=mask)
    table = count_pairs(pair)
    order = np.lexsort((-table.rows, table.counts, table.columns))  # the last of each label has won
    rows, columns = table.rows[order], table.columns[order]
    last = np.append(columns[1:] != columns[:-1], np.ones(min(1, len(columns)), np.bool_))
    present, compact = compact_labels(pair.labels.astype(np.int32, copy=False))
    voted, classes = table.labels[columns[last]], table.truth[rows[last]]
    becomes = np.zeros(len(present) + 1, np.int32)
    is_segment = voted > 0
    becomes[np.searchsorted(present, voted[is_segment]) + 1] = classes[is_segment]
    return look_up(becomes, compact.astype(np.int32))
