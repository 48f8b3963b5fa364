"""Color spaces: CIE Lab, in which equal distances look equally different."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import as_image
from classicseg._core.kernel import kernel
from classicseg.types import ChannelAxis, Mask

_XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
) / np.array([[0.95047], [1.0], [1.08883]])
"""From linear red, green and blue to X, Y, Z as parts of the white of daylight (D65, 2 degrees)."""


def rgb_to_lab(image: ArrayLike, *, channel_axis: ChannelAxis = "auto", mask: Mask = None) -> NDArray[Any]:
    """Convert a color image from sRGB to CIE Lab.

    Parameters
    ----------
    image : array_like, shape (M, N[, …], 3)
        Red, green and blue: 0 to 255 as uint8, 0 to 65535 as uint16, 0 to 1 in other dtypes. NaN and infinite
        values take no part.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    ndarray, shape (M, N[, …], 3)
        L* from 0 to 100, a* and b*: float64 where the image works in float64 and float32 elsewhere; 0 where a
        pixel takes no part.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, or `mask` is not bool.
    ValueError
        If `image` is empty or does not have three channels, `mask` does not fit its shape, or floats lie outside 0
        to 1.

    See Also
    --------
    kmeans_segment : Clusters of colors, in Lab by ``color_space="lab"``.

    Notes
    -----
    The values are made linear by the curve of sRGB [2]_ and converted to CIE Lab [1]_. White is that of daylight
    (D65, 2 degrees), as in ``skimage.color.rgb2lab``. The cost is linear in the number of pixels.

    References
    ----------
    .. [1] CIE 015:2018. Colorimetry, 4th edition.
    .. [2] IEC 61966-2-1:1999. Default RGB colour space: sRGB.

    Examples
    --------
    >>> from classicseg import rgb_to_lab
    >>> rgb_to_lab([[[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]]).round(2) + 0.0
    array([[[100.,   0.,   0.],
            [  0.,   0.,   0.]]])
    """
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    lab = as_lab(parsed.values.reshape(-1, parsed.n_channels)).reshape(*parsed.shape, 3)
    if parsed.mask is not None:
        lab[~parsed.mask] = 0
    return lab


def as_lab(pixels: NDArray[Any]) -> NDArray[Any]:
    """Convert canonical pixels, (n, 3)."""
    if pixels.shape[1] != 3:
        raise ValueError(
            f"image has {pixels.shape[1]} channels; expected 3 (red, green, blue) to convert to Lab; leave alpha "
            "out, e.g. image[..., :3]"
        )
    whole = float(np.iinfo(pixels.dtype).max) if pixels.dtype.kind == "u" else 1.0
    if pixels.dtype.kind == "f" and pixels.size and not (pixels.min() >= 0 and pixels.max() <= 1):
        raise ValueError(
            f"image holds values from {pixels.min():g} to {pixels.max():g}; expected 0 to 1 to convert to Lab "
            "(or uint8 or uint16); divide it by its white first"
        )
    lab = np.empty(pixels.shape, np.float64 if pixels.dtype == np.float64 else np.float32)
    run_bands(_lab, len(pixels), 8, pixels, whole, _XYZ, lab)
    return lab


def _lab_numpy(
    pixels: NDArray[Any], whole: float, xyz: NDArray[np.float64], lab: NDArray[Any], start: int, stop: int
) -> None:
    rgb = pixels[start:stop].astype(np.float64) / whole
    linear = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    parts = sum(linear[:, c, np.newaxis] * xyz[:, c] for c in range(3))
    x, y, z = np.where(parts > 0.008856, np.cbrt(parts), 7.787 * parts + 16 / 116).T
    lab[start:stop] = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


@kernel(numpy=_lab_numpy)
def _lab(
    pixels: NDArray[Any], whole: float, xyz: NDArray[np.float64], lab: NDArray[Any], start: int, stop: int
) -> None:
    """Convert pixels `start` to `stop`, whose white is `whole`."""
    linear, part = np.empty(3), np.empty(3)
    for i in range(start, stop):
        for c in range(3):
            value = float(pixels[i, c]) / whole
            linear[c] = ((value + 0.055) / 1.055) ** 2.4 if value > 0.04045 else value / 12.92
        for k in range(3):
            total = linear[0] * xyz[k, 0] + linear[1] * xyz[k, 1] + linear[2] * xyz[k, 2]
            part[k] = np.cbrt(total) if total > 0.008856 else 7.787 * total + 16 / 116
        lab[i, 0] = 116 * part[1] - 16
        lab[i, 1] = 500 * (part[0] - part[1])
        lab[i, 2] = 200 * (part[1] - part[2])
