"""Options that are numbers become Python's own, or one precise error."""

from __future__ import annotations

import math
import operator
from typing import Any, SupportsIndex

import numpy as np


def as_number(name: str, value: Any, *, above: float = -math.inf, least: float = -math.inf) -> float:
    """Parse a finite number, greater than `above` and not less than `least`."""
    expected = "a finite number" + (f" > {above:g}" if above > -math.inf else "")
    expected += f" >= {least:g}" if least > -math.inf else ""
    scalar = value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value
    if isinstance(scalar, str | bytes | bool | np.bool_ | complex | np.ndarray) or not hasattr(
        scalar, "__float__"
    ):
        raise TypeError(f"{name} is {value!r}; expected {expected}")
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"{name} is {value!r}; expected {expected}") from None
    if not (math.isfinite(number) and number > above and number >= least):
        raise ValueError(f"{name} is {number!r}; expected {expected}")
    return number


def as_count(name: str, value: SupportsIndex, *, least: int = 1, most: int | None = None) -> int:
    """Parse a whole number from `least` to `most`."""
    expected = f"a whole number >= {least}" if most is None else f"a whole number from {least} to {most}"
    if isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} is {value!r}; expected {expected}")
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is {value!r}; expected {expected}") from None
    if number < least or (most is not None and number > most):
        raise ValueError(f"{name} is {number}; expected {expected}")
    return number
