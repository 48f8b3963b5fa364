"""What superpixels are without a truth: how many, whether each is one piece, and how much contour they draw.

Recall rises with every pixel that is called a boundary, so a score of regularity belongs beside it.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from classicseg._core.image import as_labels, as_mask
from classicseg._core.numbers import as_count
from classicseg.labeling.components import connected_components
from classicseg.labeling.numbering import compact_labels
from classicseg.metrics.boundaries import boundary_line
from classicseg.types import Mask


def count_control(labels: ArrayLike, *, n_segments: int) -> float:
    """Take the number of segments as a multiple of the number that was asked for.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N[, …])
        Classes, segments or a mask; 0 belongs to none.
    n_segments : int
        The number of segments that was asked for, at least 1.

    Returns
    -------
    float
        1 where there are as many as asked, less where there are fewer.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, or `n_segments` is not a whole number.
    ValueError
        If `labels` is empty or holds numbers outside 0 … 2147483647, or `n_segments` is less than 1.

    See Also
    --------
    segment_connectivity : Whether the segments that are counted are single pieces.
    contour_density : How much contour they draw.

    Notes
    -----
    The control over the number of superpixels, one of the criteria of [1]_. A label counts once, in however many
    pieces it is. The cost is linear in the number of pixels.

    References
    ----------
    .. [1] Barcelos I. B., Belém F. C., João L. M., Patrocínio Z. K. G., Falcão A. X., Guimarães S. J. F. A
       comprehensive review and new taxonomy on superpixel segmentation. ACM Computing Surveys 56(8), 2024.

    Examples
    --------
    >>> from classicseg.metrics import count_control
    >>> count_control([[1, 1, 2, 2, 4]], n_segments=4)
    0.75
    """
    names, _ = compact_labels(as_labels(labels))
    return len(names) / as_count("n_segments", n_segments)


def segment_connectivity(labels: ArrayLike, *, connectivity: int = 1) -> float:
    """Take the number of segments as a fraction of the number of connected pieces that they are in.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N[, …])
        Classes, segments or a mask; 0 belongs to none.
    connectivity : int, default 1
        How many coordinates of two neighbors may differ by 1: from 1 (they share a face) to the number of axes
        (they share at least a corner).

    Returns
    -------
    float
        From above 0 to 1: 1 where each segment is one piece.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, or `connectivity` is not a whole number.
    ValueError
        If `labels` is empty, holds numbers outside 0 … 2147483647 or is all 0, or `connectivity` is out of its
        range.

    See Also
    --------
    connected_regions : Makes a segment of each piece.
    count_control : Whether there are as many segments as asked.

    Notes
    -----
    The connectivity of superpixels, one of the criteria of [1]_. The cost is linear in the number of pixels.

    References
    ----------
    .. [1] Barcelos I. B., Belém F. C., João L. M., Patrocínio Z. K. G., Falcão A. X., Guimarães S. J. F. A
       comprehensive review and new taxonomy on superpixel segmentation. ACM Computing Surveys 56(8), 2024.

    Examples
    --------
    >>> from classicseg.metrics import segment_connectivity
    >>> segment_connectivity([[1, 1, 2, 1]])
    0.6666666666666666
    """
    segments = as_labels(labels)
    connectivity = as_count("connectivity", connectivity, most=segments.ndim)
    names, _ = compact_labels(segments)
    if not len(names):
        raise ValueError("labels are all 0; expected one segment or more")
    return len(names) / int(connected_components(segments, connectivity).max())


def contour_density(labels: ArrayLike, *, mask: Mask = None) -> float:
    """Take the fraction of pixels that lie on the boundary of a segment.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N[, …])
        Segments; 0 is a label like any other.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    float
        From 0, for a single segment, to 1.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, or `mask` is not bool.
    ValueError
        If `labels` is empty or holds numbers outside 0 … 2147483647, `mask` does not fit its shape, or no pixel
        takes part.

    See Also
    --------
    boundary_recall : What this contour finds of a truth.
    compactness : How round segments are.

    Notes
    -----
    The contour is one pixel wide, where `boundary_recall` takes the pixels on both sides of it: superpixels that
    find as much with less of it are the better ones [1]_. The border of the image is none. The cost is linear in
    the number of pixels.

    References
    ----------
    .. [1] Machairas V., Faessel M., Cárdenas-Peña D., Chabardes T., Walter T., Decencière E. Waterpixels. IEEE
       Transactions on Image Processing 24(11), 2015.

    Examples
    --------
    >>> from classicseg.metrics import contour_density
    >>> contour_density([[1, 1, 1, 2, 2]])
    0.2
    """
    segments = as_labels(labels)
    inside = as_mask(mask, segments.shape)
    n_pixels = segments.size if inside is None else int(inside.sum())
    if not n_pixels:
        raise ValueError("mask is False everywhere; expected at least one pixel that takes part")
    return int(boundary_line(segments, inside).sum()) / n_pixels
