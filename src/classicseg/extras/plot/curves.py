"""Curves: what a threshold parts, and how precision goes with recall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.image import as_scalar_image
from classicseg._core.numbers import as_number
from classicseg.extras.plot.pictures import colors_of
from classicseg.metrics.edges import harmonic_mean
from classicseg.types import ChannelAxis, Mask

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_BINS = 256
_ISO_F = np.arange(1, 10) / 10


def histogram_with_thresholds(
    image: ArrayLike,
    thresholds: float | Sequence[float] | NDArray[Any],
    *,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the histogram of an image and the thresholds that part it.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey or color image or a volume; of a color image the luminance is taken.
    thresholds : float or sequence of float
        In the image's units.
    channel_axis : int, None or "auto"
        The axis of the channels; None: every axis is spatial; "auto": a last axis of length 1 to 4 of three or
        more.
    mask : array_like of bool, optional
        Spatial shape, True where a pixel takes part.
    ax : Axes, optional
        Where to draw; without it, on a figure of its own.

    Returns
    -------
    matplotlib.axes.Axes
        The counts of values, each class in the color that `overlay` gives it, and a line at each threshold.

    Raises
    ------
    ValueError
        If no pixel takes part, or a threshold is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg import otsu_threshold
    >>> from classicseg.extras.plot import histogram_with_thresholds
    >>> image = np.add.outer(np.arange(40), np.arange(60))
    >>> axes = histogram_with_thresholds(image, otsu_threshold(image))
    >>> axes.get_xlabel(), len(axes.lines)
    ('value', 1)
    """
    values = as_scalar_image(image, channel_axis=channel_axis, mask=mask).pixels()[:, 0].astype(np.float64)
    if not len(values):
        raise ValueError(
            "no pixel takes part: the mask is False wherever the image is finite; expected one or more"
        )
    cuts = np.sort([as_number("thresholds", cut) for cut in np.atleast_1d(np.asarray(thresholds, object))])
    counts, edges = np.histogram(values, _bins(values))
    classes = 1 + np.searchsorted(cuts, (edges[:-1] + edges[1:]) / 2, side="right")
    colors = colors_of(np.arange(1, len(cuts) + 2))
    ax = _axes() if ax is None else ax
    ax.bar(edges[:-1], counts, np.diff(edges), align="edge", color=colors[classes - 1])
    for cut in cuts:
        ax.axvline(cut, color="black", linewidth=1)
        ax.annotate(
            f"{cut:.4g}", (cut, 1), xycoords=("data", "axes fraction"), xytext=(3, -3),
            textcoords="offset points", rotation=90, va="top", fontsize=9,
        )  # fmt: skip
    ax.set(xlabel="value", ylabel="pixels", xlim=(edges[0], edges[-1]))
    ax.margins(y=0.05)
    return ax


def precision_recall_plot(curves: Mapping[str, tuple[ArrayLike, ArrayLike]], *, ax: Axes | None = None) -> Axes:
    """Draw precision over recall, with the lines of equal F.

    Parameters
    ----------
    curves : mapping of str to (recall, precision)
        Two sequences of numbers from 0 to 1 by name; a single pair is drawn as a point.
    ax : Axes, optional
        Where to draw; without it, on a figure of its own.

    Returns
    -------
    matplotlib.axes.Axes
        The curves, named with their best F.

    Raises
    ------
    ValueError
        If there is no curve, or one does not have as many recalls as precisions, from 0 to 1.

    References
    ----------
    .. [1] Martin D. R., Fowlkes C. C., Malik J. Learning to detect natural image boundaries using local
       brightness, color, and texture cues. IEEE Transactions on Pattern Analysis and Machine Intelligence 26(5),
       2004.

    Examples
    --------
    >>> from classicseg.extras.plot import precision_recall_plot
    >>> axes = precision_recall_plot({"Canny": ([0.8, 0.6, 0.3], [0.4, 0.6, 0.8])})
    >>> axes.get_legend().get_texts()[0].get_text()
    'Canny (F 0.60)'
    """
    if not curves:
        raise ValueError("curves are empty; expected one or more")
    parsed = {name: _as_curve(name, *curve) for name, curve in curves.items()}
    ax = _axes(6.0, 6.0) if ax is None else ax
    for f in _ISO_F:
        recall = np.linspace(f / (2 - f), 1, 100)
        ax.plot(recall, f * recall / (2 * recall - f), color="0.82", linewidth=0.8, zorder=0)
        ax.annotate(f"{f:.1f}", (1, f / (2 - f)), xytext=(3, 0), textcoords="offset points", color="0.5",
                    fontsize=8, va="center", annotation_clip=False)  # fmt: skip
    for name, (recall, precision) in parsed.items():
        best = max(harmonic_mean(float(p), float(r)) for p, r in zip(precision, recall, strict=True))
        ax.plot(
            recall,
            precision,
            marker="o" if len(recall) == 1 else None,
            linewidth=2,
            label=f"{name} (F {best:.2f})",
        )
    ax.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1), aspect="equal")
    ax.legend(loc="lower left", fontsize=9)
    return ax


def _axes(width: float = 7.0, height: float = 4.0) -> Axes:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=120, layout="constrained").add_subplot()


def _bins(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Steps of whole numbers where the values are such, and at most so many."""
    low, high = float(values.min()), float(values.max())
    if (values == np.rint(values)).all() and high - low < 2**31:
        step = -(-int(high - low + 1) // _MOST_BINS)
        return np.arange(low - 0.5, high + step, step)
    return np.linspace(low, high, _MOST_BINS + 1)


def _as_curve(
    name: str, recall: ArrayLike, precision: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    across, up = (np.atleast_1d(np.asarray(values, np.float64)) for values in (recall, precision))
    if across.shape != up.shape or across.ndim != 1 or not len(up):
        raise ValueError(
            f"{name} has {across.size} recalls and {up.size} precisions; expected as many, one or more"
        )
    if not all(((values >= 0) & (values <= 1)).all() for values in (across, up)):
        raise ValueError(f"{name} has values outside 0 to 1; expected recall and precision as shares")
    return across, up
