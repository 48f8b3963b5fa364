"""What merges first: zones of equal pixels, or the regions of a caller."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.image import Image, as_labels
from classicseg._core.kernel import kernel
from classicseg.labeling.components import connected_components
from classicseg.labeling.union_find import root_of
from classicseg.regions.graph import pixel_contacts
from classicseg.types import Regions


def equal_zones(image: Image, connectivity: int) -> tuple[Regions, NDArray[np.int32]]:
    """The zones of pixels of equal value that touch, by their first pixels, and the pairs of them that touch.

    A pair may come several times.
    """
    if image.mask is None:
        numbers = np.arange(1, 1 + np.prod(image.shape), dtype=np.int32).reshape(image.shape)
    else:
        numbers = (np.cumsum(image.mask.reshape(-1), dtype=np.int32).reshape(image.shape)) * image.mask
    ends, pixels = pixel_contacts(numbers, connectivity), image.pixels()
    links = np.arange(len(pixels), dtype=np.int32)
    n_edges = run_interruptible(_unite_equals, pixels, ends, links)
    zones, ends = image.scatter(links + np.int32(1)), ends[:n_edges]
    return zones, np.sort(links[ends], axis=1)


def as_regions(regions: ArrayLike, image: Image, connectivity: int) -> Regions:
    """Parse the regions of a caller, each of one piece, and number them by their first pixels."""
    found = as_labels(regions, "regions")
    if found.shape != image.shape:
        raise ValueError(f"regions has shape {found.shape}; expected the image's spatial shape {image.shape}")
    if image.mask is not None:
        found = np.where(image.mask, found, np.int32(0))
    pieces = connected_components(found, connectivity)
    n_pieces = int(pieces.max(initial=0))
    first = np.zeros(n_pieces + 1, np.int64)
    first[pieces.reshape(-1)[::-1]] = np.arange(pieces.size)[::-1]
    names, counts = np.unique(found.reshape(-1)[first[1:]], return_counts=True)
    if (counts > 1).any():
        worst = int(np.argmax(counts))
        raise ValueError(
            f"regions has label {names[worst]} in {counts[worst]} pieces that do not touch (where pixels take "
            f"part, at connectivity {connectivity}); pass connected_regions(regions) to make each piece a region"
        )
    return pieces


@kernel()
def _unite_equals(pixels: NDArray[Any], ends: NDArray[Any], links: NDArray[Any]) -> int:
    """Link the pixels of each pair that are equal; links become the number of each pixel's zone, from 0.

    The pairs that are not equal are moved to the front; how many is returned.
    """
    size = 0
    for e in range(len(ends)):
        a: Any = np.int64(ends[e, 0])
        b: Any = np.int64(ends[e, 1])
        is_equal = True
        for c in range(pixels.shape[1]):
            is_equal &= pixels[a, c] == pixels[b, c]
        if is_equal:
            root_a, root_b = root_of(links, a), root_of(links, b)
            links[max(root_a, root_b)] = min(root_a, root_b)
        else:
            ends[size, 0], ends[size, 1] = ends[e, 0], ends[e, 1]
            size += 1
    n_zones = 0
    for i in range(len(links)):
        if links[i] == i:
            links[i] = n_zones
            n_zones += 1
        else:
            links[i] = links[links[i]]  # an earlier pixel has its number
    return size
