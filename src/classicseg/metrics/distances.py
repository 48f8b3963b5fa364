"""How far apart the surfaces of two sets of pixels lie."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from scipy.spatial import KDTree

from classicseg._core.image import as_spacing
from classicseg.metrics.binary import as_sets
from classicseg.types import Mask, Spacing


def hausdorff(
    truth: ArrayLike,
    labels: ArrayLike,
    *,
    spacing: Spacing = None,
    ignore_label: int | None = None,
    mask: Mask = None,
) -> float:
    """Measure how far the surfaces of two sets of pixels are apart where they are farthest.

    Parameters
    ----------
    truth, labels : array_like of bool, or of integers that hold one value beside 0, shape (M, N[, …])
        Two sets of pixels: True, or not 0.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    float
        The distance in units of `spacing`; 0 where both sets are empty, infinity where one is.

    Raises
    ------
    TypeError
        If `truth` or `labels` holds neither integers nor bool, `mask` is not bool, `spacing` is not a number, or
        `ignore_label` is not a whole number.
    ValueError
        If `truth` or `labels` is empty or holds more than one label beside 0, shapes differ, `spacing` does not
        fit, or no pixel takes part.

    See Also
    --------
    hausdorff95 : Leaves out the farthest twentieth.
    average_surface_distance : The mean distance.

    Notes
    -----
    max(max d(x, B), max d(y, A)), over the pixels x of the surface A and y of the surface B, with d the distance
    to the nearest pixel of the other surface [1]_. The surface of a set consists of its pixels with a face on the
    outside, or on the border of the image. The measure is symmetric. The cost is about O(n log n) for n surface
    pixels.

    References
    ----------
    .. [1] Huttenlocher D. P., Klanderman G. A., Rucklidge W. J. Comparing images using the Hausdorff distance.
       IEEE Transactions on Pattern Analysis and Machine Intelligence 15(9), 1993.

    Examples
    --------
    >>> from classicseg.metrics import hausdorff
    >>> hausdorff([[1, 1, 0, 0, 0]], [[1, 1, 1, 1, 0]], spacing=0.5)
    1.0
    """
    forth, back = _surface_distances(truth, labels, spacing, ignore_label, mask)
    return max(float(forth.max(initial=0)), float(back.max(initial=0)))


def hausdorff95(
    truth: ArrayLike,
    labels: ArrayLike,
    *,
    spacing: Spacing = None,
    ignore_label: int | None = None,
    mask: Mask = None,
) -> float:
    """Measure how far the surfaces of two sets of pixels are apart, leaving out the farthest twentieth.

    Parameters
    ----------
    truth, labels : array_like of bool, or of integers that hold one value beside 0, shape (M, N[, …])
        Two sets of pixels: True, or not 0.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    float
        The distance in units of `spacing`; 0 where both sets are empty, infinity where one is.

    Raises
    ------
    TypeError
        If `truth` or `labels` holds neither integers nor bool, `mask` is not bool, `spacing` is not a number, or
        `ignore_label` is not a whole number.
    ValueError
        If `truth` or `labels` is empty or holds more than one label beside 0, shapes differ, `spacing` does not
        fit, or no pixel takes part.

    See Also
    --------
    hausdorff : The largest distance.
    average_surface_distance : The mean distance.

    Notes
    -----
    The 95th percentile, interpolated, of the distances from one surface to the other, or of those back, whichever
    is greater [1]_. Other programs take the percentile of both directions together. Surfaces are those of
    `hausdorff`. The measure is symmetric. The cost is about O(n log n) for n surface pixels.

    References
    ----------
    .. [1] Maier-Hein L., Reinke A. and others. Metrics reloaded: recommendations for image analysis validation.
       Nature Methods 21, 2024.

    Examples
    --------
    >>> from classicseg.metrics import hausdorff95
    >>> hausdorff95([[1, 1, 0, 0, 0]], [[1, 1, 0, 0, 0]])
    0.0
    """
    ways = _surface_distances(truth, labels, spacing, ignore_label, mask)
    if any(np.isinf(way).any() for way in ways):
        return float("inf")
    return max(float(np.percentile(way, 95)) if len(way) else 0.0 for way in ways)


def average_surface_distance(
    truth: ArrayLike,
    labels: ArrayLike,
    *,
    spacing: Spacing = None,
    ignore_label: int | None = None,
    mask: Mask = None,
) -> float:
    """Measure how far the surfaces of two sets of pixels are apart on average.

    Parameters
    ----------
    truth, labels : array_like of bool, or of integers that hold one value beside 0, shape (M, N[, …])
        Two sets of pixels: True, or not 0.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    float
        The mean distance in units of `spacing`; 0 where both sets are empty, infinity where one is.

    Raises
    ------
    TypeError
        If `truth` or `labels` holds neither integers nor bool, `mask` is not bool, `spacing` is not a number, or
        `ignore_label` is not a whole number.
    ValueError
        If `truth` or `labels` is empty or holds more than one label beside 0, shapes differ, `spacing` does not
        fit, or no pixel takes part.

    See Also
    --------
    hausdorff : The largest distance.
    hausdorff95 : The largest but for a twentieth.

    Notes
    -----
    ``ASSD = (Σ d(x, B) + Σ d(y, A)) / (|A| + |B|)``, over the pixels x of the surface A and y of the surface B,
    with d the distance to the nearest pixel of the other surface [1]_. Surfaces are those of `hausdorff`. The
    measure is symmetric. The cost is about O(n log n) for n surface pixels.

    References
    ----------
    .. [1] Heimann T., van Ginneken B., Styner M. A. and others. Comparison and evaluation of methods for liver
       segmentation from CT datasets. IEEE Transactions on Medical Imaging 28(8), 2009.

    Examples
    --------
    >>> from classicseg.metrics import average_surface_distance
    >>> average_surface_distance([[1, 0, 0]], [[0, 1, 0]])
    1.0
    """
    distances = np.concatenate(_surface_distances(truth, labels, spacing, ignore_label, mask))
    return float(distances.mean()) if len(distances) else 0.0


def _surface_distances(
    truth: ArrayLike, labels: ArrayLike, spacing: Spacing, ignore_label: int | None, mask: Mask
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The distances of the surface pixels of the truth to the surface of the labels, and back."""
    ours, theirs, _ = as_sets(truth, labels, ignore_label, mask)
    spacings = as_spacing(spacing, ours.ndim)
    first, second = (np.argwhere(_surface(members)) * spacings for members in (ours, theirs))
    return _to_nearest(first, second), _to_nearest(second, first)


def _surface(members: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels of a set with a face on the outside, or on the border of the image."""
    return members & ~ndimage.binary_erosion(members)


def _to_nearest(points: NDArray[Any], others: NDArray[Any]) -> NDArray[np.float64]:
    """The distance from each point to the nearest of the others; infinite if there are none."""
    if not len(others):
        return np.full(len(points), np.inf)
    return KDTree(others).query(points)[0] if len(points) else np.empty(0)
