"""Seeded region growing with a heap, as one writes it with numba: what `competition` is measured against."""

from __future__ import annotations

import functools
import heapq
from typing import Any

import numpy as np
from numpy.typing import NDArray


def seeded_region_growing(image: NDArray[Any], markers: NDArray[np.int32]) -> NDArray[np.int64]:
    """Grow every marker over a grey image by the method of Adams and Bischof, with 4 neighbors."""
    labels = markers.astype(np.int64)
    _compiled()(image, labels, np.zeros(labels.max() + 1), np.zeros(labels.max() + 1))
    return labels


@functools.cache
def _compiled() -> Any:
    import numba  # noqa: TID251 - a peer is no kernel of ours

    return numba.njit(_grow)


def _grow(
    image: NDArray[Any], labels: NDArray[np.int64], sums: NDArray[np.float64], counts: NDArray[np.float64]
) -> None:
    rows, columns = image.shape
    heap = [(0.0, 0, 0, 0)]
    heap.pop()  # numba has its type now
    for y in range(rows):
        for x in range(columns):
            sums[labels[y, x]] += image[y, x]
            counts[labels[y, x]] += 1
    for y in range(rows):
        for x in range(columns):
            if labels[y, x] > 0:
                heap.append((-1.0, y, x, labels[y, x]))  # noqa: PERF401 - numba knows no other way
    heapq.heapify(heap)
    while len(heap) > 0:
        distance, y, x, label = heapq.heappop(heap)
        if distance >= 0:
            if labels[y, x] != 0:
                continue
            labels[y, x] = label
            sums[label] += image[y, x]
            counts[label] += 1
        mean = sums[label] / counts[label]
        for dy, dx in ((-1, 0), (0, -1), (0, 1), (1, 0)):
            v, u = y + dy, x + dx
            if 0 <= v < rows and 0 <= u < columns and labels[v, u] == 0:
                heapq.heappush(heap, (abs(image[v, u] - mean), v, u, label))
