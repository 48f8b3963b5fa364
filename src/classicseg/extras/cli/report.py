"""What the commands say: names, one-line mistakes and remarks."""

from __future__ import annotations

import sys


def command_name(name: str) -> str:
    """``region_growing_segment`` is ``region-growing`` on the command line."""
    return name.removesuffix("_segment").replace("_", "-")


def report(mistake: object) -> None:
    """Say on one line of standard error what went wrong."""
    note(f"error: {mistake}")


def note(remark: object) -> None:
    """Say on one line of standard error what is no mistake, and yet to be known."""
    print("classicseg:", " ".join(str(remark).split()), file=sys.stderr, flush=True)
