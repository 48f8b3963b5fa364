"""The commands: one for each segmenter of the catalogue, and those that look at several."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from cyclopts import App, CycloptsError

import classicseg
from classicseg.extras.catalogue import segmenter_names, segmenter_summary, summary_in_source
from classicseg.extras.cli.report import command_name, report


def run(arguments: Sequence[str] | None) -> int:
    """Run a command and return its exit code; a mistake is one line."""
    try:
        result: Any = _app()(arguments, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
    except CycloptsError as error:
        report(f"{str(error).rstrip('.')}; see classicseg --help")
        return 2
    except BrokenPipeError:  # the reader, say `head`, has left; nothing more can be printed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (OSError, ValueError) as error:
        report(error)
        return 2
    return result if isinstance(result, int) else 0


def _app() -> App:
    """The application with all commands; what a command needs is imported when it runs, or tells its options."""
    app = App(
        name="classicseg",
        help="Classical image segmentation: images in, labels out.",
        version=classicseg.__version__,
        help_format="markdown",
        suppress_keyboard_interrupt=False,
    )
    for name in ("demo", "methods", "compare", "evaluate", "warmup"):
        module = f"classicseg.extras.cli.{name}"
        app.command(f"{module}:{name}", help=summary_in_source(module, name))
    for name in segmenter_names():
        path = f"classicseg.extras.cli.segmenters:{name}"
        app.command(path, name=command_name(name), help=segmenter_summary(name), sort_key=1)
    return app
