"""What the metadata of an OME-Zarr image say of its axes: which holds the channels, and how long the steps are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from classicseg.extras.files.geometry import Geometry, along_axes

_UNITS = {"micrometer": "µm", "nanometer": "nm", "millimeter": "mm", "meter": "m", "angstrom": "Å"}


def place_of_level(level: Mapping[str, Any], shape: Sequence[int]) -> tuple[int | None, Geometry | None]:
    """The axis of the channels of the largest level, and where its pixels are; None where that is not said."""
    axes = [axis if isinstance(axis, dict) else {"name": str(axis)} for axis in level.get("axes", [])]
    kinds = [axis.get("type") for axis in axes]
    channel = kinds.index("channel") if "channel" in kinds else None
    scale = _scale(level, len(shape))
    if scale is None or len(axes) != len(shape):
        return channel, None
    kept = [number for number in range(len(shape)) if number != channel]
    units = {str(axes[number].get("unit")) for number in kept if kinds[number] == "space"} - {"None"}
    letters = "".join(_letter(str(axes[number].get("name"))) for number in kept)
    if len(units) != 1:
        return channel, None  # steps without a unit are numbers of pixels
    unit = units.pop()
    affine = along_axes([scale[number] for number in kept])
    lengths = tuple(shape[number] for number in kept)
    return channel, Geometry("OME", lengths, letters, affine, None, _UNITS.get(unit, unit))


def _letter(name: str) -> str:
    """The letter of an axis."""
    return name.upper() if name.upper() in ("T", "Z", "Y", "X") else "Q"


def _scale(level: Mapping[str, Any], n_axes: int) -> list[float] | None:
    """The steps of the largest level, times those of the image as a whole; None where they are not said."""
    found = [1.0] * n_axes
    said = [
        *level["datasets"][0].get("coordinateTransformations", []),
        *level.get("coordinateTransformations", []),
    ]
    scales = [one["scale"] for one in said if isinstance(one, dict) and one.get("type") == "scale"]
    for steps in scales:
        if len(steps) != n_axes or not all(
            isinstance(step, int | float) and 0 < step < math.inf for step in steps
        ):
            return None
        found = [a * b for a, b in zip(found, steps, strict=True)]
    return found if scales else None
