"""Trees of regions: the merges as a dendrogram, and several scales as lines on the image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.numbers import as_count
from classicseg.extras.plot.boundaries import GREY, line_width
from classicseg.extras.plot.colors import ON_DARK, label_colors
from classicseg.extras.plot.overlays import border_lines
from classicseg.extras.plot.panels import add_legend, new_figure, show_picture
from classicseg.extras.plot.slices import as_bytes, as_segments, check_shape, middle, picture
from classicseg.types import ChannelAxis, RegionTree

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_LEAVES = 400
"""SciPy walks down a tree by recursion, which Python ends at a depth of a thousand calls."""


def dendrogram_plot(tree: RegionTree, *, n_leaves: int = 30, ax: Axes | None = None) -> Axes:
    """Draw the last merges of a tree of regions, from the few that it ends with up to one.

    Parameters
    ----------
    tree : RegionTree
        Of one piece: with one root.
    n_leaves : int, default 30
        From how many segments on the merges are drawn, from 2 to 400. Of a tree of fewer regions all are.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The dendrogram: a bracket joins two segments at the height at which they merge. Below them stand their
        areas.

    Raises
    ------
    TypeError
        If `tree` is not a RegionTree, or `n_leaves` is no whole number.
    ValueError
        If `tree` is no tree, has one region only, or several pieces that never merge, or `n_leaves` is out of its
        range.
    ImportError
        If matplotlib is not installed.

    See Also
    --------
    scales_plot : What several cuts of the tree look like.

    Examples
    --------
    >>> from classicseg import flat_zone_tree
    >>> from classicseg.extras.plot import dendrogram_plot
    >>> axes = dendrogram_plot(flat_zone_tree([[1, 2, 6, 7]]))
    >>> [text.get_text() for text in axes.get_xticklabels()]
    ['1', '1', '1', '1']
    """
    from scipy.cluster.hierarchy import dendrogram

    from classicseg import merges_of
    from classicseg.trees.checked_tree import as_tree
    from classicseg.trees.cuts import coarsened

    n_leaves = as_count("n_leaves", n_leaves, least=2, most=_MOST_LEAVES)
    checked = as_tree(tree)
    if checked.n_regions < 2:
        raise ValueError(f"tree has {checked.n_regions} regions, and nothing merges; expected two or more")
    last = coarsened(checked, len(tree.parents) - min(n_leaves, checked.n_regions) + checked.n_roots)
    merges = merges_of(last)
    axes = new_figure(9, 5).add_subplot() if ax is None else ax
    dendrogram(
        merges,
        leaf_label_func=lambda node: f"{last.areas[node]:.6g}",
        leaf_rotation=90,
        link_color_func=lambda node: "0.25",
        ax=axes,
    )
    axes.set_xlabel("area")
    axes.set_ylabel("height")
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    return axes


def scales_plot(
    image: ArrayLike,
    levels: NDArray[Any] | Sequence[ArrayLike],
    *,
    channel_axis: ChannelAxis = "auto",
    ax: Axes | None = None,
) -> Axes:
    """Show several segmentations of one image as lines: the coarser, the thicker, each in a color of its own.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    levels : array_like of int, shape (n, M, N[, …]), or sequence of n arrays
        Labels, such as several cuts of one tree, in any order.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The picture. The lines of coarser levels, which have fewer segments, lie over those of finer ones; a legend
        says how many segments each level has.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, or labels are neither integers nor bool.
    ValueError
        If there are no labels, or labels are negative, or do not have the image's spatial shape.
    ImportError
        If matplotlib is not installed.

    See Also
    --------
    boundaries_plot : The lines of one segmentation, and of a truth.
    dendrogram_plot : The tree that levels are cut from.

    Examples
    --------
    >>> from classicseg import cut_tree, flat_zone_tree
    >>> from classicseg.extras.plot import scales_plot
    >>> image = [[1, 2, 6, 7], [1, 2, 6, 9]]
    >>> axes = scales_plot(image, cut_tree(flat_zone_tree(image), n_segments=[2, 4]))
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['4 segments', '2 segments']
    """
    from scipy import ndimage

    segments = [as_segments(labels, f"levels[{number}]") for number, labels in enumerate(levels)]
    if not segments:
        raise ValueError("levels is empty; expected labels, such as cut_tree(tree, n_segments=[20, 100])")
    for number, labels in enumerate(segments):
        check_shape(f"levels[{number}]", labels, segments[0].shape)
    plane = picture(image, segments[0], "levels[0]", channel_axis)
    shown = GREY * np.broadcast_to(plane.mean(axis=-1, keepdims=True), plane.shape)
    counts = [_count(labels) for labels in segments]
    order = sorted(range(len(segments)), key=lambda number: -counts[number])
    names = []
    for rank, number in enumerate(order):
        color = label_colors([rank + 1], ON_DARK)[0]
        lines = border_lines(middle(segments[number], segments[number].ndim))
        width = line_width(lines.shape) * (1 + rank)
        shown[ndimage.maximum_filter(lines, size=width)] = color
        names.append((f"{counts[number]} segment{'' if counts[number] == 1 else 's'}", color))
    axes = show_picture(as_bytes(shown), ax, below=0.35)
    add_legend(axes, names)
    return axes


def _count(labels: NDArray[np.int64]) -> int:
    """How many segments there are, without 0."""
    return int(np.count_nonzero(np.unique(labels)))
