"""Where a TIFF says that its pixels are: GeoTIFF, OME-TIFF, ImageJ and Zeiss' LSM; and the same for its labels.

GeoTIFF's tags are copied as they stand, so that its transform and its reference system come out as they went in
(OGC 19-008r4); the affine is read off them for whoever asks.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files.geometry import Geometry, along_axes
from classicseg.extras.files.pictures import ImageFileError

_SCALE, _POINTS, _MATRIX, _KEYS = 33550, 33922, 34264, 34735
_GEO = (_SCALE, _POINTS, _MATRIX, _KEYS, 34736, 34737, 50844)
"""GeoTIFF's tags, and the rational polynomials of satellites."""
_MODEL, _RASTER, _GEOGRAPHIC, _PROJECTED, _UNITS = 1024, 1025, 2048, 3072, 3076
_USER_DEFINED = 32767
_LENGTHS = {9001: "m", 9002: "ft", 9003: "US survey ft", 9036: "km"}
_MICROMETER = ("um", "micron", "microns", "\\u00b5m", "\u00b5m", "\u03bcm", "micrometer", "micrometre")
_OUT = {"µm": "um"}


def geometry_of(page: Any, tiff: Any, series: Any, shape: Sequence[int], axes: str) -> Geometry | None:
    """Where the pixels of a TIFF are; None where it does not say."""
    shape = tuple(shape)
    if any(tag in page.tags for tag in _GEO):
        return _geographic(page, shape, axes)
    steps, unit, form = _steps(page, tiff, series, axes)
    if not any(name in steps for name in "ZYX"):
        return None
    lengths = [steps.get(name, 1.0) for name in axes]
    return Geometry(form, shape, axes, along_axes(lengths), None, unit)


def channels_of(tiff: Any, series: Any) -> tuple[str, ...]:
    """The names of the channels, where there are any."""
    if getattr(tiff, "is_ome", False) and series is not None:
        pixels = _ome_pixels(tiff, series)
        return () if pixels is None else tuple(_named(pixels))
    return ()


def _geographic(page: Any, shape: tuple[int, ...], axes: str) -> Geometry:
    """What GeoTIFF's tags say."""
    tags = [page.tags[code] for code in _GEO if code in page.tags]
    header = tuple((tag.code, int(tag.dtype), tag.count, tag.value, True) for tag in tags)
    values = {tag.code: np.atleast_1d(np.asarray(tag.value)) for tag in tags if tag.code in _GEO[:4]}
    keys = _keys(values.get(_KEYS))
    is_geographic = keys.get(_MODEL) == 2
    code = keys.get(_GEOGRAPHIC if is_geographic else _PROJECTED, _USER_DEFINED)
    affine = _transform(values, half=0.0 if keys.get(_RASTER) == 2 else 0.5) if len(shape) == 2 else None
    return Geometry(
        "GeoTIFF",
        shape,
        axes,
        affine,
        f"EPSG:{code}" if 0 < code < _USER_DEFINED else None,
        "degree" if is_geographic else _LENGTHS.get(keys.get(_UNITS, 0)),
        header,
    )


def _keys(values: NDArray[Any] | None) -> dict[int, int]:
    """The keys that are numbers."""
    if values is None:
        return {}
    rows = values[4 : len(values) // 4 * 4].reshape(-1, 4).tolist()
    return {int(key): int(value) for key, where, _, value in rows if where == 0}


def _transform(values: Mapping[int, NDArray[Any]], half: float) -> NDArray[np.float64] | None:
    """The affine of the centers: tags speak of corners, or, where pixels are points, of the centers themselves."""
    if (matrix := values.get(_MATRIX)) is not None and matrix.size == 16:
        across, down, first = matrix.reshape(4, 4)[:2, [0, 1, 3]].astype(np.float64).T
    elif (
        (scale := values.get(_SCALE)) is not None
        and (point := values.get(_POINTS)) is not None
        and point.size == 6
    ):
        across, down = np.array([scale[0], 0.0]), np.array([0.0, -scale[1]])
        first = point[3:5] - point[0] * across - point[1] * down
    else:
        return None  # control points
    affine = np.eye(3)
    affine[:2] = np.stack([down, across, first + half * (across + down)], axis=1)
    if not np.all(np.isfinite(affine)):
        raise ImageFileError("damaged (its transform is not finite); make or copy it again")
    return affine


def _steps(page: Any, tiff: Any, series: Any, axes: str) -> tuple[dict[str, float], str | None, str]:
    """The size of a pixel by the name of the axis, its unit, and what says it."""
    if getattr(tiff, "is_ome", False) and series is not None:
        return *_of_ome(tiff, series), "OME"
    if tiff.is_imagej:
        return *_of_imagej(page, tiff.imagej_metadata or {}), "ImageJ"
    if getattr(tiff, "is_lsm", False):
        said = tiff.lsm_metadata or {}
        sizes = {name: 1e6 * float(said.get(f"VoxelSize{name}") or 0) for name in "XYZ"}
        return {name: size for name, size in sizes.items() if size > 0}, "µm", "LSM"
    return {}, None, ""


def _of_imagej(page: Any, said: Mapping[str, Any]) -> tuple[dict[str, float], str | None]:
    """What ImageJ says: pixels a unit, and the unit in its description."""
    unit = str(said.get("unit") or "").strip()
    if unit.lower() in ("", "pixel", "pixels"):
        return {}, None
    steps = {}
    for name, code in (("X", 282), ("Y", 283)):
        top, bottom = page.tags.valueof(code, (0, 1))
        if top and bottom:
            steps[name] = bottom / top
    steps["Z"] = abs(float(said.get("spacing") or 1))
    if said.get("finterval"):
        steps["T"] = float(said["finterval"])
    return steps, "µm" if unit.lower() in _MICROMETER else unit


def _ome_pixels(tiff: Any, series: Any) -> Any:
    """The element of OME's XML that describes the pixels of a series."""
    try:
        root = ElementTree.fromstring(tiff.ome_metadata)
    except ElementTree.ParseError:
        return None
    found = [element for element in root.iter() if element.tag.rpartition("}")[2] == "Pixels"]
    number = list(tiff.series).index(series)
    return found[number] if number < len(found) else None


def _named(pixels: Any) -> list[str]:
    """The names of the channels of OME's XML."""
    channels = [element for element in pixels if element.tag.rpartition("}")[2] == "Channel"]
    names = [element.get("Name") or "" for element in channels]
    return names if any(names) else []


def _of_ome(tiff: Any, series: Any) -> tuple[dict[str, float], str | None]:
    """What OME's XML says, which is in micrometers where no unit is named."""
    pixels = _ome_pixels(tiff, series)
    steps, units = {}, set()
    for name in "XYZ" if pixels is not None else "":
        size = pixels.get(f"PhysicalSize{name}")
        if size is not None and re.fullmatch(r"[0-9.eE+-]+", size) and 0 < float(size) < math.inf:
            steps[name] = float(size)
            units.add(pixels.get(f"PhysicalSize{name}Unit", "µm"))
    if len(units) != 1:
        return {}, None  # none, or several
    unit = units.pop()
    return steps, "µm" if unit.lower() in _MICROMETER else unit


def write_tiff(file: Any, labels: NDArray[Any], like: Geometry) -> None:
    """Write labels as a TIFF that says where its pixels are."""
    import tifffile

    most = int(labels.max(initial=0))
    dtype = np.uint8 if most < 2**8 else np.uint16 if most < 2**16 else np.int32
    stored = labels.astype(dtype, copy=False)
    if like.format == "GeoTIFF":
        missing = [(42113, 2, 0, "0", True)]
        tifffile.imwrite(
            file, stored, photometric="minisblack", compression="zlib", metadata=None,
            extratags=[*like.header, *missing],
        )  # fmt: skip
        return
    steps = dict(zip(like.axes, like.spacing or (1.0,) * len(like.axes), strict=True))
    unit = _OUT.get(like.unit or "", like.unit or "")
    if is_for_imagej(labels, like):
        metadata = {"axes": like.axes, "unit": unit, "spacing": steps.get("Z"), "finterval": steps.get("T")}
        tifffile.imwrite(
            file, stored, imagej=True, resolution=(1 / steps["X"], 1 / steps["Y"]),
            metadata={name: value for name, value in metadata.items() if value is not None},
        )  # fmt: skip
        return
    said: dict[str, Any] = {f"PhysicalSize{name}": steps[name] for name in "XYZ" if name in steps}
    said |= {f"{name}Unit": like.unit for name in tuple(said)} if like.unit else {}
    tifffile.imwrite(
        file, stored, ome=True, photometric="minisblack", compression="zlib",
        metadata={"axes": _ome_axes(like.axes), **said},
    )  # fmt: skip


def is_for_imagej(labels: NDArray[Any], like: Geometry) -> bool:
    """Whether labels go into a TIFF of ImageJ, which has 16 bits, and axes T, Z, Y and X."""
    return like.format == "ImageJ" and int(labels.max(initial=0)) < 2**16 and not set(like.axes) - set("TZYX")


def _ome_axes(axes: str) -> str:
    """Axes that OME knows."""
    return axes if not set(axes) - set("TZYX") else ("TZYX"[-len(axes) :] if len(axes) <= 4 else axes)
