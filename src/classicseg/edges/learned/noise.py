"""Noise: how much of it an image has, and the image with less of it.

The noise of a camera is everywhere, also where nothing else is: it is about what the smoothest tenth of all
places has at the most. A stencil finds it there that answers neither to steps nor to ramps along the axes
(Immerkær, "Fast noise variance estimation", 1996). A bilateral filter takes it away (Tomasi and Manduchi,
1998): pixels become means of those around that are alike, as far as the noise tells pixels apart. All is added
up in whole numbers, so that no order shows.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel

_WHITE = 65535

_QUIET = 0.01 * _WHITE
"""So much noise is none: few photographs in good light have more."""

_ALIKE = 3.0
"""Pixels are alike up to so many times the noise that is above that."""

_PLACE = 4
"""A place reaches so far to each side."""

_REACH, _SIGMA = 3, 1.5
"""Means are taken so far to each side, with weights of a Gaussian."""

_LEVELS = 4096
"""In so many steps pixels are less and less alike."""


def calmed(values: NDArray[Any], inside: NDArray[np.bool_]) -> NDArray[Any]:
    """An image, (M, N, 1 or 3), with less noise, as uint16; the image itself where there is hardly any."""
    whole, taking_part = _as_whole(values), inside.view(np.uint8)
    reach = _ALIKE * (_noise_of(whole, taking_part) - _QUIET)
    if reach <= 0:
        return values
    shift = max(0, int(9 * reach * reach).bit_length() - _LEVELS.bit_length() + 1)
    alike = np.rint(256 * np.exp(-np.arange(_LEVELS + 1) * 2.0**shift / (2 * reach * reach))).astype(np.int64)
    alike[-1] = 0
    squares = np.arange(-_REACH, _REACH + 1) ** 2
    near = np.rint(64 * np.exp(-(squares[:, np.newaxis] + squares) / (2 * _SIGMA**2))).astype(np.int64)
    found = np.empty_like(whole)
    run_bands(_mean_of_alike, len(whole), 64 * whole[0].size, whole, taking_part, near, alike, shift, found)
    return found


def _as_whole(values: NDArray[Any]) -> NDArray[np.uint16]:
    """Values where white is 65535."""
    if values.dtype == np.uint16:
        return values
    if values.dtype == np.uint8:
        return values.astype(np.uint16) * np.uint16(257)
    return np.rint(values * values.dtype.type(_WHITE)).astype(np.uint16)


def _noise_of(values: NDArray[np.uint16], inside: NDArray[np.uint8]) -> float:
    """The standard deviation of the noise; 0 of an image that is smaller than a place."""
    answers, sums = np.empty((2, *inside.shape), np.int32)
    run_bands(_answer, len(values), values[0].size, values, inside, answers)
    run_bands(_sum_places, len(values), 9 * inside.shape[1], answers, sums)
    found = sums[sums >= 0]
    if not len(found):
        return 0.0
    tenth = len(found) // 10
    total = int(np.partition(found, tenth)[tenth])
    return total / values.shape[2] * math.sqrt(math.pi / 2) / (6 * (2 * _PLACE + 1) ** 2)


def _answer_numpy(values: Any, inside: Any, answers: Any, start: int, stop: int) -> None:
    padded = np.pad(values.astype(np.int64), [(1, 1), (1, 1), (0, 0)])[start : stop + 2]
    whole = np.pad(inside, 1)[start : stop + 2]
    down = padded[:-2] - 2 * padded[1:-1] + padded[2:]
    both = down[:, :-2] - 2 * down[:, 1:-1] + down[:, 2:]
    rows = whole[:-2] & whole[1:-1] & whole[2:]
    is_whole = rows[:, :-2] & rows[:, 1:-1] & rows[:, 2:]
    answers[start:stop] = np.where(is_whole > 0, np.abs(both).sum(axis=-1), -1)


@kernel(numpy=_answer_numpy)
def _answer(values: Any, inside: Any, answers: Any, start: int, stop: int) -> None:
    """How far pixels are from those around, by the stencil 1, -2, 1 along both axes, added up over the channels;
    -1 where one around takes no part."""
    height, width, n_channels = values.shape
    for y in range(start, stop):
        for x in range(width):
            answers[y, x] = -1
            if y == 0 or x == 0 or y + 1 == height or x + 1 == width:
                continue
            is_whole = True
            for i in range(3):
                for j in range(3):
                    is_whole = is_whole and inside[y + i - 1, x + j - 1] > 0
            if not is_whole:
                continue
            total = np.int64(0)
            for c in range(n_channels):
                answer = np.int64(0)
                for i in range(3):
                    for j in range(3):
                        weight = (1 if i != 1 else -2) * (1 if j != 1 else -2)
                        answer += weight * np.int64(values[y + i - 1, x + j - 1, c])
                total += abs(answer)
            answers[y, x] = total


def _sum_places_numpy(answers: Any, sums: Any, start: int, stop: int) -> None:
    side = 2 * _PLACE + 1
    padded = np.pad(answers, _PLACE, constant_values=-1)[start : stop + 2 * _PLACE]
    places = np.lib.stride_tricks.sliding_window_view(padded, (side, side))
    sums[start:stop] = np.where(places.min(axis=(2, 3)) >= 0, places.sum(axis=(2, 3)), -1)


@kernel(numpy=_sum_places_numpy)
def _sum_places(answers: Any, sums: Any, start: int, stop: int) -> None:
    """The sum over the place around each pixel; -1 where one in it has no answer."""
    height, width = answers.shape
    columns, gaps = np.empty(width, np.int64), np.empty(width, np.int64)
    side = 2 * _PLACE + 1
    for y in range(start, stop):
        for x in range(width):
            sums[y, x] = -1
            columns[x] = 0
            gaps[x] = 0
        if y < _PLACE or y + _PLACE >= height:
            continue
        for v in range(y - _PLACE, y + _PLACE + 1):
            for x in range(width):
                answer = np.int64(answers[v, x])
                columns[x] += answer
                gaps[x] += 1 if answer < 0 else 0
        total, n_gaps = np.int64(0), np.int64(0)
        for x in range(width):
            total += columns[x]
            n_gaps += gaps[x]
            if x >= side:
                total -= columns[x - side]
                n_gaps -= gaps[x - side]
            if x >= side - 1 and n_gaps == 0:
                sums[y, x - _PLACE] = total


def _mean_of_alike_numpy(
    values: Any, inside: Any, near: Any, alike: Any, shift: int, found: Any, start: int, stop: int
) -> None:
    width, n_channels = values.shape[1:]
    padded = np.pad(values.astype(np.int64), [(_REACH, _REACH), (_REACH, _REACH), (0, 0)])
    whole = np.pad(inside, _REACH).astype(np.int64)
    here = values[start:stop].astype(np.int64)
    weights, sums = np.zeros(here.shape[:2], np.int64), np.zeros(here.shape, np.int64)
    for i, j in np.ndindex(near.shape):
        own = slice(start + i, stop + i), slice(j, j + width)
        apart = ((padded[own] - here) ** 2).sum(axis=-1) * (3 // n_channels) >> shift
        weight = near[i, j] * alike[np.minimum(apart, _LEVELS)] * whole[own]
        weights += weight
        sums += weight[..., np.newaxis] * padded[own]
    total = np.maximum(weights, 1)[..., np.newaxis]
    found[start:stop] = np.where(inside[start:stop, :, np.newaxis] > 0, (sums + total // 2) // total, 0)


@kernel(numpy=_mean_of_alike_numpy)
def _mean_of_alike(
    values: Any, inside: Any, near: Any, alike: Any, shift: int, found: Any, start: int, stop: int
) -> None:
    """Means of the pixels around, by how near they are and how alike; 0 where a pixel takes no part."""
    height, width, n_channels = values.shape
    times = 3 // n_channels  # grey is the same three times
    sums = np.zeros(n_channels, np.int64)
    for y in range(start, stop):
        for x in range(width):
            weights: Any = np.int64(0)
            for c in range(n_channels):
                sums[c] = 0
            for v in range(max(y - _REACH, 0), min(y + _REACH + 1, height)):
                for u in range(max(x - _REACH, 0), min(x + _REACH + 1, width)):
                    if inside[v, u] == 0:
                        continue
                    apart = np.int64(0)
                    for c in range(n_channels):
                        step = np.int64(values[v, u, c]) - np.int64(values[y, x, c])
                        apart += step * step
                    weight = near[v - y + _REACH, u - x + _REACH] * alike[min(apart * times >> shift, _LEVELS)]
                    weights += weight
                    for c in range(n_channels):
                        sums[c] += weight * np.int64(values[v, u, c])
            total = weights if weights > 0 else np.int64(1)
            for c in range(n_channels):
                found[y, x, c] = (sums[c] + total // 2) // total if inside[y, x] > 0 else 0
