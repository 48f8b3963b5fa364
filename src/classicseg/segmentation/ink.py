"""Ink and paper on a page, by a cut along its edges (Howe 2013).

A dark stroke has a positive Laplacian and paper beside it a negative one, whatever the light. A cut that costs
much in flat places, and nothing along Canny's edges, turns that into strokes and ground. All of it is measured by
the contrast of the page's own strokes, which a local threshold finds well enough.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from classicseg._core.chosen import chose
from classicseg._core.grid import interior, neighbor_views, pad
from classicseg._core.image import Image, as_canonical, as_scalar_image
from classicseg._core.numbers import as_number
from classicseg.edges.canny import canny_edges
from classicseg.labeling.components import connected_components
from classicseg.solvers.grid_flow import empty_grid, source_side
from classicseg.thresholds.local.methods import as_local_rule, as_window, split_image
from classicseg.thresholds.local.windows import as_windowed
from classicseg.types import ChannelAxis, Classes, Mask

_LEVELS = 1024
"""Values are whole numbers of so many parts of the contrast: their sums are exact, in any order."""

_FARTHEST = 10 * _LEVELS
"""No value is farther from the page's median: squares have room, and a fill value does no harm."""

_CLOSING = 21
"""The paper behind a stroke is the closing by such a window."""

_SIGMA, _HIGH, _LOW = 0.6, 0.2 * _LEVELS, 0.08 * _LEVELS
"""Canny's edges: levels per pixel."""

_STEP = 0.3 * _LEVELS
"""A rise that is an edge on whichever side of it Canny's pixel lies."""

_SMOOTHNESS = 3.0
"""What a cut costs, in contrasts."""

_STEPS = 640
"""Capacities are whole numbers of so many parts of the contrast."""

_MOST = 2.0**21
"""No cut costs more: it is never made."""

_NEAR, _WIDE = 41, 151
"""Windows: of the local threshold, and of what strokes and paper around are like."""

_PULL, _MIDDLE = 0.2, 0.55
"""How much the local threshold counts beside the Laplacian, and where between ink and paper it lies."""

_BIAS = 0.035
"""In doubt it is paper: contrasts."""

_ROUGH = 3.5
"""Where paper deviates by more than a contrast divided by this, so many deviations take the contrast's place."""

_SHADE = 0.3
"""Strokes in the shade have this share of the contrast at least."""

_OUTLINE, _SHARE = 21, 0.6
"""Outlines are drawn where the value is this share of the way from the ink to the paper, both means of a
window."""

_EDGE, _DARK = 0.17, 0.8
"""A piece of ink has an outline as steep as this, in contrasts per pixel, and a pixel as dark."""


def ink_segment(
    image: ArrayLike, *, smoothness: float | None = None, channel_axis: ChannelAxis = "auto", mask: Mask = None
) -> Classes:
    """Divide a page into ink, which is dark, and paper.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey image or a volume, of any real dtype, or a color image, whose luminance is taken. NaN and infinite
        values take no part.
    smoothness : float, optional
        The cost of a cut between two neighbors away from edges, at least 0, in value units, as the Laplacian is.
        By default three times the contrast of the page's strokes.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    ndarray of int32, shape (M, N[, …])
        1 is ink and 2 is paper; 1 everywhere if there is no ink; 0 where a pixel takes no part.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool or `smoothness` is not a number.
    ValueError
        If `image` is empty, its channel axis is unclear or its channels have no luminance, `mask` does not fit its
        shape or `smoothness` is out of its range.

    See Also
    --------
    local_threshold_segment : A threshold for each pixel: faster, and for other things than ink.
    graph_cut_segment : Cuts by costs that are given.

    Notes
    -----
    A pixel that is ink costs minus its Laplacian, one that is paper costs the Laplacian, and two neighbors of
    different classes cost `smoothness`; but nothing where one of them is on one of Canny's edges, the other is
    not, and the one on the edge is not the brighter one, or they differ by three tenths of the contrast [1]_.
    A fifth of what a local threshold says is added to the Laplacian, and a little for paper. The least cost is
    found by a maximum flow [2]_.

    Howe finds the smoothness and the thresholds of the edges page by page, by the stability of the result. Here
    they are parts of the contrast of the page's own strokes: of the pixels that the local threshold "isauvola"
    calls ink, the median of how far they are below their closing by a window of 21 pixels. In the shade the
    contrast is less, as the paper is darker; where paper is rough, its roughness takes the place of the contrast.

    At last outlines are drawn anew, by a pixel at most: ink is what is, after sharpening, below six tenths of the
    way from the mean of the ink to that of the paper, in a window of 21 pixels. Pieces of ink that are pale, or
    whose outlines are not steep, are dropped: stains, folds, and what shines through from the other side.

    The range of the values sets the scale of that local threshold. A value far from all others (a dead pixel, a
    fill value) changes it, so mask that value.

    The cost is linear in the pixels, in practice. It takes about 200 bytes a pixel.

    On the 60 pages of the DIBCO contests of 2009 to 2012 and 2016, on which the constants were chosen, the mean
    F-measure is 90.9 %; that of the best local threshold, "isauvola", is 88.1.

    References
    ----------
    .. [1] Howe N. R. Document binarization with automatic parameter tuning. International Journal on Document
       Analysis and Recognition 16(3), 2013.
    .. [2] Boykov Y., Kolmogorov V. An experimental comparison of min-cut/max-flow algorithms for energy
       minimization in vision. IEEE Transactions on Pattern Analysis and Machine Intelligence 26(9), 2004.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg import ink_segment
    >>> page = np.full((5, 9), 200)
    >>> page[2, 2:7] = 40
    >>> ink_segment(page)
    array([[2, 2, 2, 2, 2, 2, 2, 2, 2],
           [2, 2, 2, 2, 2, 2, 2, 2, 2],
           [2, 2, 1, 1, 1, 1, 1, 2, 2],
           [2, 2, 2, 2, 2, 2, 2, 2, 2],
           [2, 2, 2, 2, 2, 2, 2, 2, 2]], dtype=int32)
    """
    cost = None if smoothness is None else as_number("smoothness", smoothness, least=0.0)
    parsed = as_scalar_image(image, channel_axis=channel_axis, mask=mask)
    inside, values = parsed.mask_array(), parsed.values[..., 0].astype(np.float64)
    if not inside.any() or np.ptp(values[inside]) == 0:
        return inside.astype(np.int32)
    guess = _by_local_threshold(values, parsed)
    contrast = _contrast(values, guess, inside)
    if cost is None:
        chose(smoothness=_SMOOTHNESS * contrast)
    wide = (values - np.median(values[inside])) * (_LEVELS / contrast)
    levels = np.where(inside, np.rint(wide.clip(-_FARTHEST, _FARTHEST)), 0).astype(np.int64)
    around = _around(levels, guess, inside, _WIDE)
    unit = _unit(levels, around)
    flat = (levels - around.paper) / unit
    edges = canny_edges(flat, sigma=_SIGMA, low=_LOW, high=_HIGH, channel_axis=None, mask=inside)
    near = _around(levels, guess, inside, _NEAR)
    pull = _PULL * (near.ink + _MIDDLE * (near.paper - near.ink) - levels)
    ink = _cut(levels, edges, pull, unit, inside, _SMOOTHNESS if cost is None else cost / contrast)
    ink = _confirmed(levels, _drawn_anew(levels, ink, inside), unit, around.paper, inside)
    return np.where(inside, 2 - ink if ink.any() else 1, 0).astype(np.int32)


class _Around(NamedTuple):
    """What ink and paper are like in the window around each pixel."""

    ink: NDArray[np.float64]
    """The mean; a contrast below the paper's where there is no ink, and the other way round."""
    paper: NDArray[np.float64]
    deviation: NDArray[np.float64]
    """Of the paper."""


def _by_local_threshold(values: NDArray[np.float64], image: Image) -> NDArray[np.bool_]:
    """Ink by the best local threshold on the pages of the DIBCO contests, at its setting for them."""
    inside = image.mask_array()
    lowest, highest = values[inside].min(), values[inside].max()
    bytes_ = np.where(inside, np.rint((values - lowest) * (255 / (highest - lowest))), 0).astype(np.uint8)
    grey = Image(as_canonical(bytes_[..., np.newaxis]), image.mask)
    windowed = as_windowed(grey, as_window(25, values.ndim))
    labels, _ = split_image(windowed, as_local_rule("isauvola", k=0.1, r=128.0))
    return (labels.reshape(values.shape) == 1) & inside


def _contrast(values: NDArray[np.float64], ink: NDArray[np.bool_], inside: NDArray[np.bool_]) -> float:
    """How much darker strokes are than the paper behind them, the median of their pixels; more than 0."""
    far = ndimage.maximum_filter(np.where(inside, values, -np.inf), _CLOSING, mode="constant", cval=-np.inf)
    closed = ndimage.minimum_filter(np.where(inside, far, np.inf), _CLOSING, mode="constant", cval=np.inf)
    depths = (closed - values)[ink]
    usual = float(np.median(depths)) if len(depths) else 0.0
    return usual if usual > 0 else float(np.ptp(values[inside]))


def _around(levels: NDArray[np.int64], ink: NDArray[np.bool_], inside: NDArray[np.bool_], window: int) -> _Around:
    """Means over windows; pixels beside ink, half of one and half of the other, count for neither."""
    paper = inside & ~ndimage.binary_dilation(ink)
    (own, n_ink), (others, n_paper) = _window_means(levels, ink, window), _window_means(levels, paper, window)
    squares = _window_sums(levels * levels * paper, window)
    deviation = np.sqrt(np.maximum(squares / np.maximum(n_paper, 1) - others * others, 0))
    own = np.where(n_ink > 0, own, others - _LEVELS)
    return _Around(own, np.where(n_paper > 0, others, own + _LEVELS), deviation)


def _unit(levels: NDArray[np.int64], around: _Around) -> NDArray[np.float64]:
    """What a contrast is around each pixel: less in the shade, and no less than the paper's roughness."""
    light = 1 - around.paper / min(-1, int(levels.min()))  # the median is 0, and the darkest pixel black
    return np.maximum(light.clip(_SHADE, 1), _ROUGH * around.deviation / _LEVELS)


def _cut(
    levels: NDArray[np.int64],
    edges: NDArray[np.bool_],
    pull: NDArray[np.float64],
    unit: NDArray[np.float64],
    inside: NDArray[np.bool_],
    smoothness: float,
) -> NDArray[np.bool_]:
    """Ink, by the cut of least cost; of several the one with the least ink."""
    ndim = levels.ndim
    grid = empty_grid(levels.shape, 1)
    gains = np.zeros(levels.shape, np.int64)
    capacity = np.int32(round(min(smoothness * _STEPS, _MOST)))
    arcs = np.zeros((*(length + 2 for length in levels.shape), len(grid.offsets)), np.int32)
    within = arcs[(slice(1, -1),) * ndim]
    for direction, step in enumerate(map(tuple, grid.steps.tolist())):
        rises, is_cut = _towards(step, levels, inside, edges)
        neighbor_views(gains, step)[0][...] += rises
        neighbor_views(within[..., direction], step)[0][...] = capacity * is_cut
    worth = (gains + pull) / unit - _BIAS * _LEVELS
    terminals = np.where(inside, np.rint(worth * (2 * _STEPS / _LEVELS)), 0).astype(np.int32)
    grid = grid._replace(arcs=arcs.reshape(-1, len(grid.offsets)), terminals=pad(terminals, ndim).reshape(-1))
    return interior(source_side(grid), grid.shape)


def _towards(
    step: tuple[int, ...], levels: NDArray[np.int64], inside: NDArray[np.bool_], edges: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """How far the values rise from pixels to their neighbors at a step, and whether a cut between them costs."""
    (own, beside), (takes_part, too) = neighbor_views(levels, step), neighbor_views(inside, step)
    on_edge, beside_edge = neighbor_views(edges, step)
    rises = np.where(takes_part & too, beside - own, 0)
    of_edge = np.where(on_edge, rises, -rises)  # from the pixel on the edge to the other one
    is_free = (on_edge ^ beside_edge) & ((of_edge >= 0) | (of_edge <= -_STEP))
    return rises, takes_part & too & ~is_free


def _drawn_anew(levels: NDArray[np.int64], ink: NDArray[np.bool_], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Ink and its neighbors where their sharpened values are below a share of the way from ink to paper."""
    own, n_ink = _window_means(levels, ink, _OUTLINE)
    others, n_paper = _window_means(levels, inside & ~ink, _OUTLINE)
    smooth = _smoothed(_smoothed(levels, inside), inside)
    laplacian = np.zeros(levels.shape, np.int64)
    for axis in range(levels.ndim):
        after, before = _sides(smooth, axis, inside)
        laplacian += after + before - 2 * smooth
    sharp = levels - laplacian / 16**levels.ndim
    ways = np.maximum(others - own, 0.3 * _LEVELS)
    is_below = np.where((n_ink > 0) & (n_paper > 0), sharp <= own + _SHARE * ways, ink)
    return ndimage.binary_dilation(ink) & inside & is_below


def _confirmed(
    levels: NDArray[np.int64],
    ink: NDArray[np.bool_],
    unit: NDArray[np.float64],
    paper: NDArray[np.float64],
    inside: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """The connected pieces of ink with steep outlines and dark pixels: stains, folds and what shines through lack
    one or the other."""
    smooth = _smoothed(levels, inside)
    squares = np.zeros(levels.shape, np.int64)
    for axis in range(levels.ndim):
        after, before = _sides(smooth, axis, inside)
        squares += (after - before) ** 2
    steepest = np.sqrt(ndimage.maximum_filter(squares * inside, 3, mode="nearest")) / (2 * 4**levels.ndim)
    pieces = connected_components(ink, ink.ndim)
    n_pieces = int(pieces.max(initial=0)) + 1
    outline = ink & ~ndimage.binary_erosion(ink | ~inside, border_value=1)
    excess = np.rint(steepest[outline] - _EDGE * _LEVELS * unit[outline])  # whole numbers, whose sums are exact
    steep = np.bincount(pieces[outline], excess, n_pieces) >= 0
    dark = np.bincount(pieces[paper - levels >= _DARK * _LEVELS * unit], minlength=n_pieces) > 0
    is_ink = steep & dark
    is_ink[0] = False
    return is_ink[pieces]


def _smoothed(values: NDArray[np.int64], inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """4 to the power of the axes times the binomial mean of three along each axis."""
    for axis in range(values.ndim):
        after, before = _sides(values, axis, inside)
        values = 2 * values + after + before
    return values


def _sides(
    values: NDArray[np.int64], axis: int, inside: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The neighbors along an axis; in place of one that takes no part, the pixel itself."""
    places, last = np.arange(values.shape[axis]), values.shape[axis] - 1
    sides = (np.minimum(places + 1, last), np.maximum(places - 1, 0))
    after, before = (
        np.where(np.take(inside, side, axis=axis), np.take(values, side, axis=axis), values) for side in sides
    )
    return after, before


def _window_means(
    levels: NDArray[np.int64], part: NDArray[np.bool_], window: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The mean over the pixels of a part in the window around each pixel, 0 where there are none; their number."""
    count = _window_sums(part, window)
    return _window_sums(levels * part, window) / np.maximum(count, 1), count


def _window_sums(values: NDArray[np.integer] | NDArray[np.bool_], window: int) -> NDArray[np.int64]:
    """Sums over windows around each pixel, cut at the border."""
    sums = values.astype(np.int64)
    for axis, length in enumerate(values.shape):
        places, reach = np.arange(length), window // 2
        totals = np.cumsum(np.insert(sums, 0, 0, axis=axis), axis=axis)
        ends, starts = np.minimum(places + reach + 1, length), np.maximum(places - reach, 0)
        sums = np.take(totals, ends, axis=axis) - np.take(totals, starts, axis=axis)
    return sums
