"""Files in and out of a viewer, by `classicseg.extras.files`: with masks, spacing and units, and back to the place
of the image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from classicseg.extras.files import read_image, write_labels

LayerData = tuple[Any, dict[str, Any], str]

_UNITS = ("nm", "µm", "um", "mm", "cm", "m")
"""Units of length that a viewer knows by the same name."""


def get_reader(path: str | Sequence[str]) -> Callable[[str], list[LayerData]] | None:
    """What reads a file; none for several at once, of which each is opened by itself."""
    return read if isinstance(path, str) else None


def read(path: str) -> list[LayerData]:
    """An image, with its spacing and its unit; where the file says that pixels are missing, the layer's metadata
    has the mask, which every method here takes."""
    picture = read_image(path)
    kept = {"mask": picture.mask, "geometry": picture.geometry}
    options: dict[str, Any] = {"metadata": {name: value for name, value in kept.items() if value is not None}}
    axis, pixels = picture.channel_axis, picture.pixels
    if axis is not None and axis == pixels.ndim - 1 and pixels.shape[axis] == 3:
        options["rgb"] = True
    elif axis is not None:
        options["channel_axis"] = axis
    else:
        options["rgb"] = False
    if picture.spacing is not None:
        options["scale"] = picture.spacing
        unit = None if picture.geometry is None else picture.geometry.unit
        if unit in _UNITS:
            options["units"] = (unit,) * len(picture.spacing)
    return [(pixels, options, "image")]


def write(path: str, data: Any, meta: dict[str, Any]) -> list[str]:
    """Write the labels of a layer, in the format and the place of the image that they were made of."""
    geometry = meta.get("metadata", {}).get("geometry")
    return [str(write_labels(path, data, like=geometry))]
