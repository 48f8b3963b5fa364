"""The options that make objects of classes, the same for every method that makes classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from classicseg.extras.objects import ObjectSteps
from classicseg.extras.signatures import Integer

_GROUP = "Objects"


def _option(kind: Any, text: str) -> Any:
    return Annotated[kind, Parameter(help=text, group=_GROUP, negative_bool="", show_default=False)]


CLEANING: dict[str, tuple[Any, Any]] = {
    "fill_holes": (_option(bool, "Fill the holes of objects."), False),
    "split": (
        _option(
            float | None,
            "Split objects at their waists: how far the distance to the outside falls from the middle of a piece "
            "to its waist, in pixels (along the axis of the shortest step); 1 is a good start.",
        ),
        None,
    ),
    "min_area": (
        _option(float | None, "Remove objects of a smaller area: in pixels, or the unit of the table."),
        None,
    ),
    "refine": (
        _option(
            float | None,
            "Draw the outline of each object anew, at a level of its own between the ground around it (0) and the "
            "object (1); 0.4 is a good start.",
        ),
        None,
    ),
    "clear_border": (_option(bool, "Remove objects that the border of the image cuts."), False),
}
"""What is done with objects, in this order."""

OF_CLASSES: dict[str, tuple[Any, Any]] = {
    "objects": (
        _option(
            bool,
            "Number the connected objects of one class, with a table of them (objects.csv), in the place of "
            "classes. The other options of this kind ask for objects, too.",
        ),
        False,
    ),
    "foreground": (
        _option(
            Literal["bright", "dark"] | Integer | None,
            "The class that objects are of: bright, dark, or its number. Without it, the brightest or the "
            "darkest, whichever has less of the border of the image.",
        ),
        None,
    ),
    **CLEANING,
}


def steps_of(given: Mapping[str, Any]) -> ObjectSteps | None:
    """What is to be done for objects; None where nobody asks for them."""
    asked = said_of(given)
    if not asked:
        return None
    asked.pop("objects", None)
    return ObjectSteps(**asked)


def said_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of objects for the record of a run: those that were given."""
    return {name: value for name, value in given.items() if value is not None and value is not False}
