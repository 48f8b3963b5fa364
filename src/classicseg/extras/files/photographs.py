"""JPEG, GIF and BMP, by Pillow, and WebP, by imagecodecs.

Pillow's classes are used by themselves: `Image.open` would look at a limit that holds for the whole process.
"""

from __future__ import annotations

import io
import struct
from functools import partial
from typing import Any

import numpy as np

from classicseg.extras.files.colors import from_palette
from classicseg.extras.files.pictures import ImageFileError, Stored, check_size

_AS_THEY_ARE = ("1", "L", "I", "I;16", "F", "LA", "RGB", "RGBA")
_JPEG_PIXELS, _GIF_PIXELS = 1024, 2731
"""Pixels that a byte holds at most: a bit is a block of 8 x 8 or more, or 12 bits LZW's longest string."""
_SOF = {0xC3: "lossless", 0xC5: "hierarchical", 0xC6: "hierarchical", 0xC7: "hierarchical"}


def read_jpeg(data: bytes, max_pixels: int) -> tuple[Stored, int]:
    """Read a JPEG; the further pictures of an MPO photograph are previews of the first."""
    from PIL.JpegImagePlugin import JpegImageFile

    _check_frame(data)
    image = JpegImageFile(io.BytesIO(data))
    _check_bytes(image.size[0] * image.size[1], _JPEG_PIXELS, data)
    return _read(image, max_pixels)


def read_gif(data: bytes, max_pixels: int) -> tuple[Stored, int]:
    """Read a GIF of one frame."""
    from PIL.GifImagePlugin import GifImageFile

    _check_gif(data, max_pixels)
    return _read(GifImageFile(io.BytesIO(data)), max_pixels)


def read_bmp(data: bytes, max_pixels: int) -> tuple[Stored, int]:
    """Read a BMP."""
    from PIL.BmpImagePlugin import BmpImageFile

    image: Any = BmpImageFile(io.BytesIO(data))
    decoder, _, start, arguments = image.tile[0]
    if decoder == "raw":
        _check_bytes(arguments[1] * (image.size[1] - 1), 1, data[start:])
    return _read(image, max_pixels)


def _read(image: Any, max_pixels: int) -> tuple[Stored, int]:
    """Read an open image of Pillow, and its orientation."""
    with image:
        check_size(image.size[::-1], max_pixels)
        image.load()
        orientation = int(image.getexif().get(0x0112, 1))
        show = present = None
        if image.mode == "P":
            table = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
            show = partial(from_palette, table=table)
        elif image.mode not in _AS_THEY_ARE:  # inks, which a JPEG stores in one of two ways
            image = image.convert("RGB")
        numbers = np.array(image)
        if isinstance(clear := image.info.get("transparency"), int):
            present = numbers != clear
    n_channels = numbers.shape[2] if numbers.ndim == 3 else 1
    return Stored(numbers, 2 if n_channels > 1 else None, n_channels in (2, 4), None, show, present), orientation


def _check_bytes(needed: int, factor: int, data: bytes) -> None:
    """See that so much can be in a file, before room is made for it; a byte holds `factor` at most."""
    if needed > factor * len(data):
        raise ImageFileError(
            f"damaged or cut short ({needed} pixels or bytes are declared); make or copy it again"
        )


def _check_one(frames: int) -> None:
    """Refuse an animation."""
    if frames > 1:
        raise ImageFileError(f"has {frames} frames; expected one; save the one wanted as PNG")


def _check_gif(data: bytes, max_pixels: int) -> None:
    """Count the frames, and see that the first is of a size that can be."""
    place, frames = 13 + _table_bytes(data[10]), 0
    while data[place : place + 1] in (b"!", b","):
        if data[place] == ord(","):
            left, top, width, height, flags = struct.unpack_from("<4HB", data, place + 1)
            if not frames:
                check_size((top + height, left + width), max_pixels)
                _check_bytes(width * height, _GIF_PIXELS, data)
            frames += 1
            place += 11 + _table_bytes(flags)
        else:
            place += 2
        while place < len(data) and data[place]:  # blocks, each after its length, to an empty one
            place += 1 + data[place]
        place += 1
    _check_one(frames)


def _table_bytes(flags: int) -> int:
    """The bytes of a GIF's color table, by its flags."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _check_frame(data: bytes) -> None:
    """Name a JPEG of a kind that is not decoded."""
    marker, bits, _ = jpeg_frame(data) or (0, 8, (0, 0))
    if bits in (2, 12, 16):
        raise ImageFileError(f"a {bits}-bit JPEG, which is not supported; save it as TIFF or PNG")
    if marker in _SOF:
        raise ImageFileError(f"a {_SOF[marker]} JPEG, which is not supported; save it as TIFF or PNG")


def jpeg_frame(data: bytes) -> tuple[int, int, tuple[int, int]] | None:
    """The kind, the bits and the size that a JPEG's header declares, where it is found."""
    place = 2
    while place + 9 < len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return marker, data[place + 4], struct.unpack_from(">2H", data, place + 5)
        if marker == 0xFF:
            place += 1
        elif marker in (0x01, *range(0xD0, 0xD9)):
            place += 2
        else:
            place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return None


def read_webp(data: bytes, max_pixels: int) -> tuple[Stored, int]:
    """Read a WebP of one frame."""
    import imagecodecs
    from PIL import Image

    if len(data) < 8 + int.from_bytes(data[4:8], "little"):
        raise ImageFileError("cut short (its length); make or copy it again")
    chunks, frames = _webp_chunks(data)
    _check_one(frames)
    check_size(webp_size(data), max_pixels)
    numbers = np.asarray(imagecodecs.webp_decode(data))
    exif = Image.Exif()
    if b"EXIF" in chunks:
        exif.load(chunks[b"EXIF"])
    return Stored(numbers, channel_axis=2, has_alpha=numbers.shape[2] == 4), int(exif.get(0x0112, 1))


def _webp_chunks(data: bytes) -> tuple[dict[bytes, bytes], int]:
    """The first chunk of each name, and how many frames of an animation there are."""
    chunks: dict[bytes, bytes] = {}
    place, frames = 12, 0
    while place + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, place)
        chunks.setdefault(name, data[place + 8 : place + 8 + length])
        frames += name == b"ANMF"
        place += 8 + length + length % 2
    return chunks, frames


def webp_size(data: bytes) -> tuple[int, int]:
    """Rows and columns, as the header says."""
    chunks, _ = _webp_chunks(data)
    if canvas := chunks.get(b"VP8X"):
        return 1 + int.from_bytes(canvas[7:10], "little"), 1 + int.from_bytes(canvas[4:7], "little")
    if lossless := chunks.get(b"VP8L"):
        bits = int.from_bytes(lossless[1:5], "little")
        return 1 + (bits >> 14 & 0x3FFF), 1 + (bits & 0x3FFF)
    lossy = chunks[b"VP8 "]
    return int.from_bytes(lossy[8:10], "little") & 0x3FFF, int.from_bytes(lossy[6:8], "little") & 0x3FFF
