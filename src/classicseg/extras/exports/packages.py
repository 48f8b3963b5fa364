"""Packages that one format needs, imported when it is written."""

from __future__ import annotations

import importlib
from typing import Any


def needed(package: str, extra: str) -> Any:
    """Import a package, or say how to install it."""
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        name = package.partition(".")[0]
        raise ModuleNotFoundError(
            f"{name} is needed, and {error.name or name} is not installed; pip install {name}, or "
            f"'classicseg[{extra}]'",
            name=error.name,
        ) from None
