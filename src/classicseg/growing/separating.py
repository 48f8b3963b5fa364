"""The tolerance that keeps two places apart: isolated connected growing."""

from __future__ import annotations

from typing import get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.grid import padded_nodes
from classicseg._core.image import Image, as_image
from classicseg._core.numbers import as_choice, as_count
from classicseg._core.seeds import SeedPixels, as_seeds
from classicseg.growing.acceptance import mark_accepted, seed_acceptance, seed_means
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
    """Find how far a region can grow from one place without reaching another.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey or color image or a volume, any number of channels.
    inside : array_like of int
        Points (n, ndim), or one point (ndim,), in index order, that one region grows from; or a marker image.
    outside : array_like of int
        The same for the places that it must not reach.
    norm : {"euclidean", "maximum"}
        The distance of two colors: the root of the sum of squared differences, or the largest difference.
    connectivity : int
        How many coordinates of two neighbors may differ, 1 to the number of dimensions.
    channel_axis : int, None or "auto"
        The axis of the channels; None: every axis is spatial; "auto": a last axis of length 1 to 4 of three or
        more.
    mask : array_like of bool, optional
        Spatial shape, True where a pixel takes part.

    Returns
    -------
    float
        A tolerance for `region_growing_segment` with the criterion "seed" and the points `inside` as one region:
        halfway between the greatest distance to its value at which the region holds none of `outside`, and the
        next one, at which it does. The greatest distance in the image where it never does.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what is described; if every tolerance joins the two places.

    Notes
    -----
    O(n log n): the distances are sorted, and a region is grown for one in two, one in four … of them.

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
