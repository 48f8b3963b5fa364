"""Chan and Vese's segmentation: a contour moves until its two sides differ as much as they can in their mean.

No edge is needed: each pixel on the contour goes to the side whose mean is nearer, and the contour is smoothed, by
steps on sets of pixels that stand for the equations of a level set.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.grid import pad
from classicseg._core.image import as_image
from classicseg._core.numbers import as_count, as_number
from classicseg.histograms.variance import variance
from classicseg.level_sets.forces import attract_by_means
from classicseg.level_sets.sets import Repetition, Sets, changes, complete, members_of, sets_of, smooth_often
from classicseg.level_sets.starts import as_start
from classicseg.types import ChannelAxis, Classes, Mask


def chan_vese_segment(
    image: ArrayLike,
    *,
    init: Literal["grid"] | ArrayLike = "grid",
    smoothing: int = 1,
    inside_weight: float = 1.0,
    outside_weight: float = 1.0,
    max_iter: int = 200,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
) -> Classes:
    """Move a contour until the means of its two sides differ as much as they can.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    init : "grid", array_like of int or bool, shape (M, N[, …]), or box, shape (ndim, 2), default "grid"
        Where the contour begins: around the squares of a grid over the whole image; around the pixels that are not
        0; or around a box, the first index of each axis and the one after the last.
    smoothing : int, default 1
        How often the contour is smoothed after each step, at least 0; about as many pixels as a thin part is wide
        that vanishes.
    inside_weight : float, default 1.0
        How much it costs, at least 0, that a pixel inside of `init` differs from the mean there.
    outside_weight : float, default 1.0
        The same outside: the side that weighs more becomes the more even one.
    max_iter : int, default 200
        The largest number of steps, at least 0: fewer where nothing changes any more.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    ndarray of int32, shape (M, N[, …])
        Class 1 is the darker side, class 2 the brighter one, by the sum of the channels' means; all is 1 where one
        side vanishes. 0 where a pixel takes no part.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, `init` holds no integers, or a number has the
        wrong type.
    ValueError
        If `image` is empty or its channel axis is unclear, `mask` or `init` does not fit its shape, a box does not
        lie in it, or a number is out of its range.

    See Also
    --------
    active_contour_segment : A contour that edges stop.
    threshold_segment : Two classes by their values alone.
    kmeans_segment : Several classes.

    Notes
    -----
    Active contours without edges [1]_, by morphological steps [2]_: pixels on the contour, whose two neighbors
    along some axis differ, go to the side of the nearer mean (squared differences of all channels, times the
    weight of the side), then the contour is smoothed by the greatest of the least over flat pieces of 3 pixels a
    side, or by the least of the greatest, in turns. Away from borders the steps are those of scikit-image's
    ``morphological_chan_vese`` (lambda1 is `inside_weight`); what lies beyond the border of the image or of the
    mask decides nothing here, there it counts as outside.

    Sets are of bytes: a step costs a few nanoseconds a pixel, whatever the number of channels. Beside the image
    and the labels it takes 5 bytes a pixel, and those of a padded copy of the image.

    References
    ----------
    .. [1] Chan T. F., Vese L. A. Active contours without edges. IEEE Transactions on Image Processing 10(2), 2001.
    .. [2] Márquez-Neila P., Baumela L., Alvarez L. A morphological approach to curvature-based evolution of curves
       and surfaces. IEEE Transactions on Pattern Analysis and Machine Intelligence 36(1), 2014.

    Examples
    --------
    >>> from classicseg import chan_vese_segment
    >>> chan_vese_segment([[1, 2, 1, 7, 8, 9]], init=[[0, 1], [0, 2]])
    array([[1, 1, 1, 2, 2, 2]], dtype=int32)
    """
    smoothing, max_iter = as_count("smoothing", smoothing, least=0), as_count("max_iter", max_iter, least=0)
    weights = (
        as_number("outside_weight", outside_weight, least=0.0),
        as_number("inside_weight", inside_weight, least=0.0),
    )
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    start, inside = as_start(init, parsed, "grid"), parsed.mask_array()
    labels = inside.astype(np.int32)
    if variance(parsed) == 0:
        return labels
    sets = sets_of(start, inside)
    values = pad(parsed.values, len(parsed.shape)).reshape(-1, parsed.n_channels)
    means = _moved(sets, values, weights, smoothing, max_iter)
    if means is None:
        return labels
    outside, within = ((math.fsum(mean), *mean) for mean in means.tolist())
    if outside != within:
        labels[inside & (members_of(sets, parsed.shape) == (within > outside))] = 2
    return labels


def _moved(
    sets: Sets, values: NDArray[Any], weights: tuple[float, float], smoothing: int, max_iter: int
) -> NDArray[np.float64] | None:
    """Move the contour; return the means outside and inside, or None where one side has vanished."""
    whole = _Sums(values.shape[1])
    whole.add(changes(sets._replace(for_greatest=sets.inside), values))
    sets.before[:] = 0
    part, is_even, repetition = _Sums(values.shape[1]), True, Repetition()
    part.add(changes(sets, values))
    for number in range(max_iter):
        if not 0 < part.count < whole.count:
            break
        if repetition.has_come(sets, number):
            break
        attract_by_means(sets, values, whole.means_around(part), weights)
        complete(sets, from_greatest=False)
        is_even = smooth_often(sets, smoothing, is_even=is_even)
        part.add(changes(sets, values))
    return whole.means_around(part) if 0 < part.count < whole.count else None


class _Sums:
    """How many pixels a set has, and the sums of their values, with twice the bits of float64."""

    def __init__(self, n_channels: int) -> None:
        self.count = 0
        self.sums = [(0.0, 0.0)] * n_channels

    def add(self, found: tuple[int, list[list[float]]]) -> None:
        """Add what has changed."""
        self.count += found[0]
        self.sums = [_two_floats([*old, *new]) for old, new in zip(self.sums, found[1], strict=True)]

    def means_around(self, part: _Sums) -> NDArray[np.float64]:
        """The means of the other pixels, and of a part."""
        others = [math.fsum([*a, *(-x for x in b)]) for a, b in zip(self.sums, part.sums, strict=True)]
        within = [math.fsum(pair) for pair in part.sums]
        return np.array([np.array(others) / (self.count - part.count), np.array(within) / part.count])


def _two_floats(parts: list[float]) -> tuple[float, float]:
    rounded = math.fsum(parts)
    return rounded, math.fsum([*parts, -rounded])
