"""What an option of a public function is to a person, read from its signature and its documentation.

A person gives a mask as the path of an image, and seeds as points such as 10,20. So each annotation is read once
more with what its words (`Mask`, `Seeds`, …) are to a person, and with what makes the function's argument of that.
The command line is built from this, and any other front end can be. A new function whose signature uses the same
words needs nothing.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from classicseg import types
from classicseg.extras.files import read_image, read_markers, read_mask

if TYPE_CHECKING:
    from classicseg.learning.model import BoundaryModel

_PARAMETERS = re.compile(r"^Parameters\n-+\n(.*?)(?=\n\n\S[^\n]*\n-+\n|\Z)", re.DOTALL | re.MULTILINE)
"""The section of a docstring, up to the next headline."""

_REFERENCES = re.compile(r"(,? ?\[\d+\]_)+")
_IN_THE_NOTES = re.compile(r",[^,.;:]* in the notes(?=[.,;])")


class Integer(int):
    """A whole number; a type of its own, since a parser of words may round 2.5 to an int without a message."""


@dataclass(frozen=True)
class Words:
    """How the values of an option that takes several look to a person."""

    pattern: re.Pattern[str]
    """What one value looks like."""
    example: str
    """How several are typed."""
    separator: str = ","
    """What stands between values in one word; empty where a word is one value."""
    follows: bool = True
    """Whether more values may follow in words of their own; where they look like names of files, they may not."""

    def values_of(self, word: str) -> list[str]:
        """The values in a word, or none, if it is something else."""
        values = [part for part in word.split(self.separator) if part] if self.separator else [word]
        return values if all(map(self.pattern.fullmatch, values)) else []


class Each:
    """Marks an option of which several values ask for as many results: labels for each, along a first axis."""


@dataclass(frozen=True)
class Drawn:
    """Marks an option that is an array over the image: what a person draws, or shows, in a viewer."""

    what: Literal["mask", "seeds", "image"]
    """Where pixels take part, points or markers, or values of pixels."""


class Option(NamedTuple):
    """One option of a function, as a person sees it."""

    name: str
    kind: Any
    """The type of what a person gives: a path for a mask, words for seeds."""
    default: Any
    """`inspect.Parameter.empty` where the option is required."""
    help: str
    """What it means, in a sentence or two; empty if the function has no documentation."""
    load: Callable[..., Any]
    """Makes the function's argument of what a person gave. Takes the limits of `read_image` by name, too."""

    @property
    def is_for_each(self) -> bool:
        """Whether there is a result for each of its values."""
        return _find(Each, self.kind) is not None

    @property
    def drawn(self) -> Literal["mask", "seeds", "image"] | None:
        """What it is in a viewer; None where it is typed."""
        found: Drawn | None = _find(Drawn, self.kind)
        return None if found is None else found.what


def options_of(function: Callable[..., Any]) -> list[Option]:
    """The options of a function, all that it takes by name only, in their order; but no functions, which have no
    names that a person could type."""
    hints = get_type_hints(function, localns=_MEANINGS, include_extras=True)
    said = parameter_texts(function)
    options = []
    for name, parameter in inspect.signature(function).parameters.items():
        kind = hints.get(name)
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not _is_function(kind):
            text, load = _find(Help, kind, nested=False), _find(Load, kind)
            options.append(
                Option(
                    name,
                    kind,
                    parameter.default,
                    text.text if text else _without_references(said.get(name, "")),
                    _as_given if load is None else partial(load.load, name) if load.is_named else load.load,
                )
            )
    return options


def _is_function(kind: Any) -> bool:
    """Whether an annotation allows a function, and nothing else but None."""
    return {get_origin(one) for one in get_args(kind) or (kind,) if one is not type(None)} == {Callable}


def typed(options: Mapping[str, Any]) -> list[str]:
    """Options, by their values, as one types them; an axis of channels that is None, as the word none."""
    words = []
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        if name == "channel_axis":
            value = "none" if value is None else value
        if isinstance(value, bool):
            words.append(option if value else option.replace("--", "--no-", 1))
        elif isinstance(value, list | tuple):
            words += [f"{option}={item}" for item in value]
        elif value is not None:
            words.append(f"{option}={value}")
    return words


def words_of(kind: Any) -> Words | None:
    """How the values of an option look that takes several; None where it takes one, or names of files."""
    found: Words | None = _find(Words, kind)
    return found or (_NUMBERS if _holds_numbers(kind) else None)


def _holds_numbers(kind: Any) -> bool:
    """Whether a sequence of numbers is among what an annotation allows."""
    parts = get_args(kind)
    if get_origin(kind) in (list, tuple, Sequence) and all(part in (int, float, Integer) for part in parts):
        return True
    return any(_holds_numbers(part) for part in parts)


def parameter_texts(function: Callable[..., Any]) -> dict[str, str]:
    """What the documentation (numpydoc) says of each parameter, on one line."""
    section = _PARAMETERS.search(inspect.getdoc(function) or "")
    texts: dict[str, str] = {}
    for entry in re.split(r"\n(?=\S)", section[1]) if section else []:
        head, _, body = entry.partition("\n")
        texts |= dict.fromkeys(head.partition(" : ")[0].split(", "), " ".join(body.split()))
    return texts


def _without_references(text: str) -> str:
    """A text by itself: without the numbers of papers and what stands in the notes of its function."""
    return _REFERENCES.sub("", _IN_THE_NOTES.sub("", text))


@dataclass(frozen=True)
class Help:
    """What a word of an annotation is to a person, where that is not what the documentation says."""

    text: str


@dataclass(frozen=True)
class Load:
    """How a function's argument is made of what a person gives, and of the limits of `read_image` by name."""

    load: Callable[..., object]
    is_named: bool = False
    """Whether it takes the option's name first, for its messages."""


def _as_given(given: Any, **limits: Any) -> Any:
    """The value as a person gave it."""
    return given


def _load_seeds(name: str, given: list[str], **limits: Any) -> NDArray[Any] | dict[int, list[list[int]]]:
    """Points, points by the label of their region, or the markers in a file."""
    try:
        labeled = [word.rpartition(":")[::2] for word in given]
        points = [[int(index) for index in point.split(",")] for _, point in labeled]
        labels = [int(label) for label, _ in labeled if label]
    except ValueError:
        if len(given) > 1:
            raise ValueError(
                f"{name} are {' '.join(given)}; expected points such as 10,20, points of regions such as 3:10,20, "
                "or one marker image"
            ) from None
        return read_markers(given[0], **limits)
    if len({len(point) for point in points}) > 1:
        raise ValueError(f"{name} are {' '.join(given)}; expected as many indices for each point")
    if not labels:
        return np.array(points)
    if len(labels) < len(points):
        raise ValueError(f"{name} are {' '.join(given)}; expected a label before each point, or none")
    regions: dict[int, list[list[int]]] = {}
    for label, point in zip(labels, points, strict=True):
        regions.setdefault(label, []).append(point)
    return regions


def _load_array(given: Path | str, **limits: Any) -> NDArray[Any] | str:
    """The numbers in a file; a word of the option's own, such as its default, stays what it is."""
    return given if isinstance(given, str) else read_image(given, **limits).pixels


def _load_mask(given: Path, **limits: Any) -> Any:
    """The mask in a file: of a Zarr array in its chunks."""
    if given.suffix != ".zarr":
        return read_mask(given, **limits)
    from classicseg.extras.files.chunked import open_chunked

    return open_chunked(given, **limits).pixels != 0


def _load_each(given: list[Any], **limits: Any) -> Any:
    """A single value as such: its result has no axis more."""
    return given[0] if len(given) == 1 else given


def _load_model(given: Path | str, **limits: Any) -> BoundaryModel | str | None:
    """The model in a file, or its name; the word none stands for None."""
    if isinstance(given, str):
        return None if given == "none" else given
    from classicseg.edges.learned.detector import as_model

    return as_model(given)


def _load_ink_model(given: Path | str, **limits: Any) -> BoundaryModel:
    """The model in a file, or that of a name."""
    from classicseg.classifying.ink_model import as_ink_model

    return as_ink_model(given)


def _load_axis(given: int | str, **limits: Any) -> int | str | None:
    """The axis of the channels; the word none stands for None."""
    return None if given == "none" else given


def _find(kind: type[Any], hint: Any, *, nested: bool = True) -> Any:
    """The first of a kind in the metadata of an annotation, or nested in it; None if there is none."""
    inner = (_find(kind, part) for part in get_args(hint)) if nested else ()
    found: Iterable[Any] = (*getattr(hint, "__metadata__", ()), *inner)
    return next((item for item in found if isinstance(item, kind)), None)


_NUMBERS = Words(re.compile(r"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan|inf(inity)?)", re.IGNORECASE), "1 2 or 1,2")
_FEATURES = Words(re.compile(r"[a-z]+(_[a-z]+)*"), "gaussian,laplacian")
_POINTS = Words(re.compile(r"(\d+:)?-?\d+(,-?\d+)+"), "10,20 30,40", separator="")

_MEANINGS = {
    "int": Integer,
    "Random": Annotated[Integer, Help("The seed of the random draws: the same seed, the same labels.")],
    "ChannelAxis": Annotated[
        Integer | Literal["auto", "none"],
        Help("The axis of the channels. none: every axis is spatial, as in a volume. auto: as the file says."),
        Load(_load_axis),
    ],
    "Mask": Annotated[
        Path | None,
        Help("An image file of the same size: a pixel takes part where it is not 0."),
        Load(_load_mask),
        Drawn("mask"),
    ],
    "Weights": Annotated[
        Path | None,
        Help("An image file of the same size, at least 0: how much a pixel counts."),
        Load(_load_array),
        Drawn("image"),
    ],
    "Seeds": Annotated[
        list[str] | None,
        Help(
            "A point as row,column (plane,row,column in a volume), once for each segment, or label:row,"
            "column for several points of one; or a marker image file, whose positive numbers name the segments."
        ),
        Load(_load_seeds, is_named=True),
        _POINTS,
        Drawn("seeds"),
    ],
    "FeatureNames": Annotated[list[str], _FEATURES],
    "SegmentCounts": Annotated[list[Integer] | None, Load(_load_each), Each()],
    "Heights": Annotated[list[float] | None, Load(_load_each), Each()],
    "EdgeDetector": Annotated[
        get_args(types.EdgeDetector)[0],  # its words; functions and edge maps have no names
        Help(
            "What finds the edges. canny: Canny's thin edges. sobel: all pixels whose gradient is at least "
            "--high. log: where the Laplacian of a Gaussian crosses zero."
        ),
    ],
    "TrainedModel": Annotated[
        Literal["auto", "photographs", "none"] | Path,
        Help(
            "What tells boundaries that people draw: a file by train-boundaries; photographs, the model of the "
            "package; none, what needs no training. auto: photographs for color images of 8 or 16 bits, else the "
            "gradient."
        ),
        Load(_load_model),
    ],
    "InkModel": Annotated[
        Literal["pages"] | Path,
        Help("What tells ink from paper: pages, the model of the package, or the file of another one."),
        Load(_load_ink_model),
    ],
    "ArrayLike": Annotated[Path, Load(_load_array), Drawn("image")],
}
