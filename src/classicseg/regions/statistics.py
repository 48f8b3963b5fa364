"""Areas and mean values of regions, the same in any order of the pixels."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg._core.two_floats import lost, means_of, settled


class RegionSums(NamedTuple):
    """Of each label 0, 1, …; nothing is counted for 0."""

    areas: NDArray[np.int64]
    """(n + 1,), in pixels."""
    sums: NDArray[np.float64]
    """(n + 1, channels)"""
    rests: NDArray[np.float64]
    """(n + 1, channels), what rounding has taken from the sums (`two_floats`)."""

    @property
    def means(self) -> NDArray[np.float64]:
        """(n + 1, channels)"""
        return means_of(self.sums, self.rests, np.maximum(self.areas, 1)[:, np.newaxis])


def region_sums(labels: NDArray[np.int32], values: NDArray[Any], n_regions: int) -> RegionSums:
    """Count the pixels of each label 0 … n_regions, and sum their values."""
    pixels, flat = np.ascontiguousarray(values).reshape(-1, values.shape[-1]), labels.reshape(-1)
    shape = n_regions + 1, pixels.shape[1]
    areas, sums, rests = np.zeros(n_regions + 1, np.int64), np.zeros(shape), np.zeros(shape)
    run_bands(_add_up, flat.size, 1, flat, pixels, areas, sums, rests, sequential=True)
    return RegionSums(areas, *settled(sums, rests))


def joined_sums(found: RegionSums, joined: NDArray[Any], n_regions: int) -> RegionSums:
    """The sums of regions 0 … n_regions, where region i of those found is now `joined[i]`; 0 stays 0."""
    parts = np.concatenate([found.sums, found.rests])
    together = region_sums(np.tile(joined.astype(np.int32), 2), parts, n_regions)
    return together._replace(areas=np.bincount(joined, found.areas, n_regions + 1).astype(np.int64))


def rank_regions(found: RegionSums, *keys: NDArray[Any]) -> NDArray[np.int64]:
    """Rank labels 1 … n by what turns with the image, (n + 1,): by the given keys, (n,), the lowest first, then by
    their means, the darker first, then by their areas, the larger first. Equals share a rank.
    """
    areas, means = found.areas[1:], found.means[1:]
    columns = np.stack([-areas, *means.T[::-1], means.sum(axis=1), *keys[::-1]])
    order = np.lexsort(columns)
    ranks = np.zeros(len(areas) + 1, np.int64)
    ranks[1 + order[1:]] = np.cumsum((np.diff(columns[:, order], axis=1) != 0).any(axis=0))
    return ranks


def _add_up_numpy(
    labels: NDArray[np.int32],
    pixels: NDArray[Any],
    areas: NDArray[np.int64],
    sums: NDArray[np.float64],
    rests: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    inside = start + np.flatnonzero(labels[start:stop] > 0)
    inside = inside[np.argsort(labels[inside], kind="stable")]
    of_each = np.bincount(labels[inside], minlength=len(areas))
    areas += of_each
    for label, own in enumerate(np.split(pixels[inside].astype(np.float64), np.cumsum(of_each)[:-1])):
        for c, values in enumerate(own.T.tolist() if len(own) else []):
            parts = [sums[label, c], rests[label, c], *values]
            sums[label, c] = math.fsum(parts)
            rests[label, c] = math.fsum([*parts, -sums[label, c]])


@kernel(numpy=_add_up_numpy)
def _add_up(
    labels: NDArray[np.int32],
    pixels: NDArray[Any],
    areas: NDArray[np.int64],
    sums: NDArray[np.float64],
    rests: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    """Add the pixels of a band to the areas, the sums, and what rounding takes from these."""
    for i in range(start, stop):
        label = labels[i]
        if label > 0:
            areas[label] += 1
            for c in range(pixels.shape[1]):
                total, value = sums[label, c], np.float64(pixels[i, c])
                sums[label, c] = total + value
                rest = lost(total, value, total + value)
                if rest != 0:  # never of integers: one memory access less
                    rests[label, c] += rest
