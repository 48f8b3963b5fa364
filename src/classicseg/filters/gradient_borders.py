"""Derivatives at pixels that miss a neighbor: one that takes no part, or lies outside the image.

Both are one thing. A neighbor that is not there is replaced by what reflection makes of it: along one axis, two
steps become one, then one step the other way, then none; one step becomes none. Of the places to which each axis
keeps or changes its steps, those with the fewest changes that are there stand in (their mean, where there are
several). At the border of an image that is reflection about its edge, so masking a border off is the same as
cropping.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.filters.stencils import Stencil, derivative

_SUBSTITUTES = {0: (0,), 1: (1, 0), -1: (-1, 0), 2: (2, 1, -1, 0), -2: (-2, -1, 1, 0)}
"""What becomes of the steps along one axis, after no change, one, two and three."""


def border_pixels(mask: NDArray[np.bool_], radius: int) -> NDArray[np.int64]:
    """The flat indices of the pixels that take part and have one that does not in their window."""
    whole = mask
    for axis in range(mask.ndim):
        folded, head = whole.copy(), (slice(None),) * axis
        for step in range(1, radius + 1):
            folded[*head, step:] &= whole[*head, :-step]
            folded[*head, :-step] &= whole[*head, step:]
        whole = folded
    return np.flatnonzero(mask > whole)


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
    places = pixels, nodes, values, inside.ravel(), window
    run_bands(_fill_band, len(pixels), len(window[0]), *places, stencil, reduce, flat)


def _fill_band(
    pixels: NDArray[np.int64],
    nodes: NDArray[np.int64],
    values: NDArray[Any],
    inside: NDArray[np.bool_],
    window: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    stencil: Stencil,
    reduce: Callable[[NDArray[Any]], NDArray[Any]],
    flat: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    taps, even, odd, back = stencil[:4]
    found = np.empty((stencil.n_cells, values.shape[1], len(odd), stop - start), even.dtype)
    _derive(values, inside, nodes[start:stop], *window, taps, even, odd, found)
    flat[..., pixels[start:stop]] = reduce(found) * back


@functools.lru_cache(maxsize=64)
def _window(shape: tuple[int, ...], radius: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The places of the window around a node of a padded grid, in raster order.

    Returns their flat offsets (w,), and for each place those that stand in for it (w, k), itself first, and how
    many changes lead to each (w, k; -1 = none). The order of those turns with the window.
    """
    ndim = len(shape)
    strides = np.cumprod([1, *shape[:0:-1]], dtype=np.int64)[::-1]
    steps = list(itertools.product(range(-radius, radius + 1), repeat=ndim))
    place = {step: index for index, step in enumerate(steps)}
    most = max(len(_SUBSTITUTES[step]) for step in range(-radius, radius + 1)) ** ndim
    stand_in, changes = np.zeros((len(steps), most), np.int64), np.full((len(steps), most), -1, np.int64)
    for index, step in enumerate(steps):
        chains = [list(enumerate(_SUBSTITUTES[s])) for s in step]
        for column, chain in enumerate(itertools.product(*chains)):
            stand_in[index, column] = place[tuple(s for _, s in chain)]
            changes[index, column] = sum(n for n, _ in chain)
    return np.array(steps, np.int64) @ strides, stand_in, changes


def _derive_numpy(
    values: NDArray[Any],
    inside: NDArray[np.bool_],
    nodes: NDArray[np.int64],
    offsets: NDArray[np.int64],
    stand_in: NDArray[np.int64],
    changes: NDArray[np.int64],
    taps: int,
    even: NDArray[Any],
    odd: NDArray[Any],
    out: NDArray[Any],
) -> None:
    ndim, width = len(odd), 2 * (taps // 2) + 1
    around = nodes[:, np.newaxis] + offsets
    there, seen = inside[around], values[around].astype(np.float64)
    window = np.zeros((len(offsets), *seen.shape[::2]), even.dtype)
    for place in range(len(offsets)):
        count = np.where(there[:, stand_in[place]] & (changes[place] >= 0), changes[place], len(offsets))
        chosen = (count == count.min(axis=1, keepdims=True)) & (count < len(offsets))
        total = np.zeros(window.shape[1:])
        for column in range(len(stand_in[place])):  # in order, for sums of floats
            total += np.where(chosen[:, column, np.newaxis], seen[:, stand_in[place, column]], 0.0)
        window[place] = total / np.maximum(chosen.sum(axis=1), 1)[:, np.newaxis]
    window = window.reshape(*[width] * ndim, -1)
    for cell in range(len(out)):
        first = np.unravel_index(cell, (2,) * ndim)
        part = np.ascontiguousarray(window[tuple(slice(i, i + taps) for i in first)])
        for axis in range(ndim):
            folded = derivative(part, axis, taps, even, odd[axis])
            out[cell, :, axis] = folded.reshape(seen.shape[0], -1).T


@kernel(numpy=_derive_numpy)
def _derive(
    values: NDArray[Any],
    inside: NDArray[np.bool_],
    nodes: NDArray[np.int64],
    offsets: NDArray[np.int64],
    stand_in: NDArray[np.int64],
    changes: NDArray[np.int64],
    taps: int,
    even: NDArray[Any],
    odd: NDArray[Any],
    out: NDArray[Any],
) -> None:
    ndim, n_places, n_cells = len(odd), len(offsets), len(out)
    window, folded = np.empty(n_places, even.dtype), np.empty(n_places, even.dtype)
    for i in range(len(nodes)):
        for c in range(values.shape[1]):
            for place in range(n_places):
                node = nodes[i] + offsets[place]
                if inside[node]:
                    window[place] = values[node, c]
                else:
                    window[place] = _stand_in(
                        values, inside, nodes[i], c, offsets, stand_in[place], changes[place]
                    )
            for cell in range(n_cells):
                for axis in range(ndim):
                    folded[:] = window
                    out[cell, c, axis, i] = _fold(folded, cell, axis, taps, even, odd)


@kernel()
def _stand_in(
    values: NDArray[Any],
    inside: NDArray[np.bool_],
    node: int,
    channel: int,
    offsets: NDArray[np.int64],
    stand_in: NDArray[np.int64],
    changes: NDArray[np.int64],
) -> float:
    """The mean of the values that are reached with the fewest changes."""
    fewest, total, n_chosen = len(offsets), 0.0, 0
    for k in range(len(stand_in)):
        other = node + offsets[stand_in[k]]
        if 0 <= changes[k] <= fewest and inside[other]:
            if changes[k] < fewest:
                fewest, total, n_chosen = changes[k], 0.0, 0
            total += float(values[other, channel])
            n_chosen += 1
    return total / n_chosen


@kernel()
def _fold(window: NDArray[Any], cell: int, axis: int, taps: int, even: NDArray[Any], odd: NDArray[Any]) -> Any:
    """Fold a window in place: smooth along the other axes in order, then take the difference along one."""
    ndim, width = len(odd), 2 * (taps // 2) + 1
    for along in range(ndim):
        if along != axis:
            outer = width if axis < along else 1
            _fold_axis(
                window, outer, width ** (ndim - 1 - along), cell >> (ndim - 1 - along) & 1, taps, even, False
            )
    _fold_axis(window, 1, 1, cell >> (ndim - 1 - axis) & 1, taps, odd[axis], True)
    return window[0]


@kernel()
def _fold_axis(
    window: NDArray[Any], outer: int, inner: int, first: int, taps: int, weights: NDArray[Any], differ: bool
) -> None:
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
