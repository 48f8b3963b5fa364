"""Active contours: a contour is blown up or drawn together until edges hold it, and stays smooth."""

from __future__ import annotations

import itertools
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from classicseg._core.chosen import chose
from classicseg._core.grid import pad
from classicseg._core.image import as_image, as_spacing
from classicseg._core.numbers import as_count, as_number
from classicseg.filters.gradients import magnitude_of
from classicseg.level_sets.forces import attract_by_edges, press
from classicseg.level_sets.sets import Repetition, complete, members_of, sets_of, smooth_often
from classicseg.level_sets.starts import as_start
from classicseg.types import ChannelAxis, Classes, Mask, Spacing

_SHARE = 0.6
"""The default of `threshold`: the contour is pressed over so many of the pixels."""


def active_contour_segment(
    image: ArrayLike,
    *,
    init: Literal["inner"] | ArrayLike = "inner",
    balloon: int = -1,
    smoothing: int = 1,
    sigma: float = 2.0,
    threshold: float | None = None,
    max_iter: int = 1000,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Classes:
    """Press a contour outwards or inwards until edges hold it.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    init : "inner", array_like of int or bool, shape (M, N[, …]), or box, shape (ndim, 2), default "inner"
        Where the contour begins: just within the border of the image or of the mask; around the pixels that are
        not 0; or around a box, the first index of each axis and the one after the last.
    balloon : int, default -1
        1: the contour is pressed outwards. -1: inwards. 0: edges alone move it, so start near them.
    smoothing : int, default 1
        How often the contour is smoothed after each step, at least 0.
    sigma : float, default 2.0
        The standard deviation of the Gaussian that smooths the image first, in units of `spacing`, at least 0 (no
        smoothing).
    threshold : float, optional
        The gradient that stops the pressure, in value units per unit of `spacing`, at least 0. By default the one
        that 60 percent of the pixels have at most.
    max_iter : int, default 1000
        The largest number of steps, at least 0: fewer where nothing changes any more.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.

    Returns
    -------
    ndarray of int32, shape (M, N[, …])
        2 inside of the contour, and 1 outside; all is 1 where one side vanishes. 0 where a pixel takes no part.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, `init` holds no integers, or a number has the
        wrong type.
    ValueError
        If `image` is empty or its channel axis is unclear, `mask`, `spacing` or `init` does not fit its shape, a
        box does not lie in it, or a number is out of its range.

    See Also
    --------
    chan_vese_segment : A contour that needs no edges.
    geodesic_segment : Strokes whose labels meet on edges.
    boundary_segment : Regions that closed edges enclose.

    Notes
    -----
    Geodesic active contours [1]_, by morphological steps [2]_. Each step has three parts: where the gradient
    magnitude (that of `gradient_magnitude`) is at most `threshold`, the contour moves by a pixel, corners too;
    then pixels on the contour go to the side from which the gradient rises; then it is smoothed, as in
    `chan_vese_segment`. Away from borders the steps are those of scikit-image's
    ``morphological_geodesic_active_contour`` for minus the gradient; what lies beyond the border of the image or
    of the mask decides nothing.

    A step costs a few nanoseconds a pixel. Beside the image and the labels it takes 6 bytes a pixel, and the
    gradient.

    References
    ----------
    .. [1] Caselles V., Kimmel R., Sapiro G. Geodesic active contours. International Journal of Computer Vision
       22(1), 1997.
    .. [2] Márquez-Neila P., Baumela L., Alvarez L. A morphological approach to curvature-based evolution of curves
       and surfaces. IEEE Transactions on Pattern Analysis and Machine Intelligence 36(1), 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg import active_contour_segment
    >>> image = np.zeros((30, 30))
    >>> image[10:20, 10:20] = 9
    >>> labels = active_contour_segment(image, sigma=1, threshold=0.5)
    >>> labels[15, 5:25]
    array([1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1],
          dtype=int32)
    """
    balloon, smoothing = as_count("balloon", balloon, least=-1, most=1), as_count("smoothing", smoothing, least=0)
    sigma, max_iter = as_number("sigma", sigma, least=0.0), as_count("max_iter", max_iter, least=0)
    threshold = None if threshold is None else as_number("threshold", threshold, least=0.0)
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    spacings = as_spacing(spacing, len(parsed.shape))
    start, inside = as_start(init, parsed, "inner"), parsed.mask_array()
    labels = inside.astype(np.int32)
    if not inside.any():
        return labels
    strengths = magnitude_of(parsed, spacings, "sobel", sigma)
    if threshold is None:
        threshold = float(np.quantile(strengths[inside], _SHARE, method="lower"))
        chose(threshold=threshold)

    sets, ndim = sets_of(start, inside), len(parsed.shape)
    steps = [step for step in itertools.product((-1, 0, 1), repeat=ndim) if any(step)]
    around = np.array(steps, np.int64).reshape(-1, ndim) @ sets.strides
    is_free = pad((strengths <= np.float64(threshold)).view(np.uint8), ndim).reshape(-1)
    squares = np.array([(min(spacings) / step) ** 2 for step in spacings])
    flat, is_even, repetition = pad(strengths, ndim).reshape(-1), True, Repetition()
    for number in range(max_iter):
        if repetition.has_come(sets, number):
            break
        if balloon:
            press(sets, is_free, around, outwards=balloon > 0)
            complete(sets, from_greatest=balloon < 0)
        attract_by_edges(sets, flat, squares)
        complete(sets, from_greatest=False)
        is_even = smooth_often(sets, smoothing, is_even=is_even)
    members = members_of(sets, parsed.shape)
    if not members[inside].all():
        labels[members] = 2
    return labels
