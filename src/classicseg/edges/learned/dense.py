"""The dense map: two forests, one after the other, say of each pixel of half the resolution how sure a boundary is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.edges.learned.features import first_lookups, looked_up, map_planes, second_lookups
from classicseg.edges.learned.histograms import soft_histograms
from classicseg.edges.learned.planes import Counts, counts_of, feature_planes
from classicseg.learning.forest import Forest

WHOLE = 65535
"""What a strength of 1 is in whole numbers: they are added without rounding."""

_BAND = 2**17
"""The pixels of half the resolution whose planes exist at once."""

_BLOCK = 2048
"""Pixels of which all trees are asked, while their features stay in the cache."""


class FirstLook(NamedTuple):
    """What both stages see of an image at half the resolution."""

    features: NDArray[np.uint8]
    """(n, M, N)"""
    ties: NDArray[np.uint8]
    """(M, N), the best orientations; 0 where the half-discs are equal in all."""


def first_look(steps: NDArray[np.int16], mask: NDArray[np.bool_]) -> FirstLook:
    """The features of the first stage of an image in steps of Lab, (3, M, N)."""
    counts = counts_of(soft_histograms(steps, mask))
    shape, lookups = counts.border.shape, first_lookups()
    look = FirstLook(np.empty((len(lookups.kinds), *shape), np.uint8), np.empty(shape, np.uint8))
    for first, last in _bands(shape):
        planes, look.ties[first:last] = feature_planes(counts, first, last)
        look.features[:, first:last] = looked_up(planes, look.ties[first:last], lookups)
    return look


def second_features(found: NDArray[np.uint8], ties: NDArray[np.uint8], first: int, last: int) -> NDArray[np.uint8]:
    """What the second stage sees beside that of the first: its map (`as_codes`), rows `first` to `last`."""
    planes, ridges = map_planes(found, first, last)
    seen = zip((ties[first:last], ridges), second_lookups(), strict=True)
    return np.concatenate([looked_up(planes, frame, lookups) for frame, lookups in seen])


def predict_map(look: FirstLook, forests: tuple[Forest, Forest]) -> NDArray[np.uint16]:
    """The strength of each pixel of half the resolution, of `WHOLE`."""
    shape = look.ties.shape
    found, strengths = np.empty(shape, np.uint8), np.empty(shape, np.uint16)
    for first, last in _bands(shape):
        found[first:last] = as_codes(_predict(forests[0], look, first, last))
    for first, last in _bands(shape):
        more = second_features(found, look.ties, first, last)
        values = _predict(forests[1], look, first, last, more)
        strengths[first:last] = np.floor(values * np.float32(WHOLE) + np.float32(0.5))
    return strengths


def as_codes(strengths: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A map as the second stage sees it: 255 times the root of the strength."""
    return np.floor(np.sqrt(strengths) * np.float32(255) + np.float32(0.5)).astype(np.uint8)


def _predict(forest: Forest, look: FirstLook, first: int, last: int, *more: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What a forest says of rows, from 0 to 1; 0 where the half-discs are equal in all orientations."""
    features = np.concatenate([look.features[:, first:last], *more])
    values = predict_bytes(forest, features.reshape(len(features), -1)).reshape(features.shape[1:])
    return np.clip(values, np.float32(0), np.float32(1)) * (look.ties[first:last] > 0)


def _bands(shape: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    height = max(32, _BAND // shape[1])
    for first in range(0, shape[0], height):
        yield first, min(first + height, shape[0])


def predict_bytes(forest: Forest, features: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The value of each sample, (n,), of features that are whole numbers from 0 to 255, (n_features, n)."""
    edges = forest.edges[forest.starts[forest.features.astype(np.int64)] + forest.bins]
    values = np.empty(features.shape[1], np.float32)
    above = np.floor(edges).astype(np.uint8)
    run_bands(
        _ask_all, len(values), 16, features, forest.features.astype(np.int64), above, forest.leaves,
        float(forest.base), float(forest.step), values,
    )  # fmt: skip
    return values


def _ask_all_numpy(
    features: Any, asked: Any, above: Any, leaves: Any, base: float, step: float, values: Any, start: int, stop: int
) -> None:
    sums = np.zeros(stop - start, np.int64)
    for questions, limits, own in zip(asked, above, leaves, strict=True):
        answers = features[questions, start:stop] > limits[:, np.newaxis]
        sums += own[(answers << np.arange(len(questions))[:, np.newaxis]).sum(axis=0)]
    values[start:stop] = base + step * sums


@kernel(numpy=_ask_all_numpy)
def _ask_all(
    features: Any, asked: Any, above: Any, leaves: Any, base: float, step: float, values: Any, start: int, stop: int
) -> None:
    """Samples `start` to `stop`, block by block."""
    numbers, sums = np.empty(_BLOCK, np.uint8), np.empty(_BLOCK, np.int32)
    for begin in range(start, stop, _BLOCK):
        n = min(begin + _BLOCK, stop) - begin
        for i in range(n):
            sums[i] = 0
        for tree in range(len(leaves)):
            for i in range(n):
                numbers[i] = 0
            for level in range(asked.shape[1]):
                _ask(features[asked[tree, level], begin:], above[tree, level], np.uint8(1 << level), numbers[:n])
            _add_leaves(numbers[:n], leaves[tree], sums)
        for i in range(n):
            values[begin + i] = base + step * sums[i]


@kernel()
def _ask(row: Any, above: Any, bit: Any, numbers: Any) -> None:
    for i in range(len(numbers)):
        numbers[i] |= bit if row[i] > above else np.uint8(0)


@kernel()
def _add_leaves(numbers: Any, leaves: Any, sums: Any) -> None:
    for i in range(len(numbers)):
        sums[i] += np.int32(leaves[numbers[i]])
