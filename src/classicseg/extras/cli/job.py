"""What one method is to do with files: the options as typed, where results go, how images are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from classicseg import Labels
from classicseg.extras.cli.pictures import BY_DEFAULT
from classicseg.extras.cli.report import command_name
from classicseg.extras.files import Picture, read_image
from classicseg.extras.files.npy import is_npy
from classicseg.extras.objects import ObjectSteps
from classicseg.types import kind_of


class Each(NamedTuple):
    """Several values of one option, with a result for each; none where there is one result."""

    name: str = ""
    words: Sequence[str] = ()


ONE_RESULT = Each()


@dataclass(frozen=True)
class Job:
    """What to do with each image."""

    name: str
    segmenter: Callable[..., Labels]
    options: Mapping[str, Any]
    """As typed, or their defaults."""
    load: Callable[[], dict[str, Any]]
    """Make arguments of the options: reads the files that they name."""
    out: Path
    table: Path | None
    each: Each = ONE_RESULT
    """The values that have a result each."""
    max_pixels: int | None = None
    """None: as much as the reader takes by itself, more in chunks."""
    nodata: Sequence[float] | None = None
    series: int | None = None
    """Which of several images in a file."""
    channel: str | None = None
    """The one channel that is read: its number or its name."""
    scheduler: str | None = None
    save: Sequence[str] = BY_DEFAULT
    """The kinds of results to keep."""
    export: Sequence[str] = ()
    """The formats of other programs to write, too."""
    overwrite: bool = False
    """Replace what came from other settings."""
    quiet: bool = False
    """Print nothing but mistakes."""
    json: bool = False
    """Print records, as JSON, and nothing else."""
    stdin: Path | None = None
    """The file that holds what came by standard input."""
    verbose: bool = False
    """Print all settings, times and files."""
    steps: ObjectSteps | None = None
    """What makes objects of classes; None where classes are asked for."""
    read: Callable[..., Picture] = read_image
    """Reads an image."""

    def __post_init__(self) -> None:
        if self.steps is not None and self.table is None:  # objects are there to be measured
            object.__setattr__(self, "table", self.out / "objects.csv")

    @property
    def method(self) -> str:
        """The name of the command."""
        return command_name(self.name)

    def files(self) -> list[Path]:
        """The files that the options name; a list of words may be one marker image."""
        found = []
        for value in self.options.values():
            if isinstance(value, Path):
                found.append(value)
            elif isinstance(value, list):
                found += [Path(word) for word in value if isinstance(word, str) and Path(word).is_file()]
        return found

    def source(self, path: Path) -> str:
        """Where an image came from: its full path, or - for standard input."""
        return "-" if path == self.stdin else str(path.resolve())

    def resolved(self) -> dict[str, Any]:
        """The options with the full paths of files."""
        return {k: str(v.resolve()) if isinstance(v, Path) else v for k, v in self.options.items()}

    @property
    def is_class(self) -> bool:
        """Whether its labels are classes, from dark to bright."""
        return self.steps is None and kind_of(self.segmenter) == "classes"

    @property
    def has_values(self) -> bool:
        """Whether there is an image to measure: labels that exist may come alone."""
        return "image" not in self.options or self.options["image"] is not None

    @property
    def reading(self) -> dict[str, Any]:
        """How its images are read."""
        asked = {"nodata": self.nodata, "series": self.series, "channel": self.channel}
        return limit_of(self.max_pixels) | {name: value for name, value in asked.items() if value is not None}


def each_of(options: Mapping[str, Any], asking: Sequence[str]) -> Each:
    """The values that have a result each: several of one of the options that ask for that; else none."""
    several = {name: options[name] for name in asking if options[name] is not None and len(options[name]) > 1}
    if not several:
        return ONE_RESULT
    (name, values), *others = several.items()
    if others:
        raise ValueError(
            f"--{command_name(name)} and --{command_name(others[0][0])} have several values each; expected "
            "several of one of them"
        )
    words = [f"{value:.12g}" for value in values]
    twice = next((word for i, word in enumerate(words) if word in words[:i]), None)
    if twice is not None:
        raise ValueError(f"--{command_name(name)} has {twice} twice; expected different values")
    return Each(name, words)


def limit_of(max_pixels: int | None) -> dict[str, Any]:
    """The limit as typed, or none, for the reader's own."""
    if max_pixels is None:
        return {}
    if max_pixels < 1:
        raise ValueError(f"--max-pixels is {max_pixels}; expected a whole number >= 1")
    return {"max_pixels": max_pixels}


def check_axis(path: Path, given: Any, picture: Any) -> None:
    """Refuse an axis of channels where a file has its channels on another one; arrays do not say where."""
    said = picture.channel_axis
    if not isinstance(given, int) or said is None or path.is_dir() or is_npy(path):
        return
    shape = " x ".join(map(str, picture.pixels.shape))
    if given % picture.pixels.ndim != said:
        raise ValueError(
            f"{path}: --channel-axis is {given}, and the channels of the file are on axis {said} of its {shape} "
            "numbers; leave --channel-axis out"
        )
