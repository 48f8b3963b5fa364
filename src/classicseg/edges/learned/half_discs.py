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

_UNIT = 2.0**20
"""Parts of a distance are added as whole numbers of this part."""


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
    planes: NDArray[np.float32], pad: int, groups: tuple[tuple[int, int], ...], across: float, along: float
) -> NDArray[np.uint8]:
    """The difference of each group of bins at each orientation, (8, groups, M, N): 255 times its square root.

    Parameters
    ----------
    planes : ndarray, (bins + 1, M + 2 pad, N + 2 pad)
        Blurred counts, the sum last, with zeros around them.
    """
    height, width = planes.shape[1] - 2 * pad, planes.shape[2] - 2 * pad
    out = np.empty((N_ORIENTATIONS, len(groups), height, width), np.uint8)
    middle, side = offsets(across, 0), offsets(0, along)
    blobs = np.stack([middle - side, middle, middle + side], 1)
    run_bands(_differences, height, width * 16, planes, pad, np.array(groups), blobs, out)
    return out


@kernel()
def _differences(planes: Any, pad: int, groups: Any, blobs: Any, out: Any, start: int, stop: int) -> None:
    """Rows `start` to `stop` of the differences."""
    width = out.shape[3]
    total, one, other = (
        np.empty(width, np.int32), np.empty(width, np.float32), np.empty(width, np.float32)
    )
    mass = planes[len(planes) - 1]
    for k in range(len(out)):
        y0, y1, y2 = blobs[k, 0, 0], blobs[k, 1, 0], blobs[k, 2, 0]
        x0, x1, x2 = blobs[k, 0, 1], blobs[k, 1, 1], blobs[k, 2, 1]
        for y in range(start, stop):
            r = pad + y
            _inverse(mass[r + y0, pad + x0 :], mass[r + y1, pad + x1 :], mass[r + y2, pad + x2 :], one)
            _inverse(mass[r - y0, pad - x0 :], mass[r - y1, pad - x1 :], mass[r - y2, pad - x2 :], other)
            for g in range(len(groups)):
                for x in range(width):
                    total[x] = 0
                for b in range(groups[g, 0], groups[g, 1]):
                    plane = planes[b]
                    _add(
                        plane[r + y0, pad + x0 :], plane[r + y1, pad + x1 :], plane[r + y2, pad + x2 :],
                        plane[r - y0, pad - x0 :], plane[r - y1, pad - x1 :], plane[r - y2, pad - x2 :],
                        one, other, total,
                    )  # fmt: skip
                _write_roots(total, one, other, out[k, g, y])


@kernel()
def _inverse(a: Any, b: Any, c: Any, out: Any) -> None:
    """One over a sum; 0 where it is 0."""
    for x in range(len(out)):
        mass = a[x] + b[x] + c[x]
        out[x] = np.float32(1) / mass if mass > 0 else np.float32(0)


@kernel()
def _add(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, one: Any, other: Any, total: Any) -> None:
    """Add a bin's part of the distance."""
    tiny, unit = np.float32(1e-9), np.float32(2**20)
    for x in range(len(total)):
        here, there = (a[x] + b[x] + c[x]) * one[x], (d[x] + e[x] + f[x]) * other[x]
        apart = here - there
        total[x] += np.int32(apart * apart / (here + there + tiny) * unit)


@kernel()
def _write_roots(total: Any, one: Any, other: Any, out: Any) -> None:
    scale = np.float32(255 / np.sqrt(2 * 2**20))
    for x in range(len(total)):
        both = one[x] > 0 and other[x] > 0
        out[x] = np.uint8(np.sqrt(np.float32(total[x])) * scale) if both else np.uint8(0)
