"""SNIC: superpixels that grow from seeds, the pixel nearest to the mean of its superpixel first."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.chosen import chose
from classicseg._core.image import as_image, as_spacing
from classicseg._core.numbers import as_choice, as_count, as_number
from classicseg._core.seeds import SeedPixels, as_seeds
from classicseg.filters.color import ColorSpace
from classicseg.labeling.numbering import number_by_first_pixel
from classicseg.superpixels.cells import equal_cells
from classicseg.superpixels.colors import check_colors, color_spread, float32_planes
from classicseg.superpixels.nearest_growth import grow_nearest
from classicseg.superpixels.part import Part, part_of
from classicseg.superpixels.pieces import one_piece_each
from classicseg.types import ChannelAxis, Mask, Seeds, Spacing, Superpixels

_COMPACTNESS = 0.3
"""The default, as a part of the spread of colors."""


def snic_segment(
    image: ArrayLike,
    *,
    n_segments: int = 400,
    compactness: float | None = None,
    seeds: Seeds = None,
    connectivity: int = 1,
    color_space: ColorSpace = "auto",
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Superpixels:
    """Grow superpixels from seeds, pixel by pixel, each time the one that is nearest in color and place.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    n_segments : int, default 400
        The number of superpixels where no seeds are given, at least 1: exactly so many but for masks, see below.
    compactness : float, optional
        The difference of color that counts as much as the side of a superpixel, at least 0, in units of the colors
        that are compared. The greater it is, the rounder the superpixels are. By default 0.3 of their spread: the
        root mean square of the differences from the mean color in a cell of an even grid, on average.
    seeds : array_like of int or mapping, optional
    connectivity : int, default 1
        How many coordinates of two neighbors may differ by 1: from 1 (they share a face) to the number of axes
        (they share at least a corner).
    color_space : {"auto", "given", "lab"}, default "auto"
        Compare colors as they are given, or as CIE Lab of red, green and blue (see `rgb_to_lab`). "auto": Lab for
        three channels of uint8 or uint16, whose colors have a fixed meaning, as given for all others.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.

    Returns
    -------
    ndarray of int32, shape (M, N[, …])
        Superpixels 1 … n by their first pixel in raster order, each one piece; 0 where a pixel takes no part.
        There are `n_segments` of them, fewer where fewer pixels take part, and up to `n_segments` + p - 1 where
        the mask has p pieces. With seeds their numbers, and 0 where no superpixel
        arrives.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, `seeds` does not hold integers, or a number has
        the wrong type.
    ValueError
        If `image` is empty, its channel axis is unclear, or it is not red, green and blue and `color_space` is
        "lab", `mask`, `spacing` or `seeds` does not fit its shape, a number is out of its range, `color_space` is
        unknown, or a seed lies outside the image or on a pixel that takes no part.

    See Also
    --------
    etps_segment : Superpixels that keep more closely to edges.
    slic_segment : Superpixels around centers that move.
    region_growing_segment : Regions of any size, within a tolerance.

    Notes
    -----
    Simple non-iterative clustering [1]_. The next pixel is the one with the least ``‖c - c̄‖² + (compactness / S)²
    ‖x - x̄‖²``, of color c and place x, to the means of the superpixel of one of its neighbors, as they were when
    that neighbor joined; S is the side of a square of mean area. Of equally near pixels the first in raster order
    is the next, so flipped images need not have flipped superpixels. All superpixels are connected by
    construction: no pass over small pieces follows.

    The seeds by default are the central pixels of equal shares of the pixels, and a piece of the mask has at least
    one. The default of `compactness` was set on the training images of BSDS500. The cost is O(n log n) for n
    pixels.

    References
    ----------
    .. [1] Achanta R., Süsstrunk S. Superpixels and polygons using simple non-iterative clustering. Conference on
       Computer Vision and Pattern Recognition, 2017.

    Examples
    --------
    >>> from classicseg import snic_segment
    >>> snic_segment([[1, 1, 1, 9, 9, 9]], seeds=[(0, 0), (0, 5)], compactness=1)
    array([[1, 1, 1, 2, 2, 2]], dtype=int32)
    """
    n_segments = as_count("n_segments", n_segments)
    compactness = None if compactness is None else as_number("compactness", compactness, least=0.0)
    as_choice("color_space", color_space, ["auto", "given", "lab"])
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    spacings = as_spacing(spacing, len(parsed.shape))
    connectivity = as_count("connectivity", connectivity, most=len(parsed.shape))
    given = None if seeds is None else as_seeds(seeds, parsed)
    check_colors(parsed, color_space)
    part = part_of(parsed, spacings)
    if given is None and part.n_pixels <= n_segments:
        return parsed.scatter(np.arange(1, part.n_pixels + 1, dtype=np.int32))
    n = n_segments if given is None else len(given.labels)
    values, unit = float32_planes(part.image, color_space)
    cells = equal_cells(part.shape, part.inside, n, part.spacing).labels
    if compactness is None:
        compactness = _COMPACTNESS * (color_spread(values, cells, n) or 1.0) / unit
        chose(compactness=compactness)
    starts = _central_pixels(cells, values, part, n) if given is None else part.cut(_planted(given, parsed.shape))
    steps = np.array(part.spacing) * (compactness * unit / part.side(n))
    found = grow_nearest(starts, part.inside, values, steps, min(connectivity, len(part.shape)))
    return part.placed(number_by_first_pixel(found) if given is None else given.labels_of(found))


def _planted(seeds: SeedPixels, shape: tuple[int, ...]) -> NDArray[np.int32]:
    """An image of the numbers of seeds."""
    markers = np.zeros(shape, np.int32)
    markers.reshape(-1)[seeds.nodes] = seeds.numbers
    return markers


def _central_pixels(
    cells: NDArray[np.int32], values: NDArray[np.float32], part: Part, n: int
) -> NDArray[np.int32]:
    """A seed in each of n cells, the pixel nearest to its center; of a mask each cell is made one piece first."""
    labels = cells
    if part.inside is not None:
        labels = one_piece_each(cells, values.reshape(len(values), -1, values.shape[-1]), n)
    flat, nodes = labels.reshape(-1), np.flatnonzero(labels)
    own = flat[nodes]
    counts = np.bincount(own)[1:]
    places = np.unravel_index(nodes, labels.shape)
    centers = [np.bincount(own, indices)[1:] / counts for indices in places]
    nearest = np.ravel_multi_index([np.ceil(center - 0.5).astype(np.int64) for center in centers], labels.shape)
    numbers = np.arange(1, len(counts) + 1, dtype=np.int32)
    is_missed = np.concatenate([[False], flat[nearest] != numbers])
    chosen = np.flatnonzero(is_missed[own])  # pixels of what is not around its center
    if len(chosen):
        of = own[chosen]
        steps = zip(places, centers, part.spacing, strict=True)
        apart = np.zeros(len(chosen))
        for indices, center, step in steps:
            apart += ((indices[chosen] - center[of - 1]) * step) ** 2
        order = np.lexsort((chosen, apart, of))
        missed = np.flatnonzero(is_missed)
        nearest[missed - 1] = nodes[chosen[order[np.searchsorted(of[order], missed)]]]
    seeds = np.zeros(labels.shape, np.int32)
    seeds.reshape(-1)[nearest] = numbers
    return seeds
