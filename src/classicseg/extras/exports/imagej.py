"""ImageJ's sets of regions of interest: a .zip of one .roi file for each label.

A file begins with 64 bytes: what it is, its box, how many points. A piece without holes is a traced outline, its
points as 16-bit numbers from the corner of the box; anything else is a composite: a path of floats that moves,
draws and closes. A second header has the plane of a stack and where the name is.
"""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.image import as_labels
from classicseg.extras.exports.segments import color_of, outlined
from classicseg.extras.files import replacing
from classicseg.types import RegionOutline

_VERSION = 228
_COMPOSITE, _TRACED = 1, 8
_MOVE, _DRAW, _CLOSE = 0.0, 1.0, 4.0
_LARGEST = 2**15 - 1
"""Coordinates and numbers of points up to here are whole numbers of 16 bits; beyond, floats."""
_LARGEST_FLOAT = 2**24
"""32-bit floats hold every integer up to here."""
_SECOND = 64
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The first time that a .zip can name: the same labels are the same file."""


def write_imagej_rois(path: str | os.PathLike[str], labels: ArrayLike, *, tolerance: float = 0.0) -> None:
    """Write segments as a set of regions of interest for ImageJ and Fiji.

    Parameters
    ----------
    path : path-like
        Where to write, a .zip.
    labels : array_like of int or bool, shape (M, N) or (P, M, N)
        Segments; 0 belongs to none. Of a volume each plane has regions of its own, on that slice of the stack.
    tolerance : float, default 0.0
        How far, in pixels, points that are left out may lie from the line that replaces them. 0: none is left out.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, or `tolerance` is no number.
    ValueError
        If `labels` has one axis or more than three, is empty or holds numbers outside 0 … 2147483647.
    OSError
        If it cannot be written.

    See Also
    --------
    write_qupath : For QuPath.

    Notes
    -----
    Points are corners of pixels, as ImageJ's wand finds them: a region measures the pixels of its label, holes and
    all pieces included. The names are the labels, of volumes with the slice, from 1, in front.

    Examples
    --------
    >>> import tempfile, zipfile
    >>> from classicseg.extras.exports import write_imagej_rois
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_imagej_rois(f"{folder}/rois.zip", [[1, 1, 2]])
    ...     zipfile.ZipFile(f"{folder}/rois.zip").namelist()
    ['00001.roi', '00002.roi']
    """
    segments = as_labels(labels)
    if segments.ndim not in (2, 3) or max(segments.shape) > _LARGEST_FLOAT:
        raise ValueError(
            f"labels have shape {segments.shape}; expected a plane, (M, N), or a stack, (P, M, N), of at most "
            f"{_LARGEST_FLOAT} pixels along each axis"
        )
    with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _files(segments, tolerance):
            archive.writestr(zipfile.ZipInfo(f"{name}.roi", _LONG_AGO), content, zipfile.ZIP_DEFLATED)


def _files(segments: NDArray[np.int32], tolerance: float) -> Iterator[tuple[str, bytes]]:
    """The name and the content of the file of each label, plane by plane."""
    if segments.ndim == 2:
        for label, pieces in outlined(segments, tolerance):
            yield f"{label:05d}", _roi(f"{label:05d}", pieces, 0)
        return
    for plane, inside in enumerate(segments, 1):
        for label, pieces in outlined(inside, tolerance):
            name = f"{plane:04d}-{label:05d}"
            yield name, _roi(name, pieces, plane)


def _roi(name: str, pieces: list[RegionOutline], plane: int) -> bytes:
    """One file: the header, the points, the second header and the name."""
    points = np.concatenate([piece.exterior for piece in pieces])
    (top, left), (bottom, right) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    is_plain = len(pieces) == 1 and not pieces[0].holes and max(bottom, right, len(points)) <= _LARGEST
    if is_plain:
        kind, n_points, n_floats = _TRACED, len(points), 0
        coordinates = (points[:, ::-1] - [left, top]).T.astype(">i2").tobytes()
    else:
        path = _path(pieces)
        kind, n_points, n_floats = _COMPOSITE, 0, len(path)
        coordinates = path.tobytes()
    box = [min(value, _LARGEST) for value in (top, left, bottom, right)]
    color = 0xFF000000 | int.from_bytes(bytes(color_of(int(name[-5:]))), "big")
    head = io.BytesIO()
    head.write(struct.pack(">4shBB4hH4f", b"Iout", _VERSION, kind, 0, *box, n_points, 0, 0, 0, 0))
    head.write(struct.pack(">hiIIhhBBhii", 0, n_floats, color, 0, 0, 0, 0, 0, 0, plane, 64 + len(coordinates)))
    text = name.encode("utf-16-be")
    second = struct.pack(">iiiiii", 0, 0, 0, 0, 64 + len(coordinates) + _SECOND, len(name))
    return head.getvalue() + coordinates + second.ljust(_SECOND, b"\0") + text


def _path(pieces: list[RegionOutline]) -> NDArray[np.float32]:
    """All rings as one path: move to the first point, draw to the others, close."""
    parts = []
    for piece in pieces:
        for ring in (piece.exterior, *piece.holes):
            steps = np.full((len(ring), 3), _DRAW)
            steps[0, 0] = _MOVE
            steps[:, 1:] = ring[:, ::-1]
            parts += [steps.reshape(-1), np.array([_CLOSE])]
    return np.concatenate(parts).astype(">f4")
