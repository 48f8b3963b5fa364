"""The padded grid that regions grow in: which pixels wait for a label, and where the seeds lie in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classicseg._core.grid import pad, padded_strides
from classicseg._core.image import Image


def waiting_grid(image: Image) -> NDArray[np.int32]:
    """A flat padded grid of labels: 0 where a pixel waits for its label, -1 where no pixel takes part."""
    return pad(image.mask_array(), len(image.shape)).ravel().astype(np.int32) - 1


def padded_nodes(nodes: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Turn flat indices of the image into flat indices of the padded grid."""
    return (np.stack(np.unravel_index(nodes, shape), axis=1) + 1) @ padded_strides(shape)
