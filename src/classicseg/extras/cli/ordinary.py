"""The ordinary options of commands, in the same words everywhere: -o, -q, -v, --json, --overwrite."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from classicseg.extras.cli.notices import print_no_more
from classicseg.extras.files import MAX_PIXELS
from classicseg.extras.signatures import Integer


def flag(text: str, *short: str) -> Any:
    """An option that is there or not."""
    return Annotated[bool, as_flag(text, *short)]


def as_flag(text: str, *short: str) -> Parameter:
    """What makes an annotation of bool one of such an option."""
    return Parameter(alias=short, help=text, negative_bool="", show_default=False)


Out = Annotated[Path, Parameter(alias="-o", help="The folder for the results.")]
Quiet = flag("Print nothing but mistakes.", "-q")
Json = flag("Print the results as JSON, one on a line, and nothing else.")
Verbose = flag("Also print the time, the files, and the command that repeats the run.", "-v")
Overwrite = flag(
    "Replace results that came from other settings; without it they are kept. No file is removed: of those that "
    "stay, the record names what this run wrote."
)
MaxPixels = Annotated[Integer, Parameter(help="Refuse files of more pixels times pages.")]
MOST_PIXELS = Integer(MAX_PIXELS)
"""What --max-pixels is without being given."""


def keep_quiet(quiet: bool) -> bool:
    """Silence notices, too, where --quiet asks; return whether a bar may be shown."""
    if quiet:
        print_no_more()
    return not quiet
