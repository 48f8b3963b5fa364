"""What the forests are asked: features of each pixel of half the resolution, whole numbers of 8 bits.

The first stage sees differences of half-discs, colors and what is around, in the frame of the best orientation of
the half-discs. The second one also sees what the first found, around the pixel and along its ridge.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.edges.learned.grids import BLUR, blur, rows_of
from classicseg.edges.learned.half_discs import N_ORIENTATIONS, offsets
from classicseg.edges.learned.lookups import (
    APART,
    GREATER,
    LEAST_FROM_HERE,
    MOST_FROM_HERE,
    SMALLER,
    Lookups,
    look_up,
)  # fmt: skip
from classicseg.edges.learned.planes import (
    BEST,
    BORDER,
    BUSY,
    COLORS,
    DIFFERENCES,
    FINE_SUMS,
    MEANS,
    N_GROUPS,
    N_SCALES,
    PAD,
    SUMS,
)  # fmt: skip

_RIDGE_MARGIN = 32
"""Rows around a band that the blurs of a map reach: 2 times 1 + 2 + 4 + 8, and the curvature's one."""

_COSINES = (256, 181, 0, -181, -256, -181, 0, 181)
"""Of twice each orientation, times 256."""

_K = np.arange(N_ORIENTATIONS)


class _Feature(NamedTuple):
    name: str
    kind: int
    first: Any
    """The plane, or that of each orientation."""
    second: Any
    place: NDArray[np.int64] | None = None
    """(8, 2), rows and columns to the first; the second is opposite."""


FIRST, SECOND = "boundaries_first", "boundaries_second"
"""The names of the stages in a model."""


def names() -> dict[str, tuple[str, ...]]:
    """What the forest of each stage is asked of."""
    first = tuple(f.name for f in _first_features())
    return {FIRST: first, SECOND: first + tuple(f.name for part in _second_features() for f in part)}


@functools.cache
def first_lookups() -> Lookups:
    """The features of the first stage."""
    return _as_lookups(_first_features())


@functools.cache
def second_lookups() -> tuple[Lookups, Lookups]:
    """What the second stage sees of the map of the first: in the frame of the half-discs, and of its ridges."""
    in_discs, in_ridges = _second_features()
    return _as_lookups(in_discs), _as_lookups(in_ridges)


def _first_features() -> list[_Feature]:
    orthogonal = (_K + 4) % 8
    found = []
    for s in range(N_SCALES):
        for g in range(N_GROUPS):
            own, plane = f"difference {s} of {g}", DIFFERENCES + s * N_ORIENTATIONS * N_GROUPS + g
            found += [
                _here(own, plane + N_GROUPS * _K),
                _here(f"{own}, orthogonal", plane + N_GROUPS * orthogonal),
            ]
            found += [_here(f"{own}, mean", MEANS + N_GROUPS * s + g)]
    beside = SUMS + (_K + 1) % 8, SUMS + (_K + 7) % 8
    found += [_here("sum", SUMS + _K), _here("sum, orthogonal", SUMS + orthogonal)]
    found += [_here("fine sum", FINE_SUMS + _K), _here("best", BEST)]
    found += [
        _Feature("sum, turned, greater", GREATER, *beside),
        _Feature("sum, turned, smaller", SMALLER, *beside),
    ]
    for name, sums in (("sum", SUMS), ("fine sum", FINE_SUMS)):
        found += _profiles(name, sums + _K, (1, 2, 4), (2, 4, 8))
    for level, apart in enumerate((1, 2, 4, 8)):
        for c in range(3):
            plane = COLORS + 3 * level + c
            found += [_here(f"color {c} at {level}", plane)]
            found += [_Feature(f"color {c}, apart {apart}", APART, plane, plane, offsets(apart, 0))]
    found += [
        _Feature(f"color {c}, along", APART, COLORS + 6 + c, COLORS + 6 + c, offsets(0, 4)) for c in range(3)
    ]
    for level, apart in ((1, 2), (2, 4)):
        light, place = COLORS + 3 * level, offsets(apart, 0)
        found += [_Feature(f"line {apart}, most", MOST_FROM_HERE, light, light, place)]
        found += [_Feature(f"line {apart}, least", LEAST_FROM_HERE, light, light, place)]
    return [*found, *(_here(f"busy {i}", BUSY + i) for i in range(3)), _here("border", BORDER)]


def _second_features() -> tuple[list[_Feature], list[_Feature]]:
    both = []
    for frame in ("discs", "ridges"):
        found = _profiles(f"map, by {frame}", 0, (1, 2, 3, 4, 6, 9), (1, 2, 3, 5, 8, 12))
        both.append(found + _profiles(f"map blurred, by {frame}", 2, (3, 6, 12), (3, 6, 12)))
    return [_here(f"map {i}", i) for i in range(5)] + both[0], both[1]


def _here(name: str, plane: Any) -> _Feature:
    return _Feature(name, GREATER, plane, plane)


def _profiles(name: str, plane: Any, across: tuple[int, ...], along: tuple[int, ...]) -> list[_Feature]:
    """The greater and the smaller of two values beside the pixel, and along its orientation."""
    places = [(f"across {d}", offsets(d, 0)) for d in across] + [(f"along {d}", offsets(0, d)) for d in along]
    return [
        _Feature(f"{name}, {where}, {which}", kind, plane, plane, place)
        for where, place in places
        for which, kind in (("greater", GREATER), ("smaller", SMALLER))
    ]


def _as_lookups(features: list[_Feature]) -> Lookups:
    def each(plane: Any) -> NDArray[np.int64]:
        return np.broadcast_to(np.asarray(plane, np.int64), N_ORIENTATIONS)

    none = np.zeros((N_ORIENTATIONS, 2), np.int64)
    places = [none if f.place is None else f.place for f in features]
    return Lookups(
        np.array([f.kind for f in features], np.int64),
        np.stack([np.stack([each(f.first), each(f.second)], 1) for f in features]),
        np.stack([np.stack([place, -place], 1) for place in places]),
    )


def looked_up(planes: NDArray[np.uint8], ties: NDArray[np.uint8], lookups: Lookups) -> NDArray[np.uint8]:
    """Features, (n, M, N), of planes with zeros around."""
    out = np.empty((len(lookups.kinds), *ties.shape), np.uint8)
    run_bands(look_up, len(ties), ties.shape[1] * len(out), planes, PAD, ties, lookups, out)
    return out


def map_planes(found: NDArray[np.uint8], first: int, last: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A map of 8 bits, (M, N), and four blurs of it, around rows `first` to `last`; and the orientations of its
    ridges."""
    margin = PAD + _RIDGE_MARGIN
    part = rows_of(np.stack([found, np.full_like(found, 255)]), first, last, margin)
    inside = rows_of(np.ones((1, *found.shape), np.uint8), first, last, margin)
    part[1] = 255 * inside
    part *= 16
    out = np.zeros((5, last - first + 2 * PAD, found.shape[1] + 2 * PAD), np.uint8)
    cut = (slice(_RIDGE_MARGIN, -_RIDGE_MARGIN),) * 2
    is_inside = inside[0][cut] > 0
    out[0] = (part[0] / 16)[cut]
    for level in range(4):
        part = blur(part, 2**level, BLUR)
        out[1 + level] = np.floor(part[0] / np.maximum(part[1], 1) * 255 + np.float32(0.5))[cut] * is_inside
        if level == 1:
            ridges = part[0, margin - 1 : 1 - margin, margin - 1 : 1 - margin].astype(np.int32)
    ties = np.empty((last - first, found.shape[1]), np.uint8)
    run_bands(_ridges, len(ties), ties.shape[1], ridges, ties)
    return out, ties


def _ridges_numpy(grid: Any, ties: Any, start: int, stop: int) -> None:
    part = grid[start : stop + 2].astype(np.int64)
    twice = 2 * part[1:-1, 1:-1]
    down = part[:-2, 1:-1] + part[2:, 1:-1] - twice
    right = part[1:-1, :-2] + part[1:-1, 2:] - twice
    both = part[:-2, :-2] + part[2:, 2:] - part[:-2, 2:] - part[2:, :-2]
    values = np.stack([_COSINES[k] * 4 * (right - down) + _COSINES[(k + 6) % 8] * 2 * both for k in range(8)])
    best = values.max(axis=0)
    bits = ((values == best) & (best > 0)) << np.arange(N_ORIENTATIONS)[:, np.newaxis, np.newaxis]
    ties[start:stop] = bits.sum(axis=0)


@kernel(numpy=_ridges_numpy)
def _ridges(grid: Any, ties: Any, start: int, stop: int) -> None:
    """Along which orientations a map, with a border of one, curves down least, a bit for each: rows `start` to
    `stop`."""
    for y in range(start, stop):
        above, here, below = grid[y], grid[y + 1], grid[y + 2]
        for x in range(ties.shape[1]):
            twice = 2 * np.int64(here[x + 1])
            down = np.int64(above[x + 1]) + np.int64(below[x + 1]) - twice
            right = np.int64(here[x]) + np.int64(here[x + 2]) - twice
            both = np.int64(above[x]) + np.int64(below[x + 2]) - np.int64(above[x + 2]) - np.int64(below[x])
            best, tie = np.int64(0), 0
            for k in range(8):
                value = _COSINES[k] * 4 * (right - down) + _COSINES[(k + 6) % 8] * 2 * both
                if value > best:
                    best, tie = value, 0
                if value == best and best > 0:
                    tie |= 1 << k
            ties[y, x] = tie
