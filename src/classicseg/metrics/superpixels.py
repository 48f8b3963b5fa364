"""How good superpixels are: whether they keep to the objects, to the colors, and to a round shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

import numpy as np
from numpy.typing import ArrayLike

from classicseg._core.image import as_image, as_labels
from classicseg.labeling.numbering import compact_labels
from classicseg.metrics.boundaries import boundary_f1_dilated
from classicseg.metrics.contingency import Contingency, Truths, as_tables
from classicseg.types import ChannelAxis, Mask


def undersegmentation_error(
    truth: Truths,
    labels: ArrayLike | None = None,
    *,
    ignore_label: int | None = None,
    mask: Mask = None,
) -> float:
    """Measure how far superpixels leak over the borders of true segments.

    Parameters
    ----------
    truth : array_like of int or bool, Contingency, or sequence of several
        The true segments, any number of dimensions; a list or tuple of arrays holds what several people drew. Or
        the table of truth and superpixels.
    labels : array_like of int or bool, optional
        The superpixels, of the same shape; 0 is a label like others. None beside a table.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, optional
        The same shape, True where a pixel takes part.

    Returns
    -------
    float
        From 0, for no leak, to 1; the mean over several truths.

    Raises
    ------
    TypeError, ValueError
        If label images are no integers from 0 to 2147483647, have different shapes, or leave no pixel.

    Notes
    -----
    A superpixel leaks, into each true segment that it meets, by the smaller of its part within and its part
    without; the sum by the number of pixels [1]_. Linear in pixels.

    References
    ----------
    .. [1] Neubert P., Protzel P. Superpixel benchmark and comparison. Forum Bildverarbeitung, 2012.

    Examples
    --------
    >>> from classicseg.metrics import undersegmentation_error
    >>> undersegmentation_error([[1, 1, 1, 2, 2, 2]], [[1, 1, 2, 2, 3, 3]])
    0.3333333333333333
    """
    return fmean(map(_leak, as_tables(truth, labels, ignore_label, mask)))


def achievable_accuracy(
    truth: Truths,
    labels: ArrayLike | None = None,
    *,
    ignore_label: int | None = None,
    mask: Mask = None,
) -> float:
    """Take the accuracy of superpixels of which each has the true label of most of its pixels.

    Parameters
    ----------
    truth : array_like of int or bool, Contingency, or sequence of several
        The true segments, any number of dimensions; a list or tuple of arrays holds what several people drew. Or
        the table of truth and superpixels.
    labels : array_like of int or bool, optional
        The superpixels, of the same shape; 0 is a label like others. None beside a table.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, optional
        The same shape, True where a pixel takes part.

    Returns
    -------
    float
        From 0 to 1; the mean over several truths.

    Raises
    ------
    TypeError, ValueError
        If label images are no integers from 0 to 2147483647, have different shapes, or leave no pixel.

    Notes
    -----
    The upper bound of what a labeling of the superpixels can reach [1]_. Linear in pixels.

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
    return fmean(map(_majority, as_tables(truth, labels, ignore_label, mask)))


def boundary_recall(
    truth: ArrayLike | Sequence[ArrayLike],
    labels: ArrayLike,
    *,
    tolerance: float = 0.0025,
    ignore_label: int | None = None,
    mask: Mask = None,
) -> float:
    """Take the share of true boundaries that lie near the boundary of a superpixel.

    Parameters
    ----------
    truth : array_like of int or bool, or sequence of several
        The true segments, any number of dimensions; a list or tuple of arrays holds what several people drew.
    labels : array_like of int or bool
        The superpixels, of the same shape.
    tolerance : float
        How far away, as a share of the image's diagonal, at least 0.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, optional
        The same shape, True where a pixel takes part.

    Returns
    -------
    float
        From 0 to 1; 1 where there is no boundary to find. Over several truths the share of all their pixels.

    Raises
    ------
    TypeError, ValueError
        If label images are no integers from 0, have different shapes, leave no pixel, or a number is not what is
        described.

    Notes
    -----
    The recall of `boundary_f1_dilated`, within a disk where [1]_ takes a square.

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
    return boundary_f1_dilated(truth, labels, tolerance=tolerance, ignore_label=ignore_label, mask=mask).recall


def explained_variation(
    image: ArrayLike, labels: ArrayLike, *, channel_axis: ChannelAxis = "auto", mask: Mask = None
) -> float:
    """Take the share of an image's variance that is left when each segment has its mean color.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey or color image or a volume, any number of channels.
    labels : array_like of int or bool
        Segments, of its spatial shape; 0 takes no part.
    channel_axis : int, None or "auto"
        The axis of the channels; None: every axis is spatial; "auto": a last axis of length 1 to 4 of three or
        more.
    mask : array_like of bool, optional
        Spatial shape, True where a pixel takes part.

    Returns
    -------
    float
        From 0 to 1; 1 for an image without variance.

    Raises
    ------
    TypeError, ValueError
        If the image or the labels are not what is described, or no pixel takes part.

    Notes
    -----
    Of the sums over the channels. Pixels that are not finite take no part. Linear in pixels; sums in float64.

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


def compactness(labels: ArrayLike) -> float:
    """Measure how round segments are: their areas beside those of disks of the same perimeter.

    Parameters
    ----------
    labels : array_like of int or bool, (H, W)
        Segments; 0 belongs to nothing.

    Returns
    -------
    float
        From 0 to about 0.785, that of squares; a mean over the pixels of segments.

    Raises
    ------
    TypeError, ValueError
        If the labels are no integers from 0, no plane, or all 0.

    Notes
    -----
    4π · area / perimeter², where the perimeter is the number of edges between a pixel of the segment and one that
    is not, the border of the image included [1]_. Linear in pixels.

    References
    ----------
    .. [1] Schick A., Fischer M., Stiefelhagen R. Measuring and evaluating the compactness of superpixels.
       International Conference on Pattern Recognition, 2012.

    Examples
    --------
    >>> from classicseg.metrics import compactness
    >>> compactness([[1, 1, 2, 2], [1, 1, 2, 2]])
    0.7853981633974483
    """
    segments = as_labels(labels)
    if segments.ndim != 2:
        raise ValueError(f"labels have shape {segments.shape}; expected a plane, (H, W)")
    names, compact = compact_labels(segments)
    if not len(names):
        raise ValueError("labels are all 0; expected one segment or more")
    padded = np.pad(compact, 1)
    areas = np.bincount(compact.ravel(), minlength=len(names) + 1)[1:]
    perimeters = np.zeros(len(names) + 1, np.int64)
    for axis in (0, 1):
        turned = np.moveaxis(padded, axis, 0)
        before, after = turned[:-1], turned[1:]
        differs = before != after
        for side in (before, after):
            perimeters += np.bincount(side[differs], minlength=len(names) + 1)
    quotients = 4 * math.pi * areas / perimeters[1:] ** 2
    return float((quotients * areas).sum() / areas.sum())


def _leak(table: Contingency) -> float:
    """The undersegmentation error of a table: of each overlap the smaller part of the label, as a share of all."""
    outside = table.label_sizes[table.columns] - table.counts
    return int(np.minimum(table.counts, outside).sum()) / table.n


def _majority(table: Contingency) -> float:
    """The share of pixels that are right if each label stands for the true label that it overlaps most."""
    largest = np.zeros(len(table.labels), np.int64)
    np.maximum.at(largest, table.columns, table.counts)
    return int(largest.sum()) / table.n
