"""What the place of an image means to other programs: a map's transform, a unit by its name."""

from __future__ import annotations

from classicseg.extras.files.geometry import Geometry

_UNITS = {
    "µm": "micrometer",
    "um": "micrometer",
    "nm": "nanometer",
    "mm": "millimeter",
    "cm": "centimeter",
    "m": "meter",
}
_OF_PATIENTS = ("RAS", "LPS")


def map_of(place: Geometry | None) -> tuple[tuple[float, ...] | None, str | None]:
    """The transform of the corners of pixels and the reference system of a map; None of both for anything else."""
    if place is None or place.format != "GeoTIFF" or place.affine is None or place.affine.shape != (3, 3):
        return None, None
    numbers: list[float] = []
    for row, column, first in place.affine[:2].tolist():  # to the centers of pixels, by their indices
        numbers += [column, row, first - (row + column) / 2]
    return tuple(numbers), place.frame


def unit_of(place: Geometry | None) -> str | None:
    """The unit of the coordinates, as OME-Zarr names it."""
    return None if place is None or place.unit is None else _UNITS.get(place.unit)


def is_in_a_patient(place: Geometry | None) -> bool:
    """Whether the place is one in a scanner's coordinates."""
    return place is not None and place.affine is not None and place.frame in _OF_PATIENTS
