"""Segments laid over their image: a tint for each segment, a white line where two broad ones meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg.extras.plot.colors import label_colors
from classicseg.extras.plot.panels import show_picture
from classicseg.extras.plot.slices import as_bytes, as_segments, middle, picture
from classicseg.types import ChannelAxis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TINT = 0.4
"""How much of a pixel is its segment's color; the rest is the image."""
_LINE = 0.8
"""How much of a line is white; less than all, lest small segments drown in it."""
_BROAD = 5
"""A segment is broad around a pixel where it fills a window of so many pixels a side: specks get no line."""


def overlay(
    image: ArrayLike, labels: ArrayLike, *, channel_axis: ChannelAxis = "auto", ax: Axes | None = None
) -> Axes:
    """Show segments laid over their image.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume; its values are stretched for display.
    labels : array_like of int or bool, shape (M, N[, …])
        Segments, of the image's spatial shape; 0 stays without color.
    channel_axis : int, None or "auto", default "auto"
        The axis of the image's channels, where it has one axis more than the labels; "auto" is the last.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The picture of `overlay_image`; save it with ``axes.figure.savefig(path)``.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, or `labels` holds neither integers nor bool.
    ValueError
        If labels are negative, or do not have the image's spatial shape.
    ImportError
        If matplotlib is not installed.

    See Also
    --------
    overlay_image : The picture as an array, without matplotlib.
    boundaries_plot : The lines between segments alone.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg import threshold_segment
    >>> from classicseg.extras.plot import overlay
    >>> image = np.add.outer(np.arange(40), np.arange(60))
    >>> axes = overlay(image, threshold_segment(image))
    >>> axes.images[0].get_array().shape
    (40, 60, 3)
    """
    return show_picture(overlay_image(image, labels, channel_axis=channel_axis), ax)


def overlay_image(image: ArrayLike, labels: ArrayLike, *, channel_axis: ChannelAxis = "auto") -> NDArray[np.uint8]:
    """Lay segments over their image, as an image again.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume; its values are stretched for display.
    labels : array_like of int or bool, shape (M, N[, …])
        Segments, of the image's spatial shape; 0 stays without color.
    channel_axis : int, None or "auto", default "auto"
        The axis of the image's channels, where it has one axis more than the labels; "auto" is the last.

    Returns
    -------
    ndarray of uint8, shape (M, N, 3)
        The image in its colors, each segment tinted, and a white line where two segments meet that are broader
        than specks; for a volume, the middle slice. A label has the same color in every picture.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, or `labels` holds neither integers nor bool.
    ValueError
        If labels are negative, or do not have the image's spatial shape.

    See Also
    --------
    overlay : The same picture, drawn by matplotlib.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg import threshold_segment
    >>> from classicseg.extras.plot import overlay_image
    >>> image = np.add.outer(np.arange(40), np.arange(60))
    >>> overlay_image(image, threshold_segment(image)).shape
    (40, 60, 3)
    """
    segments = as_segments(labels, "labels")
    return painted(picture(image, segments, "labels", channel_axis), middle(segments, segments.ndim))


def painted(plane: NDArray[np.float64], segments: NDArray[Any]) -> NDArray[np.uint8]:
    """Paint the segments of a plane."""
    tinted = (1 - _TINT) * plane + _TINT * label_colors(segments)
    colored = np.where(segments[..., np.newaxis] > 0, tinted, plane)
    lines = broad_lines(segments)
    colored[lines] = (1 - _LINE) * colored[lines] + _LINE
    return as_bytes(colored)


def border_lines(segments: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark one side of each border between segments: a line one pixel wide."""
    lines = np.zeros(segments.shape, bool)
    lines[:-1] |= segments[:-1] != segments[1:]
    lines[:, :-1] |= segments[:, :-1] != segments[:, 1:]
    return lines


def broad_lines(segments: NDArray[Any]) -> NDArray[np.bool_]:
    """The lines between segments that are both broad near the line; 0 is one of them."""
    from scipy import ndimage

    segments = segments.astype(np.int32, copy=False)
    inner = ndimage.minimum_filter(segments, _BROAD) == ndimage.maximum_filter(segments, _BROAD)
    near = 2 * _BROAD + 1
    lowest = ndimage.minimum_filter(np.where(inner, segments, np.iinfo(np.int32).max), near)
    highest = ndimage.maximum_filter(np.where(inner, segments, -1), near)
    return border_lines(segments) & (lowest < highest)
