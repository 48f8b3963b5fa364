"""Images for tests of files, and files that no library writes, made by hand."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

tifffile = pytest.importorskip("tifffile")

RNG = np.random.default_rng(3)
LABELS = np.zeros((40, 60), np.uint16)
LABELS[5:15, 5:20], LABELS[20:35, 30:50] = 1, 2
GREY = np.add.outer(np.arange(40), np.arange(60)).astype(np.uint8)
RGB = np.stack([GREY, GREY[::-1], 255 - GREY], -1)
TABLE = RNG.integers(0, 256, (256, 3), np.uint8)


def tiff(path: Path, array: np.ndarray, **options: object) -> Path:
    tifffile.imwrite(path, array, **options)
    return path


def tiff_by_hand(path: Path, tags: dict[int, tuple[int, bytes]], pixels: bytes) -> Path:
    """A TIFF of one strip: tags as type and packed values."""
    sizes = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8}
    tags = {**tags, 273: (4, b"\0" * 4), 279: (4, struct.pack("<I", len(pixels)))}
    start = 8 + 2 + 12 * len(tags) + 4
    extra, rows = b"", b""
    for tag in sorted(tags):
        kind, values = tags[tag]
        held = values
        if tag == 273:
            held = struct.pack("<I", start)
        elif len(values) > 4:
            extra += b"\0" * (len(pixels + extra) % 2)
            held = struct.pack("<I", start + len(pixels) + len(extra))
            extra += values
        rows += struct.pack("<HHI", tag, kind, len(values) // sizes[kind]) + held.ljust(4, b"\0")
    path.write_bytes(b"II*\0" + struct.pack("<IH", 8, len(tags)) + rows + b"\0" * 4 + pixels + extra)
    return path


def shorts(*values: int) -> tuple[int, bytes]:
    return 3, struct.pack(f"<{len(values)}H", *values)


def plain(shape: tuple[int, int], photometric: int, bits: tuple[int, ...], **more: tuple[int, bytes]) -> dict:
    rows, columns = shape
    return {
        256: shorts(columns), 257: shorts(rows), 258: shorts(*bits), 259: shorts(1), 262: shorts(photometric),
        277: shorts(len(bits)), 278: shorts(rows), **{int(name[1:]): value for name, value in more.items()},
    }  # fmt: skip


def png(shape: tuple[int, int], depth: int, color: int, rows: bytes, **chunks: bytes) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", shape[1], shape[0], depth, color, 0, 0, 0)
    extra = b"".join(chunk(name.encode(), content) for name, content in chunks.items())
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
