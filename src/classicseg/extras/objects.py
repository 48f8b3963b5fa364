"""From classes to objects, step by step, as the command line asks for it; each step is a public function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

import classicseg
from classicseg import Labels
from classicseg._core.chosen import chose
from classicseg._core.image import as_spacing
from classicseg._core.numbers import as_number
from classicseg.labeling.numbering import number_by_first_pixel
from classicseg.types import ChannelAxis, Mask, Spacing

Foreground = Literal["bright", "dark"] | int | None


_REACH = 6.0
"""Steps, as `refine_outlines` has them by default, which objects may grow by."""


@dataclass(frozen=True)
class ObjectSteps:
    """What is done on the way from classes to objects; nothing that is not asked for."""

    foreground: Foreground = None
    """The class that the objects are of: its number, the brightest or the darkest; None: of these two the one that
    less of the border of the image has."""
    fill_holes: bool = False
    split: float | None = None
    """`min_depth` of `split_touching`, in steps along the axis of the shortest."""
    min_area: float = 0.0
    """Of `remove_small_regions`."""
    refine: float | None = None
    """`level` of `refine_outlines`."""
    clear_border: bool = False

    def __post_init__(self) -> None:
        """Refuse numbers that are out of range before an image is read."""
        for name in ("split", "min_area", "refine"):
            given = getattr(self, name)
            if given is not None:
                as_number(name, given, least=0.0)
        if self.refine is not None and self.refine > 1:
            raise ValueError(f"refine is {self.refine:g}; expected a level from 0 (the ground) to 1 (the object)")


def objects_of(
    classes: Labels,
    image: ArrayLike,
    steps: ObjectSteps,
    *,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Labels:
    """Number the objects of one class.

    Parameters
    ----------
    classes : ndarray of int32, shape (M, N[, …])
        Classes 1 … n, from dark to bright; 0 takes no part.
    image : array_like, shape (M, N[, …][, C])
        What they are the classes of.
    steps : ObjectSteps
        What is done.
    channel_axis, mask, spacing
        As in the functions that do it.

    Returns
    -------
    ndarray of int32, shape (M, N[, …])
        Objects 1 … n by their first pixel in raster order; 0 elsewhere.

    Raises
    ------
    ValueError
        If there is no class of the number `foreground`.
    """
    chosen = _foreground(classes, steps.foreground)
    found = cleaned(classes == chosen, image, steps, channel_axis=channel_axis, mask=mask, spacing=spacing)
    return number_by_first_pixel(found)


def cleaned(
    labels: NDArray[Any],
    image: ArrayLike,
    steps: ObjectSteps,
    *,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Labels:
    """The same of objects: labels, or a set of pixels whose connected components they are."""
    step = min(as_spacing(spacing, labels.ndim))
    if steps.fill_holes:
        labels = classicseg.fill_holes(labels, mask=mask)
    if steps.split is not None:
        labels = classicseg.split_touching(labels, min_depth=steps.split * step, mask=mask, spacing=spacing)
    elif labels.dtype == np.bool_:
        labels = classicseg.connected_regions(labels)
    if steps.min_area > 0:
        labels = classicseg.remove_small_regions(labels, min_area=steps.min_area, mask=mask, spacing=spacing)
    if steps.refine is not None:
        labels = classicseg.refine_outlines(
            labels,
            image,
            level=steps.refine,
            distance=_REACH * step,
            channel_axis=channel_axis,
            mask=mask,
            spacing=spacing,
        )
        if steps.min_area > 0:
            labels = classicseg.remove_small_regions(labels, min_area=steps.min_area, mask=mask, spacing=spacing)
    return classicseg.clear_border(labels, mask=mask) if steps.clear_border else labels


def _foreground(classes: Labels, foreground: Foreground) -> int:
    """The number of the class that the objects are of."""
    darkest, brightest = (int(found) for found in (classes[classes > 0].min(initial=1), classes.max(initial=1)))
    if isinstance(foreground, int):
        if not 1 <= foreground <= brightest:
            raise ValueError(
                f"foreground is {foreground}; expected bright, dark, or a class from 1 to {brightest}"
            )
        return foreground
    if foreground is None:
        frame = np.ones(classes.shape, np.bool_)
        frame[tuple(slice(1, -1) if length > 2 else slice(None) for length in classes.shape)] = False
        of_border = classes[frame]
        is_dark = np.count_nonzero(of_border == darkest) < np.count_nonzero(of_border == brightest)
        chose(foreground="dark" if is_dark else "bright")
        return darkest if is_dark else brightest
    return darkest if foreground == "dark" else brightest
