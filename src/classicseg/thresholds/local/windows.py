"""Images with a window around every pixel, as the kernels of local thresholds read them.

What is computed. The window of a pixel is a box of odd side lengths around it, cut at the border of the image. A
method finds a threshold T from those pixels of the window that take part, and labels the pixel, of value v: 1
where v < T, 2 where v >= T, 0 where the pixel takes no part.

Layout. An image with any number of axes is seen as rows of a plane, (rows, pixels of a plane): the first axis
counts the rows, all other axes lie flat within the plane. A volume of 20 slices of 30 x 40 has 20 rows of 1200
pixels. A kernel works on the rows `start` to `stop`: it moves the window down from row to row, and within each row
along the axes of the plane. It writes labels and returns how many of them are 1.

Why results are exact. Sums over windows are sums of whole numbers in int64, so that the order of additions does
not matter, and a sum that slides along an axis never drifts. uint8 and uint16 are whole numbers as they are.
Floats are quantized as their rows are read: to whole levels between the least and the greatest value (`Scale`).
That rounds, and one far value makes the levels coarse. So a kernel labels a pixel of floats only if the rounding
cannot have decided, and leaves label 0 otherwise; `doubts` decides those pixels by finer levels, or without
rounding.
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
    """An image of one channel as rows of a plane, and the size of the window around each of its pixels."""

    values: NDArray[Any]
    inside: NDArray[np.uint8]
    """Of the shape of `values`, or no rows where every pixel takes part: 0 where a pixel takes none, else 1, or a
    mark of more, which `least_summed` is compared with."""
    shape: tuple[int, ...]
    sizes: tuple[int, ...]
    """The side lengths of the window, one an axis."""
    n_pixels: int
    """How many pixels take part, in the full image where this is a part of it."""
    extremes: NDArray[Any]
    """The least and the greatest value that takes part, in the full image."""
    full_shape: tuple[int, ...]
    """The shape of the full image; that of this one, where it is no part."""
    own_extremes: tuple[float, float]
    """The least and the greatest value that takes part here; of floats alone."""
    least_summed: int = 1
    """A pixel is summed where `inside` is so much or more."""

    @property
    def value_range(self) -> float:
        """The greatest value less the least one."""
        return float(self.extremes[1]) - float(self.extremes[0])

    @property
    def most_in_window(self) -> int:
        """The most pixels that a window holds. A masked border does not count."""
        return min(math.prod(self.sizes), self.n_pixels)

    def scale(self, bits: int, extremes: tuple[float, float] | None = None) -> Scale:
        """Levels of at most so many bits between two extremes, by default its own; the quantum is a power of
        two."""
        if self.values.dtype.kind == "u":
            return Scale(0.0, 1.0)
        low, high = extremes or self.own_extremes
        quantum = math.ldexp(1.0, math.frexp(high - low)[1] - bits) if high > low else 1.0
        return Scale(low, 1.0 / quantum)

    def levels(self, scale: Scale) -> Levels:
        """The pixels as whole levels, as kernels take them."""
        return Levels(self.values, self.inside, self.least_summed, scale)

    def part(self, low: NDArray[np.int64], high: NDArray[np.int64]) -> tuple[WindowedImage, NDArray[np.int64]]:
        """Cut out a box together with the windows of its pixels, and say where in the image the result begins."""
        radii = self._radii(self.sizes)
        first, last = np.maximum(low - radii, 0), np.minimum(high + radii, self.shape)
        cut = tuple(map(slice, first.tolist(), last.tolist()))
        shape = tuple((last - first).tolist())
        values, inside = (
            read_only(np.ascontiguousarray(array.reshape(self.shape)[cut]).reshape(shape[0], -1))
            if len(array)
            else array[:, : math.prod(shape[1:])]
            for array in (self.values, self.inside)
        )
        extremes, _ = _statistics(values, inside > 0 if len(inside) else None)
        own_extremes = float(extremes[0]), float(extremes[1])
        return replace(self, values=values, inside=inside, shape=shape, own_extremes=own_extremes), first

    def window(self, sizes: tuple[int, ...] | None = None) -> Window:
        """The window as kernels take it; `sizes` stand in for its own side lengths."""
        lengths = self.shape[1:]
        radii = self._radii(sizes or self.sizes)
        axes = [
            (math.prod(lengths[:a]), length, math.prod(lengths[a + 1 :]), radii[a + 1])
            for a, length in enumerate(lengths)
        ]
        counts = box_sums_numpy(np.ones(lengths, np.int64), np.array(radii[1:]))
        return Window(radii[0], np.array(axes, np.int64), counts.ravel())

    def run(self, kernel: Callable[..., Any], *arguments: Any) -> list[Any]:
        """Run a kernel over bands of rows that are long beside the window, whose rows each band visits first."""
        n_rows, row_size = self.values.shape
        height = min(self.sizes[0], n_rows)
        band = max(_BAND_PIXELS // row_size, min(4 * height, n_rows // 8), height // 2, 1)
        return run_bands(kernel, n_rows, max(1, _BAND_PIXELS // band), *arguments)

    def _radii(self, sizes: tuple[int, ...]) -> list[int]:
        """Half the side lengths, cut at the lengths of the image."""
        return [min(size // 2, n) for size, n in zip(sizes, self.shape, strict=True)]


_BAND_PIXELS = 2**18


class WholeImage(NamedTuple):
    """What an image that is a part of another must know of that one."""

    extremes: tuple[float, float]
    """The least and the greatest value that takes part."""
    n_pixels: int
    """How many pixels take part."""
    shape: tuple[int, ...]


def as_windowed(image: Image, sizes: tuple[int, ...], whole: WholeImage | None = None) -> WindowedImage:
    """See an image of one channel as rows of a plane; each pixel of a line is a row."""
    n_axes = max(2, len(image.shape))
    shape = (*image.shape, 1)[:n_axes]
    values = image.values.reshape(shape[0], -1)
    mask = None if image.mask is None else image.mask.reshape(values.shape)
    inside = np.zeros((0, values.shape[1]), np.uint8) if mask is None else mask.view(np.uint8)
    own = whole if whole and values.dtype.kind == "u" else WholeImage(*_statistics(values, mask), image.shape)
    extremes, n_pixels, full_shape = whole or own
    return WindowedImage(
        values=values,
        inside=read_only(inside),
        shape=shape,
        sizes=(*sizes, 1)[:n_axes],
        n_pixels=n_pixels,
        extremes=np.array(extremes, values.dtype),
        full_shape=(*full_shape, 1)[:n_axes],
        own_extremes=(float(own.extremes[0]), float(own.extremes[1])),
    )


def _statistics(values: NDArray[Any], mask: NDArray[np.bool_] | None) -> tuple[tuple[Any, Any], int]:
    """The extremes of the values that take part, and how many do."""
    if mask is None:
        return (values.min(), values.max()), values.size
    if not mask.any():
        return (0, 0), 0
    limits = np.iinfo(values.dtype) if values.dtype.kind == "u" else np.finfo(values.dtype)
    least = np.min(values, where=mask, initial=limits.max)
    return (least, np.max(values, where=mask, initial=limits.min)), int(np.count_nonzero(mask))


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """A view that is not written to: kernels are compiled for one kind of array."""
    view = array.view()
    view.flags.writeable = False
    return view


class Window(NamedTuple):
    """The box around each pixel of an image that is seen as rows of a plane."""

    radius: int
    """Down the rows."""
    axes: NDArray[np.int64]
    """(axes of the plane, 4): for each axis the number of blocks before it, its length, the pixels from one index
    of it to the next, and the radius of the window along it."""
    counts: NDArray[np.int64]
    """How many pixels of its own row the window of each pixel of a row holds."""


class Scale(NamedTuple):
    """How floats become whole levels: ``(value - low) * inverse``, rounded; uint8 and uint16 are levels."""

    low: float
    inverse: float
    """1 / quantum."""


class Levels(NamedTuple):
    """The pixels of an image to be read as whole levels: fields of `WindowedImage`, and a scale."""

    values: NDArray[Any]
    inside: NDArray[np.uint8]
    least_summed: int
    scale: Scale


def levels_numpy(values: NDArray[Any], scale: Scale) -> NDArray[np.int64]:
    """The whole levels of values."""
    if values.itemsize <= 2:
        return values.astype(np.int64)
    levels = np.rint((values.astype(np.float64) - scale.low) * scale.inverse)
    return np.clip(levels, -(2.0**62), 2.0**62).astype(np.int64)  # beyond lies only what takes no part


def box_sums_numpy(numbers: NDArray[np.int64], radii: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sums over boxes, cut at the border: differences of cumulative sums, along one axis after the other."""
    for axis, radius in enumerate(radii):
        length = numbers.shape[axis]
        index = np.arange(length)
        zero = np.zeros((*numbers.shape[:axis], 1, *numbers.shape[axis + 1 :]), np.int64)
        running = np.concatenate([zero, np.cumsum(numbers, axis=axis)], axis=axis)
        ahead = running.take(np.minimum(index + radius + 1, length), axis=axis)
        numbers = ahead - running.take(np.maximum(index - radius, 0), axis=axis)
    return numbers


def shape_of(values: NDArray[Any], window: Window) -> tuple[int, ...]:
    """The shape of the image before it was seen as rows of a plane."""
    return (len(values), *window.axes[:, 1].tolist())


def radii_of(window: Window) -> NDArray[np.int64]:
    """The radii of the window along all axes."""
    return np.array([window.radius, *window.axes[:, 3].tolist()])


def write_labels_numpy(
    bright: NDArray[np.bool_], inside: NDArray[np.uint8], labels: NDArray[np.int32], start: int, stop: int
) -> int:
    """Label a band of rows 1 or 2, and 0 where a pixel takes no part; return how many are 1."""
    labels[start:stop] = 1 + bright.reshape(stop - start, -1)
    if len(inside):
        labels[start:stop][inside[start:stop] == 0] = 0
    return int(np.count_nonzero(labels[start:stop] == 1))


@kernel()
def level(values: NDArray[Any], row: int, i: int, scale: Scale) -> np.int64:
    """The whole level of a value. The size of the type is known when this is compiled: one branch stays."""
    if values.itemsize <= 2:
        return np.int64(values[row, i])
    return np.int64(np.rint((np.float64(values[row, i]) - scale.low) * scale.inverse))


@kernel()
def hide_row(inside: NDArray[np.uint8], row: int, labels: NDArray[np.int32]) -> int:
    """Label what takes no part 0, and return how many of those pixels were class 1."""
    n_dark = 0
    for i in range(labels.shape[1]):
        if inside[row, i] == 0:
            n_dark += labels[row, i] == 1
            labels[row, i] = 0
    return n_dark


@kernel()
def n_hidden(inside: NDArray[np.uint8], row: int, labels: NDArray[np.int32], label: int) -> int:
    """How many pixels that take no part have a label."""
    count = 0
    for i in range(labels.shape[1]):
        count += int((inside[row, i] == 0) & (labels[row, i] == label))
    return count
