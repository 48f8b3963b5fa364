"""The oriented watershed and its ultrametric contours: a map of boundaries becomes a tree of closed regions.

Basins of the map are the finest regions, and an arc is what two of them share. Its strength is the mean of the map
along it, and where regions merge, arcs become one, with the mean of all of it. Where the map knows which way each
boundary runs, it counts as far as it runs the arc's way: a flood makes arcs that cross strong boundaries on their
way, and they should be weak.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.image import Image, as_image
from classicseg._core.numbers import as_number
from classicseg.filters.smoothing import smooth
from classicseg.flooding.basins import basins_of_minima
from classicseg.labeling.numbering import number_by_first_pixel
from classicseg.regions.graph import contacts_of
from classicseg.trees.arcs.cracks import cracks_of
from classicseg.trees.arcs.directions import alignments, directions_of
from classicseg.trees.criteria import CRITERIA, prices_of
from classicseg.trees.measures import measures_of
from classicseg.trees.merging import Contacts, merge_all
from classicseg.trees.region_tree import region_tree
from classicseg.types import Mask, Regions, RegionTree


def contour_tree(
    boundaries: ArrayLike,
    *,
    orientation: ArrayLike | None = None,
    sigma: float = 0.0,
    mask: Mask = None,
) -> RegionTree:
    """Close a map of boundaries to regions, at all scales: the ultrametric contour map as a tree.

    Parameters
    ----------
    boundaries : array_like, shape (M, N[, …])
        How strong a boundary is at each pixel, at least 0: the magnitude of a gradient, or what a detector says.
        NaN and infinite values take no part.
    orientation : array_like, shape (M, N), optional
        Which way the boundary runs at each pixel of an image, in radians, from the direction of the columns
        towards that of the rows; half a turn makes no difference. By default a boundary counts whichever way it
        runs.
    sigma : float, default 0.0
        The standard deviation of the Gaussian that smooths the image first, in units of `spacing`, at least 0 (no
        smoothing).
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    RegionTree
        The finest regions are the basins of the map's minima. Heights are mean strengths, in units of the map.
        Areas are numbers of pixels.

    Raises
    ------
    TypeError
        If `boundaries` or `orientation` does not hold real numbers, `mask` is not bool, or `sigma` is no number.
    ValueError
        If `boundaries` is empty or holds a negative number, `orientation` has another shape, is not finite where a
        pixel takes part, or is given with other than two axes, `mask` does not fit, or `sigma` is out of its
        range.

    See Also
    --------
    contour_strengths : The contour map itself.
    cut_tree : Labels at a height, or of a number of segments.
    merge_tree : Merges by color and area, too.
    watershed_tree : Basins by depth, area or volume.

    Notes
    -----
    The oriented watershed transform and ultrametric contour map [1]_. At two neighbors of different regions the
    map has the greater one of its two values, times the size of cos φ, where φ is the angle between the boundary
    there and the arc, and where both are equal the greater product: arcs are cut in halves until each part is
    nearly straight, and the direction of a part is its principal axis. Regions merge in rounds of pairs that are
    each other's weakest arc, which is the order of ascending strength.

    Flips and turns of the map give the same regions; with `orientation`, as far as sines and cosines of the turned
    angles are the same.

    The cost is linear in the number of pixels, and O(n log n) in that of the basins.

    References
    ----------
    .. [1] Arbeláez P., Maire M., Fowlkes C., Malik J. Contour detection and hierarchical image segmentation. IEEE
       Transactions on Pattern Analysis and Machine Intelligence 33(5), 2011.

    Examples
    --------
    >>> from classicseg import contour_tree, cut_tree
    >>> tree = contour_tree([[1, 3, 0, 8, 2], [1, 2, 0, 8, 2]])
    >>> tree.heights
    array([0. , 0. , 0. , 2.5, 8. ])
    >>> cut_tree(tree, n_segments=2)
    array([[1, 1, 1, 1, 2],
           [1, 1, 1, 1, 2]], dtype=int32)
    """
    parsed = as_image(boundaries, channel_axis=None, mask=mask, name="boundaries")
    sigma = as_number("sigma", sigma, least=0.0)
    strengths = parsed.values[..., 0]
    if (lowest := strengths.min()) < 0:
        raise ValueError(f"boundaries holds values from {lowest:g}; expected at least 0; take np.abs of it")
    angles = None if orientation is None else _as_angles(orientation, parsed)
    levels = smooth(parsed, sigma, (1.0,) * strengths.ndim).values[..., 0]
    regions = number_by_first_pixel(basins_of_minima(levels, parsed, 1).labels)
    contacts = _contacts(regions, strengths, angles)
    measures = measures_of(parsed, regions, False, (1.0,) * strengths.ndim)
    areas = measures.table[:, 0].copy()
    merges = merge_all(prices_of("border"), measures, contacts, np.ones(1), CRITERIA["border"].waits)
    return region_tree(regions, areas, merges.pairs, merges.costs)


def _as_angles(orientation: ArrayLike, boundaries: Image) -> NDArray[np.float64]:
    """Parse an angle for each pixel that takes part."""
    if len(boundaries.shape) != 2:
        raise ValueError(
            f"orientation is given and boundaries has {len(boundaries.shape)} axes; an angle is for two; "
            "leave it out"
        )
    parsed = as_image(orientation, channel_axis=None, name="orientation")
    if parsed.shape != boundaries.shape:
        raise ValueError(f"orientation has shape {parsed.shape}; expected that of boundaries, {boundaries.shape}")
    if parsed.mask is not None and (boundaries.mask_array() & ~parsed.mask).any():
        raise ValueError(
            "orientation is masked or not finite where a pixel takes part; fill it, or mask these pixels"
        )
    return parsed.values[..., 0].astype(np.float64)


def _contacts(regions: Regions, strengths: NDArray[Any], angles: NDArray[np.float64] | None) -> Contacts:
    """How long each arc is, and the sum of its strengths."""
    if angles is None:
        found = contacts_of(regions, strengths, 1)
        return Contacts(found.ends, np.column_stack([found.counts.sum(axis=1), found.strengths]))
    cracks = cracks_of(regions)
    flat = strengths.reshape(-1)
    first, second = flat[cracks.here].astype(np.float64), flat[cracks.there].astype(np.float64)
    directions = directions_of(cracks, regions.shape)
    one, other = (alignments(directions, angles.reshape(-1)[side]) for side in (cracks.here, cracks.there))
    weights = np.maximum(np.where(first >= second, first * one, 0), np.where(second >= first, second * other, 0))
    order = np.lexsort((weights, cracks.arcs))  # sums of sorted numbers are the same in any order of the pixels
    firsts = np.flatnonzero(np.diff(cracks.arcs[order], prepend=-1))
    sums = np.add.reduceat(weights[order], firsts) if len(firsts) else np.empty(0)
    counts = np.bincount(cracks.arcs, minlength=len(cracks.ends))
    return Contacts(cracks.ends, np.column_stack([counts, sums, np.zeros(len(sums))]))
