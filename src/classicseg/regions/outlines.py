"""Outlines of regions: polygons along the edges of pixels, traced with the region on the right.

A vertex is a corner of pixels where an outline turns, or where more than two pieces meet: there the outlines of
all of them have one, so that neighbors share their border vertex by vertex. Where two pixels of one piece touch at
a corner only, its outlines keep the two pixels beside that corner apart. So no ring meets itself: what a piece
encloses is a hole, which may touch other rings of the piece at single points.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_bands
from classicseg._core.grid import pad
from classicseg._core.image import as_labels
from classicseg._core.kernel import kernel
from classicseg._core.numbers import as_number
from classicseg.labeling.components import connected_components
from classicseg.regions.outline_arcs import simplified_rings
from classicseg.types import RegionOutlines

_LEFT_EDGE = 8
"""A left edge that a band begins with stands for so many pixels of work: those of about two rows of a ring."""


class Rings(NamedTuple):
    """Closed lines of vertices, one after the other, in the order in which they are found."""

    vertices: NDArray[np.int64]
    """The flat index, in a padded grid, of the pixel that is up and left of each vertex."""
    starts: NDArray[np.int64]
    """(n + 1,), where each ring begins, and the number of vertices."""
    pixels: NDArray[np.int64]
    """(n,), the first pixel, in raster order, of those that the ring passes upwards on their left."""


def region_outlines(labels: ArrayLike, *, tolerance: float = 0.0) -> RegionOutlines:
    """Outline each segment by polygons with holes, along the edges of its pixels.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N)
        Segments; 0 belongs to none.
    tolerance : float, default 0.0
        How far, in pixels, points that are left out may lie from the line that replaces them. 0: none is left out.

    Returns
    -------
    RegionOutlines
        A named tuple of arrays ``label``, ``points``, ``ring_starts``, ``polygon_starts``; its method ``polygons``
        goes through them one by one. There is one polygon for each piece of a segment that is connected over the
        faces of pixels, in ascending order of label, those of one label by their first pixel.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, or `tolerance` is not a number.
    ValueError
        If `labels` is not a plane, is empty or holds numbers outside 0 … 2147483647, or `tolerance` is negative or
        not finite.

    See Also
    --------
    region_boundaries : The pixels along them, as an image.
    region_table : What is measured of each segment.

    Notes
    -----
    Points are (row, column) in pixels, whole numbers: pixel (0, 0) goes from 0 to 1 in both, its center is
    (0.5, 0.5), and the image goes from (0, 0) to (M, N). GeoJSON, COCO, QuPath and ImageJ count the same way, as
    (x, y) = (column, row). Where the center of the first pixel is (0, 0), as in matplotlib's ``imshow`` and
    ``skimage.measure.find_contours``, subtract 0.5.

    On the screen exteriors go clockwise and holes counterclockwise; as (x, y) the signed area of an exterior is
    positive. Rings neither cross nor run along each other, but those of one polygon may touch at points. So each
    polygon is valid for GIS software, the polygons of one label make a valid MultiPolygon, and all of them a valid
    coverage. Rasterized, the outlines are the labels again, bit for bit, where `tolerance` is 0.

    With a `tolerance`, the lines between points where three pieces meet are simplified one by one [1]_, each for
    both of its sides, so that neighbors keep one border. A line without such a point keeps its points on its
    bounding box. A line is replaced only where nothing lies between it and its replacement [2]_: no lines cross,
    no segment vanishes or changes sides. All points that are equally far are kept, so that no corner is favored.

    The cost is linear in the number of pixels; that of simplification is, as a rule, the length of all lines times
    the logarithm of their numbers of points.

    References
    ----------
    .. [1] Douglas D. H., Peucker T. K. Algorithms for the reduction of the number of points required to represent
       a digitized line or its caricature. Cartographica 10(2), 1973.
    .. [2] de Berg M., van Kreveld M., Schirra S. Topologically correct subdivision simplification using the
       bandwidth criterion. Cartography and Geographic Information Systems 25(4), 1998.

    Examples
    --------
    >>> from classicseg import region_outlines
    >>> outlines = region_outlines([[5, 5, 5], [5, 0, 5], [5, 5, 5]])
    >>> for label, exterior, holes in outlines.polygons():
    ...     print(label, exterior.tolist(), [hole.tolist() for hole in holes])
    5 [[0, 0], [0, 3], [3, 3], [3, 0]] [[[1, 2], [1, 1], [2, 1], [2, 2]]]
    """
    segments = as_labels(labels)
    if segments.ndim != 2:
        raise ValueError(
            f"labels have shape {segments.shape}; expected a plane, (M, N); outline a volume plane by plane"
        )
    tolerance = as_number("tolerance", tolerance, least=0.0)
    grid = pad(connected_components(segments, 1), 2)
    rings = _rings_of(grid)
    vertices, starts = rings.vertices, rings.starts
    if tolerance > 0 and len(vertices):
        vertices, starts = simplified_rings(vertices, starts, grid, tolerance)
    return _by_label(Rings(vertices, starts, rings.pixels), grid, segments)


def _rings_of(grid: NDArray[np.int32]) -> Rings:
    """Trace all rings of the pieces in a padded grid."""
    nodes = grid.reshape(-1)
    edges = 1 + np.flatnonzero((nodes[1:] > 0) & (nodes[1:] != nodes[:-1]))
    passed = np.zeros(nodes.shape, np.bool_)
    found = run_bands(_trace, len(edges), _LEFT_EDGE, nodes, grid.shape[1], edges, passed, sequential=True)
    if not found:
        return Rings(np.empty(0, np.int64), np.zeros(1, np.int64), np.empty(0, np.int64))
    vertices, lengths, pixels = (np.concatenate(part) for part in zip(*found, strict=True))
    return Rings(vertices, np.append(np.int64(0), np.cumsum(lengths)), pixels)


def _by_label(rings: Rings, grid: NDArray[np.int32], segments: NDArray[np.int32]) -> RegionOutlines:
    """Order rings by label, then by piece, whose exterior was found first, and its holes after it."""
    stride = grid.shape[1]
    pieces, labels = grid.reshape(-1)[rings.pixels], pad(segments, 2).reshape(-1)[rings.pixels]
    order = np.lexsort((pieces, labels))
    begins, lengths = rings.starts[:-1][order], np.diff(rings.starts)[order]
    ring_starts = np.append(np.int64(0), np.cumsum(lengths))
    places = np.arange(ring_starts[-1]) + np.repeat(begins - ring_starts[:-1], lengths)
    points = np.stack(np.divmod(rings.vertices[places], stride), axis=1).astype(np.int32)
    is_first = np.diff(pieces[order], prepend=0) != 0
    polygon_starts = np.append(np.flatnonzero(is_first), len(order))
    return RegionOutlines(labels[order][is_first], points, ring_starts, polygon_starts)


@kernel()
def _trace(
    nodes: NDArray[np.int32],
    stride: int,
    edges: NDArray[np.int64],
    passed: NDArray[np.bool_],
    start: int,
    stop: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Trace the rings that begin on the left of the pixels `edges`: their vertices, lengths and first pixels."""
    vertices, size = np.empty(1024, np.int64), 0
    lengths, pixels, n_rings = np.empty(stop - start, np.int64), np.empty(stop - start, np.int64), 0
    for i in range(start, stop):
        first = edges[i]
        if passed[first]:
            continue
        begin, piece, pixel = size, nodes[first], first
        ahead: Any = np.int64(-stride)  # upwards
        left: Any = np.int64(-1)
        while True:
            if left == -1:
                passed[pixel] = True
            beyond = pixel + ahead + left
            turns = 0
            if nodes[beyond] == piece:
                turns = -1
            elif nodes[pixel + ahead] != piece:
                turns = 1
            if turns != 0 or nodes[beyond] != nodes[pixel + left]:
                if size == len(vertices):
                    vertices = _twice_as_long(vertices)
                # of the pixels around the vertex, two rows of two, the one up and left
                vertices[size] = pixel + min(ahead, 0) + min(left, 0)
                size += 1
            if turns < 0:
                pixel, ahead, left = beyond, left, -ahead
            elif turns > 0:
                ahead, left = -left, ahead
            else:
                pixel += ahead
            if pixel == first and left == -1:
                break
        lengths[n_rings], pixels[n_rings] = size - begin, first
        n_rings += 1
    return vertices[:size].copy(), lengths[:n_rings].copy(), pixels[:n_rings].copy()


@kernel()
def _twice_as_long(vertices: NDArray[np.int64]) -> NDArray[np.int64]:
    """An array of twice the length that begins with this one."""
    longer = np.empty(2 * len(vertices), np.int64)
    for i in range(len(vertices)):
        longer[i] = vertices[i]
    return longer
