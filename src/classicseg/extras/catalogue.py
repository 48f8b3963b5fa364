"""The catalogue by its source: names and first lines, without importing numba or any method."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import classicseg

_MODULES: dict[str, str] = vars(classicseg)["_MODULES"]
"""The module of each public name."""


def segmenter_names() -> list[str]:
    """The names of all segmenters, seeded ones too, in the order of the catalogue."""
    return [name for name in _MODULES if name.endswith("_segment")]


def segmenter_summary(name: str) -> str:
    """The first line of a segmenter's documentation; one that its module has from elsewhere is imported for it."""
    return summary_in_source(_MODULES[name], name) or summary_of(getattr(classicseg, name))


def summary_of(function: Callable[..., Any]) -> str:
    """The first line of a function's documentation."""
    return _first_line(inspect.getdoc(function))


def summary_in_source(module: str, name: str) -> str:
    """The first line of the documentation of a function, read from its module's file; empty if it has none."""
    spec = find_spec(module)
    source = Path(spec.origin).read_text("utf-8") if spec is not None and spec.origin else ""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return _first_line(ast.get_docstring(node))
    return ""


def _first_line(documentation: str | None) -> str:
    """The first line of a documentation; empty if there is none."""
    return (documentation or "").partition("\n")[0]
