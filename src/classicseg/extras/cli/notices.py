"""What the library says while it works, such as that it compiles, as lines on standard error.

The library logs it as records of level INFO of the logger "classicseg". CLASSICSEG_QUIET in the environment, or a
higher level of that logger, silences it.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator

from classicseg.extras.cli.report import note


@contextlib.contextmanager
def notices_printed() -> Iterator[None]:
    """Print each notice on one line, unless the environment says CLASSICSEG_QUIET."""
    logger, lines = logging.getLogger("classicseg"), _Lines()
    level = logger.level
    logger.addHandler(lines)
    logger.setLevel(logging.WARNING if _is_quiet() else logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(lines)


def print_no_more() -> None:
    """Keep silent until the command ends, as its --quiet asks."""
    logging.getLogger("classicseg").setLevel(logging.WARNING)


def _is_quiet() -> bool:
    return os.environ.get("CLASSICSEG_QUIET", "") not in ("", "0")


class _Lines(logging.Handler):
    """Writes to whatever standard error is by then: a bar puts itself in its place."""

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(OSError, ValueError):  # nobody reads it any more, or it is closed
            note(record.getMessage())
