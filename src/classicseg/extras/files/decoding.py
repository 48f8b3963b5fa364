"""A file to its numbers: its first bytes say which reader it goes to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from classicseg.extras.files.dicom import holds_dicom, is_dicom, read_dicom, read_dicom_series
from classicseg.extras.files.formats import READABLE, refuse_folder, refuse_unknown
from classicseg.extras.files.jpeg2000 import CODESTREAM_START, JP2_START, read_jpeg2000
from classicseg.extras.files.metaimage import is_metaimage, read_metaimage
from classicseg.extras.files.nifti import is_nifti, read_nifti
from classicseg.extras.files.npy import NPY_START, read_npy
from classicseg.extras.files.nrrd import NRRD_START, read_nrrd
from classicseg.extras.files.photographs import read_bmp, read_gif, read_jpeg, read_webp
from classicseg.extras.files.pictures import ImageFileError, Stored, check_regular
from classicseg.extras.files.png import PNG_START, read_png
from classicseg.extras.files.pnm import PNM_START, read_pnm
from classicseg.extras.files.raw_blocks import HEAD, unpacked_head
from classicseg.extras.files.tiff import read_tiff
from classicseg.extras.files.tiff_header import TIFF_STARTS


def decode(path: Path, max_pixels: int, series: int | None = None) -> Stored:
    """Decode a file, or the slices in a folder, by the format that its first bytes name."""
    if not path.exists():
        raise ImageFileError("no such file; expected an image; check the path")
    if path.is_dir():
        if holds_dicom(path):
            return read_dicom_series(path, max_pixels, series)
        raise ImageFileError(refuse_folder(path))
    check_regular(path)
    with path.open("rb") as file:
        head = file.read(HEAD)
        if not head:
            raise ImageFileError(f"empty (0 bytes); expected {READABLE}; make or copy it again")
        if (read_series := _reader(_OF_SERIES, head)) is not None:
            return read_series(path, max_pixels, series)
        if series not in (None, 0):
            raise ImageFileError(f"holds one image; there is no series {series}; leave it out")
        if (read := _reader(_BY_PATH, head)) is not None:
            return read(path, max_pixels)
        file.seek(0)
        if (read_bytes := _reader(_BY_BYTES, head)) is not None:
            return read_bytes(file.read(), max_pixels)
        if (read_photograph := _reader(_UPRIGHT, head)) is not None:
            return _upright(*read_photograph(file.read(), max_pixels))
        raise ImageFileError(refuse_unknown(file))


def _reader(readers: Sequence[tuple[Any, Any]], head: bytes) -> Any:
    """The reader of files that begin so; None where there is none."""
    return next((read for matches, read in readers if matches(head)), None)


_OF_SERIES: Sequence[tuple[Any, Any]] = (
    (lambda head: head.startswith(TIFF_STARTS), read_tiff),
    (is_dicom, read_dicom),
)
"""Formats whose files may hold several images."""
_BY_PATH: Sequence[tuple[Any, Any]] = (
    (lambda head: head.startswith(NPY_START), read_npy),
    (lambda head: is_nifti(unpacked_head(head)), read_nifti),
    (lambda head: head.startswith(NRRD_START), read_nrrd),
    (is_metaimage, read_metaimage),
)
_BY_BYTES: Sequence[tuple[Any, Any]] = (
    (lambda head: head.startswith((JP2_START, CODESTREAM_START)), read_jpeg2000),
    (PNM_START.match, read_pnm),
)
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
