"""How much a compressed chunk unpacks to, known before it is unpacked: 200 kB can be 6 GB of zeros."""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from collections.abc import Callable
from typing import Any

from classicseg.extras.files.pictures import ImageFileError

_PIECE = 2**20
_DEFLATE = 1032
"""A byte of deflate is at most so many."""
_BLOCK = 2**17
"""A block of Zstandard is at most so long."""
_ZSTD_START = 0xFD2FB528
_LZMA_MEMORY = 2**28


def check_unpacked(compressor: str, data: memoryview, limit: int, name: str) -> None:
    """Refuse a chunk that unpacks to more than `limit` bytes."""
    if not _SIZES[compressor](data, limit) <= limit:
        raise ImageFileError(
            f"damaged, or made to fill the memory ({name} unpacks to more than the {limit} bytes of a chunk); "
            "make or copy it again"
        )


def _zstd(data: memoryview, limit: int) -> int:
    """What the frames say, or the blocks of a frame that says nothing: those are full but for the last."""
    total = place = 0
    while place + 5 <= len(data):
        start, descriptor = struct.unpack_from("<IB", data, place)
        if start & 0xFFFFFFF0 == 0x184D2A50:  # a frame to be skipped
            place += 8 + struct.unpack_from("<I", data, place + 4)[0]
            continue
        if start != _ZSTD_START:
            break
        is_single, width = descriptor >> 5 & 1, (0, 2, 4, 8)[descriptor >> 6]
        width = width or is_single
        place += 5 + (not is_single) + (0, 1, 2, 4)[descriptor & 3]
        said = int.from_bytes(data[place : place + width], "little") + 256 * (width == 2)
        place, blocks = _zstd_blocks(data, place + width)
        place += 4 * (descriptor >> 2 & 1)
        total += said if width else min(blocks, max(limit, blocks // 4))
    return total


def _zstd_blocks(data: memoryview, place: int) -> tuple[int, int]:
    """The end of a frame, and the most that its blocks may hold."""
    total, is_last = 0, False
    while not is_last and place + 3 <= len(data):
        head = int.from_bytes(data[place : place + 3], "little")
        is_last, kind, size = bool(head & 1), head >> 1 & 3, head >> 3
        total += size if kind < 2 else _BLOCK
        place += 3 + (1 if kind == 1 else size)
    return place, total


def _declared(start: int) -> Callable[[memoryview, int], int]:
    """Four bytes of the head."""
    return lambda data, _: int.from_bytes(data[start : start + 4], "little")


def _deflated(data: memoryview, limit: int) -> int:
    """The bytes that zlib or gzip unpacks, counted to a limit."""
    if len(data) * _DEFLATE <= limit:
        return len(data) * _DEFLATE
    total, rest = 0, bytes(data)
    while rest and total <= limit:
        stream = zlib.decompressobj(47)  # gzip or zlib, as its head says
        while rest and not stream.eof and total <= limit:
            total += len(stream.decompress(rest, _PIECE))
            rest = stream.unconsumed_tail
        rest = stream.unused_data
    return total


def _streamed(make: Callable[[], Any]) -> Callable[[memoryview, int], int]:
    """Make a counter of the bytes that a decompressor unpacks, to a limit."""

    def size(data: memoryview, limit: int) -> int:
        total, rest = 0, bytes(data)
        while rest and total <= limit:
            stream = make()
            while not stream.eof and total <= limit and (rest or not stream.needs_input):
                total += len(stream.decompress(rest, _PIECE))
                rest = b""
            rest = stream.unused_data if stream.eof else b""
        return total

    return size


_SIZES: dict[str, Callable[[memoryview, int], int]] = {
    "zstd": _zstd,
    "blosc": _declared(4),
    "lz4": _declared(0),
    "zlib": _deflated,
    "gzip": _deflated,
    "bz2": _streamed(bz2.BZ2Decompressor),
    "lzma": _streamed(lambda: lzma.LZMADecompressor(memlimit=_LZMA_MEMORY)),
}
COMPRESSORS = tuple(_SIZES)
