"""How alike two images look: their structure, window by window."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from classicseg.metrics.distortion import as_two_images
from classicseg.types import ChannelAxis, Mask

_SIGMA = 1.5
_RADIUS = 5
"""Wang's window has 11 pixels to a side."""
_LUMINANCE_FLOOR, _CONTRAST_FLOOR = 0.01, 0.03
"""Shares of the peak that keep quotients of dark, even windows from 0 / 0."""


def ssim(
    truth: ArrayLike,
    image: ArrayLike,
    *,
    peak: float | None = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
) -> float:
    """Measure how alike two images look, by means, contrasts and correlations in small windows.

    Parameters
    ----------
    truth, image : array_like, shape (M, N[, …][, C])
        Two images of one shape, of any real dtype. Pixels that are not finite in either take no part.
    peak : float, optional
        The greatest value that there may be, in the images' units, more than 0. By default 1 for bool, 255 for
        uint8 and 65535 for uint16; other images need it.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    float
        The structural similarity, at most 1, which only equal images have.

    Raises
    ------
    TypeError
        If an image does not hold real numbers, `mask` is not bool, or `peak` is not a number.
    ValueError
        If an image is empty or its channel axis is unclear, shapes differ, no pixel takes part, or `peak` is
        missing where the dtype does not tell it, or not more than 0.

    See Also
    --------
    psnr : Counts errors alone, wherever they are.

    Notes
    -----
    Let m, s and c be the means, variances and the covariance of the two images x and y in a window. The similarity
    there is (2 m_x m_y + a) (2 c + b) / ((m_x² + m_y² + a) (s_x + s_y + b)), where a = (0.01 peak)² and
    b = (0.03 peak)² [1]_. Windows are Gaussian, of sigma 1.5 pixels, cut off after 5; pixels that take no part, or
    lie outside of the image, have no weight in them. The result is the mean over the windows about the pixels that
    take part, and over channels. ``skimage.metrics.structural_similarity(gaussian_weights=True, sigma=1.5,
    use_sample_covariance=False)`` has the same windows, and leaves out those that the border cuts. The cost is
    linear in the number of pixels.

    References
    ----------
    .. [1] Wang Z., Bovik A. C., Sheikh H. R., Simoncelli E. P. Image quality assessment: from error visibility to
       structural similarity. IEEE Transactions on Image Processing 13(4), 2004.

    Examples
    --------
    >>> from classicseg.metrics import ssim
    >>> ssim([[0, 10, 20, 30]], [[0, 10, 20, 30]], peak=100)
    1.0
    """
    first, second, inside, highest = as_two_images(truth, image, peak, channel_axis, mask)
    weights = _windowed(inside.astype(np.float64))
    found = [_similarity(first[..., c], second[..., c], inside, weights, highest) for c in range(first.shape[-1])]
    return float(np.mean(found))


def _similarity(
    first: NDArray[np.generic],
    second: NDArray[np.generic],
    inside: NDArray[np.bool_],
    weights: NDArray[np.float64],
    peak: float,
) -> float:
    """The mean similarity of one channel."""
    x, y = (np.where(inside, one, 0).astype(np.float64) for one in (first, second))

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return _windowed(values)[inside] / weights[inside]

    mean_x, mean_y = mean(x), mean(y)
    x, y = (np.where(inside, one - np.median(one[inside]), 0) for one in (x, y))  # squares keep what differs
    near_x, near_y = mean(x), mean(y)
    spread = np.maximum(mean(x * x) - near_x**2 + mean(y * y) - near_y**2, 0)
    together = mean(x * y) - near_x * near_y
    together = np.clip(together, -spread / 2, spread / 2)  # as it is, but for rounding
    floor, contrast_floor = (_LUMINANCE_FLOOR * peak) ** 2, (_CONTRAST_FLOOR * peak) ** 2
    luminance = (2 * mean_x * mean_y + floor) / (mean_x**2 + mean_y**2 + floor)
    return float(np.mean(luminance * (2 * together + contrast_floor) / (spread + contrast_floor)))


def _windowed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weighted sums in the window about each pixel; outside of the image there is 0."""
    found: NDArray[np.float64] = ndimage.gaussian_filter(values, _SIGMA, mode="constant", radius=_RADIUS)
    return found
