"""PNG: its numbers as they are stored, after all of its checksums were looked at.

libpng decodes, through imagecodecs. It passes over checksums here and there, expands palettes and scales grey of
few bits; so the chunks are checked here, and it is given a file of nothing but the numbers, declared as grey or
color.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files.colors import from_palette, spread
from classicseg.extras.files.pictures import ImageFileError, Stored, check_size

PNG_START = b"\x89PNG\r\n\x1a\n"
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_GREY, _PALETTE = 0, 3
_ADAM7 = ((0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4), (2, 4, 0, 2), (0, 2, 1, 2), (1, 2, 0, 1))
"""First row and step, first column and step of each pass of an interlaced image."""
_PIECE = 2**20


class _Header(NamedTuple):
    width: int
    height: int
    depth: int
    color: int
    compression: int
    filtering: int
    interlaced: int


def read_png(data: bytes, max_pixels: int) -> tuple[Stored, int]:
    """Read the numbers of a PNG, and its orientation as EXIF has it."""
    held: dict[bytes, bytes] = {}
    pixels: list[memoryview] = []
    for name, content in _chunks(memoryview(data)):
        if name == b"IDAT":
            pixels.append(content)
        else:
            held.setdefault(name, bytes(content))
    header = _header(held)
    check_size((header.height, header.width), max_pixels)
    if (frames := int.from_bytes(held.get(b"acTL", b"")[:4], "big")) > 1:
        raise ImageFileError(f"has {frames} frames; expected one; save the one wanted as PNG")
    _check_stream(pixels, header)
    return _stored(_decode(pixels, header), header, held), _orientation(held.get(b"eXIf", b""))


def _chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Name and content of each chunk to the end, its checksum looked at."""
    place, name = len(PNG_START), b""
    while name != b"IEND":
        if len(data) < place + 12:
            raise ImageFileError("cut short (a PNG without its end); make or copy it again")
        length, name = struct.unpack(">I4s", data[place : place + 8])
        stop = place + 8 + length
        if len(data) < stop + 4:
            raise ImageFileError(f"damaged or cut short (in chunk {name!r}); make or copy it again")
        if zlib.crc32(data[place + 4 : stop]) != int.from_bytes(data[stop : stop + 4], "big"):
            raise ImageFileError(f"damaged, or cut and joined (the checksum of chunk {name!r}); copy it again")
        yield name, data[place + 8 : stop]
        place = stop + 4


def _header(held: dict[bytes, bytes]) -> _Header:
    """Parse the header chunk."""
    header = _Header(*struct.unpack(">IIBBBBB", held.get(b"IHDR", b"")))
    if header.depth not in _DEPTHS.get(header.color, ()) or not header.width or not header.height:
        raise ImageFileError(f"damaged (no PNG has {header}); make or copy it again")
    return header


def _check_stream(pixels: list[memoryview], header: _Header) -> None:
    """Unpack the numbers once, piece by piece, to see that all are there, no more, and their checksum right."""
    bits = header.depth * _SAMPLES[header.color]
    passes = _ADAM7 if header.interlaced else ((0, 1, 0, 1),)
    sizes = [
        (-(-(header.height - row) // down), -(-(header.width - column) // across))
        for row, down, column, across in passes
    ]
    expected = sum(rows * (1 + -(-columns * bits // 8)) for rows, columns in sizes if rows > 0 and columns > 0)
    stream, found = zlib.decompressobj(), 0
    for content in pixels:
        found += len(stream.decompress(content, _PIECE))
        while stream.unconsumed_tail and found <= expected:
            found += len(stream.decompress(stream.unconsumed_tail, _PIECE))
    if not stream.eof or found != expected:
        raise ImageFileError(
            f"damaged or cut short ({found} bytes of pixels where {expected} are due); make or copy it again"
        )


def _decode(pixels: list[memoryview], header: _Header) -> NDArray[Any]:
    """Decode the numbers stored: indices of a palette stay indices."""
    import imagecodecs

    plain = header._replace(color=_GREY) if header.color == _PALETTE else header
    numbers = np.asarray(imagecodecs.png_decode(b"".join(_written(plain, pixels))))
    if header.depth >= 8:
        return numbers
    numbers = numbers // np.uint8(255 // ((1 << header.depth) - 1))
    return numbers.astype(bool) if header.depth == 1 and header.color == _GREY else numbers


def _written(header: _Header, pixels: list[memoryview]) -> Iterator[bytes]:
    """A PNG of a header and compressed pixels, piece by piece: old versions of libpng warn of large ones."""
    pieces = [bytes(part[start : start + _PIECE]) for part in pixels for start in range(0, len(part), _PIECE)]
    chunks = [(b"IDAT", piece) for piece in pieces]
    yield PNG_START
    for name, content in [(b"IHDR", struct.pack(">IIBBBBB", *header)), *chunks, (b"IEND", b"")]:
        yield struct.pack(">I", len(content)) + name + content
        yield struct.pack(">I", zlib.crc32(content, zlib.crc32(name)))


def _stored(numbers: NDArray[Any], header: _Header, held: dict[bytes, bytes]) -> Stored:
    """Say what the numbers stand for: colors of a palette, transparent values, alpha."""
    clear, present = held.get(b"tRNS"), None
    if header.color == _PALETTE:
        table = np.frombuffer(held[b"PLTE"], np.uint8).reshape(-1, 3)
        if clear is not None:
            opacity = np.full(256, 255, np.uint8)
            opacity[: len(clear)] = np.frombuffer(clear, np.uint8)[:256]
            present = np.take(opacity != 0, numbers)
        return Stored(numbers, show=partial(from_palette, table=table), present=present)
    if clear is not None and header.color in (0, 2):
        keys = np.frombuffer(clear, ">u2")[: _SAMPLES[header.color]] & ((1 << header.depth) - 1)
        present = numbers != keys[0] if header.color == _GREY else np.any(numbers != keys, axis=-1)
    factor = 255 // ((1 << header.depth) - 1) if 1 < header.depth < 8 else 1
    return Stored(
        numbers,
        channel_axis=2 if numbers.ndim == 3 else None,
        has_alpha=header.color in (4, 6),
        show=partial(spread, factor=factor) if factor > 1 else None,
        present=present,
    )


def _orientation(exif: bytes) -> int:
    """The orientation by EXIF; 1, upright, without it."""
    from PIL import Image

    if not exif:
        return 1
    found = Image.Exif()
    found.load(exif)
    return int(found.get(0x0112, 1))
