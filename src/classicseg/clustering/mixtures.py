"""Mixtures of Gaussians with full covariances: what the colors of each label are like.

A pixel belongs to the component of its label that makes it most likely, and components are learned from the pixels
that belong to them (Rother, Kolmogorov and Blake 2004). At the start the pixels of a label are divided in two
across the longest axis of the component that has the most to tell apart, again and again (Orchard and Bouman
1991): no draw, and no order of the pixels shows.

Sums are taken about a point in the midst of the values. What is learned from them is rounded to steps that are far
above the last bits, which the order of a sum decides.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.clustering.likeliest import IMPOSSIBLE, Mixtures, assign, cost_of_each

_ROUND_BITS = 26
"""Covariances are rounded to this many bits of the largest second moment of their component."""

_LEAST_VARIANCE = 1e-4
"""The least variance along any axis, as a part of the variance of all values."""

MOST_COMPONENTS = 255


class Pixels(NamedTuple):
    """What is learned from; only the pixels that have a label teach."""

    values: NDArray[Any]
    """(n, channels)"""
    origin: NDArray[np.float64]
    """(channels,), a point in the midst of the values."""
    least_variance: float


def learnable(values: NDArray[Any]) -> Pixels:
    """Prepare the values of all pixels that take part, (n, channels); 0 where a pixel takes none does no harm."""
    if values.dtype.kind == "u":
        origin = np.rint(values.mean(axis=0, dtype=np.float64))
    else:
        origin = np.median(values.astype(np.float64), axis=0)
    moments = _moments_of(values, np.ones(len(values), np.int32), np.zeros(len(values), np.uint8), origin, 1, 1)[0]
    covariance, _ = _covariance(moments, values.shape[1])
    return Pixels(values, origin, _LEAST_VARIANCE * float(np.trace(covariance)) / values.shape[1])


def start_mixtures(pixels: Pixels, labels: NDArray[np.int32], n_labels: int, n_components: int) -> Mixtures:
    """Divide the pixels of each label, (n,) from 1 and 0 for those that do not teach, into components."""
    n_channels = pixels.values.shape[1]
    components = np.zeros(len(labels), np.uint8)
    moments = _moments_of(pixels.values, labels, components, pixels.origin, n_labels, n_components)
    for component in range(1, n_components):
        planes = np.zeros((n_labels, n_channels))
        limits, chosen = np.full(n_labels, np.inf), np.zeros(n_labels, np.int64)
        for label in range(n_labels):
            first = label * n_components
            spreads = [_longest_axis(moments[first + i], n_channels) for i in range(component)]
            best = max(range(component), key=lambda i: spreads[i][0])
            chosen[label], (spread, axis, mean) = best, spreads[best]
            if spread > 0:
                planes[label], limits[label] = axis, axis @ mean
        arguments = pixels.values, labels, components, pixels.origin, chosen, planes, limits, component
        run_bands(_divide, len(labels), 1, *arguments)
        moments = _moments_of(pixels.values, labels, components, pixels.origin, n_labels, n_components)
    return _from_moments(moments, pixels, n_labels)


def learn(pixels: Pixels, labels: NDArray[np.int32], mixtures: Mixtures, n_labels: int) -> Mixtures:
    """Learn mixtures again from the pixels, each of which goes to the likeliest component of its label."""
    n_components = len(mixtures.means) // n_labels
    components = np.zeros(len(labels), np.uint8)
    run_bands(assign, len(labels), 1, pixels.values, labels, pixels.origin, mixtures, n_components, components)
    moments = _moments_of(pixels.values, labels, components, pixels.origin, n_labels, n_components)
    return _from_moments(moments, pixels, n_labels)


def costs_of(values: NDArray[Any], pixels: Pixels, mixtures: Mixtures, label: int, n_labels: int) -> Any:
    """Minus the logarithm of the density of each of the values, (n, channels), by its likeliest component."""
    n_components = len(mixtures.means) // n_labels
    own = Mixtures(*(part[(label - 1) * n_components : label * n_components] for part in mixtures))
    costs = np.empty(len(values))
    run_bands(cost_of_each, len(values), 1, values, pixels.origin, own, costs)
    return costs


def _from_moments(moments: NDArray[np.float64], pixels: Pixels, n_labels: int) -> Mixtures:
    """Means, whitening matrices and constants of the components."""
    n_channels = pixels.values.shape[1]
    totals = moments[:, 0].reshape(n_labels, -1).sum(axis=1).repeat(len(moments) // n_labels)
    means, whitening = np.zeros((len(moments), n_channels)), np.zeros((len(moments), n_channels, n_channels))
    constants = np.full(len(moments), IMPOSSIBLE)
    for i in np.flatnonzero(moments[:, 0]):
        covariance, means[i] = _covariance(moments[i], n_channels)
        variances, axes = np.linalg.eigh(covariance)
        variances = np.maximum(variances, pixels.least_variance)
        if pixels.least_variance > 0:
            whole = np.round((axes * variances) @ axes.T / pixels.least_variance, 6) * pixels.least_variance
            whitening[i] = np.linalg.inv(np.linalg.cholesky(whole))
            constants[i] = -np.log(np.diag(whitening[i])).sum()
        else:  # all values are equal
            constants[i] = 0.0
        constants[i] -= math.log(moments[i, 0] / totals[i])
    return Mixtures(means, whitening, constants)


def _covariance(moments: NDArray[np.float64], n_channels: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The covariance and the mean of a component that has pixels, without their last bits."""
    count, firsts = max(moments[0], 1.0), moments[1 : 1 + n_channels]
    seconds = np.zeros((n_channels, n_channels))
    seconds[np.tril_indices(n_channels)] = moments[1 + n_channels :]
    seconds = np.maximum(seconds, seconds.T) if n_channels == 1 else seconds + np.tril(seconds, -1).T
    largest = float(np.max(np.diag(seconds))) / count
    if largest <= 0:
        return np.zeros_like(seconds), np.zeros(n_channels)
    step = math.ldexp(1.0, math.frexp(largest)[1] - _ROUND_BITS)
    root = math.ldexp(1.0, math.frexp(math.sqrt(largest))[1] - _ROUND_BITS)
    mean = np.rint(firsts / count / root) * root
    exact = firsts / count
    covariance = np.rint((seconds / count - np.outer(exact, exact)) / step) * step
    return covariance, mean


def _longest_axis(
    moments: NDArray[np.float64], n_channels: int
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """The sum of squares along the longest axis of a component, that axis, and the mean."""
    covariance, mean = _covariance(moments, n_channels)
    variances, axes = np.linalg.eigh(covariance)
    return float(variances[-1] * moments[0]), axes[:, -1], mean


def _moments_of(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    components: NDArray[np.uint8],
    origin: NDArray[np.float64],
    n_labels: int,
    n_components: int,
) -> NDArray[np.float64]:
    """The number, the sums and the sums of products of the pixels of each component."""
    n_channels = values.shape[1]
    shape = (n_labels * n_components, 1 + n_channels + n_channels * (n_channels + 1) // 2)

    def in_band(start: int, stop: int) -> NDArray[np.float64]:
        sums = np.zeros(shape)
        _add_moments(values, labels, components, origin, n_components, sums, start, stop)
        return sums

    return np.sum(run_bands(in_band, len(values), 1), axis=0)


def _add_moments_numpy(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    components: NDArray[np.uint8],
    origin: NDArray[np.float64],
    n_components: int,
    sums: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    own = np.flatnonzero(labels[start:stop]) + start
    rows = (labels[own] - 1).astype(np.int64) * n_components + components[own]
    differences = values[own].astype(np.float64) - origin
    below = [differences[:, i] * differences[:, j] for i in range(len(origin)) for j in range(i + 1)]
    for column, numbers in enumerate([np.ones(len(own)), *differences.T, *below]):
        sums[:, column] += np.bincount(rows, numbers, minlength=len(sums))


@kernel(numpy=_add_moments_numpy)
def _add_moments(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    components: NDArray[np.uint8],
    origin: NDArray[np.float64],
    n_components: int,
    sums: NDArray[np.float64],
    start: int,
    stop: int,
) -> None:
    n_channels = len(origin)
    for node in range(start, stop):
        if labels[node] > 0:
            row = (labels[node] - 1) * n_components + components[node]
            sums[row, 0] += 1
            column = 1 + n_channels
            for i in range(n_channels):
                difference = np.float64(values[node, i]) - origin[i]
                sums[row, 1 + i] += difference
                for j in range(i + 1):
                    sums[row, column] += difference * (np.float64(values[node, j]) - origin[j])
                    column += 1


def _divide_numpy(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    components: NDArray[np.uint8],
    origin: NDArray[np.float64],
    chosen: NDArray[np.int64],
    planes: NDArray[np.float64],
    limits: NDArray[np.float64],
    component: int,
    start: int,
    stop: int,
) -> None:
    own = np.flatnonzero(labels[start:stop]) + start
    own = own[components[own] == chosen[labels[own] - 1]]
    along = np.zeros(len(own))
    for i in range(len(origin)):
        along += planes[labels[own] - 1, i] * (values[own, i] - origin[i])
    components[own[along > limits[labels[own] - 1]]] = component


@kernel(numpy=_divide_numpy)
def _divide(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    components: NDArray[np.uint8],
    origin: NDArray[np.float64],
    chosen: NDArray[np.int64],
    planes: NDArray[np.float64],
    limits: NDArray[np.float64],
    component: int,
    start: int,
    stop: int,
) -> None:
    """Pixels of the chosen components beyond a plane are a new component."""
    for node in range(start, stop):
        label = labels[node] - 1
        if label >= 0 and components[node] == chosen[label]:
            along = 0.0
            for i in range(len(origin)):
                along += planes[label, i] * (np.float64(values[node, i]) - origin[i])
            if along > limits[label]:
                components[node] = component
