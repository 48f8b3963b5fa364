"""Images made of labels: where regions touch, and their mean values."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import as_array
from classicseg._core.grid import interior, neighbor_offsets
from classicseg._core.image import as_image, as_labels
from classicseg._core.numbers import as_count
from classicseg.labeling.numbering import compact_labels
from classicseg.regions.statistics import region_sums
from classicseg.types import ChannelAxis


def region_boundaries(labels: ArrayLike, *, connectivity: int = 1) -> NDArray[np.bool_]:
    """Mark the pixels of segments that touch another label.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N[, …])
        Segments; 0 belongs to none.
    connectivity : int, default 1
        How many coordinates of two neighbors may differ by 1: from 1 (they share a face) to the number of axes
        (they share at least a corner).

    Returns
    -------
    ndarray of bool, shape (M, N[, …])
        True where a pixel of a segment has a neighbor with another label, 0 included. Between two segments both
        sides are marked, so that the line there is two pixels wide. The border of the image is no boundary.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, or `connectivity` is not a whole number.
    ValueError
        If `labels` is empty or holds numbers outside 0 … 2147483647, or `connectivity` is not from 1 to the number
        of axes.

    See Also
    --------
    canny_edges : Edges of an image, without segments.
    watershed_segment : Keeps lines between regions, one pixel wide (``lines=True``).

    Notes
    -----
    The cost is linear in the number of pixels.

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


def label_means(labels: ArrayLike, image: ArrayLike, *, channel_axis: ChannelAxis = "auto") -> NDArray[np.float64]:
    """Replace each pixel by the mean value of its segment.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N[, …])
        Segments or classes; 0 belongs to none.
    image : array_like, shape (M, N[, …][, C])
        The values that the means are taken of, with the labels' shape, with or without channels. Pixels that are
        masked (in a masked array) or not finite enter no mean.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels of `image`. None: there is none, every axis is spatial. "auto": of three or more
        axes it is the last one, which must have a length of 1 to 4.

    Returns
    -------
    ndarray of float64, shape (M, N[, …][, C])
        The means in the image's units, channels last; 0 where the label is 0, NaN where no pixel of a segment
        entered its mean. Round them to look at them as uint8.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, or `image` does not hold real numbers.
    ValueError
        If `labels` is empty or holds numbers outside 0 … 2147483647, or `image` has another shape or an unclear
        channel axis.

    See Also
    --------
    region_table : The same means as a table, with areas and places.

    Notes
    -----
    The cost is linear in the number of pixels n, or O(n log n) where labels are larger than n. Each mean is
    rounded once.

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


def _means(
    compact: NDArray[np.int64], image: ArrayLike, channel_axis: ChannelAxis, n_regions: int
) -> NDArray[np.float64]:
    """The mean value of each label 1 … n, (n, channels), NaN over no pixel."""
    parsed = as_image(image, channel_axis=channel_axis)
    if parsed.shape != compact.shape:
        raise ValueError(
            f"image has spatial shape {parsed.shape}; expected the labels' shape {compact.shape}; crop one, "
            "or name the image's channel_axis"
        )
    inside = compact if parsed.mask is None else np.where(parsed.mask, compact, 0)
    found = region_sums(inside.astype(np.int32), parsed.values, n_regions)
    return np.where(found.areas[:, np.newaxis] > 0, found.means, np.nan)[1:]
