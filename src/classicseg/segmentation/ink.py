"""Ink and paper on a page, by a cut along its edges (Howe 2013).

A dark stroke has a positive Laplacian and paper beside it a negative one, whatever the light. A cut that costs
much in flat places, and nothing along Canny's edges, turns that into strokes and ground. How much it should cost
is found page by page: the cut that agrees best with a local threshold, which looks at other things.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.chosen import chose
from classicseg._core.grid import interior, neighbor_views, pad
from classicseg._core.image import Image, as_canonical, as_scalar_image
from classicseg._core.numbers import as_number
from classicseg.edges.canny import canny_edges
from classicseg.solvers.grid_flow import Grid, empty_grid, source_side
from classicseg.thresholds.local.methods import as_local_rule, as_window, split_image
from classicseg.thresholds.local.windows import as_windowed
from classicseg.types import ChannelAxis, Classes, Mask

_LEVELS = 255.0
"""The values of a page are stretched to so many levels, from its darkest to its brightest."""

_SIGMA, _HIGH, _LOW = 0.6, 0.5 * _LEVELS / 8, 0.2 * _LEVELS / 8
"""Canny's edges: levels per pixel."""

_SMOOTHNESSES = (30.0, 60.0, 120.0, 240.0, 480.0, 960.0)
"""What is tried, in levels."""

_STEPS = 8
"""Capacities are whole numbers of a part of a level."""

_MOST = 2.0**21
"""No cut costs more: it is never made."""

_WINDOW, _SHARE = 21, 0.6
"""Outlines are drawn where the value is this share of the way from the ink to the paper, both means of a
window."""


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
        By default one of 30, 60, 120, 240, 480 and 960 parts in 255 of the range of the values that take part:
        that which agrees best with the local threshold "isauvola".
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
    not, and the one on the edge is not the brighter one [1]_. The least cost is found by a maximum flow [2]_. Howe
    chooses the smoothness by the stability of the result; to choose it by its agreement with another method has
    done better on the pages of the DIBCO contests. At last outlines are drawn anew, by a pixel at most: ink is
    what is below six tenths of the way from the mean of the ink to that of the paper, in a window of 21 pixels.

    The range of the values sets the scale of Canny's thresholds: 16 levels per pixel, and 6.4 for the lower one,
    of 255 in all. A value far from all others (a dead pixel, a fill value) changes it, so mask that value.

    The cost is that of six flows, in practice linear in the pixels, or of one where `smoothness` is given. It
    takes about 100 bytes a pixel.

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
    if not inside.any():
        return inside.astype(np.int32)
    lowest, highest = values[inside].min(), values[inside].max()
    unit = (highest - lowest) / _LEVELS
    if unit == 0:
        return inside.astype(np.int32)
    levels = np.where(inside, (values - lowest) / unit, 0.0)
    page = _page_of(levels, parsed)
    if cost is None:
        ink, found = _best_cut(page)
        chose(smoothness=found * unit)
    else:
        ink = _cut(page, min(cost / unit, _MOST / _STEPS))
    ink = _drawn_anew(levels, ink, inside)
    return np.where(inside, 2 - ink if ink.any() else 1, 0).astype(np.int32)


class _Page(NamedTuple):
    """A page before it is cut."""

    gains: NDArray[np.int32]
    """(n_nodes,), what a pixel gains by being ink."""
    is_open: NDArray[np.bool_]
    """(n_nodes, n_directions), whether a cut costs anything."""
    grid: Grid
    other: NDArray[np.bool_]
    """Ink by the local threshold, of the spatial shape."""


def _page_of(levels: NDArray[np.float64], image: Image) -> _Page:
    """The costs of a page, and another opinion of it."""
    ndim, inside = levels.ndim, image.mask_array()
    edges = canny_edges(levels, sigma=_SIGMA, low=_LOW, high=_HIGH, channel_axis=None, mask=inside)
    grid = empty_grid(levels.shape, 1)
    laplacian = np.zeros(levels.shape)
    is_open = np.zeros((*(length + 2 for length in levels.shape), len(grid.offsets)), bool)
    within = is_open[(slice(1, -1),) * ndim]
    for direction in range(0, len(grid.offsets), 2):
        both_ways = np.zeros((2, *levels.shape))  # their sum is the same from either side
        for way in (0, 1):
            step = tuple(grid.steps[direction + way].tolist())
            rises, is_cut = _towards(step, levels, inside, edges)
            neighbor_views(both_ways[way], step)[0][...] = rises
            neighbor_views(within[..., direction + way], step)[0][...] = is_cut
        laplacian += both_ways[0] + both_ways[1]
    gains = np.rint(2 * _STEPS * laplacian).astype(np.int32)
    other = _by_local_threshold(levels, image)
    return _Page(pad(gains, ndim).reshape(-1), is_open.reshape(-1, len(grid.offsets)), grid, other)


def _towards(
    step: tuple[int, ...], levels: NDArray[np.float64], inside: NDArray[np.bool_], edges: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """How far the values rise from pixels to their neighbors at a step, and whether a cut between them costs."""
    (own, beside), (takes_part, too) = neighbor_views(levels, step), neighbor_views(inside, step)
    on_edge, beside_edge = neighbor_views(edges, step)
    is_free = (on_edge & ~beside_edge & (own <= beside)) | (beside_edge & ~on_edge & (beside <= own))
    return np.where(takes_part & too, beside - own, 0.0), takes_part & too & ~is_free


def _by_local_threshold(levels: NDArray[np.float64], image: Image) -> NDArray[np.bool_]:
    """Ink by the best local threshold on the pages of the DIBCO contests, at its setting for them."""
    grey = Image(as_canonical(np.rint(levels).astype(np.uint8)[..., np.newaxis]), image.mask)
    windowed = as_windowed(grey, as_window(25, levels.ndim))
    labels, _ = split_image(windowed, as_local_rule("isauvola", k=0.1, r=128.0))
    return (labels.reshape(levels.shape) == 1) & image.mask_array()


def _cut(page: _Page, smoothness: float) -> NDArray[np.bool_]:
    """Ink, by the cut of least cost; of several the one with the least ink."""
    capacity = np.int32(round(smoothness * _STEPS))
    grid = page.grid._replace(arcs=page.is_open * capacity, terminals=page.gains.copy())
    return interior(source_side(grid), grid.shape)


def _best_cut(page: _Page) -> tuple[NDArray[np.bool_], float]:
    """The cut that has most in common with the other opinion, and its smoothness."""
    best: tuple[float, NDArray[np.bool_], float] | None = None
    for smoothness in _SMOOTHNESSES:
        ink = _cut(page, smoothness)
        n_both = int(np.count_nonzero(ink) + np.count_nonzero(page.other))
        agreement = 2 * int(np.count_nonzero(ink & page.other)) / max(1, n_both)
        if best is None or agreement > best[0]:
            best = agreement, ink, smoothness
    assert best is not None
    return best[1:]


def _drawn_anew(
    levels: NDArray[np.float64], ink: NDArray[np.bool_], inside: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Ink and its neighbors where they are below a share of the way from ink to paper around them."""
    whole = np.rint(levels * 16).astype(np.int64)  # whole numbers have exact sums
    paper = inside & ~ink
    dark, n_dark, bright, n_bright = map(_window_sums, (whole * ink, ink, whole * paper, paper))
    has_both = (n_dark > 0) & (n_bright > 0)
    own, others = dark / np.maximum(n_dark, 1), bright / np.maximum(n_bright, 1)
    is_below = np.where(has_both, whole <= own + _SHARE * (others - own), ink)
    near = ink.copy()
    for axis in range(ink.ndim):
        for side in (-1, 1):
            step = tuple(side if other == axis else 0 for other in range(ink.ndim))
            neighbor_views(near, step)[0][...] |= neighbor_views(ink, step)[1]
    return near & inside & is_below


def _window_sums(values: NDArray[Any]) -> NDArray[np.int64]:
    """Sums over windows around each pixel, cut at the border."""
    sums = values.astype(np.int64)
    for axis, length in enumerate(values.shape):
        places, reach = np.arange(length), _WINDOW // 2
        totals = np.cumsum(np.insert(sums, 0, 0, axis=axis), axis=axis)
        ends, starts = np.minimum(places + reach + 1, length), np.maximum(places - reach, 0)
        sums = np.take(totals, ends, axis=axis) - np.take(totals, starts, axis=axis)
    return sums
