"""Sets of pixels that merge unless the border between them is stronger than what is within.

Pairs of pixels come in ascending order of their weight. Two sets merge over a pair whose weight is at most the
limit of both: the greatest weight within, plus 1 / size (Felzenszwalb, Huttenlocher). What is merged at a weight
has a limit of at least that weight, so that sets open at the start of a level stay open, and others stay shut: the
order of equal weights does not count. It would count where a set takes any neighbor, because it is small: there
each level is decided on the sets before it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands, run_interruptible
from classicseg._core.kernel import kernel
from classicseg.trees.pixel_pairs import PixelPairs
from classicseg.trees.pixel_sets import AT_ONCE, look_ahead, root_of, unite


def merge_by_threshold(found: PixelPairs, sets: NDArray[Any]) -> None:
    """Merge the sets of pixels that no strong border parts; distances are in units of the scale."""
    limits, ahead = np.ones(len(sets), np.float32), np.empty((3, AT_ONCE), np.int64)
    levels = found.levels.astype(np.float32)
    run_interruptible(_merge, found.pairs, found.starts, levels, found.offsets, found.bits, sets, limits, ahead)


def merge_small_sets(found: PixelPairs, sets: NDArray[Any], min_area: int) -> None:
    """Merge each set of fewer than `min_area` pixels over the least distance; overwrites the pairs."""
    is_small, starts = np.empty(len(sets), np.uint8), np.empty_like(found.starts)
    run_bands(_mark_small, len(sets), 1, sets, min_area, is_small, sequential=True)
    run_interruptible(_keep_small, found.pairs, found.starts, found.offsets, found.bits, is_small, starts)
    run_interruptible(_merge_small, found.pairs, starts, found.offsets, found.bits, sets, min_area)


@kernel()
def _merge(
    pairs: NDArray[Any],
    starts: NDArray[np.int64],
    levels: NDArray[np.float32],
    offsets: NDArray[np.int64],
    bits: int,
    sets: NDArray[Any],
    limits: NDArray[np.float32],
    ahead: NDArray[np.int64],
) -> None:
    """Merge sets over pairs in ascending order. `limits` holds the limit of each root: 1 at first."""
    level, one = 0, np.float32(1.0)
    for first in range(0, len(pairs), AT_ONCE):
        n_ahead = look_ahead(pairs, first, min(first + AT_ONCE, len(pairs)), offsets, bits, sets, ahead)
        for i in range(n_ahead):
            a, b = root_of(sets, ahead[1, i]), root_of(sets, ahead[2, i])
            if a == b:
                continue
            while starts[level + 1] <= ahead[0, i]:
                level += 1
            weight = levels[level]
            if weight <= limits[a] and weight <= limits[b]:
                root = unite(sets, a, b)
                limits[root] = weight + one / np.float32(-sets[root])


@kernel()
def _mark_small(sets: NDArray[Any], min_area: int, is_small: NDArray[np.uint8], start: int, stop: int) -> None:
    """Mark pixels in sets that are too small."""
    for pixel in range(start, stop):
        is_small[pixel] = -np.int64(sets[root_of(sets, pixel)]) < min_area


@kernel()
def _keep_small(
    pairs: NDArray[Any],
    starts: NDArray[np.int64],
    offsets: NDArray[np.int64],
    bits: int,
    is_small: NDArray[np.uint8],
    kept_starts: NDArray[np.int64],
) -> None:
    """Move the pairs of which a pixel is in a small set to the front, and write where the levels begin then."""
    n_kept, last_neighbor = 0, (1 << bits) - 1
    for level in range(len(starts) - 1):
        kept_starts[level] = n_kept
        for i in range(starts[level], starts[level + 1]):
            pair: Any = np.int64(pairs[i])
            pixel = pair >> bits
            pairs[n_kept] = pairs[i]
            n_kept += int(is_small[pixel] | is_small[pixel + offsets[pair & last_neighbor]])
    kept_starts[len(starts) - 1] = n_kept


@kernel()
def _merge_small(
    pairs: NDArray[Any],
    starts: NDArray[np.int64],
    offsets: NDArray[np.int64],
    bits: int,
    sets: NDArray[Any],
    min_area: int,
) -> None:
    """Merge over each pair of a level of which a set was small before the level; overwrites the pairs."""
    last_neighbor = (1 << bits) - 1
    for level in range(len(starts) - 1):
        n_merged = starts[level]
        for i in range(starts[level], starts[level + 1]):
            pair: Any = np.int64(pairs[i])
            pixel = pair >> bits
            a, b = root_of(sets, pixel), root_of(sets, pixel + offsets[pair & last_neighbor])
            if a != b and min(-np.int64(sets[a]), -np.int64(sets[b])) < min_area:
                pairs[n_merged] = pairs[i]
                n_merged += 1
        for i in range(starts[level], n_merged):
            pair = np.int64(pairs[i])
            pixel = pair >> bits
            a, b = root_of(sets, pixel), root_of(sets, pixel + offsets[pair & last_neighbor])
            if a != b:
                unite(sets, a, b)
