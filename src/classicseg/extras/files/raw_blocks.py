"""The numbers behind a header of text or of fixed fields: as they are, packed by gzip, zlib or bzip2, or as text.

How many there must be is known from the header, and room is made for no more, whatever a packed block holds.
"""

from __future__ import annotations

import bz2
import math
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from classicseg.extras.files.pictures import ImageFileError, check_regular

GZIP_START = b"\x1f\x8b"
HEAD = 4096
_PIECE = 2**14
"""Bytes of a packed block that are unpacked at once, to 16 million at most."""
_DEFLATE = 1032
"""A byte of deflate is at most so many."""
_SURPLUS = 2**20
"""How far behind the numbers a packed block is unpacked for its checksum."""


def raw_numbers(data: bytes | bytearray | memoryview, shape: Sequence[int], dtype: DTypeLike) -> NDArray[Any]:
    """The numbers of an array, in the byte order of this machine."""
    stored = np.dtype(dtype)
    count = math.prod(shape)
    if len(data) < count * stored.itemsize:
        raise ImageFileError(
            f"cut short ({len(data)} bytes, {count * stored.itemsize} are declared); make or copy it again"
        )
    numbers = np.frombuffer(data, stored, count).reshape(tuple(shape))
    if stored.byteorder == ">":
        return numbers.astype(stored.newbyteorder("="))
    return numbers if numbers.flags.writeable else numbers.copy()


def text_numbers(data: bytes, shape: Sequence[int], dtype: DTypeLike) -> NDArray[Any]:
    """The numbers of an array that is written as text."""
    words = data.split(maxsplit=math.prod(shape))[: math.prod(shape)]
    if len(words) < math.prod(shape):
        raise ImageFileError(
            f"cut short ({len(words)} numbers, {math.prod(shape)} are declared); make or copy it again"
        )
    return np.array(words).astype(np.dtype(dtype).newbyteorder("=")).reshape(tuple(shape))


def unpacked_head(head: bytes) -> bytes:
    """The start of what gzip has packed; of any other file, its start as it is."""
    if not head.startswith(GZIP_START):
        return head
    try:
        return zlib.decompressobj(31).decompress(head, HEAD)
    except zlib.error:
        return b""


def inflated(data: bytes, n_bytes: int) -> bytearray:
    """The first bytes of what gzip, in one piece or in several, or zlib has packed."""
    if n_bytes > _DEFLATE * len(data):
        raise ImageFileError(
            f"damaged or cut short ({n_bytes} bytes are declared, {len(data)} are stored packed); copy it again"
        )
    found, n_found = bytearray(n_bytes), 0
    stream = zlib.decompressobj(47)  # gzip or zlib, as its head says
    for start in range(0, len(data), _PIECE):
        rest = data[start : start + _PIECE]
        while rest:
            if stream.eof:
                if not GZIP_START.startswith(rest[:2]):  # what stands behind the packed block
                    return _whole(found, n_found)
                stream = zlib.decompressobj(47)
            piece = stream.decompress(rest)
            rest = stream.unused_data if stream.eof else b""
            kept = piece[: max(n_bytes - n_found, 0)]
            found[n_found : n_found + len(kept)] = kept
            n_found += len(piece)
            if n_found > n_bytes + _SURPLUS:
                return found
    if not stream.eof:
        raise ImageFileError("cut short (its packed numbers have no end); make or copy it again")
    return _whole(found, n_found)


def _whole(found: bytearray, n_found: int) -> bytearray:
    """See that all bytes are there."""
    if n_found < len(found):
        raise ImageFileError(f"cut short ({n_found} bytes of {len(found)} are there); make or copy it again")
    return found


def bunzipped(data: bytes, n_bytes: int) -> bytes:
    """The first bytes of what bzip2 has packed."""
    found = bz2.BZ2Decompressor().decompress(data, n_bytes)
    if len(found) < n_bytes:
        raise ImageFileError(f"cut short ({len(found)} bytes of {n_bytes} are there); make or copy it again")
    return found


def file_beside(header: Path, name: str) -> Path:
    """The file of numbers that a header names, which must be in its folder or below."""
    path = header.parent / name
    if not path.resolve().is_relative_to(header.parent.resolve()):
        raise ImageFileError(
            f"its numbers are said to be in {name!r:.80}, outside of its folder; expected them beside it"
        )
    if not path.exists():
        raise ImageFileError(f"its numbers are said to be in {name!r:.80}, which is not there; copy it, too")
    check_regular(path)
    return path


def scaled(numbers: NDArray[Any], slope: float, intercept: float) -> NDArray[Any]:
    """Values by slope and intercept: whole numbers where both are, else floats that hold what is stored."""
    if slope == 1 and intercept == 0:
        return numbers
    kind, bits = numbers.dtype.kind, 8 * numbers.dtype.itemsize
    if kind in "iu" and float(slope).is_integer() and float(intercept).is_integer() and bits <= 32:
        ends = [slope * edge + intercept for edge in (float(numbers.min()), float(numbers.max()))]
        for dtype in (np.int16, np.int32, np.int64):
            if np.iinfo(dtype).min <= min(ends) and max(ends) <= np.iinfo(dtype).max:
                return (numbers.astype(np.int64) * int(slope) + int(intercept)).astype(dtype)
    wide = np.float32 if bits <= 16 or (kind == "f" and bits == 32) else np.float64
    return (numbers * np.float64(slope) + np.float64(intercept)).astype(wide)
