"""One run of a method on a layer: what was chosen in a form, as labels."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

import classicseg
from classicseg import Labels
from classicseg._core.interrupts import end_if_left
from classicseg.extras.files.geometry import relative_spacing
from classicseg.extras.napari.forms import Field, fields_of
from classicseg.extras.napari.layers import Source, is_lazy, mask_of, seeds_of, source_of, values_of

Index = tuple[int | slice, ...]
"""A number for each axis that a part of an image does not have; a whole slice for each that it has."""


@dataclass(frozen=True)
class Run:
    """What was chosen in a form."""

    method: str
    image: Any
    """The layer."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """What was typed and chosen, by option; None where a check box is off."""
    layers: Mapping[str, Any] = field(default_factory=dict)
    """The layers of masks, seeds and values, by option."""
    frame_axis: int | None = None
    """The axis along which each frame is an image of its own."""

    @property
    def segmenter(self) -> Callable[..., Labels]:
        """The method."""
        found: Callable[..., Labels] = getattr(classicseg, self.method)
        return found

    @property
    def given(self) -> dict[str, Any]:
        """The values that are not the defaults."""
        defaults = {one.name: one.default for one in fields_of(self.segmenter)}
        return {k: value for k, value in self.values.items() if value is not None and value != defaults.get(k)}


class Part(NamedTuple):
    """The labels of a part of the image."""

    where: Index
    labels: Labels

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the image."""
        return all(isinstance(one, slice) for one in self.where)


def check(run: Run) -> None:
    """Refuse a form that lacks what its method cannot do without."""
    for one in fields_of(run.segmenter):
        if one.is_required and run.layers.get(one.name) is None and run.values.get(one.name) is None:
            raise ValueError(f"{run.method} needs {one.name}; {_mend(one)}")


def parts_of(run: Run) -> list[Index]:
    """The parts of an image that are segmented by themselves: its frames, or the whole."""
    shape = source_of(run.image).shape
    whole = (slice(None),) * len(shape)
    if run.frame_axis is None:
        return [whole]
    axis = run.frame_axis
    return [(*whole[:axis], number, *whole[axis + 1 :]) for number in range(shape[axis])]


def segment(run: Run, parts: list[Index] | None = None) -> Iterator[Part]:
    """Segment an image part by part; a thread that is left ends between two bands."""
    check(run)
    source = source_of(run.image)
    arrays = arrays_of(run, source)
    for index in parts_of(run) if parts is None else parts:
        end_if_left()
        yield Part(index, _segment_part(run, source, arrays, index))


def labels_of(run: Run) -> Labels:
    """The labels of a whole layer."""
    labels = None
    for part in segment(run):
        if part.is_whole:
            return part.labels
        labels = np.zeros(source_of(run.image).shape, np.int32) if labels is None else labels
        labels[part.where] = part.labels
    assert labels is not None
    return labels


def arrays_of(run: Run, source: Source) -> dict[str, Any]:
    """What the layers of a form are to the method."""
    load: dict[str, Callable[[Any, Any], Any]] = {
        "mask": mask_of,
        "seeds": seeds_of,
        "image": lambda layer, image: values_of(layer),
    }
    kinds = {one.name: one.kind for one in fields_of(run.segmenter)}
    arrays = {name: load[kinds[name]](layer, run.image) for name, layer in run.layers.items() if layer is not None}
    if source.mask is not None:
        arrays["mask"] = arrays["mask"] & source.mask if "mask" in arrays else source.mask
    return arrays


def cut(value: Any, index: Index, shape: tuple[int, ...]) -> Any:
    """The part of an array, or of points, that lies in a part of an image of a shape."""
    if all(isinstance(one, slice) for one in index):
        return value
    if isinstance(value, Mapping):
        inside = {label: cut(np.asarray(points), index, shape) for label, points in value.items()}
        return {label: points for label, points in inside.items() if len(points)}
    if value.shape[: len(shape)] == shape:
        return value[index]
    if value.ndim == 2 and value.shape[1] == len(shape):  # points
        fixed = {axis: number for axis, number in enumerate(index) if not isinstance(number, slice)}
        here = np.all([value[:, axis] == number for axis, number in fixed.items()], axis=0)
        return np.delete(value[here], list(fixed), axis=1)
    return value


def spacing_in(spacing: tuple[float, ...] | None, index: Index) -> tuple[float, ...] | None:
    """The spacing along the axes that a part has."""
    if spacing is None:
        return None
    kept = [step for step, one in zip(spacing, index, strict=True) if isinstance(one, slice)]
    return relative_spacing("X" * len(kept), kept)


def options_of_layer(run: Run, source: Source, index: Index) -> dict[str, Any]:
    """The options that the layer of the image gives, of those that the method takes."""
    given = {"channel_axis": source.channel_axis, "spacing": spacing_in(source.spacing, index)}
    return {name: given[name] for name in given if name in inspect.signature(run.segmenter).parameters}


def _segment_part(run: Run, source: Source, arrays: Mapping[str, Any], index: Index) -> Labels:
    """The labels of one part: in tiles where the array has them and the method can."""
    pixels = cut(source.pixels, index, source.shape)
    given = {name: cut(value, index, source.shape) for name, value in arrays.items()}
    if any(len(value) == 0 for value in given.values()):  # a frame without points
        return np.zeros(pixels.shape if source.channel_axis is None else pixels.shape[:-1], np.int32)
    segmenter = run.segmenter
    if is_lazy(pixels):
        tiled = _tiled(run.method)
        segmenter, pixels = (tiled, pixels) if tiled is not None else (segmenter, pixels.compute())
    labels = segmenter(pixels, **run.given, **given, **options_of_layer(run, source, index))
    return np.asarray(labels)


def _tiled(method: str) -> Callable[..., Labels] | None:
    """The method on arrays of Dask, whose labels are those of the whole image."""
    from classicseg.extras import dask

    found: Callable[..., Labels] | None = getattr(dask, method, None)
    return found


def _mend(one: Field) -> str:
    """What to do about a field that is empty."""
    return {
        "seeds": "choose a layer of points or of labels",
        "mask": "choose a layer of labels or of shapes",
        "image": "choose a layer of its values",
    }.get(one.kind, "check it and give a value")
