"""Images to try the methods on."""

from __future__ import annotations

from typing import Any

import numpy as np

from classicseg.extras.napari.readers import LayerData


def coins() -> list[LayerData]:
    """A grey photograph of coins."""
    return _photograph("coins")


def coffee() -> list[LayerData]:
    """A color photograph of a cup."""
    return _photograph("coffee")


def balls() -> list[LayerData]:
    """A volume of bright balls whose planes are three times as far apart as its rows."""
    grid: Any = np.ogrid[0:24, 0:96, 0:96]
    image = np.full((24, 96, 96), 40.0)
    for center, radius in (((8, 30, 30), 18), ((14, 62, 58), 24), ((6, 70, 22), 10), ((17, 24, 74), 13)):
        steps = (3 * (grid[0] - center[0]), grid[1] - center[1], grid[2] - center[2])
        inside = sum(step**2 for step in steps) <= radius**2
        image[inside] = 150 + 2 * radius
    image += np.random.default_rng(0).normal(0, 8, image.shape)
    pixels = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    return [(pixels, {"name": "balls", "scale": (3.0, 1.0, 1.0), "rgb": False}, "image")]


def _photograph(name: str) -> list[LayerData]:
    """One of those that scikit-image brings."""
    from skimage import data

    pixels = getattr(data, name)()
    return [(pixels, {"name": name, "rgb": pixels.ndim == 3}, "image")]
