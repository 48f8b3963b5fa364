"""The areas of regions, and the sums of their values, exact in any order: those of parts of an image add up."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.histogram import level_scale
from classicseg._core.kernel import kernel

_MEAN_BITS = 24
"""Region means are taken of whole numbers of so many bits: their float64 sums are exact to 5e8 pixels."""


class RegionSums(NamedTuple):
    """Of each label 0, 1, …; nothing is counted for 0."""

    areas: NDArray[np.int64]
    """(n + 1,), in pixels."""
    sums: NDArray[np.float64]
    """(n + 1, channels), in whole steps from the least value that has a label."""

    @property
    def means(self) -> NDArray[np.float64]:
        """(n + 1, channels), in the same steps."""
        return self.sums / np.maximum(self.areas, 1)[:, np.newaxis]


def region_sums(labels: NDArray[np.int32], values: NDArray[Any], n_regions: int) -> RegionSums:
    """Count the pixels of each label 0 … n_regions, and sum their values."""
    return sums_in_steps(labels, values, n_regions, steps_within(ends_of_values(labels, values)))


def ends_of_values(labels: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    """The least and the greatest value that have a label, of each part of an image that has any."""
    pixels, flat = _flat(labels, values)
    return np.concatenate(run_bands(_range, flat.size, 1, flat, pixels))


def steps_within(ends: NDArray[Any]) -> tuple[float, float]:
    """The least value, and the step, in which values between these count."""
    return level_scale(ends, _MEAN_BITS)


def sums_in_steps(
    labels: NDArray[np.int32], values: NDArray[Any], n_regions: int, steps: tuple[float, float]
) -> RegionSums:
    """The sums of a part, in the steps of the whole."""
    low, step = steps
    pixels, flat = _flat(labels, values)
    found = RegionSums(np.zeros(n_regions + 1, np.int64), np.zeros((n_regions + 1, values.shape[-1])))
    run_bands(_add_up, flat.size, 1, flat, pixels, low, 1 / step, *found, whole=True)
    return found


def rank_regions(found: RegionSums, *keys: NDArray[Any]) -> NDArray[np.int64]:
    """Rank labels 1 … n, (n + 1,), by what turns with the image: by keys that are given, (n,), the least first,
    then the darker, then the larger; equals share a rank.
    """
    areas, means = found.areas[1:], found.means[1:]
    columns = np.stack([-areas, *means.T[::-1], means.sum(axis=1), *keys[::-1]])
    order = np.lexsort(columns)
    ranks = np.zeros(len(areas) + 1, np.int64)
    ranks[1 + order[1:]] = np.cumsum((np.diff(columns[:, order], axis=1) != 0).any(axis=0))
    return ranks


def _flat(labels: NDArray[Any], values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    return np.ascontiguousarray(values).reshape(-1, values.shape[-1]), labels.reshape(-1)


def _range(labels: NDArray[Any], pixels: NDArray[Any], start: int, stop: int) -> NDArray[Any]:
    chosen = pixels[start:stop]
    if not labels[start:stop].all():
        chosen = chosen.compress(labels[start:stop] > 0, axis=0)
    return np.array([chosen.min(), chosen.max()], pixels.dtype) if chosen.size else pixels[:0, 0]


def _add_up_numpy(
    labels: NDArray[np.int32],
    pixels: NDArray[Any],
    low: float,
    scale: float,
    areas: NDArray[np.int64],
    sums: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    inside = labels[start:stop] > 0
    names, chosen = labels[start:stop][inside], pixels[start:stop][inside]
    areas += np.bincount(names, minlength=len(areas))
    for column, total in zip(chosen.T, sums.T, strict=True):
        total += np.bincount(names, np.rint((column.astype(np.float64) - low) * scale), len(areas))


@kernel(numpy=_add_up_numpy)
def _add_up(
    labels: NDArray[np.int32],
    pixels: NDArray[Any],
    low: float,
    scale: float,
    areas: NDArray[np.int64],
    sums: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    for i in range(start, stop):
        label = labels[i]
        if label > 0:
            areas[label] += 1
            for c in range(pixels.shape[1]):
                sums[label, c] += np.rint((np.float64(pixels[i, c]) - low) * scale)
