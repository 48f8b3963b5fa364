"""What a file says of its place, on the way to a method and to the files of its labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from classicseg.extras.files import Geometry, Picture
from classicseg.extras.files.geometry import relative_spacing

_DOUBLE = (".nii.gz", ".ome.tif", ".ome.tiff")
"""Suffixes with a dot within."""


def stem_of(path: Path) -> str:
    """The name of an image without its suffix."""
    suffix = next((one for one in _DOUBLE if path.name.lower().endswith(one)), "")
    return path.name[: -len(suffix)] if suffix and len(path.name) > len(suffix) else path.stem


def place_of_labels(picture: Picture, channel_axis: int | None) -> Geometry | None:
    """Where the labels of an image are, whose channels are on this axis."""
    geometry = picture.geometry
    if geometry is None or channel_axis == picture.channel_axis:
        return geometry
    if picture.channel_axis is not None or channel_axis is None:  # channels as an axis of space are nowhere
        return None
    return _without(geometry, channel_axis % len(geometry.shape))


def spacing_of(place: Geometry | None) -> tuple[float, ...] | None:
    """The steps along the axes beside the shortest, which a method takes where nothing else is asked for."""
    steps = None if place is None else place.spacing
    return None if place is None or steps is None else relative_spacing(place.axes, steps)


def _without(geometry: Geometry, axis: int) -> Geometry:
    """The geometry of all axes but one, whose numbers are the channels."""
    kept = [number for number in range(len(geometry.shape)) if number != axis]
    affine = geometry.affine
    if affine is not None:
        affine = affine[:, [*kept, len(kept) + 1]]
        alone = [row for row in range(len(affine) - 1) if not affine[row].any()]  # the coordinate of that axis
        affine = np.delete(affine, alone[-1:], axis=0)
    header = geometry.header
    if geometry.format == "NRRD":
        header = (header[0], len(kept) - axis)
    return geometry._replace(
        shape=tuple(geometry.shape[number] for number in kept),
        axes="".join(geometry.axes[number] for number in kept),
        affine=affine,
        header=header,
    )
