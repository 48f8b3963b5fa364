"""The likeliest component of a mixture of Gaussians for each pixel, and what it costs.

A run of pixels of one label is worked on at once, one step of the formula after the other: the processor takes
several pixels in each instruction then.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel

IMPOSSIBLE = 1e200
"""The cost of a label that has no pixels."""

_RUN = 256
"""So many pixels are worked on at once: the first cache holds what all components need."""


class Mixtures(NamedTuple):
    """The components of all labels, n_components for each: those of label 1 come first."""

    means: NDArray[np.float64]
    """(n, channels), less the origin."""
    whitening: NDArray[np.float64]
    """(n, channels, channels), lower triangles: the squared length of a difference times this is Mahalanobis'."""
    constants: NDArray[np.float64]
    """(n,), the cost of the mean: minus the logarithm of its density but for a constant; IMPOSSIBLE where there
    are no pixels."""


def _assign_numpy(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    origin: NDArray[np.float64],
    mixtures: Mixtures,
    n_components: int,
    components: NDArray[np.uint8],
    start: int,
    stop: int,
) -> None:
    for label in np.unique(labels[start:stop]).tolist():
        own = np.flatnonzero(labels[start:stop] == label) + start
        rows = slice(max(label - 1, 0) * n_components, max(label, 1) * n_components)
        costs = _costs_numpy(values[own], origin, Mixtures(*(part[rows] for part in mixtures)))
        components[own] = np.argmin(costs, axis=0) if label > 0 else 0


@kernel(numpy=_assign_numpy)
def assign(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    origin: NDArray[np.float64],
    mixtures: Mixtures,
    n_components: int,
    components: NDArray[np.uint8],
    start: int,
    stop: int,
) -> None:
    """The likeliest component of a pixel's label; of equal ones the first."""
    run, node = _empty_run(origin.size), start
    while node < stop:
        label, count = labels[node], 1
        while count < min(_RUN, stop - node) and labels[node + count] == label:
            count += 1
        if label > 0:
            _find_likeliest(values[node:], origin, mixtures, (label - 1) * n_components, n_components, run, count)
            for j in range(count):
                components[node + j] = np.uint8(run.likeliest[j])
        node += count


def _cost_numpy(
    values: NDArray[Any],
    origin: NDArray[np.float64],
    mixtures: Mixtures,
    costs: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    costs[start:stop] = np.min(_costs_numpy(values[start:stop], origin, mixtures), axis=0)


@kernel(numpy=_cost_numpy)
def cost_of_each(
    values: NDArray[Any],
    origin: NDArray[np.float64],
    mixtures: Mixtures,
    costs: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    run = _empty_run(origin.size)
    for node in range(start, stop, _RUN):
        count, own = min(_RUN, stop - node), costs[node:]
        _find_likeliest(values[node:], origin, mixtures, 0, mixtures.constants.size, run, count)
        for j in range(count):
            own[j] = run.least[j]


def _costs_numpy(
    values: NDArray[Any], origin: NDArray[np.float64], mixtures: Mixtures
) -> list[NDArray[np.float64]]:
    """What each component costs each of the values."""
    differences, costs = values.astype(np.float64) - origin, []
    for mean, whitening, constant in zip(*mixtures, strict=True):
        squares = np.zeros(len(differences))
        for i in range(len(mean)):
            along = np.zeros(len(differences))
            for j in range(i + 1):
                along += whitening[i, j] * (differences[:, j] - mean[j])
            squares += along * along
        costs.append(constant + 0.5 * squares)
    return costs


class _Run(NamedTuple):
    """Some pixels one after the other, and what is worked out for all of them at once."""

    differences: NDArray[np.float64]
    """(channels, _RUN), from the origin."""
    along: NDArray[np.float64]
    """(_RUN,), along one axis of a component."""
    squares: NDArray[np.float64]
    least: NDArray[np.float64]
    """(_RUN,), what the likeliest component costs, and which it is."""
    likeliest: NDArray[np.int64]


@kernel()
def _empty_run(n_channels: int) -> _Run:
    return _Run(
        np.empty((n_channels, _RUN)), np.empty(_RUN), np.empty(_RUN), np.empty(_RUN), np.empty(_RUN, np.int64)
    )


@kernel()
def _find_likeliest(
    values: NDArray[Any],
    origin: NDArray[np.float64],
    mixtures: Mixtures,
    first: int,
    n_components: int,
    run: _Run,
    count: int,
) -> None:
    """Find the likeliest component for the first so many of the values."""
    least, likeliest, squares, along = run.least, run.likeliest, run.squares, run.along
    for i in range(origin.size):
        differences = run.differences[i]
        for j in range(count):
            differences[j] = np.float64(values[j, i]) - origin[i]
    for j in range(count):
        least[j], likeliest[j] = np.inf, 0
    for component in range(n_components):
        row = first + component
        for j in range(count):
            squares[j] = 0.0
        for i in range(origin.size):
            for j in range(count):
                along[j] = 0.0
            for k in range(i + 1):
                differences, mean = run.differences[k], mixtures.means[row, k]
                weight = mixtures.whitening[row, i, k]
                for j in range(count):
                    along[j] += weight * (differences[j] - mean)
            for j in range(count):
                squares[j] += along[j] * along[j]
        constant = mixtures.constants[row]
        for j in range(count):
            cost = constant + 0.5 * squares[j]
            likeliest[j] = component if cost < least[j] else likeliest[j]
            least[j] = min(least[j], cost)
