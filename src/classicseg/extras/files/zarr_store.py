"""Zarr arrays that come from anywhere: their numbers are held against each other before zarr reads a chunk.

Zarr's own reader waits for a pipe, reads a device without end, and unpacks what a chunk's compressor says,
whatever the chunk should hold. So the metadata are read here, and each file on its way to zarr is looked at:
that it is a file, how large it is, and that it unpacks to no more than a chunk.
"""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from zarr.storage import LocalStore

from classicseg.extras.files.geometry import Geometry
from classicseg.extras.files.ome_zarr import place_of_level
from classicseg.extras.files.pictures import ImageFileError, check_regular
from classicseg.extras.files.unpacking import COMPRESSORS, check_unpacked

_METADATA = ("zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata")
_METADATA_BYTES = 2**23
_MAX_CHUNKS = 10_000_000
_MAX_CHUNK_BYTES = 2**31
_SMALL_CHUNK = 2**24
"""A chunk may be so many pixels, or four times as many as the image."""
_DTYPES = {"bool"} | {f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)}
_DTYPES |= {"float16", "float32", "float64"}
_FILTERS = ("delta", "fixedscaleoffset", "quantize", "bitround", "shuffle", "transpose", "packbits")
_INDEX_ENTRY, _CRC = 16, 4


class _Layout(NamedTuple):
    """What the metadata of an array say of its chunks."""

    shape: tuple[int, ...]
    stored: tuple[int, ...]
    """The shape of what is one file."""
    chunk: tuple[int, ...]
    """The shape of what is unpacked at once: in shards, smaller."""
    dtype: np.dtype[Any]
    compressor: str | None
    has_filters: bool
    index_bytes: int
    """Of a shard; 0 where there are none."""
    index_first: bool

    @property
    def limit(self) -> int:
        """Bytes that a chunk unpacks to; a filter may have made other numbers of them."""
        return math.prod(self.chunk) * (8 if self.has_filters else self.dtype.itemsize) + self.has_filters * 64

    @property
    def file_limit(self) -> int:
        """Bytes of a file: what cannot be compressed grows a little."""
        n_inner = math.prod(self.stored) // math.prod(self.chunk)
        return n_inner * (self.limit + self.limit // 64 + 4096) + self.index_bytes


def open_zarr(root: Path, series: int | None = None) -> tuple[Any, int | None, Geometry | None]:
    """Open the array in a folder, or the largest level of an OME-Zarr image; find its channels, and where it
    is."""
    metadata = _metadata(root)
    if metadata is None:
        raise ImageFileError("a folder without a Zarr array; expected one; check the path")
    if _is_array(metadata):
        array = _open_array(root, metadata)
        shape = array.shape
        return array, len(shape) - 1 if len(shape) > 2 and shape[-1] <= 4 else None, None
    levels = _multiscales(root, metadata)
    if not levels:
        arrays = ", ".join(_arrays_in(root)) or "none"
        raise ImageFileError(f"a group of Zarr arrays ({arrays}); expected one; add its name to the path")
    level = levels[_number_of(levels, series)]
    path = level["datasets"][0]["path"]
    held = root / path
    if not held.resolve().is_relative_to(root.resolve()) or held.resolve() == root.resolve():
        raise ImageFileError(
            f"its image is said to be at {path!r}, which is outside of it; expected a name within it"
        )
    inner = _metadata(held)
    if inner is None or not _is_array(inner):
        raise ImageFileError(f"its image is said to be at {path!r}, where no array is; make or copy it again")
    array = _open_array(held, inner)
    return array, *place_of_level(level, array.shape)


def _number_of(levels: Sequence[Any], series: int | None) -> int:
    """Which of the images in a group is asked for; of several, the first."""
    if series is not None and not 0 <= series < len(levels):
        raise ImageFileError(f"has no series {series}; expected 0 to {len(levels) - 1}")
    return series or 0


def _read_json(path: Path) -> Any:
    check_regular(path)
    if (size := path.stat().st_size) > _METADATA_BYTES:
        raise ImageFileError(f"{path.name} has {size} bytes; expected at most {_METADATA_BYTES}")
    return json.loads(path.read_text(encoding="utf-8"))


def _metadata(folder: Path) -> dict[str, Any] | None:
    """What a folder says of itself, in either version of the format."""
    for name in ("zarr.json", ".zarray", ".zgroup"):
        if os.path.lexists(folder / name):
            found = _read_json(folder / name)
            if not isinstance(found, dict):
                raise ImageFileError(f"damaged ({name} holds no object); make or copy it again")
            return {**found, "_name": name}
    return None


def _is_array(metadata: dict[str, Any]) -> bool:
    """Whether metadata describe an array, not a group."""
    return metadata["_name"] == ".zarray" or metadata.get("node_type") == "array"


def _multiscales(root: Path, metadata: dict[str, Any]) -> Any:
    """The description of an OME-Zarr image's resolutions, if there is one."""
    attributes = metadata.get("attributes", {})
    if metadata["_name"] == ".zgroup":
        attributes = _read_json(root / ".zattrs") if os.path.lexists(root / ".zattrs") else {}
    return attributes.get("ome", attributes).get("multiscales")


def _arrays_in(root: Path) -> list[str]:
    """The names of the arrays in a group, of its first 100 members."""
    names = sorted(path.name for path in root.iterdir() if path.is_dir())[:100]
    return [name for name in names if (found := _metadata(root / name)) is not None and _is_array(found)]


def _open_array(folder: Path, metadata: dict[str, Any]) -> Any:
    """Open an array whose every chunk is checked before it is unpacked."""
    import zarr

    layout = _layout_2(metadata) if metadata["_name"] == ".zarray" else _layout_3(metadata)
    _check(layout)
    version = 2 if metadata["_name"] == ".zarray" else 3
    return zarr.open_array(store=_Guarded(folder, layout), mode="r", zarr_format=version)


def _lengths(values: Any) -> tuple[int, ...]:
    """Parse a shape."""
    if not isinstance(values, list) or any(type(value) is not int for value in values):
        raise ImageFileError(f"damaged (a shape of {str(values)[:60]}); make or copy it again")
    return tuple(values)


def _layout_2(metadata: dict[str, Any]) -> _Layout:
    """The layout that metadata of Zarr 2 describe."""
    compressor, filters = metadata.get("compressor"), metadata.get("filters") or []
    for held in filters:
        _check_codec(held["id"], _FILTERS)
        for key in ("dtype", "astype"):
            _check_dtype(held.get(key) or "uint8")
    if compressor is not None:
        _check_codec(compressor["id"], COMPRESSORS)
    dtype = _check_dtype(metadata["dtype"])
    chunk = _lengths(metadata["chunks"])
    name = None if compressor is None else compressor["id"]
    return _Layout(_lengths(metadata["shape"]), chunk, chunk, dtype, name, bool(filters), 0, False)


def _layout_3(metadata: dict[str, Any]) -> _Layout:
    """The layout that metadata of Zarr 3 describe."""
    grid, dtype = metadata["chunk_grid"], _check_dtype(metadata["data_type"])
    if grid["name"] != "regular":
        raise ImageFileError(f"has chunks that are {str(grid['name'])[:40]}, which is not supported; rechunk it")
    stored = chunk = _lengths(grid["configuration"]["chunk_shape"])
    codecs, index_bytes, index_first = metadata["codecs"], 0, False
    if len(codecs) == 1 and codecs[0]["name"] == "sharding_indexed":
        shard = codecs[0]["configuration"]
        chunk, codecs = _lengths(shard["chunk_shape"]), shard["codecs"]
        if (
            len(chunk) != len(stored)
            or min(chunk, default=1) < 1
            or any(s % c for s, c in zip(stored, chunk, strict=True))
        ):
            raise ImageFileError(f"damaged (shards of {stored} cut into {chunk}); make or copy it again")
        index_first = shard.get("index_location", "end") == "start"
        checked = any(codec["name"] == "crc32c" for codec in shard["index_codecs"])
        n_inner = math.prod(s // c for s, c in zip(stored, chunk, strict=True))
        index_bytes = n_inner * _INDEX_ENTRY + checked * _CRC
    names = [str(codec["name"]).removeprefix("numcodecs.") for codec in codecs]
    for name in names:
        _check_codec(name, (*_FILTERS, *COMPRESSORS, "bytes", "endian", "crc32c"))
    compressors = [name for name in names if name in COMPRESSORS]
    if len(compressors) > 1:
        raise ImageFileError(
            f"is compressed more than once ({', '.join(compressors)}); expected once; write it again"
        )
    filtered = any(name in _FILTERS for name in names if name not in ("transpose", "shuffle")) or "crc32c" in names
    return _Layout(
        _lengths(metadata["shape"]),
        stored,
        chunk,
        dtype,
        compressors[0] if compressors else None,
        filtered,
        index_bytes,
        index_first,
    )


def _check_codec(name: Any, known: tuple[str, ...]) -> None:
    """Refuse a codec that is not known."""
    if name not in known:
        raise ImageFileError(f"is coded by {str(name)[:60]!r}, which is not supported; write it by zstd")


def _check_dtype(said: Any) -> np.dtype[Any]:
    """Parse a dtype of real numbers."""
    if not isinstance(said, str) or said == "string" or np.dtype(said).name not in _DTYPES:
        raise ImageFileError(f"has dtype {str(said)[:60]}; expected real numbers; cast it first")
    return np.dtype(said)


def _check(layout: _Layout) -> None:
    """See that the numbers of an array agree with each other, and that it can be read."""
    shape, stored = layout.shape, layout.stored
    if len(shape) != len(stored) or len(layout.chunk) != len(shape) or min((*shape, *stored), default=1) < 0:
        raise ImageFileError(f"damaged (a shape of {shape} in chunks of {stored}); make or copy it again")
    if len(shape) < 2 or not math.prod(shape):
        raise ImageFileError(f"has shape {shape}; expected two axes or more that hold pixels")
    if not math.prod(stored):
        raise ImageFileError(f"damaged (chunks of {stored}); make or copy it again")
    n_chunks = math.prod(-(-n // step) for n, step in zip(shape, layout.chunk, strict=True))
    if n_chunks > _MAX_CHUNKS:
        raise ImageFileError(
            f"has {n_chunks} chunks of {layout.chunk}; expected at most {_MAX_CHUNKS}; rechunk it"
        )
    n_pixels = math.prod(stored)
    if n_pixels * layout.dtype.itemsize > _MAX_CHUNK_BYTES or n_pixels > max(_SMALL_CHUNK, 4 * math.prod(shape)):
        raise ImageFileError(f"has chunks of {stored}, for an image of {shape}; expected smaller ones; rechunk it")


class _Guarded(LocalStore):  # type: ignore[misc]
    """A folder whose files are looked at before zarr unpacks them."""

    def __init__(self, folder: Path, layout: _Layout) -> None:
        super().__init__(folder, read_only=True)
        self._layout = layout

    async def get(self, key: str, prototype: Any = None, byte_range: Any = None) -> Any:
        if not self._check_file(key):
            return None
        data = await super().get(key, prototype, byte_range)
        if data is not None and key.rpartition("/")[2] not in _METADATA:
            self._check_data(key, data.to_bytes(), whole=byte_range is None)
        return data

    def _check_file(self, key: str) -> bool:
        """Whether there is one; what is no file of the right size is refused."""
        try:
            found = (Path(self.root) / key).stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        if not stat.S_ISREG(found.st_mode):
            raise ImageFileError(f"{key} is no file; expected a chunk; make or copy it again")
        limit = _METADATA_BYTES if key.rpartition("/")[2] in _METADATA else self._layout.file_limit
        if found.st_size > limit:
            raise ImageFileError(
                f"damaged ({key} has {found.st_size} bytes, a chunk at most {limit}); copy it again"
            )
        return True

    def _check_data(self, key: str, data: bytes, *, whole: bool) -> None:
        """Check the chunks in what is read of a file."""
        layout = self._layout
        if not layout.index_bytes:
            self._check_chunk(key, memoryview(data))
        elif whole:
            for start, length in self._index(data):
                self._check_chunk(key, memoryview(data)[start : start + length])
        elif len(data) != layout.index_bytes:
            self._check_chunk(key, memoryview(data))

    def _check_chunk(self, key: str, data: memoryview) -> None:
        """Check that a chunk unpacks to no more bytes than it has pixels for."""
        layout = self._layout
        if layout.compressor is not None:
            check_unpacked(layout.compressor, data, layout.limit, key)
        elif not layout.has_filters and len(data) != layout.limit:
            raise ImageFileError(
                f"damaged or cut short (chunk {key} has {len(data)} bytes, expected {layout.limit}); copy it again"
            )

    def _index(self, data: bytes) -> list[tuple[int, int]]:
        """Where in a shard its chunks are; those that are left out are not named."""
        size = self._layout.index_bytes
        held = data[:size] if self._layout.index_first else data[-size:]
        if len(held) < size:
            raise ImageFileError("cut short (a shard without its index); make or copy it again")
        places = np.frombuffer(held, "<u8", size // 8 // 2 * 2).reshape(-1, 2)
        return [(int(start), int(length)) for start, length in places[places[:, 0] != 2**64 - 1]]
