"""k-means: the k centers of least inertia, the weighted sum of squared distances to the nearest center.

Of one feature the optimum is found by dynamic programming. Of several, by Lloyd's iteration: each point joins its
nearest center, each center moves to the mean of its points, and the inertia never rises. k-means++ draws where to
start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import as_array, check_sizes
from classicseg._core.numbers import as_choice, as_count, as_number, members
from classicseg.clustering.bounding_boxes import Blocks, center_sums, in_blocks, weights_and_inertia
from classicseg.clustering.starts import choose_starts, start_again
from classicseg.histograms.optimal_split import class_errors, class_means, optimal_split
from classicseg.types import KMeansResult, Random

_LARGEST_SEED = 2**128 - 1
"""What NumPy's own seeds go to."""


@dataclass(frozen=True)
class Search:
    """The options of k-means, parsed."""

    n_clusters: int
    starts: NDArray[np.float64] | None
    """(n_clusters, features); None: k-means++ draws them."""
    n_init: int
    max_iter: int
    tolerance: float
    """The iteration ends when no center moves farther."""
    rng: np.random.Generator


def fit(
    vectors: NDArray[Any], weights: NDArray[np.float64], brightness: NDArray[np.float64], search: Search
) -> KMeansResult:
    """Find centers of vectors, (n, features), with weights, (n,) or (0,): each counts once.

    They come in the order of the brightness, a weight for each of the first features; counts are float64.
    """
    starts, n_features = search.starts, vectors.shape[1]
    if starts is not None and starts.shape[1] != n_features:
        raise ValueError(f"init has shape {starts.shape}; expected (n, {n_features}), one row a center")
    if not len(vectors):
        return KMeansResult(np.empty((0, n_features)), np.empty(0), 0.0, 0, True)
    if n_features == 1:
        return _fit_line(vectors[:, 0].astype(np.float64), weights, search.n_clusters)
    blocks = in_blocks(vectors, weights)
    results = (_fit_lloyd(blocks, brightness, search) for _ in range(search.n_init))
    return min(results, key=lambda result: result.inertia)


def _fit_line(levels: NDArray[np.float64], weights: NDArray[np.float64], n_clusters: int) -> KMeansResult:
    """Find the optimum for ascending values of one feature."""
    starts = optimal_split(levels, weights, n_clusters)
    sizes, centers = class_means(levels, weights, starts)
    inertia = float(class_errors(levels, weights, starts).sum())
    return KMeansResult(centers[:, np.newaxis], sizes, inertia, 0, True)


def _fit_lloyd(blocks: Blocks, brightness: NDArray[np.float64], search: Search) -> KMeansResult:
    """Iterate from one start; the centers come by brightness, without those that have no points."""
    starts = choose_starts(blocks, search.n_clusters, search.rng) if search.starts is None else search.starts
    centers, n_iter, converged = _iterate(blocks, starts, search.max_iter, search.tolerance)
    order = np.lexsort((*centers.T[::-1], centers[:, : len(brightness)] @ brightness))
    sizes, inertia = weights_and_inertia(blocks, centers[order])
    kept = sizes > 0  # two centers may have met
    return KMeansResult(centers[order][kept], sizes[kept], inertia, n_iter, converged)


def _iterate(
    blocks: Blocks, centers: NDArray[np.float64], max_iter: int, tolerance: float
) -> tuple[NDArray[np.float64], int, bool]:
    """Move centers until none moves farther than the tolerance; return them, the iterations and whether they did.

    Centers that have lost all their points start again, one after the other, at the point that is then farthest
    from all centers.
    """
    for n_iter in range(1, max_iter + 1):
        sums = center_sums(blocks, centers)
        weights = sums[:, -1:]
        moved = np.where(weights > 0, sums[:, :-1] / np.where(weights > 0, weights, 1), centers)
        if not weights.all():
            moved = start_again(blocks, moved, weights[:, 0] == 0)
        farthest = np.sqrt(((moved - centers) ** 2).sum(axis=1)).max()
        centers = moved
        if farthest <= tolerance:
            return centers, n_iter, True
    return centers, max_iter, False


def as_kmeans_options(
    n_clusters: int | None,
    init: Literal["k-means++"] | ArrayLike,
    n_init: int,
    max_iter: int,
    tol: float,
    rng: Random,
) -> Search:
    """Parse the options of k-means."""
    count = None if n_clusters is None else as_count("n_clusters", n_clusters)
    times, iterations = as_count("n_init", n_init), as_count("max_iter", max_iter)
    tolerance, generator = as_number("tol", tol, least=0.0), as_generator(rng)
    if isinstance(init, str):
        as_choice("init", init, ["k-means++"], "an array of centers, or ")
        return Search(count or 4, None, times, iterations, tolerance, generator)
    starts = as_centers("init", init)
    if count not in (None, len(starts)):
        raise ValueError(f"n_clusters is {count} and init has {len(starts)} centers; leave n_clusters out")
    if times > 1:
        raise ValueError(
            f"n_init is {times} and init has centers, from which each start is the same; leave it out"
        )
    return Search(len(starts), starts, times, iterations, tolerance, generator)


def as_generator(rng: Random) -> np.random.Generator:
    """Parse a seed or a generator of random numbers."""
    if rng is None or isinstance(rng, np.random.Generator | np.random.BitGenerator | np.random.SeedSequence):
        return np.random.default_rng(rng)
    seeds = [
        as_count("rng", seed, least=0, most=_LARGEST_SEED) for seed in members(rng)
    ]  # NumPy may crash on lists
    return np.random.default_rng(seeds[0] if len(seeds) == 1 else seeds)


def as_centers(name: str, centers: ArrayLike) -> NDArray[np.float64]:
    """Parse centers, (n, features), or (n,) of one feature."""
    array, hidden = as_array(name, centers, "biuf", "real numbers")
    if hidden is not None:
        raise ValueError(f"{name} holds masked numbers; expected one for each channel of each center")
    if array.ndim not in (1, 2) or not array.size:
        raise ValueError(f"{name} has shape {array.shape}; expected (n, channels), one row a center")
    check_sizes(name, array)
    return np.ascontiguousarray(array.reshape(len(array), -1), np.float64)
