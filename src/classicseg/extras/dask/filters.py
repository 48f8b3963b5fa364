"""Filters: each tile sees as many pixels of its neighbors as the result of one pixel depends on."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
from numpy.typing import NDArray

import classicseg
from classicseg._core.image import Span, as_part, as_spacing, working_dtype
from classicseg._core.numbers import as_number
from classicseg.extras.dask.chunks import Chunked, over_halo, settled_span
from classicseg.extras.dask.twins import twin_of
from classicseg.filters.gradients import Operator, as_operator, components, operator_reach, steepness
from classicseg.filters.smoothing import reach_of

LAZY = """\
The result is lazy. Where it depends on the extremes of the image (floats, or any smoothing), these are found
first, in one pass when the function is called.
"""


@twin_of(classicseg.gradient_magnitude, LAZY)
def gradient_magnitude(parsed: Chunked, *, operator: Any, sigma: Any, spacing: Any) -> da.Array:
    settings = gradient_settings(parsed, operator, sigma, spacing)
    return over_halo(
        parsed, gradient_reach(**settings), magnitude_of_tile, **settings, dtype=result_dtype(settings)
    )


@twin_of(classicseg.gradient_components, LAZY)
def gradient_components(parsed: Chunked, *, operator: Any, sigma: Any, spacing: Any) -> da.Array:
    settings = gradient_settings(parsed, operator, sigma, spacing)
    reach, dtype = gradient_reach(**settings), result_dtype(settings)
    return over_halo(parsed, reach, _components_of_tile, lead=parsed.ndim, **settings, dtype=dtype)


def gradient_settings(parsed: Chunked, operator: Any, sigma: Any, spacing: Any) -> dict[str, Any]:
    """Parse the options of a gradient, and find what tiles must know of the whole image."""
    width, known = as_number("sigma", sigma, least=0.0), as_operator(operator)
    spacings = as_spacing(spacing, parsed.ndim)
    return {
        "span": settled_span(parsed, extremes=width > 0),
        "spacing": spacings,
        "operator": known,
        "sigma": width,
    }


def gradient_reach(span: Span, spacing: tuple[float, ...], operator: Operator, sigma: float) -> tuple[int, ...]:
    return tuple(operator_reach(operator) + n for n in reach_of(sigma, spacing))


def result_dtype(settings: dict[str, Any]) -> type[np.generic]:
    """That of gradients."""
    return np.float64 if working_dtype(settings["span"]) is np.float64 else np.float32


def magnitude_of_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    *,
    span: Span,
    spacing: tuple[float, ...],
    operator: Operator,
    sigma: float,
) -> NDArray[Any]:
    return steepness(as_part(values, span, mask=mask), spacing, operator, sigma)


def _components_of_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    *,
    span: Span,
    spacing: tuple[float, ...],
    operator: Operator,
    sigma: float,
) -> NDArray[Any]:
    return components(as_part(values, span, mask=mask), spacing, operator, sigma)
