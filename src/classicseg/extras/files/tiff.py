"""TIFF: its pages as one image or volume, as numbers, and what they stand for.

tifffile decodes. Which pages belong to the image, and whether the file can be what it says, is seen before, in
`tiff_header`; colors are made in `tiff_colors`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files.geometry import Geometry
from classicseg.extras.files.pictures import ImageFileError, Stored, check_size
from classicseg.extras.files.tiff_colors import check_supported, has_own_chroma, numbers_of, show_of
from classicseg.extras.files.tiff_header import MASK, REDUCED, Directory, read_directories
from classicseg.extras.files.tiff_inner import check_inner
from classicseg.extras.files.tiff_places import channels_of, geometry_of

_ALPHA, _PREMULTIPLIED, _STRAIGHT = (1, 2), 1, 2
_GDAL_NODATA = 42113
_PLAIN = ("generic", "uniform", "shaped", "")
"""Kinds of series that are pages one after the other; others say more of their axes."""


class Pages(NamedTuple):
    """The pages of one image."""

    tiff: Any
    series: Any
    """tifffile's, where it holds all pages of the image and nothing else; else None."""
    images: list[Any]
    masks: list[Any]
    directories: list[Directory]
    """Of the image's pages."""

    @property
    def first(self) -> Any:
        return self.images[0] if self.series is None else self.series.keyframe

    @property
    def axes(self) -> str:
        """A letter for each axis, as tifffile names them: S or C are the channels."""
        if self.series is not None:
            return str(self.series.axes)
        return "Q" * (len(self.images) > 1) + str(self.first.axes)

    @property
    def channel_axis(self) -> int | None:
        axes = self.axes
        found = [axis for axis, name in enumerate(axes) if name in "SC"]
        if len(found) > 1:
            raise ImageFileError(f"has axes {axes}; expected one of S and C; save the channels apart")
        if not found:
            return None
        return found[0]

    @property
    def shape(self) -> tuple[int, ...]:
        if self.series is not None:
            return tuple(self.series.shape)
        return (len(self.images),) * (len(self.images) > 1) + tuple(self.first.shape)

    @property
    def geometry(self) -> Geometry | None:
        """Where the pixels are; None where the file does not say."""
        axes = self.axes
        spatial = [axis for axis in range(len(axes)) if axis != self.channel_axis]
        shape, letters = [self.shape[axis] for axis in spatial], "".join(axes[axis] for axis in spatial)
        return geometry_of(self.first, self.tiff, self.series, shape, letters)

    @property
    def alpha(self) -> int | None:
        """1: colors are stored multiplied by it; 2: they are not; None: there is no alpha."""
        extra = [int(kind) for kind in self.first.extrasamples[-1:]]
        return extra[0] if extra and extra[0] in _ALPHA and self.channel_axis is not None else None

    @property
    def nodata(self) -> tuple[float, ...]:
        """What GDAL's tag says."""
        text = self.first.tags.valueof(_GDAL_NODATA)
        if text is None:
            return ()
        words = str(text).replace(",", ".").strip(" \0")
        try:
            return (int(words),)
        except ValueError:
            pass
        try:
            return (float(words),)
        except ValueError:
            raise ImageFileError(
                f"its no-data tag says {words[:40]!r}; expected a number; write it again"
            ) from None


def read_tiff(path: Path, max_pixels: int, series: int | None = None) -> Stored:
    """Read all pages of a TIFF, or of one series of them."""
    with open_pages(path, max_pixels, series) as pages:
        first, channel_axis = pages.first, pages.channel_axis
        for page in (*pages.masks, *pages.images, *(pages.series.pages if pages.series else ())):
            check_inner(page)
        numbers = _stacked(pages.images) if pages.series is None else pages.series.asarray()
        spatial = tuple(n for axis, n in enumerate(numbers.shape) if axis != channel_axis)
        return Stored(
            numbers,
            channel_axis,
            has_alpha=pages.alpha is not None,
            opaque=_opaque(numbers, first.bitspersample) if pages.alpha == _PREMULTIPLIED else None,
            show=show_of(first, pages.directories, is_imagej=pages.tiff.is_imagej),
            present=_valid(pages.masks, spatial),
            nodata=pages.nodata,
            geometry=pages.geometry,
            channels=channels_of(pages.tiff, pages.series) if channel_axis is not None else (),
        )


@contextmanager
def open_pages(path: Path, max_pixels: int, series: int | None = None) -> Iterator[Pages]:
    """Open a TIFF that is whole, and find the pages of its image, or of the series that is asked for."""
    import tifffile

    with path.open("rb") as file:
        directories = read_directories(file, path.stat().st_size)
    kept = _kept(directories)
    for number in kept:
        check_size(directories[number].shape, max_pixels)
        check_supported(directories[number])
    with _complaints() as complaints, tifffile.TiffFile(path) as tiff:
        pages = _choose(tiff, directories, kept, series)
        complaints.check()
        axis = pages.channel_axis
        check_size([n for place, n in enumerate(pages.shape) if place != axis], max_pixels)
        if pages.first.dtype is None or pages.first.dtype.kind == "c":
            raise ImageFileError(
                f"its numbers are of sample format {int(pages.first.sampleformat)} and "
                f"{pages.first.bitspersample} bits, which is not supported; save real numbers"
            )
        _check_pages([*pages.masks, *(pages.images if pages.series is None else pages.series.pages)], path)
        yield pages
        complaints.check()


def _kept(directories: list[Directory]) -> list[int]:
    """The pages that are the image: no masks, and no smaller copies, where there is anything else."""
    for passed_over in (REDUCED | MASK, MASK, 0):
        if kept := [n for n, page in enumerate(directories) if not page.subfile & passed_over]:
            break
    if all(directories[n].subfile & REDUCED for n in kept) and any(page.has_inner for page in directories):
        raise ImageFileError("holds previews only (a camera's raw file?); expected an image; convert it")
    return kept


def _choose(tiff: Any, directories: list[Directory], kept: list[int], number: int | None) -> Pages:
    """Choose the pages that are the image, and the page that is its mask."""
    series = _series(tiff)
    if number is not None and not (number == 0 and len(series) == 1):
        return _chosen(tiff, directories, series, number)
    described = [directories[n] for n in kept]
    is_plain = all(found.kind in _PLAIN for found in series)
    masks = [
        n for n in set(range(len(directories))) - set(kept) if directories[n].subfile & (REDUCED | MASK) == MASK
    ]
    whole = len(kept) == len(directories) and not has_own_chroma(described[0])
    if len(series) == 1 and (whole or not is_plain):
        return Pages(tiff, series[0], [], [tiff.pages[n] for n in masks], described)
    if not is_plain or any(getattr(found, "is_truncated", False) for found in series):
        raise _several(series)
    tiff.pages.useframes = False
    images = [tiff.pages[n] for n in kept]
    if len({(page.shape, page.dtype, page.photometric, page.extrasamples) for page in images}) > 1:
        raise _several(series)
    return Pages(tiff, None, images, [tiff.pages[n] for n in masks], described)


def _several(series: Sequence[Any]) -> ImageFileError:
    """What is wrong with pages that are not one image."""
    shapes = ", ".join(str(found.shape) for found in series) or "none"
    said = f"has pages of shapes {shapes}, or of several kinds; expected one; save them apart"
    if len(series) > 1:
        said += f", or choose one by series, 0 to {len(series) - 1} (--series on the command line)"
    return ImageFileError(said)


def _chosen(tiff: Any, directories: list[Directory], series: Sequence[Any], number: int) -> Pages:
    """The pages of one series."""
    if not 0 <= number < len(series):
        raise ImageFileError(f"has no series {number}; expected 0 to {len(series) - 1}")
    chosen = series[number]
    index = chosen.keyframe.index
    if not isinstance(index, int) or getattr(chosen, "is_truncated", False):
        raise ImageFileError(f"series {number} is not whole, or not in pages of its own; save it by itself")
    return Pages(tiff, chosen, [], [], [directories[index]])


def _series(tiff: Any) -> list[Any]:
    """The series that are neither masks nor smaller copies."""
    return [found for found in tiff.series if not found.keyframe.subfiletype & (REDUCED | MASK)]


def _stacked(pages: Sequence[Any]) -> NDArray[Any]:
    """The numbers of one page, or of several as a volume."""
    images = [numbers_of(page) for page in pages]
    return images[0] if len(images) == 1 else np.stack(images)


def _opaque(numbers: NDArray[Any], bits: int) -> float:
    """The alpha of an opaque pixel."""
    return 1.0 if numbers.dtype.kind == "f" else float((1 << bits) - 1)


def _valid(masks: Sequence[Any], spatial: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """What pages of masks say of the image's pages."""
    if not masks:
        return None
    valid = np.stack([np.asarray(page.asarray()) != 0 for page in masks])
    valid = valid[0] if len(masks) == 1 else valid
    if valid.shape != spatial:
        raise ImageFileError(
            f"has a mask of shape {valid.shape} for {spatial} pixels; expected the same; save it apart"
        )
    return valid


def _check_pages(pages: Iterable[Any], path: Path) -> None:
    """Check that the pixels of each page are in the file."""
    size = path.stat().st_size
    for number, page in enumerate(pages, start=1):
        if page is None:
            raise ImageFileError(f"page {number} is missing; make or copy it again")
        ends = [offset + n for offset, n in zip(page.dataoffsets, page.databytecounts, strict=False)]
        if max(ends, default=0) > size:
            raise ImageFileError(
                f"cut short in page {number} ({size} of {max(ends)} bytes); make or copy it again"
            )


class _Complaints(logging.Handler):
    """The errors that tifffile logs, to return what is left of a file, of this thread alone."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.thread = threading.get_ident()
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self.thread:
            self.errors.append(record.getMessage())

    def check(self) -> None:
        if self.errors:
            raise ImageFileError(f"damaged or cut short ({self.errors[0][:300]}); make or copy it again")


@contextmanager
def _complaints() -> Iterator[_Complaints]:
    """Collect what tifffile logs meanwhile."""
    handler = _Complaints()
    logger = logging.getLogger("tifffile")
    logger.addHandler(handler)
    try:
        yield handler
    finally:
        logger.removeHandler(handler)
