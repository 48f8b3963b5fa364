"""Derivatives at pixels that miss a neighbor: one that takes no part, or lies outside the image.

Both are one thing. A missing neighbor is replaced by the valid pixel that reflecting the fewest axes leads to;
ties are averaged. Along one axis, an offset of 2 is reflected to 1, then to -1, then to 0; an offset of 1 to 0. At
the border of an image that is reflection about its edge, so masking a border off is the same as cropping.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.filters.stencils import Stencil, derivative

_SUBSTITUTES = {0: (0,), 1: (1, 0), -1: (-1, 0), 2: (2, 1, -1, 0), -2: (-2, -1, 1, 0)}
"""What an offset along one axis becomes after no reflection, one, two and three."""


class Window(NamedTuple):
    """The neighbors around a node of a padded grid, in raster order."""

    offsets: NDArray[np.int64]
    """(w,), from the node to each neighbor in the flat grid."""
    substitutes: NDArray[np.int64]
    """(w, k), the neighbors that may stand in for each one, itself first. Their order turns with the window."""
    n_reflections: NDArray[np.int64]
    """(w, k), how many reflections lead to each of these; -1 where there are fewer than k."""


class PaddedImage(NamedTuple):
    """An image with a margin where no pixel takes part, as flat arrays; and the pixels that are looked at."""

    values: NDArray[Any]
    """(n, channels)"""
    inside: NDArray[np.bool_]
    """(n,), where pixels take part."""
    nodes: NDArray[np.int64]
    """The indices of the pixels that are looked at."""


def border_pixels(mask: NDArray[np.bool_], radius: int) -> NDArray[np.int64]:
    """The flat indices of the pixels that take part and have one that does not in their window."""
    eroded = mask
    for axis in range(mask.ndim):
        shrunk, head = eroded.copy(), (slice(None),) * axis
        for offset in range(1, radius + 1):
            shrunk[*head, offset:] &= eroded[*head, :-offset]
            shrunk[*head, :-offset] &= eroded[*head, offset:]
        eroded = shrunk
    return np.flatnonzero(mask > eroded)


def fill_border_pixels(
    image: Image, stencil: Stencil, reduce: Callable[[NDArray[Any]], NDArray[Any]], out: NDArray[Any]
) -> None:
    """Write what `reduce` makes of the derivatives at the border pixels to `out`, (..., *image.shape).

    `reduce` takes (cells, channels, ndim, n), divided by ``stencil.back``, and returns (..., n).
    """
    radius = stencil.radius
    pixels = border_pixels(image.mask_array(), radius)
    margins = [(radius, radius)] * len(image.shape)
    values = np.pad(image.values, [*margins, (0, 0)]).reshape(-1, image.n_channels)
    inside = np.pad(image.mask_array(), margins)
    window = _window(inside.shape, radius)
    flat = out.reshape(*out.shape[: -len(image.shape)], -1)
    nodes = np.ravel_multi_index([i + radius for i in np.unravel_index(pixels, image.shape)], inside.shape)
    padded = PaddedImage(values, inside.ravel(), nodes)
    run_bands(_fill_band, len(pixels), len(window.offsets), pixels, padded, window, stencil, reduce, flat)


def _fill_band(
    pixels: NDArray[np.int64],
    padded: PaddedImage,
    window: Window,
    stencil: Stencil,
    reduce: Callable[[NDArray[Any]], NDArray[Any]],
    flat: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    """Write border pixels `start` to `stop`."""
    shape = stencil.n_cells, padded.values.shape[1], len(stencil.odd), stop - start
    found = np.empty(shape, stencil.even.dtype)
    _derive(padded._replace(nodes=padded.nodes[start:stop]), window, stencil, found)
    flat[..., pixels[start:stop]] = reduce(found) * stencil.back


@functools.lru_cache(maxsize=64)
def _window(shape: tuple[int, ...], radius: int) -> Window:
    """The window around a node of a padded grid."""
    ndim = len(shape)
    strides = np.cumprod([1, *shape[:0:-1]], dtype=np.int64)[::-1]
    offsets = list(itertools.product(range(-radius, radius + 1), repeat=ndim))
    index_of = {offset: index for index, offset in enumerate(offsets)}
    width = max(len(_SUBSTITUTES[n]) for n in range(-radius, radius + 1)) ** ndim
    substitutes, counts = np.zeros((len(offsets), width), np.int64), np.full((len(offsets), width), -1, np.int64)
    for index, offset in enumerate(offsets):
        along_axes = [list(enumerate(_SUBSTITUTES[n])) for n in offset]
        for column, reflected in enumerate(itertools.product(*along_axes)):
            substitutes[index, column] = index_of[tuple(n for _, n in reflected)]
            counts[index, column] = sum(count for count, _ in reflected)
    return Window(np.array(offsets, np.int64) @ strides, substitutes, counts)


def _derive_numpy(padded: PaddedImage, window: Window, stencil: Stencil, out: NDArray[Any]) -> None:
    (values, inside, nodes), (offsets, substitutes, n_reflections) = padded, window
    ndim, taps, width = len(stencil.odd), stencil.taps, 2 * stencil.radius + 1
    around = nodes[:, np.newaxis] + offsets
    valid, seen = inside[around], values[around].astype(np.float64)
    filled = np.zeros((len(offsets), *seen.shape[::2]), stencil.even.dtype)
    for i in range(len(offsets)):
        count = np.where(valid[:, substitutes[i]] & (n_reflections[i] >= 0), n_reflections[i], len(offsets))
        chosen = (count == count.min(axis=1, keepdims=True)) & (count < len(offsets))
        total = np.zeros(filled.shape[1:])
        for column in range(len(substitutes[i])):  # in order, for sums of floats
            total += np.where(chosen[:, column, np.newaxis], seen[:, substitutes[i, column]], 0.0)
        filled[i] = total / np.maximum(chosen.sum(axis=1), 1)[:, np.newaxis]
    filled = filled.reshape(*[width] * ndim, -1)
    for cell in range(len(out)):
        first = np.unravel_index(cell, (2,) * ndim)
        part = np.ascontiguousarray(filled[tuple(slice(i, i + taps) for i in first)])
        for axis in range(ndim):
            out[cell, :, axis] = derivative(part, axis, stencil).reshape(seen.shape[0], -1).T


@kernel(numpy=_derive_numpy)
def _derive(padded: PaddedImage, window: Window, stencil: Stencil, out: NDArray[Any]) -> None:
    """The derivatives at the nodes of a padded image: missing neighbors are replaced, then the window is
    folded."""
    values, inside, nodes = padded.values, padded.inside, padded.nodes
    ndim, n_neighbors, n_cells = len(stencil.odd), len(window.offsets), len(out)
    filled, folded = np.empty(n_neighbors, stencil.even.dtype), np.empty(n_neighbors, stencil.even.dtype)
    for i in range(len(nodes)):
        for c in range(values.shape[1]):
            for neighbor in range(n_neighbors):
                node = nodes[i] + window.offsets[neighbor]
                if inside[node]:
                    filled[neighbor] = values[node, c]
                else:
                    filled[neighbor] = _substitute(padded, window, nodes[i], c, neighbor)
            for cell in range(n_cells):
                for axis in range(ndim):
                    for neighbor in range(n_neighbors):
                        folded[neighbor] = filled[neighbor]
                    out[cell, c, axis, i] = _fold(folded, cell, axis, stencil)


@kernel()
def _substitute(padded: PaddedImage, window: Window, node: int, channel: int, neighbor: int) -> float:
    """The mean of the values that the fewest reflections lead to."""
    substitutes, counts = window.substitutes[neighbor], window.n_reflections[neighbor]
    fewest, total, n_chosen = len(window.offsets), 0.0, 0
    for k in range(len(substitutes)):
        other = node + window.offsets[substitutes[k]]
        if 0 <= counts[k] <= fewest and padded.inside[other]:
            if counts[k] < fewest:
                fewest, total, n_chosen = counts[k], 0.0, 0
            total += float(padded.values[other, channel])
            n_chosen += 1
    return total / n_chosen


@kernel()
def _fold(window: NDArray[Any], cell: int, axis: int, stencil: Stencil) -> Any:
    """Fold a window in place: smooth along the other axes in order, then take the difference along one."""
    taps, ndim, width = stencil.taps, len(stencil.odd), 2 * (stencil.taps // 2) + 1
    for along in range(ndim):
        if along != axis:
            outer, inner = width if axis < along else 1, width ** (ndim - 1 - along)
            _fold_axis(window, outer, inner, cell >> (ndim - 1 - along) & 1, taps, stencil.even, False)
    _fold_axis(window, 1, 1, cell >> (ndim - 1 - axis) & 1, taps, stencil.odd[axis], True)
    return window[0]


@kernel()
def _fold_axis(
    window: NDArray[Any], outer: int, inner: int, first: int, taps: int, weights: NDArray[Any], differ: bool
) -> None:
    """Smooth along one axis of a window, or take the difference, and write the result to its beginning."""
    width, half = 2 * (taps // 2) + 1, taps // 2
    for i in range(outer * inner):
        start = (i // inner * width + first) * inner + i % inner
        low, high = window[start + (half - 1) * inner], window[start + (taps - half) * inner]
        total = (high - low) * weights[0]
        if not differ:
            total = window[start + half * inner] * weights[0] + (low + high) * weights[1]
        for k in range(1, half):
            low, high = window[start + (half - 1 - k) * inner], window[start + (taps - half + k) * inner]
            total += (high - low) * weights[k] if differ else (low + high) * weights[k + 1]
        window[i] = total
