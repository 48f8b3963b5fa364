"""Label images: connected regions, numbering by the law for labels, boundaries, and a table of regions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from classicseg._core.arrays import as_array
from classicseg._core.bands import run_bands
from classicseg._core.components import connected_pieces
from classicseg._core.graph import interior, neighbor_offsets, take
from classicseg._core.image import as_classes, as_image, as_labels, as_spacing
from classicseg._core.kernel import kernel
from classicseg._core.numbers import as_count
from classicseg._core.region_sums import region_sums
from classicseg.types import ChannelAxis, Labels, RegionTable, Spacing


def connected_regions(labels: ArrayLike, *, connectivity: int = 1) -> Labels:
    """Split classes into connected regions.

    Parameters
    ----------
    labels : array_like of int or bool, any number of dimensions
        Classes, segments or a mask. 0 belongs to nothing.
    connectivity : int
        Two pixels are neighbors where no coordinate differs by more than 1 and at most this many differ: 1 for
        faces only, up to the number of dimensions for corners too.

    Returns
    -------
    ndarray of int32
        The pieces of equal label, numbered 1 … n by their first pixel in raster order; 0 where `labels` is 0.

    Raises
    ------
    TypeError, ValueError
        If `labels` are not integers from 0 to 2147483647 or hold no pixel, or `connectivity` is out of range.

    Notes
    -----
    Union-find [1]_ over runs of equal label [2]_, linear in pixels. The result is its own workspace. Labels of one
    and two bytes are read as they are.

    References
    ----------
    .. [1] Galler B. A., Fischer M. J. An improved equivalence algorithm. Communications of the ACM 7(5), 1964.
    .. [2] He L., Chao Y., Suzuki K. A run-based two-scan labeling algorithm. IEEE Transactions on Image
       Processing 17(5), 2008.

    Examples
    --------
    >>> from classicseg import connected_regions
    >>> connected_regions([[1, 1, 2], [2, 1, 2]])
    array([[1, 1, 2],
           [3, 1, 2]], dtype=int32)
    """
    classes = as_classes(labels)
    return connected_pieces(classes, as_count("connectivity", connectivity, most=classes.ndim))


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
    first, last = _interior_span(segments.shape)
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
    names, compact = compact_labels(segments)
    counts = np.bincount(compact.ravel(), minlength=len(names) + 1)[1:]
    boxes = [[(s.start, s.stop) for s in box] for box in ndimage.find_objects(compact)]
    edges = np.array(boxes, np.int64).reshape(len(names), segments.ndim, 2)
    return RegionTable(
        names,
        (counts * math.prod(spacings)).astype(np.float64),
        _centroids(compact, counts) * np.array(spacings),
        np.concatenate([edges[..., 0], edges[..., 1]], axis=1),
        _means(compact, image, channel_axis, len(names)),
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
    names, compact = compact_labels(segments)
    values, _ = as_array("image", image, "biuf", "real numbers")
    means = _means(compact, image, channel_axis, len(names))
    painted = np.concatenate([np.zeros((1, means.shape[1])), means])[compact]
    return painted if values.ndim > segments.ndim else painted[..., 0]


def compact_labels(labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the positive labels, ascending, and the labels renumbered 1 … n in that order; 0 stays 0."""
    highest = int(labels.max(initial=0))
    if highest > labels.size:
        names, compact = np.unique(labels, return_inverse=True)
        return names[names > 0], compact.reshape(labels.shape) + (1 if names[0] > 0 else 0)
    present = np.zeros(highest + 1, bool)
    present[labels] = True
    present[0] = False
    return np.flatnonzero(present).astype(labels.dtype), np.cumsum(present)[labels] * (labels > 0)


def number_by_first_pixel(labels: NDArray[np.int32]) -> Labels:
    """Renumber segments 1 … n by their first pixel in raster order; 0 stays 0."""
    flat, numbers = np.ascontiguousarray(labels).reshape(-1), np.zeros(int(labels.max(initial=0)) + 1, np.int32)
    run_bands(_first_pixels, flat.size, 1, flat, numbers, np.zeros(1, np.int32), whole=True)
    return take(numbers, labels)


def _interior_span(shape: tuple[int, ...]) -> tuple[int, int]:
    """The first flat index of a padded grid's interior, and one past the last."""
    padded = tuple(length + 2 for length in shape)
    first = np.ravel_multi_index((1,) * len(shape), padded)
    return int(first), int(np.prod(padded, dtype=np.int64) - first)


def _centroids(compact: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    columns = []
    for axis, length in enumerate(compact.shape):
        index = np.arange(length, dtype=np.float64).reshape([-1 if a == axis else 1 for a in range(compact.ndim)])
        weights = np.broadcast_to(index, compact.shape).ravel()
        columns.append(np.bincount(compact.ravel(), weights=weights, minlength=len(counts) + 1)[1:] / counts)
    return np.stack(columns, axis=1)


def _means(
    compact: NDArray[np.int64], image: ArrayLike | None, channel_axis: ChannelAxis, n_regions: int
) -> NDArray[np.float64]:
    if image is None:
        return np.empty((n_regions, 0))
    parsed = as_image(image, channel_axis=channel_axis)
    if parsed.shape != compact.shape:
        raise ValueError(f"image has spatial shape {parsed.shape}; expected the labels' shape {compact.shape}")
    inside = compact if parsed.mask is None else np.where(parsed.mask, compact, 0)
    found = region_sums(inside.astype(np.int32), parsed.values, n_regions)
    return np.where(found.areas[:, np.newaxis] > 0, found.means, np.nan)[1:]


def _first_pixels_numpy(
    labels: NDArray[np.int32], numbers: NDArray[np.int32], last: NDArray[np.int32], start: int, stop: int
) -> None:
    names, first = np.unique(labels[start:stop], return_index=True)
    new = names[np.argsort(first)]
    new = new[(new > 0) & (numbers[new] == 0)]
    numbers[new] = last[0] + 1 + np.arange(len(new))
    last[0] += len(new)


@kernel(numpy=_first_pixels_numpy)
def _first_pixels(
    labels: NDArray[np.int32], numbers: NDArray[np.int32], last: NDArray[np.int32], start: int, stop: int
) -> None:
    for i in range(start, stop):
        label = labels[i]
        if label > 0 and numbers[label] == 0:
            last[0] += 1
            numbers[label] = last[0]
