"""k-means clustering of pixels by value: least sum of squared distances to the centers of k clusters.

Two roads to that sum. Values on a line (one channel) have their global optimum computed, by dynamic programming
over the distinct values. Colors go by Lloyd's iteration: every point joins its nearest center, every center moves
to the mean of its points, and the sum never rises; k-means++ chooses where to start. Place does not count, so the
points of an 8- or 16-bit image are its distinct colors with their counts: the same iteration as over all pixels,
with less work.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_aside, run_bands
from classicseg._core.histogram import optimal_split, value_histogram
from classicseg._core.image import LUMINANCE, Image, as_count, as_image
from classicseg._core.kernel import kernel
from classicseg.types import ChannelAxis, KMeansResult, Labels, Mask, Random


def kmeans_segment(
    image: ArrayLike,
    *,
    n_clusters: int = 4,
    max_iter: int = 100,
    rng: Random = 0,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
) -> Labels:
    """Cluster the pixels by value.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey or color image or a volume, any number of channels.
    n_clusters : int
        At least 1. Where fewer distinct values take part, as many classes as there are values come back.
    max_iter : int
        At least 1; Lloyd's iterations at the most. One channel takes none.
    rng : int, numpy.random.Generator or None
        Draws the starting centers of color images; None draws anew at every call.
    channel_axis : int, None or "auto"
        The axis of the channels; None: every axis is spatial; "auto": a last axis of length 1 to 4 of three or
        more.
    mask : array_like of bool, optional
        Spatial shape, True where a pixel takes part.

    Returns
    -------
    ndarray of int32
        Classes 1 … n, dark to bright (by luminance where there are three channels, by their mean elsewhere), of
        the spatial shape; 0 where a pixel takes no part.

    Raises
    ------
    TypeError, ValueError
        If the image, the mask or a number is not what is described.

    Notes
    -----
    `kmeans_fit`, then `kmeans_assign`. Costs are stated there.

    Examples
    --------
    >>> from classicseg import kmeans_segment
    >>> kmeans_segment([[1, 2, 8, 9, 30, 31]], n_clusters=3)
    array([[1, 1, 2, 2, 3, 3]], dtype=int32)
    """
    settings = _settings(n_clusters, max_iter, rng)
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    return _assign(parsed, _fit(parsed, *settings).centers)


def kmeans_fit(
    image: ArrayLike,
    *,
    n_clusters: int = 4,
    max_iter: int = 100,
    rng: Random = 0,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
) -> KMeansResult:
    """Find the centers of k clusters of pixels.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey or color image or a volume, any number of channels.
    n_clusters : int
        At least 1. Where fewer distinct values take part, as many centers as there are values come back.
    max_iter : int
        At least 1; Lloyd's iterations at the most. One channel takes none.
    rng : int, numpy.random.Generator or None
        Draws the starting centers of color images; None draws anew at every call.
    channel_axis : int, None or "auto"
        The axis of the channels; None: every axis is spatial; "auto": a last axis of length 1 to 4 of three or
        more.
    mask : array_like of bool, optional
        Spatial shape, True where a pixel takes part.

    Returns
    -------
    KMeansResult
        ``centers`` (n_clusters, channels) dark to bright, ``counts``, ``inertia``, ``n_iter``, ``converged``.

    Raises
    ------
    TypeError, ValueError
        If the image, the mask or a number is not what is described.

    Notes
    -----
    One channel: the global optimum, O(n_clusters · L · log L) for L distinct values after the histogram. Several:
    a local optimum, O(n_iter · n_clusters · P · channels) for P points, which are the distinct colors of uint8
    and uint16 images and the pixels of others. An emptied cluster is started again at the point farthest from
    its center. Turning or flipping an integer image changes nothing; with floats of several channels the draws of
    k-means++ depend on the order of the pixels.

    References
    ----------
    .. [1] Lloyd S. P. Least squares quantization in PCM. IEEE Transactions on Information Theory 28(2), 1982.
    .. [2] Arthur D., Vassilvitskii S. k-means++: the advantages of careful seeding. SODA, 2007.
    .. [3] Wang H., Song M. Ckmeans.1d.dp: optimal k-means clustering in one dimension by dynamic programming.
       The R Journal 3(2), 2011.

    Examples
    --------
    >>> from classicseg import kmeans_fit
    >>> kmeans_fit([[1, 2, 8, 9]], n_clusters=2).centers
    array([[1.5],
           [8.5]])
    """
    settings = _settings(n_clusters, max_iter, rng)
    return _fit(as_image(image, channel_axis=channel_axis, mask=mask), *settings)


def kmeans_assign(
    image: ArrayLike, centers: ArrayLike, *, channel_axis: ChannelAxis = "auto", mask: Mask = None
) -> Labels:
    """Give each pixel the number of its nearest center.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey or color image or a volume.
    centers : array_like, (n, channels)
        In the image's units; for a grey image also (n,).
    channel_axis : int, None or "auto"
        The axis of the channels; None: every axis is spatial; "auto": a last axis of length 1 to 4 of three or
        more.
    mask : array_like of bool, optional
        Spatial shape, True where a pixel takes part.

    Returns
    -------
    ndarray of int32
        1 for the first center, and so on, of the spatial shape (the caller's order, so a number without a pixel
        is missing); 0 where a pixel takes no part. Of equally near centers it is the first.

    Raises
    ------
    TypeError, ValueError
        If the image, the mask or the centers are not what is described.

    Notes
    -----
    O(n · channels) a pixel.

    Examples
    --------
    >>> from classicseg import kmeans_assign
    >>> kmeans_assign([[1, 2, 8, 9]], [1.5, 8.5])
    array([[1, 1, 2, 2]], dtype=int32)
    """
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    return _assign(parsed, _as_centers(centers, parsed.n_channels))


def _settings(n_clusters: int, max_iter: int, rng: Random) -> tuple[int, int, np.random.Generator]:
    counts = as_count("n_clusters", n_clusters), as_count("max_iter", max_iter)
    try:
        return *counts, np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise type(error)(f"rng is {rng!r}; expected a whole number >= 0, a Generator or None ({error})") from None


def _as_centers(centers: ArrayLike, n_channels: int) -> NDArray[np.float64]:
    array = np.asarray(centers)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"centers have dtype {array.dtype}; expected real numbers")
    array = array[:, np.newaxis] if array.ndim == 1 and n_channels == 1 else array
    if array.ndim != 2 or array.shape[1] != n_channels or not len(array):
        raise ValueError(f"centers have shape {array.shape}; expected (n, {n_channels}), one row a center")
    if not np.isfinite(array).all():
        raise ValueError("centers are not all finite")
    return np.ascontiguousarray(array, np.float64)


def _fit(image: Image, n_clusters: int, max_iter: int, rng: np.random.Generator) -> KMeansResult:
    if image.n_channels == 1:
        levels, counts = value_histogram(image.pixels()[:, 0])
        return _fit_line(levels, counts, n_clusters)
    points, counts = _weighted_points(image)
    return _fit_lloyd(points, counts, n_clusters, max_iter, rng)


def _assign(image: Image, centers: NDArray[np.float64]) -> Labels:
    pixels = image.pixels()
    labels = np.zeros(len(pixels), np.int32)
    if len(pixels):
        run_bands(_nearest, len(pixels), _work(centers), pixels, centers, labels)
    return image.paint(labels)


def _fit_line(levels: NDArray[np.float64], counts: NDArray[np.int64], n_clusters: int) -> KMeansResult:
    if not len(levels):
        return KMeansResult(np.empty((0, 1)), counts, 0.0, 0, True)
    starts = np.concatenate([[0], optimal_split(levels, counts, n_clusters)])
    sizes = np.add.reduceat(counts, starts)
    offset = levels[starts]  # sums of differences to a value nearby cancel nothing
    inside = levels - np.repeat(offset, np.diff(np.append(starts, len(levels))))
    centers = offset + np.add.reduceat(counts * inside, starts) / sizes
    errors = levels - np.repeat(centers, np.diff(np.append(starts, len(levels))))
    return KMeansResult(centers[:, np.newaxis], sizes, float(np.sum(counts * errors**2)), 0, True)


def _weighted_points(image: Image) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The points to cluster, (n, channels), and how many pixels each stands for."""
    pixels = image.pixels()
    bits = 8 * pixels.dtype.itemsize
    if pixels.dtype.kind == "f" or bits * image.n_channels > 64:
        return pixels, np.ones(len(pixels), np.int64)
    packed: NDArray[Any] = np.zeros(len(pixels), np.uint32 if bits * image.n_channels <= 32 else np.uint64)
    for channel in pixels.T:
        packed = packed << packed.dtype.type(bits) | channel
    distinct, counts = run_aside(partial(np.unique, return_counts=True), packed)
    shifts = bits * np.arange(image.n_channels)[::-1]
    points = (distinct[:, np.newaxis] >> shifts.astype(distinct.dtype)) & distinct.dtype.type(2**bits - 1)
    return points.astype(np.float64), counts.astype(np.int64)


def _fit_lloyd(
    points: NDArray[Any], counts: NDArray[np.int64], n_clusters: int, max_iter: int, rng: np.random.Generator
) -> KMeansResult:
    centers = _seed(points, counts, n_clusters, rng)
    labels = np.zeros(len(points), np.int32)
    converged, n_iter = not len(centers), 0
    while not converged and n_iter < max_iter:
        sums, weights, _, changed = _lloyd_step(points, counts, centers, labels)
        converged, n_iter = changed == 0, n_iter + 1
        centers = np.where(weights > 0, sums / np.maximum(weights, 1), centers)
        if not weights.all():
            centers = _start_again(points, centers, weights[:, 0] == 0)
            converged = False
    centers = centers[_dark_to_bright(centers)]
    _, weights, inertia, _ = _lloyd_step(points, counts, centers, labels)
    held = weights[:, 0] > 0
    return KMeansResult(centers[held], weights[held, 0].astype(np.int64), inertia, n_iter, converged)


def _lloyd_step(
    points: NDArray[Any], counts: NDArray[np.int64], centers: NDArray[np.float64], labels: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float, int]:
    """Assign all points; return the clusters' sums (k, channels), weights (k, 1), inertia and labels changed."""
    bands = run_bands(_assign_and_sum, len(points), _work(centers), points, counts, centers, labels)
    totals = sum((band for band in bands), np.zeros((len(centers) + 1, centers.shape[1] + 1)))
    return totals[:-1, :-1], totals[:-1, -1:], float(totals[-1, 0]), int(totals[-1, 1])


def _work(centers: NDArray[np.float64]) -> int:
    """Distances to all centers cost about as much as eight multiplications do elsewhere."""
    return max(1, centers.size // 8)


def _seed(
    points: NDArray[Any], counts: NDArray[np.int64], n_clusters: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """k-means++: each center is a point drawn by its squared distance to the nearest one so far."""
    weights = counts.astype(np.float64)
    distances = np.full(len(points), np.inf)
    chosen: list[NDArray[np.float64]] = []
    while len(chosen) < min(n_clusters, len(points)):
        mass = np.cumsum(weights)
        if mass[-1] == 0:  # every point is a center
            break
        drawn = min(np.searchsorted(mass, rng.random() * mass[-1], side="right"), len(points) - 1)
        chosen.append(points[drawn].astype(np.float64))
        run_bands(_closer, len(points), 1, points, chosen[-1], distances)
        weights = counts * distances
    return np.array(chosen).reshape(-1, points.shape[1])


def _start_again(
    points: NDArray[Any], centers: NDArray[np.float64], empty: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Move each emptied center to the point that is then farthest from all centers."""
    distances = np.full(len(points), np.inf)
    for center in centers[~empty]:
        run_bands(_closer, len(points), 1, points, center, distances)
    moved = centers.copy()
    for cluster in np.flatnonzero(empty):
        moved[cluster] = points[np.argmax(distances)]
        run_bands(_closer, len(points), 1, points, moved[cluster], distances)
    return moved


def _dark_to_bright(centers: NDArray[np.float64]) -> NDArray[np.intp]:
    weights = LUMINANCE if centers.shape[1] == 3 else np.full(centers.shape[1], 1.0)
    return np.lexsort((*centers.T[::-1], centers @ weights))


def _nearest_numpy(
    points: NDArray[Any], centers: NDArray[np.float64], labels: NDArray[np.int32], start: int, stop: int
) -> None:
    labels[start:stop] = 1 + _distances(points[start:stop], centers).argmin(axis=1)


@kernel(numpy=_nearest_numpy)
def _nearest(
    points: NDArray[Any], centers: NDArray[np.float64], labels: NDArray[np.int32], start: int, stop: int
) -> None:
    for i in range(start, stop):
        labels[i] = 1 + _closest(points[i], centers)[0]


def _assign_and_sum_numpy(
    points: NDArray[Any],
    counts: NDArray[np.int64],
    centers: NDArray[np.float64],
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> NDArray[np.float64]:
    """Totals of one band: a row a cluster, of sums and weight; in the last row inertia and labels changed."""
    band, weights = points[start:stop].astype(np.float64), counts[start:stop]
    distances = _distances(band, centers)
    nearest = distances.argmin(axis=1)
    totals = np.zeros((len(centers) + 1, centers.shape[1] + 1))
    for c, channel in enumerate(band.T):
        totals[:-1, c] = np.bincount(nearest, weights * channel, minlength=len(centers))
    totals[:-1, -1] = np.bincount(nearest, weights, minlength=len(centers))
    totals[-1, 0] = np.sum(weights * distances.min(axis=1))
    totals[-1, 1] = np.count_nonzero(labels[start:stop] != 1 + nearest)
    labels[start:stop] = 1 + nearest
    return totals


@kernel(numpy=_assign_and_sum_numpy)
def _assign_and_sum(
    points: NDArray[Any],
    counts: NDArray[np.int64],
    centers: NDArray[np.float64],
    labels: NDArray[np.int32],
    start: int,
    stop: int,
) -> NDArray[np.float64]:
    n_clusters, n_channels = centers.shape
    totals = np.zeros((n_clusters + 1, n_channels + 1))
    for i in range(start, stop):
        nearest, distance = _closest(points[i], centers)
        weight = float(counts[i])
        for c in range(n_channels):
            totals[nearest, c] += weight * float(points[i, c])
        totals[nearest, n_channels] += weight
        totals[n_clusters, 0] += weight * distance
        totals[n_clusters, 1] += labels[i] != 1 + nearest
        labels[i] = 1 + nearest
    return totals


@kernel()
def _closest(point: NDArray[Any], centers: NDArray[np.float64]) -> tuple[int, float]:
    nearest, least = 0, np.inf
    for k in range(len(centers)):
        distance = 0.0
        for c in range(len(point)):
            difference = float(point[c]) - centers[k, c]
            distance += difference * difference
        if distance < least:
            nearest, least = k, distance
    return nearest, least


def _closer_numpy(
    points: NDArray[Any], center: NDArray[np.float64], distances: NDArray[np.float64], start: int, stop: int
) -> None:
    found = _distances(points[start:stop], center[np.newaxis])[:, 0]
    distances[start:stop] = np.minimum(distances[start:stop], found)


@kernel(numpy=_closer_numpy)
def _closer(
    points: NDArray[Any], center: NDArray[np.float64], distances: NDArray[np.float64], start: int, stop: int
) -> None:
    for i in range(start, stop):
        distance = 0.0
        for c in range(len(center)):
            difference = float(points[i, c]) - center[c]
            distance += difference * difference
        distances[i] = min(distances[i], distance)


def _distances(points: NDArray[Any], centers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared distances (points, centers), channel by channel as the loops add them."""
    total = np.zeros((len(points), len(centers)))
    for point, center in zip(points.T, centers.T, strict=True):
        total += (point.astype(np.float64)[:, np.newaxis] - center) ** 2
    return total
