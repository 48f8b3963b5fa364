"""Sums of whole numbers over a box around each pixel, cut at the border: a running sum along each axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel


def window_sums(values: NDArray[np.integer[Any]] | NDArray[np.bool_], window: int) -> NDArray[np.int64]:
    """Sums over boxes of an odd side length, in int64: no order of additions shows. The cost does not depend on
    the window."""
    sums = np.ascontiguousarray(values, np.int64)
    for axis, length in enumerate(values.shape):
        lines = sums.reshape(-1, length, int(np.prod(values.shape[axis + 1 :], dtype=np.int64)))
        found = np.empty(lines.shape, np.int64)
        _slide(lines, min(window // 2, length), found)
        sums = found.reshape(values.shape)
    return sums


def _slide_numpy(lines: NDArray[np.int64], reach: int, sums: NDArray[np.int64]) -> None:
    length = lines.shape[1]
    places, totals = np.arange(length), np.cumsum(np.insert(lines, 0, 0, axis=1), axis=1)
    sums[:] = totals[:, np.minimum(places + reach + 1, length)] - totals[:, np.maximum(places - reach, 0)]


@kernel(numpy=_slide_numpy)
def _slide(lines: NDArray[np.int64], reach: int, sums: NDArray[np.int64]) -> None:
    """Sums along the middle axis, of as many places before and after each."""
    length, inner = lines.shape[1:]
    for block in range(len(lines)):
        source, target = lines[block], sums[block]
        for i in range(inner):
            target[0, i] = 0
        for j in range(min(reach + 1, length)):
            for i in range(inner):
                target[0, i] += source[j, i]
        for j in range(1, length):
            for i in range(inner):
                target[j, i] = target[j - 1, i]
            if j + reach < length:
                for i in range(inner):
                    target[j, i] += source[j + reach, i]
            if j > reach:
                for i in range(inner):
                    target[j, i] -= source[j - reach - 1, i]
