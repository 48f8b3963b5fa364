"""Region growing: from a seed to every connected pixel whose value is near the seed's.

With seeds, all regions grow at once, a ring of neighbors at a time. Without, each region starts at the flattest
pixel that is left (least gradient, then least value), grows to its end, and the next one starts; pixels that tie
for a start lead to the same regions in either order, so no corner of the image is favored.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_aside, run_bands
from classicseg._core.graph import interior, merge_small_regions, neighbor_offsets, pad, waiting_grid
from classicseg._core.image import Image, as_image
from classicseg._core.kernel import kernel
from classicseg._core.labels import compact_labels, number_by_first_pixel
from classicseg._core.numbers import as_count, as_number
from classicseg._core.seeds import as_markers
from classicseg.filters.gradients import field_magnitude, gradient_field
from classicseg.types import ChannelAxis, Labels, Mask, Seeds


def region_growing_segment(
    image: ArrayLike,
    *,
    seeds: Seeds = None,
    tolerance: float | None = None,
    connectivity: int = 1,
    min_area: int | None = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
) -> Labels:
    """Grow regions of similar value from seeds, or over the whole image.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey or color image or a volume, any number of channels.
    seeds : array_like of int, optional
        Points (n, ndim), or one point (ndim,), in index order: the i-th point names region i. Or a marker image
        of the spatial shape: its positive numbers name the regions, and a region's seed value is the mean over
        its marker. Without seeds the whole image falls into regions.
    tolerance : float, optional
        The greatest distance to the seed's value, in value units (Euclidean over the channels), at least 0.
        Where it is not given: three quarters of the standard deviation of the image's values (for channels, of
        the root of the sum of their variances).
    connectivity : int
        How many coordinates of two neighbors may differ, 1 to the number of dimensions.
    min_area : int, optional
        Without seeds, a region of fewer pixels joins its neighbor nearest in mean value; 1 keeps all. Where it
        is not given: a thousandth of the pixels that take part. With seeds nothing is joined, and it must not
        be given.
    channel_axis : int, None or "auto"
        The axis of the channels; None: every axis is spatial; "auto": a last axis of length 1 to 4 of three or
        more.
    mask : array_like of bool, optional
        Spatial shape, True where a pixel takes part.

    Returns
    -------
    ndarray of int32
        With seeds, their numbers, and 0 where none reaches. Without, connected regions 1 … n by their first
        pixel in raster order. 0 where a pixel takes no part.

    Raises
    ------
    TypeError, ValueError
        If the image, the mask, the seeds or a number is not what is described; if a seed lies outside the image
        or on a pixel that takes no part.

    Notes
    -----
    With seeds a pixel that several regions reach in the same ring goes to the seed nearest in value, then to the
    lower number: O(n) for n pixels. Without, O(n log n).

    References
    ----------
    .. [1] Zucker S. W. Region growing: childhood and adolescence. Computer Graphics and Image Processing 5,
       1976.

    Examples
    --------
    >>> from classicseg import region_growing_segment
    >>> image = [[1, 1, 7, 8], [1, 2, 7, 7]]
    >>> region_growing_segment(image, seeds=[(0, 0)], tolerance=1)
    array([[1, 1, 0, 0],
           [1, 1, 0, 0]], dtype=int32)
    >>> region_growing_segment(image, tolerance=1)
    array([[1, 1, 2, 2],
           [1, 1, 2, 2]], dtype=int32)
    """
    given = None if tolerance is None else as_number("tolerance", tolerance, least=0.0)
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    ndim = len(parsed.shape)
    connectivity = as_count("connectivity", connectivity, most=ndim)
    markers = as_markers(seeds, parsed)
    if markers is not None and min_area is not None:
        raise ValueError("min_area is given with seeds; regions that seeds name are never joined; leave it out")
    least = None if min_area is None else as_count("min_area", min_area)
    reach = _default_tolerance(parsed) if given is None else given
    if markers is not None:
        return _grow_seeds(parsed, markers, reach, connectivity)
    labels = _grow_everywhere(parsed, reach, connectivity)
    return number_by_first_pixel(merge_small_regions(labels, parsed.values, least, connectivity))


def _default_tolerance(image: Image) -> float:
    pixels = image.pixels()
    deviation = math.sqrt(sum(channel.var(dtype=np.float64) for channel in pixels.T)) if len(pixels) else 0.0
    digits, exponent = math.frexp(0.75 * deviation)  # without the last bits, which the order of the pixels decides
    return math.ldexp(round(digits * 2**24), exponent - 24)


def _grow_seeds(image: Image, markers: NDArray[np.int32], tolerance: float, connectivity: int) -> Labels:
    names, compact = compact_labels(markers)
    counts = np.bincount(compact.ravel(), minlength=len(names) + 1)
    flat = image.values.reshape(-1, image.n_channels)
    sums = [np.bincount(compact.ravel(), channel, minlength=len(names) + 1) for channel in flat.T]
    means = np.stack(sums, axis=1) / np.maximum(counts, 1)[:, np.newaxis]
    labels = waiting_grid(image)
    seeded = pad(compact.astype(np.int32), compact.ndim).ravel()
    labels[seeded > 0] = seeded[seeded > 0]
    ring = np.flatnonzero(seeded)
    offsets = neighbor_offsets(image.shape, connectivity)
    values = pad(image.values, len(image.shape)).reshape(-1, image.n_channels)
    while len(ring):
        ring = _grow_ring(values, labels, means, ring, offsets, tolerance**2)
    grown = np.maximum(interior(labels, image.shape), 0)
    return np.concatenate([[0], names]).astype(np.int32)[grown]


def _grow_everywhere(image: Image, tolerance: float, connectivity: int) -> NDArray[np.int32]:
    ndim = len(image.shape)
    labels = waiting_grid(image)
    magnitude = field_magnitude(gradient_field(image, (1.0,) * ndim))
    inside = np.flatnonzero(labels == 0)
    order = inside[run_aside(np.lexsort, (*image.pixels().T, magnitude[image.inside()]))]
    values = pad(image.values, ndim).reshape(-1, image.n_channels)
    offsets = neighbor_offsets(image.shape, connectivity)
    queue, last = np.empty(len(order), np.int64), np.zeros(1, np.int64)
    run_bands(_grow_from, len(order), 1, values, labels, offsets, tolerance**2, queue, last, order, whole=True)
    return np.maximum(interior(labels, image.shape), 0)


@kernel()
def _grow_ring(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    means: NDArray[np.float64],
    ring: NDArray[np.int64],
    offsets: NDArray[np.int64],
    limit: float,
) -> NDArray[np.int64]:
    """Give the neighbors of a ring their labels; return them, the next ring."""
    waiting = -2  # on its way into the next ring: no neighbor of it may ask for its label yet
    reached = np.empty(len(ring) * len(offsets), np.int64)
    chosen = np.empty(len(ring) * len(offsets), np.int32)
    n_reached = 0
    for node in ring:
        for offset in offsets:
            if labels[node + offset] != 0:
                continue
            best, least = 0, limit
            for back in offsets:
                label = labels[node + offset + back]
                if label > 0:
                    distance = _squared_distance(values[node + offset], means[label])
                    if distance < least or (distance == least and (best == 0 or label < best)):
                        best, least = label, distance
            if best > 0:
                labels[node + offset] = waiting
                reached[n_reached], chosen[n_reached] = node + offset, best
                n_reached += 1
    for i in range(n_reached):
        labels[reached[i]] = chosen[i]
    return reached[:n_reached].copy()


@kernel()
def _grow_from(
    values: NDArray[Any],
    labels: NDArray[np.int32],
    offsets: NDArray[np.int64],
    limit: float,
    queue: NDArray[np.int64],
    last: NDArray[np.int64],
    order: NDArray[np.int64],
    start: int,
    stop: int,
) -> None:
    """Grow one region after the other from the pixels order[start:stop] that have no label yet."""
    for seed in order[start:stop]:
        if labels[seed] != 0:
            continue
        last[0] += 1
        labels[seed] = last[0]
        queue[0], head, tail = seed, 0, 1
        while head < tail:
            node = queue[head]
            head += 1
            for offset in offsets:
                if labels[node + offset] == 0 and _squared_distance(values[node + offset], values[seed]) <= limit:
                    labels[node + offset] = last[0]
                    queue[tail] = node + offset
                    tail += 1


@kernel()
def _squared_distance(one: NDArray[Any], other: NDArray[Any]) -> float:
    total = 0.0
    for c in range(len(one)):
        difference = float(one[c]) - float(other[c])
        total += difference * difference
    return total
