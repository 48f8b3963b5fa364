"""What the commands say: names, one-line mistakes and remarks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table


def command_name(name: str) -> str:
    """``region_growing_segment`` is ``region-growing`` on the command line."""
    return name.removesuffix("_segment").replace("_", "-")


def report(mistake: object) -> None:
    """Say on one line of standard error what went wrong."""
    note(f"error: {mistake}")


def note(remark: object) -> None:
    """Say on one line of standard error what is no mistake, and yet to be known."""
    print("classicseg:", " ".join(str(remark).split()), file=sys.stderr, flush=True)


def print_table(table: Table) -> None:
    """Print a table: as wide as the terminal, or, in a pipe or a file, as wide as its words."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = 10_000
    console.print(table)
