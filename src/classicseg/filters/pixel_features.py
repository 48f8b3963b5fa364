"""Features of pixels, as a person would name them: what their neighborhoods look like at several scales."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from classicseg._core.bands import run_bands
from classicseg._core.image import as_image, as_spacing
from classicseg.filters.features.planes import features_of, write_planes
from classicseg.filters.features.plans import as_plan
from classicseg.types import ChannelAxis, FeatureNames, Mask, PixelFeatures, Spacing


def pixel_features(
    image: ArrayLike,
    *,
    features: FeatureNames = "standard",
    scales: float | Sequence[float] = (1, 2, 4, 8, 16),
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> PixelFeatures:
    """Compute what the neighborhood of each pixel looks like, at several scales.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    features : str or sequence of str, default "standard"
        What to compute, each once, by name: see below. "standard": the first six.
    scales : float or sequence of float, default (1, 2, 4, 8, 16)
        How far each feature looks, in ascending order, in units of `spacing`: the standard deviation of a Gaussian
        or of a box.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.

    Returns
    -------
    PixelFeatures
        The ``planes``, (n_features, M, N[, …]), float32, and their ``names``: channel by channel, feature by
        feature in the order of `features`, scale by scale.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, or a number has the wrong type.
    ValueError
        If `image` is empty, its channel axis is unclear, `mask` or `spacing` does not fit its shape, a feature is
        unknown or named twice, or a number is out of its range.

    See Also
    --------
    classify_segment : Learns from these which pixels are like those under strokes.
    gradient_magnitude : The gradient alone, of all channels together.
    boundary_probability : Features of boundaries, and what people made of them.

    Notes
    -----
    Of each channel and scale σ, with I the image smoothed by a Gaussian of σ:

    - ``"gaussian"``: I.
    - ``"gradient_magnitude"``: the length of the gradient of I.
    - ``"laplacian"``: the sum of its second derivatives.
    - ``"hessian_eigenvalues"``: the eigenvalues of the matrix of these, a plane for each axis, the largest first:
      ridges, valleys and blobs.
    - ``"structure_tensor_eigenvalues"``: those of the outer product of the gradient with itself, smoothed by
      σ / 2: edges, corners and textures.
    - ``"difference_of_gaussians"``: I less I at the next scale.
    - ``"mean"`` and ``"variance"`` in a box that is as wide as the Gaussian: its standard deviation is σ.
    - ``"entropy"``: of eight levels in this box, in nats. A level is half a standard deviation of the box around
      a pixel, counted from the mean there, so no range of values is asked for.
    - ``"gabor"``: the largest and the smallest magnitude of a wave of length 3 σ under the Gaussian, of all
      directions to neighbors.

    Derivatives are central differences of I in units of `spacing`. All means are those over the pixels that take
    part [1]_, so that nothing bleeds in from beyond a mask or the border; I is extended by one pixel so for
    the differences. Weights end at four sigma and have few bits, as in `gradient_magnitude`. Flipped images have
    flipped features, to the bit. Planes have float32, whose range no feature should leave.

    The cost is O(n σ) for n pixels and the sum of the scales. Rows are computed in bands; beside the planes it
    takes some 20 MB for each thread.

    References
    ----------
    .. [1] Knutsson H., Westin C.-F. Normalized and differential convolution. Conference on Computer Vision and
       Pattern Recognition, 1993.

    Examples
    --------
    >>> from classicseg import pixel_features
    >>> found = pixel_features([[1, 1, 1, 9, 9, 9]], features=["gaussian", "gradient_magnitude"], scales=1)
    >>> found.names
    ('gaussian, scale 1', 'gradient magnitude, scale 1')
    >>> found.planes[1].round(2)
    array([[0.25, 1.18, 2.54, 2.54, 1.18, 0.25]], dtype=float32)
    """
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    ndim = len(parsed.shape)
    plan = as_plan(features, scales, ndim, parsed.n_channels)
    found = features_of(parsed, plan, as_spacing(spacing, ndim))
    planes = np.empty((found.n_planes, *found.image.shape), np.float32)

    def write(start: int, stop: int) -> None:
        write_planes(found, planes[:, start:stop], start, stop)

    run_bands(write, planes.shape[1], found.row_size)
    return PixelFeatures(planes.reshape(-1, *parsed.shape), plan.names(ndim, parsed.n_channels))
