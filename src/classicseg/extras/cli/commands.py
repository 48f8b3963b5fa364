"""The commands: one for each segmenter of the catalogue, and those that look at several."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cyclopts import App, CycloptsError

import classicseg
from classicseg.extras.cli.compare import compare
from classicseg.extras.cli.demo import demo
from classicseg.extras.cli.evaluate import evaluate
from classicseg.extras.cli.lists import spread_lists
from classicseg.extras.cli.options import command_for
from classicseg.extras.cli.report import command_name, report
from classicseg.extras.cli.rerun import rerun
from classicseg.extras.signatures import summary_of
from classicseg.types import Labels, kind_of


def run(arguments: Sequence[str] | None) -> int:
    """Run a command and return its exit code; a mistake is one line."""
    typed = [*(sys.argv[1:] if arguments is None else arguments)]
    commands = _commands()
    try:
        if typed and typed[0] in commands:
            typed = spread_lists(typed, commands[typed[0]])
        result: Any = _app(commands)(typed, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
    except CycloptsError as error:
        report(_with_help(str(error), typed, commands))
        return 2
    except BrokenPipeError:  # the reader, say `head`, has left; nothing more can be printed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (OSError, ValueError) as error:
        report(error)
        return 2
    return result if isinstance(result, int) else 0


def _with_help(mistake: str, typed: Sequence[str], commands: Mapping[str, Any]) -> str:
    """A mistake in what was typed, and where to read more."""
    mistake = mistake.partition(" Available commands:")[0].rstrip(".")
    command = f" {typed[0]}" if typed and typed[0] in commands else ""
    return f"{mistake}{'' if mistake.endswith('?') else ';'} see classicseg{command} --help"


def _commands() -> dict[str, Callable[..., Any]]:
    """What runs, by the name that one types."""
    segmenters = _every_segmenter().items()
    return _OVERVIEWS | {command_name(name): command_for(name, segmenter) for name, segmenter in segmenters}


def _app(commands: Mapping[str, Callable[..., Any]]) -> App:
    """The application with all commands."""
    app = App(
        name="classicseg",
        help="Classical image segmentation: images in, labels out.",
        version=classicseg.__version__,
        help_format="markdown",
        suppress_keyboard_interrupt=False,
    )
    for name, command in commands.items():
        app.command(command, name=name, sort_key=None if name in _OVERVIEWS else 1)
    return app


def methods() -> None:
    """List the methods with the kind of their labels, one line each."""
    segmenters = _every_segmenter()
    width = max(len(command_name(name)) for name in segmenters)
    for name, segmenter in segmenters.items():
        print(f"{command_name(name):{width}}  {kind_of(segmenter):11}  {summary_of(segmenter)}")


def _every_segmenter() -> dict[str, Callable[..., Labels]]:
    """Those that need an image alone, then those that need seeds as well."""
    return {**classicseg.segmenters(), **classicseg.segmenters("seeded")}


_OVERVIEWS: dict[str, Callable[..., Any]] = {
    "demo": demo,
    "methods": methods,
    "compare": compare,
    "evaluate": evaluate,
    "rerun": rerun,
}
"""The commands that look at several methods, or at what they made."""
