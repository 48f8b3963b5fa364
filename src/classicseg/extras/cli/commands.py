"""The commands: one for each segmenter of the catalogue, and those that look at several."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cyclopts import App, CycloptsError

import classicseg
from classicseg.extras.catalogue import segmenter_names, segmenter_summary, summary_in_source
from classicseg.extras.cli.mistakes import mistake_of
from classicseg.extras.cli.report import command_name, report


def run(arguments: Sequence[str] | None) -> int:
    """Run a command and return its exit code; a mistake is one line."""
    typed = [*(sys.argv[1:] if arguments is None else arguments)]
    commands = _commands()
    try:
        if typed and typed[0] in commands:
            from classicseg.extras.cli.lists import spread_lists  # here: with NumPy and the readers it takes time

            command = commands[typed[0]] = _resolved(commands[typed[0]])
            typed = spread_lists(typed, command)
        result: Any = _app(commands)(typed, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
    except CycloptsError as error:
        report(mistake_of(error, typed, commands))
        return 2
    except BrokenPipeError:  # the reader, say `head`, has left; nothing more can be printed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (OSError, ValueError) as error:
        report(error)
        return 2
    return result if isinstance(result, int) else 0


_OVERVIEWS = (
    "demo", "methods", "compare", "evaluate", "regions", "rerun", "compress", "network", "train_boundaries",
    "train_network", "train_pixels", "apply_pixels", "warmup", "doctor", "completion", "man",
)  # fmt: skip
"""The commands that look at several methods, at what they made or are made of, or go beyond labels."""


def _commands() -> dict[str, Any]:
    """Where each command is, by the name that one types; it is imported when it runs, or tells its options."""
    segmenters = {command_name(name): f"classicseg.extras.cli.segmenters:{name}" for name in segmenter_names()}
    overviews = {command_name(name): f"classicseg.extras.cli.{name}:{name}" for name in _OVERVIEWS}
    return overviews | {"regions": "classicseg.extras.cli.regions:command"} | segmenters


def _resolved(place: str) -> Callable[..., Any]:
    """The command at a place, module:name."""
    module, _, name = place.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def application() -> App:
    """The application with all commands, none of them imported yet."""
    return _app(_commands())


def _app(commands: Mapping[str, Any]) -> App:
    """The application with all commands."""
    app = App(
        name="classicseg",
        help="Classical image segmentation: images in, labels out.",
        version=classicseg.__version__,
        help_format="markdown",
        suppress_keyboard_interrupt=False,
    )
    for name in _OVERVIEWS:
        typed = command_name(name)
        app.command(commands[typed], name=typed, help=summary_in_source(f"classicseg.extras.cli.{name}", name))
    for name in segmenter_names():
        typed = command_name(name)
        app.command(commands[typed], name=typed, help=segmenter_summary(name), sort_key=1)
    return app
