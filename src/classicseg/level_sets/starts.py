"""Where contours start: what a caller drew, a box, a grid of squares, or all but the border."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.arrays import as_array
from classicseg._core.image import Image, as_labels
from classicseg._core.numbers import as_choice, shown

_SQUARE = 5
"""Squares of a grid are so many pixels wide, those in the middle twice as wide."""


def as_start(init: Any, image: Image, word: str) -> NDArray[np.bool_]:
    """Parse a start: the word for the one that needs nothing, labels or bool, or a box."""
    if isinstance(init, str):
        as_choice("init", init, [word], "labels, a box or ")
        return grid_of_squares(image.shape) if word == "grid" else within(image.mask_array())
    array, _ = as_array("init", init, "iub", f"labels, a box or {word!r}")
    if array.shape == image.shape:
        return as_labels(init, "init") > 0
    if array.shape != (len(image.shape), 2):
        raise ValueError(
            f"init has shape {array.shape}; expected labels or bool of shape {image.shape}, or a box of shape "
            f"({len(image.shape)}, 2), the first index of each axis and the one after the last"
        )
    start = np.zeros(image.shape, bool)
    for (first, stop), length in zip(array.tolist(), image.shape, strict=True):
        if not 0 <= first < stop <= length:
            raise ValueError(
                f"init is the box {shown(array.tolist())}; expected 0 <= first < stop <= {length}, the length of "
                "the axis, for each axis"
            )
    start[tuple(slice(first, stop) for first, stop in array.tolist())] = True
    return start


def grid_of_squares(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Squares like those of a chessboard, mirrored about the middle of each axis."""
    numbers = [np.abs(2 * np.arange(length) - (length - 1)) // (2 * _SQUARE) for length in shape]
    return functools.reduce(np.add.outer, numbers) % 2 == 0


def within(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels all of whose neighbors, corners too, take part."""
    padded, found = np.pad(mask, 1), mask.copy()
    for starts in itertools.product(range(3), repeat=mask.ndim):
        found &= padded[tuple(slice(s, s + length) for s, length in zip(starts, mask.shape, strict=True))]
    return found
