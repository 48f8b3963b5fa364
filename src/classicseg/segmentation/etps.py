"""Superpixels from coarse to fine: blocks of pixels at their borders move, then smaller ones, and pixels at last.

The start is a grid of cells. A block joins a neighboring superpixel where that lowers an energy and its former one
stays in one piece. So every superpixel is connected at any time, and none is lost.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.chosen import chose
from classicseg._core.image import as_image, as_spacing
from classicseg._core.numbers import as_choice, as_count, as_number
from classicseg.filters.color import ColorSpace
from classicseg.labeling.numbering import number_by_first_pixel
from classicseg.superpixels.cells import Cells, equal_cells
from classicseg.superpixels.coarse_to_fine import Weights, from_coarse_to_fine
from classicseg.superpixels.colors import check_colors, color_spread, float32_planes
from classicseg.superpixels.part import part_of
from classicseg.types import ChannelAxis, Mask, Spacing, Superpixels

_COMPACTNESS = 1 / 9
"""The default, as a part of the spread of colors, over the root of the side of a superpixel in pixels."""

_SMOOTHNESS = 1 / 30
"""The same, times that root."""


def etps_segment(
    image: ArrayLike,
    *,
    n_segments: int = 400,
    compactness: float | None = None,
    smoothness: float | None = None,
    color_space: ColorSpace = "auto",
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Superpixels:
    """Cut an image into superpixels that keep closely to its edges: blocks move at their borders, coarse to fine.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    n_segments : int, default 400
        The number of superpixels, at least 1: exactly so many but for masks, see below.
    compactness : float, optional
        The difference of color that counts as much as the side of a superpixel, at least 0, in units of the colors
        that are compared. The greater it is, the rounder the superpixels are. By default a ninth of their spread,
        divided by the root of the side in pixels: a fortieth where that is 20. The spread is the root mean square
        of the differences from the mean color in a cell of the start grid, on average.
    smoothness : float, optional
        The difference of color by which a pixel may differ and still not lengthen a border by the side of a pixel,
        at least 0, in the same units. The greater it is, the shorter the borders are. By default a thirtieth of
        the spread, times the root of the side of a superpixel in pixels: 0.15 of it where that is 20.
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
        the mask has p pieces.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, or a number has the wrong type.
    ValueError
        If `image` is empty, its channel axis is unclear, or it is not red, green and blue and `color_space` is
        "lab", `mask` or `spacing` does not fit its shape, a number is out of its range, or `color_space` is
        unknown.

    See Also
    --------
    watershed_segment : Regions of any size; with markers on a grid and `compactness` superpixels, too.
    undersegmentation_error : How far superpixels leak over true borders.

    Notes
    -----
    Extended topology-preserving segmentation [1]_. The energy is the sum of ``‖c - c̄‖² + (compactness / S)² ‖x -
    x̄‖²`` over the pixels, of color c and place x, of which the superpixel has the means, and of smoothness² for
    each side of a pixel that is a border; S is the side of a square of mean area. A block moves to the neighbor
    that lowers it most, where its superpixel stays connected within the 3 x 3 blocks around it (3^d in d
    dimensions) and keeps a tenth of the mean area.

    Blocks begin with at most half of a superpixel's side and halve until they are pixels; the compactness is three
    times as great for blocks of twice the side, so that superpixels leak less. The blocks of even and of odd index
    along each axis take turns, 2^d of them; they decide on the means before their turn, so no order within a turn
    counts. Each size takes up to 8 rounds, pixels up to 4, in which those with moving neighbors are asked again.
    The start grid has corners, so flipped images need not have flipped superpixels. The cost is linear in the
    number of pixels.

    The defaults were set on training images of BSDS500, 50 with 400 superpixels and 34 with 100 and 1600: a third
    of the smoothness has 0.01 more recall and borders that are longer by an eighth, ragged where there is noise or
    texture. The numbers of rounds and the growth of the compactness were chosen on 20 of them. Of a constant image
    the default smoothness is 0: its superpixels are as equal as the grid allows.

    References
    ----------
    .. [1] Yao J., Boben M., Fidler S., Urtasun R. Real-time coarse-to-fine topologically preserving segmentation.
       Conference on Computer Vision and Pattern Recognition, 2015.

    Examples
    --------
    >>> from classicseg import etps_segment
    >>> etps_segment([[1, 1, 1, 9, 9, 9], [1, 1, 9, 9, 9, 9]], n_segments=2)
    array([[1, 1, 1, 2, 2, 2],
           [1, 1, 2, 2, 2, 2]], dtype=int32)
    """
    n_segments = as_count("n_segments", n_segments)
    compactness = None if compactness is None else as_number("compactness", compactness, least=0.0)
    smoothness = None if smoothness is None else as_number("smoothness", smoothness, least=0.0)
    as_choice("color_space", color_space, ["auto", "given", "lab"])
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    spacings = as_spacing(spacing, len(parsed.shape))
    check_colors(parsed, color_space)
    part = part_of(parsed, spacings)
    if part.n_pixels <= n_segments:
        return parsed.scatter(np.arange(1, part.n_pixels + 1, dtype=np.int32))
    values, unit = float32_planes(part.image, color_space)
    cells = equal_cells(part.shape, part.inside, n_segments, part.spacing)
    weights = _weights(values, cells, (compactness, smoothness), unit)
    found = from_coarse_to_fine(values, cells, part, n_segments, weights)
    return part.placed(number_by_first_pixel(found))


def _weights(
    values: NDArray[np.float32], cells: Cells, asked: tuple[float | None, float | None], unit: float
) -> Weights:
    """The weights that are given, or those by the spread of colors, in units of the values."""
    compactness, smoothness = asked
    n_axes = max(1, sum(length > 1 for length in values.shape[1:]))
    root = (np.count_nonzero(cells.labels) / cells.n) ** (0.5 / n_axes)
    if compactness is None or smoothness is None:
        spread = color_spread(values, cells.labels, cells.n) / unit
    if compactness is None:
        compactness = _COMPACTNESS * (spread or 1 / unit) / root
        chose(compactness=compactness)
    if smoothness is None:  # 0 of a constant image, so that it is cut evenly
        smoothness = _SMOOTHNESS * spread * root
        chose(smoothness=smoothness)
    return Weights(compactness * unit, smoothness * unit)
