"""What the gallery takes from a script: its figures, described in words, and animations that need no network."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import Any
from weakref import WeakSet

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from small import make_small, save_small
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
    title, written = _title_of(block_vars), Path(block_vars["src_file"]).parent / sys.argv[1]
    values = block_vars["example_globals"].values()
    figures = [value for value in values if isinstance(value, Figure) and not hasattr(value, "number")]
    if written.exists():
        plt.close("all")
        _SHOWN.update(figures)
        paths = [make_small(written, _next_path(block_vars))]
        written.unlink()
        return figure_rst(paths, gallery_conf["src_dir"], title)
    paths = []
    for figure in figures:
        if figure not in _SHOWN:
            _SHOWN.add(figure)
            paths.append(save_small(figure, _next_path(block_vars), dpi=100))
    return figure_rst(paths, gallery_conf["src_dir"], title) + _of_pyplot(block, block_vars, gallery_conf, title)


def _of_pyplot(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any], title: str) -> str:
    """The figures of pyplot, with the titles of their panels; of animations a still one for the thumbnail."""
    known = block_vars["image_path_iterator"].paths
    n_known = len(known)
    shown = matplotlib_scraper(block, block_vars, gallery_conf, format="webp", pil_kwargs={"lossless": True})
    for path in map(Path, known[n_known:]):
        for drawn in (path.with_suffix(".webp"), path.with_suffix(".gif")):
            if drawn.exists():
                make_small(drawn, path)
        path.with_suffix(".gif").unlink(missing_ok=True)
    shown = shown.replace(":alt: ", f":alt: {title}: ")
    return _without_network(shown, title, Path(block_vars["src_file"]).stem)


def _next_path(block_vars: dict[str, Any]) -> Path:
    """Where the next picture of a script goes."""
    return Path(next(block_vars["image_path_iterator"])).with_suffix(".webp")


def somewhere_else(gallery_conf: dict[str, Any], script_vars: dict[str, Any]) -> list[str]:
    """The argument of a script that writes a figure: a name that is the same at each build, for it prints it."""
    script = Path(script_vars["src_file"])
    if "sys.argv" in script.read_text(encoding="utf-8"):
        (script.parent / "segmented").mkdir(exist_ok=True)
    return [f"segmented/{script.stem}.png"]


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
