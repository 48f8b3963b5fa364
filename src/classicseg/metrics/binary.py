"""Scores of two-valued images, such as ink on paper: those of the document binarization contests (DIBCO)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import as_filled, check_sizes
from classicseg.metrics.edges import harmonic_mean
from classicseg.metrics.pairs import as_pair
from classicseg.types import Mask, Weights


def f_measure(truth: ArrayLike, labels: ArrayLike, *, ignore_label: int | None = None, mask: Mask = None) -> float:
    """Take the harmonic mean of precision and recall.

    Parameters
    ----------
    truth, labels : array_like of bool, or of integers that hold one value beside 0, shape (M, N[, …])
        The pixels that are looked for, and those that were found: True, or not 0.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    float
        From 0 to 1, where the contests have percent; 1 where there is nothing to look for and nothing was found.

    Raises
    ------
    TypeError
        If `truth` or `labels` holds neither integers nor bool, `mask` is not bool, or `ignore_label` is not a
        whole number.
    ValueError
        If `truth` or `labels` is empty or holds more than one label beside 0, shapes differ, or no pixel takes
        part.

    See Also
    --------
    pseudo_f_measure : Counts some pixels for more than others.
    dice : The same coefficient for each label.
    boundary_f1 : The same mean for boundaries.

    Notes
    -----
    ``F = 2 |truth ∩ labels| / (|truth| + |labels|)``, the harmonic mean of precision and recall [1]_, which is
    Dice's coefficient, too. The measure is symmetric. The cost is linear in the number of pixels.

    References
    ----------
    .. [1] van Rijsbergen C. J. Information Retrieval. Butterworths, 1979.

    Examples
    --------
    >>> from classicseg.metrics import f_measure
    >>> f_measure([[1, 1, 0, 0]], [[1, 0, 0, 0]])
    0.6666666666666666
    """
    ours, theirs, _ = as_sets(truth, labels, ignore_label, mask)
    size = np.count_nonzero(ours) + np.count_nonzero(theirs)
    return float(2 * np.count_nonzero(ours & theirs) / size) if size else 1.0


def pseudo_f_measure(
    truth: ArrayLike,
    labels: ArrayLike,
    *,
    recall_weights: Weights = None,
    precision_weights: Weights = None,
    ignore_label: int | None = None,
    mask: Mask = None,
) -> float:
    """Take the harmonic mean of precision and recall where some pixels count for more than others.

    Parameters
    ----------
    truth, labels : array_like of bool, or of integers that hold one value beside 0, shape (M, N[, …])
        The pixels that are looked for, and those that were found: True, or not 0.
    recall_weights : array_like, shape (M, N[, …]), optional
        How much it counts to find a pixel of `truth`, at least 0; by default 1.
    precision_weights : array_like, shape (M, N[, …]), optional
        How much more than 1 a pixel that was found counts, at least 0; by default 0.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    float
        From 0 to 1; a recall or a precision of nothing at all counts as 1.

    Raises
    ------
    TypeError
        If `truth` or `labels` holds neither integers nor bool, weights do not hold real numbers, `mask` is not
        bool, or `ignore_label` is not a whole number.
    ValueError
        If `truth` or `labels` holds more than one label beside 0, weights are negative or not finite, shapes
        differ, or no pixel takes part.

    See Also
    --------
    f_measure : Without weights.
    drd : Another measure of the contests.

    Notes
    -----
    The measure is 2 p r / (p + r), with the weighted recall r and precision p. The weights are those files that
    the contests' program writes for each page [1]_: recall counts the middle of a stroke as much as all of its
    width, and precision counts wrong pixels that join two strokes for more. With a skeleton of `truth` as
    `recall_weights` it is the measure of H-DIBCO 2010 [2]_, and without weights `f_measure`. The cost is linear in
    the number of pixels; sums are in float64.

    References
    ----------
    .. [1] Ntirogiannis K., Gatos B., Pratikakis I. Performance evaluation methodology for historical document
       image binarization. IEEE Transactions on Image Processing 22(2), 2013.
    .. [2] Pratikakis I., Gatos B., Ntirogiannis K. H-DIBCO 2010: handwritten document image binarization
       competition. International Conference on Frontiers in Handwriting Recognition, 2010.

    Examples
    --------
    >>> from classicseg.metrics import pseudo_f_measure
    >>> pseudo_f_measure([[1, 1, 1, 0]], [[0, 1, 0, 0]], recall_weights=[[0, 1, 0, 0]])
    1.0
    """
    ours, theirs, _ = as_sets(truth, labels, ignore_label, mask)
    of_recall = _as_weights("recall_weights", recall_weights, ours.shape, 1.0)
    of_precision = _as_weights("precision_weights", precision_weights, ours.shape, 0.0) + 1.0
    both = ours & theirs
    recall = _share(of_recall[both].sum(), of_recall[ours].sum())
    return harmonic_mean(_share(of_precision[both].sum(), of_precision[theirs].sum()), recall)


def as_sets(
    truth: ArrayLike, labels: ArrayLike, ignore_label: int | None, mask: Mask
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Parse two sets of pixels, and which pixels take part; neither set has one that does not."""
    pair = as_pair(truth, labels, ignore_label=ignore_label, mask=mask)
    inside = np.ones(pair.truth.shape, bool) if pair.inside is None else pair.inside
    return _as_set("truth", pair.truth, inside), _as_set("labels", pair.labels, inside), inside


def _as_set(name: str, labels: NDArray[Any], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Parse a set of pixels: those that are not 0, all of one label, and take part."""
    members = (labels != 0) & inside
    found = labels[members]
    if found.size and found.min() != found.max():
        raise ValueError(
            f"{name} holds the labels {found.min()} and {found.max()} beside 0; expected one; pass e.g. {name} == "
            f"{found.max()}"
        )
    return members


def _as_weights(name: str, weights: Weights, shape: tuple[int, ...], default: float) -> NDArray[np.float64]:
    """Parse the weights of pixels, `default` for all if there are none."""
    if weights is None:
        return np.full(shape, default)
    array = as_filled(name, weights, "biuf", "real numbers").astype(np.float64)
    if array.shape != shape:
        raise ValueError(f"{name} have shape {array.shape}; expected that of truth, {shape}")
    if not (np.isfinite(array).all() and array.min() >= 0):
        raise ValueError(f"{name} hold {array.min()} at least; expected finite numbers >= 0")
    check_sizes(name, array)
    return array


def _share(part: float, whole: float) -> float:
    """The part as a share of the whole; 1 of nothing."""
    return float(part / whole) if whole > 0 else 1.0
