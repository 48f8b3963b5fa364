"""What the readers of all formats hand over, and what is refused before a format is looked at."""

from __future__ import annotations

import errno
import math
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files.geometry import Geometry

MAX_PIXELS = 500_000_000
"""Larger images are refused before they are decoded: a small file can claim any size."""

_REQUIRED = re.compile(r"requires the '(\w+)' package")
"""How tifffile says that a compression needs another package."""

Colors = NDArray[Any]
NoData = float | Sequence[float] | None


class ImageFileError(ValueError):
    """A file that cannot be read as an image: what is wrong with it, what was expected and the mend."""


class Picture(NamedTuple):
    """What an image file holds."""

    pixels: NDArray[Any]
    """In the file's own dtype, without alpha."""
    channel_axis: int | None
    """The axis of the channels; None: every axis is spatial."""
    mask: NDArray[np.bool_] | None
    """Spatial shape, False where the file says that there is nothing; None where all pixels take part."""
    spacing: tuple[float, ...] | None = None
    """The length of a step along each axis but the channels', in the unit of the geometry; None where the file
    does not say, or where it is none (axes that are not at right angles, degrees)."""
    geometry: Geometry | None = None
    """Where the pixels are; `write_labels` says the same of their labels. None where the file does not say."""
    channels: tuple[str, ...] = ()
    """The names of the channels, where the file has names."""


class Stored(NamedTuple):
    """The numbers of a file, and what they stand for."""

    numbers: NDArray[Any]
    """As they are stored: indices of a palette, inks, 0 for white."""
    channel_axis: int | None = None
    has_alpha: bool = False
    """The last channel is alpha."""
    opaque: float | None = None
    """The alpha of an opaque pixel, where the colors are stored multiplied by alpha; else None."""
    show: Callable[[NDArray[Any]], Colors] | None = None
    """From numbers (channels last, without alpha) to grey or to red, green and blue; None: they are that."""
    present: NDArray[np.bool_] | None = None
    """Spatial shape, False where the file says otherwise than by alpha that there is nothing."""
    nodata: Sequence[float] = ()
    """Numbers that stand for nothing."""
    geometry: Geometry | None = None
    channels: tuple[str, ...] = ()
    """The names of the channels, where the file has names."""


@contextmanager
def reading(path: Path, expected: str) -> Iterator[None]:
    """Turn all that a decoder may raise into one error that names the file."""
    try:
        yield
    except ImageFileError as error:
        raise ImageFileError(f"{path}: {error}") from error.__cause__
    except PermissionError:
        raise ImageFileError(f"{path}: permission denied; expected a readable file") from None
    except MemoryError:
        raise ImageFileError(f"{path}: does not fit into memory; cut or shrink it") from None
    except ModuleNotFoundError as error:
        raise ImageFileError(f"{path}: {_needs(error.name or '')}") from None
    except Exception as error:  # on damaged data decoders raise whatever they stumble over
        if isinstance(error, OSError) and error.errno == errno.ELOOP:
            raise ImageFileError(f"{path}: a link that leads to itself; expected {expected}") from None
        said = str(error) or type(error).__name__
        if missing := _REQUIRED.search(said):
            raise ImageFileError(f"{path}: {_needs(missing[1])}") from error
        if "supported" in said and not isinstance(error, TypeError):
            raise ImageFileError(f"{path}: not supported ({said[:300]}); save it as plain TIFF or PNG") from error
        raise ImageFileError(
            f"{path}: damaged or cut short ({said[:300]}); expected {expected}, whole; make or copy it again"
        ) from error


def _needs(module: str) -> str:
    """Say that the package which decodes a file is not installed."""
    package = "Pillow" if module.startswith("PIL") else module.partition(".")[0]
    extra = _EXTRAS.get(package, "cli")
    return f"is read by {package}, which is not installed; pip install {package}, or all of 'classicseg[{extra}]'"


_EXTRAS = {"pydicom": "dicom", "nd2": "microscopy", "liffile": "microscopy", "czifile": "microscopy"}
"""The extra that a reader is in, where that is not cli."""


def check_regular(path: Path) -> None:
    """See that a path leads to a file with an end: a pipe waits for ever, a device never stops."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe, a socket or a device"
        raise ImageFileError(f"{path.name} is {kind}; expected a file; save it as one")


def check_size(shape: Sequence[int], max_pixels: int) -> None:
    """See that an image of this (spatial) shape is not too large."""
    if (pixels := math.prod(shape)) > max_pixels:
        size = " x ".join(str(length) for length in shape)
        raise ImageFileError(
            f"{size} = {pixels} pixels; expected at most {max_pixels}; allow more with max_pixels "
            "(--max-pixels on the command line)"
        )


def equals(numbers: NDArray[Any], wanted: float) -> NDArray[np.bool_]:
    """Where numbers are one that is wanted, as closely as their dtype can hold it."""
    dtype = numbers.dtype
    if dtype.kind == "f":
        if math.isnan(wanted):
            return np.isnan(numbers)
        with np.errstate(over="ignore"):
            nearest = dtype.type(wanted)
        held = bool(np.isfinite(nearest)) or math.isinf(wanted)
        return np.asarray(numbers == nearest) if held else np.zeros(numbers.shape, bool)
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    if not math.isfinite(wanted) or wanted != int(wanted) or not low <= wanted <= high:
        return np.zeros(numbers.shape, bool)
    return np.asarray(numbers == dtype.type(int(wanted)))
