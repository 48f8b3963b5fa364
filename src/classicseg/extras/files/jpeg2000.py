"""JPEG 2000: the numbers of its codestream, and what the boxes around it say of them.

OpenJPEG decodes the codestream, through imagecodecs: numbers of up to 16 bits, which Pillow would cut to 8. Left
to the whole file it would apply palettes, and say nothing of alpha.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files.colors import Show, from_cmyk, from_palette, from_ycbcr, not_shown
from classicseg.extras.files.pictures import ImageFileError, Stored, check_size

CODESTREAM_START = b"\xff\x4f\xff\x51"
JP2_START = b"\0\0\0\x0cjP  \r\n\x87\n"
_OPACITY, _PREMULTIPLIED = 1, 2
_SYCC, _CMYK = 18, 12
_SHOWN_AS_THEY_ARE = (16, 17, None)
_SPACES = {
    14: "CIELAB",
    13: "YCCK",
    19: "CIELAB (JPX)",
    20: "e-sRGB",
    21: "ROMM-RGB",
    1: "YCbCr(1)",
    3: "YCbCr(2)",
}


class Size(NamedTuple):
    width: int
    height: int
    bits: int
    is_even: bool
    """Whether all channels have a number for each pixel."""


def read_jpeg2000(data: bytes, max_pixels: int) -> Stored:
    """Read the numbers of a JPEG 2000 file."""
    boxes = {b"jp2c": data} if data.startswith(CODESTREAM_START) else _boxes(data)
    stream = boxes.get(b"jp2c", b"")
    size = size_of(stream)
    check_size((size.height, size.width), max_pixels)
    import imagecodecs

    if not size.is_even:  # chroma once for several pixels, which imagecodecs makes red, green and blue of
        numbers = np.asarray(imagecodecs.jpeg2k_decode(data))
        return Stored(numbers, channel_axis=2 if numbers.ndim == 3 else None)
    numbers = np.asarray(imagecodecs.jpeg2k_decode(stream))
    if b"pclr" in boxes:
        return _of_palette(numbers, boxes)
    numbers, alpha = _ordered(numbers, boxes.get(b"cdef")) if numbers.ndim == 3 else (numbers, None)
    if numbers.ndim == 2 and size.bits == 1:
        numbers = numbers.astype(bool)
    top = (1 << size.bits) - 1
    return Stored(
        numbers,
        channel_axis=2 if numbers.ndim == 3 else None,
        has_alpha=alpha is not None,
        opaque=top if alpha == _PREMULTIPLIED else None,
        show=_shown(boxes.get(b"colr"), top),
    )


def _boxes(data: bytes) -> dict[bytes, bytes]:
    """The boxes of a file and of its header by their names, the first of each."""
    found: dict[bytes, bytes] = {}
    for name, content in _split(data):
        for inner, held in _split(content) if name == b"jp2h" else [(name, content)]:
            found.setdefault(inner, held)
    return found


def _split(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes one after the other, name and content."""
    place, name = 0, b""
    while place + 8 <= len(data):
        is_behind = name == b"jp2c"  # the image is whole; some programs leave bytes without a meaning behind it
        length, name = struct.unpack(">I4s", data[place : place + 8])
        start = place + 8
        if length == 1:
            length, start = int.from_bytes(data[place + 8 : place + 16], "big"), place + 16
        stop = place + length if length else len(data)
        if not start <= stop <= len(data):
            if is_behind:
                return
            raise ImageFileError(f"damaged or cut short (in box {name!r}); make or copy it again")
        yield name, data[start:stop]
        place = stop


def size_of(stream: bytes) -> Size:
    """What the header of a codestream says."""
    if not stream.startswith(CODESTREAM_START):
        raise ImageFileError("damaged or cut short (a JPEG 2000 file without a codestream); make or copy it again")
    right, bottom, left, top, *_, n_components = struct.unpack(">4I4IH", stream[8:42])
    each = [struct.unpack(">BBB", stream[at : at + 3]) for at in range(42, 42 + 3 * n_components, 3)]
    if right <= left or bottom <= top or not each:
        raise ImageFileError("damaged (an image without pixels); make or copy it again")
    if len({depth for depth, _, _ in each}) > 1:
        raise ImageFileError("its channels have several depths, which is not supported; save them in one")
    is_even = all(part[1:] == (1, 1) for part in each)
    return Size(right - left, bottom - top, (each[0][0] & 0x7F) + 1, is_even)


def _definitions(held: bytes | None) -> dict[int, tuple[int, int]]:
    """Type and place of each channel."""
    if held is None:
        return {}
    return {number: (kind, place) for number, kind, place in struct.iter_unpack(">HHH", held[2:])}


def _ordered(numbers: NDArray[Any], held: bytes | None) -> tuple[NDArray[Any], int | None]:
    """The channels in the order of their colors, alpha last, and what kind of alpha it is."""
    kinds = _definitions(held)
    if not kinds:
        return numbers, _OPACITY if numbers.shape[-1] in (2, 4) else None
    alphas = [number for number, (kind, _) in kinds.items() if kind in (_OPACITY, _PREMULTIPLIED)]
    colors = sorted(set(range(numbers.shape[-1])) - set(alphas), key=lambda n: kinds.get(n, (0, n + 1))[1])
    if len(alphas) > 1:
        raise ImageFileError("has several alpha channels; expected one; save it with one")
    numbers = numbers[..., colors + alphas]
    if not alphas:
        return numbers, None
    return numbers, kinds[alphas[0]][0]


def _of_palette(numbers: NDArray[Any], boxes: dict[bytes, bytes]) -> Stored:
    """Indices, and a table of colors that may hold alpha."""
    n_colors, n_columns = struct.unpack(">HB", boxes[b"pclr"][:3])
    depths = np.frombuffer(boxes[b"pclr"], np.uint8, n_columns, 3)
    mapped = list(struct.iter_unpack(">HBB", boxes.get(b"cmap", b"")))
    if numbers.ndim != 2 or np.any(depths != 7) or mapped != [(0, 1, column) for column in range(n_columns)]:
        raise ImageFileError("has a palette of an unusual kind, which is not supported; save it as RGB")
    table = np.frombuffer(boxes[b"pclr"], np.uint8, n_colors * n_columns, 3 + n_columns)
    table, alpha = _ordered(table.reshape(n_colors, n_columns), boxes.get(b"cdef"))
    if n_columns == 1 or alpha is None:
        return Stored(numbers, show=partial(from_palette, table=table[:, 0] if n_columns == 1 else table))
    present = from_palette(numbers, table=table[:, -1]) != 0
    colors = table[:, 0] if n_columns == 2 else table[:, :-1]
    return Stored(numbers, show=partial(from_palette, table=colors), present=present)


def _shown(held: bytes | None, top: int) -> Show | None:
    """How the color space that a file names becomes red, green and blue."""
    space = int.from_bytes(held[3:7], "big") if held and held[0] == 1 else None
    if space in _SHOWN_AS_THEY_ARE:
        return None
    if space == _SYCC:
        return partial(from_ycbcr, top=top)
    if space == _CMYK:
        return partial(from_cmyk, top=top)
    return partial(not_shown, name=_SPACES.get(space or 0, f"a color space of number {space}"))
