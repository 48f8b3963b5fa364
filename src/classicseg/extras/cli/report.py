"""What the commands say: names and one-line mistakes."""

from __future__ import annotations

import inspect
import sys

from classicseg import Segmenter


def command_name(name: str) -> str:
    """``region_growing_segment`` is ``region-growing`` on the command line."""
    return name.removesuffix("_segment").replace("_", "-")


def summary(segmenter: Segmenter) -> str:
    """The first line of its documentation."""
    return (inspect.getdoc(segmenter) or "").partition("\n")[0]


def report(mistake: object) -> None:
    """Say on one line of standard error what went wrong."""
    print("classicseg: error:", " ".join(str(mistake).split()), file=sys.stderr, flush=True)
