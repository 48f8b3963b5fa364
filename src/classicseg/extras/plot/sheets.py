"""Several segmentations of one image, side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg.extras.plot.overlays import painted
from classicseg.extras.plot.panels import new_figure, picture_size, show_picture
from classicseg.extras.plot.slices import as_bytes, as_segments, check_shape, middle, picture
from classicseg.types import ChannelAxis

_PANEL_AREA = 12.0
"""Of one panel, in square inches."""


def compare_sheet(
    image: ArrayLike,
    segmentations: Mapping[str, ArrayLike],
    *,
    truth: ArrayLike | None = None,
    scores: Mapping[str, str] | None = None,
    channel_axis: ChannelAxis = "auto",
) -> NDArray[Any]:
    """Show an image and several segmentations of it on one sheet.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of which the middle slice is shown.
    segmentations : mapping of str to array_like of int or bool
        The labels of each segmentation, of the image's spatial shape, by title.
    truth : array_like of int or bool, shape (M, N[, …]), optional
        Labels to compare with, shown beside the image.
    scores : mapping of str to str, optional
        What to write under a title, such as ``{"Otsu": "IoU 0.87"}``; not every title needs one.
    channel_axis : int, None or "auto", default "auto"
        The axis of the image's channels, where it has one axis more than the labels; "auto" is the last.

    Returns
    -------
    ndarray of matplotlib.axes.Axes, shape (rows, columns)
        The image, the truth and the segmentations, row by row; axes that are left over are empty. Save the sheet
        with ``axes[0, 0].figure.savefig(path)``.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, or labels are neither integers nor bool.
    ValueError
        If there is no segmentation, labels are negative or do not have the image's spatial shape, or a score
        belongs to no segmentation.
    ImportError
        If matplotlib is not installed.

    See Also
    --------
    overlay : One segmentation.
    boundaries_plot : The lines of one segmentation, beside those of a truth.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg import kmeans_segment, threshold_segment
    >>> from classicseg.extras.plot import compare_sheet
    >>> image = np.add.outer(np.arange(40), np.arange(60))
    >>> methods = {"Otsu": threshold_segment(image), "k-means": kmeans_segment(image)}
    >>> sheet = compare_sheet(image, methods)
    >>> [axes.get_title() for axes in sheet.flat]
    ['image', 'Otsu: 2 segments', 'k-means: 4 segments']
    """
    if not segmentations:
        raise ValueError("segmentations is empty; expected one segmentation or more, by title")
    for name in scores or {}:
        if name not in segmentations:
            raise ValueError(f"scores has {name!r}; expected titles of segmentations: {', '.join(segmentations)}")
    named = {title: as_segments(labels, f"segmentations[{title!r}]") for title, labels in segmentations.items()}
    first = next(iter(named))
    plane = picture(image, named[first], f"segmentations[{first!r}]", channel_axis)
    for title, segments in named.items():
        check_shape(f"segmentations[{title!r}]", segments, named[first].shape)
    panels = {"image": as_bytes(plane)}
    if truth is not None:
        segments = as_segments(truth, "truth")
        check_shape("truth", segments, named[first].shape)
        panels[_title("truth", segments, None if segments.all() else "0 is not painted")] = painted(
            plane, middle(segments, segments.ndim)
        )
    for title, segments in named.items():
        score = (scores or {}).get(title)
        panels[_title(title, segments, score)] = painted(plane, middle(segments, segments.ndim))
    return _draw(panels)


def _title(name: str, segments: NDArray[Any], score: str | None) -> str:
    """The name of a method, its number of segments and its score."""
    n_segments = np.unique(segments[segments > 0]).size
    title = f"{name}: {n_segments} segment{'s' * (n_segments != 1)}"
    return f"{title}\n{score}" if score else title


def _draw(panels: Mapping[str, NDArray[np.uint8]]) -> NDArray[Any]:
    """Draw pictures side by side with their titles."""
    n_rows, n_columns = _grid(len(panels))
    width, height = picture_size(next(iter(panels.values())), _PANEL_AREA)
    text = 0.21 * (1 + max(title.count("\n") for title in panels))
    figure = new_figure((width + 0.15) * n_columns, (height + 0.2 + text) * n_rows)
    sheet = figure.subplots(n_rows, n_columns, squeeze=False)
    for axes, (title, pixels) in zip(sheet.flat, panels.items(), strict=False):
        show_picture(pixels, axes)
        axes.set_title(title, fontsize=11)
    for axes in sheet.flat[len(panels) :]:
        axes.set_axis_off()
    return sheet


def _grid(n_panels: int) -> tuple[int, int]:
    """Return rows and columns: as square as can be, or one column more where that leaves fewer gaps."""
    least = math.ceil(math.sqrt(n_panels))
    columns = min(least, least + 1, key=lambda n: -n_panels % n)
    return math.ceil(n_panels / columns), columns
