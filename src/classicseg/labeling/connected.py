"""Connected components of equal label, as the public function."""

from __future__ import annotations

from numpy.typing import ArrayLike

from classicseg._core.image import as_classes
from classicseg._core.numbers import as_count
from classicseg.labeling.components import connected_components
from classicseg.types import Labels


def connected_regions(labels: ArrayLike, *, connectivity: int = 1) -> Labels:
    """Split classes into connected regions.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N[, …])
        Classes, segments or a mask; 0 belongs to none.
    connectivity : int, default 1
        How many coordinates of two neighbors may differ by 1: from 1 (they share a face) to the number of axes
        (they share at least a corner).

    Returns
    -------
    ndarray of int32, shape (M, N[, …])
        The connected components of equal label, numbered 1 … n by their first pixel in raster order; 0 where
        `labels` is 0.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, or `connectivity` is not a whole number.
    ValueError
        If `labels` is empty or holds numbers outside 0 … 2147483647, or `connectivity` is not from 1 to the number
        of axes.

    See Also
    --------
    region_table : Measures the regions.
    region_boundaries : The pixels where they touch.
    region_growing_segment : Regions of similar value, without classes before.

    Notes
    -----
    Union-find [1]_ over runs of equal label [2]_ (a run is a sequence of equal labels along the last axis). The
    cost is linear in the number of pixels; beside the result, some 10 bytes a run are used. Labels of one and two
    bytes are read as they are.

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
    return connected_components(classes, as_count("connectivity", connectivity, most=classes.ndim))
