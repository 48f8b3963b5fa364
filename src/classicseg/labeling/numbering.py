"""Labels by the law: 1 … n without gaps, regions by their first pixel in raster order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.grid import look_up
from classicseg._core.kernel import kernel
from classicseg.types import Labels


def compact_labels(labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the positive labels, ascending, and the labels renumbered 1 … n in that order; 0 stays 0."""
    highest = int(labels.max(initial=0))
    if highest > labels.size:
        present, compact = np.unique(labels, return_inverse=True)
        return present[present > 0], compact.reshape(labels.shape) + (1 if present[0] > 0 else 0)
    is_present = np.zeros(highest + 1, bool)
    is_present[labels] = True
    is_present[0] = False
    return np.flatnonzero(is_present).astype(labels.dtype), np.cumsum(is_present)[labels] * (labels > 0)


def small_labels(labels: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Labels none of which is above the number of pixels, and what each of 0, 1, … stood for; some may lack."""
    highest = highest_label(labels)
    if highest <= labels.size:
        return labels, np.arange(highest + 1, dtype=np.int32)
    present, numbers = compact_labels(labels)
    return numbers.astype(np.int32), np.append(np.int32(0), present).astype(np.int32)


def highest_label(labels: NDArray[np.int32]) -> int:
    """The highest of canonical labels, in bands."""
    flat = labels.reshape(-1)
    return max(run_bands(_highest_in_band, flat.size, 1, flat))


def _highest_in_band(labels: NDArray[np.int32], start: int, stop: int) -> int:
    return int(labels[start:stop].max())


def number_by_first_pixel(labels: NDArray[np.int32]) -> Labels:
    """Renumber segments 1 … n by their first pixel in raster order; 0 stays 0."""
    flat, numbers = np.ascontiguousarray(labels).reshape(-1), np.zeros(int(labels.max(initial=0)) + 1, np.int32)
    run_bands(_first_pixels, flat.size, 1, flat, numbers, np.zeros(1, np.int32), sequential=True)
    return look_up(numbers, labels)


def _first_pixels_numpy(
    labels: NDArray[np.int32], numbers: NDArray[np.int32], last: NDArray[np.int32], start: int, stop: int
) -> None:
    present, first = np.unique(labels[start:stop], return_index=True)
    new = present[np.argsort(first)]
    new = new[(new > 0) & (numbers[new] == 0)]
    numbers[new] = last[0] + 1 + np.arange(len(new))
    last[0] += len(new)


@kernel(numpy=_first_pixels_numpy)
def _first_pixels(
    labels: NDArray[np.int32], numbers: NDArray[np.int32], last: NDArray[np.int32], start: int, stop: int
) -> None:
    """Number the labels that are new in a band, after the `last` number that is given."""
    for i in range(start, stop):
        label = labels[i]
        if label > 0 and numbers[label] == 0:
            last[0] += 1
            numbers[label] = last[0]
