"""A segmentation drawn over its image: its segments, or its boundaries beside those of the truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from classicseg.extras.plot.pictures import as_bytes, lines_of, middle_plane, overlay_image
from classicseg.metrics.pairs import as_truths
from classicseg.types import ChannelAxis

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_DIMMED = 0.75
"""What is left of the image's light under thin lines."""
_FOUND = (1.0, 0.62, 0.0)
_MEANINGS = (("found, true", (0.3, 0.95, 0.4)), ("found, not true", _FOUND), ("true, not found", (0.35, 0.7, 1.0)))
_AGREE = 2


def overlay(
    image: ArrayLike, labels: ArrayLike, *, channel_axis: ChannelAxis = "auto", ax: Axes | None = None
) -> Axes:
    """Draw segments over their image.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey or color image or a volume, of which the middle slice is shown.
    labels : array_like of int
        Its spatial shape; 0 stays without color.
    channel_axis : int, None or "auto"
        As in `overlay_image`.
    ax : Axes, optional
        Where to draw; without it, on a figure of its own: save it with ``ax.figure.savefig``.

    Returns
    -------
    matplotlib.axes.Axes
        With the picture of `overlay_image`.

    Raises
    ------
    ValueError
        If the labels do not have the image's spatial shape.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg import threshold_segment
    >>> from classicseg.extras.plot import overlay
    >>> image = np.add.outer(np.arange(40), np.arange(60))
    >>> overlay(image, threshold_segment(image)).images[0].get_array().shape
    (40, 60, 3)
    """
    return show_picture(overlay_image(image, labels, channel_axis=channel_axis), ax)


def boundaries_plot(
    image: ArrayLike,
    found: ArrayLike,
    *,
    truth: ArrayLike | Sequence[ArrayLike] | None = None,
    channel_axis: ChannelAxis = "auto",
    ax: Axes | None = None,
) -> Axes:
    """Draw boundaries over their image, and those that should be there.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey or color image or a volume, of which the middle slice is shown.
    found : array_like of int or bool
        Labels, whose boundaries are drawn, or edges (bool), of its spatial shape.
    truth : array_like of int or bool, or sequence of several, optional
        The same of what is true; a list or tuple of arrays holds what several people drew.
    channel_axis : int, None or "auto"
        As in `overlay_image`.
    ax : Axes, optional
        Where to draw; without it, on a figure of its own.

    Returns
    -------
    matplotlib.axes.Axes
        The image in grey, with boundaries in orange. With a truth: in both green, found only orange, missed blue,
        where two pixels agree that are at most two apart.

    Raises
    ------
    ValueError
        If something does not have the image's spatial shape.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg import threshold_segment
    >>> from classicseg.extras.plot import boundaries_plot
    >>> image = np.add.outer(np.arange(40), np.arange(60))
    >>> axes = boundaries_plot(image, threshold_segment(image), truth=image // 60)
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['found, true', 'found, not true', 'true, not found']
    """
    plane, segments = middle_plane(image, found, channel_axis)
    lines = _as_lines(segments)
    painted = np.broadcast_to(plane.mean(axis=-1, keepdims=True), plane.shape) * _DIMMED
    if truth is None:
        painted[lines] = _FOUND
        return show_picture(as_bytes(painted), ax)
    drawn = np.any([_as_lines(middle_plane(image, one, channel_axis)[1]) for one in as_truths(truth)], axis=0)
    hits, misses = lines & _near(drawn), drawn & ~_near(lines)
    for members, (_, color) in zip((hits, lines & ~hits, misses), _MEANINGS, strict=True):
        painted[members] = color
    axes = show_picture(as_bytes(painted), ax)
    axes.legend(
        handles=_legend(), loc="upper center", bbox_to_anchor=(0.5, 0), ncols=len(_MEANINGS), frameon=False
    )
    return axes


def show_picture(picture: NDArray[np.uint8], ax: Axes | None) -> Axes:
    """Show a picture without ticks, where it is to be or on a figure of its size."""
    if ax is None:
        from matplotlib.figure import Figure

        height, width = picture.shape[:2]
        size = 8 / max(height, width)
        figure = Figure(figsize=(max(2.0, size * width), max(2.0, size * height)), dpi=120, layout="constrained")
        ax = figure.add_subplot()
    ax.imshow(picture)
    ax.set_axis_off()
    return ax


def _as_lines(found: NDArray[Any]) -> NDArray[np.bool_]:
    """Edges as they are, labels by their boundaries."""
    return found if found.dtype == np.bool_ else lines_of(found)


def _near(lines: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(ndimage.binary_dilation(lines, iterations=_AGREE))


def _legend() -> list[Artist]:
    from matplotlib.patches import Patch

    return [Patch(color=color, label=meaning) for meaning, color in _MEANINGS]
