"""Precision against recall, as the Berkeley benchmark of boundaries draws it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg.extras.plot.colors import ON_WHITE, label_colors
from classicseg.extras.plot.panels import new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MEASURES = np.arange(1, 10) / 10
_STYLES = ("-", "--", "-.", (0, (1, 1.2)))
_MARKERS = "osD^v"


def precision_recall_plot(curves: Mapping[str, tuple[ArrayLike, ArrayLike]], *, ax: Axes | None = None) -> Axes:
    """Show precision against recall, over lines of equal F.

    Parameters
    ----------
    curves : mapping of str to (recall, precision)
        For each name two arrays of equal length with values from 0 to 1, in the order of their thresholds; a
        single point is drawn as a marker.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The curves with their best points, and a legend with the F of these, best first. Thin lines show where F is
        0.1 … 0.9, as the right edge says.

    Raises
    ------
    TypeError
        If a curve is not a pair, or does not hold numbers.
    ValueError
        If there is no curve, the lengths of a pair differ, or values are not from 0 to 1.
    ImportError
        If matplotlib is not installed.

    See Also
    --------
    boundaries_plot : The lines of one segmentation, beside those of a truth.

    Notes
    -----
    F = 2 p r / (p + r) is the harmonic mean of precision p and recall r [1]_, 0 where both are 0. The best F of a
    curve is that of its best point; nothing is interpolated between points.

    References
    ----------
    .. [1] Martin D. R., Fowlkes C. C., Malik J. Learning to detect natural image boundaries using local
       brightness, color, and texture cues. IEEE Transactions on Pattern Analysis and Machine Intelligence 26(5),
       2004.

    Examples
    --------
    >>> from classicseg.extras.plot import precision_recall_plot
    >>> axes = precision_recall_plot({"Canny": ([0.4, 0.6, 0.9], [0.8, 0.6, 0.2]), "people": (0.8, 0.8)})
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['people (F 0.80)', 'Canny (F 0.60)']
    """
    if not curves:
        raise ValueError("curves is empty; expected one pair (recall, precision) or more, by name")
    parsed = {name: _as_curve(name, curve) for name, curve in curves.items()}
    axes = new_figure(6.4, 6).add_subplot() if ax is None else ax
    _draw_measures(axes)
    handles = {}
    for number, (style, marker, (name, (recall, precision))) in enumerate(
        zip(cycle(_STYLES), cycle(_MARKERS), parsed.items(), strict=False), start=1
    ):
        measure = _measure(recall, precision)
        best = int(measure.argmax())
        color = label_colors(number, ON_WHITE)
        (line,) = axes.plot(
            recall, precision, color=color, linestyle=style if recall.size > 1 else "none", linewidth=2,
            marker=marker, markersize=7, markevery=[best], label=f"{name} (F {measure[best]:.2f})",
            clip_on=False, zorder=3,
        )  # fmt: skip
        handles[name] = (float(measure[best]), line)
    ranked = sorted(handles.values(), key=lambda handle: -handle[0])
    axes.legend(handles=[line for _, line in ranked], fontsize=10, loc="lower left", framealpha=0.9)
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="recall", ylabel="precision")
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.set_yticks(np.linspace(0, 1, 6))
    return axes


def _as_curve(name: str, curve: tuple[ArrayLike, ArrayLike]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Parse recall and precision."""
    if not isinstance(curve, tuple | list) or len(curve) != 2:
        raise TypeError(f"curves[{name!r}] is no pair; expected (recall, precision)")
    try:
        recall, precision = (np.atleast_1d(np.asarray(values, np.float64)) for values in curve)
    except (TypeError, ValueError):
        raise TypeError(f"curves[{name!r}] holds no numbers; expected (recall, precision)") from None
    if recall.shape != precision.shape or recall.ndim != 1 or recall.size == 0:
        raise ValueError(
            f"curves[{name!r}] has recall of shape {recall.shape} and precision of shape {precision.shape}; "
            "expected one axis of equal length"
        )
    for kind, values in {"recall": recall, "precision": precision}.items():
        if not ((values >= 0) & (values <= 1)).all():
            raise ValueError(
                f"curves[{name!r}] has {kind} from {values.min():g} to {values.max():g}; expected values "
                "from 0 to 1; leave out points that are not defined"
            )
    return recall, precision


def _measure(recall: NDArray[np.float64], precision: NDArray[np.float64]) -> NDArray[np.float64]:
    """The F measure: the harmonic mean of recall and precision."""
    return 2 * recall * precision / np.maximum(recall + precision, np.finfo(np.float64).tiny)


def _draw_measures(axes: Axes) -> None:
    """Draw the lines of equal F, and say at the right edge which is which."""
    for measure in _MEASURES:
        inverse = np.linspace(1, 2 / measure - 1, 200)  # 1/recall + 1/precision = 2/F: as dense at both ends
        axes.plot(1 / inverse, 1 / inverse[::-1], color="0.8", linewidth=0.8, zorder=1)
    right = axes.secondary_yaxis("right")
    right.set_yticks(_MEASURES / (2 - _MEASURES), [f"{measure:.1f}" for measure in _MEASURES])
    right.tick_params(length=0, colors="0.4")
    right.set_ylabel("F", rotation=0, color="0.4")
