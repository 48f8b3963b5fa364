"""Several segmentations of one image side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from classicseg.extras.plot.pictures import as_bytes, middle_plane, overlay_image
from classicseg.types import ChannelAxis

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def compare_sheet(
    image: ArrayLike,
    segmentations: Mapping[str, ArrayLike],
    *,
    truth: ArrayLike | None = None,
    scores: Mapping[str, str] | None = None,
    channel_axis: ChannelAxis = "auto",
) -> list[Axes]:
    """Show an image and several segmentations of it on one sheet.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey or color image or a volume, of which the middle slice is shown.
    segmentations : mapping of str to array_like of int
        The labels by title, one or more.
    truth : array_like of int, optional
        The true labels, shown beside the image.
    scores : mapping of str to str, optional
        What to say of a segmentation, by its title; without it, how many segments it has.
    channel_axis : int, None or "auto"
        As in `overlay_image`.

    Returns
    -------
    list of matplotlib.axes.Axes
        One for each panel; save them with ``axes[0].figure.savefig``.

    Raises
    ------
    ValueError
        If there is no segmentation, or labels do not have the image's spatial shape.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg import kmeans_segment, threshold_segment
    >>> from classicseg.extras.plot import compare_sheet
    >>> image = np.add.outer(np.arange(40), np.arange(60))
    >>> axes = compare_sheet(image, {"Otsu": threshold_segment(image), "k-means": kmeans_segment(image)})
    >>> [panel.get_title() for panel in axes]
    ['image', 'Otsu: 2 segments', 'k-means: 4 segments']
    """
    from matplotlib.figure import Figure

    if not segmentations:
        raise ValueError("segmentations are empty; expected one or more")
    labelled = {name: np.asarray(labels) for name, labels in segmentations.items()}
    plane, _ = middle_plane(image, next(iter(labelled.values())), channel_axis)
    panels = {"image": as_bytes(plane)}
    if truth is not None:
        panels["truth"] = overlay_image(image, truth, channel_axis=channel_axis)
    for name, labels in labelled.items():
        said = (scores or {}).get(name) or f"{np.unique(labels[labels > 0]).size} segments"
        panels[f"{name}: {said}"] = overlay_image(image, labels, channel_axis=channel_axis)
    n_rows, n_columns = _grid(len(panels))
    height, width = plane.shape[:2]
    figure = Figure(figsize=(4 * n_columns, (4 * height / width + 0.35) * n_rows), dpi=120, layout="constrained")
    axes = []
    for number, (title, picture) in enumerate(panels.items(), start=1):
        axes.append(figure.add_subplot(n_rows, n_columns, number))
        axes[-1].imshow(picture)
        axes[-1].set_title(title, fontsize=11)
        axes[-1].set_axis_off()
    return axes


def _grid(n_panels: int) -> tuple[int, int]:
    """Rows and columns: at most four columns, and as few gaps as can be, then the wider."""
    if n_panels <= 3:
        return 1, n_panels
    n_columns = min((4, 3), key=lambda n: -n_panels % n)
    return math.ceil(n_panels / n_columns), n_columns
