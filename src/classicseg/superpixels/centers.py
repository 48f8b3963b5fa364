"""Sums over superpixels: numbers of pixels, places and values, and how far values are from their means."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel


def superpixel_sums(
    values: NDArray[Any], labels: NDArray[np.int32], lengths: NDArray[np.int64], n: int, first: int, step: int
) -> NDArray[Any]:
    """Of labels 0 … n - 1 the number of pixels and the sums of their indices and values, (n, 1 + ndim + channels).

    Of integers they are int64 and exact, of floats float64, added line by line: of every `step`-th line from the
    `first`. Label 0 takes no part. `values` have the shape (channels, n_lines, length), `lengths` are those
    of the other axes.
    """
    sums = np.zeros((n, 2 + len(lengths) + len(values)), np.float64 if values.dtype.kind == "f" else np.int64)
    row_size = labels.shape[1]
    index = np.zeros(len(lengths), np.int64)
    run_bands(add_up, len(labels), row_size, values, labels, lengths, first, step, index, sums, sequential=True)
    return sums


def largest_deviations(
    values: NDArray[Any], labels: NDArray[np.int32], means: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The largest squared distance of a pixel's values from the means, (n, channels), of its label: (n,)."""
    found = np.zeros(len(means))
    run_bands(_deviate, len(labels), labels.shape[1], values, labels, means, found, sequential=True)
    return found


def _add_up_numpy(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    lengths: NDArray[np.int64],
    first: int,
    step: int,
    _: NDArray[np.int64],
    sums: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    numbers = np.arange(start + (first - start) % step, stop, step)
    lines, columns = np.nonzero(labels[numbers] > 0)
    lines = numbers[lines]
    rows = [np.ones(len(lines)), *np.unravel_index(lines, lengths.tolist()), columns, *values[:, lines, columns]]
    for column, row in enumerate(rows):
        np.add.at(sums[:, column], labels[lines, columns], row.astype(sums.dtype))


@kernel(numpy=_add_up_numpy)
def add_up(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    lengths: NDArray[np.int64],
    first: int,
    step: int,
    index: NDArray[np.int64],
    sums: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    """Add every `step`-th line of a band; `index` is room for that of a line along the other axes."""
    for line in range(start + (first - start) % step, stop, step):
        rest = line
        for back in range(len(lengths)):
            axis = len(lengths) - 1 - back
            index[axis] = rest % lengths[axis]
            rest //= lengths[axis]
        _add_line(values, labels, line, index, sums)


@kernel()
def _add_line(
    values: NDArray[Any], labels: NDArray[np.int32], line: int, index: NDArray[np.int64], sums: NDArray[Any]
) -> None:
    """Add a line, run by run; `index` is its own along the other axes."""
    row, n_lead, x = labels[line], sums.shape[1] - len(values) - 2, 0
    is_color = len(values) == 3
    while x < len(row):
        k, begin = row[x], x
        if k == 0:
            x += 1
            continue
        if is_color:  # all channels at once: half the time
            a, b, c = sums[k, 2 + n_lead], sums[k, 3 + n_lead], sums[k, 4 + n_lead]
            while x < len(row) and row[x] == k:
                a += values[0, line, x]
                b += values[1, line, x]
                c += values[2, line, x]
                x += 1
            sums[k, 2 + n_lead], sums[k, 3 + n_lead], sums[k, 4 + n_lead] = a, b, c
        else:
            while x < len(row) and row[x] == k:
                x += 1
            for channel in range(len(values)):
                total = sums[k, 2 + n_lead + channel]
                for i in range(begin, x):
                    total += values[channel, line, i]
                sums[k, 2 + n_lead + channel] = total
        n = x - begin
        sums[k, 0] += n
        for axis in range(n_lead):
            sums[k, 1 + axis] += index[axis] * n
        sums[k, 1 + n_lead] += (begin + x - 1) * n // 2


def _deviate_numpy(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    means: NDArray[np.float64],
    found: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    inside = labels[start:stop] > 0
    own = labels[start:stop][inside]
    apart = values[:, start:stop][:, inside].astype(np.float64) - means[own].T
    np.maximum.at(found, own, sum(row * row for row in apart))


@kernel(numpy=_deviate_numpy)
def _deviate(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    means: NDArray[np.float64],
    found: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    """Raise what is found so far to the squared distances of the pixels of a band."""
    for line in range(start, stop):
        for x in range(labels.shape[1]):
            k = labels[line, x]
            if k > 0:
                square = 0.0
                for c in range(len(values)):
                    apart = np.float64(values[c, line, x]) - means[k, c]
                    square += apart * apart
                found[k] = max(found[k], square)
