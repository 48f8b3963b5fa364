"""The options of the criteria, parsed. A criterion reads those that its row of `criteria` names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from classicseg._core.numbers import as_count, as_number, as_numbers, shown
from classicseg.types import Norm


class GrowingOptions(NamedTuple):
    """What the caller of `region_growing_segment` asks for, and the defaults of what is not given."""

    norm: Norm = "euclidean"
    connectivity: int = 1
    spacing: tuple[float, ...] = ()
    tolerance: float = 0.0
    """In value units. Where neither it nor an interval is given, `region_growing_segment` sets it from the
    image."""
    interval: tuple[float, float] | None = None
    multiplier: float = 2.5
    max_iter: int = 4
    initial_radius: float = 2.0
    opening_radius: float = 0.0


def as_growing_options(norm: Norm, given: dict[str, Any]) -> GrowingOptions:
    """Parse those of the options that are given (not None)."""
    parsed = {name: _PARSERS[name](name, value) for name, value in given.items() if value is not None}
    return GrowingOptions(norm, **parsed)


def as_interval(name: str, interval: Sequence[float]) -> tuple[float, float]:
    """Parse the least and the greatest value that are accepted."""
    bounds = as_numbers(name, interval)
    if len(bounds) != 2:
        raise ValueError(f"{name} is {shown(interval)}; expected two numbers, the least and the greatest value")
    low, high = bounds
    if low > high:
        raise ValueError(f"{name} is ({low:g}, {high:g}); expected the least value first")
    return low, high


_PARSERS: dict[str, Callable[[str, Any], Any]] = {
    "tolerance": partial(as_number, least=0.0),
    "interval": as_interval,
    "multiplier": partial(as_number, least=0.0),
    "max_iter": partial(as_count, least=0),
    "initial_radius": partial(as_number, least=0.0),
    "opening_radius": partial(as_number, least=0.0),
}
