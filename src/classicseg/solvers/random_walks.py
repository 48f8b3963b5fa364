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
from classicseg.solvers.conjugate_gradients import System, solve, system_of
from classicseg.solvers.grid_laplacian import laplacian, padding, strides_of

LEAST_LINK = 1e-4
"""No link is weaker, so that walkers get everywhere, and equations can be solved."""

_TOLERANCE = 1e-6
"""Of an iteration's last correction: the error may be some 500 times as large where weak links surround a
region."""

_NEAR = 8
"""How far around its seeds a label is looked for at first, in mean distances of labels."""

_FAR = 0.1
"""What is small, by one in so many labels."""

_LEAK = 1e-3
"""The part of a link out of a box that leads to the ground."""


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
    """For each label but the last, the probabilities of all pixels to arrive at it.

    A walker from each pixel that takes part must be able to get to a seed.
    """
    walks = _walks_of(image, seeds, scale)
    whole = tuple(slice(0, length) for length in image.shape)
    if seeds.n_labels > 1:
        system = system_of(laplacian(image.shape, walks.links, walks.absorption), image.shape)
    for number in range(1, seeds.n_labels):
        yield _arrive(walks, whole, number, system)


def nearby_arrivals(
    image: Image, seeds: Seeded, scale: Scale
) -> Iterator[tuple[tuple[slice, ...], NDArray[np.float32]]]:
    """For each label a box, and the probabilities of its pixels to arrive at the label; elsewhere they are small:
    at each pixel that takes part some label has ten times as much.

    Labels that lie close together leave each other little of the image. A box grows until its border is reached
    from hardly ever; walkers in it turn back there.
    """
    walks = _walks_of(image, seeds, scale)
    apart = (math.prod(image.shape) / seeds.n_labels) ** (1 / len(image.shape))
    for number in range(1, seeds.n_labels + 1):
        nodes = seeds.nodes[seeds.numbers == number]
        margin, most = math.ceil(_NEAR * apart), 1.0
        while most > _FAR / seeds.n_labels:
            box = _box_around(nodes, image.shape, margin)
            found = _arrive(walks, box, number)
            most = _largest_at_border(found, box, image.shape)
            margin += -(-margin // 2)
        yield box, found


def has_many_labels(image: Image, seeds: Seeded) -> bool:
    """Whether the boxes of `nearby_arrivals` are likely to be a small part of the image."""
    return seeds.n_labels > 4 * (2 * _NEAR) ** len(image.shape)


class _Into(NamedTuple):
    """Links from pixels into seeds."""

    pixels: NDArray[np.int64]
    numbers: NDArray[np.int32]
    weights: NDArray[np.float64]


class _Walks(NamedTuple):
    """What is the same for all labels."""

    shape: tuple[int, ...]
    seeds: Seeded
    links: NDArray[np.float32]
    """But for those of seeds."""
    absorption: NDArray[np.float32]
    into: _Into


def _walks_of(image: Image, seeds: Seeded, scale: Scale) -> _Walks:
    links = links_of(image, scale)
    return _Walks(image.shape, seeds, links, *_ground(links, seeds, image))


def _arrive(
    walks: _Walks, box: tuple[slice, ...], number: int, system: System | None = None
) -> NDArray[np.float32]:
    """The probabilities of the pixels in a box, of its shape, to arrive at a label there."""
    is_into = walks.into.numbers == number
    found = np.zeros(tuple(one.stop - one.start for one in box), np.float32)
    flat = found.reshape(-1)
    if is_into.any():
        system = system or _system_in(walks, box)
        linked, right = system.grids.levels[0].laplacian, system.grids.levels[0].right
        right[:] = 0
        nodes = _within(walks.into.pixels[is_into], walks.shape, box)
        pixels, places = np.unique(nodes, return_inverse=True)
        right[pixels] = np.bincount(places, walks.into.weights[is_into])
        solution, _ = solve(system, _TOLERANCE)
        flat[:] = np.clip(solution, 0.0, 1.0, out=solution)
        flat[linked.inverse == 0] = 0  # seeds, and what takes no part
    own = walks.seeds.nodes[walks.seeds.numbers == number]
    flat[_within(own, walks.shape, box)] = 1
    return found


def _system_in(walks: _Walks, box: tuple[slice, ...]) -> System:
    """The system of a box: few walkers leave it, so that those which find no seed in it end somewhere."""
    shape, lengths = walks.shape, tuple(one.stop - one.start for one in box)
    pad, size, row = padding(lengths), math.prod(lengths), 0
    links = np.zeros((max(1, sum(length > 1 for length in lengths)), pad + size + pad), np.float32)
    absorption = walks.absorption.reshape(shape)[box].copy()
    axes = [axis for axis, length in enumerate(shape) if length > 1]
    for axis, of_axis in zip(axes, walks.links, strict=False):
        grid = of_axis[padding(shape) :][: walks.absorption.size].reshape(shape)
        first, last = ((slice(None),) * axis + (place,) for place in (0, -1))
        line = grid[(*box[:axis], slice(None), *box[axis + 1 :])]
        absorption[first] += _LEAK * line.take(box[axis].start - 1, axis)  # the link after the last pixel is 0
        absorption[last] += _LEAK * line.take(box[axis].stop - 1, axis)
        if lengths[axis] > 1:
            inner = links[row, pad : pad + size].reshape(lengths)
            inner[...] = grid[box]
            inner[last] = 0
            row += 1
    return system_of(laplacian(lengths, links, absorption.reshape(-1)), lengths)


def _box_around(nodes: NDArray[np.int64], shape: tuple[int, ...], margin: int) -> tuple[slice, ...]:
    places = zip(np.unravel_index(nodes, shape), shape, strict=True)
    return tuple(
        slice(max(0, int(place.min()) - margin), min(length, int(place.max()) + 1 + margin))
        for place, length in places
    )


def _within(nodes: NDArray[np.int64], shape: tuple[int, ...], box: tuple[slice, ...]) -> NDArray[np.int64]:
    """The flat indices in a box of pixels of the whole image."""
    places = tuple(index - one.start for index, one in zip(np.unravel_index(nodes, shape), box, strict=True))
    return np.ravel_multi_index(places, tuple(one.stop - one.start for one in box)).astype(np.int64)


def _largest_at_border(found: NDArray[np.float32], box: tuple[slice, ...], shape: tuple[int, ...]) -> float:
    """The largest value at the sides of a box beyond which the image goes on."""
    sides = [found.take(0, axis).max() for axis, one in enumerate(box) if one.start > 0]
    sides += [found.take(-1, axis).max() for axis, one in enumerate(box) if one.stop < shape[axis]]
    return float(max(sides, default=0.0))


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
