"""How many clusters there are: the number at which what they explain jumps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.image import as_image
from classicseg._core.numbers import as_count
from classicseg.clustering.features import as_feature_space, histogram_features, image_features
from classicseg.clustering.lloyd import Search, as_generator, fit
from classicseg.histograms.pixel_histogram import as_joint_histogram, refuse_per_pixel_options
from classicseg.types import ChannelAxis, Mask, PixelHistogram, Random


def choose_n_clusters(
    image: ArrayLike | PixelHistogram | Iterable[ArrayLike],
    *,
    max_clusters: int = 10,
    rng: Random = 0,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
) -> int:
    """Choose the number of clusters, by the jump in what one more of them explains.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C]), PixelHistogram, or iterable of array_like
        A grey or color image or a volume, of any real dtype; or a histogram; or several images, which are taken
        together: an iterator, or a list or tuple of arrays of two or more axes. NaN and infinite values take no
        part.
    max_clusters : int, default 10
        The largest number to try, at least 1.
    rng : int, numpy.random.Generator or None, default 0
        The seed or the generator that draws the starting centers. None draws others at each call.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    int
        The number of clusters, from 1 to `max_clusters`. Where few distinct values take part, it is their number.
        Separate clusters, such as stains or materials, are found; photographs, whose colors flow into one another,
        tend to `max_clusters`. Mask fill values: one far from all others is a cluster of its own.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, or `max_clusters` or `rng` is not a whole
        number.
    ValueError
        If `image` is empty or its channel axis is unclear, `mask` does not fit its shape or is given with a
        histogram or several images, `max_clusters` is less than 1, or no pixel takes part.

    See Also
    --------
    kmeans_fit : The centers of so many clusters.
    kmeans_segment : The classes of so many clusters.

    Notes
    -----
    Let p be the number of channels, and d(k) the distortion: the inertia of k clusters over the number of pixels
    times p. The number chosen is the k that makes d(k)**(-p/2) - d(k - 1)**(-p/2) greatest: without clusters that
    power rises evenly with k, and it jumps at their number [1]_. The cost is that of `max_clusters` calls of
    `kmeans_fit` with three starts.

    References
    ----------
    .. [1] Sugar C. A., James G. M. Finding the number of clusters in a dataset: an information-theoretic
       approach. Journal of the American Statistical Association 98, 2003.

    Examples
    --------
    >>> from classicseg import choose_n_clusters
    >>> choose_n_clusters([[1, 2, 3, 11, 12, 13, 51, 52, 53]], max_clusters=5)
    3
    """
    most, generator = as_count("max_clusters", max_clusters), as_generator(rng)
    pooled = as_joint_histogram(image, channel_axis)
    if pooled is None:
        parsed = as_image(cast("ArrayLike", image), channel_axis=channel_axis, mask=mask)
        features = image_features(parsed, None, as_feature_space())
    else:
        refuse_per_pixel_options(mask=mask)
        features = histogram_features(pooled, as_feature_space())
    if not len(features.vectors):
        raise ValueError("image has no pixel that takes part; expected at least one")
    inertias: list[float] = []
    while len(inertias) < most and 0.0 not in inertias:
        search = Search(len(inertias) + 1, None, 3, 300, 0.0, generator)
        inertias.append(fit(features.vectors, features.weights, features.brightness, search).inertia)
    return _greatest_jump(np.array(inertias), features.vectors.shape[1])


def _greatest_jump(inertias: NDArray[np.float64], n_features: int) -> int:
    """The number of clusters, from 1, with the greatest rise of inertia**(-n_features / 2)."""
    if inertias[-1] == 0:
        return len(inertias)
    explained = (inertias.min() / inertias) ** (n_features / 2)  # no power overflows
    return 1 + int(np.argmax(np.diff(explained, prepend=0.0)))
