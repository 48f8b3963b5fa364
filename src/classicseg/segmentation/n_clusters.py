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
    """Choose the number of clusters that explains the values best, by the jump in what one more explains.

    Parameters
    ----------
    image : array_like, any real dtype, PixelHistogram, or iterable of array_like
        What `kmeans_fit` takes.
    max_clusters : int
        The largest number to try, at least 1.
    rng : int, numpy.random.Generator or None
        Draws the starting centers; None draws anew at every call.
    channel_axis : int, None or "auto"
        The axis of the channels; None: every axis is spatial; "auto": a last axis of length 1 to 4 of three or
        more.
    mask : array_like of bool, optional
        Spatial shape, True where a pixel takes part.

    Returns
    -------
    int
        From 1 to `max_clusters`. Few distinct values are as many clusters. Photographs, whose colors flow into
        one another, tend to `max_clusters`; separate clusters, such as stains or materials, are found. Mask
        fill values: one far from all others is a cluster of its own.

    Raises
    ------
    TypeError, ValueError
        If the image, the mask or a number is not what is described, or no pixel takes part.

    Notes
    -----
    The distortion d(k) is the inertia of k clusters over the number of pixels and channels p. The number chosen
    makes d(k)**(-p/2) - d(k - 1)**(-p/2) greatest: without clusters that power rises evenly with k, and it jumps
    at their number [1]_. Costs `max_clusters` calls of `kmeans_fit` with three starts.

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
