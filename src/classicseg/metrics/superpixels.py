"""How good superpixels are: whether they keep to the objects and to the colors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from classicseg._core.image import as_image, as_labels
from classicseg._core.numbers import as_flag, as_number
from classicseg.labeling.numbering import compact_labels
from classicseg.metrics.boundaries import boundary_sides, common_inside
from classicseg.metrics.contingency import Contingency, Truths, as_tables
from classicseg.metrics.pairs import Pair, as_pair, as_truths
from classicseg.types import ChannelAxis, Mask


def undersegmentation_error(
    truth: Truths,
    labels: ArrayLike | None = None,
    *,
    ignore_label: int | None = None,
    mask: Mask = None,
    worst: bool = False,
) -> float:
    """Measure how far superpixels leak over the borders of true segments.

    Parameters
    ----------
    truth : array_like of int or bool, shape (M, N[, …]), Contingency, or sequence of several
        The true segments; 0 is a label like any other. A list or tuple of arrays holds what several people drew.
        Or the table of the truth and the labels.
    labels : array_like of int or bool, shape (M, N[, …]), optional
        The superpixels, of the same shape as `truth`; 0 is a label like any other. None beside a table.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    worst : bool, default False
        Of several truths, whether to return the score of the one that fits worst, as benchmarks of superpixels do.

    Returns
    -------
    float
        From 0, for no leak, to 1; the mean over several truths, or with `worst` the greatest.

    Raises
    ------
    TypeError
        If `truth` or `labels` holds neither integers nor bool, `labels` are missing beside a label image, `mask`
        is not bool, `ignore_label` is not a whole number, or `worst` is not True or False.
    ValueError
        If labels are outside 0 … 2147483647, shapes differ, no pixel takes part, or `labels`, `ignore_label` or
        `mask` is given beside a table.

    See Also
    --------
    achievable_accuracy : The accuracy that superpixels allow.
    boundary_recall : True borders that are borders of superpixels.

    Notes
    -----
    ``Σ min(|S ∩ A|, |S - A|) / n`` over the pairs of a superpixel S and a true segment A that meet, for n pixels
    [1]_: a superpixel leaks by the smaller of its part inside and its part outside. The cost is linear in the
    number of pixels.

    References
    ----------
    .. [1] Neubert P., Protzel P. Superpixel benchmark and comparison. Forum Bildverarbeitung, 2012.

    Examples
    --------
    >>> from classicseg.metrics import undersegmentation_error
    >>> undersegmentation_error([[1, 1, 1, 2, 2, 2]], [[1, 1, 2, 2, 3, 3]])
    0.3333333333333333
    """
    combine = max if as_flag("worst", worst) else fmean
    return combine(map(_leak, as_tables(truth, labels, ignore_label, mask)))


def achievable_accuracy(
    truth: Truths,
    labels: ArrayLike | None = None,
    *,
    ignore_label: int | None = None,
    mask: Mask = None,
    worst: bool = False,
) -> float:
    """Take the accuracy of superpixels if each gets the true label of most of its pixels.

    Parameters
    ----------
    truth : array_like of int or bool, shape (M, N[, …]), Contingency, or sequence of several
        The true segments; 0 is a label like any other. A list or tuple of arrays holds what several people drew.
        Or the table of the truth and the labels.
    labels : array_like of int or bool, shape (M, N[, …]), optional
        The superpixels, of the same shape as `truth`; 0 is a label like any other. None beside a table.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    worst : bool, default False
        Of several truths, whether to return the score of the one that fits worst, as benchmarks of superpixels do.

    Returns
    -------
    float
        From 0 to 1; the mean over several truths, or with `worst` the least.

    Raises
    ------
    TypeError
        If `truth` or `labels` holds neither integers nor bool, `labels` are missing beside a label image, `mask`
        is not bool, `ignore_label` is not a whole number, or `worst` is not True or False.
    ValueError
        If labels are outside 0 … 2147483647, shapes differ, no pixel takes part, or `labels`, `ignore_label` or
        `mask` is given beside a table.

    See Also
    --------
    undersegmentation_error : How far superpixels leak over true borders.
    pixel_accuracy : The accuracy of labels as they are.

    Notes
    -----
    ``Σ max |S ∩ A| / n`` over the superpixels S, the maximum being over the true segments A, for n pixels: the
    upper bound of what a labeling of the superpixels can reach [1]_. The cost is linear in the number of pixels.

    References
    ----------
    .. [1] Liu M.-Y., Tuzel O., Ramalingam S., Chellappa R. Entropy rate superpixel segmentation. Conference on
       Computer Vision and Pattern Recognition, 2011.

    Examples
    --------
    >>> from classicseg.metrics import achievable_accuracy
    >>> achievable_accuracy([[1, 1, 1, 2, 2, 2]], [[1, 1, 2, 2, 2, 2]])
    0.8333333333333334
    """
    combine = min if as_flag("worst", worst) else fmean
    return combine(map(_majority, as_tables(truth, labels, ignore_label, mask)))


def boundary_recall(
    truth: ArrayLike | Sequence[ArrayLike],
    labels: ArrayLike,
    *,
    tolerance: float = 0.0025,
    ignore_label: int | None = None,
    mask: Mask = None,
    worst: bool = False,
) -> float:
    """Take the fraction of true boundaries that lie near the boundary of a superpixel.

    Parameters
    ----------
    truth : array_like of int or bool, shape (M, N[, …]), or sequence of several
        The true segments; a list or tuple of arrays holds what several people drew.
    labels : array_like of int or bool, shape (M, N[, …])
        The superpixels, of the same shape as `truth`.
    tolerance : float, default 0.0025
        How far away the boundary of a superpixel may be along each axis, as a fraction of the image's diagonal, at
        least 0; it is rounded to whole pixels.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    worst : bool, default False
        Of several truths, whether to return the score of the one that fits worst, as benchmarks of superpixels do.

    Returns
    -------
    float
        From 0 to 1; 1 where there is no boundary to find. With several truths the fraction of all their pixels,
        or with `worst` the least of the recalls of each.

    Raises
    ------
    TypeError
        If `truth` or `labels` holds neither integers nor bool, `mask` is not bool, `tolerance` or
        `ignore_label` is not a number, or `worst` is not True or False.
    ValueError
        If labels are outside 0 … 2147483647, shapes differ, no pixel takes part, or `tolerance` is negative.

    See Also
    --------
    boundary_f1_dilated : Recall and precision of boundaries that are one pixel wide.
    undersegmentation_error : How far superpixels leak over true borders.
    contour_density : How much contour the superpixels draw for it.

    Notes
    -----
    As the benchmark of superpixels defines it [1]_: a pixel is on a boundary where its label differs from that of
    a pixel that it shares a face with, so that boundaries are two pixels wide; one of the truth is found where one
    of a superpixel is in the square of 2r + 1 pixels around it, r being `tolerance` times the diagonal, rounded:
    1 pixel for photographs of 481 × 321. With `worst` the benchmark's figures are the mean over images of this
    score. The cost is linear in the number of pixels.

    References
    ----------
    .. [1] Stutz D., Hermans A., Leibe B. Superpixels: an evaluation of the state of the art. Computer Vision and
       Image Understanding 166, 2018.

    Examples
    --------
    >>> from classicseg.metrics import boundary_recall
    >>> boundary_recall([[1, 1, 1, 2, 2, 2]], [[1, 1, 1, 2, 3, 3]])
    1.0
    """
    truths = [[one] for one in as_truths(truth)] if as_flag("worst", worst) else [as_truths(truth)]
    tolerance = as_number("tolerance", tolerance, least=0.0)
    recalls = []
    for group in truths:
        pairs = [as_pair(one, labels, ignore_label=ignore_label, mask=mask) for one in group]
        recalls.append(_recall(pairs, tolerance))
    return min(recalls)


def explained_variation(
    image: ArrayLike, labels: ArrayLike, *, channel_axis: ChannelAxis = "auto", mask: Mask = None
) -> float:
    """Take the fraction of the image's color variance that the segments' mean colors explain (R²).

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    labels : array_like of int or bool, shape (M, N[, …])
        Segments, of the image's spatial shape; 0 takes no part.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    float
        From 0 to 1; 1 for an image without variance.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `labels` holds neither integers nor bool, or `mask` is not bool.
    ValueError
        If `image` is empty or its channel axis is unclear, `labels` or `mask` does not fit its shape, labels are
        outside 0 … 2147483647, or no pixel takes part.

    See Also
    --------
    label_means : The mean colors.
    compactness : How round the segments are.

    Notes
    -----
    R² = Σ ‖m(x) - m‖² / Σ ‖v(x) - m‖² over the pixels x, with v(x) the color, m(x) the mean color of the segment
    of x and m that of all pixels [1]_. The cost is linear in the number of pixels; sums are in float64.

    References
    ----------
    .. [1] Moore A. P., Prince S. J. D., Warrell J., Mohammed U., Jones G. Superpixel lattices. Conference on
       Computer Vision and Pattern Recognition, 2008.

    Examples
    --------
    >>> from classicseg.metrics import explained_variation
    >>> explained_variation([[0, 2, 10, 12]], [[1, 1, 2, 2]])
    0.9615384615384616
    """
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    segments = as_labels(labels)
    if segments.shape != parsed.shape:
        raise ValueError(f"labels have shape {segments.shape}; expected the image's spatial shape, {parsed.shape}")
    inside = parsed.mask_array() & (segments > 0)
    if not inside.any():
        raise ValueError("no pixel takes part: labels are 0, or the mask is False, wherever the image is finite")
    names, compact = compact_labels(segments[inside])
    counts = np.bincount(compact, minlength=len(names) + 1)
    total = explained = 0.0
    for values in parsed.values[inside].astype(np.float64).T:
        centered = values - values.mean()
        sums = np.bincount(compact, centered, len(names) + 1)
        explained += float((sums[1:] ** 2 / counts[1:]).sum())
        total += float((centered**2).sum())
    return min(1.0, explained / total) if total > 0 else 1.0


def _recall(pairs: Sequence[Pair], tolerance: float) -> float:
    """The fraction of the boundaries of several truths that are near those of the same labels."""
    inside, shape = common_inside(pairs), pairs[0].labels.shape
    reach = min(int(tolerance * math.hypot(*shape) + 0.5), max(shape))
    near = ndimage.maximum_filter(boundary_sides(pairs[0].labels, inside), 2 * reach + 1, mode="constant")
    sides = [boundary_sides(pair.truth, inside) for pair in pairs]
    n = sum(int(np.count_nonzero(one)) for one in sides)
    return sum(int(np.count_nonzero(one & near)) for one in sides) / n if n else 1.0


def _leak(table: Contingency) -> float:
    """The undersegmentation error of a table: of each overlap the smaller part of the label, as a share of all."""
    outside = table.label_sizes[table.columns] - table.counts
    return int(np.minimum(table.counts, outside).sum()) / table.n


def _majority(table: Contingency) -> float:
    """The share of pixels that are right if each label stands for the true label that it overlaps most."""
    largest = np.zeros(len(table.labels), np.int64)
    np.maximum.at(largest, table.columns, table.counts)
    return int(largest.sum()) / table.n
