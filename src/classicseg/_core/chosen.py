"""What a method chose where its caller left it open, for whoever wants to know.

A method calls `chose` with the values of the options that it settled by itself, such as Otsu's threshold. Nothing
comes of it, unless the caller made the call inside of `choices`, whose dictionary then has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_listener: ContextVar[dict[str, Any] | None] = ContextVar("choices", default=None)


@contextmanager
def choices() -> Iterator[dict[str, Any]]:
    """Collect what the calls inside choose, by the name of the option; a later choice replaces an earlier one."""
    found: dict[str, Any] = {}
    token = _listener.set(found)
    try:
        yield found
    finally:
        _listener.reset(token)


def chose(**values: Any) -> None:
    """Tell the values that were chosen."""
    found = _listener.get()
    if found is not None:
        found |= values
