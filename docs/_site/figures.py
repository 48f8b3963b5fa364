"""What the gallery takes from a script: the figures that it draws with matplotlib's own objects."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from weakref import WeakSet

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst

_SHOWN: WeakSet[Figure] = WeakSet()


def figures_drawn(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Show the figures that a script keeps in its variables; pyplot's own have a number, and are shown already."""
    values = block_vars["example_globals"].values()
    figures = [value for value in values if isinstance(value, Figure) and not hasattr(value, "number")]
    paths = []
    for figure in figures:
        if figure not in _SHOWN:
            _SHOWN.add(figure)
            paths.append(next(block_vars["image_path_iterator"]))
            figure.savefig(paths[-1], dpi=100)
    return figure_rst(paths, gallery_conf["src_dir"], alt_of(block_vars))


def alt_of(block_vars: dict[str, Any]) -> str:
    """What a picture shows, for who does not see it: the title of its script."""
    return Path(block_vars["src_file"]).stem.replace("_", " ")


def nothing_saved(gallery_conf: dict[str, Any], script_vars: dict[str, Any]) -> list[str]:
    """The argument of a script that writes a picture: somewhere else than beside itself."""
    return [str(Path(tempfile.mkdtemp()) / "figure.png")]
