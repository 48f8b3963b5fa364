"""Components of pixels that similar neighbors connect: what growth by neighbor difference makes of any seed in
them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.grid import interior
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.growing.neighbor_difference import neighbors_after, similar_neighbors
from classicseg.labeling.union_find import first_of_component, unite
from classicseg.types import Norm


def difference_components(image: Image, tolerance: float, norm: Norm, connectivity: int) -> NDArray[np.int32]:
    """Number the components 1 … n by their first pixel; 0 where a pixel takes no part."""
    after = neighbors_after(image.shape, connectivity)
    similar = similar_neighbors(image, tolerance, norm, after)
    roots = run_interruptible(_roots, similar, after.offsets)
    own = interior(roots, image.shape)
    begins = (own == interior(np.arange(len(roots)), image.shape)) & image.mask_array()
    numbers = np.zeros(len(roots), np.int32)
    numbers[own[begins]] = np.arange(1, int(begins.sum()) + 1)
    return numbers[own] * image.mask_array()


def _roots_numpy(similar: NDArray[Any], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    edges = [np.empty((2, 0), np.int64)]
    for k, offset in enumerate(offsets):
        linked = np.flatnonzero(similar & similar.dtype.type(1 << k))
        edges.append(np.stack([linked, linked + offset]))
    return first_of_component(np.concatenate(edges, axis=1), len(similar))


@kernel(numpy=_roots_numpy)
def _roots(similar: NDArray[Any], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first node of the component of each node of a padded grid, by union-find."""
    above = np.arange(len(similar))
    for node in range(len(similar)):
        bits = int(similar[node])
        if bits == 0:
            continue
        for k in range(len(offsets)):
            if bits >> k & 1:
                unite(above, node, node + offsets[k])
    for node in range(len(similar)):
        above[node] = above[above[node]]  # those before it point to their roots
    return above
