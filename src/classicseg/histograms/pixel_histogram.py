"""Histograms that a caller keeps, merges and clusters: the distinct values of pixels with their counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import as_array
from classicseg._core.bands import run_interruptible
from classicseg._core.image import as_image
from classicseg._core.numbers import as_instances
from classicseg.histograms.distinct_colors import are_packable, distinct_colors, pack, unpack
from classicseg.histograms.values import value_histogram
from classicseg.types import ChannelAxis, Mask, PixelHistogram

_WORTH_A_TABLE = 2**20
"""From so many colors of 24 bits on, a table of 128 MB adds them up, 10 times as fast as sorting."""


def pixel_histogram(image: ArrayLike, *, channel_axis: ChannelAxis = "auto", mask: Mask = None) -> PixelHistogram:
    """Count the distinct values, or colors, of an image.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    PixelHistogram
        A named tuple of arrays: ``values``, shape (n, C), has each value or color once, and ``counts``, shape
        (n,), says how many pixels have it.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, or `mask` is not bool.
    ValueError
        If `image` is empty or its channel axis is unclear, or `mask` does not fit its shape.

    See Also
    --------
    merge_histograms : Adds up the histograms of several images.
    kmeans_fit : Takes a histogram in the place of an image.
    otsu_threshold : Takes a histogram, as all functions of a threshold do.

    Notes
    -----
    The cost is linear in the number of pixels n for uint8 and uint16 of one channel and for uint8 of three, and
    O(n log n) elsewhere.

    Examples
    --------
    >>> from classicseg import pixel_histogram
    >>> pixel_histogram([[5, 9, 5]])
    PixelHistogram(values=array([[5.],
           [9.]]), counts=array([2, 1]))
    """
    pixels = as_image(image, channel_axis=channel_axis, mask=mask).pixels()
    if pixels.shape[1] == 1:
        levels, counts = value_histogram(pixels[:, 0])
        return PixelHistogram(levels[:, np.newaxis].astype(pixels.dtype), counts)
    if are_packable(pixels):
        colors, weights = distinct_colors(pixels)
        return PixelHistogram(colors, weights.astype(np.int64))
    return _distinct(pixels, np.ones(len(pixels), np.int64))


def merge_histograms(histograms: Iterable[PixelHistogram]) -> PixelHistogram:
    """Add up the histograms of several images, or those of the tiles of one.

    Parameters
    ----------
    histograms : iterable of PixelHistogram
        The histograms, at least one, all with equally many channels.

    Returns
    -------
    PixelHistogram
        The histogram of all pixels together, whatever the order of the histograms.

    Raises
    ------
    TypeError
        If `histograms` holds something else than histograms.
    ValueError
        If there is no histogram, their numbers of channels differ, or the arrays of one do not fit together.

    See Also
    --------
    pixel_histogram : The histogram of one image.
    kmeans_fit : Centers of clusters, from a histogram.

    Notes
    -----
    The cost is O(n log n) for n rows in all.

    Examples
    --------
    >>> from classicseg import merge_histograms, pixel_histogram
    >>> merge_histograms([pixel_histogram([[5, 9, 5]]), pixel_histogram([[9, 7]])]).counts
    array([2, 1, 2])
    """
    given = as_instances("histograms", histograms, PixelHistogram, "pixel_histogram")
    parts = [as_histogram("histograms", histogram) for histogram in given]
    channels = sorted({part.values.shape[1] for part in parts})
    if len(channels) > 1:
        raise ValueError(
            f"histograms have {channels} channels; expected as many in each; merge histograms of grey "
            "and of color images apart"
        )
    return _distinct(np.concatenate([p.values for p in parts]), np.concatenate([p.counts for p in parts]))


def as_histogram(name: str, value: PixelHistogram) -> PixelHistogram:
    """Parse a histogram that a caller may have made."""
    values, hidden = as_array(name, value.values, "biuf", "a histogram of real values, (n, channels)")
    counts, unknown = as_array(name, value.counts, "iu", "a histogram of whole counts, (n,)")
    if values.ndim != 2 or counts.shape != values.shape[:1] or hidden is not None or unknown is not None:
        raise ValueError(
            f"{name} has values of shape {values.shape} and counts of shape {counts.shape}; expected "
            "(n, channels) and (n,), and nothing masked; leave out what is masked, or use pixel_histogram(image)"
        )
    if (counts < 1).any() or not np.isfinite(values).all():
        raise ValueError(
            f"{name} has a count below 1, or a value that is not finite; expected counts >= 1 of finite values; "
            "leave such rows out"
        )
    if not len(values):
        return PixelHistogram(values, counts.astype(np.int64))
    return PixelHistogram(as_image(values, channel_axis=1).values, counts.astype(np.int64))


def as_joint_histogram(image: Any, channel_axis: ChannelAxis) -> PixelHistogram | None:
    """The histogram of several images, or the one that was given; None for a single image."""
    if isinstance(image, PixelHistogram):
        return as_histogram("image", image)
    arrays = isinstance(image, list | tuple) and all(isinstance(i, np.ndarray) and i.ndim > 1 for i in image)
    if isinstance(image, Iterator) or (arrays and image):
        return merge_histograms(pixel_histogram(each, channel_axis=channel_axis) for each in image)
    return None


def refuse_per_pixel_options(**options: object) -> None:
    """Refuse options that need single pixels, where there is a histogram or several images."""
    for name, given in options.items():
        if given is not None:
            mend = _MENDS.get(name, "leave it out, or pass one image")
            raise ValueError(
                f"{name} is given with a histogram or several images; expected it with one image alone; {mend}"
            )


_MENDS = {
    "mask": "mask each image first (np.ma.array, or pixel_histogram(image, mask=…))",
    "weights": "multiply the counts of a histogram by whole weights, or pass one image",
}
"""What to do with an option that needs single pixels; others are to be left out."""


def _distinct(values: NDArray[Any], counts: NDArray[np.int64]) -> PixelHistogram:
    """Add up the counts of equal rows."""
    packed = are_packable(values)
    if packed and values.shape[1] * values.dtype.itemsize <= 3 and len(values) >= _WORTH_A_TABLE:
        totals = np.bincount(pack(values).astype(np.intp), counts)  # whole numbers in floats: exact up to 2**53
        keys = np.flatnonzero(totals)
        return PixelHistogram(unpack(keys.astype(np.uint64), values), totals[keys].astype(np.int64))
    rows = pack(values) if packed else values[:, 0] if values.shape[1] == 1 else values
    axis = 0 if rows.ndim == 2 else None
    found, inverse = run_interruptible(partial(np.unique, return_inverse=True, axis=axis), rows)
    totals = np.zeros(len(found), np.int64)
    np.add.at(totals, inverse.reshape(-1), counts)
    return PixelHistogram(unpack(found, values) if packed else found.reshape(-1, values.shape[1]), totals)
