"""The random walker: each pixel gets the label whose strokes a walker from it reaches first most often.

Walkers prefer neighbors of similar value, so that they seldom cross an edge, and a gap in an edge lets few of them
through: an object stays whole where its outline is weak.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.chosen import chose
from classicseg._core.exact_sums import exact_mean
from classicseg._core.grid import bounding_box
from classicseg._core.image import Image, as_canonical, as_image, as_scalar_image, as_spacing
from classicseg._core.numbers import as_choice, as_number
from classicseg._core.seeds import SeedPixels, as_seeds
from classicseg.histograms.variance import variance
from classicseg.labeling.components import connected_components
from classicseg.solvers.random_walks import Scale, Seeded, arrivals, has_many_labels, nearby_arrivals
from classicseg.types import ChannelAxis, Mask, Regions, Seeds, Spacing

_STEEPNESS = 30.0
"""The default of `beta` in units of one by the image's variance."""

_HEIGHT = 3.0
"""The same of a surface, in units of one by the mean of its squares."""

_NONE = np.int32(2**31 - 1)
"""More than any number of a label that is in question."""


def random_walker_segment(
    image: ArrayLike,
    *,
    strokes: Seeds,
    surface: Literal["difference", "image"] = "difference",
    beta: float | None = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Regions:
    """Give each pixel the label whose strokes a random walker from it most probably reaches first.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    strokes : array_like or mapping of int to array_like
        What a person drew: an integer image of the image's spatial shape, 0 where nothing is drawn; or points (n,
        ndim) in index order, numbered 1 … n; or the points of each label, ``{3: [(4, 5)], 7: [(9, 9)]}``. Labels
        keep their numbers.
    surface : {"difference", "image"}, default "difference"
        What walkers shun. "difference": steps between unlike values. "image": high values, at least 0, such as a
        gradient or the strength of boundaries; of three channels their luminance.
    beta : float, optional
        How much they shun it, at least 0: a link to a neighbor weighs ``exp(-beta * difference ** 2)``, with the
        differences of all channels squared and added, in units of one by the image's squared; of a surface the
        mean of the two values is in the place of their difference. 0: only distances count. By default 30 by the
        variance of the image (the sum of those of its channels), of a surface 3 by the mean of its squares, so
        that scaled values get the same labels; a value far from all others lowers it, so mask that value.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.

    Returns
    -------
    ndarray of int32, shape (M, N[, …])
        The labels of the strokes; 0 where a pixel takes no part, or no way leads from it to a stroke.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, `strokes` does not hold integers, or a number
        has the wrong type.
    ValueError
        If `image` is empty or its channel axis is unclear (or, as a surface, its channels have no luminance),
        `mask`, `spacing` or `strokes` does not fit its shape, `surface` is unknown, an image that is one holds
        values less than 0, `beta` is less than 0, or a stroke lies outside the image, on a pixel that takes no
        part, or on a stroke of another label.

    See Also
    --------
    random_walker_probabilities : How sure each label is.
    geodesic_segment : The label of the nearest stroke, along the shortest way: faster, and leaks through gaps.
    watershed_segment : The label whose flood arrives first: a way counts by its highest point alone.
    region_growing_segment : Regions of similar value around seeds.

    Notes
    -----
    Grady's method [1]_. The probabilities solve a system of linear equations of the grid's Laplacian, all labels
    but the last with the same grids: conjugate gradients with multigrid, until they are within about 0.001 of a
    direct solution. Pixels that share a face are neighbors. No link weighs less than 0.0001, so that each pixel
    is decided. Of equal probabilities the lower label wins. A piece of a label that has none of its strokes, which
    three labels or more may leave, joins the labels around it.

    With `spacing`, differences and weights are those per unit of length: a link along an axis whose spacing is h
    times the smallest one counts the difference by h, and weighs by h².

    A photograph is divided more as people do by the strength of its boundaries than by its colors: the surface
    ``boundary_probability(image).strength``, or ``gradient_magnitude(rgb_to_lab(image), sigma=1.5)``.

    scikit-image's ``random_walker`` weighs by ``exp(-beta * difference ** 2 / (10 * s * sqrt(C)))`` for an image
    from 0 to 1 with the standard deviation s and C channels: its default of 130 is ``beta=13 / (s * sqrt(C))``
    here, which for s = 0.25 and one channel is 52, and 30 by the variance is 480.

    The cost is linear in the number of pixels and in the number of labels; it grows with `beta`. Of more than
    1 000 labels (16 000 in a volume) each costs about what the pixels near its strokes do: where it is less than a
    tenth as probable as some other, it is not worked out. Beside the image and the labels, it takes about 90
    bytes a pixel, whatever the number of labels.

    References
    ----------
    .. [1] Grady L. Random walks for image segmentation. IEEE Transactions on Pattern Analysis and Machine
       Intelligence 28(11), 2006.

    Examples
    --------
    >>> from classicseg import random_walker_segment
    >>> random_walker_segment([[1, 2, 1, 9, 8, 9]], strokes=[(0, 0), (0, 5)])
    array([[1, 1, 1, 2, 2, 2]], dtype=int32)
    """
    walk = _as_walk(image, strokes, surface, beta, channel_axis, mask, spacing)
    labels, inside = np.zeros(walk.shape, np.int32), walk.image.mask_array()
    best, numbers = np.zeros(inside.shape, np.float32), np.ones(inside.shape, np.int32)
    for number, (box, found) in enumerate(_found(walk), start=1):
        numbers[box][found > best[box]] = number
        np.maximum(best[box], found, out=best[box])
    numbers.reshape(-1)[walk.seeds.nodes] = walk.seeds.numbers
    numbers[~inside] = 0
    _join_pieces(numbers, walk.seeds.nodes)
    labels[walk.box] = walk.names.labels_of(numbers)
    return labels


def random_walker_probabilities(
    image: ArrayLike,
    *,
    strokes: Seeds,
    surface: Literal["difference", "image"] = "difference",
    beta: float | None = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> NDArray[np.float32]:
    """Find the probability of each label that a random walker from a pixel reaches its strokes first.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    strokes : array_like or mapping of int to array_like
        What a person drew: an integer image of the image's spatial shape, 0 where nothing is drawn; or points (n,
        ndim) in index order, numbered 1 … n; or the points of each label, ``{3: [(4, 5)], 7: [(9, 9)]}``. Labels
        keep their numbers.
    surface : {"difference", "image"}, default "difference"
        What walkers shun. "difference": steps between unlike values. "image": high values, at least 0, such as a
        gradient or the strength of boundaries; of three channels their luminance.
    beta : float, optional
        As in `random_walker_segment`: how much walkers shun it.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.

    Returns
    -------
    ndarray of float32, shape (M, N[, …], n_labels)
        From 0 to 1, one for each label of the strokes, in ascending order of the labels; their sum is 1 at a
        pixel, and 0 where it takes no part, or no way leads from it to a stroke.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, `strokes` does not hold integers, or a number
        has the wrong type.
    ValueError
        If `image` is empty or its channel axis is unclear (or, as a surface, its channels have no luminance),
        `mask`, `spacing` or `strokes` does not fit its shape, `surface` is unknown, an image that is one holds
        values less than 0, `beta` is less than 0, or a stroke lies outside the image, on a pixel that takes no
        part, or on a stroke of another label.

    See Also
    --------
    random_walker_segment : The most probable label, in less memory.
    geodesic_distance : How far away strokes are.

    Notes
    -----
    What `random_walker_segment` says of the method holds here. It takes 4 bytes a pixel for each label more.

    Examples
    --------
    >>> from classicseg import random_walker_probabilities
    >>> random_walker_probabilities([[1, 1, 1, 1]], strokes=[(0, 0), (0, 3)])[..., 0].round(3)
    array([[1.   , 0.667, 0.333, 0.   ]], dtype=float32)
    """
    walk = _as_walk(image, strokes, surface, beta, channel_axis, mask, spacing)
    probabilities = np.zeros((*walk.shape, len(walk.names.labels)), np.float32)
    part, inside = probabilities[walk.box], walk.image.mask_array()
    left = inside.astype(np.float32)
    for number, found in enumerate(arrivals(walk.image, walk.seeds, walk.scale)):
        grid = np.where(inside, found, np.float32(0))
        left -= grid
        part[..., number] = grid
    part[..., -1] = np.maximum(left, 0)
    return probabilities


def _found(walk: _Walk) -> Iterator[tuple[tuple[slice, ...], NDArray[np.float32]]]:
    """For each label where walkers may arrive at it, and how probably."""
    given = walk.image, walk.seeds, walk.scale
    if has_many_labels(walk.image, walk.seeds):
        yield from nearby_arrivals(*given)
        return
    whole, left = (slice(None),) * len(walk.image.shape), np.ones(walk.image.shape, np.float32)
    for found in arrivals(*given):
        left -= found
        yield whole, found
    yield whole, left


def _join_pieces(numbers: NDArray[np.int32], seeds: NDArray[np.int64]) -> None:
    """Let pieces that have no seed join the labels around them, from their border on, the lowest number first."""
    pieces = connected_components(numbers, 1)
    is_kept = np.zeros(int(pieces.max()) + 1, bool)
    is_kept[pieces.reshape(-1)[seeds]] = is_kept[0] = True
    if is_kept.all():
        return
    left = ~is_kept[pieces]
    numbers[left] = 0
    while left.any():
        known = np.pad(np.where(numbers > 0, numbers, _NONE), 1, constant_values=_NONE)
        lowest = np.full(numbers.shape, _NONE)
        for axis, side in itertools.product(range(numbers.ndim), (0, 2)):
            beside = tuple(
                slice(side, side + length) if a == axis else slice(1, 1 + length)
                for a, length in enumerate(numbers.shape)
            )
            np.minimum(lowest, known[beside], out=lowest)
        joined = left & (lowest < _NONE)
        numbers[joined] = lowest[joined]
        left &= ~joined


class _Walk(NamedTuple):
    """What was asked, in the smallest box around the pixels from which a way leads to a stroke."""

    shape: tuple[int, ...]
    """Of the whole image."""
    box: tuple[slice, ...]
    image: Image
    """The part of it; other pixels in the box take no part."""
    seeds: Seeded
    scale: Scale
    names: SeedPixels


def _as_walk(
    image: ArrayLike,
    strokes: Seeds,
    surface: str,
    beta: float | None,
    channel_axis: ChannelAxis,
    mask: Mask,
    spacing: Spacing,
) -> _Walk:
    """Parse what both functions take."""
    as_choice("surface", surface, ["difference", "image"])
    are_heights = surface == "image"
    beta = None if beta is None else as_number("beta", beta, least=0.0)
    parsed = (as_scalar_image if are_heights else as_image)(image, channel_axis=channel_axis, mask=mask)
    spacings = as_spacing(spacing, len(parsed.shape))
    if are_heights and parsed.values.min() < 0:
        raise ValueError(
            f"image holds {parsed.values.min()}, and surface is 'image'; expected heights of at least 0, such as "
            "those of gradient_magnitude"
        )
    found = as_seeds(strokes, parsed, "strokes")
    steps = tuple(min(spacings) / step for step in spacings)
    if beta is None:
        square = _mean_square(parsed) / _HEIGHT if are_heights else variance(parsed) / _STEEPNESS
        chose(beta=1 / square if square else 0.0)
    else:
        square = 1 / beta if beta else np.inf
    part, box, nodes = _reached(parsed, found)
    return _Walk(
        parsed.shape,
        box,
        part,
        Seeded(nodes, found.numbers, len(found.labels)),
        Scale(square or np.inf, steps, are_heights),
        found,
    )


def _mean_square(surface: Image) -> float:
    """The mean of squared heights, in any order of the pixels the same."""
    heights = surface.pixels()[:, 0].astype(np.float64)
    return exact_mean(heights * heights) if heights.size else 0.0


def _reached(image: Image, seeds: SeedPixels) -> tuple[Image, tuple[slice, ...], NDArray[np.int64]]:
    """The part of an image from which a way leads to a seed, its box, and the seeds' places in it."""
    if image.mask is None:
        return image, (slice(None),) * len(image.shape), seeds.nodes
    pieces = connected_components(image.mask.view(np.uint8), 1)
    is_reached = np.zeros(int(pieces.max()) + 1, bool)
    is_reached[pieces.reshape(-1)[seeds.nodes]] = True
    inside = is_reached[pieces]
    box = bounding_box(inside)
    part = inside[box]
    places = np.unravel_index(seeds.nodes, image.shape)
    moved = tuple(index - one.start for index, one in zip(places, box, strict=True))
    nodes = np.ravel_multi_index(moved, part.shape).astype(np.int64)
    return Image(as_canonical(image.values[box]), as_canonical(part)), box, nodes
