"""Eigenvalues of symmetric matrices, one a pixel: those of up to three axes in closed form.

A flipped image has the signs of some off-diagonal members turned, which all formulas here multiply in pairs: the
eigenvalues stay what they are to the bit. Matrices come as their upper triangles, row by row, (pairs, n).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel

_THIRD = 2 * math.pi / 3


def write_eigenvalues(tensor: NDArray[Any], first: int, line: int, out: NDArray[np.float32]) -> None:
    """Write the eigenvalues of matrices, (pairs, lines, n), the largest first, to planes from `first` on and their
    lines from `line` on."""
    run = _eigenvalues if len(tensor) <= 6 else eigenvalues_numpy
    run(tensor, first, line, out)


def eigenvalues_numpy(tensor: NDArray[Any], first: int, line: int, out: NDArray[np.float32]) -> None:
    """The definition of `write_eigenvalues`."""
    exact = tensor.astype(np.float64)
    lines = slice(line, line + tensor.shape[1])
    with np.errstate(over="ignore"):
        for number, plane in enumerate(_ordered(exact)):
            out[first + number, lines] = plane


def _ordered(tensor: NDArray[np.float64]) -> Any:
    """The eigenvalues, the largest first."""
    if len(tensor) == 1:
        return tensor
    if len(tensor) == 3:
        yy, yx, xx = tensor
        half = (yy - xx) * 0.5
        middle, root = (yy + xx) * 0.5, np.sqrt(half * half + yx * yx)
        return middle + root, middle - root
    if len(tensor) == 6:
        return _three(*tensor)
    ndim = (math.isqrt(8 * len(tensor) + 1) - 1) // 2
    matrices = np.empty((*tensor.shape[1:], ndim, ndim))
    rows, columns = np.triu_indices(ndim)
    matrices[..., rows, columns] = matrices[..., columns, rows] = np.moveaxis(tensor, 0, -1)
    return np.moveaxis(np.linalg.eigvalsh(matrices)[..., ::-1], -1, 0)


def _three(
    zz: NDArray[np.float64],
    zy: NDArray[np.float64],
    zx: NDArray[np.float64],
    yy: NDArray[np.float64],
    yx: NDArray[np.float64],
    xx: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The roots of the characteristic polynomial by cosines (Smith, "Eigenvalues of a symmetric 3 × 3 matrix",
    1961)."""
    mean = (zz + yy + xx) / 3.0
    a, b, c = zz - mean, yy - mean, xx - mean
    width = np.sqrt((a * a + b * b + c * c + 2.0 * (zy * zy + zx * zx + yx * yx)) / 6.0)
    unit = np.where(width > 0, width, 1.0)
    a, b, c, d, e, f = (member / unit for member in (a, b, c, zy, zx, yx))
    determinant = a * (b * c - f * f) - (d * d * c - d * f * e) + (d * f * e - b * (e * e))
    angle = np.arccos(np.minimum(np.maximum(determinant * 0.5, -1.0), 1.0)) / 3.0
    high, low = mean + 2.0 * width * np.cos(angle), mean + 2.0 * width * np.cos(angle + _THIRD)
    return high, 3.0 * mean - high - low, low


@kernel(numpy=eigenvalues_numpy)
def _eigenvalues(tensor: NDArray[Any], first: int, line: int, out: NDArray[np.float32]) -> None:
    for row in range(tensor.shape[1]):
        eigenvalues_of_line(tensor[:, row], first, line + row, out)


@kernel()
def eigenvalues_of_line(tensor: NDArray[Any], first: int, line: int, out: NDArray[np.float32]) -> None:
    """The eigenvalues of a line of matrices, (pairs, n)."""
    if len(tensor) == 1:
        one = out[first, line]
        for x in range(len(one)):
            one[x] = tensor[0, x]
    elif len(tensor) == 3:
        _two_of_line(tensor[0], tensor[1], tensor[2], out[first, line], out[first + 1, line])
    else:
        _three_of_line(tensor, out[first, line], out[first + 1, line], out[first + 2, line])


@kernel()
def _two_of_line(
    yy: NDArray[Any], yx: NDArray[Any], xx: NDArray[Any], large: NDArray[np.float32], small: NDArray[np.float32]
) -> None:
    for x in range(len(large)):
        down, across, mixed = np.float64(yy[x]), np.float64(xx[x]), np.float64(yx[x])
        half = (down - across) * 0.5
        middle, root = (down + across) * 0.5, np.sqrt(half * half + mixed * mixed)
        large[x] = middle + root
        small[x] = middle - root


@kernel()
def _three_of_line(
    tensor: NDArray[Any], large: NDArray[np.float32], middle: NDArray[np.float32], small: NDArray[np.float32]
) -> None:
    for x in range(len(large)):
        zz, zy, zx = np.float64(tensor[0, x]), np.float64(tensor[1, x]), np.float64(tensor[2, x])
        yy, yx, xx = np.float64(tensor[3, x]), np.float64(tensor[4, x]), np.float64(tensor[5, x])
        mean = (zz + yy + xx) / 3.0
        a, b, c = zz - mean, yy - mean, xx - mean
        width = np.sqrt((a * a + b * b + c * c + 2.0 * (zy * zy + zx * zx + yx * yx)) / 6.0)
        unit = width if width > 0 else 1.0
        a, b, c, d, e, f = a / unit, b / unit, c / unit, zy / unit, zx / unit, yx / unit
        determinant = a * (b * c - f * f) - (d * d * c - d * f * e) + (d * f * e - b * (e * e))
        angle = np.arccos(min(max(determinant * 0.5, -1.0), 1.0)) / 3.0
        high, low = mean + 2.0 * width * np.cos(angle), mean + 2.0 * width * np.cos(angle + _THIRD)
        large[x] = high
        middle[x] = 3.0 * mean - high - low
        small[x] = low
