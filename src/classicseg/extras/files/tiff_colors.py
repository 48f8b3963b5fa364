"""What the numbers of a TIFF stand for: photometric interpretations, and chroma stored for several pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files import colors
from classicseg.extras.files.pictures import ImageFileError
from classicseg.extras.files.tiff_header import Directory

_WHITE_IS_ZERO, _GREY, _RGB, _PALETTE, _MASK, _INKS, _YCBCR, _CIELAB, _ICCLAB = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    8,
    9,
)
_LINEAR_RAW = 34892
_OLD_JPEG = 6
_JPEGS = (7, 34892, 33007)
_WEBP = 50001
_KINDS = {10: "ITU CIELAB", 32803: "the mosaic of a camera's sensor", 32844: "LogL", 32845: "LogLuv"}
_CMYK = 1


def check_supported(page: Directory) -> None:
    """Name a compression that is not read."""
    import tifffile

    if page.compression == 1:
        return
    try:
        name = tifffile.COMPRESSION(page.compression).name
    except ValueError:
        name = f"number {page.compression}"
    try:
        able = page.compression != _OLD_JPEG and tifffile.TIFF.DECOMPRESSORS[page.compression] is not None
    except KeyError:
        able = False
    if not able:
        said = "old-style JPEG" if page.compression == _OLD_JPEG else name
        raise ImageFileError(f"compressed by {said}, which is not supported; save it uncompressed, or by zlib")


def show_of(page: Any, directories: Sequence[Directory], *, is_imagej: bool) -> colors.Show | None:
    """How its numbers become grey, or red, green and blue."""
    kind = directories[0].photometric
    if kind in (_GREY, _RGB, _MASK, _LINEAR_RAW, -1):
        return None
    if kind == _WHITE_IS_ZERO:
        return partial(colors.inverted, bits=page.bitspersample)
    if kind == _PALETTE:
        # ImageJ colors grey images by a palette: there the indices are the image
        return None if is_imagej else _palette(page, directories)
    if kind == _INKS:
        n_inks = page.samplesperpixel - len(page.extrasamples)
        if int(page.tags.valueof(332, _CMYK)) != _CMYK or n_inks != 4 or page.dtype.kind != "u":
            return partial(colors.not_shown, name=f"{n_inks} inks that are not CMYK in whole numbers")
        return partial(colors.from_cmyk, top=(1 << page.bitspersample) - 1)
    if kind == _YCBCR:
        return _ycbcr(page)
    if kind in (_CIELAB, _ICCLAB) and page.samplesperpixel - len(page.extrasamples) == 3:
        return partial(colors.from_lab, signed=kind == _CIELAB)
    return partial(colors.not_shown, name=_KINDS.get(kind, f"of photometric interpretation {kind}"))


def _palette(page: Any, directories: Sequence[Directory]) -> colors.Show:
    """How the indices of a palette image are shown."""
    if len({directory.palette for directory in directories}) > 1:
        return partial(colors.not_shown, name="palettes of each page's own")
    if page.colormap is None:
        raise ImageFileError("damaged (a palette image without its palette); make or copy it again")
    return partial(colors.from_palette, table=colors.palette_table(np.asarray(page.colormap).T))


def _ycbcr(page: Any) -> colors.Show | None:
    """How YCbCr is shown; None if the decoder returns RGB."""
    if page.compression == _WEBP or (
        page.compression in _JPEGS and page.planarconfig == 1 and not page.extrasamples
    ):
        return None  # these decoders return red, green and blue
    is_jpeg = page.compression in _JPEGS and page.planarconfig == 1
    if page.dtype.kind != "u" or page.bitspersample != 8 or is_jpeg:
        return partial(colors.not_shown, name=f"YCbCr of {page.bitspersample} bits or with more channels")
    luma, black_white = page.tags.valueof(529), page.tags.valueof(532)
    return partial(
        colors.from_ycbcr,
        luma=colors.LUMA if luma is None else _fractions(luma, 3),
        black_white=colors.FULL_RANGE if black_white is None else _fractions(black_white, 6),
    )


def _fractions(values: Sequence[float], count: int) -> tuple[float, ...]:
    """Rationals, which tifffile gives as numerators and denominators in turn; whole numbers as they are."""
    if len(values) == count:
        return tuple(float(value) for value in values)
    return tuple(top / (bottom or 1) for top, bottom in zip(values[::2], values[1::2], strict=True))


def has_own_chroma(page: Any) -> bool:
    """Whether it is YCbCr that no decoder turns into red, green and blue."""
    return page.photometric == _YCBCR and page.compression not in (*_JPEGS, _WEBP)


def numbers_of(page: Any) -> NDArray[Any]:
    """The numbers of a page, chroma that is stored once for several pixels repeated for each."""
    if has_own_chroma(page) and (steps := _steps(page)) != (1, 1):
        if page.planarconfig != 1 or page.samplesperpixel != 3 or page.bitspersample != 8 or page.predictor != 1:
            raise ImageFileError(
                "its colors are YCbCr of an unusual kind (subsampled, in planes or predicted), which is not "
                "supported; convert it to RGB"
            )
        return _unpacked(page, *steps)
    return np.asarray(page.asarray())


def _steps(page: Any) -> tuple[int, int]:
    """For how many columns and rows chroma is stored once: 2 and 2 where nothing is said and the data agree."""
    if page.subsampling is not None:
        across, down = (int(n) for n in page.subsampling)
        if across not in (1, 2, 4) or down not in (1, 2, 4):
            raise ImageFileError(f"damaged (chroma for {across} x {down} pixels); make or copy it again")
        return across, down
    if page.planarconfig != 1 or page.compression != 1:
        return 1, 1
    pixels = math.prod(page.shape[:-1])
    return (1, 1) if sum(page.databytecounts) >= 3 * pixels else (2, 2)


def _unpacked(page: Any, across: int, down: int) -> NDArray[Any]:
    """Units of across × down luma values, and one of each chroma, to pixels."""
    import tifffile

    rows, columns, _ = page.shape
    length, width = (page.tilelength, page.tilewidth) if page.is_tiled else (page.rowsperstrip, columns)
    n_across = -(-columns // width)
    unpack = tifffile.TIFF.DECOMPRESSORS[page.compression] if page.compression != 1 else None
    pixels = np.zeros((rows, columns, 3), np.uint8)
    for data, number in page.parent.filehandle.read_segments(page.dataoffsets, page.databytecounts, flat=True):
        top, left = number // n_across * length, number % n_across * width
        height = length if page.is_tiled else min(length, rows - top)
        n_down, n_right = -(-height // down), -(-width // across)
        size = n_down * n_right * (across * down + 2)
        if data is None or top >= rows:
            continue
        if page.fillorder == 2:
            data = _turned(data)
        found = data if unpack is None else unpack(data, out=size)
        if len(found) < size:
            raise ImageFileError(
                f"cut short ({len(found)} of {size} bytes in strip or tile {number}); make it again"
            )
        units = np.frombuffer(found, np.uint8, size).reshape(n_down, n_right, -1)
        luma = units[..., :-2].reshape(n_down, n_right, down, across).swapaxes(1, 2)
        part = pixels[top : top + height, left : left + width]
        room = (slice(part.shape[0]), slice(part.shape[1]))
        part[..., 0] = luma.reshape(n_down * down, -1)[room]
        for channel in (1, 2):
            part[..., channel] = units[..., channel - 3].repeat(down, 0).repeat(across, 1)[room]
    return pixels


def _turned(data: bytes) -> Any:
    """Reverse the bits of each byte."""
    import imagecodecs

    return imagecodecs.bitorder_decode(data)
