"""Sets of pixels that merge where their means differ by no more than chance allows (Nock and Nielsen).

Pairs of pixels come in ascending order of their distance. All pairs of one distance are decided on the sets before
them, so that the order of equals does not count.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.trees.pixel_pairs import PixelPairs
from classicseg.trees.pixel_sets import AT_ONCE, look_ahead, root_of, unite

_STEPS = 2.0**20
"""Floats are rounded to so many steps of the range of the values, …"""

_FARTHEST = 2.0**36
"""… and what is so many steps from the median counts as so far: sums of 2**27 pixels are exact in 64 bits."""

N_LEVELS = 256
"""The number of levels in the bound of Nock and Nielsen."""


def merge_by_means(
    found: PixelPairs, sets: NDArray[Any], image: Image, complexity: float, value_range: float
) -> None:
    """Merge sets of pixels while every channel has means as near as the bounds allow; overwrites the pairs."""
    sums, width = run_interruptible(_whole_values, image, value_range)
    n_pixels = len(sums) if image.mask is None else int(np.count_nonzero(image.mask))
    spread, doubt = width * width / (2 * complexity), np.log(6.0 * max(n_pixels, 1) ** 2)
    bounds, ahead = np.full(len(sums), _bound(1, spread, doubt)), np.empty((3, AT_ONCE), np.int64)
    graph = found.pairs, found.starts, found.offsets, found.bits
    run_interruptible(_merge, *graph, sets, sums, bounds, spread, doubt, ahead)


def _whole_values(image: Image, value_range: float) -> tuple[NDArray[np.int64], float]:
    """The values (n, channels) as whole numbers, whose sums are exact; and the range of the values among them."""
    pixels = image.values.reshape(-1, image.n_channels)
    if pixels.dtype.kind == "u":
        return pixels.astype(np.int64), value_range
    step, whole = value_range / _STEPS, np.zeros(pixels.shape, np.int64)
    if step > 0 and (image.mask is None or image.mask.any()):
        for c in range(image.n_channels):
            steps = np.rint(pixels[:, c] / np.float64(step))
            steps -= np.rint(np.median(steps if image.mask is None else steps[image.mask.reshape(-1)]))
            whole[:, c] = np.clip(steps, -_FARTHEST, _FARTHEST)
    return whole, _STEPS


@kernel()
def _bound(n: int, spread: float, doubt: float) -> float:
    """How far, squared, the mean of n pixels may lie from what it stands for."""
    return spread / n * (min(n, N_LEVELS) * np.log(n + 1.0) + doubt)


@kernel()
def _merge(
    pairs: NDArray[Any],
    starts: NDArray[np.int64],
    offsets: NDArray[np.int64],
    bits: int,
    sets: NDArray[Any],
    sums: NDArray[np.int64],
    bounds: NDArray[np.float64],
    spread: float,
    doubt: float,
    ahead: NDArray[np.int64],
) -> None:
    """Merge sets over pairs in ascending order; pairs that wait for the end of their level move to the front."""
    level, n_waiting = 0, 0
    for first in range(0, len(pairs), AT_ONCE):
        n_ahead = look_ahead(pairs, first, min(first + AT_ONCE, len(pairs)), offsets, bits, sets, ahead)
        for i in range(n_ahead):
            place = ahead[0, i]
            if place >= starts[level + 1]:
                _join(pairs, n_waiting, offsets, bits, sets, sums, bounds, spread, doubt)
                n_waiting = 0
                while place >= starts[level + 1]:
                    level += 1
            a, b = root_of(sets, ahead[1, i]), root_of(sets, ahead[2, i])
            if a != b and _are_near(a, b, sets, sums, bounds[a] + bounds[b]):
                pairs[n_waiting] = pairs[place]
                n_waiting += 1
    _join(pairs, n_waiting, offsets, bits, sets, sums, bounds, spread, doubt)


@kernel()
def _are_near(a: int, b: int, sets: NDArray[Any], sums: NDArray[np.int64], bound: float) -> bool:
    """Whether the squared difference of two means is within a bound in every channel."""
    size_a, size_b = -np.float64(sets[a]), -np.float64(sets[b])
    for c in range(sums.shape[1]):
        apart = sums[a, c] / size_a - sums[b, c] / size_b
        if apart * apart > bound:
            return False
    return True


@kernel()
def _join(
    pairs: NDArray[Any],
    n_pairs: int,
    offsets: NDArray[np.int64],
    bits: int,
    sets: NDArray[Any],
    sums: NDArray[np.int64],
    bounds: NDArray[np.float64],
    spread: float,
    doubt: float,
) -> None:
    """Merge the sets of the first pairs."""
    last_neighbor = (1 << bits) - 1
    for i in range(n_pairs):
        pair: Any = np.int64(pairs[i])
        pixel = pair >> bits
        a, b = root_of(sets, pixel), root_of(sets, pixel + offsets[pair & last_neighbor])
        if a == b:
            continue
        root = unite(sets, a, b)
        other = a + b - root
        for c in range(sums.shape[1]):
            sums[root, c] += sums[other, c]
        size: Any = -np.int64(sets[root])
        bounds[root] = _bound(size, spread, doubt)
