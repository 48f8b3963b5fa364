"""Pieces whose pixels differ little from one to the next: what growth by steps reaches from any pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.grid import interior
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.growing.neighbor_difference import directions_of, link
from classicseg.labeling.union_find import first_of_component, unite
from classicseg.types import Norm


def linked_pieces(image: Image, tolerance: float, norm: Norm, connectivity: int) -> NDArray[np.int32]:
    """Number the pieces 1 … n by their first pixel; 0 where a pixel takes no part."""
    directions = directions_of(image.shape, connectivity)
    links = link(image, tolerance, norm, directions)
    roots = run_interruptible(_roots, links, directions.offsets)
    own = interior(roots, image.shape)
    begins = (own == interior(np.arange(len(roots)), image.shape)) & image.mask_array()
    numbers = np.zeros(len(roots), np.int32)
    numbers[own[begins]] = np.arange(1, int(begins.sum()) + 1)
    return numbers[own] * image.mask_array()


def _roots_numpy(links: NDArray[Any], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    edges = [np.empty((2, 0), np.int64)]
    for k, offset in enumerate(offsets):
        linked = np.flatnonzero(links & links.dtype.type(1 << k))
        edges.append(np.stack([linked, linked + offset]))
    return first_of_component(np.concatenate(edges, axis=1), len(links))


@kernel(numpy=_roots_numpy)
def _roots(links: NDArray[Any], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first node of the piece of each node of a padded grid: union-find."""
    above = np.arange(len(links))
    for node in range(len(links)):
        bits = int(links[node])
        if bits == 0:
            continue
        for k in range(len(offsets)):
            if bits >> k & 1:
                unite(above, node, node + offsets[k])
    for node in range(len(links)):
        above[node] = above[above[node]]  # those before it point to their roots
    return above
