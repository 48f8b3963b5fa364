"""Holes of grown regions: what one region alone encloses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image
from classicseg.labeling.holes import filled_holes


def fill_holes(labels: NDArray[np.int32], image: Image) -> NDArray[np.int32]:
    """Give each hole the label of the region that encloses it; what takes no part stays 0."""
    filled = filled_holes(labels)
    return filled if image.mask is None else np.where(image.mask, filled, 0).astype(np.int32)
