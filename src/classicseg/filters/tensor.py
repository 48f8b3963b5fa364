"""Several gradients of one pixel become one: the largest eigenvector of the sum of their outer products.

The sum is Di Zenzo's tensor where the gradients are those of the channels of a color image. Roberts' operator
measures at the four corners of a pixel, whose gradients are taken together in the same way.

Derivatives come as (cells, channels, ndim, *shape). Channels keep their order; cells may be flipped, and in two
dimensions turned, with the image, so opposite ones are added first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.filters.stencils import SQUARES


def magnitudes(derivatives: NDArray[Any]) -> NDArray[Any]:
    """The gradient magnitude: the square root of the tensor's largest eigenvalue, of the spatial shape."""
    n_vectors, ndim = derivatives.shape[0] * derivatives.shape[1], derivatives.shape[2]
    if n_vectors == 1 and ndim == 2:  # of one pair the sum is the same in either order, so the dtype may stay
        return _pair_magnitudes(*derivatives[0, 0])
    if n_vectors == 1:
        return np.sqrt((derivatives[0, 0].astype(np.float64) ** 2).sum(axis=0))
    tensor = _tensor(derivatives)
    if ndim == 1:
        return np.sqrt(tensor[0, 0])
    if ndim == 2:
        yy, xx, yx = tensor[0, 0], tensor[1, 1], tensor[0, 1]
        return np.sqrt((yy + xx) / 2 + _pair_magnitudes((yy - xx) / 2, yx))
    largest = np.linalg.eigvalsh(np.moveaxis(tensor, (0, 1), (-2, -1)))[..., -1]
    return np.sqrt(np.maximum(largest, 0))


def _pair_magnitudes(down: NDArray[Any], across: NDArray[Any]) -> NDArray[Any]:
    """The magnitudes of vectors of two, by larger multiples where squares are too small."""
    least, lift = SQUARES[down.dtype.str[1:]]
    power = np.where(down * down + across * across < least, lift, 1).astype(down.dtype)
    down, across = down * power, across * power
    return np.sqrt(down * down + across * across) / power


def vector_magnitudes(field: NDArray[Any]) -> NDArray[Any]:
    """The magnitude of each vector of a field, (ndim, *shape)."""
    magnitude = np.empty(field.shape[1:], field.dtype)
    flat = field.reshape(len(field), -1)
    run_bands(_vector_magnitudes, flat.shape[1], 1, flat, magnitude.reshape(-1))
    return magnitude


def principal_direction(derivatives: NDArray[Any]) -> NDArray[Any]:
    """The gradient as one vector a pixel, (ndim, *shape); of several it has either sign."""
    n_vectors, ndim = derivatives.shape[0] * derivatives.shape[1], derivatives.shape[2]
    if n_vectors == 1:
        return derivatives[0, 0]
    tensor = _tensor(derivatives)
    if ndim == 1:
        return np.sqrt(tensor[0])
    if ndim == 2:
        return _principal_of_two(tensor[0, 0], tensor[1, 1], tensor[0, 1])
    value, vector = np.linalg.eigh(np.moveaxis(tensor, (0, 1), (-2, -1)))
    return np.moveaxis(vector[..., -1] * np.sqrt(np.maximum(value[..., -1:], 0)), -1, 0)


def _tensor(derivatives: NDArray[Any]) -> NDArray[np.float64]:
    """The sum of the outer products, (ndim, ndim, *shape)."""
    n_cells, n_channels, ndim = derivatives.shape[:3]
    tensor = np.empty((ndim, ndim, *derivatives.shape[3:]))
    exact = derivatives.astype(np.float64)
    for i in range(ndim):
        for j in range(i, ndim):
            products = exact[:, 0, i] * exact[:, 0, j]
            for c in range(1, n_channels):
                products += exact[:, c, i] * exact[:, c, j]
            if n_cells > 1:
                products = products[: n_cells // 2] + products[: n_cells // 2 - 1 : -1]
            while len(products) > 1:
                products = products[: len(products) // 2] + products[len(products) // 2 :]
            tensor[i, j] = tensor[j, i] = products[0]
    return tensor


def _principal_of_two(
    yy: NDArray[np.float64], xx: NDArray[np.float64], yx: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The largest eigenvector in closed form, so that a turned image gives turned vectors to the bit; 0 where all
    directions are equal."""
    half = np.abs(yy - xx) / 2
    root = _pair_magnitudes(half, yx)
    long = np.hypot(half + root, yx)  # (half + root, yx) points along the axis of the larger of yy and xx first
    main = np.divide(half + root, long, out=np.ones_like(long), where=long > 0)
    rest = np.divide(yx, long, out=np.zeros_like(long), where=long > 0)
    length = np.where(root > 0, np.sqrt((yy + xx) / 2 + root), 0.0)
    return np.where(yy >= xx, np.stack([main, rest]), np.stack([rest, main])) * length


def _vector_magnitudes_numpy(vectors: NDArray[Any], out: NDArray[Any], start: int, stop: int) -> None:
    out[start:stop] = np.sqrt((vectors[:, start:stop].astype(np.float64) ** 2).sum(axis=0))


@kernel(numpy=_vector_magnitudes_numpy)
def _vector_magnitudes(vectors: NDArray[Any], out: NDArray[Any], start: int, stop: int) -> None:
    """Write the magnitudes of vectors `start` to `stop`, (ndim, n)."""
    for i in range(start, stop):
        total = 0.0
        for axis in range(len(vectors)):
            value = np.float64(vectors[axis, i])
            total += value * value
        out[i] = np.sqrt(total)
