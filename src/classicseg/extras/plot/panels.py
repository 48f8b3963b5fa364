"""Axes to draw in: figures that pyplot knows nothing of, as large as what they show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PAD = 0.06
"""Around each panel, in inches."""
_PICTURE_AREA = 36.0
"""Of a picture in a figure of its own, in square inches."""


def new_figure(width: float, height: float) -> Figure:
    """Make a figure of so many inches."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError("matplotlib, which draws, is not installed; pip install 'classicseg[plot]'") from None
    figure = Figure(figsize=(width, height), dpi=120)
    figure.set_layout_engine("constrained", h_pad=_PAD, w_pad=_PAD)
    return figure


def show_picture(pixels: NDArray[Any], ax: Axes | None, *, below: float = 0.0) -> Axes:
    """Show pixels without ticks, in these axes or in a figure with so many inches to spare."""
    if ax is None:
        width, height = picture_size(pixels, _PICTURE_AREA)
        ax = new_figure(width, height + below).add_subplot()
    ax.imshow(pixels)
    ax.set_axis_off()
    return ax


def add_legend(axes: Axes, colors: Sequence[tuple[str, Any]]) -> None:
    """Say below a picture what its colors stand for."""
    from matplotlib.patches import Patch

    axes.legend(
        handles=[Patch(facecolor=color, edgecolor="0.3", label=name) for name, color in colors],
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        ncols=3,
        frameon=False,
        fontsize=10,
        handlelength=1.2,
    )


def picture_size(pixels: NDArray[Any], area: float) -> tuple[float, float]:
    """Return width and height that show square pixels on this area, no side more than 3 times the other."""
    aspect = float(np.clip(pixels.shape[1] / pixels.shape[0], 1 / 3, 3))
    return math.sqrt(area * aspect), math.sqrt(area / aspect)
