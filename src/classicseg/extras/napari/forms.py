"""What a form asks of a person: each option of a segmenter as a field, read from its signature.

Where a command line takes the path of a mask, a viewer takes a layer. The axis of the channels and the spacing are
no fields: the layer of the image has them.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from types import NoneType
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from classicseg.extras.signatures import Integer, Option, options_of

FieldKind = Literal["number", "integer", "numbers", "choice", "flag", "mask", "seeds", "image"]
"""A number, a whole one, several; one of some words; yes or no; a layer: a mask, points or markers, values."""

LAYERS = ("mask", "seeds", "image")
"""The kinds that are layers."""

_OF_THE_LAYER = ("channel_axis", "spacing")
_ROW = re.compile(r"^(\w+) : .*\bshape \(\w+,\)", re.MULTILINE)
"""An array of one axis in a docstring: numbers to type, not a layer."""


class Field(NamedTuple):
    """One field of a form."""

    name: str
    kind: FieldKind
    default: Any
    """None where there is none, and where a check box is off."""
    is_optional: bool
    """Whether it may be left out: None, or its default, is meant then."""
    is_required: bool
    """Whether the method cannot do without."""
    help: str
    choices: tuple[str, ...] = ()
    """Words that stand in the place of a number."""
    is_whole: bool = False
    """Of several numbers: whether each is whole."""


@cache
def fields_of(function: Callable[..., Any]) -> tuple[Field, ...]:
    """The fields for the options of a segmenter, in their order."""
    rows = _ROW.findall(inspect.getdoc(function) or "")
    fields = (_field(option, is_row=option.name in rows) for option in options_of(function))
    return tuple(field for field in fields if field.name not in _OF_THE_LAYER and not _is_settled(field))


def numbers_in(text: str, field: Field) -> list[float] | list[int]:
    """The numbers that a person typed: 90, or 90 140, or 90, 140."""
    words = text.replace(",", " ").split()
    number: type[int] | type[float] = int if field.is_whole else float
    try:
        return [number(word) for word in words]
    except ValueError:
        kind = "whole numbers" if field.is_whole else "numbers"
        raise ValueError(f"{field.name} is {text!r}; expected {kind} such as 90 or 90, 140") from None


def _field(option: Option, *, is_row: bool) -> Field:
    """The field of an option."""
    leaves = list(_leaves(option.kind))
    is_required = option.default is inspect.Parameter.empty
    choices = tuple(word for leaf in leaves if get_origin(leaf) is Literal for word in get_args(leaf))
    whole = [leaf is Integer or Integer in get_args(leaf) for leaf in leaves if _is_numeric(leaf)]
    return Field(
        option.name,
        _kind(option, leaves, choices, is_row=is_row),
        None if is_required else option.default,
        NoneType in leaves and not is_required,
        is_required,
        option.help,
        choices,
        bool(whole) and all(whole),
    )


def _kind(option: Option, leaves: list[Any], choices: Sequence[str], *, is_row: bool) -> FieldKind:
    """What a field is: a layer, or what its annotation allows, the plainest first."""
    if option.drawn is not None and not choices:
        return "numbers" if is_row else option.drawn
    if bool in leaves:
        return "flag"
    scalar = next((leaf for leaf in leaves if leaf in (int, float, Integer)), None)
    several = next((leaf for leaf in leaves if get_origin(leaf) in (list, tuple, Sequence, _SEQUENCE)), None)
    if option.is_for_each and several is not None:  # one result: one number
        scalar, several = get_args(several)[0], None
    is_number = isinstance(option.default, int | float) or several is None
    if scalar is not None and is_number:
        return "integer" if scalar in (int, Integer) else "number"
    return "numbers" if several is not None else "choice"


def _is_settled(field: Field) -> bool:
    """Whether there is nothing to choose: one word, and no way without."""
    return field.kind == "choice" and len(field.choices) < 2 and not field.is_optional


def _is_numeric(leaf: Any) -> bool:
    """Whether it is a number, or several."""
    return leaf in (int, float, Integer) or any(part in (int, float, Integer) for part in get_args(leaf))


def _leaves(kind: Any) -> Iterator[Any]:
    """What an annotation allows, one by one, without what is said of it."""
    origin = get_origin(kind)
    if origin is Annotated:
        yield from _leaves(get_args(kind)[0])
    elif origin is Literal or origin in (list, tuple, Sequence, _SEQUENCE) or not get_args(kind):
        yield kind
    else:
        for part in get_args(kind):
            yield from _leaves(part)


_SEQUENCE = get_origin(Sequence[float])
