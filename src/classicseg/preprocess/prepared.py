"""An image with what belongs to it, and the way back to the grid that it was on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import MOST_AXES, as_array
from classicseg._core.image import (
    ValueRange,
    as_channel_axis,
    as_labels,
    as_spacing,
    read_values,
    without_missing,
    working_dtype,
)
from classicseg._core.numbers import as_count, members, shown
from classicseg.types import ChannelAxis, Labels, Mask, Spacing

Step = Callable[[Labels], Labels]
"""Brings labels from the grid after a step to the grid before it."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """An image with its labels, its mask and its spacing, on one grid.

    `undo` brings labels that were made on this grid to the grid of the image that all began with.
    """

    image: NDArray[Any]
    """Spatial shape, with its channels where they were; 0 where a pixel takes no part."""
    labels: Labels | None
    """int32, the spatial shape; 0 where a pixel takes no part; None where none were given."""
    mask: NDArray[np.bool_]
    """bool, the spatial shape, True where a pixel takes part."""
    spacing: tuple[float, ...]
    """The distance between neighboring pixels along each spatial axis."""
    channel_axis: int | None = None
    """The axis of the channels in ``image``; None where every axis is spatial."""
    steps: tuple[Step, ...] = ()
    """How labels go back, one function for each step, the first step first."""

    def undo(self, labels: ArrayLike) -> Labels:
        """Bring labels of this grid to the original grid.

        Parameters
        ----------
        labels : array_like of int or bool, shape (M, N[, …])
            Labels of the shape of `mask`.

        Returns
        -------
        ndarray of int32
            Labels of the original spatial shape: 0 where this grid shows nothing of it.
        """
        found = as_labels(labels)
        if found.shape != self.mask.shape:
            raise ValueError(f"labels have shape {found.shape}; expected that of the mask, {self.mask.shape}")
        for step in reversed(self.steps):
            found = step(found)
        return found.copy()

    def __repr__(self) -> str:
        """Say the shapes, not the numbers."""
        labels = "no labels" if self.labels is None else "labels"
        return (
            f"Prepared(image {self.image.shape} {self.image.dtype}, {labels}, mask {self.mask.mean():.0%}, "
            f"spacing {shown(self.spacing)})"
        )


def as_prepared(
    image: ArrayLike | Prepared, labels: ArrayLike | None, channel_axis: ChannelAxis, mask: Mask, spacing: Spacing
) -> Prepared:
    """Parse an image with what belongs to it, once."""
    if isinstance(image, Prepared):
        given = {"labels": labels, "mask": mask, "spacing": spacing}
        twice = [name for name, value in given.items() if value is not None]
        twice += ["channel_axis"] if not (isinstance(channel_axis, str) and channel_axis == "auto") else []
        if twice:
            raise TypeError(f"image is a Prepared, which has its own {twice[0]}; expected an array beside it")
        return image
    array, hidden = as_array("image", image, "biuf", "real numbers (bool, integers or floats); cast it first")
    axis = as_channel_axis(array.shape, channel_axis)
    whole: ArrayLike = array if hidden is None else np.ma.array(array, mask=hidden)
    values, inside, low, high = without_missing(*read_values(whole, channel_axis, mask))
    working_dtype(ValueRange(values.dtype, low.item(), high.item(), values.size))  # refuses values too large
    values = values.astype(values.dtype.newbyteorder("="), copy=False)
    shape = values.shape[:-1]
    inside = np.ones(shape, bool) if inside is None else inside
    found = None if labels is None else as_labels(labels)
    if found is not None and found.shape != shape:
        raise ValueError(f"labels have shape {found.shape}; expected the image's spatial shape, {shape}")
    start = Prepared(values, found, inside, as_spacing(spacing, len(shape)), axis)
    return made(start, values=values, labels=found)


def values_of(prepared: Prepared) -> NDArray[Any]:
    """The values, channels last: one where an image has no axis of channels."""
    if prepared.channel_axis is None:
        return prepared.image[..., np.newaxis]
    return np.moveaxis(prepared.image, prepared.channel_axis, -1)


def made(
    before: Prepared,
    *,
    values: NDArray[Any],
    labels: Labels | None = None,
    mask: NDArray[np.bool_] | None = None,
    spacing: tuple[float, ...] | None = None,
    undo: Step | None = None,
) -> Prepared:
    """What comes of `before`: values with channels last; 0 where nothing takes part."""
    inside = np.array(before.mask if mask is None else mask, bool)
    cleaned = np.where(inside[..., np.newaxis], values, values.dtype.type(0))
    axis = before.channel_axis
    image = cleaned[..., 0] if axis is None else np.moveaxis(cleaned, -1, axis)
    return replace(
        before,
        image=np.ascontiguousarray(image),
        labels=None if labels is None else np.where(inside, labels, np.int32(0)),
        mask=inside,
        spacing=before.spacing if spacing is None else spacing,
        steps=before.steps if undo is None else (*before.steps, undo),
    )


def as_axes(name: str, axes: Any, ndim: int, *, n_axes: int | None = None) -> tuple[int, ...]:
    """Parse spatial axes, each once."""
    given = [as_count(name, axis, least=-ndim, most=ndim - 1) % ndim for axis in members(axes)[: MOST_AXES + 1]]
    if len(set(given)) < len(given) or len(given) != (len(given) if n_axes is None else n_axes) or not given:
        wanted = "one axis or several" if n_axes is None else f"{n_axes} axes"
        raise ValueError(f"{name} is {shown(axes)}; expected {wanted}, each once")
    return tuple(given)
