"""What a pixel near the strokes of a page is like, in numbers in which neither light nor contrast shows.

Values are whole numbers of parts of the contrast of the page's strokes. Sums of them are exact in any order, and
what is asked of several directions is the greatest and the least of all: flips and turns change nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from classicseg.filters.window_sums import window_sums
from classicseg.labeling.components import connected_components

LEVELS = 1024
"""The whole numbers of a contrast."""

_LEAST = 0.15 * LEVELS
"""A pixel is asked about if it is so much darker than the paper behind it; no ink has less contrast."""

_WINDOWS = 9, 151
"""Windows in which a pixel is compared with the ink and with the paper."""

_DISTANCES = 2, 4
"""How far, in pixels, both sides of a stroke are looked for."""

_NO_PIECE = -4.0
"""In place of what is measured of a piece of ink, where there is none."""

FORESTS = {
    "ink": (
        *("on edge", "edges 3", "edges 9", "edges 41", "cut 3", "guess 3"),
        *(f"{name} {window}" for window in _WINDOWS for name in ("share", "below", "density")),
        *("laplacian", "rough 61", "mean 75", "deviation", "unit"),
        *(f"{name} {distance}" for distance in _DISTANCES for name in ("narrow", "wide")),
        *("area", "compact", "steep", "sharp", "uneven", "sure", "steep beside"),
    )
}
"""The features of the forest, in their order. Numbers are windows and distances, in pixels."""

_CONTRASTS = {
    *("below 9", "below 151", "laplacian", "mean 75", "steep", "uneven"),
    *(f"{name} {distance}" for distance in _DISTANCES for name in ("narrow", "wide")),
}
"""Features in contrasts of the page, which are divided by what a contrast is here: so no shade shows either."""


class Page(NamedTuple):
    """A page, and what is known of its ink so far. All have its shape."""

    levels: NDArray[np.int64]
    inside: NDArray[np.bool_]
    depths: NDArray[np.float64]
    """How much darker a pixel is than the paper behind it: levels."""
    guess: NDArray[np.bool_]
    """Ink by a local threshold."""
    edges: NDArray[np.bool_]
    """Canny's."""
    paper: NDArray[np.float64]
    """The mean of the paper around."""
    deviation: NDArray[np.float64]
    """That of the paper around."""
    unit: NDArray[np.float64]
    """What a contrast is here, in contrasts of the page."""
    ink: NDArray[np.bool_]
    """Ink by the cut."""


_Named = Iterator[tuple[str, NDArray[Any]]]
"""Features of all pixels."""


def ink_features(page: Page) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Where ink may be, and the features of these pixels, (n_features, n)."""
    square = np.ones((3,) * page.levels.ndim)
    near = ndimage.binary_dilation(page.ink, square, iterations=2) | ndimage.binary_dilation(page.guess, square)
    near = (near | (page.depths > _LEAST)) & page.inside
    smooth = smoothed(page.levels, page.inside)
    of_all = itertools.chain(_densities(page), _beside(page), _light(page, smooth), _pieces(page, smooth))
    found = {name: values[near] for name, values in of_all} | _sides(page, smooth, near)
    unit = page.unit[near]
    rows = [found[name] / unit if name in _CONTRASTS else found[name] for name in FORESTS["ink"]]
    return near, np.array(rows, np.float32).reshape(len(rows), -1)


def _densities(page: Page) -> _Named:
    """How much of what is around lies on edges, and is ink by the cut and by the local threshold."""
    yield "on edge", page.edges
    yield from ((f"edges {window}", _mean(page.edges, page.inside, window)) for window in (3, 9, 41))
    yield "cut 3", _mean(page.ink, page.inside, 3)
    yield "guess 3", _mean(page.guess, page.inside, 3)


def _beside(page: Page) -> _Named:
    """Where a pixel lies between the ink and the paper around it, and how much ink there is."""
    for window in _WINDOWS:
        ink, paper, density = ink_and_paper(page.levels, page.ink, page.inside, window)
        yield f"share {window}", ((page.levels - ink) / np.maximum(paper - ink, _LEAST)).clip(-3, 5)
        yield f"below {window}", (paper - page.levels) / LEVELS
        yield f"density {window}", density


def _light(page: Page, smooth: NDArray[np.int64]) -> _Named:
    """How a pixel differs from what is around it, and how rough that is."""
    yield "laplacian", _curvature(smoothed(smooth, page.inside), page.inside) / (16**page.levels.ndim * LEVELS)
    yield "rough 61", _mean(np.abs(_curvature(page.levels, page.inside)), page.inside, 61) / LEVELS
    yield "mean 75", (_mean(page.levels, page.inside, 75) - page.levels) / LEVELS
    yield from (("deviation", page.deviation / LEVELS), ("unit", page.unit))


def _sides(page: Page, smooth: NDArray[np.int64], near: NDArray[np.bool_]) -> dict[str, NDArray[np.float64]]:
    """How much brighter both sides of the pixels near ink are: in the direction where they are most so, and where
    they are least so. Beyond the border, and where a pixel takes no part, it is as bright as here."""
    reach, places = max(_DISTANCES), np.nonzero(near)
    values, inside = np.pad(smooth // 4**near.ndim, reach), np.pad(page.inside, reach)
    here = values[tuple(place + reach for place in places)]

    def rise(step: tuple[int, ...], length: int) -> NDArray[np.int64]:
        there = tuple(place + (reach + length * s) for place, s in zip(places, step, strict=True))
        return np.where(inside[there], values[there] - here, 0)

    steps = list(itertools.product((-1, 0, 1), repeat=near.ndim))
    found: dict[str, NDArray[np.float64]] = {}
    for distance in _DISTANCES:
        pairs = [(step, max(1, round(distance / np.hypot.reduce(step)))) for step in steps[len(steps) // 2 + 1 :]]
        rises = np.array([np.minimum(rise(step, length), rise(step, -length)) for step, length in pairs])
        found |= {f"narrow {distance}": rises.max(axis=0) / LEVELS, f"wide {distance}": rises.min(axis=0) / LEVELS}
    return found


def _pieces(page: Page, smooth: NDArray[np.int64]) -> _Named:
    """What the connected piece of ink is like that a pixel belongs to, or lies beside."""
    ink, inside, ndim = page.ink, page.inside, page.ink.ndim
    pieces = connected_components(ink, ndim)
    flat, n_pieces = pieces.reshape(-1), int(pieces.max(initial=0)) + 1
    area = np.maximum(np.bincount(flat, minlength=n_pieces), 1)

    def per_pixel(values: NDArray[Any]) -> NDArray[np.float64]:  # whole numbers, whose sums are exact
        return np.bincount(flat, values.reshape(-1), n_pieces) / area

    outline = ink & ~ndimage.binary_erosion(ink | ~inside, border_value=1)
    slopes = np.sqrt(_squared_slopes(smooth, inside)) / (2 * 4**ndim)
    steep = np.rint(ndimage.maximum_filter(slopes * inside, 3, mode="nearest") * outline).astype(np.int64)
    dark = np.rint(page.paper - page.levels).astype(np.int64)
    share, mean = per_pixel(outline), per_pixel(dark) / LEVELS
    steepness = per_pixel(steep) / np.maximum(share, 1 / area) / LEVELS
    variance = per_pixel(dark * dark) / LEVELS**2 - mean * mean
    of_pieces = {
        "area": area.astype(np.float64),
        "compact": 1 / np.maximum(share, 1 / area),
        "steep": steepness,
        "sharp": steepness / np.maximum(mean, 0.1),
        "uneven": np.sqrt(np.maximum(variance, 0)),
        "sure": per_pixel(page.guess),
    }
    for name, values in of_pieces.items():
        values[0] = _NO_PIECE
        beside = ndimage.maximum_filter(values.astype(np.float32)[pieces], 3)
        yield name, beside
        if name == "steep":
            usual = window_sums(steep * steep, 151) / np.maximum(window_sums(steep, 151), 1)
            yield "steep beside", beside / np.maximum(usual / LEVELS, 0.05)


def ink_and_paper(
    levels: NDArray[np.int64], ink: NDArray[np.bool_], inside: NDArray[np.bool_], window: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The means of ink and of paper in the window around each pixel, and the share of ink.

    Pixels beside ink, half of one and half of the other, count for neither. Where there is no ink it is a contrast
    darker than the paper, and the other way round.
    """
    paper = inside & ~ndimage.binary_dilation(ink)
    n_ink, n_paper = window_sums(ink, window), window_sums(paper, window)
    own = window_sums(levels * ink, window) / np.maximum(n_ink, 1)
    others = window_sums(levels * paper, window) / np.maximum(n_paper, 1)
    own = np.where(n_ink > 0, own, others - LEVELS)
    return own, np.where(n_paper > 0, others, own + LEVELS), n_ink / np.maximum(window_sums(inside, window), 1)


def _mean(values: NDArray[Any], inside: NDArray[np.bool_], window: int) -> NDArray[np.float64]:
    """The mean over the pixels that take part in the window around each pixel; other values are 0."""
    return window_sums(values * inside, window) / np.maximum(window_sums(inside, window), 1)


def smoothed(values: NDArray[np.int64], inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """4 to the power of the axes times the binomial mean of three along each axis."""
    for axis in range(values.ndim):
        after, before = _neighbors(values, axis, inside)
        values = 2 * values + after + before
    return values


def _curvature(values: NDArray[np.int64], inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The Laplacian."""
    pairs = [_neighbors(values, axis, inside) for axis in range(values.ndim)]
    return sum((after + before - 2 * values for after, before in pairs), np.zeros_like(values))


def _squared_slopes(values: NDArray[np.int64], inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The square of twice the gradient's magnitude."""
    pairs = [_neighbors(values, axis, inside) for axis in range(values.ndim)]
    return sum(((after - before) ** 2 for after, before in pairs), np.zeros_like(values))


def _neighbors(
    values: NDArray[np.int64], axis: int, inside: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The neighbors along an axis; in place of one that takes no part, the pixel itself."""
    places, last = np.arange(values.shape[axis]), values.shape[axis] - 1
    sides = (np.minimum(places + 1, last), np.maximum(places - 1, 0))
    after, before = (
        np.where(np.take(inside, side, axis=axis), np.take(values, side, axis=axis), values) for side in sides
    )
    return after, before
