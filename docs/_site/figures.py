"""What the gallery takes from a script: its figures, described in words, and animations that need no network."""

from __future__ import annotations

import ast
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any
from weakref import WeakSet

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst, matplotlib_scraper

_SHOWN: WeakSet[Figure] = WeakSet()
_SIGNS = {
    "minus": "−",
    "fast-backward": "|‹",
    "step-backward": "‹",
    "play fa-flip-horizontal": "◀",
    "pause": "❚❚",
    "play": "▶",
    "step-forward": "›",
    "fast-forward": "›|",
    "plus": "+",
}
"""What matplotlib's buttons show from a font on another server, in plain characters."""


def figures_of(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Show the figure that a script wrote to the path it was given; or those in its variables, and pyplot's.

    In words they are the title of the script, and those of the panels where they are known.
    """
    title, written = _title_of(block_vars), Path(sys.argv[1])
    values = block_vars["example_globals"].values()
    figures = [value for value in values if isinstance(value, Figure) and not hasattr(value, "number")]
    if written.exists():
        plt.close("all")
        _SHOWN.update(figures)
        paths = [shutil.move(written, next(block_vars["image_path_iterator"]))]
        return figure_rst(paths, gallery_conf["src_dir"], title)
    paths = []
    for figure in figures:
        if figure not in _SHOWN:
            _SHOWN.add(figure)
            paths.append(next(block_vars["image_path_iterator"]))
            figure.savefig(paths[-1], dpi=100)
    shown = matplotlib_scraper(block, block_vars, gallery_conf).replace(":alt: ", f":alt: {title}: ")
    shown = _without_network(shown, title, Path(block_vars["src_file"]).stem)
    return figure_rst(paths, gallery_conf["src_dir"], title) + shown


def somewhere_else(gallery_conf: dict[str, Any], script_vars: dict[str, Any]) -> list[str]:
    """The argument of a script that writes a figure: not beside itself."""
    return [str(Path(tempfile.mkdtemp()) / "figure.png")]


def small_frames(gallery_conf: dict[str, Any], file: str) -> None:
    """Frames of photographs are JPEG: a tenth of the size that PNG has."""
    mpl.rcParams["animation.frame_format"] = "jpeg"
    mpl.rcParams["animation.writer"] = "pillow"  # for the thumbnail; ffmpeg is not asked for


def _title_of(block_vars: dict[str, Any]) -> str:
    """What a picture shows, for who does not see it: the title of its script."""
    text = Path(block_vars["src_file"]).read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]


def _without_network(shown: str, title: str, name: str) -> str:
    """Make an animation the same at each build, from this page alone, and plain to a screen reader."""
    drawn = re.search(r'<img id="_anim_img(\w+)">', shown)
    if drawn is None:
        return shown
    shown = re.sub(r'<link rel="stylesheet"\s+href="https://[^"]*">', "", shown)
    for sign, text in _SIGNS.items():
        shown = shown.replace(f'<i class="fa fa-{sign}"></i>', text)
    shown = shown.replace(drawn[0], f'<img id="_anim_img{drawn[1]}" alt="{title}">')
    shown = shown.replace('type="range"', 'type="range" aria-label="Frame"')
    return shown.replace(drawn[1], f"_{name}")
