"""Quasi-flat zones at all tolerances: pixels that steps of at most h connect, for every h.

Kruskal's algorithm on the pixels: pairs of neighbors in ascending order of their distance, of which those that
join two zones are the merges of the tree. Zones of equal value are the finest regions.
"""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.image import as_image
from classicseg._core.kernel import kernel
from classicseg._core.numbers import as_choice, as_count
from classicseg.trees.pixel_pairs import PixelPairs, sorted_pairs
from classicseg.trees.pixel_sets import AT_ONCE, labels_of_sets, look_ahead, pixel_sets, root_of, unite
from classicseg.types import ChannelAxis, Mask, Norm, RegionTree


def flat_zone_tree(
    image: ArrayLike,
    *,
    norm: Norm = "euclidean",
    connectivity: int = 1,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
) -> RegionTree:
    """Build the tree of flat zones: what steps of at most a tolerance connect, for all tolerances.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    norm : {"euclidean", "maximum"}, default "euclidean"
        The distance of two colors: the root of the sum of squared differences, or the largest difference.
    connectivity : int, default 1
        How many coordinates of two neighbors may differ by 1: from 1 (they share a face) to the number of axes
        (they share at least a corner).
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    RegionTree
        The finest regions are the zones of equal value. The height of a merge is the smallest tolerance at which
        two zones are one, in units of the image. Areas are numbers of pixels.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, or a number has the wrong type.
    ValueError
        If `image` is empty or its channel axis is unclear, `mask` does not fit its shape, `norm` is unknown, or
        `connectivity` is out of its range.

    See Also
    --------
    cut_tree : Labels at a tolerance, or of a number of segments.
    region_growing_segment : One tolerance: ``criterion="neighbor"`` grows a zone from a seed.
    watershed_tree : Basins, which end on edges.

    Notes
    -----
    Quasi-flat zones [1]_: two pixels are in one zone where a path leads from one to the other on which neighbors
    differ by at most the tolerance. A chain of small steps joins what is far apart in value; ``min_area`` of
    `cut_tree` takes away the specks that remain at its sides.

    A cut at a height is the same for each flip and turn of the image. Of merges at one height, which a number of
    segments may undo in part, those of later pixels in raster order come last.

    The cost is linear in the number of pixels on 8-bit images, and on others but for the sort of their differences
    by digits. Beside the image and the tree it takes 16 bytes a pixel, of floats 56, and more with a higher
    `connectivity`.

    References
    ----------
    .. [1] Meyer F., Maragos P. Nonlinear scale-space representation with morphological levelings. Journal of
       Visual Communication and Image Representation 11(2), 2000.

    Examples
    --------
    >>> from classicseg import cut_tree, flat_zone_tree
    >>> tree = flat_zone_tree([[1, 1, 2, 6, 7]])
    >>> tree.regions
    array([[1, 1, 2, 3, 4]], dtype=int32)
    >>> tree.heights
    array([0., 0., 0., 0., 1., 1., 4.])
    >>> cut_tree(tree, height=1)
    array([[1, 1, 1, 2, 2]], dtype=int32)
    """
    as_choice("norm", norm, get_args(Norm))
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    connectivity = as_count("connectivity", connectivity, most=len(parsed.shape))
    pairs = sorted_pairs(parsed, connectivity, norm)
    sets = pixel_sets(parsed.shape, parsed.mask)
    n_equal = int(pairs.starts[1]) if (pairs.levels[:1] == 0).any() else 0
    ahead = np.empty((3, AT_ONCE), np.int64)
    run_interruptible(_unite, pairs, n_equal, sets, ahead)
    regions = labels_of_sets(sets, parsed.shape)
    n = int(regions.max())
    parents, heights, areas = np.arange(2 * n, dtype=np.int32), np.zeros(2 * n), np.zeros(2 * n)
    tops = regions.reshape(-1) - np.int32(1)
    n_nodes = run_interruptible(_merge, pairs, n_equal, sets, ahead, tops, parents, heights, areas)
    return RegionTree(regions, parents[:n_nodes], heights[:n_nodes], areas[:n_nodes])


@kernel()
def _unite(found: PixelPairs, stop: int, sets: NDArray[Any], ahead: NDArray[np.int64]) -> None:
    """Unite the pixels of the first pairs."""
    pairs, offsets, bits = found.pairs, found.offsets, found.bits
    for first in range(0, stop, AT_ONCE):
        n_ahead = look_ahead(pairs, first, min(first + AT_ONCE, stop), offsets, bits, sets, ahead)
        for i in range(n_ahead):
            a, b = root_of(sets, ahead[1, i]), root_of(sets, ahead[2, i])
            if a != b:
                unite(sets, a, b)


@kernel()
def _merge(
    found: PixelPairs,
    start: int,
    sets: NDArray[Any],
    ahead: NDArray[np.int64],
    tops: NDArray[np.int32],
    parents: NDArray[np.int32],
    heights: NDArray[np.float64],
    areas: NDArray[np.float64],
) -> int:
    """Make a node of each pair from `start` on that joins two sets; return how many nodes there are then.

    `tops` has the node that each root's set is; at first, of each pixel, its zone.
    """
    pairs, starts, levels, offsets, bits = found.pairs, found.starts, found.levels, found.offsets, found.bits
    node, level = len(parents) // 2, 0
    for pixel in range(len(sets)):
        if tops[pixel] >= 0:
            areas[tops[pixel]] += 1.0
    for first in range(start, len(pairs), AT_ONCE):
        n_ahead = look_ahead(pairs, first, min(first + AT_ONCE, len(pairs)), offsets, bits, sets, ahead)
        for i in range(n_ahead):
            a, b = root_of(sets, ahead[1, i]), root_of(sets, ahead[2, i])
            if a == b:
                continue
            while starts[level + 1] <= ahead[0, i]:
                level += 1
            parents[tops[a]] = parents[tops[b]] = node
            root = unite(sets, a, b)
            tops[root], heights[node], areas[node] = node, levels[level], -sets[root]
            node += 1
    return node
