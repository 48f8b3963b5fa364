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
from classicseg.types import (
    ChannelAxis,
    Classes,
    KMeansResult,
    Labels,
    Mask,
    PixelHistogram,
    Random,
    Spacing,
    Weights,
)


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
) -> Classes:
    """Cluster the pixels by value.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    n_clusters : int, optional
        The number of clusters, at least 1; by default 4, or as many as there are starting centers. Where fewer
        distinct values take part, as many classes as there are values come back.
    init : "k-means++" or array_like, shape (n_clusters, C), default "k-means++"
        How the starting centers are drawn, or the starting centers. One channel needs none: only their number
        counts there.
    n_init : int, default 1
        How many times to start, at least 1; the result of least inertia is returned.
    max_iter : int, default 300
        The largest number of Lloyd's iterations, at least 1. One channel takes none.
    tol : float, default 0.0
        The iteration ends when no center moves farther than this, in the image's units, at least 0.
    rng : int, numpy.random.Generator or None, default 0
        The seed or the generator that draws the starting centers. None draws others at each call.
    color_space : {"given", "lab"}, default "given"
        Compare colors as they are given, or as CIE Lab of red, green and blue (see `rgb_to_lab`). The centers are
        in that space.
    spatial_weight : float, default 0.0
        How far apart in color two pixels count at a distance of 1, at least 0. With 0 the place of a pixel does
        not matter.
    weights : array_like, shape (M, N[, …]), optional
        How much each pixel counts, at least 0; by default 1. A pixel of weight 0 moves no center.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1. It matters with a
        `spatial_weight` only.

    Returns
    -------
    ndarray of int32, shape (M, N[, …])
        Classes 1 … n, dark to bright (by luminance where there are three channels, by L* in Lab, by their mean
        elsewhere); 0 where a pixel takes no part.

    Raises
    ------
    TypeError
        If `image` or `weights` does not hold real numbers, `mask` is not bool, or a number has the wrong type.
    ValueError
        If `image` is empty or its channel axis is unclear, `mask`, `weights`, `spacing` or `init` does not fit its
        shape, a number is out of its range, or `color_space` is unknown or needs three channels.

    See Also
    --------
    kmeans_fit : The centers, with their inertia.
    kmeans_assign : Labels by given centers.
    choose_n_clusters : Chooses the number of clusters.
    connected_regions : Makes regions of the classes.
    threshold_segment : Classes by thresholds.

    Notes
    -----
    The segmenter is `kmeans_fit`, then `kmeans_assign`, which tell the cost and cite the papers. A pixel of weight
    0 is labeled like others.

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
    image : array_like, shape (M, N[, …][, C]), PixelHistogram, or iterable of array_like
        A grey or color image or a volume, of any real dtype; or a histogram; or several images, which are taken
        together: an iterator, or a list or tuple of arrays of two or more axes. NaN and infinite values take no
        part.
    n_clusters : int, optional
        The number of clusters, at least 1; by default 4, or as many as there are starting centers. Where fewer
        distinct values take part, as many centers as there are values come back.
    init : "k-means++" or array_like, shape (n_clusters, C), default "k-means++"
        How the starting centers are drawn, or the starting centers. One channel needs none: only their number
        counts there.
    n_init : int, default 1
        How many times to start, at least 1; the result of least inertia is returned.
    max_iter : int, default 300
        The largest number of Lloyd's iterations, at least 1. One channel takes none.
    tol : float, default 0.0
        The iteration ends when no center moves farther than this, in the image's units, at least 0.
    rng : int, numpy.random.Generator or None, default 0
        The seed or the generator that draws the starting centers. None draws others at each call.
    color_space : {"given", "lab"}, default "given"
        Compare colors as they are given, or as CIE Lab of red, green and blue (see `rgb_to_lab`). The centers are
        in that space.
    spatial_weight : float, default 0.0
        How far apart in color two pixels count at a distance of 1, at least 0. With 0 the place of a pixel does
        not matter.
    weights : array_like, shape (M, N[, …]), optional
        How much each pixel counts, at least 0; by default 1. A pixel of weight 0 moves no center.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1. It matters with a
        `spatial_weight` only.

    Returns
    -------
    KMeansResult
        A named tuple: ``centers``, shape (n_clusters, C), dark to bright, ``counts``, ``inertia``, ``n_iter``,
        ``converged``. With a `spatial_weight` the centers have one more column for each axis: the coordinate
        (index times spacing) times that weight. With `weights`, ``counts`` are their sums.

    Raises
    ------
    TypeError
        If `image` or `weights` does not hold real numbers, `mask` is not bool, or a number has the wrong type.
    ValueError
        If `image` is empty or its channel axis is unclear, `mask`, `weights`, `spacing` or `init` does not fit its
        shape, a number is out of its range, `color_space` is unknown or needs three channels, or `mask`,
        `weights`, `spacing` or `spatial_weight` is given with a histogram or several images.

    See Also
    --------
    kmeans_assign : Labels of pixels by these centers.
    kmeans_segment : Both steps together.
    choose_n_clusters : Chooses the number of clusters.
    multi_otsu_thresholds : The same optimum for one channel, as thresholds.

    Notes
    -----
    The inertia is Σ w(x) ‖x - c(x)‖² over the pixels x, with c(x) the nearest center and w(x) the weight. It never
    rises from one iteration [1]_ to the next. A cluster that becomes empty is started again at the point farthest
    from all centers.

    One channel: the global optimum [3]_, O(n_clusters · L · log L) for L distinct values after the histogram.
    Several channels: a local optimum from the start of [2]_, at most O(n_iter · n_clusters · P · C) for P points,
    which are the distinct colors of uint8 and uint16 images and the pixels of others; boxes around 64 points each
    save most of that [4]_.

    Turning or flipping an integer image changes nothing. With floats of several channels, weights or a spatial
    weight, the draws of k-means++ depend on the order of the pixels.

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
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    centers : array_like, shape (n, C), or (n,) for a grey image
        The centers as `kmeans_fit` returns them, of this image or another one, with the same options.
    color_space : {"given", "lab"}, default "given"
        Compare colors as they are given, or as CIE Lab of red, green and blue (see `rgb_to_lab`). The centers are
        in that space.
    spatial_weight : float, default 0.0
        The one that the centers were found with.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1. It matters with a
        `spatial_weight` only.

    Returns
    -------
    ndarray of int32, shape (M, N[, …])
        1 for the first center, and so on, in the order of `centers`, so that the number of a center without pixels
        is missing; 0 where a pixel takes no part. Of equally near centers the first one counts.

    Raises
    ------
    TypeError
        If `image` or `centers` does not hold real numbers, `mask` is not bool, or `spatial_weight` is not a
        number.
    ValueError
        If `image` is empty or its channel axis is unclear, `mask` or `spacing` does not fit its shape, `centers`
        has another number of columns than the image has channels, `color_space` is unknown or needs three
        channels, or `spatial_weight` is negative.

    See Also
    --------
    kmeans_fit : Finds the centers.
    kmeans_segment : Both steps together.

    Notes
    -----
    The label of a pixel x is argmin over i of ‖x - centers[i]‖². The cost is at most O(n · C) for each pixel.

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
