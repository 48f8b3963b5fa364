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

**Where it is** is the geometry: what the file says of the size of its pixels and of their place, which is written
with the labels again.

A file's first bytes say what it is (`decoding`), its header says how large it is, and only then is it decoded,
most by a library: tifffile reads TIFF, NumPy ``.npy``, imagecodecs PNG, JPEG 2000 and WebP, Pillow JPEG, GIF and
BMP, pydicom DICOM; NIfTI, NRRD and MetaImage, a header before plain numbers, are read here. What those libraries
pass over with a log message or in silence (missing pages, half a picture, a checksum) is an error. Nothing that
holds for the whole process is changed: any number of threads may read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.numbers import as_count, members, shown
from classicseg.extras.files.decoding import decode
from classicseg.extras.files.formats import READABLE, is_store
from classicseg.extras.files.pictures import MAX_PIXELS, ImageFileError, NoData, Picture, Stored, reading
from classicseg.extras.files.showing import as_picture, channels_last, missing_in, only_channel


def read_image(
    path: str | os.PathLike[str],
    *,
    series: int | None = None,
    channel: int | str | None = None,
    max_pixels: int = MAX_PIXELS,
    nodata: NoData = None,
) -> Picture:
    """Read an image or a volume from a file.

    Parameters
    ----------
    path : path-like
        PNG, JPEG, TIFF (GeoTIFF, OME-TIFF, ImageJ, LSM), BMP, GIF, WebP, PBM, PGM, PPM, PFM, JPEG 2000, NIfTI,
        NRRD, MetaImage, DICOM (a file, or the folder of a series), CZI, ND2, LIF, ``.npy``, or the folder of a
        Zarr array or an OME-Zarr image, whose largest level is read; the content decides, not the name.
    series : int, optional
        Which of several images in the file, from 0: a series of a TIFF, of DICOM files or of a microscope. By
        default the only one.
    channel : int or str, optional
        The one channel to read, by its number from 0 or its name in the file. By default all.
    max_pixels : int, default 500000000
        Pixels times pages above which the file is refused before it is decoded.
    nodata : float or sequence of float, optional
        Values, as stored, of pixels that take no part, beside what the file says itself. NaN may be one.

    Returns
    -------
    Picture
        The pixels in the file's own dtype, the axis of their channels, a mask made of alpha, transparent colors,
        no-data values and internal masks, the spacing along each axis, and the geometry, which `write_labels`
        takes. Volumes have their axes in the order planes, rows, columns, whatever the file calls them (nibabel's
        array is the transpose); values are rescaled as NIfTI and DICOM say. All pages of a TIFF come as one
        volume: the axis that the file calls samples or channels holds the channels, all others are spatial;
        smaller copies of pages are passed over. A ``.npy`` array of three or more axes is a color image if the
        last has length 1 to 4, else a volume. Palettes, YCbCr, CMYK and CIELAB become red, green and blue; where 0
        is white, low + high - v of the dtype's range; colors multiplied by alpha are divided; black-and-white
        images are bool. A photograph comes upright, as its EXIF orientation says and viewers show it; a TIFF comes
        as stored.

    Raises
    ------
    ValueError
        An `ImageFileError`, if there is no such file, it is not an image or of a format that is not read (which is
        named), its reader is not installed, it is damaged or cut short, its pages differ in shape or kind, it
        holds several series (which are listed) and none is chosen, it is an animation, or it has more than
        `max_pixels`.

    See Also
    --------
    write_labels : Writes labels in the format and the place of the image.
    region_table : What is measured of labels, with the spacing of the image.

    Notes
    -----
    Photographs, TIFF and ``.npy`` need the extra ``cli`` (``pip install 'classicseg[cli]'``), DICOM ``dicom``, and
    CZI, ND2 and LIF ``microscopy``, Zarr ``dask``. NIfTI, NRRD and MetaImage need none.

    Where axes are not at right angles (an affine with a shear), there is no spacing; the affine stays in the
    geometry and is written with the labels.

    Examples
    --------
    >>> import tempfile
    >>> from classicseg import read_image
    >>> from classicseg.extras.files import write_image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_image(f"{folder}/grey.png", [[0, 1000, 65535]], dtype="uint16")
    ...     picture = read_image(f"{folder}/grey.png", nodata=65535)
    >>> picture.pixels, picture.mask
    (array([[    0,  1000, 65535]], dtype=uint16), array([[ True,  True, False]]))
    """
    source, most, missing = _as_path(path), as_count("max_pixels", max_pixels), _as_nodata(nodata)
    number = None if series is None else as_count("series", series, least=0)
    if channel is not None and not isinstance(channel, str):
        channel = as_count("channel", channel, least=0)
    if is_store(source):
        return _in_one_piece(source, series=number, channel=channel, max_pixels=most, nodata=missing or None)
    with reading(source, READABLE):
        stored = decode(source, most, number)
        stored = stored if channel is None else only_channel(stored, channel)
        return as_picture(stored, missing_in(stored, missing))


def _in_one_piece(path: Path, **how: Any) -> Picture:
    """The picture in a Zarr store."""
    with reading(path, "a Zarr array, or an OME-Zarr image"):
        from classicseg.extras.files.chunked import open_chunked

        found = open_chunked(path, **how)
        mask = None if found.mask is None else np.asarray(found.mask.compute())
        spacing = None if found.geometry is None else found.geometry.spacing
        pixels = np.asarray(found.pixels.compute())
        return Picture(pixels, found.channel_axis, mask, spacing, found.geometry)


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
    source, values = _as_path(path), _as_nodata(nodata)
    with reading(source, READABLE):
        stored = decode(source, max_pixels)
        numbers = channels_last(stored)[0]
        inside = np.asarray(numbers != 0)
        inside = inside if stored.channel_axis is None else np.any(inside, axis=-1)
        missing = missing_in(stored, values)
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
    return read_labels(path, max_pixels=max_pixels).pixels


def read_labels(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS, nodata: NoData = None) -> Picture:
    """Read labels, and where they are.

    Parameters
    ----------
    path : path-like
        An image file, as in `read_markers`.
    max_pixels : int, default 500000000
        Pixels times pages above which the file is refused before it is decoded.
    nodata : float or sequence of float, optional
        Values, as stored, of pixels that take no part, beside what the file says itself. NaN may be one.

    Returns
    -------
    Picture
        The labels, as `read_markers` has them; the mask, where `nodata` is given; the spacing and the geometry, as
        `read_image` has them.

    Raises
    ------
    ImageFileError
        As in `read_markers`.

    See Also
    --------
    write_labels : Writes such a file.

    Examples
    --------
    >>> import tempfile
    >>> from classicseg.extras.files import read_labels, write_labels
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read_labels(write_labels(f"{folder}/regions", [[0, 1, 2]])).pixels
    array([[0, 1, 2]], dtype=uint8)
    """
    source, values = _as_path(path), _as_nodata(nodata)
    with reading(source, READABLE):
        stored = decode(source, max_pixels)
        labels = _labels_in(stored)
        place = stored.geometry
        mask = ~np.isin(labels, values) if values else None
        return Picture(labels, None, mask, None if place is None else place.spacing, place)


def _labels_in(stored: Stored) -> NDArray[Any]:
    """The one whole number of each pixel."""
    numbers, alpha = channels_last(stored)
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


def _as_path(path: Any) -> Path:
    """Parse the path of a file."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path is {shown(path)}; expected the path of a file")
    return Path(path)


def _as_nodata(nodata: NoData) -> list[float]:
    """Parse values that stand for nothing, of which NaN and infinity may be some."""
    try:
        return [] if nodata is None else [float(value) for value in members(nodata)]
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"nodata is {shown(nodata)}; expected a number, or several") from None
