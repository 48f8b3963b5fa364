"""SLIC: superpixels by k-means over color and place, where no center looks farther than a cell of the start."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.chosen import chose
from classicseg._core.image import as_image, as_spacing
from classicseg._core.numbers import LARGEST, as_choice, as_count, as_number
from classicseg.filters.color import ColorSpace
from classicseg.superpixels.assignment import Turn, assign
from classicseg.superpixels.cells import equal_cells
from classicseg.superpixels.centers import largest_deviations, superpixel_sums
from classicseg.superpixels.colors import check_colors, color_planes, color_spread
from classicseg.superpixels.part import part_of
from classicseg.superpixels.pieces import one_piece_each
from classicseg.superpixels.windows import Centers, Lines, as_centers, as_lines
from classicseg.types import ChannelAxis, Mask, Spacing, Superpixels

_TURNS = 4
"""A round visits every fourth line, and the last one all: a third of the time for 0.002 of recall on BSDS500."""

_LEAST_WEIGHT = 1e-3
"""The least adaptive compactness, in default ones: a superpixel of one color stays one."""


def slic_segment(
    image: ArrayLike,
    *,
    n_segments: int = 400,
    compactness: float | Literal["adaptive"] | None = None,
    n_iter: int = 10,
    color_space: ColorSpace = "auto",
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Superpixels:
    """Divide an image into superpixels of about equal size that follow its edges.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    n_segments : int, default 400
        How many superpixels to make, at least 1. Where fewer pixels take part, each of them is one.
    compactness : float, "adaptive" or None, optional
        The difference of color that counts as much as a distance of one cell's side, in units of the image (of L*,
        a* and b* where these are compared), above 0: the greater it is, the squarer the superpixels are.
        "adaptive": of each superpixel the largest such difference so far, so that those with texture are as square
        as the smooth ones (SLICO). None: the mean, over the cells of the start, of the standard deviation of their
        colors, so that it follows the image's own units.
    n_iter : int, default 10
        How many rounds of assignment there are, from 1 to 1000.
    color_space : {"auto", "given", "lab"}, default "auto"
        Compare colors as they are given, or as CIE Lab of red, green and blue (see `rgb_to_lab`). "auto": Lab for
        three channels of uint8 or uint16, whose colors have a fixed meaning, as given for all others.
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
        Superpixels 1 … n by their first pixel in raster order, each of them connected (pixels that share a face);
        0 where a pixel takes no part. n is `n_segments`, unless a mask has more pieces or there are fewer pixels.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, or a number has the wrong type.
    ValueError
        If `image` is empty or its channel axis is unclear, `mask` or `spacing` does not fit its shape, a number is
        out of its range, or `color_space` is unknown, needs three channels, or floats for "lab" lie outside 0 to
        1.

    See Also
    --------
    seed_grid : Places as many seeds, for `watershed_segment` with a `compactness`.
    watershed_segment : Regions that end on the edges of the gradient.
    kmeans_segment : Clusters that need not be connected.

    Notes
    -----
    The distance of a pixel to a center is ``‖Δcolor‖² / compactness² + ‖Δplace‖² / S²`` [1]_, with S the side of a
    cell, (area / n_segments)^(1/2) of a picture; a center reaches the pixels at most S away along each axis, and
    moves to the mean of its pixels. The cells of the start are equal shares of the pixels that take part, cut by
    halving as in `seed_grid`, with the centers in their means.

    Of every four lines of pixels one is assigned in a round, in turn, and all in the last round: a third of the
    time, for about 0.002 less recall on BSDS500. In the end each superpixel keeps its largest
    connected piece; a smaller one joins the neighbor of the nearest mean color. Where superpixels have lost all
    pixels, the largest of the smaller pieces take their places.

    The default compactness was chosen on the training images of BSDS500, where it is 10 in L*a*b* at the median,
    and by looking at superpixels, when its scores on the validation images were known; half of it follows edges
    more closely (recall higher by 0.01) and is more ragged. A value far from all others
    raises it, so mask that value, or give a number. Scaling the values, and with them a compactness that is given,
    changes nothing, nor does uint8 times 257 in uint16; floats are compared as they are, so to have Lab of a color
    image in 0 to 1, ask for it. The start grid has corners: flips and turns of an image give other superpixels.

    The cost is linear in the number of pixels, about O(2^ndim) for each in a round. Beside the image and the
    labels it takes 6 bytes a pixel in Lab, the size of the image where there are other channels, some 10 for
    each run of a label along a line, and some 60 for each connected piece.

    References
    ----------
    .. [1] Achanta R., Shaji A., Smith K., Lucchi A., Fua P., Süsstrunk S. SLIC superpixels compared to
       state-of-the-art superpixel methods. IEEE Transactions on Pattern Analysis and Machine Intelligence 34(11),
       2012.

    Examples
    --------
    >>> from classicseg import slic_segment
    >>> slic_segment([[1, 1, 1, 9, 9, 9], [1, 1, 1, 1, 9, 9]], n_segments=2)
    array([[1, 1, 1, 2, 2, 2],
           [1, 1, 1, 1, 2, 2]], dtype=int32)
    """
    n_segments = as_count("n_segments", n_segments)
    n_iter = as_count("n_iter", n_iter, most=1000)
    weigh = _as_compactness(compactness)
    as_choice("color_space", color_space, ["auto", "given", "lab"])
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    spacings = as_spacing(spacing, len(parsed.shape))
    check_colors(parsed, color_space)
    part = part_of(parsed, spacings)
    if part.n_pixels <= n_segments:
        return parsed.scatter(np.arange(1, part.n_pixels + 1, dtype=np.int32))
    values, unit = color_planes(part.image, color_space)
    cells = equal_cells(part.shape, part.inside, n_segments, part.spacing)
    weighing = _weighing(weigh, values, cells.labels, unit)
    lines = as_lines(part.shape, np.array(part.spacing) / cells.size)
    values = values.reshape(len(values), -1, part.shape[-1])
    _iterate(values, cells.labels.reshape(values.shape[1:]), lines, n_segments + 1, weighing, n_iter)
    return part.placed(one_piece_each(cells.labels, values, n_segments))


class _Weighing(NamedTuple):
    """How color counts beside place."""

    compactness: float
    """In steps of the values."""
    is_adaptive: bool


def _as_compactness(compactness: Any) -> float | Literal["adaptive"] | None:
    if isinstance(compactness, str):
        as_choice("compactness", compactness, ["adaptive"], "a number > 0, None or ")
        return "adaptive"
    return None if compactness is None else as_number("compactness", compactness, above=0.0)


def _weighing(
    compactness: float | Literal["adaptive"] | None, values: NDArray[Any], cells: NDArray[np.int32], unit: float
) -> _Weighing:
    """The compactness that is given, or the spread of the colors in the cells."""
    if isinstance(compactness, float):
        return _Weighing(compactness * unit, False)
    spread = color_spread(values, cells, int(cells.max())) or float(np.abs(values).max()) or 1.0
    spread = min(spread, LARGEST)
    if compactness is None:
        chose(compactness=spread / unit)
    return _Weighing(spread, compactness == "adaptive")


def _iterate(
    values: NDArray[Any], labels: NDArray[np.int32], lines: Lines, n: int, weighing: _Weighing, n_iter: int
) -> None:
    """Assign the pixels of labels 1 … n - 1 round by round, in place."""
    ndim = len(lines.units)
    step = min(_TURNS, n_iter, len(labels))
    parts = [superpixel_sums(values, labels, lines.lengths, n, first, step) for first in range(step)]
    still, largest, weights = 0, np.zeros(n), np.ones(n)
    for i in range(n_iter):
        sums = np.sum(parts, axis=0)
        means = sums[:, 1:] / np.maximum(sums[:, :1], 1)
        if weighing.is_adaptive:
            found = largest_deviations(values, labels, means[:, ndim:])
            largest = np.maximum(largest, found / weighing.compactness**2)
            weights = 1 / np.maximum(largest, _LEAST_WEIGHT**2)
        inverse = _inverse(weighing.compactness, values.dtype)
        centers = _centers(means, weights, sums[:, 0] > 0, lines, inverse)
        is_last = i == n_iter - 1 or still >= step
        turn = Turn(inverse, 0, 1, True) if is_last else Turn(inverse, i % step, step, False)
        found, n_changed = assign(values, labels, centers, lines, turn)
        if is_last:
            return
        parts[turn.first] = found
        still = 0 if n_changed else still + 1


def _inverse(compactness: float, dtype: np.dtype[Any]) -> np.floating[Any]:
    """One over the compactness, in the dtype that distances of such values are computed in."""
    return (
        np.float64(min(1 / compactness, 1e300)) if dtype == np.float64 else np.float32(min(1 / compactness, 1e38))
    )


def _centers(
    means: NDArray[np.float64],
    weights: NDArray[np.float64],
    is_there: NDArray[np.bool_],
    lines: Lines,
    inverse: np.floating[Any],
) -> Centers:
    """Centers in the units of distances; what is too far to have one is nearest to nothing."""
    ndim, dtype = len(lines.units), inverse.dtype
    with np.errstate(over="ignore"):
        places, colors = means[:, :ndim] * lines.units, means[:, ndim:] * float(inverse)
        return as_centers(places.astype(dtype), colors.astype(dtype), weights.astype(dtype), is_there, lines)
