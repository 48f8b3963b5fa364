"""The pictures of the pages of the start, drawn by the lines that stand below each of them."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from small import save_small

from classicseg.extras.plot import overlay

_BRANCH = re.compile(r"^!\[[^]]*\]\(pictures/(\w+)\.webp\)$.*?^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def draw_branches(page: Path) -> None:
    """Draw each picture of a page, `image` `labels` over it, where the block has changed."""
    folder = page.parent / "pictures"
    folder.mkdir(exist_ok=True)
    for name, block in _BRANCH.findall(page.read_text(encoding="utf-8")):
        path, stamp = folder / f"{name}.webp", folder / f"{name}.stamp"
        drawn_from = hashlib.sha256(block.encode()).hexdigest()
        if path.exists() and stamp.exists() and stamp.read_text() == drawn_from:
            continue
        names: dict[str, np.ndarray] = {}
        exec(compile(block, f"{page.name}: {name}", "exec"), names)
        _draw(names["image"], names["labels"], path)
        stamp.write_text(drawn_from)


def draw_coins(folder: Path) -> None:
    """The two pictures of the first five minutes."""
    from skimage import data

    from classicseg import boundary_segment, filter_regions, region_table

    folder.mkdir(exist_ok=True)
    paths = folder / "coins_photograph.webp", folder / "coins_found.webp"
    if all(path.exists() for path in paths):
        return
    image = data.coins()
    labels = boundary_segment(image)
    area = region_table(labels).area
    found = filter_regions(labels, (area > 500) & (area < 5000))
    for path, shown in zip(paths, (np.zeros_like(found), found), strict=True):
        figure = Figure(figsize=(7.68, 6.06), dpi=100)
        axes = figure.add_axes((0, 0, 1, 1))
        overlay(image, shown, ax=axes) if shown.any() else axes.imshow(image, cmap="gray")
        axes.set_axis_off()
        save_small(figure, path)


def _draw(image: np.ndarray, labels: np.ndarray, path: Path) -> None:
    """The image, and its segments over it."""
    height, width = labels.shape
    figure = Figure(figsize=(8, 4 * height / width), dpi=100)
    left, right = figure.add_axes((0, 0, 0.495, 1)), figure.add_axes((0.505, 0, 0.495, 1))
    left.imshow(image, cmap="gray", aspect="auto")
    overlay(image, labels, ax=right).set_aspect("auto")
    for axes in (left, right):
        axes.set_axis_off()
        axes.set_title("")
    save_small(figure, path)
