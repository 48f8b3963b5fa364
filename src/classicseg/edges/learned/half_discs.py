"""How much two half-discs differ: chi-square distances of blurred histograms at both sides of a pixel.

A half-disc is three blobs in a row, at some distance from the pixel. Eight orientations of its straight side are
tried; flips and quarter turns map them to each other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel

N_ORIENTATIONS = 8

_UNIT = np.float32(2**20)
"""Parts of a distance are added as whole numbers of this part."""

_ROOTS = np.float32(255 / np.sqrt(2 * 2**20))
"""From the root of such a sum to 255 times that of the distance."""

_LEAST = 3 / 8
"""The counts of three blobs, as a share of those of a full one, below which a half-disc says nothing."""

_TINY = np.float32(1e-9)
"""Where neither half-disc has a bin, its part is 0."""


def directions() -> NDArray[np.float64]:
    """Rows and columns along a boundary of each orientation, (8, 2): it turns from the columns to the rows."""
    a, b, c = np.cos(np.pi / 8), np.sin(np.pi / 8), np.sqrt(0.5)
    return np.array([[0, 1], [b, a], [c, c], [a, b], [1, 0], [a, -b], [c, -c], [b, -a]])


def offsets(across: float, along: float) -> NDArray[np.int64]:
    """Whole rows and columns nearest to a place across and along a boundary of each orientation, (8, 2)."""
    tangent = directions()
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], 1)
    place = across * normal + along * tangent
    return (np.sign(place) * np.floor(np.abs(place) + 0.5)).astype(np.int64)


def half_disc_differences(
    planes: NDArray[np.float32], pad: int, apart: float, full: float, out: NDArray[np.uint8]
) -> None:
    """Write 255 times the root of the difference at each orientation, (8, M, N).

    Parameters
    ----------
    planes : ndarray, (bins + 1, M + 2 pad, N + 2 pad)
        Blurred counts; last their sum.
    apart : float
        From the pixel to the middle of a half-disc, and between its blobs.
    full : float
        The counts of a blob all of whose pixels take part. A half-disc of less than an eighth says nothing.
    """
    middle, side = offsets(apart, 0), offsets(0, apart)
    blobs = np.stack([middle - side, middle, middle + side], 1)
    run_bands(
        _differences, out.shape[1], out.shape[2] * len(planes), planes, pad, blobs, np.float32(_LEAST * full), out
    )


def _differences_numpy(planes: Any, pad: int, blobs: Any, least: Any, out: Any, start: int, stop: int) -> None:
    width = out.shape[2]

    def half_disc(k: int, side: int) -> Any:
        found: Any = np.float32(0)
        for row, column in side * blobs[k]:
            rows, columns = slice(pad + row + start, pad + row + stop), slice(pad + column, pad + column + width)
            found = found + planes[:, rows, columns]
        mass = found[-1]
        known = mass >= least
        return known, np.divide(np.float32(1), mass, out=np.zeros_like(mass), where=known) * found[:-1]

    for k in range(len(out)):
        (known, one), (also, other) = half_disc(k, 1), half_disc(k, -1)
        apart = one - other
        parts = (apart * apart / (one + other + _TINY) * _UNIT).astype(np.int32)
        roots = np.sqrt(parts.sum(axis=0, dtype=np.int32).astype(np.float32)) * _ROOTS
        out[k, start:stop] = np.where(known & also, roots, 0).astype(np.uint8)


@kernel(numpy=_differences_numpy)
def _differences(planes: Any, pad: int, blobs: Any, least: Any, out: Any, start: int, stop: int) -> None:
    """Rows `start` to `stop` of the differences."""
    width = out.shape[2]
    total = np.empty(width, np.int32)
    one, other, here, there = (
        np.empty(width, np.float32), np.empty(width, np.float32),
        np.empty(width, np.float32), np.empty(width, np.float32),
    )  # fmt: skip
    last = len(planes) - 1
    for k in range(len(out)):
        a, b, c = blobs[k, 0, 0], blobs[k, 1, 0], blobs[k, 2, 0]
        u, v, w = pad + blobs[k, 0, 1], pad + blobs[k, 1, 1], pad + blobs[k, 2, 1]
        p, q, r = pad - blobs[k, 0, 1], pad - blobs[k, 1, 1], pad - blobs[k, 2, 1]
        for y in range(start, stop):
            mass, i = planes[last], pad + y
            _inverse(mass[i + a, u:], mass[i + b, v:], mass[i + c, w:], least, one)
            _inverse(mass[i - a, p:], mass[i - b, q:], mass[i - c, r:], least, other)
            for x in range(width):
                total[x] = 0
            for j in range(last):
                plane = planes[j]
                _shares(plane[i + a, u:], plane[i + b, v:], plane[i + c, w:], one, here)
                _shares(plane[i - a, p:], plane[i - b, q:], plane[i - c, r:], other, there)
                _add(here, there, total)
            _write_roots(total, one, other, out[k, y])


@kernel()
def _inverse(a: Any, b: Any, c: Any, least: Any, out: Any) -> None:
    """One over a sum; 0 where it is too small."""
    for x in range(len(out)):
        mass = a[x] + b[x] + c[x]
        out[x] = np.float32(1) / mass if mass >= least else np.float32(0)


@kernel()
def _shares(a: Any, b: Any, c: Any, inverse: Any, out: Any) -> None:
    """The share of a bin in each half-disc."""
    for x in range(len(out)):
        out[x] = (a[x] + b[x] + c[x]) * inverse[x]


@kernel()
def _add(here: Any, there: Any, total: Any) -> None:
    """Add a bin's part of the distance."""
    for x in range(len(total)):
        apart = here[x] - there[x]
        total[x] += np.int32(apart * apart / (here[x] + there[x] + _TINY) * _UNIT)


@kernel()
def _write_roots(total: Any, one: Any, other: Any, out: Any) -> None:
    for x in range(len(total)):
        both = one[x] > 0 and other[x] > 0
        out[x] = np.uint8(np.sqrt(np.float32(total[x])) * _ROOTS) if both else np.uint8(0)
