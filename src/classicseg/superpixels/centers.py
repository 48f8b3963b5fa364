"""Sums over superpixels: numbers of pixels, places and values, and how far the values are from their means."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel


def superpixel_sums(
    values: NDArray[Any], labels: NDArray[np.int32], lengths: NDArray[np.int64], n: int
) -> NDArray[Any]:
    """The number of pixels and the sums of their indices and values, (n, 1 + ndim + channels), of labels 0 … n - 1.

    Those of integers are int64 and exact, those of floats are float64 and added line by line. Negative labels take
    no part. `values` have the shape (channels, n_lines, length), `lengths` are those of the other axes.
    """
    sums = np.zeros((n, 2 + len(lengths) + len(values)), np.float64 if values.dtype.kind == "f" else np.int64)
    run_bands(_add_up, len(labels), labels.shape[1], values, labels, lengths, sums, sequential=True)
    return sums


def deviations(
    values: NDArray[Any], labels: NDArray[np.int32], means: NDArray[np.float64], step: int
) -> NDArray[np.float64]:
    """Of every `step`-th line the pixels, their squared distances from the means (n, channels), and the largest.

    The shape is (n, 3).
    """
    found = np.zeros((len(means), 3))
    run_bands(_deviate, len(labels), labels.shape[1], values, labels, means, step, found, sequential=True)
    return found


def _add_up_numpy(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    lengths: NDArray[np.int64],
    sums: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    lines, columns = np.nonzero(labels[start:stop] >= 0)
    lines += start
    rows = [np.ones(len(lines)), *np.unravel_index(lines, lengths.tolist()), columns, *values[:, lines, columns]]
    for column, row in enumerate(rows):
        np.add.at(sums[:, column], labels[lines, columns], row.astype(sums.dtype))


@kernel(numpy=_add_up_numpy)
def _add_up(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    lengths: NDArray[np.int64],
    sums: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    """Add the lines of a band, run by run."""
    n_lead, length = len(lengths), labels.shape[1]
    for line in range(start, stop):
        row, x = labels[line], 0
        while x < length:
            k, begin = row[x], x
            while x < length and row[x] == k:
                x += 1
            if k < 0:
                continue
            n, rest = x - begin, line
            sums[k, 0] += n
            for back in range(n_lead):
                axis = n_lead - 1 - back
                sums[k, 1 + axis] += rest % lengths[axis] * n
                rest //= lengths[axis]
            sums[k, 1 + n_lead] += (begin + x - 1) * n // 2
            for c in range(len(values)):
                total = sums[k, 2 + n_lead + c]
                for i in range(begin, x):
                    total += values[c, line, i]
                sums[k, 2 + n_lead + c] = total


def _deviate_numpy(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    means: NDArray[np.float64],
    step: int,
    found: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    numbers = np.arange(start + -start % step, stop, step)
    lines, columns = np.nonzero(labels[numbers] >= 0)
    own = labels[numbers[lines], columns]
    apart = values[:, numbers[lines], columns].astype(np.float64) - means[own].T
    squares = sum(row * row for row in apart)
    np.add.at(found[:, 0], own, 1)
    np.add.at(found[:, 1], own, squares)
    np.maximum.at(found[:, 2], own, squares)


@kernel(numpy=_deviate_numpy)
def _deviate(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    means: NDArray[np.float64],
    step: int,
    found: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    """Add the squared distances of the pixels of a band to those of their superpixels."""
    for line in range(start + -start % step, stop, step):
        for x in range(labels.shape[1]):
            k = labels[line, x]
            if k >= 0:
                square = 0.0
                for c in range(len(values)):
                    apart = np.float64(values[c, line, x]) - means[k, c]
                    square += apart * apart
                found[k, 0] += 1
                found[k, 1] += square
                found[k, 2] = max(found[k, 2], square)
