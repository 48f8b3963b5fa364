"""PBM, PGM, PPM and PFM: the numbers after a short header, whatever they go to."""

from __future__ import annotations

import math
import re
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files.colors import inverted
from classicseg.extras.files.pictures import ImageFileError, Stored, check_size

PNM_START = re.compile(rb"P[1-6Ff][ \t\r\n#]")
_TOKEN = re.compile(rb"(?:[ \t\r\n]|#[^\r\n]*[\r\n])*([^ \t\r\n#]+)")
_BLANKS = b" \t\r\n"


def read_pnm(data: bytes, max_pixels: int) -> Stored:
    """Read one image; what stands behind it is passed over."""
    kind, n_tokens = data[1:2], 2 if data[1:2] in b"14" else 3
    place, tokens = 2, []
    for _ in range(n_tokens):
        if (match := _TOKEN.match(data, place)) is None or match.end() == len(data):
            raise ImageFileError("damaged or cut short (in its header); make or copy it again")
        tokens.append(match[1])
        place = match.end()
    width, height = int(tokens[0]), int(tokens[1])
    if width < 1 or height < 1:
        raise ImageFileError(f"damaged (a size of {height} x {width}); make or copy it again")
    check_size((height, width), max_pixels)
    shape = (height, width, 3) if kind in b"36F" else (height, width)
    raster = data[place + 1 :]
    if kind in b"Ff":
        order = "<" if float(tokens[2]) < 0 else ">"
        numbers = _binary(raster, f"{order}f4", shape)[::-1]  # from the bottom up
    elif kind == b"4":
        packed = _binary(raster, "u1", (height, -(-width // 8)))
        numbers = np.unpackbits(packed, axis=1, count=width).astype(bool)
    elif kind == b"1":
        numbers = _bits(raster, shape)
    else:
        numbers = _whole(raster, int(tokens[2]), shape, plain=kind in b"23")
    # in PBM 1 is ink: a person sees it dark
    show = partial(inverted, bits=1) if kind in b"14" else None
    return Stored(numbers, channel_axis=2 if len(shape) == 3 else None, show=show)


def _binary(raster: bytes, dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """The numbers of a binary raster."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if len(raster) < size:
        raise ImageFileError(f"cut short ({len(raster)} of {size} bytes of pixels); make or copy it again")
    numbers = np.frombuffer(raster, dtype, math.prod(shape)).reshape(shape)
    return numbers.astype(numbers.dtype.newbyteorder("="))


def _bits(raster: bytes, shape: tuple[int, ...]) -> NDArray[Any]:
    """Digits, with or without blanks between them."""
    digits = raster.translate(None, _BLANKS)[: math.prod(shape)]
    if len(digits) < math.prod(shape) or digits.translate(None, b"01"):
        raise ImageFileError("damaged or cut short (in its 0s and 1s); make or copy it again")
    return (np.frombuffer(digits, np.uint8) == ord("1")).reshape(shape)


def _whole(raster: bytes, most: int, shape: tuple[int, ...], *, plain: bool) -> NDArray[Any]:
    """The whole numbers of a raster, binary or as text."""
    if not 0 < most <= 65_535:
        raise ImageFileError(f"damaged (values to {most}; the format has 1 to 65535); make or copy it again")
    dtype = "u1" if most < 256 else ">u2"
    if plain:
        words = raster.split(maxsplit=math.prod(shape))[: math.prod(shape)]
        if len(words) < math.prod(shape):
            raise ImageFileError("cut short (numbers are missing); make or copy it again")
        wide = np.array([int(word) for word in words])
        if wide.min() < 0 or wide.max() > most:
            raise ImageFileError(f"damaged (a value of {wide.max()} where {most} is the most); make it again")
        return wide.astype(np.dtype(dtype).newbyteorder("=")).reshape(shape)
    numbers = _binary(raster, dtype, shape)
    if numbers.max() > most:
        raise ImageFileError(f"damaged (a value of {numbers.max()} where {most} is the most); make it again")
    return numbers
