"""From the numbers of a file to the colors that a person sees: grey, or red, green and blue.

Each function takes numbers with their channels last, without alpha, and returns colors; `functools.partial` binds
what the file says of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files.pictures import Colors, ImageFileError

LUMA = (0.299, 0.587, 0.114)
FULL_RANGE = (0.0, 255.0, 128.0, 255.0, 128.0, 255.0)


def not_shown(numbers: NDArray[Any], *, name: str) -> Colors:
    """Refuse colors that are not converted; as labels or a mask their numbers may be read."""
    raise ImageFileError(f"its colors are {name}, which is not supported; convert it to RGB")


def inverted(numbers: NDArray[Any], *, bits: int) -> Colors:
    """0 is white: the range of the dtype, turned round.

    What is v of low … high becomes low + high - v, for every dtype: 255 - v in 8 bits, -1 - v where it is signed,
    -v in floats, whose range is symmetric.
    """
    if numbers.dtype.kind == "f":
        return -numbers
    if numbers.dtype.kind == "u":
        return numbers.dtype.type((1 << bits) - 1) - numbers
    return ~numbers


def spread(numbers: NDArray[Any], *, factor: int) -> Colors:
    """Grey of 2 or 4 bits as PNG defines it: parts of the full range."""
    return numbers * numbers.dtype.type(factor)


def from_palette(numbers: NDArray[Any], *, table: NDArray[Any]) -> Colors:
    """The colors that indices stand for."""
    if numbers.size and (most := int(numbers.max())) >= len(table):
        raise ImageFileError(f"damaged: has color {most} of a palette of {len(table)}; make or copy it again")
    return np.take(table, numbers, axis=0)


def palette_table(values: NDArray[Any]) -> NDArray[Any]:
    """A TIFF's table of 16-bit colors; in 8 bits where no color needs more, as in other formats."""
    if values.max(initial=0) < 256:  # written in 8 bits by mistake, and read so everywhere
        return values.astype(np.uint8)
    high, low = values >> 8, values & 255
    return high.astype(np.uint8) if np.all((low == 0) | (low == high)) else values


def from_cmyk(numbers: NDArray[Any], *, top: int) -> Colors:
    """Inks (0: none) on white paper: what a color's ink and black leave of the light, rounded."""
    wide: Any = np.uint32 if top < 2**16 else np.uint64  # holds the product of two of them
    light = wide(top) - numbers.astype(wide)
    return ((light[..., :3] * light[..., 3:] + wide(top // 2)) // wide(top)).astype(numbers.dtype)


def from_lab(numbers: NDArray[Any], *, signed: bool) -> Colors:
    """CIELAB of 8 bits under D50 to sRGB; a and b are signed, or 128 is grey."""
    if numbers.dtype.itemsize != 1:
        return not_shown(numbers, name=f"CIELAB of {8 * numbers.dtype.itemsize} bits")
    codes = numbers.view(np.uint8)
    return _by_pillow(codes if signed else codes ^ np.array([0, 128, 128], np.uint8), "LAB")


def from_ycbcr(
    numbers: NDArray[Any],
    *,
    top: int = 255,
    luma: Sequence[float] = LUMA,
    black_white: Sequence[float] = FULL_RANGE,
) -> Colors:
    """Luma and two differences of color to red, green and blue (TIFF 6.0, section 21; ITU-R BT.601)."""
    usual = np.allclose(luma, LUMA, atol=1e-4) and np.allclose(black_white, FULL_RANGE)
    if usual and top == 255 and numbers.dtype == np.uint8:
        return _by_pillow(numbers, "YCbCr")
    half = (top + 1) // 2
    black, white = (np.array(black_white[start::2]) for start in (0, 1))
    if top != 255:
        black, white = np.array([0, half, half]), np.array([top, top, top])
    if np.any(white == black) or luma[1] == 0:
        raise ImageFileError("damaged: its ReferenceBlackWhite or YCbCrCoefficients are no range; make it again")
    scale = np.array([top, top - half, top - half]) / (white - black)
    y, cb, cr = np.moveaxis((numbers - black) * scale, -1, 0)
    red, blue = y + (2 - 2 * luma[0]) * cr, y + (2 - 2 * luma[2]) * cb
    green = (y - luma[0] * red - luma[2] * blue) / luma[1]
    return np.rint(np.clip(np.stack([red, green, blue], -1), 0, top)).astype(numbers.dtype)


def _by_pillow(numbers: NDArray[Any], mode: str) -> Colors:
    """What everybody's converters agree on: those of libjpeg and Little CMS."""
    from PIL import Image

    flat = np.ascontiguousarray(numbers).reshape(-1, numbers.shape[-2], 3)
    image = Image.frombuffer(mode, flat.shape[1::-1], flat.tobytes(), "raw", mode, 0, 1)
    return np.array(image.convert("RGB")).reshape(numbers.shape)


def divided(colors: Colors, alpha: NDArray[Any], opaque: float) -> Colors:
    """Undo the multiplication of colors by alpha; where alpha is 0, nothing is left of them."""
    if colors.ndim > alpha.ndim:
        alpha = alpha[..., np.newaxis]
    if colors.dtype.kind == "f":
        shares = np.divide(opaque, alpha, out=np.zeros_like(alpha), where=alpha != 0)
        return colors * shares
    kind: Any = np.int64 if colors.dtype.kind == "i" else np.uint32 if opaque < 2**16 else np.uint64
    wide, part, whole = colors.astype(kind), alpha.astype(kind), kind(opaque)
    quotients = (wide * whole + part // kind(2)) // np.maximum(part, kind(1))
    return np.where(part == 0, kind(0), np.minimum(quotients, whole)).astype(colors.dtype)


Show = Callable[[NDArray[Any]], Colors]
