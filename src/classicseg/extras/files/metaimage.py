"""MetaImage (.mha, .mhd): lines of text, and numbers behind them or in a file beside; the format of ITK.

The file names its fastest axis first; the array has it last.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files.geometry import Geometry, placed
from classicseg.extras.files.pictures import ImageFileError, Stored, check_size
from classicseg.extras.files.raw_blocks import file_beside, inflated, raw_numbers, text_numbers

_TYPES = {
    "MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4", "MET_UINT": "u4",
    "MET_LONG": "i4", "MET_ULONG": "u4", "MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8", "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}  # fmt: skip
_NAMES = {"u1": "MET_UCHAR", "u2": "MET_USHORT", "i4": "MET_INT"}
_OF_NUMBERS = (
    "ObjectType", "NDims", "BinaryData", "BinaryDataByteOrderMSB", "ElementByteOrderMSB", "CompressedData",
    "CompressedDataSize", "DimSize", "ElementType", "ElementNumberOfChannels", "ElementDataFile", "HeaderSize",
    "ElementMin", "ElementMax", "Modality",
)  # fmt: skip
"""Fields of the numbers, which are others for labels."""
_MOST_HEAD = 2**20


def is_metaimage(head: bytes) -> bool:
    """Whether a file that begins so is MetaImage."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return text.startswith((b"ObjectType", b"NDims", b"Comment")) and b"=" in text[:64]


def read_metaimage(path: Path, max_pixels: int) -> Stored:
    """Read a MetaImage, or a header whose numbers are in one file beside it."""
    with path.open("rb") as file:
        fields, start = _fields(file.read(_MOST_HEAD))
    if (kind := fields.get("ObjectType", "Image")) != "Image":
        raise ImageFileError(f"holds a MetaIO object of type {kind[:40]!r}; expected an Image")
    sizes = [int(length) for length in _floats(fields, "DimSize")]
    channels = int(_floats(fields, "ElementNumberOfChannels", (1,))[0])
    if not 2 <= len(sizes) <= 7 or min(sizes) < 1 or channels < 1:
        raise ImageFileError(f"damaged, or of axes {sizes}; expected 2 to 7; make or copy it again")
    dtype = _TYPES.get(fields.get("ElementType", "").removesuffix("_ARRAY"))
    if dtype is None:
        raise ImageFileError(
            f"holds numbers of type {fields.get('ElementType', '')[:40]!r}; expected real numbers"
        )
    shape = tuple(reversed(sizes))
    check_size(shape, max_pixels)
    is_big = _is_true(fields, "BinaryDataByteOrderMSB") or _is_true(fields, "ElementByteOrderMSB")
    whole = (*shape, channels) if channels > 1 else shape
    numbers = _numbers(path, start, fields, whole, np.dtype((">" if is_big else "<") + dtype))
    return Stored(numbers, len(shape) if channels > 1 else None, geometry=_geometry(fields, shape))


def _fields(head: bytes) -> tuple[dict[str, str], int]:
    """The lines of a header, which the name of the file of numbers ends, and where it ends."""
    fields: dict[str, str] = {}
    place = 0
    while place < len(head):
        stop = head.find(b"\n", place)
        stop = stop if stop >= 0 else len(head)
        name, equals, value = head[place:stop].decode("utf-8", "replace").partition("=")
        place = stop + 1
        if not equals and name.strip():
            break
        fields[name.strip("\ufeff \t")] = value.strip()
        if name.strip() == "ElementDataFile":
            return fields, place
    raise ImageFileError("damaged or cut short (its header has no ElementDataFile); make or copy it again")


def _floats(fields: Mapping[str, str], name: str, default: tuple[float, ...] | None = None) -> tuple[float, ...]:
    """The numbers of a field."""
    if name not in fields and default is not None:
        return default
    try:
        found = tuple(float(word) for word in fields.get(name, "").split())
    except ValueError:
        found = ()
    if not found or not all(map(math.isfinite, found)):
        raise ImageFileError(f"damaged ({name} is {fields.get(name, '')[:60]!r}); make or copy it again")
    return found


def _is_true(fields: Mapping[str, str], name: str) -> bool:
    return fields.get(name, "False").lower() in ("true", "1", "t")


def _numbers(
    path: Path, start: int, fields: Mapping[str, str], shape: tuple[int, ...], dtype: Any
) -> NDArray[Any]:
    """The numbers behind the header, or in the file that it names."""
    name = fields["ElementDataFile"]
    if name.upper().startswith("LIST") or "%" in name:
        raise ImageFileError("its numbers are in several files; expected one; save it as one .mha")
    data = path.read_bytes()[start:] if name.upper() == "LOCAL" else file_beside(path, name).read_bytes()
    n_bytes = math.prod(shape) * dtype.itemsize
    skip = int(_floats(fields, "HeaderSize", (0,))[0])
    if _is_true(fields, "CompressedData"):
        return raw_numbers(inflated(data[max(skip, 0) :], n_bytes), shape, dtype)
    if fields.get("BinaryData", "True").lower() in ("false", "0", "f"):
        return text_numbers(data, shape, dtype)
    return raw_numbers(memoryview(data)[len(data) - n_bytes if skip == -1 else skip :], shape, dtype)


def _geometry(fields: dict[str, str], shape: tuple[int, ...]) -> Geometry:
    """Where the pixels are: rows of the matrix are the directions of the axes."""
    n_axes = len(shape)
    steps = np.array(_floats(fields, "ElementSpacing", _floats(fields, "ElementSize", (1.0,) * n_axes)))
    given = [_first(fields, names) for names in (("Offset", "Position", "Origin"), _MATRIX)]
    origin = np.array(_floats(fields, given[0], (0.0,) * n_axes))
    turn = np.array(_floats(fields, given[1], tuple(np.eye(n_axes).ravel())))
    if (steps.size, origin.size, turn.size) != (n_axes, n_axes, n_axes * n_axes):
        raise ImageFileError(f"damaged (its spacing, offset or matrix is not of {n_axes} axes); copy it again")
    directions = turn.reshape(n_axes, n_axes) * steps[:, np.newaxis]
    axes = ("Q" * n_axes + "TZYX")[-n_axes:]
    return Geometry("MetaImage", shape, axes, placed(directions[::-1], origin), "LPS", "mm", fields)


_MATRIX = ("TransformMatrix", "Rotation", "Orientation")


def _first(fields: Mapping[str, str], names: tuple[str, ...]) -> str:
    """The first of these names that a header has."""
    return next((name for name in names if name in fields), names[0])


def write_metaimage(file: BinaryIO, labels: NDArray[Any], like: Geometry) -> None:
    """Write labels as MetaImage packed by zlib, under the fields of the image that are not of its numbers."""
    most = int(labels.max(initial=0))
    dtype = "u1" if most < 2**8 else "u2" if most < 2**16 else "i4"
    packed = zlib.compress(np.ascontiguousarray(labels, np.dtype(dtype).newbyteorder("<")).data, 4)
    lines = [
        ("ObjectType", "Image"),
        ("NDims", labels.ndim),
        ("BinaryData", "True"),
        ("BinaryDataByteOrderMSB", "False"),
        ("CompressedData", "True"),
        ("CompressedDataSize", len(packed)),
        *((name, value) for name, value in like.header.items() if name not in _OF_NUMBERS),
        ("DimSize", " ".join(map(str, labels.shape[::-1]))),
        ("ElementType", _NAMES[dtype]),
        ("ElementDataFile", "LOCAL"),
    ]
    file.write("".join(f"{name} = {value}\n" for name, value in lines).encode())
    file.write(packed)
