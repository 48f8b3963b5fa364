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
    return connected_components(classes, as_count("connectivity", connectivity, most=classes.ndim))
