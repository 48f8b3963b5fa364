"""Seeds: points, groups of points by label, and marker images are parsed into one list of seed pixels.

A masked point or marker is left out; the points after it keep their numbers. The list is as long as there are
seed pixels, so that a point in an image of 12 megapixels costs no second image.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import as_array
from classicseg._core.image import Image, as_labels
from classicseg._core.numbers import as_count
from classicseg.types import Seeds


class SeedPixels(NamedTuple):
    """The seed pixels of all regions, as the methods take them."""

    nodes: NDArray[np.int64]
    """(n,), the flat index of each seed pixel, ascending."""
    numbers: NDArray[np.int32]
    """(n,), the number of each seed pixel's region, from 1 to n_regions without gaps."""
    labels: NDArray[np.int32]
    """(n_regions,), the caller's label of each region, ascending."""

    def labels_of(self, numbers: NDArray[np.int32]) -> NDArray[np.int32]:
        """Replace the numbers of regions, in an image of them, by the caller's labels; 0 stays 0."""
        if self.labels[-1] == len(self.labels):  # 1 … n already
            return numbers
        return np.concatenate([[0], self.labels]).astype(np.int32)[numbers]


def as_seeds(seeds: Seeds, image: Image, name: str = "seeds") -> SeedPixels:
    """Parse seeds, and check that each is a pixel of the image that takes part."""
    found = sorted_seeds(*seed_nodes(seeds, image.shape, name), image.shape, name)
    if image.mask is not None:
        check_seeds_inside(found, image.mask.reshape(-1)[found.nodes], image.shape, name)
    return found


def seed_nodes(
    seeds: Seeds, shape: tuple[int, ...], name: str = "seeds"
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the flat index and the label of each seed pixel, in any order."""
    if isinstance(seeds, Mapping):
        return _from_groups(seeds, shape, name)
    array, hidden = _integers(seeds, name)
    if array.shape != shape:
        return _from_points(array, hidden, shape, name)
    markers = as_labels(cast("ArrayLike", seeds), name).reshape(-1)
    nodes = np.flatnonzero(markers)
    return nodes, markers[nodes]


def sorted_seeds(
    nodes: NDArray[np.int64], labels: NDArray[np.int32], shape: tuple[int, ...], name: str = "seeds"
) -> SeedPixels:
    """Sort seed pixels, and check that no pixel has two labels."""
    if not len(nodes):
        raise ValueError(f"{name} name no pixel; expected at least one, or {name}=None")
    order = np.lexsort((labels, nodes))
    nodes, labels = nodes[order], labels[order]
    _check_apart(nodes, labels, shape, name)
    nodes, first = np.unique(nodes, return_index=True)
    region_labels, numbers = np.unique(labels[first], return_inverse=True)
    return SeedPixels(nodes, numbers.astype(np.int32) + np.int32(1), region_labels)


def check_seeds_inside(
    seeds: SeedPixels, inside: NDArray[np.bool_], shape: tuple[int, ...], name: str = "seeds"
) -> None:
    """Check that each seed pixel takes part."""
    if not inside.all():
        first = int(np.argmin(inside))
        label = f"{name.removesuffix('s')} {seeds.labels[seeds.numbers[first] - 1]}"
        raise ValueError(
            f"{name} name {int(np.sum(~inside))} pixels that take no part (masked or not finite), the first is "
            f"{label} at {point(seeds.nodes[first], shape)}; move or remove them"
        )


def as_markers(seeds: Seeds, image: Image, name: str = "seeds") -> NDArray[np.int32] | None:
    """Parse seeds into a marker image (0 = no seed)."""
    if seeds is None:
        return None
    found = as_seeds(seeds, image, name)
    markers = np.zeros(image.shape, np.int32)
    markers.reshape(-1)[found.nodes] = found.labels[found.numbers - 1]
    return markers


def _integers(seeds: Seeds, name: str) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Read points or markers, and what is masked of them."""
    return as_array(name, seeds, "iub", "integers: points in index order or a marker image; round them first")


def _from_groups(
    groups: Mapping[Any, Any], shape: tuple[int, ...], name: str
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the flat index and the label of each point of a mapping from labels to points."""
    nodes, labels = [np.empty(0, np.int64)], [np.empty(0, np.int32)]
    for label, given in groups.items():
        number = as_count(f"a label of {name}", label, most=np.iinfo(np.int32).max)
        found, _ = _from_points(*_integers(given, f"{name} {number}"), shape, f"{name} {number}")
        nodes.append(found)
        labels.append(np.full(len(found), number, np.int32))
    return np.concatenate(nodes), np.concatenate(labels)


def _from_points(
    array: NDArray[Any], hidden: NDArray[np.bool_] | None, shape: tuple[int, ...], name: str
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the flat index of each point, and its number from 1."""
    ndim = len(shape)
    if array.shape[-1:] != (ndim,) or array.ndim not in (1, 2):
        raise ValueError(
            f"{name} have shape {array.shape}; expected points of shape (n, {ndim}) in index order, or a marker "
            f"image of shape {shape}"
        )
    points = np.atleast_2d(array)
    numbers = np.arange(1, len(points) + 1, dtype=np.int32)
    if hidden is not None:
        known = ~np.atleast_2d(hidden).any(axis=1)
        points, numbers = points[known], numbers[known]
    outside = ((points < 0) | (points >= np.array(shape))).any(axis=1)
    if outside.any():
        first = int(np.argmax(outside))
        raise ValueError(
            f"point {numbers[first]} of {name} is at {tuple(points[first].tolist())}, outside the "
            f"image of shape {shape}; points are in index order, rows before columns"
        )
    return np.ravel_multi_index(tuple(points.T.astype(np.int64)), shape).astype(np.int64), numbers


def _check_apart(nodes: NDArray[np.int64], labels: NDArray[np.int32], shape: tuple[int, ...], name: str) -> None:
    """Check that no pixel is a seed of two regions; the nodes are sorted."""
    twice = np.flatnonzero((nodes[1:] == nodes[:-1]) & (labels[1:] != labels[:-1]))
    if len(twice):
        first, second = labels[twice[0]], labels[twice[0] + 1]
        where = point(nodes[twice[0]], shape)
        raise ValueError(f"{name} {first} and {second} are both at {where}; give each region its own pixels")


def point(node: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The index along each axis of a flat index, for messages."""
    return tuple(int(index) for index in np.unravel_index(node, shape))
