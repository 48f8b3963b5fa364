"""All cuts of a tree in one picture: how high each border between pixels is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.grid import neighbor_views
from classicseg._core.kernel import kernel
from classicseg._core.numbers import as_flag
from classicseg.trees.checked_tree import as_tree
from classicseg.trees.leaf_order import leaf_order
from classicseg.types import RegionTree

_BLOCK = 32
"""Places whose greatest gap is known beforehand: others are looked through, at most so many."""


def contour_strengths(tree: RegionTree, *, doubled: bool = False) -> NDArray[np.float32]:
    """Draw the height at which each border vanishes.

    Parameters
    ----------
    tree : RegionTree
        As `merge_tree` and others return it.
    doubled : bool, default False
        Whether borders have places of their own, between the pixels: line 2 i + 1 of each axis is pixel i, and
        even lines are between. Otherwise a pixel has the highest border beside it.

    Returns
    -------
    ndarray of float32, shape (M, N[, …]) or (2 M + 1, 2 N + 1[, …])
        The height at which the regions on both sides of a border are one (saliency); 0 where there is no border,
        and infinite where regions that touch never merge. Where a pixel takes no part there is no border. Doubled,
        a corner has the highest border that ends there, and the outermost lines are as those beside them.

    Raises
    ------
    TypeError
        If `tree` is not a RegionTree, or `doubled` is not True or False.
    ValueError
        If `tree` is no tree.

    See Also
    --------
    cut_tree : Labels at one height.
    region_boundaries : The borders of labels.

    Notes
    -----
    The ultrametric contour map of [1]_, whose files are doubled, and the saliency map of [2]_. Without a mask, the
    connected components of ``doubled`` strengths up to a height are the regions of the cut at that height; at the
    odd lines these are its labels.

    The cost is O(n log n) in the number of finest regions, and linear in the pixels.

    References
    ----------
    .. [1] Arbeláez P., Maire M., Fowlkes C., Malik J. Contour detection and hierarchical image segmentation. IEEE
       Transactions on Pattern Analysis and Machine Intelligence 33(5), 2011.
    .. [2] Najman L., Schmitt M. Geodesic saliency of watershed contours and hierarchical segmentation. IEEE
       Transactions on Pattern Analysis and Machine Intelligence 18(12), 1996.

    Examples
    --------
    >>> from classicseg import contour_strengths, flat_zone_tree
    >>> tree = flat_zone_tree([[1, 1, 2, 6, 7]])
    >>> contour_strengths(tree)
    array([[0., 1., 4., 4., 1.]], dtype=float32)
    >>> contour_strengths(tree, doubled=True)[1]
    array([0., 0., 0., 0., 1., 0., 4., 0., 1., 0., 0.], dtype=float32)
    """
    doubled = as_flag("doubled", doubled)
    checked = as_tree(tree)
    row = leaf_order(checked.tree.parents, checked.tree.heights, checked.n_regions)
    places = np.full(checked.n_regions + 1, -1, np.int32)
    places[1:] = row.starts[: checked.n_regions]
    found = places[checked.tree.regions]
    highest = _highest(row.gaps)
    strengths = [_between(found, axis, highest) for axis in range(found.ndim)]
    return _doubled(strengths, found.shape) if doubled else _beside(strengths, found.shape)


class _Highest(NamedTuple):
    """The gaps of a `LeafOrder`, and the highest of them in places that are asked for together."""

    gaps: NDArray[np.float32]
    until: NDArray[np.float32]
    """The highest gap from the first of a block to each place …"""
    since: NDArray[np.float32]
    """… and from each place to the last of its block."""
    blocks: NDArray[np.float32]
    """(n_sizes, n_blocks), the highest gap of 2**k blocks from each one on."""


def _highest(gaps: NDArray[np.float32]) -> _Highest:
    """Prepare to look for the highest gap between two places."""
    n_blocks = -(-len(gaps) // _BLOCK)
    padded = np.zeros((n_blocks, _BLOCK), np.float32)
    padded.reshape(-1)[: len(gaps)] = gaps
    sizes = [padded.max(axis=1)]
    while (step := 1 << (len(sizes) - 1)) < n_blocks:
        sizes.append(sizes[-1].copy())
        np.maximum(sizes[-1][:-step], sizes[-2][step:], out=sizes[-1][:-step])
    until = np.maximum.accumulate(padded, axis=1)
    since = np.maximum.accumulate(padded[:, ::-1], axis=1)[:, ::-1]
    return _Highest(
        padded.reshape(-1), until.reshape(-1), np.ascontiguousarray(since).reshape(-1), np.array(sizes)
    )


def _between(places: NDArray[np.int32], axis: int, highest: _Highest) -> NDArray[np.float32]:
    """The strength of each border between two neighbors along an axis; one less than there are pixels."""
    step = tuple(int(other == axis) for other in range(places.ndim))
    here, there = (np.ascontiguousarray(view) for view in neighbor_views(places, step))
    strengths = np.zeros(here.shape, np.float32)
    flat = here.reshape(-1), there.reshape(-1), *highest, strengths.reshape(-1)
    run_bands(_measure, here.size, 1, *flat)
    return strengths


def _beside(strengths: list[NDArray[np.float32]], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The highest border beside each pixel."""
    out = np.zeros(shape, np.float32)
    for axis, found in enumerate(strengths):
        for part in (slice(None, -1), slice(1, None)):
            beside = out[(slice(None),) * axis + (part,)]
            np.maximum(beside, found, out=beside)
    return out


def _doubled(strengths: list[NDArray[np.float32]], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Borders on lines between those of the pixels."""
    inner = np.zeros([2 * length - 1 for length in shape], np.float32)
    for axis, found in enumerate(strengths):
        inner[tuple(slice(int(other == axis), None, 2) for other in range(len(shape)))] = found
    for _ in range(len(shape) - 1):  # an edge of a volume has the highest of its faces, a corner that of its edges
        for axis in range(len(shape)):
            lines = np.moveaxis(inner, axis, 0)
            np.maximum(lines[1::2], np.maximum(lines[:-1:2], lines[2::2]), out=lines[1::2])
    return np.pad(inner, 1, mode="edge")


@kernel()
def _measure(
    here: NDArray[np.int32],
    there: NDArray[np.int32],
    gaps: NDArray[np.float32],
    until: NDArray[np.float32],
    since: NDArray[np.float32],
    blocks: NDArray[np.float32],
    strengths: NDArray[np.float32],
    start: int,
    stop: int,
) -> None:
    """Write the highest gap between each two places; -1 is no place."""
    for i in range(start, stop):
        low, high = min(here[i], there[i]), max(here[i], there[i])
        if low == high or low < 0:
            continue
        last = high - 1
        first_block, last_block = low // _BLOCK, last // _BLOCK
        if first_block == last_block:
            highest = gaps[low]
            for place in range(low + 1, high):
                highest = max(highest, gaps[place])
        else:
            highest = max(since[low], until[last])
            n_between, size = last_block - first_block - 1, 0
            if n_between > 0:
                while 2 << size <= n_between:
                    size += 1
                highest = max(highest, max(blocks[size, first_block + 1], blocks[size, last_block - (1 << size)]))
        strengths[i] = highest
