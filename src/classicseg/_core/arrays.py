"""Read any array that a caller passes, and what is masked of it.

A masked array brings what it masks, wherever it is given: what is masked of an image, or of a mask, takes no part;
of labels it is 0, of markers no marker, of weights 0, of edges no edge.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.numbers import LARGEST, shown

MOST_AXES = 7
"""Six of space, and the channels. A pixel has 3**n - 1 neighbors and Canny as many directions: the edges of a few
pixels take 0.6 s in six dimensions, and about 15 times as long in eight."""


def as_array(name: str, value: Any, kinds: str, expected: str) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Read an array whose dtype is of one of the kinds, and its masked elements; None if there are none."""
    try:
        hidden = masked_in(value)
        array = np.asarray(value if hidden is None else _nested(_data, value))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ValueError(f"{name} is no array: {error}; expected {expected}, of one shape") from None
    if array.dtype.kind not in kinds:
        what = f"is {shown(value)}" if array.ndim == 0 else f"has dtype {array.dtype}"
        raise TypeError(f"{name} {what}; expected {expected}")
    if array.ndim > MOST_AXES:
        raise ValueError(
            f"{name} has {array.ndim} axes; expected at most {MOST_AXES}; leave out axes of length 1 by np.squeeze"
        )
    return array, hidden if hidden is not None and hidden.any() else None


def as_filled(name: str, value: Any, kinds: str, expected: str) -> NDArray[Any]:
    """Read an array with 0 for what is masked."""
    array, hidden = as_array(name, value, kinds, expected)
    return array if hidden is None else np.where(hidden, array.dtype.type(0), array)


def check_sizes(name: str, array: NDArray[Any]) -> None:
    """Refuse numbers that are not finite, and those whose squares overflow or vanish."""
    sizes = np.abs(array.astype(np.float64, copy=False))
    if not ((sizes == 0) | ((sizes >= 1 / LARGEST) & (sizes <= LARGEST))).all():
        raise ValueError(f"{name} holds other than finite numbers whose size is 0 or from 1e-150 to 1e150")


def masked_in(value: Any) -> NDArray[np.bool_] | None:
    """The masked elements of an array, or of nested lists of arrays; None if none is a masked array."""
    return np.asarray(_nested(np.ma.getmaskarray, value)) if _has_masked(value) else None


def _has_masked(value: Any) -> bool:
    """Whether a masked array is in nested lists."""
    if isinstance(value, list | tuple):
        return any(map(_has_masked, value))
    return isinstance(value, np.ma.MaskedArray)


def _nested(take: Callable[[Any], Any], value: Any) -> Any:
    """Apply `take` to each array in nested lists."""
    return [_nested(take, member) for member in value] if isinstance(value, list | tuple) else take(value)


def _data(value: Any) -> Any:
    """The data of a masked array, 0 for the masked constant."""
    return 0 if value is np.ma.masked else np.ma.getdata(value)
