"""YOLO's text of polygons: a line for each object, its class and x, y in turn, as shares of width and height."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import ArrayLike

from classicseg.extras.exports.segments import as_plane, cut_open, outlined
from classicseg.extras.files import replacing


def write_yolo(
    path: str | os.PathLike[str], labels: ArrayLike, *, is_class: bool = False, tolerance: float = 0.0
) -> None:
    """Write segments as text that YOLO trains on.

    Parameters
    ----------
    path : path-like
        Where to write: the name of the image's file with .txt, in a folder ``labels`` beside that of the images.
    labels : array_like of int or bool, shape (M, N)
        Segments; 0 belongs to none.
    is_class : bool, default False
        Whether the labels are classes: label 1 is class 0. Regions are all of class 0.
    tolerance : float, default 0.0
        How far, in pixels, points that are left out may lie from the line that replaces them. 0: none is left out.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, or `tolerance` is no number.
    ValueError
        If `labels` is not a plane, is empty or holds numbers outside 0 … 2147483647.
    OSError
        If it cannot be written.

    See Also
    --------
    write_coco : Holds holes, and segments in several pieces, too.

    Notes
    -----
    A line holds one polygon: a segment of several pieces becomes several objects, and a line as thin as none leads
    into each hole.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from classicseg.extras.exports import write_yolo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_yolo(f"{folder}/image.txt", [[0, 3]])
    ...     Path(f"{folder}/image.txt").read_text()
    '0 0.5 0 1 0 1 1 0.5 1\\n'
    """
    plane = as_plane(labels)
    size = np.array(plane.shape[::-1], np.float64)
    with replacing(path) as file:
        for one in outlined(plane, tolerance):
            kind = one.label - 1 if is_class else 0
            for piece in one.pieces:
                shares = (cut_open(piece)[:, ::-1] / size).reshape(-1).tolist()
                file.write(f"{kind} {' '.join(f'{share:.9g}' for share in shares)}\n".encode("ascii"))
