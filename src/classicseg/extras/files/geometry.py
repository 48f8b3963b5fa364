"""Where the pixels of a file are: the length of a step along each axis, and the coordinates of each pixel.

A reader makes a `Geometry` of what the file says, and a writer says the same of the labels. Axes run as in the
array, the slowest first; coordinates run as the file has them, x first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

_SPACE = "ZYX"
_SHEAR = 1e-3
"""Axes are at right angles where the cosine between two is less: headers have 32-bit floats, rounded texts."""


class Geometry(NamedTuple):
    """Where the pixels of a file are, and what else a file of their labels must say again."""

    format: str
    """What says it: "NIfTI", "NRRD", "MetaImage", "DICOM", "GeoTIFF", "ImageJ", "OME" or the format of a
    microscope."""
    shape: tuple[int, ...]
    """The length of each axis, without channels."""
    axes: str
    """A letter for each axis, as in TIFF: Z, Y and X of space, T of time, Q where it is not known."""
    affine: NDArray[np.float64] | None = None
    """Takes the indices of a pixel along the axes, and 1, to the coordinates x, y[, z] of its center, and 1; None
    where there is none, as with control points."""
    frame: str | None = None
    """What the coordinates are of: "RAS" or "LPS" (they grow to a patient's right, front and head, or left, back
    and head), "EPSG:32618", …; None where the file does not say."""
    unit: str | None = None
    """Of the coordinates in space: "mm", "µm", "m", …; None where the file does not say."""
    header: Any = None
    """What the writer of the format repeats as it stands."""

    @property
    def spacing(self) -> tuple[float, ...] | None:
        """The length of a step along each axis; None where there is none: no affine, a shear, or degrees."""
        if self.affine is None or self.unit == "degree" or self.is_sheared:
            return None
        return tuple(_steps(self.affine).tolist())

    @property
    def is_sheared(self) -> bool:
        """Whether two axes are not at right angles, so that no spacing tells distances."""
        if self.affine is None:
            return False
        unit = self.affine[:-1, :-1] / np.maximum(_steps(self.affine), 1e-300)
        cosines = unit.T @ unit - np.eye(unit.shape[1])
        return bool(np.abs(cosines).max(initial=0) > _SHEAR)


def _steps(affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far a step along each axis leads, rounded to what a 32-bit header holds."""
    lengths = np.sqrt(np.square(affine[:-1, :-1]).sum(axis=0))
    return np.array([float(f"{length:.6g}") for length in lengths])


def relative_spacing(axes: str, spacing: Sequence[float]) -> tuple[float, ...] | None:
    """The steps along the axes of space beside the shortest of them; None where all are equal.

    So a length of a method, such as a sigma, is one in pixels of the finest axis, whatever the unit of the file
    is.
    """
    space = [step for name, step in zip(axes, spacing, strict=True) if name in _SPACE] or list(spacing)
    least = min(space)
    if not 0 < least < np.inf:
        return None
    steps = tuple(
        round(step / least, 6) if name in _SPACE else 1.0 for name, step in zip(axes, spacing, strict=True)
    )
    return None if set(steps) == {1.0} else steps


def in_array_order(affine: ArrayLike) -> NDArray[np.float64]:
    """An affine that takes x, y, z and 1, as files have them, as one of the indices of an array."""
    given = np.asarray(affine, np.float64)
    return np.concatenate([given[:, -2::-1], given[:, -1:]], axis=1)


def placed(directions: ArrayLike, origin: ArrayLike) -> NDArray[np.float64]:
    """The affine of the step along each axis (rows, in the order of the array), and of the first pixel's place."""
    steps, first = np.asarray(directions, np.float64), np.asarray(origin, np.float64)
    affine = np.zeros((len(first) + 1, len(steps) + 1))
    affine[:-1, :-1], affine[:-1, -1], affine[-1, -1] = steps.T, first, 1
    return affine


def along_axes(steps: Sequence[float]) -> NDArray[np.float64]:
    """The affine of a grid whose axes are those of its coordinates, from 0 on, by its steps in the array's
    order."""
    return placed(np.diag(np.asarray(steps, np.float64))[:, ::-1], np.zeros(len(steps)))


def between_patients(affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """From LPS to RAS, or back."""
    turned = affine.copy()
    turned[:2] *= -1
    return turned


def check_like(shape: Sequence[int], like: Geometry) -> None:
    """See that labels are of the pixels that a geometry is of."""
    if tuple(shape) != like.shape:
        raise ValueError(
            f"labels have shape {tuple(shape)}, and the geometry is of {like.shape} pixels; expected the same; "
            "take the geometry of the image that was segmented"
        )
