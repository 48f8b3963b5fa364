"""Labels of any numbers become 1 … n, and a table gives the numbers back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import as_array
from classicseg._core.image import as_mask
from classicseg.labeling.components import check_labels
from classicseg.types import Mask, Relabeled


def relabel(labels: ArrayLike, *, mask: Mask = None) -> Relabeled:
    """Number labels 1 … n, in ascending order.

    Parameters
    ----------
    labels : array_like of int, bool or float, shape (M, N[, …])
        Labels of any size, below 0 as well; floats must be whole numbers. 0, NaN and infinite values belong to no
        segment.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    Relabeled
        `labels`, int32, of the same shape: 1 … n without gaps, and 0. And `names`, (n + 1,), of the dtype given:
        the label that each number had, so that ``names[labels]`` is what was given.

    Raises
    ------
    TypeError
        If `labels` does not hold real numbers, or `mask` is not bool.
    ValueError
        If `labels` is empty or holds floats that are not whole, `mask` does not fit its shape, or there are more
        labels than int32 has.

    See Also
    --------
    connected_regions : Numbers the pieces of labels, by their first pixel.

    Notes
    -----
    The cost is linear in the number of pixels, and beyond that sorts the runs of equal labels.

    Examples
    --------
    >>> from classicseg import relabel
    >>> labels, names = relabel([[10**12, 0, -3], [7, 7, 10**12]])
    >>> labels
    array([[3, 0, 1],
           [2, 2, 3]], dtype=int32)
    >>> names
    array([            0,            -3,             7, 1000000000000])
    """
    array, hidden = as_array("labels", labels, "biuf", "integers, bool, or whole numbers as floats")
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"labels has shape {array.shape}: it holds no pixels; expected at least one")
    inside = as_mask(mask, array.shape)
    taken = np.ones(array.shape, np.bool_) if inside is None else inside
    if hidden is not None:
        taken = taken & ~hidden
    if array.dtype.kind == "f":
        taken = taken & np.isfinite(array)
    flat = np.where(taken, array, array.dtype.type(0)).reshape(-1)
    begins = np.flatnonzero(np.append(True, flat[1:] != flat[:-1]))
    names, numbers = np.unique(flat[begins], return_inverse=True)
    if array.dtype.kind == "f" and not (names == np.trunc(names)).all():
        odd = names[names != np.trunc(names)][0]
        raise ValueError(f"labels holds {odd}; expected whole numbers; round them first")
    segments = names[names != 0]
    check_labels(len(segments), "labels")
    of_each = np.searchsorted(segments, names) + 1
    of_each[names == 0] = 0
    found = np.repeat(of_each[numbers.reshape(-1)].astype(np.int32), np.diff(begins, append=flat.size))
    return Relabeled(found.reshape(array.shape), _with_zero(segments))


def _with_zero(segments: NDArray[Any]) -> NDArray[Any]:
    """The label of each number, 0 of 0."""
    return np.concatenate([np.zeros(1, segments.dtype), segments])
