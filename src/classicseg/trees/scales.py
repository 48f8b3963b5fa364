"""Where to cut a tree: the scale at which segments stop to become less alike inside (local variance)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.image import Image, as_image
from classicseg._core.kernel import kernel
from classicseg._core.numbers import as_count
from classicseg.regions.statistics import region_sums
from classicseg.trees.checked_tree import as_tree
from classicseg.trees.measures import squared_deviations
from classicseg.types import ChannelAxis, RegionTree, ScaleCurve

_MOST_SCALES = 2**16
"""More than a curve shows; its arrays are as long."""


def choose_scale(
    tree: RegionTree, image: ArrayLike, *, n_scales: int = 50, channel_axis: ChannelAxis = "auto"
) -> ScaleCurve:
    """Choose where to cut a tree, by how the variance within segments grows with the scale.

    Parameters
    ----------
    tree : RegionTree
        As `merge_tree` and others return it.
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    n_scales : int, default 50
        How many scales are tried, from 3 to 65536: heights in equal ratios, from the least above 0 to the
        greatest.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.

    Returns
    -------
    ScaleCurve
        A named tuple: arrays ``heights``, ``n_segments``, ``local_variance``, ``rate``, one number a scale, and
        ``height``, the scale chosen. Where nothing merges above 0, the one scale is 0.

    Raises
    ------
    TypeError
        If `tree` is not a RegionTree, `image` does not hold real numbers, or `n_scales` is not a whole number.
    ValueError
        If `tree` is no tree, `image` has another shape or an unclear channel axis, or values that are not finite
        in a region, or `n_scales` is out of its range.

    See Also
    --------
    cut_tree : Cuts the tree at the scale.
    multiresolution_segment : Regions at one scale.
    choose_n_clusters : The like for k-means.

    Notes
    -----
    The local variance is the mean over all segments of the standard deviation within each, and of that the mean
    over the channels. It stays while segments grow within objects, and rises when these merge: its rate of change
    has a peak there [1]_, [2]_. The scale chosen is the one before the peak that exceeds the mean of the scales
    beside it the most. The curve is there to be looked at. One pass over the tree gives all scales: the cost is
    linear in the number of pixels and nodes.

    References
    ----------
    .. [1] Woodcock C. E., Strahler A. H. The factor of scale in remote sensing. Remote Sensing of Environment 21,
       1987.
    .. [2] Drăguţ L., Tiede D., Levick S. R. ESP: a tool to estimate scale parameter for multiresolution image
       segmentation of remotely sensed data. International Journal of Geographical Information Science 24(6), 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg import choose_scale, merge_tree
    >>> image = np.kron([[0, 50], [90, 200]], np.ones((4, 4))) + np.arange(64).reshape(8, 8) % 5
    >>> curve = choose_scale(merge_tree(image, criterion="ward"), image)
    >>> int(curve.n_segments[curve.heights == curve.height][0])
    4
    """
    checked = as_tree(tree)
    n_scales = as_count("n_scales", n_scales, least=3, most=_MOST_SCALES)
    parsed, regions = as_image(image, channel_axis=channel_axis), checked.tree.regions
    if parsed.shape != regions.shape:
        raise ValueError(
            f"image has spatial shape {parsed.shape}; expected that of the tree's regions {regions.shape}"
        )
    if parsed.mask is not None and (regions[~parsed.mask] > 0).any():
        raise ValueError(
            "image has values that are masked or not finite in a region; fill them, or mask them in the tree"
        )
    n, heights = checked.n_regions, checked.tree.heights
    rising = heights[heights > 0]
    if not len(rising):
        return ScaleCurve(
            np.zeros(1), np.array([checked.n_roots]), _variances(parsed, checked.tree, n)[-1:], np.zeros(1), 0.0
        )
    variances = _variances(parsed, checked.tree, n)
    levels = np.geomspace(rising[0], rising[-1], n_scales)
    levels[-1] = rising[-1]
    merged = np.searchsorted(heights[n:], levels, side="right")
    found = variances[merged]
    rate = np.zeros(n_scales)
    np.divide(np.diff(found), found[:-1], out=rate[1:], where=found[:-1] > 0)
    counts = n - merged
    return ScaleCurve(levels, counts, found, rate, float(levels[_before_the_peak(rate, counts)]))


def _before_the_peak(rate: NDArray[np.float64], counts: NDArray[np.int64]) -> int:
    """The scale before the peak that exceeds the mean of the scales beside it the most; the finest without a
    peak."""
    excess = rate[1:-1] - (rate[:-2] + rate[2:]) / 2
    is_peak = (rate[1:-1] > rate[:-2]) & (rate[1:-1] >= rate[2:]) & (counts[:-2] > 1)
    return int(np.argmax(np.where(is_peak, excess, -np.inf))) if is_peak.any() else 0


def _variances(image: Image, tree: RegionTree, n_regions: int) -> NDArray[np.float64]:
    """The local variance after no merge, one, two …, (n_merges + 1,)."""
    found = region_sums(tree.regions, image.values, n_regions)
    n_nodes, n_channels = len(tree.parents), image.n_channels
    table = np.zeros((n_nodes, 1 + 2 * n_channels))
    table[:n_regions, 0] = found.areas[1:]
    table[:n_regions, 1 : 1 + n_channels] = found.sums[1:]
    table[:n_regions, 1 + n_channels :] = squared_deviations(image, tree.regions, found)
    spreads = np.zeros(n_nodes)
    run_interruptible(_spread, tree.parents, n_regions, n_channels, table, spreads)
    children = np.zeros(n_nodes)
    own = np.arange(n_nodes) != tree.parents
    np.add.at(children, tree.parents[own], spreads[own])
    totals = spreads[:n_regions].sum() + np.concatenate([[0.0], np.cumsum((spreads - children)[n_regions:])])
    return np.maximum(totals, 0) / np.maximum(n_regions - np.arange(len(totals)), 1)


@kernel()
def _spread(
    parents: NDArray[np.int32],
    n_regions: int,
    n_channels: int,
    table: NDArray[np.float64],
    spreads: NDArray[np.float64],
) -> None:
    """Add each node's row to its parent's, and write the standard deviation of each node, the mean over
    channels."""
    for node in range(len(parents)):
        total, parent = 0.0, np.int64(parents[node])
        for c in range(n_channels):
            total += np.sqrt(table[node, 1 + n_channels + c] / table[node, 0])
        spreads[node] = total / n_channels
        if parent == node:
            continue
        share = 0.0
        if table[parent, 0] > 0:
            share = table[parent, 0] * table[node, 0] / (table[parent, 0] + table[node, 0])
        for c in range(n_channels):
            if share > 0:
                apart = table[parent, 1 + c] / table[parent, 0] - table[node, 1 + c] / table[node, 0]
                table[parent, 1 + n_channels + c] += share * (apart * apart)
            table[parent, 1 + n_channels + c] += table[node, 1 + n_channels + c]
        for c in range(1 + n_channels):
            table[parent, c] += table[node, c]
