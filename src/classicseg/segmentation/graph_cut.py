"""Labels of least cost: what each label costs each pixel is given, and cuts cost less along edges of the image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import as_filled
from classicseg._core.image import Image, as_image, as_spacing
from classicseg._core.numbers import as_count, as_number
from classicseg._core.seeds import as_markers
from classicseg.solvers.contrast import contrast_arcs, contrast_of
from classicseg.solvers.expansion import Pixels, least_cost_labels
from classicseg.types import ChannelAxis, Mask, Named, Seeds, Spacing

_LARGEST_COST = np.float64(1e100)
"""Sums and differences of costs are numbers, too; as a Python float it would overflow beside costs in float32."""


def graph_cut_segment(
    image: ArrayLike,
    *,
    unary: ArrayLike | None = None,
    strokes: Seeds = None,
    smoothness: float = 1.0,
    connectivity: int | None = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Named:
    """Label pixels so that the costs of labels and of cuts between neighbors are least together.

    At least one of `unary` and `strokes` must be given.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    unary : array_like, shape (M, N[, …], n_labels), optional
        What each label, from 1, costs each pixel: real numbers, such as minus the logarithms of probabilities. By
        default nothing, and the strokes' labels are cut apart where it costs least.
    strokes : array_like or mapping of int to array_like, optional
        What a person drew: an integer image of the image's spatial shape, 0 where nothing is drawn; or points (n,
        ndim) in index order, numbered 1 … n; or the points of each label, ``{3: [(4, 5)], 7: [(9, 9)]}``. Labels
        keep their numbers.
    smoothness : float, default 1.0
        The cost of a cut between two equal neighbors, at least 0, in the units of `unary`.
    connectivity : int, optional
        How many coordinates of two neighbors may differ by 1, from 1 to the number of axes. By default 2, or 1
        where there is one axis only.
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
        The labels of the last axis of `unary`, from 1, or the strokes' numbers; 0 where a pixel takes no part.

    Raises
    ------
    TypeError
        If `image` or `unary` does not hold real numbers, `mask` is not bool, `strokes` do not hold integers, or a
        number has the wrong type.
    ValueError
        If `image` is empty or its channel axis is unclear, `unary`, `mask`, `strokes` or `spacing` does not fit
        its shape, `unary` holds what is no number or larger than 1e100, a number is out of its range, a stroke
        lies outside the image or on a pixel that takes no part, or has a label that `unary` does not have, two
        strokes lie on one pixel, or there is neither `unary` nor `strokes`.

    See Also
    --------
    grabcut_segment : Learns what labels cost from the image.
    watershed_segment : Markers decide by the highest pass between them, not by the length of a cut.

    Notes
    -----
    Two neighbors of different labels cost ``smoothness / d · exp(-|difference|² / (2 m))``, with m the
    mean squared difference of neighbors and d their distance as a multiple of the smallest `spacing` [1]_. Two
    labels get the least cost there is, by a maximum flow [2]_; of several labelings of least cost, the one with
    the fewest pixels of the second label. More than two labels expand in turn until none finds anything better,
    which is at most twice the least cost for the cuts [3]_. Costs are whole multiples of a two-millionth of what
    all cuts around a pixel can cost together, or more finely.

    The cost in time is that of the flow, in practice little more than linear in the pixels, times the labels and
    how often each expands. It takes about 4 D + 54 bytes a pixel with D neighbors, and twice 4 D for more than two
    labels.

    References
    ----------
    .. [1] Boykov Y., Jolly M.-P. Interactive graph cuts for optimal boundary and region segmentation of objects in
       N-D images. International Conference on Computer Vision, 2001.
    .. [2] Boykov Y., Kolmogorov V. An experimental comparison of min-cut/max-flow algorithms for energy
       minimization in vision. IEEE Transactions on Pattern Analysis and Machine Intelligence 26(9), 2004.
    .. [3] Boykov Y., Veksler O., Zabih R. Fast approximate energy minimization via graph cuts. IEEE Transactions
       on Pattern Analysis and Machine Intelligence 23(11), 2001.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg import graph_cut_segment
    >>> noisy = np.array([[0, 0, 9, 0, 0, 9, 9, 0, 9]])
    >>> graph_cut_segment(noisy, unary=np.stack([noisy, 9 - noisy], axis=-1), smoothness=12)
    array([[1, 1, 1, 1, 1, 2, 2, 2, 2]], dtype=int32)
    >>> graph_cut_segment(noisy, strokes={4: [(0, 0)], 6: [(0, 5)]})
    array([[4, 4, 4, 4, 4, 6, 6, 6, 6]], dtype=int32)
    """
    smoothness = as_number("smoothness", smoothness, least=0.0)
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    ndim = len(parsed.shape)
    spacings = as_spacing(spacing, ndim)
    connectivity = min(2, ndim) if connectivity is None else as_count("connectivity", connectivity, most=ndim)
    if unary is None and strokes is None:
        raise ValueError("unary and strokes are None; expected at least one of them, to know where labels belong")
    costs = None if unary is None else _as_costs(unary, parsed)
    drawn = as_markers(strokes, parsed, "strokes")
    drawn = np.zeros(parsed.shape, np.int32) if drawn is None else drawn
    names = np.unique(drawn[drawn > 0]) if costs is None else np.arange(1, costs.shape[-1] + 1, dtype=np.int32)
    if drawn.max() > names[-1]:
        raise ValueError(
            f"strokes have label {drawn.max()} and unary has {len(names)} labels; expected strokes of labels 1 to "
            f"{len(names)}, or unary=None"
        )
    numbers = parsed.mask_array().astype(np.int32)
    if len(names) > 1:
        numbers = np.where(drawn > 0, np.searchsorted(names, drawn) + 1, numbers).astype(np.int32)
        arcs = contrast_arcs(parsed, contrast_of(parsed, smoothness, spacings, connectivity))
        start = Pixels(numbers, drawn > 0)
        numbers = least_cost_labels(arcs, start, len(names), lambda label: _cost_of(costs, parsed.shape, label))
    return np.concatenate([[0], names]).astype(np.int32)[numbers]


def _as_costs(unary: ArrayLike, image: Image) -> NDArray[Any]:
    """Parse what labels cost; where a pixel takes no part, it does not matter."""
    costs = as_filled("unary", unary, "iubf", "real numbers, what each label costs; cast it first")
    if costs.shape[:-1] != image.shape or not costs.shape[-1:] or costs.shape[-1] == 0:
        raise ValueError(
            f"unary has shape {costs.shape}; expected the image's spatial shape and an axis of labels, "
            f"{(*image.shape, 'n_labels')}"
        )
    costs = np.where(image.mask_array()[..., np.newaxis], costs, 0)
    if not (np.abs(costs) <= _LARGEST_COST).all():
        raise ValueError(
            "unary holds NaN, or values above 1e100 in magnitude; expected numbers; clip them, or mask the pixels"
        )
    return costs


def _cost_of(costs: NDArray[Any] | None, shape: tuple[int, ...], label: int) -> NDArray[np.float64]:
    return np.zeros(shape) if costs is None else costs[..., label - 1].astype(np.float64)
