"""Thresholds and k-means in tiles: from the sum of the tiles' histograms, and one more pass for the labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dask.array as da
import numpy as np
from numpy.typing import NDArray

import classicseg
from classicseg import KMeansResult, PixelHistogram, merge_histograms
from classicseg._core.image import ValueRange, check_scalar, luminance, working_dtype
from classicseg._core.numbers import as_count
from classicseg.clustering.features import as_feature_space, paint_nearest
from classicseg.clustering.lloyd import as_centers
from classicseg.extras.dask.chunks import Chunked, as_chunked, global_range, merged
from classicseg.extras.dask.mirror import refuse, tiled_version_of
from classicseg.extras.dask.parts import as_part
from classicseg.histograms.distinct_colors import are_packable
from classicseg.segmentation.threshold import as_thresholds
from classicseg.thresholds.classify import classify
from classicseg.thresholds.names import METHODS, as_threshold_name, named_thresholds

MOST_VALUES = 2**24
"""So many distinct values or colors are counted one by one: all that three channels of 8 bits can have."""

_MOST_KNOWN = 2**20
"""So many colors are made known to all tiles, 3 MB; where there are more, tiles look for their own."""

_COUNTED = f"""\
The histograms of the tiles add up to that of the image, and the result is that of the whole. It is computed when
the function is called, in one pass. More than {MOST_VALUES} distinct values are refused; `pixel_histogram` of this
module counts them in steps, with a known error.
"""
_LABELED = f"{_COUNTED}The labels are lazy: a second pass.\n"
_WHY_REFUSED = "no tile knows where its pixels lie in the order of all; leave it out, or take the array as a whole"


def pixel_histogram(
    image: Any, *, channel_axis: Any = "auto", mask: Any = None, n_levels: int | None = None
) -> PixelHistogram:
    """Count the distinct values, or colors, of an image in chunks.

    Parameters
    ----------
    image : dask array, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : dask array of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    n_levels : int, optional
        Round values down to so many equal steps of their range, at least 2, each less than the range / `n_levels`
        off; for floats, of which there may be as many as pixels. A value far from all others widens the steps:
        mask it. By default every value counts.

    Returns
    -------
    PixelHistogram
        The histogram of the whole image. `otsu_threshold` and its like, `kmeans_fit` and `choose_n_clusters` take
        it in the place of an image.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, or `n_levels` is not a whole number.
    ValueError
        If `image` is empty or its channel axis is unclear, `mask` does not fit its shape, `n_levels` is less than
        2, or there are more than 2**24 distinct values.

    See Also
    --------
    merge_histograms : Adds up the histograms of several images.
    kmeans_fit : Takes a histogram in the place of an image.

    Notes
    -----
    The image is read once, or twice where the extremes of floats must be known first. A few histograms at a time
    are held.

    Examples
    --------
    >>> import dask.array as da
    >>> from classicseg.extras.dask import pixel_histogram
    >>> pixel_histogram(da.from_array([[5, 9, 5]], chunks=1)).counts
    array([2, 1])
    """
    steps = None if n_levels is None else as_count("n_levels", n_levels, least=2)
    return _histogram(as_chunked(image, channel_axis=channel_axis, mask=mask), n_levels=steps)


def tiled_thresholds() -> dict[str, Callable[..., Any]]:
    """The function in tiles of each global threshold of the table, by its public name."""
    return {method.function.__name__: _threshold_in_tiles(method.function) for method in METHODS.values()}


def _threshold_in_tiles(function: Callable[..., Any]) -> Callable[..., Any]:
    """A threshold in tiles is that of the histogram of all tiles."""

    def work(parsed: Chunked, **options: Any) -> Any:
        return function(_scalar_histogram(parsed), **options)

    work.__module__ = __package__ or ""  # which has the function by its name
    return tiled_version_of(function, _COUNTED)(work)


@tiled_version_of(classicseg.threshold_segment, _LABELED)
def threshold_segment(parsed: Chunked, *, thresholds: Any, n_classes: Any) -> da.Array:
    count = None if n_classes is None else as_count("n_classes", n_classes)
    if isinstance(thresholds, str):
        name = as_threshold_name("thresholds", thresholds, count)
        found = named_thresholds(_scalar_histogram(parsed), name, count)
    else:
        found = as_thresholds(thresholds, count)
        check_scalar(parsed.n_channels)
    return parsed.each(_classify, span=global_range(parsed), thresholds=found, dtype=np.int32)


@tiled_version_of(classicseg.kmeans_fit, _COUNTED)
def kmeans_fit(
    parsed: Chunked, *, weights: Any, spatial_weight: Any, spacing: Any, **options: Any
) -> KMeansResult:
    _refuse_per_pixel_options(weights=weights, spatial_weight=spatial_weight, spacing=spacing)
    return classicseg.kmeans_fit(_clusterable(parsed), **options)


@tiled_version_of(classicseg.kmeans_segment, _LABELED)
def kmeans_segment(
    parsed: Chunked, *, color_space: Any, weights: Any, spatial_weight: Any, spacing: Any, **options: Any
) -> da.Array:
    _refuse_per_pixel_options(weights=weights, spatial_weight=spatial_weight, spacing=spacing)
    counted = _clusterable(parsed)
    found = classicseg.kmeans_fit(counted, color_space=color_space, **options)
    known = counted.values if len(counted.values) <= _MOST_KNOWN else None
    return _assign(parsed, found.centers, color_space, known)


@tiled_version_of(classicseg.kmeans_assign, "The labels are lazy: one pass.\n")
def kmeans_assign(
    parsed: Chunked, *, centers: Any, color_space: Any, spatial_weight: Any, spacing: Any
) -> da.Array:
    _refuse_per_pixel_options(spatial_weight=spatial_weight, spacing=spacing)
    numbers = as_centers("centers", centers)
    if numbers.shape[1] != parsed.n_channels:
        raise ValueError(
            f"centers have shape {numbers.shape}; expected (n, {parsed.n_channels}), one row a center"
        )
    return _assign(parsed, numbers, color_space)


@tiled_version_of(classicseg.choose_n_clusters, _COUNTED)
def choose_n_clusters(parsed: Chunked, **options: Any) -> int:
    return classicseg.choose_n_clusters(_clusterable(parsed), **options)


def histogram_of(tiles: da.Array) -> PixelHistogram:
    """Add up the histograms of all tiles."""
    return merged(tiles, _merge)


def _histogram(parsed: Chunked, n_levels: int | None = None) -> PixelHistogram:
    """The histogram of all tiles, of every channel."""
    span = global_range(parsed, extremes=n_levels is not None)
    return histogram_of(parsed.each(_count, span=span, n_levels=n_levels))


def _scalar_histogram(parsed: Chunked) -> PixelHistogram:
    """The histogram of the luminance of all tiles, or of their one channel."""
    check_scalar(parsed.n_channels)
    return histogram_of(parsed.each(_count_luminance, span=global_range(parsed)))


def _clusterable(parsed: Chunked) -> PixelHistogram:
    """The histogram that k-means clusters as it would the pixels; other images are refused."""
    dtype = working_dtype(ValueRange(parsed.dtype, 0, 0, 0))
    if parsed.n_channels > 1 and not are_packable(np.empty((0, parsed.n_channels), dtype)):
        raise ValueError(
            f"image has {parsed.n_channels} channels of {parsed.dtype}: where their clusters start depends on the "
            "order of all pixels; expected channels of 8 or 16 bits, of 64 bits together at the most; scale them, "
            "e.g. (image * 255).round().astype('uint8'), or fit a part of the image and use kmeans_assign"
        )
    return _histogram(parsed)


def _assign(
    parsed: Chunked, centers: NDArray[np.float64], color_space: Any, colors: NDArray[Any] | None = None
) -> da.Array:
    as_feature_space(color_space)
    span = global_range(parsed)
    return parsed.each(_nearest, span=span, centers=centers, color_space=color_space, table=colors, dtype=np.int32)


def _refuse_per_pixel_options(**given: Any) -> None:
    allowed = {"weights": None, "spatial_weight": 0.0, "spacing": None}
    refuse("k-means", given, allowed, _WHY_REFUSED)


def _count(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, *, span: ValueRange, n_levels: int | None
) -> PixelHistogram:
    part = as_part(values, span, mask=mask)
    if n_levels is None:
        return classicseg.pixel_histogram(part.values, channel_axis=-1, mask=part.mask)
    low, quantum = float(span.low), (float(span.high) - float(span.low)) / n_levels
    levels = np.floor((part.values - low) / quantum) if quantum > 0 else np.zeros_like(part.values)
    rounded = low + quantum * np.minimum(levels, n_levels - 1)
    return classicseg.pixel_histogram(rounded, channel_axis=-1, mask=part.mask)


def _count_luminance(values: NDArray[Any], mask: NDArray[np.bool_] | None, *, span: ValueRange) -> PixelHistogram:
    part = luminance(as_part(values, span, mask=mask))
    return classicseg.pixel_histogram(part.values, channel_axis=-1, mask=part.mask)


def _merge(histograms: list[PixelHistogram]) -> PixelHistogram:
    """Add up histograms, and refuse more distinct values than can be counted."""
    found = merge_histograms(histograms)
    if len(found.counts) > MOST_VALUES:
        raise ValueError(
            f"image has more than {MOST_VALUES} distinct values, too many to count one by one; count them in "
            "steps: classicseg.extras.dask.pixel_histogram(image, n_levels=65536), whose result otsu_threshold "
            "and its like, kmeans_fit and choose_n_clusters take in the place of an image; or pass thresholds in "
            "numbers"
        )
    return found


def _classify(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, *, span: ValueRange, thresholds: NDArray[np.float64]
) -> NDArray[np.int32]:
    return classify(luminance(as_part(values, span, mask=mask)), thresholds)


def _nearest(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    *,
    span: ValueRange,
    centers: NDArray[np.float64],
    color_space: Any,
    table: NDArray[Any] | None = None,
) -> NDArray[np.int32]:
    return paint_nearest(as_part(values, span, mask=mask), centers, as_feature_space(color_space), table)
