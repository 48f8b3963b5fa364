"""How compact segments are."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from classicseg._core.image import as_labels
from classicseg.labeling.numbering import compact_labels


def compactness(labels: ArrayLike) -> float:
    """Measure how round segments are: their areas as fractions of those of disks of the same perimeter.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N)
        Segments; 0 belongs to none.

    Returns
    -------
    float
        From 0 to about 0.785, that of squares; a mean over the pixels of segments.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool.
    ValueError
        If `labels` is empty, is not a plane, holds numbers outside 0 … 2147483647, or is all 0.

    See Also
    --------
    region_table : Areas and places of the segments.
    explained_variation : How well segments keep the image's colors.

    Notes
    -----
    4π · area / perimeter² of each segment, weighted by its area. The perimeter is the number of edges between a
    pixel of the segment and one that is not, the border of the image included [1]_. The cost is linear in the
    number of pixels.

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
