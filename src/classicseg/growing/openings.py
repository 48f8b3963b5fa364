"""Growth that does not leak through thin bridges: the morphological opening of a mask by a ball."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image
from classicseg._core.seeds import point
from classicseg.filters.erosion import farther_than


def open_mask(
    accepted: NDArray[np.uint8], image: Image, nodes: NDArray[np.int64], radius: float, spacing: tuple[float, ...]
) -> NDArray[np.bool_]:
    """The opening of a mask of the image's shape: the pixels that some ball covers which lies within the mask.

    Beyond the image, and on pixels that take no part, the mask counts as set. The nodes must stay.
    """
    refused = accepted == 0
    if image.mask is not None:
        refused &= image.mask
    centers = farther_than(refused, radius, spacing)
    opened = ~farther_than(centers, radius, spacing) & (accepted > 0)
    if not (inside := opened.reshape(-1)[nodes]).all():
        raise ValueError(
            f"the seed at {point(nodes[~inside][0], image.shape)} lies where no ball of opening_radius {radius:g} "
            "fits into what its region accepts; lower opening_radius, move the seed, or let the region accept more"
        )
    return opened
