"""The tolerance that keeps two places apart: isolated connected growing."""

from __future__ import annotations

from typing import get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.image import Image, as_image
from classicseg._core.numbers import as_choice, as_count
from classicseg._core.seeds import SeedPixels, as_seeds
from classicseg.growing.acceptance import mark_accepted, seed_acceptance, seed_means
from classicseg.growing.pixel_grid import padded_nodes
from classicseg.growing.run_flood import VISITED, flood
from classicseg.types import ChannelAxis, Mask, Norm, Seeds


def separating_tolerance(
    image: ArrayLike,
    inside: Seeds,
    outside: Seeds,
    *,
    norm: Norm = "euclidean",
    connectivity: int = 1,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
) -> float:
    """Find the largest tolerance at which a region grows from one place without reaching another.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    inside : array_like of int, shape (n, ndim) or (ndim,), or (M, N[, …])
        The points that one region grows from, in index order, or one point; or a marker image.
    outside : array_like of int, shape (n, ndim) or (ndim,), or (M, N[, …])
        The points that it must not reach, in the same way.
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
    float
        A tolerance for `region_growing_segment` with the criterion "seed" and the points `inside` as one region:
        half-way between the largest distance in value at which the region holds none of `outside`, and the next
        larger one, at which it does. Where no distance joins them, it is the largest distance in the image.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, or `inside`, `outside` or `connectivity` does
        not hold whole numbers.
    ValueError
        If `image` is empty or its channel axis is unclear, `mask` does not fit its shape, a point lies outside the
        image or on a pixel that takes no part, `norm` or `connectivity` is unknown, or the two places are joined
        at every tolerance.

    See Also
    --------
    region_growing_segment : The region that grows with this tolerance.
    watershed_segment : Divides the image between two markers without a tolerance.

    Notes
    -----
    This is the isolated connected threshold of [1]_ for distances in value. The cost is O(n log n) for n pixels:
    the distances are sorted and searched by bisection, with one region grown at each step.

    References
    ----------
    .. [1] Ibáñez L., Schroeder W., Ng L., Cates J. The ITK software guide. Kitware, 2005 (isolated connected).

    Examples
    --------
    >>> from classicseg import region_growing_segment, separating_tolerance
    >>> image = [[10, 11, 15, 12, 19]]
    >>> tolerance = separating_tolerance(image, (0, 0), (0, 3))
    >>> tolerance
    3.5
    >>> region_growing_segment(image, seeds=(0, 0), tolerance=tolerance)
    array([[1, 1, 0, 0, 0]], dtype=int32)
    """
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    connectivity = as_count("connectivity", connectivity, most=len(parsed.shape))
    as_choice("norm", norm, get_args(Norm))
    starts, ends = _one_region(inside, parsed, "inside"), as_seeds(outside, parsed, "outside").nodes
    distances = np.unique(_distances(parsed, starts, norm))
    between = np.append((distances[1:] + distances[:-1]) / 2, distances[-1] * (1 + 1e-12))  # squares round

    def joins(index: int) -> bool:
        """Whether a distance joins the two places."""
        mask = mark_accepted(parsed, seed_acceptance(parsed, starts, float(between[index]), norm), 1)
        flood(mask, parsed.shape, connectivity, starts.nodes)
        return bool((mask[padded_nodes(ends, parsed.shape)] == VISITED).any())

    if joins(0):
        raise ValueError("inside and outside are joined by every tolerance; move one of them")
    low, high = 0, len(between)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if joins(middle) else (middle, high)
    return float(min(between[low], distances[-1]))


def _one_region(inside: Seeds, image: Image, name: str) -> SeedPixels:
    """Parse seeds as those of one region, whatever labels they have."""
    seeds = as_seeds(inside, image, name)
    return SeedPixels(seeds.nodes, np.ones_like(seeds.numbers), np.ones(1, np.int32))


def _distances(image: Image, seeds: SeedPixels, norm: Norm) -> NDArray[np.float64]:
    """The distance of each pixel that takes part to the mean over the seeds."""
    parts = np.abs(image.pixels() - seed_means(image, seeds)[1])
    return parts.max(axis=1) if norm == "maximum" else np.sqrt((parts * parts).sum(axis=1))
