"""What the commands say: names and one-line mistakes."""

from __future__ import annotations

import sys


def command_name(name: str) -> str:
    """``region_growing_segment`` is ``region-growing`` on the command line."""
    return name.removesuffix("_segment").replace("_", "-")


def report(mistake: object) -> None:
    """Say on one line of standard error what went wrong."""
    print("classicseg: error:", " ".join(str(mistake).split()), file=sys.stderr, flush=True)
