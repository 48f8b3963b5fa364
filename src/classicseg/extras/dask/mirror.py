"""Each function in tiles is the twin of one on arrays: it has its name, its options and its documentation."""

from __future__ import annotations

import inspect
import re
import reprlib
from collections.abc import Callable, Mapping
from typing import Any

import dask.array as da

from classicseg.extras.dask.chunks import as_chunked
from classicseg.extras.dask.fusing import fused

Work = Callable[..., Any]

_NOTE = """\
In tiles
--------
"""


def tiled_version_of(function: Callable[..., Any], note: str = "") -> Callable[[Work], Work]:
    """Make a function of a parsed image in chunks the twin of one of arrays.

    It takes what that one takes, with a dask array for the image and the mask; the work gets the image parsed, and
    all further options by name, with the defaults of that one.
    """
    signature = inspect.signature(function)

    def decorate(work: Work) -> Work:
        def in_tiles(*arguments: Any, **options: Any) -> Any:
            bound = signature.bind(*arguments, **options)
            bound.apply_defaults()
            given = bound.arguments
            settings = {name: given.pop(name) for name in ("channel_axis", "mask") if name in given}
            parsed = as_chunked(given.pop("image"), **settings)
            found = work(parsed, **given)
            return fused(found) if isinstance(found, da.Array) else found

        return _named(in_tiles, work, function, signature, note)

    return decorate


def refuse(name: str, given: Mapping[str, Any], allowed: Mapping[str, Any], why: str) -> None:
    """Refuse options that have no exact result in tiles."""
    for option, value in given.items():
        if not _same(value, allowed[option]):
            said = " ".join(reprlib.repr(value).split())
            raise ValueError(f"{option} is {said} for {name} in tiles; expected {allowed[option]!r}: {why}")


def described(work: Work, function: Callable[..., Any], note: str) -> Work:
    """Give a function in tiles the name, the signature and the documentation of that on arrays."""
    return _named(work, work, function, inspect.signature(function), note)


def _named(
    in_tiles: Work, work: Work, function: Callable[..., Any], signature: inspect.Signature, note: str
) -> Work:
    """Give a function in tiles the name, the signature and the documentation of another."""
    in_tiles.__name__ = in_tiles.__qualname__ = function.__name__
    in_tiles.__module__ = work.__module__
    in_tiles.__signature__ = signature  # type: ignore[attr-defined]
    in_tiles.__annotations__ = {}
    doc = inspect.cleandoc(function.__doc__ or "")
    head, _, rest = doc.partition("\n")
    # the example is one of arrays
    doc = re.sub(r"\n\nExamples\n-+\n.*", "", rest, flags=re.DOTALL)
    in_tiles.__doc__ = f"{head}\n\n{_NOTE}{note}\n{doc}\n" if note else f"{head}\n{doc}\n"
    return in_tiles


def _same(one: Any, other: Any) -> bool:
    """Whether two values of an option are the same, in type, too."""
    return one is other or (type(one) is type(other) and bool(one == other))
