"""Gradients: each tile sees as many pixels of its neighbors as the result of one pixel depends on."""

from __future__ import annotations

from typing import Any, NamedTuple

import dask.array as da
import numpy as np
from numpy.typing import NDArray

import classicseg
from classicseg._core.image import Image, ValueRange, as_spacing, working_dtype
from classicseg._core.numbers import as_number
from classicseg.extras.dask.chunks import Chunked, global_range
from classicseg.extras.dask.halos import over_halo
from classicseg.extras.dask.mirror import tiled_version_of
from classicseg.extras.dask.parts import as_part
from classicseg.filters.gradients import components_of, magnitude_of
from classicseg.filters.operators import Operator, as_operator, operator_halo
from classicseg.filters.smoothing import halo_of

_LAZY = """\
The result is lazy.
"""


class Gradient(NamedTuple):
    """Settings of the gradient of an image, for its tiles."""

    value_range: ValueRange
    spacing: tuple[float, ...]
    operator: Operator
    sigma: float

    @property
    def halo(self) -> tuple[int, ...]:
        """How many pixels around a pixel its result depends on, along each axis."""
        return tuple(operator_halo(self.operator) + n for n in halo_of(self.sigma, self.spacing))

    @property
    def dtype(self) -> type[np.generic]:
        """The dtype of the gradient."""
        return np.float64 if working_dtype(self.value_range) is np.float64 else np.float32

    def magnitude(self, part: Image) -> NDArray[Any]:
        """The gradient magnitude of a part of the image."""
        return magnitude_of(part, self.spacing, self.operator, self.sigma)


@tiled_version_of(classicseg.gradient_magnitude, _LAZY)
def gradient_magnitude(parsed: Chunked, *, operator: Any, sigma: Any, spacing: Any) -> da.Array:
    gradient = as_gradient(parsed, operator, sigma, spacing)
    return over_halo(parsed, gradient.halo, _magnitude_of_tile, gradient=gradient, dtype=gradient.dtype)


@tiled_version_of(classicseg.gradient_components, _LAZY)
def gradient_components(parsed: Chunked, *, operator: Any, sigma: Any, spacing: Any) -> da.Array:
    gradient = as_gradient(parsed, operator, sigma, spacing)
    lead, dtype = parsed.ndim, gradient.dtype
    return over_halo(parsed, gradient.halo, _components_of_tile, lead=lead, gradient=gradient, dtype=dtype)


def as_gradient(parsed: Chunked, operator: Any, sigma: Any, spacing: Any) -> Gradient:
    """Parse the options of a gradient."""
    width, known = as_number("sigma", sigma, least=0.0), as_operator(operator)
    spacings = as_spacing(spacing, parsed.ndim)
    return Gradient(global_range(parsed), spacings, known, width)


def _magnitude_of_tile(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, *, gradient: Gradient
) -> NDArray[Any]:
    """The gradient magnitude of a tile."""
    return gradient.magnitude(as_part(values, gradient.value_range, mask=mask))


def _components_of_tile(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, *, gradient: Gradient
) -> NDArray[Any]:
    """The gradient of a tile."""
    _, spacing, operator, sigma = gradient
    return components_of(as_part(values, gradient.value_range, mask=mask), spacing, operator, sigma)
