"""Ink and paper on a page: a cut along its edges (Howe 2013), which a small forest then looks over.

A dark stroke has a positive Laplacian and paper beside it a negative one, whatever the light. A cut that costs
much in flat places, and nothing along Canny's edges, turns that into strokes and ground. All of it is measured by
the contrast of the page's own strokes, which a local threshold finds well enough. What the cut leaves to be
desired (outlines a pixel off, stains, what shines through) is learned from pages of which people know the ink.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from classicseg._core.chosen import chose
from classicseg._core.grid import interior, neighbor_views, pad
from classicseg._core.image import Image, as_canonical, as_scalar_image
from classicseg._core.numbers import as_number
from classicseg.classifying.ink_features import LEVELS, Page, ink_and_paper, ink_features
from classicseg.classifying.ink_model import InkModel, as_ink_model
from classicseg.edges.canny import canny_edges
from classicseg.filters.window_sums import window_sums
from classicseg.learning.forest import predict_forest
from classicseg.solvers.grid_flow import empty_grid, source_side
from classicseg.thresholds.local.methods import as_local_rule, as_window, split_image
from classicseg.thresholds.local.windows import as_windowed
from classicseg.types import ChannelAxis, Classes, Mask

_FARTHEST = 10 * LEVELS
"""No value is farther from the page's median: squares have room, and a fill value does no harm."""

_CLOSING = 21
"""The paper behind a stroke is the closing by such a window."""

_SIGMA, _HIGH, _LOW = 0.6, 0.2 * LEVELS, 0.08 * LEVELS
"""Canny's edges: levels per pixel."""

_STEP = 0.3 * LEVELS
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

SURE = 0.45
"""A pixel is ink if the forest says so much: the F-measure is best a little below one half."""


def ink_segment(
    image: ArrayLike,
    *,
    smoothness: float | None = None,
    model: InkModel = "pages",
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
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
    model : "pages", path or BoundaryModel, default "pages"
        The forest that tells ink from paper. "pages": that of the package, which learned from the pages of the
        DIBCO contests. A path is that of a model of other pages.
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
        If `image` does not hold real numbers, `mask` is not bool, `smoothness` is not a number, or `model` is no
        model.
    ValueError
        If `image` is empty, its channel axis is unclear or its channels have no luminance, `mask` does not fit its
        shape, `smoothness` is out of its range, or the model is damaged or made for other features.

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

    At last boosted trees [3]_ judge each pixel that is near ink, or darker than the paper behind it: by what is
    ink and what is on edges around it, where it lies between ink and paper, how much brighter both sides are, and
    how large, dark and steep the piece of ink is that it belongs to. So outlines move by a pixel or so, faint
    strokes come back, and stains, folds and what shines through from the other side go.

    The range of the values sets the scale of that local threshold. A value far from all others (a dead pixel, a
    fill value) changes it, so mask that value.

    The cost is linear in the pixels, in practice: a second a megapixel. It takes about 300 bytes a pixel.

    On the 60 pages of the DIBCO contests of 2009 to 2012 and 2016 the mean F-measure is 92.5 % where a forest
    judges the pages of one year that learned from those of the other four, and 94.1 % by the forest that comes
    with the package, which learned from all of them. The constants of the cut were chosen on all 60. Of the best
    local threshold, "isauvola", it is 88.1.

    References
    ----------
    .. [1] Howe N. R. Document binarization with automatic parameter tuning. International Journal on Document
       Analysis and Recognition 16(3), 2013.
    .. [2] Boykov Y., Kolmogorov V. An experimental comparison of min-cut/max-flow algorithms for energy
       minimization in vision. IEEE Transactions on Pattern Analysis and Machine Intelligence 26(9), 2004.
    .. [3] Friedman J. H. Greedy function approximation: a gradient boosting machine. Annals of Statistics 29(5),
       2001.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg import ink_segment
    >>> page = np.full((6, 11), 200)
    >>> page[2:4, 2:9] = 40
    >>> ink_segment(page)
    array([[2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2],
           [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2],
           [2, 2, 1, 1, 1, 1, 1, 1, 1, 2, 2],
           [2, 2, 1, 1, 1, 1, 1, 1, 1, 2, 2],
           [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2],
           [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]], dtype=int32)
    """
    cost = None if smoothness is None else as_number("smoothness", smoothness, least=0.0)
    forest = as_ink_model(model).forests["ink"]
    parsed = as_scalar_image(image, channel_axis=channel_axis, mask=mask)
    inside = parsed.mask_array()
    found = inked_page(parsed, cost)
    if found is None:
        return inside.astype(np.int32)
    near, features = ink_features(found)
    ink = np.zeros(inside.shape, np.bool_)
    ink[near] = predict_forest(forest, features) > SURE
    return np.where(inside, 2 - ink if ink.any() else 1, 0).astype(np.int32)


def inked_page(image: Image, smoothness: float | None) -> Page | None:
    """A page with the ink by the cut; None if all values are equal."""
    inside, values = image.mask_array(), image.values[..., 0].astype(np.float64)
    if not inside.any() or np.ptp(values[inside]) == 0:
        return None
    guess = _by_local_threshold(values, image)
    depths = _depths(values, inside)
    usual = float(np.median(depths[guess])) if guess.any() else 0.0
    contrast = usual if usual > 0 else float(np.ptp(values[inside]))
    if smoothness is None:
        chose(smoothness=_SMOOTHNESS * contrast)
    wide = (values - np.median(values[inside])) * (LEVELS / contrast)
    levels = np.where(inside, np.rint(wide.clip(-_FARTHEST, _FARTHEST)), 0).astype(np.int64)
    _, paper, _ = ink_and_paper(levels, guess, inside, _WIDE)
    deviation = _deviation(levels, paper, guess, inside)
    unit = _unit(levels, paper, deviation)
    flat = (levels - paper) / unit
    edges = canny_edges(flat, sigma=_SIGMA, low=_LOW, high=_HIGH, channel_axis=None, mask=inside)
    own, others, _ = ink_and_paper(levels, guess, inside, _NEAR)
    pull = _PULL * (own + _MIDDLE * (others - own) - levels)
    ink = _cut(levels, edges, pull, unit, inside, _SMOOTHNESS if smoothness is None else smoothness / contrast)
    return Page(levels, inside, depths * (LEVELS / contrast), guess, edges, paper, deviation, unit, ink)


def _by_local_threshold(values: NDArray[np.float64], image: Image) -> NDArray[np.bool_]:
    """Ink by the best local threshold on the pages of the DIBCO contests, at its setting for them."""
    inside = image.mask_array()
    lowest, highest = values[inside].min(), values[inside].max()
    bytes_ = np.where(inside, np.rint((values - lowest) * (255 / (highest - lowest))), 0).astype(np.uint8)
    grey = Image(as_canonical(bytes_[..., np.newaxis]), image.mask)
    windowed = as_windowed(grey, as_window(25, values.ndim))
    labels, _ = split_image(windowed, as_local_rule("isauvola", k=0.1, r=128.0))
    return (labels.reshape(values.shape) == 1) & inside


def _depths(values: NDArray[np.float64], inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How much darker each pixel is than the paper behind it."""
    far = ndimage.maximum_filter(np.where(inside, values, -np.inf), _CLOSING, mode="constant", cval=-np.inf)
    closed = ndimage.minimum_filter(np.where(inside, far, np.inf), _CLOSING, mode="constant", cval=np.inf)
    return np.where(inside, closed - values, 0)


def _deviation(
    levels: NDArray[np.int64], mean: NDArray[np.float64], guess: NDArray[np.bool_], inside: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """The deviation of the paper around each pixel, of its mean; 0 where there is none."""
    paper = inside & ~ndimage.binary_dilation(guess)
    square = window_sums(levels * levels * paper, _WIDE) / np.maximum(window_sums(paper, _WIDE), 1)
    return np.sqrt(np.maximum(square - mean * mean, 0))


def _unit(
    levels: NDArray[np.int64], paper: NDArray[np.float64], deviation: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What a contrast is around each pixel: less in the shade, and no less than the paper's roughness."""
    light = 1 - paper / min(-1, int(levels.min()))  # the median is 0, and the darkest pixel black
    return np.maximum(light.clip(_SHADE, 1), _ROUGH * deviation / LEVELS)


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
    worth = (gains + pull) / unit - _BIAS * LEVELS
    terminals = np.where(inside, np.rint(worth * (2 * _STEPS / LEVELS)), 0).astype(np.int32)
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
