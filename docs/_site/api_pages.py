"""The pages of the reference, from the catalogue and the command line: a new name stands there at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import classicseg
import classicseg.metrics
import classicseg.preprocess
from classicseg.extras import exports, files, networks, plot, tuning
from classicseg.types import kind_of

_FAMILIES = {
    "classes": "Segmenters: values decide",
    "regions": "Segmenters: place decides",
    "superpixels": "Segmenters: superpixels",
    "seeded": "Segmenters: a person decides",
    "thresholds": "Thresholds",
    "histograms": "Histograms",
    "clustering": "Clusters and palettes",
    "filters": "Filters and distances",
    "edges": "Edges and boundaries",
    "growing": "Growing and flooding",
    "trees": "Trees of regions",
    "labeling": "Labels and objects",
    "regions of labels": "Regions: tables, graphs, outlines",
    "learning": "Pixels that learn",
    "preprocess": "Images and labels prepared together",
    "files": "Files",
    "running": "Catalogue and workers",
    "types": "Results",
    "metrics": "Scores",
    "plot": "Extras: pictures of results",
    "exports": "Extras: labels for other programs",
    "reading and writing": "Extras: files",
    "tuning": "Extras: tuning",
    "networks": "Extras: trained networks",
}
"""The families, in the order of the reference."""

_ROOMS = (classicseg, classicseg.metrics, classicseg.preprocess)
"""Where the public names are that have a picture each."""

_EXTRAS = {plot: "plot", exports: "exports", files: "reading and writing", tuning: "tuning", networks: "networks"}
"""What needs an optional dependency, and its family: in the reference, too, with a picture where there is one."""

_BY_FOLDER = {
    "flooding": "growing",
    "superpixels": "growing",
    "solvers": "growing",
    "classifying": "learning",
    "level_sets": "growing",
    "segmentation": "clustering",
    "regions": "regions of labels",
    "extras": "files",
    "workers": "running",
    "metrics": "labeling",
    "": "running",
}
"""Folders of the package whose functions belong to another family; the others have the folder's name."""


def write_pages(folder: Path) -> None:
    """Write the pages into a folder, before Sphinx looks for pages."""
    families: dict[str, list[str]] = {family: [] for family in _FAMILIES}
    for name, member in public_names():
        families[_family_of(name, member)].append(name)
    shown = [member for _, member in public_names()]
    for room, family in _EXTRAS.items():
        families[family] += [
            name for name, member in _names_of(room) if _is_of(room, member) and member not in shown
        ]
    pages = []
    for family, names in families.items():
        if names:
            page = family.replace(" ", "_")
            _write(folder / f"api_{page}.rst", _page(_FAMILIES[family], sorted(names)))
            pages.append(f"api_{page}")
    toc = "\n".join(f"   {page}" for page in pages)
    _write(folder / "api.rst", f"API\n===\n\n.. toctree::\n   :maxdepth: 1\n\n{toc}\n")
    _write(folder / "command_line.md", _command_line())


def public_names() -> Iterator[tuple[str, Any]]:
    """The public functions and classes, by their full names."""
    for room in _ROOMS:
        yield from _names_of(room)


def _names_of(room: ModuleType) -> Iterator[tuple[str, Any]]:
    """The functions and classes of a module that are for everybody."""
    for name in getattr(room, "__all__", dir(room)):
        member = getattr(room, name)
        if not name.startswith("_") and isinstance(member, type | FunctionType):
            yield f"{room.__name__}.{name}", member


def _is_of(room: ModuleType, member: Any) -> bool:
    """Whether a module has a name of its own, not one that it imports from elsewhere to use it."""
    return bool(member.__module__.startswith(room.__name__))


def _family_of(name: str, member: Any) -> str:
    """The family of a public name."""
    for room in ("metrics", "preprocess"):
        if name.startswith(f"classicseg.{room}."):
            return room
    if name.endswith("_segment"):
        return kind_of(member)
    if isinstance(member, type):
        return "types"
    folder = member.__module__.removeprefix("classicseg").strip(".").partition(".")[0]
    return _BY_FOLDER.get(folder, folder)


def _page(title: str, names: list[str]) -> str:
    listed = "\n".join(f"   {name}" for name in names)
    return (
        f"{title}\n{'=' * len(title)}\n\n.. autosummary::\n   :toctree: generated\n   :nosignatures:\n\n{listed}\n"
    )


def _command_line() -> str:
    """What the application says of itself."""
    from classicseg.extras.cli.commands import application

    said = application().generate_docs("markdown", recursive=True)
    return said.replace("# classicseg", "# Command line", 1)


def _write(path: Path, text: str) -> None:
    """Write what has changed alone: what has not is not read again."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
