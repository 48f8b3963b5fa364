"""Labels out, in the format and the place of the image: NIfTI where that was NIfTI, GeoTIFF where it was
GeoTIFF."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.image import as_labels
from classicseg.extras.files.geometry import Geometry, check_like
from classicseg.extras.files.metaimage import write_metaimage
from classicseg.extras.files.nifti import write_nifti
from classicseg.extras.files.nrrd import write_nrrd
from classicseg.extras.files.pictures import Picture, needs
from classicseg.extras.files.tiff_places import is_for_imagej, write_tiff
from classicseg.extras.files.writing import replacing, write_image

SUFFIXES = (".png", ".tif", ".ome.tif", ".nii.gz", ".nrrd", ".mha")
"""What names of files of labels may end in."""
_ALSO = {".tif": (".tiff",), ".ome.tif": (".ome.tiff",)}
"""What their names end in as often."""
_READ_ONLY = (".nii", ".nhdr", ".mhd")
"""Of formats that are read, and written under another suffix."""


def write_labels(
    path: str | os.PathLike[str], labels: ArrayLike, *, like: Picture | Geometry | None = None
) -> Path:
    """Write labels, where the image was, and add the suffix of the format that holds them.

    Parameters
    ----------
    path : path-like
        Where to, without a suffix; the one that belongs to the format may be there.
    labels : array_like of int, shape (M, N[, …])
        Labels from 0. Without `like`, a plane becomes a PNG of 8 or 16 bits where they fit, else, or where `path`
        ends in .tif or .tiff, a TIFF of the smallest of uint8, uint16 and int32 that holds them; an array of more
        axes becomes a TIFF of many pages; the axes of a volume are named ZYX.
    like : Picture or Geometry, optional
        What `read_image` said of the image. The labels get its format, its affine or transform, its reference
        system and its units: NIfTI (.nii.gz; of DICOM, too), NRRD, MetaImage (.mha), GeoTIFF (0 is its no-data
        value), ImageJ or OME-TIFF. By default, and where the file said nothing, they have none.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    TypeError
        If the labels are no integers, or `like` is neither.
    ValueError
        If a label is negative or beyond int32, the labels have fewer than two axes or another shape than the
        image, or `path` ends in the suffix of another format of labels.

    See Also
    --------
    read_image : Reads an image with its geometry.
    region_table : What is measured of the labels, with the spacing of the image.

    Notes
    -----
    Where it cannot be written, an `OSError` says so, and nothing half-written is left: a file of this name that
    was there before stays as it was.

    Examples
    --------
    >>> import tempfile
    >>> from classicseg import write_labels
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_labels(f"{folder}/few", [[1, 2]]).name, write_labels(f"{folder}/many", [[1, 70_000]]).name
    ('few.png', 'many.tif')
    """
    array = as_labels(labels)
    if array.ndim < 2:
        raise ValueError(
            f"labels has shape {array.shape}; expected two axes or more; write a line as a row, labels[np.newaxis]"
        )
    geometry = _geometry(like)
    try:
        if geometry is None:
            return _write_plain(path, array)
        check_like(array.shape, geometry)
        suffix, write = _format(array, geometry)
        target = _with(path, suffix)
        with replacing(target) as file:
            write(file, array, geometry)
        return target
    except ModuleNotFoundError as error:
        said = needs(error.name or "", "a file of labels is written")
        raise ModuleNotFoundError(f"{os.fspath(path)}: {said}", name=error.name) from None


def _geometry(like: Any) -> Geometry | None:
    """The geometry that is given, or that of a picture."""
    if like is None or isinstance(like, Geometry):
        return like
    if isinstance(like, Picture):
        return like.geometry
    raise TypeError(f"like is a {type(like).__name__}; expected what read_image returns, its geometry, or None")


def _format(
    labels: NDArray[Any], like: Geometry
) -> tuple[str, Callable[[BinaryIO, NDArray[Any], Geometry], None]]:
    """The suffix of the format that says what a geometry says, and what writes it."""
    if like.format in ("NIfTI", "DICOM"):
        return ".nii.gz", write_nifti
    if like.format == "NRRD":
        return ".nrrd", write_nrrd
    if like.format == "MetaImage":
        return ".mha", write_metaimage
    return ".tif" if like.format == "GeoTIFF" or is_for_imagej(labels, like) else ".ome.tif", write_tiff


def _with(path: str | os.PathLike[str], suffix: str) -> Path:
    """A path with a suffix, which it may have already."""
    name = os.fsdecode(path)
    ending = _ending(name)
    if ending and not name.lower().endswith((suffix, *_ALSO.get(suffix, ()))):
        raise ValueError(
            f"path is {name}, and these labels become {suffix}; leave {ending} out, or pass like, an image "
            "of that format"
        )
    return Path(name if ending else f"{name}{suffix}")


def _ending(name: str) -> str:
    """The suffix of a format of labels that a name ends in; empty if none."""
    known = [*SUFFIXES, *_READ_ONLY, *(also for others in _ALSO.values() for also in others)]
    return max((suffix for suffix in known if name.lower().endswith(suffix)), key=len, default="")


def _write_plain(path: str | os.PathLike[str], labels: NDArray[Any]) -> Path:
    """Write labels that are nowhere: a PNG or a TIFF."""
    most = int(labels.max(initial=0))
    dtype = np.uint8 if most <= 0xFF else np.uint16 if most <= 0xFFFF else np.int32
    is_tiff = _ending(os.fsdecode(path)) in (".tif", ".tiff", ".ome.tif")
    if labels.ndim == 2 and dtype is not np.int32 and not is_tiff:
        target = _with(path, ".png")
        write_image(target, labels, dtype=dtype)
        return target
    import tifffile

    target = _with(path, ".tif")
    with replacing(target) as file:
        axes = {"axes": "ZYX"} if labels.ndim == 3 else {}
        tifffile.imwrite(file, labels.astype(dtype), photometric="minisblack", compression="zlib", metadata=axes)
    return target
