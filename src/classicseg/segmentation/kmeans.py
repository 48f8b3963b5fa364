"""k-means clustering of pixels: least sum of squared distances to the centers of k clusters.

Two roads to that sum. Values on a line (one channel) have their global optimum computed, by dynamic programming
over the distinct values. Colors go by Lloyd's iteration: every point joins its nearest center, every center moves
to the mean of its points, and the sum never rises; k-means++ chooses where to start. Where only values count, the
points of an 8- or 16-bit image are its distinct colors with their counts: the same iteration as over all pixels,
with less work.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, cast

import numpy as np
from numpy.typing import ArrayLike

from classicseg._core.image import as_image
from classicseg.clustering.features import (
    ColorSpace,
    as_feature_space,
    as_weights,
    histogram_features,
    image_features,
    paint_features,
    paint_nearest,
)
from classicseg.clustering.lloyd import as_centers, as_kmeans_options, fit
from classicseg.histograms.pixel_histogram import as_joint_histogram, refuse_per_pixel_options
from classicseg.types import ChannelAxis, KMeansResult, Labels, Mask, PixelHistogram, Random, Spacing, Weights


def kmeans_segment(
    image: ArrayLike,
    *,
    n_clusters: int | None = None,
    init: Literal["k-means++"] | ArrayLike = "k-means++",
    n_init: int = 1,
    max_iter: int = 300,
    tol: float = 0.0,
    rng: Random = 0,
    color_space: ColorSpace = "given",
    spatial_weight: float = 0.0,
    weights: Weights = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Labels:
    """Cluster the pixels by value.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey or color image or a volume, any number of channels.
    n_clusters : int, optional
        At least 1; 4 where neither it nor starting centers are given. Where fewer distinct values take part, as
        many classes as there are values come back.
    init : "k-means++" or array_like, (n_clusters, channels)
        How to start, or where. One channel needs no start: only the number of centers counts there.
    n_init : int
        How many times to start; the result of least inertia counts.
    max_iter : int
        At least 1; Lloyd's iterations at the most. One channel takes none.
    tol : float
        The iteration ends when no center moves farther than this, in the image's units.
    rng : int, numpy.random.Generator or None
        Draws the starting centers; None draws anew at every call.
    color_space : "given" or "lab"
        Compare colors as they are given, or as CIE Lab of red, green and blue (see `rgb_to_lab`).
    spatial_weight : float
        How far apart two pixels at a distance of 1 are, in units of color. 0: place does not count.
    weights : array_like, optional
        Spatial shape, at least 0: how much a pixel counts. One of weight 0 is labelled and moves no center.
    channel_axis : int, None or "auto"
        The axis of the channels; None: every axis is spatial; "auto": a last axis of length 1 to 4 of three or
        more.
    mask : array_like of bool, optional
        Spatial shape, True where a pixel takes part.
    spacing : float or sequence of float, optional
        The distance between neighbors, one number or one an axis; counts with a `spatial_weight`.

    Returns
    -------
    ndarray of int32
        Classes 1 … n, dark to bright (by luminance where there are three channels, by L* in Lab, by their mean
        elsewhere), of the spatial shape; 0 where a pixel takes no part.

    Raises
    ------
    TypeError, ValueError
        If the image, the mask or another option is not what is described.

    Notes
    -----
    `kmeans_fit`, then `kmeans_assign`. Costs are stated there.

    Examples
    --------
    >>> from classicseg import kmeans_segment
    >>> kmeans_segment([[1, 2, 8, 9, 30, 31]], n_clusters=3)
    array([[1, 1, 2, 2, 3, 3]], dtype=int32)
    """
    search = as_kmeans_options(n_clusters, init, n_init, max_iter, tol, rng)
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    space = as_feature_space(color_space, spatial_weight, spacing, len(parsed.shape))
    features = image_features(parsed, as_weights(weights, parsed), space)
    found = fit(features.vectors, features.weights, features.brightness, search)
    return paint_features(parsed, found.centers, space, features)


def kmeans_fit(
    image: ArrayLike | PixelHistogram | Iterable[ArrayLike],
    *,
    n_clusters: int | None = None,
    init: Literal["k-means++"] | ArrayLike = "k-means++",
    n_init: int = 1,
    max_iter: int = 300,
    tol: float = 0.0,
    rng: Random = 0,
    color_space: ColorSpace = "given",
    spatial_weight: float = 0.0,
    weights: Weights = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> KMeansResult:
    """Find the centers of k clusters of pixels.

    Parameters
    ----------
    image : array_like, any real dtype, PixelHistogram, or iterable of array_like
        A grey or color image or a volume, any number of channels; a histogram; or several images, taken together:
        an iterator, or a list or tuple of arrays of two axes or more.
    n_clusters : int, optional
        At least 1; 4 where neither it nor starting centers are given. Where fewer distinct values take part, as
        many centers as there are values come back.
    init : "k-means++" or array_like, (n_clusters, channels)
        How to start, or where. One channel needs no start: only the number of centers counts there.
    n_init : int
        How many times to start; the result of least inertia counts.
    max_iter : int
        At least 1; Lloyd's iterations at the most. One channel takes none.
    tol : float
        The iteration ends when no center moves farther than this, in the image's units.
    rng : int, numpy.random.Generator or None
        Draws the starting centers; None draws anew at every call.
    color_space : "given" or "lab"
        Compare colors as they are given, or as CIE Lab of red, green and blue (see `rgb_to_lab`); the centers
        are in that space.
    spatial_weight : float
        How far apart two pixels at a distance of 1 are, in units of color. 0: place does not count.
    weights : array_like, optional
        Spatial shape, at least 0: how much a pixel counts.
    channel_axis : int, None or "auto"
        The axis of the channels; None: every axis is spatial; "auto": a last axis of length 1 to 4 of three or
        more.
    mask : array_like of bool, optional
        Spatial shape, True where a pixel takes part.
    spacing : float or sequence of float, optional
        The distance between neighbors, one number or one an axis; counts with a `spatial_weight`.

    Returns
    -------
    KMeansResult
        ``centers`` (n_clusters, channels) dark to bright, ``counts``, ``inertia``, ``n_iter``, ``converged``.
        With a `spatial_weight` the centers have a further column for each axis: the coordinate (index times
        spacing) times that weight. ``counts`` are sums of `weights` where there are any.

    Raises
    ------
    TypeError, ValueError
        If the image, the mask or another option is not what is described, or options that need the place of a
        pixel come with a histogram or several images.

    Notes
    -----
    One channel: the global optimum [3]_, O(n_clusters · L · log L) for L distinct values after the histogram.
    Several: a local optimum, O(n_iter · n_clusters · P · channels) for P points at the most, which are the
    distinct colors of uint8 and uint16 images and the pixels of others; boxes around 64 points each save most of
    that [4]_. The inertia never rises from one iteration to the next. An emptied cluster is started again at the
    point farthest from all centers. Turning or flipping an integer image changes nothing; with floats of several
    channels, weights or a spatial weight, the draws of k-means++ depend on the order of the pixels.

    References
    ----------
    .. [1] Lloyd S. P. Least squares quantization in PCM. IEEE Transactions on Information Theory 28(2), 1982.
    .. [2] Arthur D., Vassilvitskii S. k-means++: the advantages of careful seeding. SODA, 2007.
    .. [3] Wang H., Song M. Ckmeans.1d.dp: optimal k-means clustering in one dimension by dynamic programming.
       The R Journal 3(2), 2011.
    .. [4] Kanungo T. et al. An efficient k-means clustering algorithm: analysis and implementation. IEEE
       Transactions on Pattern Analysis and Machine Intelligence 24(7), 2002.

    Examples
    --------
    >>> from classicseg import kmeans_fit
    >>> kmeans_fit([[1, 2, 8, 9]], n_clusters=2).centers
    array([[1.5],
           [8.5]])
    """
    search = as_kmeans_options(n_clusters, init, n_init, max_iter, tol, rng)
    pooled = as_joint_histogram(image, channel_axis)
    if pooled is None:
        parsed = as_image(cast("ArrayLike", image), channel_axis=channel_axis, mask=mask)
        space = as_feature_space(color_space, spatial_weight, spacing, len(parsed.shape))
        features = image_features(parsed, as_weights(weights, parsed), space)
    else:
        refuse_per_pixel_options(mask=mask, weights=weights, spatial_weight=spatial_weight or None)
        features = histogram_features(pooled, as_feature_space(color_space))
    found = fit(features.vectors, features.weights, features.brightness, search)
    return found if weights is not None else found._replace(counts=found.counts.astype(np.int64))


def kmeans_assign(
    image: ArrayLike,
    centers: ArrayLike,
    *,
    color_space: ColorSpace = "given",
    spatial_weight: float = 0.0,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Labels:
    """Give each pixel the number of its nearest center.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey or color image or a volume.
    centers : array_like, (n, channels)
        As `kmeans_fit` returns them, of this image or another one, with the same options; for a grey image also
        (n,).
    color_space : "given" or "lab"
        The space that the centers are in.
    spatial_weight : float
        The one that the centers were found with.
    channel_axis : int, None or "auto"
        The axis of the channels; None: every axis is spatial; "auto": a last axis of length 1 to 4 of three or
        more.
    mask : array_like of bool, optional
        Spatial shape, True where a pixel takes part.
    spacing : float or sequence of float, optional
        The distance between neighbors, one number or one an axis; counts with a `spatial_weight`.

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
    O(n · channels) a pixel at the most.

    Examples
    --------
    >>> from classicseg import kmeans_assign
    >>> kmeans_assign([[1, 2, 8, 9]], [1.5, 8.5])
    array([[1, 1, 2, 2]], dtype=int32)
    """
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    space = as_feature_space(color_space, spatial_weight, spacing, len(parsed.shape))
    numbers = as_centers("centers", centers)
    if numbers.shape[1] != (n_features := space.n_features(parsed)):
        raise ValueError(f"centers have shape {numbers.shape}; expected (n, {n_features}), one row a center")
    return paint_nearest(parsed, numbers, space)
