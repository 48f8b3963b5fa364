"""Derivative operators by name: the weights of their smoothing and of their difference."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from classicseg._core.image import Image
from classicseg._core.numbers import as_choice
from classicseg.filters.huge_values import has_exact_squares, largest_value, working_dtype
from classicseg.filters.stencils import Stencil, make_stencil

Operator: TypeAlias = Literal["sobel", "scharr", "prewitt", "roberts", "farid"]
"""How a derivative is taken; `gradient_magnitude` has a line for each."""

_OPERATORS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "sobel": ((2 / 4, 1 / 4), (1.0,)),
    "scharr": ((10 / 16, 3 / 16), (1.0,)),
    "prewitt": ((1 / 4, 1 / 4), (1.0,)),
    "roberts": ((0.0, 1 / 2), (1.0,)),
    "farid": ((0.426374573253687, 0.249153396177344, 0.0376593171958126), (0.276690988455557, 0.109603762960254)),
}
"""The weights of the smoothing and of the difference, from the middle out, up to a factor. No sum of weights
exceeds 1, and those of sobel, scharr and prewitt are integers over a power of two, so that sums of integers are
exact."""


def operator_halo(operator: Operator) -> int:
    """How many pixels an operator reaches to each side along each axis."""
    return len(_OPERATORS[operator][0]) - 1


def as_operator(operator: str) -> Operator:
    """Parse the name of an operator."""
    return as_choice("operator", operator, get_args(Operator))


def stencil_of(image: Image, spacing: tuple[float, ...], operator: Operator = "sobel") -> Stencil:
    """An operator, scaled for an image, in the dtype that its gradient is computed in."""
    dtype, exact = working_dtype(image, spacing), has_exact_squares(image, spacing)
    return make_stencil(*_OPERATORS[operator], spacing, largest_value(image), dtype, exact)
