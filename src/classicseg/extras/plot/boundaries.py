"""The lines of a segmentation on its image, and where they agree with those of a truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg.extras.plot.colors import ON_DARK, label_colors
from classicseg.extras.plot.overlays import border_lines
from classicseg.extras.plot.panels import add_legend, show_picture
from classicseg.extras.plot.slices import as_bytes, as_segments, check_shape, middle, picture
from classicseg.types import ChannelAxis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FOUND, _MISSED, _AGREED = label_colors([2, 1, 3], ON_DARK)
GREY = 0.7
"""The lightest grey of the image: lines must stand out from white."""
_DISPLAYED = 700
"""Pixels a side that a figure shows; lines in a larger image are drawn wider, or they would vanish."""


def boundaries_plot(
    image: ArrayLike,
    boundaries_or_labels: ArrayLike,
    *,
    truth: ArrayLike | Sequence[ArrayLike] | None = None,
    channel_axis: ChannelAxis = "auto",
    ax: Axes | None = None,
) -> Axes:
    """Show the lines of a segmentation on its image, with those of a truth.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of which the middle slice is shown, in grey.
    boundaries_or_labels : array_like of bool or int, shape (M, N[, …])
        An edge map (bool), or labels (integers), whose lines run where they differ. The lines of a mask are those
        of ``mask.astype(int)``.
    truth : array_like of bool or int, shape (M, N[, …]), or sequence of several, optional
        Edge maps or labels to compare with; with several, the lines of all.
    channel_axis : int, None or "auto", default "auto"
        The axis of the image's channels, where it has one axis more than the labels; "auto" is the last.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The picture. With a truth, lines within one pixel of it are green, others orange, and lines of the truth
        within one pixel of which nothing was found are blue; a legend says so.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, or the labels or the truth are neither bool nor integers.
    ValueError
        If labels are negative, or do not have the image's spatial shape.
    ImportError
        If matplotlib is not installed.

    See Also
    --------
    overlay : Segments in color.
    compare_sheet : Several segmentations side by side.

    Notes
    -----
    "Within one pixel" includes diagonals, in the slice that is shown.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg import threshold_segment
    >>> from classicseg.extras.plot import boundaries_plot
    >>> image = np.add.outer(np.arange(40), np.arange(60))
    >>> axes = boundaries_plot(image, threshold_segment(image), truth=np.where(image > 50, 2, 1))
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['both, within one pixel', 'found only', 'truth only']
    """
    segments = as_segments(boundaries_or_labels, "boundaries_or_labels")
    plane = picture(image, segments, "boundaries_or_labels", channel_axis)
    found = _lines(boundaries_or_labels, segments)
    expected = None if truth is None else _truth_lines(truth, segments.shape)
    shown = GREY * np.broadcast_to(plane.mean(axis=-1, keepdims=True), plane.shape)
    width = line_width(found.shape)
    if expected is None:
        shown[_widen(found, width)] = _FOUND
        return show_picture(as_bytes(shown), ax)
    agreed = found & _widen(expected, 3)
    for lines, color in [(expected & ~_widen(found, 3), _MISSED), (found, _FOUND), (agreed, _AGREED)]:
        shown[_widen(lines, width)] = color
    axes = show_picture(as_bytes(shown), ax, below=0.35)
    add_legend(axes, [("both, within one pixel", _AGREED), ("found only", _FOUND), ("truth only", _MISSED)])
    return axes


def line_width(shape: tuple[int, ...]) -> int:
    """How many pixels wide a line is in a picture."""
    return max(1, round(max(shape) / _DISPLAYED))


def _truth_lines(truth: ArrayLike | Sequence[ArrayLike], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The border lines of one truth or several."""
    from classicseg.metrics.pairs import as_truths  # all metrics with it: the command line draws without them

    truths = as_truths(truth)
    lines = np.zeros(shape[-2:], bool)
    for number, one in enumerate(truths):
        name = "truth" if len(truths) == 1 else f"truth[{number}]"
        segments = as_segments(one, name)
        check_shape(name, segments, shape)
        lines |= _lines(one, segments)
    return lines


def _lines(given: ArrayLike, segments: NDArray[Any]) -> NDArray[np.bool_]:
    """The lines that are given as bool, or the borders of segments."""
    shown = middle(segments, segments.ndim)
    return shown > 0 if np.asarray(given).dtype == np.bool_ else border_lines(shown)


def _widen(lines: NDArray[np.bool_], width: int) -> NDArray[np.bool_]:
    """Draw lines so many pixels wide."""
    from scipy import ndimage

    return ndimage.maximum_filter(lines, size=width)
