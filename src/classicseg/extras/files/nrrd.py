"""NRRD: lines of text that say what each axis is, and numbers behind them or in a file beside
(teem.sourceforge.net).

The file names its fastest axis first; the array has it last.
"""

from __future__ import annotations

import gzip
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files.geometry import Geometry, along_axes, placed
from classicseg.extras.files.pictures import ImageFileError, Stored, check_size
from classicseg.extras.files.raw_blocks import bunzipped, file_beside, inflated, raw_numbers, text_numbers

NRRD_START = b"NRRD000"
_TYPES = {
    "i1": "signed char, int8, int8_t",
    "u1": "uchar, unsigned char, uint8, uint8_t",
    "i2": "short, short int, signed short, signed short int, int16, int16_t",
    "u2": "ushort, unsigned short, unsigned short int, uint16, uint16_t",
    "i4": "int, signed int, int32, int32_t",
    "u4": "uint, unsigned int, uint32, uint32_t",
    "i8": "longlong, long long, long long int, signed long long, signed long long int, int64, int64_t",
    "u8": "ulonglong, unsigned long long, unsigned long long int, uint64, uint64_t",
    "f4": "float",
    "f8": "double",
}
_DTYPES = {name: code for code, names in _TYPES.items() for name in names.split(", ")}
_NAMES = {"u1": "uint8", "u2": "uint16", "i4": "int32"}
_IN_SPACE = ("domain", "space", "time", "", "none", "???")
"""Kinds of axes of pixels; along any other are the values of one pixel."""
_FRAMES = {
    "ras": "RAS", "lps": "LPS", "las": "LAS", "right-anterior-superior": "RAS", "left-posterior-superior": "LPS",
    "left-anterior-superior": "LAS",
}  # fmt: skip
_VECTOR = re.compile(r"none|\(([^()]*)\)")
_OF_AXES = (
    "kinds", "labels", "units", "spacings", "space directions", "thicknesses", "centers", "axis mins", "axis maxs",
)  # fmt: skip
"""Fields with a word for each axis."""
_OF_NUMBERS = (
    "type", "endian", "encoding", "dimension", "sizes", "data file", "line skip", "byte skip", "content", "min",
    "max", "old min", "old max", "block size", "sample units",
)  # fmt: skip
"""Fields of the numbers, which are others for labels."""
_MOST_HEAD = 2**22


def read_nrrd(path: Path, max_pixels: int) -> Stored:
    """Read a NRRD file, or a header whose numbers are in one file beside it."""
    with path.open("rb") as file:
        head = file.read(_MOST_HEAD)
    fields, start = _fields(head)
    sizes = [_whole(word) for word in fields.get("sizes", "").split()]
    if not 2 <= len(sizes) <= 7 or min(sizes) < 1 or len(sizes) != _whole(fields.get("dimension", "0")):
        raise ImageFileError(f"damaged, or of axes {sizes}; expected 2 to 7, as its dimension says; copy it again")
    dtype = _DTYPES.get(fields.get("type", "").lower())
    if dtype is None:
        raise ImageFileError(f"holds numbers of type {fields.get('type', '')[:40]!r}; expected real numbers")
    channel = _channel(fields, len(sizes))
    shape = tuple(reversed(sizes))
    axis = None if channel is None else len(sizes) - 1 - channel
    check_size([n for place, n in enumerate(shape) if place != axis], max_pixels)
    order = ">" if fields.get("endian", "little").lower() == "big" else "<"
    numbers = _numbers(path, start, fields, shape, np.dtype(f"{order}{dtype}"))
    kind = _words(fields, "kinds", len(sizes), "")[channel or 0].lower()
    geometry = _geometry(fields, sizes, channel)
    return Stored(numbers, axis, has_alpha=kind == "rgba-color", geometry=geometry)


def _fields(head: bytes) -> tuple[dict[str, str], int]:
    """The lines of a header, and where it ends."""
    fields: dict[str, str] = {}
    place = head.find(b"\n") + 1
    while 0 < place < len(head):
        stop = head.find(b"\n", place)
        line = head[place : stop if stop >= 0 else len(head)].decode("utf-8", "replace").strip()
        place = stop + 1 if stop >= 0 else len(head)
        if not line:
            break
        name, colon, value = line.partition(":")
        if line.startswith("#") or not colon:
            continue
        name = name.strip()
        if value.startswith("="):  # a key of the user's own
            fields[name + ":="] = value[1:]
        else:
            name = name.lower()
            fields[{"datafile": "data file", "byteskip": "byte skip", "lineskip": "line skip"}.get(name, name)] = (
                value.strip()
            )
    return fields, place


def _whole(word: str) -> int:
    if not word.lstrip("-").isdigit():
        raise ImageFileError(f"damaged ({word[:40]!r} where a whole number is expected); make or copy it again")
    return int(word)


def _words(fields: Mapping[str, str], name: str, n_axes: int, default: str) -> list[str]:
    """The word for each axis."""
    said = fields.get(name)
    words = [default] * n_axes if said is None else [found[0] for found in re.finditer(r"\([^()]*\)|\S+", said)]
    if len(words) != n_axes:
        raise ImageFileError(f"damaged ({len(words)} {name} for {n_axes} axes); make or copy it again")
    return words


def _channel(fields: Mapping[str, str], n_axes: int) -> int | None:
    """The axis, fastest first, along which the values of one pixel are."""
    kinds = _words(fields, "kinds", n_axes, "")
    directions = _words(fields, "space directions", n_axes, "")
    found = [
        axis
        for axis, (kind, direction) in enumerate(zip(kinds, directions, strict=True))
        if kind.lower() not in _IN_SPACE or (direction == "none" and kind.lower() != "time")
    ]
    if len(found) > 1:
        raise ImageFileError(
            f"has axes of kinds {' '.join(kinds)}; expected one of values at most; save them apart"
        )
    if found and n_axes < 3:
        raise ImageFileError(f"has axes of kinds {' '.join(kinds)}; expected two or more of space")
    return found[0] if found else None


def _numbers(
    path: Path, start: int, fields: Mapping[str, str], shape: tuple[int, ...], dtype: Any
) -> NDArray[Any]:
    """The numbers behind the header, or in the file that it names."""
    name = fields.get("data file")
    if name is not None and (name.upper().startswith("LIST") or "%" in name):
        raise ImageFileError("its numbers are in several files; expected one; save it as one .nrrd")
    data = path.read_bytes()[start:] if name is None else file_beside(path, name).read_bytes()
    for _ in range(_whole(fields.get("line skip", "0"))):
        data = data[data.find(b"\n") + 1 :]
    n_bytes = math.prod(shape) * dtype.itemsize
    encoding, skip = fields.get("encoding", "raw").lower(), _whole(fields.get("byte skip", "0"))
    if encoding == "raw":
        return raw_numbers(memoryview(data)[len(data) - n_bytes if skip == -1 else skip :], shape, dtype)
    if encoding in ("gzip", "gz", "bzip2", "bz2"):
        unpack = inflated if encoding.startswith("g") else bunzipped
        return raw_numbers(memoryview(unpack(data, n_bytes + max(skip, 0)))[max(skip, 0) :], shape, dtype)
    if encoding in ("ascii", "text", "txt"):
        return text_numbers(data, shape, dtype)
    raise ImageFileError(f"its numbers are coded as {encoding[:40]!r}; expected raw, gzip, bzip2 or text")


def _geometry(fields: dict[str, str], sizes: Sequence[int], channel: int | None) -> Geometry:
    """Where the pixels are, by their directions in space, or by the spacing of each axis alone."""
    axes = [axis for axis in reversed(range(len(sizes))) if axis != channel]
    kinds = _words(fields, "kinds", len(sizes), "")
    letters = iter("XYZTQQQ")
    names = {axis: "T" if kinds[axis].lower() == "time" else next(letters) for axis in reversed(axes)}
    shape = tuple(sizes[axis] for axis in axes)
    frame = fields.get("space", "")
    units = {
        unit.strip('"') for unit in re.findall(r'"[^"]*"', fields.get("space units", fields.get("units", "")))
    }
    return Geometry(
        "NRRD",
        shape,
        "".join(names[axis] for axis in axes),
        _affine(fields, len(sizes), axes),
        _FRAMES.get(frame.lower(), frame or None),
        {"um": "µm", "microns": "µm"}.get(unit := units.pop(), unit) if len(units) == 1 else None,
        (fields, channel),
    )


def _affine(fields: Mapping[str, str], n_axes: int, axes: Sequence[int]) -> NDArray[np.float64] | None:
    """The affine in the order of the array."""
    if "space directions" not in fields:
        said = _words(fields, "spacings", n_axes, "nan")
        steps = [abs(_number(said[axis])) for axis in axes]
        if not any(step > 0 for step in steps):
            return None
        return along_axes([step if step > 0 else 1.0 for step in steps])
    vectors = [_vector(word) for word in _words(fields, "space directions", n_axes, "none")]
    origin = _vector(fields.get("space origin", "none"))
    n_space = max(len(vector) for vector in vectors)
    given = [vectors[axis] for axis in axes if vectors[axis]]
    if len(given) < len(axes) or any(len(vector) != n_space for vector in given):
        return None  # an axis of time without a direction
    return placed(given, origin if len(origin) == n_space else [0.0] * n_space)


def _vector(word: str) -> list[float]:
    """(1,0,0); nothing for none."""
    found = _VECTOR.fullmatch(word)
    if found is None:
        raise ImageFileError(f"damaged ({word[:40]!r} where a vector is expected); make or copy it again")
    return [_number(part) for part in found[1].split(",")] if found[1] else []


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise ImageFileError(
            f"damaged ({word[:40]!r} where a number is expected); make or copy it again"
        ) from None


def write_nrrd(file: BinaryIO, labels: NDArray[Any], like: Geometry) -> None:
    """Write labels as NRRD packed by gzip, under the fields of the image that are not of its numbers."""
    fields, channel = like.header
    most = int(labels.max(initial=0))
    dtype = "u1" if most < 2**8 else "u2" if most < 2**16 else "i4"
    kept: dict[str, str] = {}
    for name, value in fields.items():
        if name in _OF_NUMBERS:
            continue
        if name in _OF_AXES:
            words = re.findall(r'\([^()]*\)|"[^"]*"|\S+', value)
            value = " ".join(word for axis, word in enumerate(words) if axis != channel)
        kept[name] = value
    lines = [
        "NRRD0005",
        f"type: {_NAMES[dtype]}",
        f"dimension: {labels.ndim}",
        f"sizes: {' '.join(map(str, labels.shape[::-1]))}",
        "endian: little",
        "encoding: gzip",
    ]
    first = [f"{name}: {value}" for name, value in kept.items() if name in ("space", "space dimension")]
    rest = [
        f"{name}{value}" if name.endswith(":=") else f"{name}: {value}"
        for name, value in kept.items()
        if name not in ("space", "space dimension")
    ]
    file.write("\n".join([*lines, *first, *rest, "", ""]).encode())
    with gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=4, mtime=0) as packed:
        packed.write(np.ascontiguousarray(labels, np.dtype(dtype).newbyteorder("<")).data)
