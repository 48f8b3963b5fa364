"""NIfTI: labels of a volume with their place in the scanner's coordinates."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import ArrayLike

from classicseg._core.arrays import as_array
from classicseg._core.image import as_labels, as_spacing
from classicseg.extras.files import replacing
from classicseg.extras.files.geometry import Geometry, along_axes, check_like, in_array_order
from classicseg.extras.files.nifti import write_nifti as write
from classicseg.types import Spacing


def write_nifti(
    path: str | os.PathLike[str],
    labels: ArrayLike,
    *,
    affine: ArrayLike | None = None,
    spacing: Spacing = None,
    like: Geometry | None = None,
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
    like : Geometry, optional
        What `read_image` said of the place of the image, in whatever format; `affine` and `spacing` are left out
        then.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool.
    ValueError
        If `labels` has one axis or more than three, is empty or holds numbers outside 0 … 2147483647, `affine`
        is not (4, 4), finite and invertible, or `like` is of another shape.
    OSError
        If it cannot be written.

    See Also
    --------
    write_dicom_seg : The same for hospitals.
    classicseg.write_labels : Writes labels in the format and the place of their image.

    Examples
    --------
    >>> from classicseg.extras.exports import write_nifti
    >>> write_nifti("labels.nii.gz", labels, spacing=(3, 1, 1))  # doctest: +SKIP
    """
    segments = as_labels(labels)
    if segments.ndim not in (2, 3):
        raise ValueError(f"labels have shape {segments.shape}; expected a plane or a volume, of two or three axes")
    if like is not None:
        check_like(segments.shape, like)
    steps = as_spacing(spacing, segments.ndim)
    placed = along_axes(steps) if affine is None else in_array_order(_as_affine(affine))
    if affine is not None and segments.ndim == 2:
        placed = placed[:, 1:]
    place = like or Geometry("arrays", segments.shape, "ZYX"[-segments.ndim :], placed, "RAS", "mm")
    with replacing(path) as file:
        write(file, segments, place)


def _as_affine(affine: ArrayLike) -> np.ndarray:
    """Parse an invertible affine."""
    array, _ = as_array("affine", affine, "iuf", "real numbers")
    found = array.astype(np.float64)
    if found.shape != (4, 4) or not np.isfinite(found).all() or not np.linalg.det(found):
        raise ValueError(f"affine has shape {found.shape}; expected (4, 4), finite and invertible")
    return found
