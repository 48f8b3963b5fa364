"""What this installation is: versions, what kernels run on, where they are kept, and what is missing for what."""

from __future__ import annotations

import platform
import re
from importlib import metadata
from typing import Any

import classicseg
from classicseg._core import kernel
from classicseg._core.bands import n_workers

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)[^;]*(?:;.*extra == ['\"]([a-z-]+)['\"])?")
_FOR_DEVELOPERS = ("test", "bench", "docs")


def diagnosis() -> dict[str, Any]:
    """Look at the installation.

    Returns
    -------
    dict
        ``versions`` of Python, of this package and of what it needs; ``engine`` and ``workers``, which kernels run
        on; ``cache``, the folder of compiled kernels with their number and bytes, or None; ``missing``, the
        packages that each extra lacks.

    Examples
    --------
    >>> from classicseg.extras.doctor import diagnosis
    >>> sorted(diagnosis())
    ['cache', 'engine', 'machine', 'missing', 'versions', 'workers']
    """
    needed, extras = _requirements()
    return {
        "versions": {
            "classicseg": classicseg.__version__,
            "python": platform.python_version(),
            **{name: _version_of(name) for name in needed},
        },
        "machine": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "engine": kernel.engine(),
        "workers": n_workers(),
        "cache": _cache(),
        "missing": {
            extra: missing
            for extra, names in extras.items()
            if (missing := [name for name in names if _version_of(name) is None])
        },
    }


def _requirements() -> tuple[list[str], dict[str, list[str]]]:
    """What the package needs, and what each of its extras for users adds."""
    needed: list[str] = []
    extras: dict[str, list[str]] = {}
    for line in metadata.requires("classicseg") or []:
        found = _REQUIREMENT.match(line)
        if found and found[2] is None:
            needed.append(found[1])
        elif found and found[2] not in _FOR_DEVELOPERS and found[1] != "classicseg":
            extras.setdefault(found[2], []).append(found[1])
    return needed, extras


def _version_of(name: str) -> str | None:
    """The version of a package that is installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _cache() -> dict[str, Any] | None:
    """The folder of compiled kernels; None where none can be kept."""
    folder = kernel.cache_directory()
    if folder is None:
        return None
    sizes = [file.stat().st_size for file in folder.glob("*.nbc")]
    return {"folder": str(folder), "kernels": len(sizes), "bytes": sum(sizes)}
