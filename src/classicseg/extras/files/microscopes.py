"""CZI (Zeiss), ND2 (Nikon) and LIF (Leica), each by a library that knows its format: pylibCZIrw, nd2 and liffile.

Scenes, positions and images are series, of which one is read; axes of length 1 are left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files.geometry import Geometry, along_axes
from classicseg.extras.files.pictures import ImageFileError, Stored, check_size

CZI_START, ND2_START, LIF_START = b"ZISRAWFILE", b"\xda\xce\xbe\n", b"p\0\0\0"
_MICROMETERS = 1e6
"""In a meter."""


def read_czi(path: Path, max_pixels: int, series: int | None = None) -> Stored:
    """Read a scene of a CZI file."""
    from pylibCZIrw import czi

    with czi.open_czi(str(path)) as document:
        scenes = document.scenes_bounding_rectangle
        number = _chosen([f"scene of {box.h} x {box.w}" for box in scenes.values()], series)
        box = scenes.get(number, document.total_bounding_rectangle)
        sizes = {name: stop - start for name, (start, stop) in document.total_bounding_box.items()}
        if odd := [name for name, size in sizes.items() if name not in "TZCYX" and size > 1]:
            raise ImageFileError(
                f"has axes {', '.join(odd)} beside T, Z, C, Y and X; expected none; save them apart"
            )
        check_size((sizes["T"], sizes["Z"], box.h, box.w), max_pixels)
        planes = [
            document.read(plane={"C": c, "T": t, "Z": z}, scene=number if scenes else None)
            for c in range(sizes["C"])
            for t in range(sizes["T"])
            for z in range(sizes["Z"])
        ]
        steps, names = _said_by_czi(document.raw_metadata)
    numbers = np.stack(planes).reshape(*(sizes[name] for name in "CTZ"), *planes[0].shape)
    return _stored(numbers[..., ::-1], "CTZYXS", steps, names, "CZI")  # blue, green and red


def _said_by_czi(text: str) -> tuple[dict[str, float], list[str]]:
    """The size of a pixel in micrometers, and the names of the channels."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return {}, []
    steps = {}
    for distance in root.iterfind(".//Scaling/Items/Distance"):
        value = distance.findtext("Value")
        if value is not None and distance.get("Id") in ("X", "Y", "Z"):
            steps[str(distance.get("Id"))] = float(value) * _MICROMETERS
    found = root.iterfind(".//Information/Image/Dimensions/Channels/Channel")
    return steps, [channel.get("Name") or "" for channel in found]


def read_nd2(path: Path, max_pixels: int, series: int | None = None) -> Stored:
    """Read a position of an ND2 file."""
    import nd2

    with nd2.ND2File(path) as file:
        sizes = dict(file.sizes)
        number = _chosen([f"position {place}" for place in range(sizes.pop("P", 1))], series)
        check_size([size for name, size in sizes.items() if name not in "CS"], max_pixels)
        numbers = file.asarray(position=number).reshape(tuple(sizes.values()))
        voxel = file.voxel_size()
        names = [str(one.channel.name) for one in file.metadata.channels or ()]
    return _stored(numbers, "".join(sizes), {"X": voxel.x, "Y": voxel.y, "Z": voxel.z}, names, "ND2")


def read_lif(path: Path, max_pixels: int, series: int | None = None) -> Stored:
    """Read an image of a LIF file."""
    import liffile

    with liffile.LifFile(path) as file:
        images = list(file.images)
        if not images:
            raise ImageFileError("holds no images; expected one")
        image = images[_chosen([str(one.name) for one in images], series)]
        sizes = dict(image.sizes)
        if odd := [name for name in sizes if len(name) > 1]:
            raise ImageFileError(f"has several axes of channels ({', '.join(odd)}); expected one; save them apart")
        check_size([size for name, size in sizes.items() if name not in "CS"], max_pixels)
        steps = {
            name: abs(float(places[-1] - places[0])) / (len(places) - 1) * _MICROMETERS
            for name, places in image.coords.items()
            if name in "XYZ" and len(places) > 1
        }
        return _stored(np.asarray(image.asarray()), "".join(sizes), steps, [], "LIF")


def _chosen(names: Sequence[str], series: int | None) -> int:
    """The number of the one image, or of that which is asked for; refuse, and list them, where there are
    several."""
    if series is None and len(names) > 1:
        said = "; ".join(f"{number}: {name}" for number, name in enumerate(names[:20]))
        raise ImageFileError(
            f"holds {len(names)} images ({said}); expected one; choose it by series (--series on the command line)"
        )
    if series is not None and not 0 <= series < max(len(names), 1):
        raise ImageFileError(f"has no series {series}; expected 0 to {max(len(names), 1) - 1}")
    return series or 0


def _stored(
    numbers: NDArray[Any], letters: str, steps: Mapping[str, float], names: Sequence[str], form: str
) -> Stored:
    """The numbers without axes of length 1, and where they are."""
    kept = [axis for axis, size in enumerate(numbers.shape) if size > 1 or letters[axis] in "YX"]
    numbers = numbers.reshape([numbers.shape[axis] for axis in kept])
    letters = "".join(letters[axis] for axis in kept)
    channels = [axis for axis, name in enumerate(letters) if name in "CS"]
    if len(channels) > 1:
        raise ImageFileError(f"has axes {letters}; expected one of S and C; save the channels apart")
    axis = channels[0] if channels else None
    axes = "".join(name if name in "TZYX" else "Q" for name in letters if name not in "CS")
    shape = tuple(size for number, size in enumerate(numbers.shape) if number != axis)
    known = {name: step for name, step in steps.items() if step and 0 < step < math.inf}
    affine = along_axes([known.get(name, 1.0) for name in axes]) if known else None
    geometry = Geometry(form, shape, axes, affine, None, "µm" if known else None)
    return Stored(numbers, axis, geometry=geometry, channels=tuple(names) if axis is not None else ())
