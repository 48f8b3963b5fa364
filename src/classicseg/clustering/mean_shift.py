"""Mean shift: each pixel's window of place and color moves to the mean of what it holds, until it rests at a mode.

The kernel is flat: a window holds the pixels within one radius of its center in space and within another of its
mean in color. Colors, and their means, are whole 256ths of the radius in color, and a window's center is a pixel.
So sums are exact in any order, no corner is favored, and a window comes to rest exactly.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import Image, as_canonical
from classicseg._core.kernel import kernel

STEPS = 256
"""So many steps of color is the radius."""

_LIMIT = np.float32(STEPS**2)
_CHANNELS = 3
"""So many channels are summed side by side; fewer are filled up with zeros."""
_VECTOR = 8
"""Lines of a window are read in whole vectors; what lies behind their ends does not count."""
_PIECE = 2**12
"""So many windows are looked at together where NumPy computes."""
_FARTHEST = 1e290
"""Colors are at most so many steps from 0."""


class Window(NamedTuple):
    """The pixels near a center, as lines along the last axis."""

    starts: NDArray[np.int64]
    """(n,), from the center to the first pixel of each line, in the flat padded grid."""
    lengths: NDArray[np.int64]
    """(n,)"""
    steps: NDArray[np.int64]
    """(n, ndim), from the center to the first pixel of each line, along each axis."""


def mode_colors(
    image: Image, spatial_radius: float, range_radius: float, max_iter: int, spacing: tuple[float, ...]
) -> Image:
    """Give each pixel the color of its mode, in steps: 256ths of `range_radius`."""
    sides = zip(image.shape, spacing, strict=True)
    reach = [min(length - 1, int(spatial_radius / unit)) for length, unit in sides]
    grid = _Grid(image.shape, reach)
    window = _window(grid, spatial_radius, spacing)
    n_pixels = int(window.lengths.sum())
    values = _padded_colors(image, range_radius, grid, n_pixels)
    n_lines = math.prod(image.shape[:-1])
    inside = image.mask_array().reshape(n_lines, -1)
    modes = np.zeros((*inside.shape, image.n_channels))
    row_size = inside.shape[1] * max(1, n_pixels // 4)  # a band is some tens of milliseconds
    run_bands(_seek, n_lines, row_size, values, window, grid.strides, grid.nodes(), inside, max_iter, modes)
    return Image(as_canonical(modes.reshape(image.values.shape)), image.mask)


class _Grid(NamedTuple):
    """An image padded as far as a window reaches."""

    shape: tuple[int, ...]
    reach: list[int]

    @property
    def padded(self) -> tuple[int, ...]:
        """The shape with the padding."""
        return tuple(length + 2 * r for length, r in zip(self.shape, self.reach, strict=True))

    @property
    def strides(self) -> NDArray[np.int64]:
        """The flat offset of one step along each axis."""
        return np.cumprod([1, *self.padded[:0:-1]], dtype=np.int64)[::-1].copy()

    @property
    def inner(self) -> tuple[slice, ...]:
        """Where the image is."""
        return tuple(slice(r, r + length) for length, r in zip(self.shape, self.reach, strict=True))

    def nodes(self) -> NDArray[np.int64]:
        """The flat index of the first pixel of each line along the last axis."""
        others = self.shape[:-1]
        indices = np.indices(others).reshape(len(others), math.prod(others))
        starts = np.array(self.reach[:-1], np.int64) @ self.strides[:-1] + self.reach[-1]
        return starts + self.strides[:-1] @ indices


def _window(grid: _Grid, radius: float, spacing: tuple[float, ...]) -> Window:
    """The lines of the ellipsoid of a radius, in units of `spacing`."""
    around = np.meshgrid(*(np.arange(-r, r + 1) for r in grid.reach), indexing="ij")
    squares = sum((steps * unit) ** 2 for steps, unit in zip(around, spacing, strict=True))
    lengths = np.count_nonzero(squares <= radius**2, axis=-1).ravel()
    firsts = np.stack([steps[..., 0].ravel() for steps in around], axis=1)
    firsts[:, -1] = -(lengths // 2)
    firsts, lengths = firsts[lengths > 0], lengths[lengths > 0]
    return Window(firsts @ grid.strides, lengths, firsts)


def _padded_colors(image: Image, radius: float, grid: _Grid, n_pixels: int) -> NDArray[Any]:
    """Colors in steps, (channels, padded grid): int32 where the sum over `n_pixels` is, else float64.

    What takes no part is far from all colors. Floats keep as many bits as leave the sum over a window exact.
    """
    with np.errstate(over="ignore"):
        colors = np.rint(image.values * np.float64(STEPS) / radius) if radius else 0.0 * image.values
    largest = float(np.abs(colors).max())
    is_small = (largest + STEPS) * n_pixels < 2**31 and largest < 2**28
    if not is_small:
        bits = 52 - n_pixels.bit_length()
        digits, exponents = np.frexp(np.clip(colors, -_FARTHEST, _FARTHEST))
        colors = np.ldexp(np.rint(np.ldexp(digits, bits)), exponents - bits)
    dtype, far = (np.int32, 2**29) if is_small else (np.float64, 2 * _FARTHEST)
    padded = np.zeros((max(_CHANNELS, image.n_channels), math.prod(grid.padded) + _VECTOR), dtype)
    padded[0] = far
    inner = padded[:, :-_VECTOR].reshape(-1, *grid.padded)[(slice(None), *grid.inner)]
    inner[: image.n_channels] = np.moveaxis(colors, -1, 0)
    if image.mask is not None:
        inner[0, ~image.mask] = far
    return padded


def _seek_numpy(
    values: NDArray[Any],
    window: Window,
    strides: NDArray[np.int64],
    nodes: NDArray[np.int64],
    inside: NDArray[np.bool_],
    max_iter: int,
    modes: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    places = np.concatenate([np.arange(length) for length in window.lengths])
    offsets = np.repeat(window.starts, window.lengths) + places
    steps = np.repeat(window.steps, window.lengths, axis=0)
    steps[:, -1] += places
    lines, columns = np.nonzero(inside[start:stop])
    for first in range(0, len(lines), _PIECE):
        piece = np.s_[first : first + _PIECE]
        centers = nodes[start + lines[piece]] + columns[piece]
        colors = values[:, centers].astype(np.float64)
        moving = np.arange(len(centers))
        for _ in range(max_iter):
            near = values[:, centers[moving] + offsets[:, np.newaxis]].astype(np.float64)
            differences = near - colors[:, np.newaxis, moving]
            within = (differences**2).sum(axis=0) <= _LIMIT
            count, moved = within.sum(axis=0), np.einsum("km,kd->dm", within, steps)
            means = np.rint(np.where(within, near, 0).sum(axis=1) / count)
            move = np.sign(moved) * ((2 * abs(moved) + count - 1) // (2 * count))
            is_moved = (move != 0).any(axis=0) | (means != colors[:, moving]).any(axis=0)
            centers[moving] += strides @ move
            colors[:, moving] = means
            moving = moving[is_moved]
        modes[start + lines[piece], columns[piece]] = colors[: modes.shape[-1]].T


@kernel(numpy=_seek_numpy)
def _seek(
    values: NDArray[Any],
    window: Window,
    strides: NDArray[np.int64],
    nodes: NDArray[np.int64],
    inside: NDArray[np.bool_],
    max_iter: int,
    modes: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    """Write the colors of the modes of the pixels in some lines along the last axis."""
    starts, lengths, steps = window.starts, window.lengths, window.steps
    n_channels, n_axes = len(values), len(strides)
    color, sums, moved = np.empty(n_channels, values.dtype), np.empty(n_channels), np.empty(n_axes, np.int64)
    for line in range(start, stop):
        for x in range(inside.shape[1]):
            if not inside[line, x]:
                continue
            node = nodes[line] + x
            for c in range(n_channels):
                color[c] = values[c, node]
            for _ in range(max_iter):
                count = 0
                for c in range(n_channels):
                    sums[c] = 0.0
                for axis in range(n_axes):
                    moved[axis] = 0
                for i in range(len(starts)):
                    if n_channels == _CHANNELS:
                        n_near, along = _add_line_of_three(values, node + starts[i], lengths[i], color, sums)
                    else:
                        n_near, along = _add_line(values, node + starts[i], lengths[i], color, sums)
                    count += n_near
                    moved[n_axes - 1] += along
                    for axis in range(n_axes):
                        moved[axis] += n_near * steps[i, axis]
                is_still = True
                for axis in range(n_axes):  # half a step is none
                    move = (2 * abs(moved[axis]) + count - 1) // (2 * count)
                    node += strides[axis] * (move if moved[axis] > 0 else -move)
                    is_still = is_still and move == 0
                for c in range(n_channels):
                    mean = values.dtype.type(np.rint(sums[c] / count))
                    is_still = is_still and mean == color[c]
                    color[c] = mean
                if is_still:
                    break
            for c in range(modes.shape[2]):
                modes[line, x, c] = color[c]


@kernel()
def _add_line_of_three(
    values: NDArray[Any], first: int, length: int, color: NDArray[Any], sums: NDArray[np.float64]
) -> tuple[int, int]:
    """Add the colors near one along a line to the sums; return how many they are, and the sum of their places."""
    a, b, c = values[0, first:], values[1, first:], values[2, first:]
    of, a0, b0, c0 = values.dtype.type, color[0], color[1], color[2]
    zero, one, none = of(0), np.int32(1), np.int32(0)
    sum_a, sum_b, sum_c, count, along = zero, zero, zero, none, none
    for k in range((length + _VECTOR - 1) // _VECTOR * _VECTOR):
        x, y, z = a[k], b[k], c[k]
        da, db, dc = np.float32(of(x - a0)), np.float32(of(y - b0)), np.float32(of(z - c0))
        is_near = (da * da + db * db + dc * dc <= _LIMIT) & (k < length)
        sum_a = of(sum_a + (x if is_near else zero))
        sum_b = of(sum_b + (y if is_near else zero))
        sum_c = of(sum_c + (z if is_near else zero))
        count = np.int32(count + (one if is_near else none))
        along = np.int32(along + (np.int32(k) if is_near else none))
    sums[0] += sum_a
    sums[1] += sum_b
    sums[2] += sum_c
    return int(count), int(along)


@kernel()
def _add_line(
    values: NDArray[Any], first: int, length: int, color: NDArray[Any], sums: NDArray[np.float64]
) -> tuple[int, int]:
    """The same with any number of channels."""
    count, along = 0, 0
    for k in range(length):
        distance = 0.0
        for c in range(len(color)):
            difference = np.float64(values[c, first + k]) - np.float64(color[c])
            distance += difference * difference
        if distance <= _LIMIT:
            count += 1
            along += k
            for c in range(len(color)):
                sums[c] += values[c, first + k]
    return count, along
