"""Two forests, one after the other, say how sure a boundary is, at each pixel of half the resolution."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg.edges.learned.features import first_lookups, looked_up, map_planes, second_lookups
from classicseg.edges.learned.planes import ALONE, Counts, Frames, feature_planes
from classicseg.learning.forest import Forest, predict_forest

WHOLE = 65535
"""What a strength of 1 is in whole numbers: they are added without rounding."""

_MIDDLE, _WIDTH = 0.45, 0.08
"""Where the weighted differences of half-discs, as a share of the greatest sum, mean a strength of one half; and
how fast it rises."""

_BAND = 2**17
"""The pixels of half the resolution whose planes exist at once."""


class FirstLook(NamedTuple):
    """What both stages see of an image at half the resolution."""

    features: NDArray[np.uint8]
    """(n, M, N)"""
    frames: Frames


def first_look(counts: Counts) -> FirstLook:
    """The features of the first stage."""
    shape, lookups = counts.border.shape, first_lookups()
    look = FirstLook(np.empty((len(lookups.kinds), *shape), np.uint8), Frames.empty(shape))
    for first, last in _bands(shape):
        planes, frames = feature_planes(counts, first, last)
        look.features[:, first:last] = looked_up(planes, frames.ties, lookups)
        look.frames.ties[first:last], look.frames.sums[first:last] = frames
        del planes, frames  # the next ones have their room
    return look


def second_features(found: NDArray[np.uint8], ties: NDArray[np.uint8], first: int, last: int) -> NDArray[np.uint8]:
    """What the second stage sees beside that of the first: its map (`as_codes`), rows `first` to `last`."""
    planes, ridges = map_planes(found, first, last)
    seen = zip((ties[first:last], ridges), second_lookups(), strict=True)
    return np.concatenate([looked_up(planes, frame, lookups) for frame, lookups in seen])


def predict_map(look: FirstLook, forests: tuple[Forest, Forest]) -> NDArray[np.uint16]:
    """The strength of each pixel of half the resolution, of `WHOLE`."""
    return predict_second(forests[1], look, as_codes(predict_stage(forests[0], look)))


def predict_second(forest: Forest, look: FirstLook, found: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """The strength of each pixel of half the resolution, of `WHOLE`, where the map of the first stage is found."""
    shape = look.frames.ties.shape
    strengths = np.empty(shape, np.uint16)
    for first, last in _bands(shape):
        more = second_features(found, look.frames.ties, first, last)
        values = _predict(forest, look, first, last, more)
        strengths[first:last] = np.floor(values * np.float32(WHOLE) + np.float32(0.5))
    return strengths


def predict_stage(forest: Forest, look: FirstLook) -> NDArray[np.float32]:
    """What the forest of the first stage says of each pixel of half the resolution."""
    parts = [_predict(forest, look, *rows) for rows in _bands(look.frames.ties.shape)]
    return np.concatenate(parts)


def as_codes(strengths: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A map as the second stage sees it: 255 times the root of the strength."""
    return np.floor(np.sqrt(strengths) * np.float32(255) + np.float32(0.5)).astype(np.uint8)


def _predict(
    forest: Forest, look: FirstLook, first: int, last: int, *more: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """What a forest says of rows, from 0 to 1; 0 where the half-discs are equal in all orientations."""
    features = np.concatenate([look.features[:, first:last], *more])
    values = predict_forest(forest, features.reshape(len(features), -1)).reshape(features.shape[1:])
    return np.clip(values, np.float32(0), np.float32(1)) * (look.frames.ties[first:last] > 0)


def _bands(shape: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    height = max(32, _BAND // shape[1])
    for first in range(0, shape[0], height):
        yield first, min(first + height, shape[0])


def half_disc_map(counts: Counts) -> NDArray[np.uint16]:
    """The strength by the weighted differences of half-discs alone, of `WHOLE`, at half the resolution."""
    strengths, table = np.empty(counts.border.shape, np.uint16), _logistic()
    for first, last in _bands(strengths.shape):
        strengths[first:last] = table[feature_planes(counts, first, last, ALONE)[1].sums]
    return strengths


def _logistic() -> NDArray[np.uint16]:
    """The strength of each sum of differences; 0 of 0."""
    sums = np.arange(2**16) / (1020 * ALONE.sum())
    strengths = 1 / (1 + np.exp((_MIDDLE - sums) / _WIDTH))
    strengths[0] = 0
    return np.rint(WHOLE * strengths).astype(np.uint16)
