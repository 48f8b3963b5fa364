"""What the directories of a TIFF say of its pages, before any library trusts it.

A file of a few kilobytes can declare millions of tiles, pages in a circle, or values that lie beyond its end,
and keep a decoder busy for minutes. So the numbers of each header are held against each other and against the
file's size first.
"""

from __future__ import annotations

import math
import struct
from typing import BinaryIO, NamedTuple

from classicseg.extras.files.pictures import ImageFileError

TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
REDUCED, MASK = 1, 4
"""Bits of NewSubfileType: a smaller copy of another page, and which pixels of a page are valid."""

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_FACTORS = {1: 1, 5: 5461, 8: 1032, 32946: 1032, 32773: 64}
"""What a byte can unpack to at most: LZW's longest string is 4096 bytes in 12 bits, twice that in the old kind."""
_MAX_TAGS = 4096
_LSM = 34412
_TILE_PIXELS = 2**24
"""A tile may be so large, or four times as large as the image."""


class Directory(NamedTuple):
    """What one page says of itself."""

    subfile: int
    shape: tuple[int, int, int]
    """Planes, rows and columns."""
    samples: int
    bits: int
    compression: int
    photometric: int
    extra_samples: tuple[int, ...]
    palette: bytes
    n_segments: int
    """How many tiles or strips it is cut into."""
    has_inner: bool
    """Whether other images hang on it, as on the preview in a camera's raw file."""


class _Layout(NamedTuple):
    order: str
    is_big: bool
    size: int


class _Entry(NamedTuple):
    tag: int
    kind: int
    n_values: int
    value: bytes
    """What it holds, or where that is."""


class _Entries:
    """The tags of one directory, read as they are asked for."""

    def __init__(self, file: BinaryIO, layout: _Layout, entries: list[_Entry]) -> None:
        self.file, self.layout = file, layout
        self.rows = {entry.tag: entry for entry in reversed(entries)}

    def count(self, tag: int) -> int:
        return self.rows[tag].n_values if tag in self.rows else 0

    def values(self, tag: int) -> tuple[int, ...]:
        if tag not in self.rows or (code := _CODES.get(self.rows[tag].kind)) is None:
            return ()
        return struct.unpack(f"{self.layout.order}{self.rows[tag].n_values}{code}", self.raw(tag))

    def raw(self, tag: int) -> bytes:
        _, kind, count, value = self.rows[tag]
        n_bytes = count * _SIZES.get(kind, 0)
        if n_bytes <= len(value):
            return value[:n_bytes]
        self.file.seek(_number(value, self.layout.order, len(value)))
        return self.file.read(n_bytes)

    def first(self, tag: int, default: int) -> int:
        values = self.values(tag)
        return values[0] if values else default


def read_directories(file: BinaryIO, size: int) -> list[Directory]:
    """Read the directory of each page."""
    start = file.read(16)
    order = "<" if start.startswith(b"II") else ">"
    is_big = b"+" in start[:4]
    layout = _Layout(order, is_big, size)
    width = 8 if is_big else 4
    place = _number(start[8:16] if is_big else start[4:8], order, width)
    seen: set[int] = set()
    pages: list[Directory] = []
    while place:
        if place in seen:
            raise ImageFileError(
                f"damaged (after page {len(pages)} its pages run in a circle); make or copy it again"
            )
        seen.add(place)
        entries, place = _entries(file, place, layout, len(pages) + 1)
        try:
            pages.append(_directory(entries))
        except ImageFileError as error:
            raise ImageFileError(f"page {len(pages) + 1}: {error}") from None
    if not pages:
        raise ImageFileError("cut short (a TIFF without pages); make or copy it again")
    return pages


def _number(data: bytes, order: str, width: int) -> int:
    """An unsigned integer of 4 or 8 bytes."""
    if len(data) < width:
        raise ImageFileError("cut short (in its header); make or copy it again")
    return int(struct.unpack(order + ("Q" if width == 8 else "I"), data)[0])


def _entries(file: BinaryIO, place: int, layout: _Layout, number: int) -> tuple[_Entries, int]:
    """The tags of the directory at a place, and the place of the next."""
    order, width = layout.order, 8 if layout.is_big else 4
    entry = struct.Struct(f"{order}HH{'Q' if layout.is_big else 'I'}{width}s")
    head = 8 if layout.is_big else 2
    count = b""
    if place < layout.size:
        file.seek(place)
        count = file.read(head)
    n_tags = int.from_bytes(count, "little" if order == "<" else "big")
    stop = n_tags * entry.size
    body = file.read(stop + width) if 0 < n_tags <= _MAX_TAGS else b""
    if len(body) < stop + width or not n_tags:
        raise ImageFileError(f"damaged or cut short (page {number} is missing); make or copy it again")
    entries = [_Entry(*values) for values in entry.iter_unpack(body[:stop])]
    if any(one.n_values * _SIZES.get(one.kind, 0) > layout.size for one in entries):
        raise ImageFileError(f"damaged or cut short (a tag of page {number}); make or copy it again")
    return _Entries(file, layout, entries), _number(body[-width:], order, width)


def _directory(entries: _Entries) -> Directory:
    """What a page's entries say of its pixels."""
    first = entries.first
    old_subfile = {2: REDUCED}.get(first(255, 0), 0)
    page = Directory(
        subfile=first(254, 0) or old_subfile,
        shape=(first(32997, 1), first(257, 0), first(256, 0)),
        samples=first(277, 1),
        bits=max(entries.values(258), default=1),
        compression=first(259, 1),
        photometric=first(262, -1),
        extra_samples=entries.values(338),
        palette=entries.raw(320) if 320 in entries.rows else b"",
        n_segments=0,
        has_inner=330 in entries.rows,
    )
    _check_values(page)
    page = page._replace(n_segments=_n_segments(entries, page))
    n_held = entries.count(324) or entries.count(273)
    if n_held < page.n_segments and _LSM not in entries.rows and page.compression != 6:
        raise ImageFileError(
            f"damaged ({page.n_segments} strips or tiles are declared, {n_held} are there); make or copy it again"
        )
    _check_unpacked(entries, page)
    return page


def _check_values(page: Directory) -> None:
    """Refuse a page without pixels or with impossible samples."""
    planes, rows, columns = page.shape
    if min(planes, rows, columns, page.samples) < 1 or page.bits < 1 or page.bits > 128:
        raise ImageFileError(
            f"damaged ({rows} x {columns} pixels of {page.samples} samples of {page.bits} bits); make it again"
        )


def _n_segments(entries: _Entries, page: Directory) -> int:
    """The number of strips or tiles that a page must have."""
    planes, rows, _ = page.shape
    apart = page.samples if entries.first(284, 1) == 2 else 1
    if 322 not in entries.rows:
        strip = entries.first(278, rows) if entries.count(278) == 1 else rows
        if strip < 1:
            raise ImageFileError("damaged (strips without rows); make or copy it again")
        return -(-rows // min(strip, rows)) * planes * apart
    tile = (entries.first(32998, 1), entries.first(323, 0), entries.first(322, 0))
    if min(tile) < 1 or math.prod(tile) > max(_TILE_PIXELS, 4 * math.prod(page.shape)):
        raise ImageFileError(f"damaged (tiles of {tile[1]} x {tile[2]} pixels); make or copy it again")
    return math.prod(-(-n // t) for n, t in zip(page.shape, tile, strict=True)) * apart


def _check_unpacked(entries: _Entries, page: Directory) -> None:
    """See that what is stored can be as much as is declared; tiles that are left out (0 bytes) are empty."""
    counts = entries.values(325 if 325 in entries.rows else 279)
    if not counts or page.compression not in _FACTORS or _LSM in entries.rows or min(counts) < 1:
        return
    bits = entries.values(258)
    n_bits = sum(bits) if len(bits) == page.samples else page.bits * page.samples
    if page.photometric == 6:  # chroma may be stored once for several pixels
        n_bits = page.bits
    declared = math.prod(page.shape) * n_bits // 8
    if declared > _FACTORS[page.compression] * sum(counts):
        raise ImageFileError(
            f"damaged or cut short ({declared} bytes of pixels are declared, {sum(counts)} stored); make it again"
        )
