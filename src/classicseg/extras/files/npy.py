"""NumPy's own files: arrays of numbers, never Python objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files.pictures import ImageFileError, Stored, check_size

NPY_START = b"\x93NUMPY"


def read_npy(path: Path, max_pixels: int) -> Stored:
    """Read a ``.npy`` file."""
    array, channel_axis = open_npy(path)
    check_size(array.shape[:channel_axis], max_pixels)
    return Stored(np.array(array), channel_axis)


def is_npy(path: Path) -> bool:
    """Whether a file is an array of NumPy, which does not say what its axes are."""
    with path.open("rb") as file:
        return file.read(len(NPY_START)) == NPY_START


def open_npy(path: Path) -> tuple[NDArray[Any], int | None]:
    """Map a ``.npy`` file, and find the axis of its channels."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        if "object" in str(error).lower():
            raise ImageFileError("holds Python objects; expected numbers; save it as numbers") from None
        raise
    if array.dtype.kind not in "biuf":
        raise ImageFileError(f"has dtype {str(array.dtype)[:60]}; expected real numbers; cast it first")
    if array.ndim < 2 or not array.size:
        raise ImageFileError(f"has shape {array.shape}; expected two axes or more that hold pixels; reshape it")
    return array, array.ndim - 1 if array.ndim > 2 and array.shape[-1] <= 4 else None
