"""Images larger than memory: Zarr, OME-Zarr, tiled TIFF and .npy, chunk by chunk.

A chunk is read by the process that needs it, from a file that it opens for itself: nothing but the path travels.
"""

from __future__ import annotations

import functools
import math
import os
from pathlib import Path
from typing import Any, NamedTuple

import dask.array as da
import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files.manifest import draft_of, marked, read_manifest
from classicseg.extras.files.reading import ImageFileError, check_tiff

_CHUNK_BYTES = 2**24
"""Chunks are made of so many bytes, of several stored ones where those are small."""


class ChunkedPicture(NamedTuple):
    """An image in chunks."""

    pixels: da.Array
    channel_axis: int | None


def open_chunked(path: str | os.PathLike[str]) -> ChunkedPicture:
    """Open an image without reading it.

    Parameters
    ----------
    path : path-like
        A Zarr array (a folder; one in a group by its path), the largest level of an OME-Zarr image, a TIFF,
        BigTIFF or OME-TIFF of one series, or a .npy file.

    Returns
    -------
    ChunkedPicture
        The pixels as a lazy dask array, and the axis of the channels.

    Raises
    ------
    ImageFileError
        If it is no such image, damaged, or labels that are not finished.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from classicseg.extras.files.chunked import open_chunked
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/image.npy", np.zeros((4, 6)))
    ...     open_chunked(f"{folder}/image.npy").pixels.shape
    (4, 6)
    """
    source = Path(path)
    _check_whole(source)
    try:
        stored, channel_axis = _open(str(source))
    except ImageFileError:
        raise
    except Exception as error:  # on damaged data libraries raise whatever they stumble over
        raise ImageFileError(
            f"{source}: damaged or cut short ({error}); expected Zarr, TIFF or .npy; make or copy it again"
        ) from error
    if stored.dtype.kind not in "biuf":
        raise ImageFileError(f"{source}: has dtype {stored.dtype}; expected real numbers; cast it first")
    if stored.ndim < 2 or not math.prod(stored.shape):
        raise ImageFileError(f"{source}: has shape {stored.shape}; expected two axes or more that hold pixels")
    chunks = da.core.normalize_chunks(
        tuple(getattr(stored, "chunks", None) or stored.shape), stored.shape, dtype=stored.dtype
    )
    if math.prod(max(lengths) for lengths in chunks) * stored.dtype.itemsize < _CHUNK_BYTES // 4:
        chunks = da.core.normalize_chunks(
            "auto", stored.shape, _CHUNK_BYTES, dtype=stored.dtype, previous_chunks=chunks
        )
    elif isinstance(stored, np.memmap):
        chunks = da.core.normalize_chunks("auto", stored.shape, _CHUNK_BYTES, dtype=stored.dtype)
    pixels = da.map_blocks(
        _read,
        path=str(source.resolve()),
        chunks=chunks,
        dtype=stored.dtype,
        meta=np.empty((0,) * stored.ndim, stored.dtype),
    )
    return ChunkedPicture(pixels, channel_axis)


def _check_whole(path: Path) -> None:
    if not path.exists():
        if draft_of(path).exists():
            path = draft_of(path)
        else:
            raise ImageFileError(f"{path}: no such file; expected an image; check the path")
    manifest = read_manifest(path) if path.is_dir() else None
    if manifest is None:
        return
    if not manifest["complete"]:
        raise ImageFileError(
            f"{path}: an unfinished run ({len(marked(path))} of {manifest['n_chunks']} chunks); run the same "
            "command again to finish it, or remove the folder"
        )
    held = sum(len(files) for _, _, files in os.walk(path / "c"))
    if held < manifest["n_chunks"]:
        raise ImageFileError(
            f"{path}: cut short ({held} of {manifest['n_chunks']} chunks are there); make or copy it again"
        )


def _open(path: str) -> tuple[Any, int | None]:
    """What is stored, to be read by slices, and the axis of its channels."""
    return _open_once(path, Path(path).stat().st_mtime_ns)


@functools.lru_cache(maxsize=16)
def _open_once(path: str, stamp: int) -> tuple[Any, int | None]:
    """Each process opens a file once, as long as it is the same."""
    if Path(path).is_dir():
        return _open_zarr(path)
    with Path(path).open("rb") as file:
        start = file.read(6)
    if start.startswith((b"II", b"MM")):
        return _open_tiff(path)
    if start == b"\x93NUMPY":
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        return array, _last_axis(array.shape)
    raise ImageFileError(
        f"{path}: is read as a whole only; expected Zarr, TIFF or .npy, which are read in chunks; save it as one"
    )


def _open_zarr(path: str) -> tuple[Any, int | None]:
    import zarr

    try:
        found = zarr.open(path, mode="r")
    except FileNotFoundError:
        raise ImageFileError(f"{path}: a folder without a Zarr array; expected one; check the path") from None
    if isinstance(found, zarr.Array):
        return found, _last_axis(found.shape)
    attributes = dict(found.attrs)
    levels = attributes.get("ome", attributes).get("multiscales")
    if not levels:
        arrays = ", ".join(sorted(name for name, _ in found.arrays())) or "none"
        raise ImageFileError(f"{path}: a group of Zarr arrays ({arrays}); expected one; add its name to the path")
    array = found[levels[0]["datasets"][0]["path"]]
    kinds = [axis.get("type") if isinstance(axis, dict) else None for axis in levels[0].get("axes", [])]
    return array, kinds.index("channel") if "channel" in kinds else None


def _open_tiff(path: str) -> tuple[Any, int | None]:
    import tifffile
    import zarr

    shape, channel_axis = check_tiff(Path(path))
    stored = zarr.open(tifffile.imread(path, aszarr=True, series=0, level=0), mode="r")
    if tuple(stored.shape) != shape:
        raise ImageFileError(f"{path}: its pages have other shapes than {shape}; save them apart")
    return stored, channel_axis


def _last_axis(shape: tuple[int, ...]) -> int | None:
    """That of the channels of a photograph, where nothing says more."""
    return len(shape) - 1 if len(shape) > 2 and shape[-1] <= 4 else None


def _read(path: str, block_info: Any) -> NDArray[Any]:
    place = tuple(slice(start, stop) for start, stop in block_info[None]["array-location"])
    return np.asarray(_open(path)[0][place])
