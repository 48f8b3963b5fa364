"""Image files in, as they are.

A file's first bytes say what it is, its header says how large it is, and only then is it decoded, by a
library: tifffile reads TIFF, NumPy ``.npy``, imagecodecs PNG and JPEG 2000 (whose 16-bit colors Pillow would
cut to 8), Pillow all others. What those libraries pass over with a log message or in silence (missing pages,
half a picture) is an error.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_PIXELS = 500_000_000
"""Larger images are refused before they are decoded: a small file can claim any size."""

_READABLE = "PNG, JPEG, TIFF, BMP, GIF, WebP, PPM, JPEG 2000 or .npy"
_PILLOW_FORMATS = ("BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "WEBP")
_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PNG_END = b"IEND\xaeB`\x82"


class ImageFileError(ValueError):
    """A file that cannot be read as an image: what is wrong with it, what was expected and the mend."""


class Picture(NamedTuple):
    """What an image file holds."""

    pixels: NDArray[Any]
    """In the file's own dtype, without alpha."""
    channel_axis: int | None
    """The axis of the channels; None: every axis is spatial."""
    mask: NDArray[np.bool_] | None
    """Spatial shape, False where the file's alpha is 0; None where all pixels take part."""


def read_image(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Read an image or a volume from a file.

    Parameters
    ----------
    path : path-like
        PNG, JPEG, TIFF, BMP, GIF, WebP, PPM, JPEG 2000 or ``.npy``; the content decides, not the name.
    max_pixels : int
        Pixels times pages above which the file is refused before it is decoded.

    Returns
    -------
    Picture
        The pixels in the file's own dtype, the axis of their channels, and a mask made of alpha. All pages of
        a TIFF come as one volume: the axis that the file calls samples or channels holds the channels, all
        others are spatial. A ``.npy`` array of three or more axes is a color image if the last has length 1
        to 4, else a volume. Palettes become their colors, black-and-white images bool. A photograph comes
        upright, as its EXIF orientation says and viewers show it; a TIFF comes as stored.

    Raises
    ------
    ImageFileError
        If there is no such file, it is not an image, it is damaged or cut short, its pages differ in shape,
        it is an animation, or it has more than `max_pixels`.

    Examples
    --------
    >>> import tempfile
    >>> from classicseg.extras.files import read_image, write_image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_image(f"{folder}/grey.png", [[0, 1000, 65535]], dtype="uint16")
    ...     read_image(f"{folder}/grey.png").pixels
    array([[    0,  1000, 65535]], dtype=uint16)
    """
    stored = _read(Path(path), max_pixels, colors=True)
    if not stored.has_alpha:
        return Picture(stored.pixels, stored.channel_axis, None)
    values = np.moveaxis(stored.pixels, stored.channel_axis or 0, -1)
    shown = values[..., -1] != 0
    mask = None if shown.all() else shown
    if values.shape[-1] == 2:
        return Picture(values[..., 0], None, mask)
    return Picture(values[..., :-1], values.ndim - 1, mask)


def read_mask(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> NDArray[np.bool_]:
    """Read a mask: True where a pixel takes part, which is where any channel but alpha is not 0.

    Parameters
    ----------
    path : path-like
        An image file, as in `read_image`.
    max_pixels : int
        As in `read_image`.

    Returns
    -------
    ndarray of bool
        The file's spatial shape.

    Raises
    ------
    ImageFileError
        As in `read_image`.

    Examples
    --------
    >>> import tempfile
    >>> from classicseg.extras.files import read_mask, write_image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_image(f"{folder}/mask.png", [[0, 1, 255]])
    ...     read_mask(f"{folder}/mask.png")
    array([[False,  True,  True]])
    """
    picture = read_image(path, max_pixels=max_pixels)
    inside = np.asarray(picture.pixels != 0)
    return inside if picture.channel_axis is None else np.any(inside, axis=picture.channel_axis)


def read_markers(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> NDArray[Any]:
    """Read a marker or label image: one whole number a pixel.

    Parameters
    ----------
    path : path-like
        An image file, as in `read_image`. Of a palette image the numbers are taken, not the colors.
    max_pixels : int
        As in `read_image`.

    Returns
    -------
    ndarray of int
        The file's spatial shape, in its own dtype; black-and-white images as 0 and 1.

    Raises
    ------
    ImageFileError
        As in `read_image`, or if the file holds colors or fractions.

    Examples
    --------
    >>> import tempfile
    >>> from classicseg.extras.files import read_markers, write_labels
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read_markers(write_labels(f"{folder}/seeds", [[0, 1, 2]]))
    array([[0, 1, 2]], dtype=uint8)
    """
    stored = _read(Path(path), max_pixels, colors=False)
    if stored.channel_axis is not None or stored.pixels.dtype.kind not in "iub":
        found = "fractions" if stored.pixels.dtype.kind == "f" else "several channels"
        raise ImageFileError(
            f"{path}: holds {found}; expected one whole number a pixel (0 = no marker); save it as grey"
        )
    return stored.pixels.astype(np.uint8) if stored.pixels.dtype == np.bool_ else stored.pixels


class _Stored(NamedTuple):
    pixels: NDArray[Any]
    channel_axis: int | None
    has_alpha: bool = False


def _read(path: Path, max_pixels: int, *, colors: bool) -> _Stored:
    """Decode a file; where `colors` is False, of a palette image its indices."""
    try:
        if not path.exists():
            raise ImageFileError(f"{path}: no such file; expected an image; check the path")
        if not path.is_file():
            raise ImageFileError(f"{path}: a folder or a device; expected an image file; name the files in it")
        with path.open("rb") as file:
            start = file.read(8)
        if not start:
            raise ImageFileError(f"{path}: empty (0 bytes); expected {_READABLE}; make or copy it again")
        if start.startswith(_TIFF_STARTS):
            return _read_tiff(path, max_pixels, colors)
        if start.startswith(b"\x93NUMPY"):
            return _read_npy(path, max_pixels)
        return _read_other(path, max_pixels, colors)
    except ImageFileError:
        raise
    except PermissionError:
        raise ImageFileError(f"{path}: permission denied; expected a readable file") from None
    except MemoryError:
        raise ImageFileError(f"{path}: does not fit into memory; cut or shrink it") from None
    except Exception as error:  # on damaged data decoders raise whatever they stumble over
        raise ImageFileError(
            f"{path}: damaged or cut short ({error}); expected {_READABLE}, whole; make or copy it again"
        ) from error


def _check_size(path: Path, shape: Sequence[int], max_pixels: int) -> None:
    if (pixels := math.prod(shape)) > max_pixels:
        size = " x ".join(str(length) for length in shape)
        raise ImageFileError(
            f"{path}: {size} = {pixels} pixels; expected at most {max_pixels}; allow more with max_pixels "
            "(--max-pixels on the command line)"
        )


def _read_npy(path: Path, max_pixels: int) -> _Stored:
    stored = np.load(path, mmap_mode="r", allow_pickle=False)
    if stored.ndim < 2:
        raise ImageFileError(f"{path}: has shape {stored.shape}; expected two axes or more; reshape it")
    channel_axis = stored.ndim - 1 if stored.ndim > 2 and stored.shape[-1] <= 4 else None
    _check_size(path, stored.shape[:channel_axis], max_pixels)
    return _Stored(np.array(stored), channel_axis)


def _read_tiff(path: Path, max_pixels: int, colors: bool) -> _Stored:
    import tifffile

    with _complaints(path), tifffile.TiffFile(path) as tiff:
        series, channel_axis = _series_of(path, tiff)
        page = series.keyframe
        _check_size(path, [n for axis, n in enumerate(series.shape) if axis != channel_axis], max_pixels)
        _check_pages(path, series.pages, tiff.filehandle.size)
        pixels = series.asarray()
        if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE and pixels.dtype.kind in "ub":
            pixels = ~pixels if pixels.dtype.kind == "b" else (1 << page.bitspersample) - 1 - pixels
        # ImageJ colors grey images by a palette: there the indices are the image
        if colors and page.photometric == tifffile.PHOTOMETRIC.PALETTE and not tiff.is_imagej:
            return _Stored(np.moveaxis(np.asarray(page.colormap)[:, pixels], 0, -1), pixels.ndim)
        return _Stored(pixels, channel_axis, channel_axis is not None and _ends_in_alpha(page))


def check_tiff(path: Path) -> tuple[tuple[int, ...], int | None]:
    """See that a TIFF is whole and may be read by parts; return its shape and the axis of its channels."""
    import tifffile

    with _complaints(path), tifffile.TiffFile(path) as tiff:
        series, channel_axis = _series_of(path, tiff)
        page = series.keyframe
        _check_pages(path, series.pages, tiff.filehandle.size)
        odd = {
            "a palette": page.photometric == tifffile.PHOTOMETRIC.PALETTE and not tiff.is_imagej,
            "0 for white": page.photometric == tifffile.PHOTOMETRIC.MINISWHITE,
            "an alpha channel": channel_axis is not None and _ends_in_alpha(page),
        }
        for name, found in odd.items():
            if found:
                raise ImageFileError(
                    f"{path}: has {name}, which is not read in chunks; save it as plain values (what takes part "
                    "goes into a mask)"
                )
        return tuple(series.shape), channel_axis


def _series_of(path: Path, tiff: Any) -> tuple[Any, int | None]:
    """The one series of a TIFF, and the axis of its channels."""
    if len(tiff.series) != 1:
        shapes = ", ".join(str(series.shape) for series in tiff.series) or "none"
        raise ImageFileError(f"{path}: has pages of shapes {shapes}; expected one shape; save them apart")
    series = tiff.series[0]
    channel_axes = [axis for axis, name in enumerate(series.axes) if name in "SC"]
    if len(channel_axes) > 1:
        raise ImageFileError(f"{path}: has axes {series.axes}; expected one of S and C; save the channels apart")
    return series, channel_axes[0] if channel_axes else None


def _ends_in_alpha(page: Any) -> bool:
    import tifffile

    alpha = {tifffile.EXTRASAMPLE.ASSOCALPHA, tifffile.EXTRASAMPLE.UNASSALPHA}
    return not alpha.isdisjoint(page.extrasamples[-1:])


def _check_pages(path: Path, pages: Iterable[Any], size: int) -> None:
    for number, page in enumerate(pages, start=1):
        if page is None:
            raise ImageFileError(f"{path}: page {number} is missing; make or copy it again")
        ends = [offset + n for offset, n in zip(page.dataoffsets, page.databytecounts, strict=False)]
        if max(ends, default=0) > size:
            raise ImageFileError(
                f"{path}: cut short in page {number} ({size} of {max(ends)} bytes); make or copy it again"
            )


@contextmanager
def _complaints(path: Path) -> Iterator[None]:
    """Turn the errors that tifffile logs, to return what is left of the file, into one that is raised."""
    errors: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = (  # type: ignore[method-assign]
        lambda record: errors.append(record.getMessage()) if record.levelno >= logging.ERROR else None
    )
    logger = logging.getLogger("tifffile")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
    if errors:
        raise ImageFileError(f"{path}: damaged or cut short ({errors[0]}); make or copy it again")


def _read_other(path: Path, max_pixels: int, colors: bool) -> _Stored:
    from PIL import Image, UnidentifiedImageError

    try:
        with _no_second_limit(), Image.open(path, formats=_PILLOW_FORMATS) as image:
            _check_size(path, image.size[::-1], max_pixels)
            # the further pictures of an MPO photograph are previews of the first
            if image.format != "MPO" and (frames := getattr(image, "n_frames", 1)) > 1:
                raise ImageFileError(f"{path}: has {frames} frames; expected one; save the one wanted as PNG")
            pixels = _decode(path, image, colors)
            orientation = image.getexif().get(0x0112, 1)
    except UnidentifiedImageError:
        raise ImageFileError(f"{path}: not an image, or damaged at its start; expected {_READABLE}") from None
    pixels = _upright(pixels, orientation)
    return _Stored(pixels, 2 if pixels.ndim == 3 else None, pixels.ndim == 3 and pixels.shape[2] in (2, 4))


def _decode(path: Path, image: Any, colors: bool) -> NDArray[Any]:
    """Decode what Pillow has opened, by the library that keeps its depth."""
    if image.format in ("PNG", "JPEG2000") and image.mode not in ("1", "P"):
        import imagecodecs

        data = path.read_bytes()
        if image.format == "JPEG2000":
            return np.asarray(imagecodecs.jpeg2k_decode(data))
        if _PNG_END not in data:
            raise ImageFileError(f"{path}: cut short (a PNG without its end); make or copy it again")
        return np.asarray(imagecodecs.png_decode(data))
    if image.format == "PPM" and isinstance(depth := image.tile[0][3], tuple) and depth[1] != 255:
        raise ImageFileError(
            f"{path}: its values go to {depth[1]}; a PPM that is read goes to 255; save it as TIFF"
        )
    if image.mode not in ("1", "L", "I", "I;16", "F", "LA", "RGB", "RGBA") and (colors or image.mode != "P"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    return np.array(image, np.uint16 if image.format == "PPM" and image.mode == "I" else None)


def _upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Undo what EXIF says the camera did: 2 to 8 are the flips, quarter turns and both."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels[:, ::-1] if orientation in (2, 3, 6, 7) else pixels


@contextmanager
def _no_second_limit() -> Iterator[None]:
    """Suspend Pillow's own limit, which warns long before ours."""
    from PIL import Image

    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit
