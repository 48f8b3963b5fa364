"""A layer of a viewer as arguments of a function, and what puts the labels where the image is.

A layer is anything with the attributes of napari's: `data`, `scale`, `rgb`, …; no viewer is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files.geometry import relative_spacing

_PLACE = ("scale", "translate", "rotate", "shear", "affine", "units", "axis_labels")
_TIMES = ("t", "time", "frame", "frames")
_EVEN = 1e-9


class Source(NamedTuple):
    """The image in a layer."""

    pixels: Any
    """A NumPy or a Dask array, without alpha."""
    channel_axis: int | None
    """The last axis of a color image."""
    spacing: tuple[float, ...] | None
    """The steps along the axes beside the shortest; None where all are equal."""
    mask: Any
    """Where a pixel is there: alpha is not 0, the file says so. None: everywhere."""
    note: str
    """What a person should know: that a level of several was taken; else empty."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The spatial shape."""
        shape = tuple(self.pixels.shape)
        return shape if self.channel_axis is None else shape[:-1]


def source_of(layer: Any) -> Source:
    """The image in a layer: the finest level of several, colors without alpha, which becomes the mask."""
    pixels, note = layer.data, ""
    if getattr(layer, "multiscale", False):
        note = f"level 0 of {len(pixels)}, the finest, is segmented"
        pixels = pixels[0]
    if not is_lazy(pixels):
        pixels = np.asarray(pixels)
    is_color = bool(getattr(layer, "rgb", False))
    mask = getattr(layer, "metadata", {}).get("mask")
    if is_color and pixels.shape[-1] == 4:
        present = pixels[..., 3] != 0
        mask = present if mask is None else present & mask
        pixels = pixels[..., :3]
    return Source(pixels, -1 if is_color else None, spacing_of(layer), mask, note)


def spacing_of(layer: Any) -> tuple[float, ...] | None:
    """The steps along the axes of a layer beside the shortest, as the command line takes them of a file.

    None where all are equal. An axis of time has none. Of axes in several units, each is one in the first's.
    """
    labels = getattr(layer, "axis_labels", None) or [""] * len(layer.scale)
    axes = "".join("T" if str(label).lower() in _TIMES else "X" for label in labels)
    return relative_spacing(axes, _steps(layer, axes))


def place_of(layer: Any, ndim: int) -> dict[str, Any]:
    """The keyword arguments that put a layer of labels with so many axes where another layer is."""
    if len(layer.scale) != ndim:
        return {}
    return {name: getattr(layer, name) for name in _PLACE if getattr(layer, name, None) is not None}


def mask_of(layer: Any, image: Any) -> NDArray[np.bool_]:
    """Where a pixel of an image takes part: within the shapes of a layer, or where its labels are not 0."""
    if not _is_shapes(layer):
        return np.asarray(_finest(layer)) != 0
    shape = source_of(image).shape
    if len(layer.data) == 0:
        raise ValueError(f"the layer {layer.name!r} has no shapes; draw one round what takes part")
    if layer.ndim > len(shape):
        raise ValueError(f"the layer {layer.name!r} has {layer.ndim} axes; expected at most {len(shape)}")
    drawn = _over(layer, image)
    inside = np.asarray(drawn.to_masks(shape[len(shape) - layer.ndim :])).any(axis=0)
    return np.ascontiguousarray(np.broadcast_to(inside, shape))


def seeds_of(layer: Any, image: Any) -> NDArray[Any] | dict[int, list[list[int]]]:
    """Points in the indices of an image, by their label where the layer has a column "label"; or the labels of a
    layer as markers."""
    if not _is_points(layer):
        return np.asarray(_finest(layer))
    shape = source_of(image).shape
    if len(layer.data) == 0:
        raise ValueError(f"the layer {layer.name!r} has no points; click one into what is looked for")
    if layer.ndim != len(shape):
        raise ValueError(
            f"the layer {layer.name!r} has {layer.ndim} axes; expected {len(shape)}, those of {image.name!r}"
        )
    points = np.rint(_moved(layer.data, layer, image)).astype(np.int64)
    labels = getattr(layer, "features", {}).get("label")
    if labels is None:
        return points
    named: dict[int, list[list[int]]] = {}
    for label, point in zip(np.asarray(labels).astype(int).tolist(), points.tolist(), strict=True):
        named.setdefault(label, []).append(point)
    return named


def values_of(layer: Any) -> NDArray[Any]:
    """The values, or the labels, in a layer."""
    return np.asarray(_finest(layer))


def is_lazy(pixels: Any) -> bool:
    """Whether an array is one of Dask."""
    return type(pixels).__module__.partition(".")[0] == "dask"


def _finest(layer: Any) -> Any:
    return layer.data[0] if getattr(layer, "multiscale", False) else layer.data


def _is_points(layer: Any) -> bool:
    """Whether a layer is a list of points: rows of as many numbers as it has axes."""
    return hasattr(layer, "symbol")


def _is_shapes(layer: Any) -> bool:
    return hasattr(layer, "shape_type")


def _steps(layer: Any, axes: str) -> list[float]:
    """The scale, without signs, in the unit of the first axis of space."""
    steps = [abs(float(step)) for step in layer.scale]
    units = getattr(layer, "units", None)
    if units is None or len({str(unit) for unit, axis in zip(units, axes, strict=True) if axis == "X"}) < 2:
        return steps
    first = units[axes.index("X")]
    return [
        step * float((1 * unit).to(first).magnitude) if axis == "X" else step
        for step, unit, axis in zip(steps, units, axes, strict=True)
    ]


def _over(shapes: Any, image: Any) -> Any:
    """The shapes, with corners in the indices of an image; the same layer where it lies there."""
    ndim = shapes.ndim
    if all(
        np.allclose(np.ravel(getattr(shapes, name))[-ndim:], np.ravel(getattr(image, name))[-ndim:], atol=_EVEN)
        for name in ("scale", "translate")
    ):
        return shapes
    corners = [_moved(corner, shapes, image) for corner in shapes.data]
    return type(shapes)(corners, shape_type=list(shapes.shape_type), ndim=ndim)


def _moved(points: Any, layer: Any, image: Any) -> NDArray[np.float64]:
    """Points of a layer in the indices of an image, whose last axes are the layer's."""
    ndim, rows = layer.ndim, []
    lead = np.asarray(image.data_to_world(np.zeros(image.ndim)))[: image.ndim - ndim]
    for point in np.asarray(points, np.float64).reshape(-1, ndim):
        world: Sequence[float] = [*lead, *layer.data_to_world(point)]
        rows.append(np.asarray(image.world_to_data(world))[image.ndim - ndim :])
    return np.array(rows).reshape(-1, ndim)
