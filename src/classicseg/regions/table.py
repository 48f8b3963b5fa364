"""Regions, measured: their boundaries, a table of them, and images of their means."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from classicseg._core.arrays import as_array
from classicseg._core.grid import interior, neighbor_offsets
from classicseg._core.image import as_image, as_labels, as_spacing
from classicseg._core.numbers import as_count
from classicseg.labeling.numbering import compact_labels
from classicseg.regions.statistics import region_sums
from classicseg.types import ChannelAxis, RegionTable, Spacing


def region_boundaries(labels: ArrayLike, *, connectivity: int = 1) -> NDArray[np.bool_]:
    """Mark the pixels of segments that touch another segment, or none.

    Parameters
    ----------
    labels : array_like of int or bool, any number of dimensions
        Segments; 0 belongs to nothing.
    connectivity : int
        How many coordinates of two neighbors may differ, 1 to the number of dimensions.

    Returns
    -------
    ndarray of bool
        True where a pixel of a segment has a neighbor with another label (both sides of a line between two
        segments, so two pixels wide there). The border of the image is no boundary.

    Raises
    ------
    TypeError, ValueError
        If `labels` are not integers from 0 to 2147483647 or hold no pixel, or `connectivity` is out of range.

    Notes
    -----
    Linear in the number of pixels.

    Examples
    --------
    >>> from classicseg import region_boundaries
    >>> region_boundaries([[1, 1, 1, 2, 2, 2]])
    array([[False, False,  True,  True, False, False]])
    """
    segments = as_labels(labels)
    connectivity = as_count("connectivity", connectivity, most=segments.ndim)
    grid = np.pad(segments, 1, mode="edge").ravel()
    first, last = _interior_range(segments.shape)
    touches = np.zeros(grid.size, bool)
    for offset in neighbor_offsets(segments.shape, connectivity):
        touches[first:last] |= grid[first:last] != grid[first + offset : last + offset]
    touches &= grid > 0
    return interior(touches, segments.shape)


def region_table(
    labels: ArrayLike,
    image: ArrayLike | None = None,
    *,
    channel_axis: ChannelAxis = "auto",
    spacing: Spacing = None,
) -> RegionTable:
    """Measure each segment.

    Parameters
    ----------
    labels : array_like of int or bool, any number of dimensions
        Segments; 0 belongs to nothing.
    image : array_like, optional
        What the means are taken of, of the labels' shape, with or without channels. Pixels that are masked (in
        a masked array) or not finite enter no mean.
    channel_axis : int, None or "auto"
        The axis of the channels of `image`; None: every axis is spatial; "auto": a last axis of length 1 to 4
        of three or more.
    spacing : float or sequence of float, optional
        The distance between neighbors; areas and centroids are in its units.

    Returns
    -------
    RegionTable
        A tuple of arrays ``label``, ``area``, ``centroid``, ``bounding_box``, ``mean``, one row a segment in
        ascending order of label. A mean over no pixel is NaN.

    Raises
    ------
    TypeError, ValueError
        If the labels are not integers from 0, or the image has another shape.

    Notes
    -----
    O(n log n) in the number of pixels; each mean is rounded once.

    Examples
    --------
    >>> from classicseg import region_table
    >>> table = region_table([[1, 1, 2]], [[10, 20, 7]])
    >>> table.area, table.mean[:, 0]
    (array([2., 1.]), array([15.,  7.]))
    """
    segments = as_labels(labels)
    spacings = as_spacing(spacing, segments.ndim)
    present, compact = compact_labels(segments)
    counts = np.bincount(compact.ravel(), minlength=len(present) + 1)[1:]
    boxes = [[(s.start, s.stop) for s in box] for box in ndimage.find_objects(compact)]
    edges = np.array(boxes, np.int64).reshape(len(present), segments.ndim, 2)
    return RegionTable(
        present,
        (counts * math.prod(spacings)).astype(np.float64),
        _centroids(compact, counts) * np.array(spacings),
        np.concatenate([edges[..., 0], edges[..., 1]], axis=1),
        _means(compact, image, channel_axis, len(present)),
    )


def label_means(labels: ArrayLike, image: ArrayLike, *, channel_axis: ChannelAxis = "auto") -> NDArray[np.float64]:
    """Paint each segment with the mean value of its pixels.

    Parameters
    ----------
    labels : array_like of int or bool, any number of dimensions
        Segments, or classes; 0 belongs to nothing.
    image : array_like, any real dtype
        What the means are taken of, of the labels' shape, with or without channels. Pixels that are masked (in
        a masked array) or not finite enter no mean.
    channel_axis : int, None or "auto"
        The axis of the channels of `image`; None: every axis is spatial; "auto": a last axis of length 1 to 4
        of three or more.

    Returns
    -------
    ndarray of float64
        Of the image's shape, channels last, in its units (round it to look at it as uint8); 0 where the label is
        0, NaN where no pixel of a segment entered its mean.

    Raises
    ------
    TypeError, ValueError
        If the labels are not integers from 0, or the image has another shape.

    Notes
    -----
    Linear in pixels, O(n log n) where labels are larger than there are pixels; each mean is rounded once.

    Examples
    --------
    >>> from classicseg import label_means
    >>> label_means([[1, 1, 2]], [[10, 20, 7]])
    array([[15., 15.,  7.]])
    """
    segments = as_labels(labels)
    present, compact = compact_labels(segments)
    values, _ = as_array("image", image, "biuf", "real numbers")
    means = _means(compact, image, channel_axis, len(present))
    painted = np.concatenate([np.zeros((1, means.shape[1])), means])[compact]
    return painted if values.ndim > segments.ndim else painted[..., 0]


def _interior_range(shape: tuple[int, ...]) -> tuple[int, int]:
    """The first flat index of a padded grid's interior, and one past the last."""
    padded = tuple(length + 2 for length in shape)
    first = np.ravel_multi_index((1,) * len(shape), padded)
    return int(first), int(np.prod(padded, dtype=np.int64) - first)


def _centroids(compact: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """The mean index of the pixels of each label 1 … n, (n, ndim)."""
    columns = []
    for axis, length in enumerate(compact.shape):
        index = np.arange(length, dtype=np.float64).reshape([-1 if a == axis else 1 for a in range(compact.ndim)])
        weights = np.broadcast_to(index, compact.shape).ravel()
        columns.append(np.bincount(compact.ravel(), weights=weights, minlength=len(counts) + 1)[1:] / counts)
    return np.stack(columns, axis=1)


def _means(
    compact: NDArray[np.int64], image: ArrayLike | None, channel_axis: ChannelAxis, n_regions: int
) -> NDArray[np.float64]:
    """The mean value of each label 1 … n, (n, channels), NaN over no pixel; no channel without an image."""
    if image is None:
        return np.empty((n_regions, 0))
    parsed = as_image(image, channel_axis=channel_axis)
    if parsed.shape != compact.shape:
        raise ValueError(
            f"image has spatial shape {parsed.shape}; expected the labels' shape {compact.shape}; crop one, "
            "or name the image's channel_axis"
        )
    inside = compact if parsed.mask is None else np.where(parsed.mask, compact, 0)
    found = region_sums(inside.astype(np.int32), parsed.values, n_regions)
    return np.where(found.areas[:, np.newaxis] > 0, found.means, np.nan)[1:]
