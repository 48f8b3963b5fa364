"""GrabCut: what the colors of object and background are like, and a cut between them, in turns.

Mixtures of Gaussians are learned from the pixels of each label, a minimum cut gives labels by them and by the
edges of the image, and from these labels the mixtures are learned again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.grid import bounding_box
from classicseg._core.image import Image, as_image, as_labels, as_spacing
from classicseg._core.numbers import as_count, as_number, members, shown
from classicseg._core.seeds import as_seeds
from classicseg.clustering.likeliest import Mixtures
from classicseg.clustering.mixtures import MOST_COMPONENTS, costs_of, learn, learnable, start_mixtures
from classicseg.solvers.contrast import Contrast, contrast_arcs, contrast_of
from classicseg.solvers.expansion import Expansion, Pixels, least_cost_labels
from classicseg.types import ChannelAxis, Mask, Named, Seeds, Spacing

_BACKGROUND, _OBJECT = 1, 2
"""The names that a box gives."""


def grabcut_segment(
    image: ArrayLike,
    *,
    box: Sequence[int] | None = None,
    strokes: Seeds = None,
    labels: ArrayLike | None = None,
    n_components: int = 5,
    n_iter: int = 5,
    smoothness: float = 30.0,
    connectivity: int | None = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Named:
    """Cut an object out of its background by their colors, from a box around it or from strokes.

    At least one of `box`, `strokes` and `labels` says where to begin.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    box : sequence of int, optional
        Two corners of a box around the object, in index order: (first row, first column, last row + 1, last column
        + 1), in a volume six numbers. All outside is background, 1. Inside, all that no stroke names begins as
        object, 2.
    strokes : array_like or mapping of int to array_like, optional
        What a person drew: an integer image of the image's spatial shape, 0 where nothing is drawn; or points (n,
        ndim) in index order, numbered 1 … n; or the points of each label, ``{3: [(4, 5)], 7: [(9, 9)]}``. Labels
        keep their numbers.
    labels : array_like of int, shape (M, N[, …]), optional
        A former result that further strokes are to refine: the colors are learned from it at the start. 0: not
        known.
    n_components : int, default 5
        How many Gaussians the colors of a label have at most, from 1 to 255.
    n_iter : int, default 5
        How often the colors are learned and the image is cut; fewer where nothing changes any more.
    smoothness : float, default 30.0
        The cost of a cut between two equal neighbors, at least 0: the greater it is, the shorter the outlines. It
        is weighed against the difference of the logarithms of two densities. The paper and OpenCV have 50, with
        which more objects in a box are lost as a whole.
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
        The strokes' numbers; of a box 1 for the background and 2 for the object. 0 where a pixel takes no part. A
        label is not connected in general.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, `strokes` or `labels` do not hold integers, or a
        number has the wrong type.
    ValueError
        If `image` is empty or its channel axis is unclear, `mask`, `strokes`, `labels` or `spacing` does not fit
        its shape, a number is out of its range, a stroke lies outside the image or on a pixel that takes no part,
        two strokes lie on one pixel, `box` is empty or does not lie inside the image, or there is no `box`, no
        `strokes` and no `labels`.

    See Also
    --------
    graph_cut_segment : One cut, by costs that are given.
    kmeans_segment : Colors alone decide, and nobody draws.
    watershed_segment : Markers decide together with edges, not with colors.

    Notes
    -----
    The cost of a pixel's label is minus the logarithm of the density of its likeliest Gaussian [1]_.
    Two neighbors of different labels cost ``smoothness / d · exp(-|difference|² / (2 m))``, with m the mean
    squared difference of neighbors and d their distance as a multiple of the smallest `spacing` [2]_. Two labels
    get the least cost there is, by a maximum flow [3]_, and each iteration goes on from the flow that the last one
    left [4]_; of several labelings of least cost, the one with the fewest pixels of the second label. More than
    two labels expand in turn until none finds anything better [5]_.

    Without a box, the colors are learned from the strokes at first. Strokes of one label, and nothing else, give
    all pixels that label. The start of a mixture is no draw: pixels are divided across their longest axis, again
    and again [6]_. Colors keep their scale, in 8 bits, 16 or in floats; a variance is at least a ten-thousandth of
    that of the whole image, which a value far from all others raises, so mask that value.

    An iteration is linear in the pixels but for the flow, which takes most of the time. It needs about 4 D + 54
    bytes a pixel with D neighbors, of the pixels that are not decided by strokes or outside the box, and 20 of all
    others.

    References
    ----------
    .. [1] Rother C., Kolmogorov V., Blake A. "GrabCut": interactive foreground extraction using iterated graph
       cuts. ACM Transactions on Graphics 23(3), 2004.
    .. [2] Boykov Y., Jolly M.-P. Interactive graph cuts for optimal boundary and region segmentation of objects in
       N-D images. International Conference on Computer Vision, 2001.
    .. [3] Boykov Y., Kolmogorov V. An experimental comparison of min-cut/max-flow algorithms for energy
       minimization in vision. IEEE Transactions on Pattern Analysis and Machine Intelligence 26(9), 2004.
    .. [4] Kohli P., Torr P. H. S. Dynamic graph cuts for efficient inference in Markov random fields. IEEE
       Transactions on Pattern Analysis and Machine Intelligence 29(12), 2007.
    .. [5] Boykov Y., Veksler O., Zabih R. Fast approximate energy minimization via graph cuts. IEEE Transactions
       on Pattern Analysis and Machine Intelligence 23(11), 2001.
    .. [6] Orchard M. T., Bouman C. A. Color quantization of images. IEEE Transactions on Signal Processing 39(12),
       1991.

    Examples
    --------
    >>> from classicseg import grabcut_segment
    >>> grabcut_segment([[1, 2, 2, 8, 9, 8, 2, 1]], box=(0, 2, 1, 7), smoothness=1)
    array([[1, 1, 1, 2, 2, 2, 1, 1]], dtype=int32)
    >>> grabcut_segment([[1, 2, 2, 8, 9, 8, 2, 1]], strokes={7: [(0, 0)], 9: [(0, 4)]}, smoothness=1)
    array([[7, 7, 7, 9, 9, 9, 7, 7]], dtype=int32)
    """
    n_components = as_count("n_components", n_components, most=MOST_COMPONENTS)
    n_iter = as_count("n_iter", n_iter)
    smoothness = as_number("smoothness", smoothness, least=0.0)
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    ndim = len(parsed.shape)
    spacings = as_spacing(spacing, ndim)
    connectivity = min(2, ndim) if connectivity is None else as_count("connectivity", connectivity, most=ndim)
    start = _start_of(parsed, box, strokes, labels)
    if len(start.names) > 1:
        contrast = contrast_of(parsed, smoothness, spacings, connectivity)
        numbers = _iterate(parsed, start, contrast, n_components, n_iter)
    else:
        numbers = parsed.mask_array().astype(np.int32)
    return np.concatenate([[0], start.names]).astype(np.int32)[numbers]


class _Start(NamedTuple):
    """What the labels are at the start, of the spatial shape."""

    names: NDArray[np.int32]
    """Ascending."""
    numbers: NDArray[np.int32]
    """From 1, in the order of the names; 0 where nothing is known or nothing takes part."""
    is_fixed: NDArray[np.bool_]
    """Whether a pixel keeps its label."""


def _start_of(image: Image, box: Sequence[int] | None, strokes: Seeds, labels: ArrayLike | None) -> _Start:
    """Parse what says where to begin."""
    if box is None and strokes is None and labels is None:
        raise ValueError("box, strokes and labels are None; expected at least one of them, to know where to begin")
    start = np.zeros(image.shape, np.int32)
    is_fixed = np.zeros(image.shape, bool)
    names = []
    if box is not None:
        inside = _as_box(box, image.shape)
        start[...], is_fixed[...] = _BACKGROUND, True
        start[inside], is_fixed[inside] = _OBJECT, False
        names += [_BACKGROUND, _OBJECT]
    if labels is not None:
        former = as_labels(labels)
        if former.shape != image.shape:
            raise ValueError(f"labels have shape {former.shape}; expected the image's spatial shape {image.shape}")
        start = np.where(is_fixed | (former == 0), start * is_fixed, former)
        names += np.unique(former[former > 0]).tolist()
    if strokes is not None:
        drawn = as_seeds(strokes, image, "strokes")
        start.reshape(-1)[drawn.nodes] = drawn.labels[drawn.numbers - 1]
        is_fixed.reshape(-1)[drawn.nodes] = True
        names += drawn.labels.tolist()
    if not names:
        raise ValueError("labels hold no label > 0, and there are neither box nor strokes; expected at least one")
    known = np.unique(np.array(names, np.int32))
    start *= image.mask_array()
    numbers = np.where(start > 0, np.searchsorted(known, start) + 1, 0).astype(np.int32)
    return _Start(known, numbers, is_fixed)


def _as_box(box: Any, shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Parse two corners."""
    given = members(box)
    ndim = len(shape)
    if len(given) != 2 * ndim:
        raise ValueError(
            f"box is {shown(box)}; expected {2 * ndim} numbers, the first index along each axis and then the last "
            "+ 1 along each"
        )
    corners = [as_count("a number of box", number, least=0) for number in given]
    for axis, (first, stop) in enumerate(zip(corners[:ndim], corners[ndim:], strict=True)):
        if not first < stop <= shape[axis]:
            raise ValueError(
                f"box goes from {first} to {stop} along axis {axis}; expected 0 <= first < last + 1 <= "
                f"{shape[axis]}, inside the image of shape {shape}"
            )
    return tuple(slice(*ends) for ends in zip(corners[:ndim], corners[ndim:], strict=True))


def _iterate(image: Image, start: _Start, contrast: Contrast, n_components: int, n_iter: int) -> NDArray[np.int32]:
    """Learn and cut in turns, until nothing changes."""
    inside, n_labels, labels = image.mask_array(), len(start.names), start.numbers
    free = inside & ~start.is_fixed
    if not free.any():
        return labels
    pixels = learnable(image.pixels())
    mixtures = start_mixtures(pixels, labels[inside], n_labels, n_components)
    part = _around(free)
    cropped = Image(np.ascontiguousarray(image.values[part]), np.ascontiguousarray(inside[part]))
    cut: Any = _two_by_two if n_labels == 2 else _all
    cut = cut(cropped, contrast, start.is_fixed[part], n_labels)
    for iteration in range(n_iter):
        mixtures = learn(pixels, labels[inside], mixtures, n_labels)

        def cost_of(label: int, mixtures: Mixtures = mixtures) -> Any:
            flat = cropped.values.reshape(-1, cropped.n_channels)
            return costs_of(flat, pixels, mixtures, label, n_labels).reshape(cropped.shape)

        before, labels = labels, labels.copy()
        labels[part] = cut(before[part], cost_of)
        if iteration > 0 and np.array_equal(before, labels):
            break
    return labels


def _around(free: NDArray[np.bool_]) -> tuple[slice, ...]:
    """The box around the pixels that are not decided, with their neighbors."""
    box = zip(bounding_box(free), free.shape, strict=True)
    return tuple(slice(max(0, part.start - 1), min(length, part.stop + 1)) for part, length in box)


def _two_by_two(image: Image, contrast: Contrast, is_fixed: NDArray[np.bool_], n_labels: int) -> Any:
    """A cut between two labels, which goes on from the flow of the cut before."""
    arcs, expansion = contrast_arcs(image, contrast), None
    inside = image.mask_array()

    def cut(labels: NDArray[np.int32], cost_of: Any) -> NDArray[np.int32]:
        nonlocal expansion
        if expansion is None:
            expansion = Expansion(arcs, Pixels(np.where(is_fixed, labels, inside).astype(np.int32), is_fixed), 2)
        taken = expansion.taken(cost_of(1) - cost_of(2))
        return np.where(is_fixed, labels, np.where(taken, 2, inside)).astype(np.int32)

    return cut


def _all(image: Image, contrast: Contrast, is_fixed: NDArray[np.bool_], n_labels: int) -> Any:
    """Expansions of more than two labels; what has none begins with the one of least cost."""
    arcs, inside = contrast_arcs(image, contrast), image.mask_array()

    def cut(labels: NDArray[np.int32], cost_of: Any) -> NDArray[np.int32]:
        if (inside & (labels == 0)).any():
            labels, least = labels.copy(), np.full(labels.shape, np.inf)
            unknown = inside & (labels == 0)
            for label in range(1, n_labels + 1):
                cost = cost_of(label)
                labels[unknown & (cost < least)] = label
                least = np.minimum(least, cost)
        return least_cost_labels(arcs, Pixels(labels, is_fixed), n_labels, cost_of)

    return cut
