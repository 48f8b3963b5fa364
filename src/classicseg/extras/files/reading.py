"""Image files in: colors as a person sees them, labels as they are stored.

One rule holds for all formats.

**An image** (`read_image`) is what a person sees, in the file's own depth. Grey is the number stored. Palettes,
YCbCr, inks (CMYK) and CIELAB become red, green and blue, or are refused by name; where 0 is white, the range of
the dtype is turned round (`colors.inverted`), whatever the dtype is; PNG's grey of 2 and 4 bits is spread over 0
to 255, as its standard has it; black and white is bool. Colors that are stored multiplied by alpha are divided
by it. A photograph comes upright.

**Labels and masks** (`read_markers`, `read_mask`) are the numbers stored: never turned round, never spread, the
indices of a palette. Whole numbers that are stored as floats are labels.

**What is not there** is the mask: alpha that is 0, a transparent color or index, GDAL's no-data tag, its
internal mask page, and the values named by `nodata`. Those are numbers stored; a pixel of several channels is
missing where all are.

A file's first bytes say what it is (`formats`), its header says how large it is, and only then is it decoded, by
a library: tifffile reads TIFF, NumPy ``.npy``, imagecodecs PNG, JPEG 2000 and WebP, Pillow JPEG, GIF and BMP.
What those libraries pass over with a log message or in silence (missing pages, half a picture, a checksum) is an
error. Nothing that holds for the whole process is changed: any number of threads may read.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files.colors import divided
from classicseg.extras.files.formats import READABLE, refuse_folder, refuse_unknown
from classicseg.extras.files.jpeg2000 import CODESTREAM_START, JP2_START, read_jpeg2000
from classicseg.extras.files.npy import NPY_START, read_npy
from classicseg.extras.files.photographs import read_bmp, read_gif, read_jpeg, read_webp
from classicseg.extras.files.pictures import (
    MAX_PIXELS,
    ImageFileError,
    NoData,
    Picture,
    Stored,
    check_regular,
    equals,
    reading,
)
from classicseg.extras.files.png import PNG_START, read_png
from classicseg.extras.files.pnm import PNM_START, read_pnm
from classicseg.extras.files.tiff import read_tiff
from classicseg.extras.files.tiff_header import TIFF_STARTS


def read_image(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS, nodata: NoData = None) -> Picture:
    """Read an image or a volume from a file.

    Parameters
    ----------
    path : path-like
        PNG, JPEG, TIFF, BMP, GIF, WebP, PBM, PGM, PPM, PFM, JPEG 2000 or ``.npy``; the content decides, not the
        name.
    max_pixels : int, default 500000000
        Pixels times pages above which the file is refused before it is decoded.
    nodata : float or sequence of float, optional
        Values, as stored, of pixels that take no part, beside what the file says itself. NaN may be one.

    Returns
    -------
    Picture
        The pixels in the file's own dtype, the axis of their channels, and a mask made of alpha, transparent
        colors, no-data values and internal masks. All pages of a TIFF come as one volume: the axis that the file
        calls samples or channels holds the channels, all others are spatial; smaller copies of pages are passed
        over. A ``.npy`` array of three or more axes is a color image if the last has length 1 to 4, else a
        volume. Palettes, YCbCr, CMYK and CIELAB become red, green and blue; where 0 is white, low + high - v of
        the dtype's range; colors multiplied by alpha are divided; black-and-white images are bool. A photograph
        comes upright, as its EXIF orientation says and viewers show it; a TIFF comes as stored.

    Raises
    ------
    ImageFileError
        If there is no such file, it is not an image or of a format that is not read (which is named), it is
        damaged or cut short, its pages differ in shape or kind, it is an animation, or it has more than
        `max_pixels`.

    See Also
    --------
    read_mask : A file of True and False.
    read_markers : A file of labels.
    write_image : Writes a PNG.

    Examples
    --------
    >>> import tempfile
    >>> from classicseg.extras.files import read_image, write_image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_image(f"{folder}/grey.png", [[0, 1000, 65535]], dtype="uint16")
    ...     picture = read_image(f"{folder}/grey.png", nodata=65535)
    >>> picture.pixels, picture.mask
    (array([[    0,  1000, 65535]], dtype=uint16), array([[ True,  True, False]]))
    """
    source = Path(path)
    with reading(source, READABLE):
        stored = _read(source, max_pixels)
        return _shown(stored, _missing(stored, nodata))


def read_mask(
    path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS, nodata: NoData = None
) -> NDArray[np.bool_]:
    """Read a mask: True where a pixel takes part, which is where a number stored is not 0 and the pixel is there.

    Parameters
    ----------
    path : path-like
        An image file, as in `read_image`. Of a palette image the indices count, and 0 is never turned into white.
    max_pixels : int, default 500000000
        Pixels times pages above which the file is refused before it is decoded.
    nodata : float or sequence of float, optional
        Values, as stored, of pixels that take no part, beside what the file says itself. NaN may be one.

    Returns
    -------
    ndarray of bool, shape (M, N[, …])
        The mask; False where all channels but alpha are 0, or where the file says that there is nothing.

    Raises
    ------
    ImageFileError
        As in `read_image`.

    See Also
    --------
    read_image : The picture, with a mask of its own.
    read_markers : A file of labels.

    Examples
    --------
    >>> import tempfile
    >>> from classicseg.extras.files import read_mask, write_image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_image(f"{folder}/mask.png", [[0, 1, 255]])
    ...     read_mask(f"{folder}/mask.png")
    array([[False,  True,  True]])
    """
    source = Path(path)
    with reading(source, READABLE):
        stored = _read(source, max_pixels)
        numbers = _channels_last(stored)[0]
        inside = np.asarray(numbers != 0)
        inside = inside if stored.channel_axis is None else np.any(inside, axis=-1)
        missing = _missing(stored, nodata)
        return inside if missing is None else inside & ~missing


def read_markers(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> NDArray[Any]:
    """Read a marker or label image: one whole number a pixel, as it is stored.

    Parameters
    ----------
    path : path-like
        An image file, as in `read_image`. Of a palette image the numbers are taken, not the colors; where 0 is
        white, it is 0; no value stands for "no data" here. Whole numbers stored as floats are labels.
    max_pixels : int, default 500000000
        Pixels times pages above which the file is refused before it is decoded.

    Returns
    -------
    ndarray of int, shape (M, N[, …])
        The labels in the file's own dtype; black-and-white images as 0 and 1, floats as int32, or int64 where they
        need it.

    Raises
    ------
    ImageFileError
        As in `read_image`, or if the file holds colors, fractions, NaN, infinite or, in floats, negative
        numbers, or alpha hides a label.

    See Also
    --------
    write_labels : Writes such a file.
    read_mask : A file of True and False.

    Examples
    --------
    >>> import tempfile
    >>> from classicseg.extras.files import read_markers, write_labels
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read_markers(write_labels(f"{folder}/seeds", [[0, 1, 2]]))
    array([[0, 1, 2]], dtype=uint8)
    """
    source = Path(path)
    with reading(source, READABLE):
        stored = _read(source, max_pixels)
        numbers, alpha = _channels_last(stored)
        if stored.channel_axis is not None:
            if numbers.shape[-1] != 1:
                raise ImageFileError(
                    "holds several channels; expected labels, one whole number a pixel; save it as grey"
                )
            numbers = numbers[..., 0]
        if alpha is not None and np.any(numbers[alpha == 0] != 0):
            raise ImageFileError("has labels that alpha hides; expected one number a pixel; save it without alpha")
        if numbers.dtype == np.bool_:
            return numbers.astype(np.uint8)
        return _whole(numbers) if numbers.dtype.kind == "f" else numbers


def _whole(numbers: NDArray[Any]) -> NDArray[Any]:
    """Labels that are stored as floats."""
    expected = "expected labels, one whole number a pixel, and 0 for none"
    if not np.all(np.isfinite(numbers)):
        found = "NaN" if np.any(np.isnan(numbers)) else "infinite values"
        raise ImageFileError(f"holds {found}; {expected}; give those pixels 0")
    least, most = (float(numbers.min()), float(numbers.max())) if numbers.size else (0.0, 0.0)
    if least < 0:
        raise ImageFileError(f"holds {least:g}; {expected}, from 0 on; give those pixels 0")
    if np.any(numbers != np.rint(numbers)):
        first = numbers[numbers != np.rint(numbers)][0]
        raise ImageFileError(f"holds fractions ({first:g}); {expected}; round it if it holds labels")
    if most >= 2.0**63:
        raise ImageFileError(f"holds {most:g}; {expected} below 2**63; relabel it")
    return numbers.astype(np.int32 if most < 2.0**31 else np.int64)


def _channels_last(stored: Stored) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """The numbers without alpha, channels last, and alpha."""
    if stored.channel_axis is None:
        return stored.numbers, None
    numbers = np.moveaxis(stored.numbers, stored.channel_axis, -1)
    return (numbers[..., :-1], numbers[..., -1]) if stored.has_alpha else (numbers, None)


def _missing(stored: Stored, nodata: NoData) -> NDArray[np.bool_] | None:
    """Where there is nothing, by all that may say so; None: nowhere."""
    numbers, alpha = _channels_last(stored)
    said = np.atleast_1d(np.asarray([] if nodata is None else nodata, np.float64))
    found = [] if alpha is None else [alpha == 0]
    if stored.present is not None:
        found.append(~stored.present)
    for value in (*stored.nodata, *said.tolist()):
        equal = equals(numbers, value)
        found.append(equal if stored.channel_axis is None else np.all(equal, axis=-1))
    missing = np.logical_or.reduce(found) if found else None
    return missing if missing is not None and missing.any() else None


def _shown(stored: Stored, missing: NDArray[np.bool_] | None) -> Picture:
    """Turn the numbers stored into grey or RGB, and alpha into the mask."""
    mask = None if missing is None else ~missing
    if stored.show is None and not stored.has_alpha:
        return Picture(stored.numbers, stored.channel_axis, mask)
    numbers, alpha = _channels_last(stored)
    if stored.has_alpha and numbers.shape[-1] == 1:
        numbers = numbers[..., 0]
    if alpha is not None and stored.opaque is not None:
        numbers = divided(numbers, alpha, stored.opaque)
    pixels = numbers if stored.show is None else stored.show(numbers)
    return Picture(pixels, pixels.ndim - 1 if pixels.ndim > _n_spatial(stored) else None, mask)


def _n_spatial(stored: Stored) -> int:
    """The number of axes that are not the channels."""
    return stored.numbers.ndim - (stored.channel_axis is not None)


def _read(path: Path, max_pixels: int) -> Stored:
    """Decode a file by the format that its first bytes name."""
    if not path.exists():
        raise ImageFileError("no such file; expected an image; check the path")
    if path.is_dir():
        raise ImageFileError(refuse_folder(path))
    check_regular(path)
    with path.open("rb") as file:
        start = file.read(16)
        if not start:
            raise ImageFileError(f"empty (0 bytes); expected {READABLE}; make or copy it again")
        if start.startswith(TIFF_STARTS):
            return read_tiff(path, max_pixels)
        if start.startswith(NPY_START):
            return read_npy(path, max_pixels)
        file.seek(0)
        if start.startswith((JP2_START, CODESTREAM_START)):
            return read_jpeg2000(file.read(), max_pixels)
        if PNM_START.match(start):
            return read_pnm(file.read(), max_pixels)
        for matches, read in _UPRIGHT:
            if matches(start):
                return _upright(*read(file.read(), max_pixels))
        raise ImageFileError(refuse_unknown(file))


_UPRIGHT: Sequence[tuple[Any, Any]] = (
    (lambda start: start.startswith(PNG_START), read_png),
    (lambda start: start.startswith(b"\xff\xd8\xff"), read_jpeg),
    (lambda start: start.startswith((b"GIF87a", b"GIF89a")), read_gif),
    (lambda start: start.startswith(b"BM"), read_bmp),
    (lambda start: start.startswith(b"RIFF") and start[8:12] == b"WEBP", read_webp),
)
"""Formats that photographs come in, which may say how the camera was held."""


def _upright(stored: Stored, orientation: int) -> Stored:
    """Undo what EXIF says the camera did: 2 to 8 are the flips, quarter turns and both."""
    present = None if stored.present is None else _turned(stored.present, orientation)
    return stored._replace(numbers=_turned(stored.numbers, orientation), present=present)


def _turned(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn pixels upright by their EXIF orientation."""
    if 5 <= orientation <= 8:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels[:, ::-1] if orientation in (2, 3, 6, 7) else pixels
