"""Growth that does not leak: a mask without what is thinner than a ball."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image
from classicseg.filters.erosion import farther_than


def open_mask(
    accepted: NDArray[np.uint8], image: Image, nodes: NDArray[np.int64], radius: float, spacing: tuple[float, ...]
) -> NDArray[np.bool_]:
    """Keep the pixels that a ball covers which lies within the mask, an array of the image's shape.

    Beyond the image, and on pixels that take no part, a ball may lie as it likes.
    """
    refused = accepted == 0
    if image.mask is not None:
        refused &= image.mask
    centers = farther_than(refused, radius, spacing)
    opened = ~farther_than(centers, radius, spacing) & (accepted > 0)
    if not (inside := opened.reshape(-1)[nodes]).all():
        place = tuple(int(index) for index in np.unravel_index(nodes[~inside][0], image.shape))
        raise ValueError(
            f"the seed at {place} lies where no ball of opening_radius {radius:g} fits into what its region "
            "accepts; lower opening_radius, move the seed, or raise the tolerance"
        )
    return opened
