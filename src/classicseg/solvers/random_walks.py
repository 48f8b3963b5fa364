"""Where random walkers arrive first: for each pixel and each label, the probability that it is a seed of the
label.

A walker at a pixel takes one of the links to its neighbors, by their weights. The probability of arriving at a
label is harmonic: at each pixel the weighted mean of its neighbors, 1 on the seeds of the label and 0 on all
others. That is a system of equations of the grid's Laplacian, in which links into seeds lead to the ground.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import Image
from classicseg.solvers.conjugate_gradients import solve, system_of
from classicseg.solvers.grid_laplacian import laplacian, padding, strides_of

LEAST_LINK = 1e-4
"""No link is weaker, so that walkers get everywhere, and equations can be solved."""

_TOLERANCE = 1e-6
"""Of an iteration's last correction: the error may be some 500 times as large where weak links surround a
region."""


class Scale(NamedTuple):
    """How much a link is weaker for a difference, or for a height."""

    square: float
    """The squared difference or height that weakens a link to 1 / e; infinite if none does."""
    steps: tuple[float, ...]
    """One for each axis: the smallest spacing by that of the axis."""
    are_heights: bool = False
    """The image is a surface: a link is weaker for the mean of its two values, not for their difference."""


class Seeded(NamedTuple):
    """Pixels that walkers start from or arrive at."""

    nodes: NDArray[np.int64]
    """(n,), the flat index of each seed pixel, ascending."""
    numbers: NDArray[np.int32]
    """(n,), the number of the label of each, from 1."""
    n_labels: int


def arrivals(image: Image, seeds: Seeded, scale: Scale) -> Iterator[NDArray[np.float32]]:
    """For each label but the last, the probabilities of all pixels to arrive at it, flat.

    A walker from each pixel that takes part must be able to get to a seed.
    """
    links = links_of(image, scale)
    absorption, into = _ground(links, seeds, image)
    is_seed = np.zeros(absorption.size, bool)
    is_seed[seeds.nodes] = True
    if seeds.n_labels > 1:
        system = system_of(laplacian(image.shape, links, absorption), image.shape)
    for number in range(1, seeds.n_labels):
        found = np.zeros(absorption.size, np.float32)
        is_into = into.numbers == number
        if is_into.any():
            right = system.grids.levels[0].right
            right[:] = 0
            pixels, places = np.unique(into.pixels[is_into], return_inverse=True)
            right[pixels] = np.bincount(places, into.weights[is_into])
            solution, _ = solve(system, _TOLERANCE)
            found[:] = np.clip(solution, 0.0, 1.0, out=solution)
            del solution
        found[is_seed] = 0
        found[seeds.nodes[seeds.numbers == number]] = 1
        yield found


def links_of(image: Image, scale: Scale) -> NDArray[np.float32]:
    """The weight of each pixel's link to the next along each axis of more than one pixel, padded (`Laplacian`)."""
    axes = [axis for axis, length in enumerate(image.shape) if length > 1]
    pad, size = padding(image.shape), math.prod(image.shape)
    links = np.zeros((max(1, len(axes)), pad + size + pad), np.float32)
    for row, axis in enumerate(axes):
        grid = links[row, pad : pad + size].reshape(image.shape)
        row_size = math.prod(image.shape[1:]) * image.n_channels
        run_bands(_link_band, image.shape[0], 2 * row_size, image.values, image.mask, axis, scale, grid)
    return links


def _link_band(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    axis: int,
    scale: Scale,
    links: NDArray[np.float32],
    start: int,
    stop: int,
) -> None:
    """Link the pixels of rows `start` to `stop` along one axis."""
    end = min(stop + 1, len(values)) if axis == 0 else stop
    lower = (slice(None),) * axis + (slice(None, -1),)
    upper = (slice(None),) * axis + (slice(1, None),)
    part = values[start:end]
    squares = np.zeros(part[lower].shape[:-1])
    for channel in range(values.shape[-1]):
        step = part[upper][..., channel].astype(np.float64)
        if scale.are_heights:
            step += part[lower][..., channel]
            step *= 0.5
        else:
            step -= part[lower][..., channel]
            step *= scale.steps[axis]
        step *= step
        squares += step
    weights = np.exp(np.divide(squares, -scale.square, out=squares), out=squares)
    weights *= scale.steps[axis] ** 2
    np.maximum(weights, LEAST_LINK, out=weights)
    if mask is not None:
        weights *= mask[start:end][lower] & mask[start:end][upper]
    links[start:end][lower] = weights


class _Into(NamedTuple):
    """Links from pixels into seeds."""

    pixels: NDArray[np.int64]
    numbers: NDArray[np.int32]
    weights: NDArray[np.float64]


def _ground(links: NDArray[np.float32], seeds: Seeded, image: Image) -> tuple[NDArray[np.float32], _Into]:
    """Cut the links of seeds; return what leads from each pixel into the ground, and into which label."""
    size = math.prod(image.shape)
    pad, absorption = padding(image.shape), np.zeros(size)
    numbers = np.zeros(size + 2 * pad, np.int32)
    numbers[pad + seeds.nodes] = seeds.numbers
    found, nodes = [], seeds.nodes + pad
    for row, step in enumerate(strides_of(image.shape).tolist()):
        for link, pixel in ((nodes, nodes + step), (nodes - step, nodes - step)):
            is_linked = (links[row, link] > 0) & (numbers[pixel] == 0)
            found.append((pixel[is_linked] - pad, seeds.numbers[is_linked], links[row, link[is_linked]]))
    for row, step in enumerate(strides_of(image.shape).tolist()):
        links[row, nodes] = 0
        links[row, nodes - step] = 0
    into = _Into(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
    np.add.at(absorption, into.pixels, into.weights.astype(np.float64))
    return absorption.astype(np.float32), into
