"""Parse options into Python's own numbers, words and flags, or raise one precise error."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

LARGEST = 1e150
"""Squares of larger numbers overflow float64, and squares of numbers below its inverse underflow to 0."""

_LARGEST_COUNT = 2**63 - 1
"""The largest int64, which kernels count with; often given for "no limit"."""

_NO_NUMBERS = (
    str, bytes, bytearray, bool, np.bool_, complex, np.complexfloating, np.datetime64, np.timedelta64, np.ndarray
)  # fmt: skip
"""Types with a ``__float__`` or an ``__index__`` that are no numbers, such as arrays with an axis."""

_SHOWN = 80

Word = TypeVar("Word", bound=str)
Kind = TypeVar("Kind")


def as_number(name: str, value: Any, *, above: float = -math.inf, least: float = -math.inf) -> float:
    """Parse a finite number > `above` and >= `least`, whose square neither overflows nor underflows."""
    expected = "a finite number" + (f" > {above:g}" if above > -math.inf else "")
    expected += f" >= {least:g}" if least > -math.inf else ""
    scalar = _scalar(value)
    if isinstance(scalar, _NO_NUMBERS) or not hasattr(scalar, "__float__"):
        raise TypeError(f"{name} is {shown(value)}; expected {expected}")
    try:
        number = float(scalar)
    except OverflowError:
        number = math.inf
    except (TypeError, ValueError):
        raise TypeError(f"{name} is {shown(value)}; expected {expected}") from None
    if not (math.isfinite(number) and number > above and number >= least):
        raise ValueError(f"{name} is {number!r}; expected {expected}")
    if number and not 1 / LARGEST <= abs(number) <= LARGEST:
        raise ValueError(f"{name} is {number!r}; expected {expected}, and its size 0 or from 1e-150 to 1e150")
    return number


def as_numbers(name: str, value: Any, *, above: float = -math.inf, least: float = -math.inf) -> list[float]:
    """Parse one number or several, each within the bounds."""
    return [as_number(name, member, above=above, least=least) for member in members(value)]


def as_count(name: str, value: Any, *, least: int = 1, most: int | None = None) -> int:
    """Parse a whole number from `least` to `most`."""
    highest = _LARGEST_COUNT if most is None else most
    expected = f"a whole number >= {least}" if most is None else f"a whole number from {least} to {most}"
    scalar = _scalar(value)
    if isinstance(scalar, _NO_NUMBERS):
        raise TypeError(f"{name} is {shown(value)}; expected {expected}")
    try:
        number = operator.index(scalar)
    except TypeError:
        raise TypeError(f"{name} is {shown(value)}; expected {expected}") from None
    if not least <= number <= highest:
        beyond = ", less than 2**63" if most is None and number > highest else ""
        raise ValueError(f"{name} is {shown(number)}; expected {expected}{beyond}")
    return number


def as_choice(name: str, value: Any, words: Iterable[Word], otherwise: str = "") -> Word:
    """Parse a word out of `words`; `otherwise` names, for the error, what else the option may be."""
    known = list(words)
    if not isinstance(value, str) or value not in known:
        listed = " or ".join(map(repr, known)) if len(known) < 3 else f"one of {', '.join(map(repr, known))}"
        raise ValueError(f"{name} is {shown(value)}; expected {otherwise}{listed}")
    return value


def as_flag(name: str, value: Any) -> bool:
    """Parse True or False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} is {shown(value)}; expected True or False")
    return bool(value)


def as_instances(name: str, value: Any, kind: type[Kind], source: str) -> list[Kind]:
    """Parse a sequence of results of the public function `source`, which are of one class."""
    if isinstance(value, kind):
        raise TypeError(f"{name} is a single {kind.__name__}; expected a sequence of them")
    found = list(value) if isinstance(value, Iterator) else members(value)
    if not found:
        raise ValueError(f"{name} is empty; expected at least one, as {source} returns it")
    for member in found:
        if not isinstance(member, kind):
            raise TypeError(f"{name} holds {shown(member)}; expected what {source} returns")
    return found


def members(value: Any) -> list[Any]:
    """The members of a sequence or of an array with axes; anything else is the only member."""
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray | memoryview):
        return list(value)
    if isinstance(value, np.ndarray):
        return list(value) if value.ndim else [value]
    return list(array) if hasattr(value, "__array__") and (array := np.asarray(value)).ndim else [value]


def per_axis(name: str, value: Any, ndim: int) -> list[Any]:
    """Spread an option to all axes: one value for all, or a sequence of one an axis."""
    given = members(value)
    if len(given) == 1 and given[0] is value:
        return given * ndim
    if len(given) != ndim:
        raise ValueError(f"{name} has {len(given)} numbers; expected one, or one for each of {ndim} axes")
    return given


def without_last_bits(number: float) -> float:
    """A sum of many floats to 24 bits: not with those that the order of the sum decides."""
    digits, exponent = math.frexp(number)
    return math.ldexp(round(digits * 2**24), exponent - 24)


def shown(value: Any) -> str:
    """The text of a value for an error message: short, and made without an error of its own."""
    try:
        text = repr(value)
    except Exception:  # whole numbers of more than 4300 digits, and what others wrote
        return f"of type {type(value).__name__}"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _scalar(value: Any) -> Any:
    """The number in an array without axes; anything else, and a masked array, as it is."""
    is_scalar = isinstance(value, np.ndarray) and value.ndim == 0 and not np.ma.is_masked(value)
    return value[()] if is_scalar else value
