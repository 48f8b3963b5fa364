"""Images larger than memory: Zarr, OME-Zarr, tiled TIFF and .npy, chunk by chunk.

A chunk is read by the process that needs it, from a file that it opens for itself: nothing but the path travels.
"""

from __future__ import annotations

import functools
import math
import os
import weakref
from pathlib import Path
from typing import Any, NamedTuple

import dask.array as da
import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files.geometry import Geometry
from classicseg.extras.files.manifest import MANIFEST, draft_of, marked, read_manifest
from classicseg.extras.files.npy import NPY_START, open_npy
from classicseg.extras.files.pictures import (
    ImageFileError,
    NoData,
    check_regular,
    check_size,
    equals,
    number_of_channel,
    reading,
)
from classicseg.extras.files.tiff import Pages, open_pages
from classicseg.extras.files.tiff_colors import show_of
from classicseg.extras.files.tiff_header import TIFF_STARTS
from classicseg.extras.files.tiff_places import channels_of
from classicseg.extras.files.zarr_store import open_zarr

MAX_CHUNKED_PIXELS = 10**12
"""Larger images are refused before a chunk is read."""

_CHUNK_BYTES = 2**24
"""Chunks are made of so many bytes, of several stored ones where those are small."""
_READABLE = "Zarr, TIFF or .npy"


class ChunkedPicture(NamedTuple):
    """An image in chunks."""

    pixels: da.Array
    channel_axis: int | None
    mask: da.Array | None
    """Spatial shape, False where a pixel has a no-data value; None where none is named."""
    geometry: Geometry | None = None
    """Where the pixels are; None where the file does not say."""


class _Opened(NamedTuple):
    """What is stored, to be read by slices, and what the file says of it."""

    stored: Any
    channel_axis: int | None
    nodata: tuple[float, ...] = ()
    geometry: Geometry | None = None
    channels: tuple[str, ...] = ()


def open_chunked(
    path: str | os.PathLike[str],
    *,
    series: int | None = None,
    channel: int | str | None = None,
    max_pixels: int = MAX_CHUNKED_PIXELS,
    nodata: NoData = None,
) -> ChunkedPicture:
    """Open an image without reading it.

    Parameters
    ----------
    path : path-like
        A Zarr array (a folder; one in a group by its path), the largest level of an OME-Zarr image, a TIFF,
        BigTIFF or OME-TIFF of one series, or a .npy file.
    series : int, optional
        Which of several images: a series of a TIFF, an image of an OME-Zarr group.
    channel : int or str, optional
        The one channel to read, by its number from 0 or its name in the file. By default all.
    max_pixels : int
        Pixels times pages above which the image is refused.
    nodata : float or sequence of floats, optional
        Values of pixels that take no part, beside that of a TIFF's no-data tag. NaN may be one.

    Returns
    -------
    ChunkedPicture
        The pixels as a lazy dask array, the axis of the channels, a lazy mask made of no-data values, and the
        geometry.

    Raises
    ------
    ImageFileError
        If it is no such image, too large, damaged, or labels that are not finished. What is wrong with a single
        chunk is raised when it is read.

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
    with reading(source, _READABLE):
        _check_whole(source)
        stored, channel_axis, told, geometry, names = _open(str(source), series)
        if stored.dtype.kind not in "biuf":
            raise ImageFileError(f"has dtype {stored.dtype}; expected real numbers; cast it first")
        if stored.ndim < 2 or not math.prod(stored.shape):
            raise ImageFileError(f"has shape {stored.shape}; expected two axes or more that hold pixels")
        check_size([n for axis, n in enumerate(stored.shape) if axis != channel_axis], max_pixels)
        pixels = da.map_blocks(
            _read,
            path=str(source.resolve()),
            series=series,
            chunks=_chunks(stored),
            dtype=stored.dtype,
            meta=np.empty((0,) * stored.ndim, stored.dtype),
        )
        values = (*told, *np.atleast_1d(np.asarray([] if nodata is None else nodata, np.float64)).tolist())
        if channel is not None:
            n_channels = 0 if channel_axis is None else stored.shape[channel_axis]
            pixels = da.take(pixels, number_of_channel(channel, n_channels, names), axis=channel_axis or 0)
            channel_axis = None
        return ChunkedPicture(pixels, channel_axis, _mask(pixels, channel_axis, values), geometry)


def _chunks(stored: Any) -> Any:
    """Chunks of a size to work on, made of whole stored ones."""
    chunks = da.core.normalize_chunks(
        tuple(getattr(stored, "chunks", None) or stored.shape), stored.shape, dtype=stored.dtype
    )
    if math.prod(max(lengths) for lengths in chunks) * stored.dtype.itemsize < _CHUNK_BYTES // 4:
        return da.core.normalize_chunks(
            "auto", stored.shape, _CHUNK_BYTES, dtype=stored.dtype, previous_chunks=chunks
        )
    if isinstance(stored, np.memmap):
        return da.core.normalize_chunks("auto", stored.shape, _CHUNK_BYTES, dtype=stored.dtype)
    return chunks


def _mask(pixels: da.Array, channel_axis: int | None, values: tuple[float, ...]) -> da.Array | None:
    """False where all channels of a pixel have a no-data value."""
    missing = None
    for value in values:
        equal = pixels.map_blocks(equals, value, dtype=bool)
        equal = equal if channel_axis is None else equal.all(axis=channel_axis)
        missing = equal if missing is None else missing | equal
    return None if missing is None else ~missing


def _check_whole(path: Path) -> None:
    """Refuse a store of labels that is not finished, and what is no file."""
    if not path.exists():
        if not draft_of(path).exists():
            raise ImageFileError("no such file; expected an image; check the path")
        path = draft_of(path)
    if not path.is_dir():
        return check_regular(path)
    if os.path.lexists(path / MANIFEST):
        check_regular(path / MANIFEST)
    manifest = read_manifest(path)
    if manifest is None:
        return None
    if not manifest["complete"]:
        raise ImageFileError(
            f"an unfinished run ({len(marked(path))} of {manifest['n_chunks']} chunks); run the same "
            "command again to finish it, or remove the folder"
        )
    held = sum(len(files) for _, _, files in os.walk(path / "c"))
    if held < manifest["n_chunks"]:
        raise ImageFileError(
            f"cut short ({held} of {manifest['n_chunks']} chunks are there); make or copy it again"
        )
    return None


def _open(path: str, series: int | None) -> _Opened:
    """What is stored, to be read by slices, and what the file says of it."""
    return _open_once(path, Path(path).stat().st_mtime_ns, series)


@functools.lru_cache(maxsize=16)
def _open_once(path: str, stamp: int, series: int | None) -> _Opened:
    """Each process opens a file once, as long as it is the same."""
    if Path(path).is_dir():
        stored, channel_axis, geometry = open_zarr(Path(path), series)
        return _Opened(stored, channel_axis, geometry=geometry)
    with Path(path).open("rb") as file:
        start = file.read(6)
    if start.startswith(TIFF_STARTS):
        return _open_tiff(Path(path), series)
    if start == NPY_START:
        return _Opened(*open_npy(Path(path)))
    raise ImageFileError(
        f"is read as a whole only; expected {_READABLE}, which are read in chunks; save it as one"
    )


def _open_tiff(path: Path, series: int | None) -> _Opened:
    """Open a TIFF by its strips or tiles."""
    import tifffile
    import zarr

    with open_pages(path, MAX_CHUNKED_PIXELS, series) as pages:
        _check_plain(pages)
        which = (
            {"key": pages.images[0].index}
            if pages.series is None
            else {"series": list(pages.tiff.series).index(pages.series), "level": 0}
        )
        shape = pages.shape
        told = pages.channel_axis, pages.nodata, pages.geometry, channels_of(pages.tiff, pages.series)
    store = tifffile.imread(path, aszarr=True, **which)
    stored = zarr.open(store, mode="r")
    weakref.finalize(stored, store.close)
    if tuple(stored.shape) != shape:
        raise ImageFileError(f"its pages have other shapes than {shape}; save them apart")
    return _Opened(stored, *told)


def _check_plain(pages: Pages) -> None:
    """Refuse a TIFF whose chunks are not yet the image."""
    show = show_of(pages.first, pages.directories, is_imagej=pages.tiff.is_imagej)
    photometric = {0: "0 for white", 3: "a palette"}.get(int(pages.first.photometric), "colors that are not RGB")
    odd = {
        photometric: show is not None,
        "an alpha channel": pages.alpha is not None,
        "an internal mask": bool(pages.masks),
        "pages that are stored in several ways": pages.series is None and len(pages.images) > 1,
    }
    for name, found in odd.items():
        if found:
            raise ImageFileError(
                f"has {name}, which is not read in chunks; save it as plain values "
                "(what takes part goes into a mask)"
            )


def _read(path: str, series: int | None, block_info: Any) -> NDArray[Any]:
    """Read a chunk."""
    place = tuple(slice(start, stop) for start, stop in block_info[None]["array-location"])
    with reading(Path(path), _READABLE):
        return np.asarray(_open(path, series).stored[place])
