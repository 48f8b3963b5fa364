"""What the commands say: names, one-line mistakes, progress."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from classicseg import Segmenter

Item = TypeVar("Item")


def command_name(name: str) -> str:
    """``region_growing_segment`` is ``region-growing`` on the command line."""
    return name.removesuffix("_segment").replace("_", "-")


def summary(segmenter: Segmenter) -> str:
    """The first line of its documentation."""
    return (inspect.getdoc(segmenter) or "").partition("\n")[0]


def report(mistake: object) -> None:
    """Say on one line of standard error what went wrong."""
    print("classicseg: error:", " ".join(str(mistake).split()), file=sys.stderr, flush=True)


def progress(items: Sequence[Item], doing: str) -> Iterator[Item]:
    """Go through the items with a progress bar, where there are several and standard error is a terminal."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    shown: Iterable[Item] = items
    if len(items) > 1 and console.is_terminal:
        shown = track(items, doing, console=console, transient=True)
    yield from shown
