"""The histogram of an image, and where thresholds divide it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.image import as_scalar_image
from classicseg._core.numbers import as_numbers, shown
from classicseg.extras.plot.colors import label_colors
from classicseg.extras.plot.panels import new_figure
from classicseg.types import ChannelAxis, Mask

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_BINS = 256
_TOWER = 10
"""A bin so many times as high as the next peaks flattens them: then the scale is logarithmic."""
_CROWDED = 0.08
"""Numbers nearer to each other than this share of the width stand upright, lest they overlap."""


def histogram_with_thresholds(
    image: ArrayLike,
    thresholds: float | Sequence[float] | NDArray[np.float64],
    *,
    mask: Mask = None,
    channel_axis: ChannelAxis = "auto",
    ax: Axes | None = None,
) -> Axes:
    """Show the histogram of an image and where thresholds divide it.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey image or a volume, of any real dtype, or a color image, whose luminance is taken. NaN and infinite
        values take no part.
    thresholds : float or sequence of float
        The thresholds, ascending, in the image's units.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The histogram: the pixels of each class in the color that `overlay` gives its label, and the thresholds as
        lines with their values above.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, or a threshold is not a number.
    ValueError
        If `image` is empty, its channel axis is unclear or its channels have no luminance, `mask` does not fit its
        shape, no pixel takes part, or the thresholds are not finite and strictly ascending.
    ImportError
        If matplotlib is not installed.

    See Also
    --------
    overlay : The classes on the image, in the same colors.

    Notes
    -----
    There are at most 256 bins of equal width; 8-bit images have one for each value. Counts have a logarithmic
    scale where one bin, such as that of a black ground, is more than 10 times as high as all bins beyond its
    flanks.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg import multi_otsu_thresholds
    >>> from classicseg.extras.plot import histogram_with_thresholds
    >>> image = np.array([[1, 1, 5], [5, 9, 9]], np.uint8)
    >>> axes = histogram_with_thresholds(image, multi_otsu_thresholds(image, n_classes=3))
    >>> [line.get_xdata()[0] for line in axes.lines]
    [5.0, 9.0]
    """
    given = _as_thresholds(thresholds)
    parsed = as_scalar_image(image, channel_axis=channel_axis, mask=mask)
    values = parsed.pixels()[:, 0]
    if values.size == 0:
        raise ValueError("mask and missing values leave no pixel of the image; expected at least one")
    counts, edges = _histogram(values)
    axes = new_figure(8, 4.2).add_subplot() if ax is None else ax
    low, high = min(edges[0], given.min(initial=edges[0])), max(edges[-1], given.max(initial=edges[-1]))
    margin = 0.02 * (high - low)
    limits = np.concatenate([[low - margin], given, [high + margin]])
    log = _has_tower(counts)
    _draw_classes(axes, counts, edges, limits)
    _draw_thresholds(axes, given, float(limits[-1] - limits[0]))
    axes.set_xlim(limits[0], limits[-1])
    axes.set_yscale("log" if log else "linear")
    axes.set_ylim(counts[counts > 0].min() / 2 if log else 0, counts.max() * (2 if log else 1.05))
    axes.set_xlabel("value")
    axes.set_ylabel("pixels")
    return axes


def _as_thresholds(thresholds: float | Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Parse ascending thresholds."""
    numbers = as_numbers("thresholds", thresholds)
    if any(low >= high for low, high in pairwise(numbers)):
        raise ValueError(f"thresholds are {shown(numbers)}; expected strictly ascending numbers")
    return np.array(numbers, np.float64)


def _histogram(values: NDArray[np.generic]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Count values in bins; those of whole numbers are whole numbers wide: no comb."""
    low, high = float(values.min()), float(values.max())
    if max(-low, high) < 2**53 and (values == np.rint(values)).all():
        width = -(-(high - low + 1) // _MOST_BINS)
        edges = low + width * np.arange((high - low) // width + 2)
    elif high - low > _MOST_BINS * np.spacing(max(abs(low), abs(high))):
        edges = np.linspace(low, high, _MOST_BINS + 1)
    else:
        edges = low + max(abs(low), 1.0) * np.array([-0.5, 0.5])
    return np.histogram(values, edges.size - 1, (edges[0], edges[-1]))[0].astype(np.int64), edges


def _has_tower(counts: NDArray[np.int64]) -> bool:
    """Whether one bin dwarfs all that lie further from it than a twentieth of the bins."""
    peak, reach = int(counts.argmax()), max(1, counts.size // 20)
    others = np.concatenate([counts[: max(0, peak - reach)], counts[peak + reach + 1 :]])
    return bool(others.max(initial=0) > 0 and counts[peak] > _TOWER * others.max())


def _draw_classes(
    axes: Axes, counts: NDArray[np.int64], edges: NDArray[np.float64], limits: NDArray[np.float64]
) -> None:
    """Fill the steps of each class; a bin that a threshold divides has its height on both sides."""
    cuts = np.union1d(edges, limits[(limits > edges[0]) & (limits < edges[-1])])
    heights = counts[np.clip(np.searchsorted(edges, cuts[:-1], side="right") - 1, 0, counts.size - 1)]
    classes = np.searchsorted(limits[1:-1], cuts[:-1], side="right")
    for number, (start, stop) in enumerate(pairwise(limits)):
        color = label_colors(number + 1)
        axes.axvspan(start, stop, color=color, alpha=0.15, linewidth=0)
        own = np.flatnonzero(classes == number)
        if own.size:
            axes.stairs(heights[own], cuts[own[0] : own[-1] + 2], fill=True, color=color, linewidth=0)
    axes.stairs(counts, edges, color="0.25", linewidth=0.6)


def _draw_thresholds(axes: Axes, thresholds: NDArray[np.float64], width: float) -> None:
    """Draw a line at each threshold, with its number above."""
    for threshold in thresholds.tolist():
        axes.axvline(threshold, color="black", linewidth=1.2)
    top = axes.secondary_xaxis("top")  # its numbers make room for a title above them
    crowded = np.diff(thresholds).min(initial=width) < _CROWDED * width
    top.set_xticks(thresholds, [f"{threshold:.5g}" for threshold in thresholds], rotation=90 if crowded else 0)
