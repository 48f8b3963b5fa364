"""Edge linking: an edge map becomes chains of pixels, in order, as a person would follow them with a pencil.

Edge pixels are linked with their neighbors. A diagonal neighbor that is also reached over an edge pixel that
shares a side with both is not linked, so that corners make no triangles. Chains run between the pixels that do not
have two links: endpoints and junctions. Before that gaps are bridged from the endpoints on, and short spurs
removed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import as_filled
from classicseg._core.bands import run_interruptible
from classicseg._core.kernel import kernel
from classicseg._core.numbers import as_count
from classicseg.edges.gap_bridging import bridge_gaps
from classicseg.edges.pixel_links import count_links, link_pixels, next_pixel, number_grid
from classicseg.types import EdgePoints


def link_edges(
    edges: ArrayLike,
    *,
    points: EdgePoints | None = None,
    gradient: ArrayLike | None = None,
    max_gap: int = 0,
    max_spur: int = 0,
) -> list[NDArray[np.float64]]:
    """Link edge pixels to chains.

    Parameters
    ----------
    edges : array_like of bool, shape (M, N)
        An edge map of lines one pixel wide, as `canny_edges` returns it.
    points : EdgePoints, optional
        The result of `canny_edge_points`: its coordinates between pixels replace those of the pixels.
    gradient : array_like, shape (M, N), optional
        The gradient magnitude of the image, e.g. by `gradient_magnitude`: gaps are bridged along its ridges. It
        needs a `max_gap`.
    max_gap : int, default 0
        The largest number of missing pixels over which the end of a chain is continued to another edge pixel, at
        least 0. With `gradient`, the chain goes step by step to the pixel of the largest gradient of the three
        ahead, while that is more than 0. Without, it goes straight to the nearest edge pixel that lies ahead,
        within 45 degrees to both sides. The direction is that of the last pixels of the chain. Where two ways are
        equally good and neither goes straight on, the gap stays.
    max_spur : int, default 0
        The largest number of pixels, at least 0, of a branch between an end and a junction that is removed; this
        is repeated until no such branch is left. A junction all of whose branches are that short keeps the
        longest.

    Returns
    -------
    list of ndarray of float64, shape (n, 2)
        The points of each chain in index order (row, column), as scikit-image's ``find_contours`` returns them;
        the chains are in the order of their first pixels. A chain runs between ends and junctions, from the one
        that comes first in raster order; a closed one repeats its first point. A pixel without neighbors is a
        chain of one point. Each edge pixel lies on at least one chain, unless it is part of a removed spur.

    Raises
    ------
    TypeError
        If `edges` is not bool, `gradient` does not hold real numbers, `points` is not an EdgePoints, or `max_gap`
        or `max_spur` is not a whole number.
    ValueError
        If `edges` is empty or not a plane, `points` or `gradient` does not fit it, `gradient` is given without
        `max_gap`, or a number is negative.

    See Also
    --------
    canny_edges : The edge map.
    canny_edge_points : The positions of its edges between pixels.
    gradient_magnitude : The gradient along which gaps are bridged.
    boundary_segment : Regions, whose boundaries have no gaps.

    Notes
    -----
    Linking is the last step of the method of [1]_; with `gradient`, gaps are bridged by a sequential search as in
    [2]_. The cost is linear in the number of edge pixels, beside one pass over the image that finds them. Flips
    and turns of the edges give the same chains, flipped and turned, though a chain may run the other way.

    References
    ----------
    .. [1] Canny J. A computational approach to edge detection. IEEE Transactions on Pattern Analysis and Machine
       Intelligence 8(6), 1986.
    .. [2] Farag A. A., Delp E. J. Edge linking by sequential search. Pattern Recognition 28(5), 1995.

    Examples
    --------
    >>> from classicseg import link_edges
    >>> import numpy as np
    >>> link_edges(np.array([[1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0]], bool))
    [array([[0., 0.], [1., 1.]]), array([[1., 3.]])]
    >>> link_edges(np.array([[1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0]], bool), max_gap=1)
    [array([[0., 0.], [1., 1.], [1., 2.], [1., 3.]])]
    """
    found = _as_edges(edges)
    magnitude = None if gradient is None else _as_magnitude(gradient, found.shape)
    positions = None if points is None else _as_points(points, found.shape)
    gap, spur = as_count("max_gap", max_gap, least=0), as_count("max_spur", max_spur, least=0)
    if gap == 0 and magnitude is not None:
        raise ValueError(
            "gradient is given, but max_gap is 0: there is no gap to bridge; pass max_gap, or leave gradient out"
        )
    pixels, grid = np.flatnonzero(found), number_grid(found.shape)
    if gap > 0:
        longest = max(found.shape) if magnitude is None else found.size  # that a path can be
        pixels = bridge_gaps(pixels, found.shape, magnitude, min(gap, longest), grid)
    links = link_pixels(pixels, found.shape, grid)
    while spur > 0 and (spurs := run_interruptible(_find_spurs, links, spur)).any():
        pixels = pixels[~spurs]
        links = link_pixels(pixels, found.shape, grid)
    order, starts = run_interruptible(_trace, links)
    coordinates = np.stack(np.unravel_index(pixels, found.shape), axis=1).astype(np.float64)
    if positions is not None:
        _replace(coordinates, pixels, *positions)
    firsts = order[starts[:-1]]
    chains = np.split(coordinates[order], starts[1:-1])
    return [chains[i] for i in np.argsort(firsts, kind="stable")] if len(pixels) else []


def _as_edges(edges: ArrayLike) -> NDArray[np.bool_]:
    """Parse an edge map."""
    array = as_filled("edges", edges, "b", "bool, True = edge; pass e.g. edges > 0")
    if array.ndim != 2 or array.size == 0:
        raise ValueError(
            f"edges has shape {array.shape}; expected (rows, columns): chains are lines in a plane; link the "
            "planes of a volume one by one, e.g. edges[0]"
        )
    return np.ascontiguousarray(array)


def _as_magnitude(gradient: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Parse a gradient magnitude."""
    array = as_filled("gradient", gradient, "biuf", "real numbers, e.g. gradient_magnitude(image)")
    if array.shape != shape:
        raise ValueError(
            f"gradient has shape {array.shape}; expected the shape of edges, {shape}; measure it on the same image"
        )
    return np.nan_to_num(array.astype(np.float64))


def _as_points(points: EdgePoints, shape: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The flat indices of the pixels, ascending, and the points that belong to them."""
    if not isinstance(points, EdgePoints):
        raise TypeError(
            f"points is {type(points).__name__}; expected EdgePoints, as canny_edge_points returns them"
        )
    pixels, positions = np.asarray(points.pixels), np.asarray(points.points, np.float64)
    if (
        pixels.dtype.kind not in "iu"
        or pixels.ndim != 2
        or pixels.shape[1] != 2
        or positions.shape != pixels.shape
    ):
        raise ValueError(
            f"points has pixels of shape {pixels.shape} and points of shape {positions.shape}; expected (n, 2) "
            "both, the pixels as integers; pass what canny_edge_points returns"
        )
    if ((pixels < 0) | (pixels >= shape)).any():
        raise ValueError(
            f"points has pixels outside edges, whose shape is {shape}; expected "
            "points of the same image; find both in one image"
        )
    flat = np.ravel_multi_index(tuple(pixels.T), shape)
    order = np.argsort(flat)
    return flat[order], positions[order]


def _replace(
    coordinates: NDArray[np.float64],
    pixels: NDArray[np.int64],
    known: NDArray[np.int64],
    positions: NDArray[np.float64],
) -> None:
    """Overwrite the coordinates of the pixels whose position between pixels is known."""
    if len(known):
        row = np.minimum(np.searchsorted(known, pixels), len(known) - 1)
        here = known[row] == pixels
        coordinates[here] = positions[row[here]]


@kernel()
def _find_spurs(links: NDArray[np.int64], max_spur: int) -> NDArray[np.bool_]:
    """Mark the pixels of branches between an end and a junction that are short enough to go."""
    degrees = count_links(links)
    spurs, keeps = np.zeros(len(links), np.bool_), np.zeros(len(links), np.int64)
    for node in range(len(links)):
        if degrees[node] < 3:
            continue
        longest = 0
        for direction in range(8):
            length = _branch(links, degrees, node, direction, max_spur)
            if length == 0 and links[node, direction] >= 0:
                longest = max_spur + 1  # a branch that stays
            longest = max(longest, length)
        keeps[node] = longest
    for node in range(len(links)):
        for direction in range(8 if degrees[node] > 2 else 0):
            length = _branch(links, degrees, node, direction, max_spur)
            if 0 < length < keeps[node]:
                here, last = links[node, direction], node
                for _ in range(length):
                    spurs[here] = True
                    here, last = next_pixel(links, here, last), here
    return spurs


@kernel()
def _branch(links: NDArray[np.int64], degrees: NDArray[np.int64], node: int, direction: int, max_spur: int) -> int:
    """The number of pixels from a junction to the end of a branch; 0 where it does not end, or is too long."""
    here, last = links[node, direction], node
    if here < 0:
        return 0
    length = 1
    while degrees[here] == 2 and length < max_spur:
        here, last = next_pixel(links, here, last), here
        length += 1
    return length if degrees[here] == 1 else 0


@kernel()
def _trace(links: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Follow each link once: the pixels of all chains, one after the other; where each begins, and the end."""
    degrees = count_links(links)
    longest = len(links)
    for pixel in range(len(links)):
        longest += degrees[pixel]
    order, starts = np.empty(longest, np.int64), np.empty(longest + 1, np.int64)
    used, done = np.zeros(links.shape, np.bool_), np.zeros(len(links), np.bool_)
    n_points, n_chains = 0, 0
    for closed in (False, True):
        for pixel in range(len(links)):
            if degrees[pixel] == 0 and not closed:
                starts[n_chains], order[n_points] = n_points, pixel
                n_chains, n_points = n_chains + 1, n_points + 1
            if done[pixel] or (degrees[pixel] == 2) != closed:
                continue
            for direction in range(8):
                if links[pixel, direction] >= 0 and not used[pixel, direction] and not done[pixel]:
                    starts[n_chains] = n_points
                    n_points = _follow(links, degrees, used, done, order, n_points, pixel, direction)
                    n_chains += 1
    starts[n_chains] = n_points
    return order[:n_points].copy(), starts[: n_chains + 1].copy()


@kernel()
def _follow(
    links: NDArray[np.int64],
    degrees: NDArray[np.int64],
    used: NDArray[np.bool_],
    done: NDArray[np.bool_],
    order: NDArray[np.int64],
    n_points: int,
    first: int,
    direction: int,
) -> int:
    """Write a chain from its first pixel to where it ends; return how many points there are."""
    order[n_points] = first
    n_points += 1
    here = first
    while True:
        used[here, direction] = True
        here = links[here, direction]
        used[here, 7 - direction] = True  # the way back
        order[n_points] = here
        n_points += 1
        if degrees[here] == 2:
            done[here] = True
        if degrees[here] != 2 or here == first:
            return n_points
        back = 7 - direction
        for other in range(8):
            if links[here, other] >= 0 and other != back:
                direction = other
