"""The command line, built from the catalogue: every segmenter is a command, every option stands in its signature.

Exit codes: 0 when all is done, 1 when some of several images could not be segmented, 2 for a mistake that leaves
nothing done, 130 after Ctrl-C, 143 after SIGTERM. A mistake is one line on standard error.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from classicseg.extras.cli.notices import notices_printed
from classicseg.extras.cli.report import report


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        What stands behind ``classicseg``; without it, what the process was started with.

    Returns
    -------
    int
        The exit code.

    Examples
    --------
    >>> from classicseg.extras.cli import main
    >>> main(["kmeans"])
    2
    """
    try:
        with _terminated_in_order(), _any_name_printed(), notices_printed():
            from classicseg.extras.cli.commands import run  # here, where Ctrl-C is heard: it takes time

            return run(arguments)
    except ModuleNotFoundError as error:
        if (error.name or "classicseg").partition(".")[0] == "classicseg":
            raise
        needs = f"the command line needs {error.name}, which is not installed; pip install 'classicseg[cli]'"
        report(needs)
        return 2
    except _Terminated:
        return 128 + signal.SIGTERM
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


class _Terminated(KeyboardInterrupt):
    """SIGTERM, which is answered as Ctrl-C is: nothing that was begun stays."""


@contextmanager
def _terminated_in_order() -> Iterator[None]:
    """Answer SIGTERM, where nobody else does."""

    def stop(number: int, _: Any) -> NoReturn:
        signal.signal(number, signal.SIG_IGN)  # a second one would stop what the first one cleans
        raise _Terminated

    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def _any_name_printed() -> Iterator[None]:
    """Print what standard output has no letters for, such as names that are no UTF-8, as escapes."""
    out: Any = sys.stdout
    if not hasattr(out, "reconfigure"):
        yield
        return
    errors = out.errors
    out.reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        if not out.closed:
            out.reconfigure(errors=errors)
