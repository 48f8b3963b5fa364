"""The window around every pixel: a box, cut at the border of the image.

An image is seen as rows of a plane: (rows, pixels of a plane). `marks` have the same shape, 0 where a pixel takes
no part, or no rows where all do. Kernels of the modules window_* run over bands of rows and split each pixel v at
a threshold T that its window gives: they write labels (1 where v < T, 2 where v >= T, 0 where a pixel takes no
part) and return how many are 1.

Sums over windows are sums of whole numbers, so that no order of adding counts and nothing drifts: the values of
uint8 and uint16, and for floats whole levels between the least and the greatest value, made as the rows come in.
Levels of floats are rounded, and one far value makes them coarse. So kernels leave a pixel of floats in doubt
(label 0) where the rounding could decide, and `doubts` decides those by finer levels or without rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import Image
from classicseg._core.kernel import kernel


@dataclass(frozen=True, eq=False)
class WindowedImage:
    """An image as rows of a plane, and the size of the window around each of its pixels."""

    values: NDArray[Any]
    marks: NDArray[np.uint8]
    """1 where a pixel takes part, 0 elsewhere; no rows where all do."""
    shape: tuple[int, ...]
    sizes: tuple[int, ...]
    """The window, one length an axis."""
    n_pixels: int
    """How many pixels take part, also of those that are not in this part."""
    ends: NDArray[Any]
    """The least and the greatest value that takes part."""
    reaches: tuple[int, ...]
    """How long the image is along each axis: longer than `shape`, where this is a part of it."""
    own_ends: tuple[float, float]
    """The least and the greatest value of floats that takes part in this part."""
    least: int = 1
    """The mark from which on a pixel is summed."""

    @property
    def span(self) -> float:
        return float(self.ends[1]) - float(self.ends[0])

    @property
    def n_around(self) -> int:
        """The most pixels that a window holds. A masked border does not count."""
        return min(math.prod(self.sizes), self.n_pixels)

    def scale(self, bits: int, ends: tuple[float, float] | None = None) -> Scale:
        """Levels of at most so many bits between two ends, by default its own; each a power of two."""
        if self.values.dtype.kind == "u":
            return Scale(0.0, 1.0)
        low, high = ends or self.own_ends
        step = math.ldexp(1.0, math.frexp(high - low)[1] - bits) if high > low else 1.0
        return Scale(low, 1.0 / step)

    def part(self, low: NDArray[np.int64], high: NDArray[np.int64]) -> tuple[WindowedImage, NDArray[np.int64]]:
        """Cut out a box with the windows of its pixels, and say where in the image that begins."""
        radii = [min(size // 2, n) for size, n in zip(self.sizes, self.shape, strict=True)]
        first, last = np.maximum(low - radii, 0), np.minimum(high + radii, self.shape)
        cut = tuple(map(slice, first.tolist(), last.tolist()))
        shape = tuple((last - first).tolist())
        values, marks = (
            read_only(np.ascontiguousarray(array.reshape(self.shape)[cut]).reshape(shape[0], -1))
            if len(array)
            else array[:, : math.prod(shape[1:])]
            for array in (self.values, self.marks)
        )
        ends, _ = _known_of(values, marks > 0 if len(marks) else None)
        own_ends = float(ends[0]), float(ends[1])
        return replace(self, values=values, marks=marks, shape=shape, own_ends=own_ends), first

    def window(self, sizes: tuple[int, ...] | None = None) -> Window:
        lengths = self.shape[1:]
        radii = [min(size // 2, n) for size, n in zip(sizes or self.sizes, self.shape, strict=True)]
        axes = [
            (math.prod(lengths[:a]), length, math.prod(lengths[a + 1 :]), radii[a + 1])
            for a, length in enumerate(lengths)
        ]
        reach = box_sums_numpy(np.ones(lengths, np.int64), np.array(radii[1:]))
        return Window(radii[0], np.array(axes, np.int64), reach.ravel())

    def run(self, kernel: Callable[..., Any], *arguments: Any) -> list[Any]:
        """Run a kernel over bands that are long beside the window, whose rows each of them visits first."""
        n_rows, row_size = self.values.shape
        height = min(self.sizes[0], n_rows)
        band = max(_BAND // row_size, min(4 * height, n_rows // 8), height // 2, 1)
        return run_bands(kernel, n_rows, max(1, _BAND // band), self.values, *arguments)


_BAND = 2**18


class FieldSpan(NamedTuple):
    """What a field that is a part of an image must know of the whole."""

    ends: tuple[float, float]
    """The least and the greatest value that takes part."""
    n_pixels: int
    """How many pixels take part."""
    shape: tuple[int, ...]


def as_field(image: Image, sizes: tuple[int, ...], whole: FieldSpan | None = None) -> WindowedImage:
    """See an image of one channel as rows of a plane; of a line each pixel is a row."""
    n_axes = max(2, len(image.shape))
    shape = (*image.shape, 1)[:n_axes]
    values = image.values.reshape(shape[0], -1)
    inside = None if image.mask is None else image.mask.reshape(values.shape)
    marks = np.zeros((0, values.shape[1]), np.uint8) if inside is None else inside.view(np.uint8)
    own = whole if whole and values.dtype.kind == "u" else FieldSpan(*_known_of(values, inside), image.shape)
    ends, n_pixels, reaches = whole or own
    of_dtype, reaches = np.array(ends, values.dtype), (*reaches, 1)[:n_axes]
    own_ends = float(own.ends[0]), float(own.ends[1])
    return WindowedImage(
        values, read_only(marks), shape, (*sizes, 1)[:n_axes], n_pixels, of_dtype, reaches, own_ends
    )


def _known_of(values: NDArray[Any], inside: NDArray[np.bool_] | None) -> tuple[tuple[Any, Any], int]:
    """The extremes of what takes part, and how much does."""
    if inside is None:
        return (values.min(), values.max()), values.size
    if not inside.any():
        return (0, 0), 0
    limits = np.iinfo(values.dtype) if values.dtype.kind == "u" else np.finfo(values.dtype)
    least = np.min(values, where=inside, initial=limits.max)
    return (least, np.max(values, where=inside, initial=limits.min)), int(np.count_nonzero(inside))


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """A view that is not written to: kernels are compiled for one kind of array."""
    view = array.view()
    view.flags.writeable = False
    return view


class Window(NamedTuple):
    """The box around a pixel of an image seen as rows of a plane."""

    radius: int
    """Down the rows."""
    axes: NDArray[np.int64]
    """(axes of the plane, 4): outer, length, inner, radius."""
    reach: NDArray[np.int64]
    """How many pixels of its own plane the window of each pixel of a plane has."""


class Scale(NamedTuple):
    """How values become whole levels: ``(value - low) * inverse``, rounded; uint8 and uint16 are levels."""

    low: float
    inverse: float


def levels_numpy(values: NDArray[Any], scale: Scale) -> NDArray[np.int64]:
    """The whole levels of values."""
    if values.itemsize <= 2:
        return values.astype(np.int64)
    levels = np.rint((values.astype(np.float64) - scale.low) * scale.inverse)
    return np.clip(levels, -(2.0**62), 2.0**62).astype(np.int64)  # beyond lies only what takes no part


def box_sums_numpy(numbers: NDArray[np.int64], radii: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sums over boxes, cut at the border."""
    for axis, radius in enumerate(radii):
        length = numbers.shape[axis]
        place = np.arange(length)
        first = np.zeros((*numbers.shape[:axis], 1, *numbers.shape[axis + 1 :]), np.int64)
        running = np.concatenate([first, np.cumsum(numbers, axis=axis)], axis=axis)
        ahead = running.take(np.minimum(place + radius + 1, length), axis=axis)
        numbers = ahead - running.take(np.maximum(place - radius, 0), axis=axis)
    return numbers


def shape_of(values: NDArray[Any], window: Window) -> tuple[int, ...]:
    return (len(values), *window.axes[:, 1].tolist())


def radii_of(window: Window) -> NDArray[np.int64]:
    return np.array([window.radius, *window.axes[:, 3].tolist()])


def write_labels_numpy(
    bright: NDArray[np.bool_], marks: NDArray[np.uint8], labels: NDArray[np.int32], start: int, stop: int
) -> int:
    labels[start:stop] = 1 + bright.reshape(stop - start, -1)
    if len(marks):
        labels[start:stop][marks[start:stop] == 0] = 0
    return int(np.count_nonzero(labels[start:stop] == 1))


@kernel()
def level(values: NDArray[Any], row: int, i: int, scale: Scale) -> np.int64:
    """The whole level of a value. The size of the type is known when this is compiled: one branch stays."""
    if values.itemsize <= 2:
        return np.int64(values[row, i])
    return np.int64(np.rint((np.float64(values[row, i]) - scale.low) * scale.inverse))


@kernel()
def hide_row(marks: NDArray[np.uint8], row: int, labels: NDArray[np.int32]) -> int:
    """Label what takes no part 0, and return how many of them were class 1."""
    n_dark = 0
    for i in range(labels.shape[1]):
        if marks[row, i] == 0:
            n_dark += labels[row, i] == 1
            labels[row, i] = 0
    return n_dark


@kernel()
def n_hidden(marks: NDArray[np.uint8], row: int, labels: NDArray[np.int32], label: int) -> int:
    """How many pixels that take no part have a label."""
    count = 0
    for i in range(labels.shape[1]):
        count += int((marks[row, i] == 0) & (labels[row, i] == label))
    return count
