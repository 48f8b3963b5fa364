"""Grids of half the resolution, and blurs, in whole numbers: no sum depends on its order.

A grid of n rows has (n + 1) // 2 rows at half the resolution. Of an even number each is the mean of two; of an odd
number each lies on a row, whose neighbors count half as much. So a flipped grid has a flipped half. Planes are
float32 and hold whole numbers, of which float32 adds up to 2**24 without rounding.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel

WEIGHTS = 16
"""The sum of the weights of the pixels that make one of half the resolution."""

BLUR = 256
"""The sum of the weights of `blur`."""


class Taps(NamedTuple):
    """Which rows make a row of another grid, (n, 3), and their weights, which add up to 4; likewise columns."""

    rows: NDArray[np.int64]
    row_weights: NDArray[np.float32]
    columns: NDArray[np.int64]
    column_weights: NDArray[np.float32]


def halved(length: int) -> int:
    """The length at half the resolution."""
    return (length + 1) // 2


def halving(shape: tuple[int, int]) -> Taps:
    """The pixels that make each of half the resolution."""
    return Taps(*_halving(shape[0]), *_halving(shape[1]))


def doubling(shape: tuple[int, int]) -> Taps:
    """The pixels of half the resolution between which each one of a grid lies."""
    return Taps(*_doubling(shape[0]), *_doubling(shape[1]))


def _halving(length: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    middle = 2 * np.arange(halved(length))[:, np.newaxis]
    if length % 2:
        return np.clip(middle + np.array([-1, 0, 1]), 0, length - 1), _weights(len(middle), [1, 2, 1])
    return middle + np.array([0, 1, 1]), _weights(len(middle), [2, 2, 0])


def _doubling(length: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    of = np.arange(length)
    near = of // 2
    side = np.where(of % 2, 1, 0 if length % 2 else -1)
    far = np.clip(near + side, 0, halved(length) - 1)
    share = np.where(of % 2, 2, 0) if length % 2 else np.ones(length)
    return np.stack([near, far, far], 1), np.stack([4 - share, share, 0 * share], 1).astype(np.float32)


def _weights(n: int, weights: list[int]) -> NDArray[np.float32]:
    return np.tile(np.array(weights, np.float32), (n, 1))


def halve(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Planes of whole numbers, (n, M, N), at half the resolution, rounded to whole numbers."""
    shape = planes.shape[1:]
    out = np.empty((len(planes), halved(shape[0]), halved(shape[1])), np.float32)
    run_bands(_resample, out.shape[1], out.shape[2] * len(out), planes, halving(shape), out)
    return out


def double(planes: NDArray[Any], shape: tuple[int, int], first: int, last: int) -> NDArray[np.float32]:
    """Rows `first` to `last` of a shape from planes of half its resolution, rounded to whole numbers."""
    taps = doubling(shape)
    taps = taps._replace(rows=taps.rows[first:last], row_weights=taps.row_weights[first:last])
    out = np.empty((len(planes), last - first, shape[1]), np.float32)
    run_bands(_resample, last - first, shape[1] * len(out), planes, taps, out)
    return out


def rows_of(planes: NDArray[Any], first: int, last: int, pad: int) -> NDArray[np.float32]:
    """Rows `first` - `pad` to `last` + `pad` of planes as float32, and as many columns around; 0 beyond them."""
    n, height, width = planes.shape
    out = np.zeros((n, last - first + 2 * pad, width + 2 * pad), np.float32)
    begin, end = max(first - pad, 0), min(last + pad, height)
    out[:, begin - first + pad : end - first + pad, pad : pad + width] = planes[:, begin:end]
    return out


def blur(planes: NDArray[np.float32], step: int, unit: float) -> NDArray[np.float32]:
    """Blur planes of whole numbers by the weights 1, 4, 6, 4, 1 at places `step` apart; beyond the planes is 0.

    Parameters
    ----------
    planes : ndarray, (n, M, N)
        Whole numbers up to 2**16.
    step : int
        The variance of the blur is `step`².
    unit : float
        What the sums are divided by, before they are rounded: a power of two.
    """
    out = np.empty(planes.shape, np.float32)
    run_bands(_blur, planes.shape[1], planes.shape[2] * len(planes), planes, step, np.float32(1 / unit), out)
    return out


def _resample_numpy(planes: Any, taps: Taps, out: Any, start: int, stop: int) -> None:
    total = np.zeros((len(out), stop - start, out.shape[2]), np.float32)
    for i in range(3):
        rows = planes[:, taps.rows[start:stop, i]]
        for j in range(3):
            weights = taps.row_weights[start:stop, i, np.newaxis] * taps.column_weights[:, j]
            total += rows[:, :, taps.columns[:, j]] * weights
    out[:, start:stop] = np.floor(total * np.float32(1 / WEIGHTS) + np.float32(0.5))


@kernel(numpy=_resample_numpy)
def _resample(planes: Any, taps: Taps, out: Any, start: int, stop: int) -> None:
    """Rows `start` to `stop` of the planes of another grid."""
    half, unit = np.float32(0.5), np.float32(1 / 16)
    line = np.empty(planes.shape[2], np.float32)
    for p in range(len(out)):
        for y in range(start, stop):
            first, second, third = (
                planes[p, taps.rows[y, 0]],
                planes[p, taps.rows[y, 1]],
                planes[p, taps.rows[y, 2]],
            )
            a, b, c = taps.row_weights[y, 0], taps.row_weights[y, 1], taps.row_weights[y, 2]
            for x in range(len(line)):
                line[x] = first[x] * a + second[x] * b + third[x] * c
            row = out[p, y]
            for x in range(len(row)):
                total = line[taps.columns[x, 0]] * taps.column_weights[x, 0]
                total += line[taps.columns[x, 1]] * taps.column_weights[x, 1]
                total += line[taps.columns[x, 2]] * taps.column_weights[x, 2]
                row[x] = np.floor(total * unit + half)


def _blur_numpy(planes: Any, step: int, scale: np.float32, out: Any, start: int, stop: int) -> None:
    reach = 2 * step
    n, height, width = planes.shape
    slab = np.zeros((n, stop - start + 2 * reach, width + 2 * reach), np.float32)
    low, high = max(start - reach, 0), min(stop + reach, height)
    slab[:, low - start + reach : high - start + reach, reach : reach + width] = planes[:, low:high]
    for axis, length in ((1, stop - start), (2, width)):
        parts = [np.take(slab, np.arange(i * step, i * step + length), axis) for i in range(5)]
        slab = (parts[0] + parts[4]) + (parts[1] + parts[3]) * np.float32(4) + parts[2] * np.float32(6)
    out[:, start:stop] = np.floor(slab * scale + np.float32(0.5))


@kernel(numpy=_blur_numpy)
def _blur(planes: Any, step: int, scale: np.float32, out: Any, start: int, stop: int) -> None:
    """Blur rows `start` to `stop` of the planes."""
    half, four, six = np.float32(0.5), np.float32(4), np.float32(6)
    height, width = planes.shape[1], planes.shape[2]
    reach = 2 * step
    line, none = np.zeros(width + 2 * reach, np.float32), np.zeros(width, np.float32)
    for p in range(len(planes)):
        for y in range(start, stop):
            e0 = planes[p, y - reach] if y >= reach else none
            e1 = planes[p, y - step] if y >= step else none
            e2 = planes[p, y]
            e3 = planes[p, y + step] if y + step < height else none
            e4 = planes[p, y + reach] if y + reach < height else none
            middle = line[reach:]
            for x in range(width):
                middle[x] = (e0[x] + e4[x]) + (e1[x] + e3[x]) * four + e2[x] * six
            f0, f1, f2 = line, line[step:], line[reach:]
            f3, f4 = line[reach + step :], line[2 * reach :]
            row = out[p, y]
            for x in range(width):
                total = (f0[x] + f4[x]) + (f1[x] + f3[x]) * four + f2[x] * six
                row[x] = np.floor(total * scale + half)
