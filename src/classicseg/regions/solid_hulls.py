"""Convex hulls of regions in space, by Qhull; which pixels they hold is decided in integers.

A pixel is in the hull if its center is in the convex hull of the points half a step from the region's pixels along
the axes. Qhull says which of these points span it; whether a center is beyond a facet is then a matter of whole
numbers. Barber C. B., Dobkin D. P., Huhdanpaa H. The Quickhull algorithm for convex hulls. ACM TOMS 22(4), 1996.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from classicseg._core.kernel import kernel
from classicseg.regions.region_runs import Runs
from classicseg.regions.row_chains import plane_corners


def hulls_of_pixels(
    runs: Runs,
    shape: NDArray[np.int64],
    spacing: NDArray[np.float64],
    table: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    """Write the pixels in the hull, and the greatest Feret diameter, of regions that have a run."""
    for region in range(start, stop):
        own = slice(runs.offsets[region], runs.offsets[region + 1])
        pixels = outermost(runs.lines[own], runs.begins[own], runs.ends[own], shape)
        facets, corners = hull_of(pixels)
        low, high = np.zeros((2, 3), np.int64)
        low[3 - len(shape) :], high[3 - len(shape) :] = pixels.min(axis=0), pixels.max(axis=0)
        table[region, 0] = _count_inside(facets, low, high)
        table[region, 1] = _longest(corners, spacing)


def outermost(
    lines: NDArray[Any], begins: NDArray[np.int32], ends: NDArray[np.int32], shape: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The corners of the hulls of a region's pixels in each plane, (n, ndim): all corners of the whole."""
    n_rows = int(shape[-2])
    corners, sides = np.empty((2 * len(lines), 3), np.int64), np.empty((2, len(lines)), np.int64)
    n = plane_corners(lines, begins, ends, n_rows, sides, corners)
    return corners[:n, 3 - len(shape) :]


def hull_of(pixels: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The facets of a hull, (k, 4), with a 0 for an axis that is not there, and the pixels at its corners.

    The center of a pixel q is within a facet if its normal times q, and the last number, add up to 0 at most.
    """
    ndim = pixels.shape[1]
    steps = np.concatenate([np.eye(ndim, dtype=np.int64), -np.eye(ndim, dtype=np.int64)])
    points = (2 * pixels[:, np.newaxis] + steps).reshape(-1, ndim)
    hull = ConvexHull(points - points[0])
    spanned = points[hull.simplices]
    sides = spanned[:, 1:] - spanned[:, :1]
    normals = np.cross(sides[:, 0], sides[:, 1]) if ndim == 3 else sides[:, 0, ::-1] * np.array([1, -1])
    levels = (normals * spanned[:, 0]).sum(axis=1)
    outward = np.sign(levels - normals @ (2 * pixels[0]))  # a pixel of the region is within
    facets = np.column_stack([np.zeros((len(levels), 3 - ndim), np.int64), 2 * normals, -levels])
    facets *= outward[:, np.newaxis]
    return facets[outward != 0], pixels[np.unique(hull.vertices // (2 * ndim))]


def _count_inside_numpy(facets: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64]) -> int:
    axes = [np.arange(first, last + 1) for first, last in zip(low.tolist(), high.tolist(), strict=True)]
    inside = np.ones([len(axis) for axis in axes], np.bool_)
    for facet in facets:
        level = sum(n * index for n, index in zip(facet.tolist(), np.ix_(*axes), strict=False))
        inside &= level + facet[-1] <= 0
    return int(inside.sum())


@kernel(numpy=_count_inside_numpy)
def _count_inside(facets: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64]) -> int:
    """Count the pixels of a box, (plane, row, column), within all facets, which cut each line at both ends."""
    n = len(facets)
    found: Any = np.int64(0)
    in_plane, by_row, slopes = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    for k in range(n):
        by_row[k], slopes[k] = facets[k, 1], facets[k, 2]
    for plane in range(low[0], high[0] + 1):
        for k in range(n):
            in_plane[k] = facets[k, 0] * plane + facets[k, 3]
        for row in range(low[1], high[1] + 1):
            first, last = low[2], high[2]
            for k in range(n):
                level, slope = in_plane[k] + by_row[k] * row, slopes[k]
                if level + slope * (last if slope > 0 else first) > 0:
                    if slope > 0:
                        last = -level // slope
                    elif slope < 0:
                        first = -(-level // -slope)
                    else:
                        last = first - 1
            found += max(np.int64(0), last - first + 1)
    return found


def _longest_numpy(corners: NDArray[np.int64], spacing: NDArray[np.float64]) -> float:
    sizes = (np.abs(corners[:, np.newaxis] - corners) + 1) * spacing
    return float(np.sqrt((sizes * sizes).sum(axis=2).max()))


@kernel(numpy=_longest_numpy)
def _longest(corners: NDArray[np.int64], spacing: NDArray[np.float64]) -> float:
    """The greatest distance of two parallel planes around the pixels as boxes: from corner to corner."""
    longest = 0.0
    for i in range(len(corners)):
        for j in range(i, len(corners)):
            square = 0.0
            for axis in range(len(spacing)):
                size = (abs(corners[i, axis] - corners[j, axis]) + 1) * spacing[axis]
                square += size * size
            longest = max(longest, square)
    return np.sqrt(longest)
