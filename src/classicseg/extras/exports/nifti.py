"""NIfTI: labels of a volume with their place in the scanner's coordinates, by nibabel."""

from __future__ import annotations

import gzip
import os

import numpy as np
from numpy.typing import ArrayLike

from classicseg._core.arrays import as_array
from classicseg._core.image import as_labels, as_spacing
from classicseg.extras.exports.packages import needed
from classicseg.extras.files import replacing
from classicseg.types import Spacing


def write_nifti(
    path: str | os.PathLike[str], labels: ArrayLike, *, affine: ArrayLike | None = None, spacing: Spacing = None
) -> None:
    """Write labels as a compressed NIfTI volume.

    Parameters
    ----------
    path : path-like
        Where to write, a .nii.gz.
    labels : array_like of int or bool, shape (M, N[, …])
        Segments; 0 belongs to none.
    affine : array_like, shape (4, 4), optional
        From the index along each of the file's axes to the scanner's coordinates, in millimeters. The file's axes
        are those of the labels in reverse order: x, y, z of labels that are planes, rows and columns.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1. It is the affine
        where none is given.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool.
    ValueError
        If `labels` has one axis or more than three, is empty or holds numbers outside 0 … 2147483647, or `affine`
        is not (4, 4), finite and invertible.
    ModuleNotFoundError
        If nibabel is not installed.
    OSError
        If it cannot be written.

    See Also
    --------
    write_dicom_seg : The same for hospitals.

    Examples
    --------
    >>> from classicseg.extras.exports import write_nifti
    >>> write_nifti("labels.nii.gz", labels, spacing=(3, 1, 1))  # doctest: +SKIP
    """
    segments = as_labels(labels)
    if segments.ndim not in (2, 3):
        raise ValueError(f"labels have shape {segments.shape}; expected a plane or a volume, of two or three axes")
    steps = as_spacing(spacing, segments.ndim)
    placed = np.diag([*steps[::-1], *[1.0] * (4 - len(steps))]) if affine is None else _as_affine(affine)
    nibabel = needed("nibabel", "medical")
    dtype = np.int16 if segments.max() <= np.iinfo(np.int16).max else np.int32
    image = nibabel.Nifti1Image(segments.T.astype(dtype), placed)
    image.header.set_intent("label")
    image.header.set_xyzt_units("mm")
    with replacing(path) as file, gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
        packed.write(image.to_bytes())


def _as_affine(affine: ArrayLike) -> np.ndarray:
    """Parse an invertible affine."""
    array, _ = as_array("affine", affine, "iuf", "real numbers")
    found = array.astype(np.float64)
    if found.shape != (4, 4) or not np.isfinite(found).all() or not np.linalg.det(found):
        raise ValueError(f"affine has shape {found.shape}; expected (4, 4), finite and invertible")
    return found
