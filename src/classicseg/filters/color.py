"""Color spaces: CIE Lab, in which equal distances look equally different."""

from __future__ import annotations

import functools
import math
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import Image, as_canonical, as_image
from classicseg._core.kernel import kernel
from classicseg.types import ChannelAxis, Mask

ColorSpace: TypeAlias = Literal["auto", "given", "lab"]
"""The space that colors are compared in: CIE Lab, or as they are given; "auto": Lab of three channels of 8 or 16
bits."""

_XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
) / np.array([[0.95047], [1.0], [1.08883]])
"""From linear red, green and blue to X, Y, Z as parts of the white of daylight (D65, 2 degrees)."""

LAB_STEPS = 64
"""The whole numbers of a unit in `lab_steps`: a* and b* stay below 128, so that 16 bits hold them."""

_CHUNK = 1024
"""Pixels at once: their rows of float32 stay in the cache."""

_THIRD, _GUESS = np.float32(1 / 3), np.int32(709921077)
_SMALL, _SLOPE, _OFFSET = np.float32(0.008856), np.float32(7.787), np.float32(16 / 116)
_L, _L_OFFSET, _A, _B = np.float32(116), np.float32(16), np.float32(500), np.float32(200)


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
    (D65, 2 degrees), as in ``skimage.color.rgb2lab``. uint8 and uint16 are converted in float32, by a table and
    two steps of Halley's method for the cube root: within 2e-4 of the values in float64, and many times as fast.
    An image of uint8 and the same times 257 in uint16 have the same colors, bit for bit. The cost is linear in the
    number of pixels.

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
    return _lab_of(as_image(image, channel_axis=channel_axis, mask=mask))


def is_lab(n_channels: int, dtype: np.dtype[Any], space: ColorSpace) -> bool:
    """Whether colors of so many channels, of the dtype that they are worked on in, are compared in Lab."""
    return space == "lab" or (space == "auto" and n_channels == 3 and dtype.kind == "u")


def in_color_space(image: Image, space: ColorSpace) -> Image:
    """The image in the space that its colors are compared in."""
    if not is_lab(image.n_channels, image.values.dtype, space):
        return image
    return Image(as_canonical(_lab_of(image)), image.mask)


def _lab_of(image: Image) -> NDArray[Any]:
    """Convert a parsed image; what takes no part is 0."""
    lab = as_lab(image.values.reshape(-1, image.n_channels)).reshape(*image.shape, 3)
    if image.mask is not None:
        lab[~image.mask] = 0
    return lab


def as_lab(pixels: NDArray[Any]) -> NDArray[Any]:
    """Convert canonical pixels, (n, 3)."""
    check_rgb(pixels)
    lab = np.empty(pixels.shape, np.float64 if pixels.dtype == np.float64 else np.float32)
    if pixels.dtype.kind == "u":
        run_bands(_lab_by_table, len(pixels), 1, pixels, *_tables(pixels.dtype), lab)
    else:
        run_bands(_lab, len(pixels), 8, pixels, _XYZ, lab)
    return lab


def lab_steps(pixels: NDArray[Any]) -> NDArray[np.int16]:
    """Convert pixels of uint8 or uint16, (n, 3), to whole steps of 1 / `LAB_STEPS`, (3, n)."""
    check_rgb(pixels)
    steps = np.empty((3, len(pixels)), np.int16)
    run_bands(_lab_steps, len(pixels), 1, pixels, *_tables(pixels.dtype), steps)
    return steps


def check_rgb(pixels: NDArray[Any]) -> None:
    """Refuse pixels, (n, channels), that are not red, green and blue."""
    if pixels.shape[1] != 3:
        raise ValueError(
            f"image has {pixels.shape[1]} channels; expected 3 (red, green, blue) to convert to Lab; leave alpha "
            "out, e.g. image[..., :3]"
        )
    if pixels.dtype.kind == "f" and pixels.size and not (pixels.min() >= 0 and pixels.max() <= 1):
        raise ValueError(
            f"image holds values from {pixels.min():g} to {pixels.max():g}; expected 0 to 1 to convert to Lab "
            "(or uint8 or uint16); divide it by its white first"
        )


@functools.cache
def _tables(dtype: np.dtype[Any]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The linear value of each level, and the matrix that they are multiplied by."""
    whole = np.iinfo(dtype).max
    return _linear(np.arange(whole + 1) / whole).astype(np.float32), _XYZ.astype(np.float32)


def _linear(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Undo the curve of sRGB."""
    return np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)


def _lab_numpy(pixels: NDArray[Any], xyz: NDArray[np.float64], lab: NDArray[Any], start: int, stop: int) -> None:
    linear = _linear(pixels[start:stop].astype(np.float64))
    parts = sum(linear[:, c, np.newaxis] * xyz[:, c] for c in range(3))
    x, y, z = np.where(parts > 0.008856, np.cbrt(parts), 7.787 * parts + 16 / 116).T
    lab[start:stop] = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


@kernel(numpy=_lab_numpy)
def _lab(pixels: NDArray[Any], xyz: NDArray[np.float64], lab: NDArray[Any], start: int, stop: int) -> None:
    """Convert pixels `start` to `stop`."""
    linear, part = np.empty(3), np.empty(3)
    for i in range(start, stop):
        for c in range(3):
            value = float(pixels[i, c])
            linear[c] = ((value + 0.055) / 1.055) ** 2.4 if value > 0.04045 else value / 12.92
        for k in range(3):
            total = linear[0] * xyz[k, 0] + linear[1] * xyz[k, 1] + linear[2] * xyz[k, 2]
            part[k] = np.cbrt(total) if total > 0.008856 else 7.787 * total + 16 / 116
        lab[i, 0] = 116 * part[1] - 16
        lab[i, 1] = 500 * (part[0] - part[1])
        lab[i, 2] = 200 * (part[1] - part[2])


def _lab_by_table_numpy(
    pixels: NDArray[Any],
    table: NDArray[np.float32],
    xyz: NDArray[np.float32],
    lab: NDArray[np.float32],
    start: int,
    stop: int,
) -> None:
    lab[start:stop] = _to_lab_numpy(table[pixels[start:stop]], xyz).T


@kernel(numpy=_lab_by_table_numpy)
def _lab_by_table(
    pixels: NDArray[Any],
    table: NDArray[np.float32],
    xyz: NDArray[np.float32],
    lab: NDArray[np.float32],
    start: int,
    stop: int,
) -> None:
    """Convert pixels `start` to `stop` by the linear value of each level."""
    rows, parts, roots = (
        np.empty((3, _CHUNK), np.float32),
        np.empty((3, _CHUNK), np.float32),
        np.empty((3, _CHUNK), np.float32),
    )
    for first in range(start, stop, _CHUNK):
        n = min(_CHUNK, stop - first)
        some, out = pixels[first : first + n], lab[first : first + n]
        _look_up(some, table, rows)
        _to_lab(rows, parts, roots, xyz, n)
        for i in range(n):
            out[i, 0] = rows[0, i]
            out[i, 1] = rows[1, i]
            out[i, 2] = rows[2, i]


def _lab_steps_numpy(
    pixels: NDArray[Any],
    table: NDArray[np.float32],
    xyz: NDArray[np.float32],
    steps: NDArray[np.int16],
    start: int,
    stop: int,
) -> None:
    lab = _to_lab_numpy(table[pixels[start:stop]], xyz)
    steps[:, start:stop] = np.floor(lab * np.float32(LAB_STEPS) + np.float32(0.5))


@kernel(numpy=_lab_steps_numpy)
def _lab_steps(
    pixels: NDArray[Any],
    table: NDArray[np.float32],
    xyz: NDArray[np.float32],
    steps: NDArray[np.int16],
    start: int,
    stop: int,
) -> None:
    """Convert pixels `start` to `stop` to whole steps."""
    rows, parts, roots = (
        np.empty((3, _CHUNK), np.float32),
        np.empty((3, _CHUNK), np.float32),
        np.empty((3, _CHUNK), np.float32),
    )
    scale, half = np.float32(LAB_STEPS), np.float32(0.5)
    for first in range(start, stop, _CHUNK):
        n = min(_CHUNK, stop - first)
        _look_up(pixels[first : first + n], table, rows)
        _to_lab(rows, parts, roots, xyz, n)
        for c in range(3):
            row, out = rows[c], steps[c, first : first + n]
            for i in range(n):
                out[i] = np.int16(math.floor(row[i] * scale + half))


@kernel()
def _look_up(pixels: NDArray[Any], table: NDArray[np.float32], rows: NDArray[np.float32]) -> None:
    """The linear red, green and blue of a few pixels, each in its row."""
    red, green, blue = rows[0], rows[1], rows[2]
    for i in range(len(pixels)):
        red[i] = table[pixels[i, 0]]
        green[i] = table[pixels[i, 1]]
        blue[i] = table[pixels[i, 2]]


def _to_lab_numpy(linear: NDArray[np.float32], xyz: NDArray[np.float32]) -> NDArray[np.float32]:
    """L*, a* and b*, (3, n), of linear red, green and blue, (n, 3), in float32."""
    red, green, blue = linear.T
    parts = red * xyz[:, :1] + green * xyz[:, 1:2] + blue * xyz[:, 2:]
    bits = (parts.view(np.int32).astype(np.float32) * _THIRD).astype(np.int32) + _GUESS
    roots = bits.view(np.float32)
    for _ in range(2):
        cubes = roots * roots * roots
        roots = roots * (cubes + (parts + parts)) / ((cubes + cubes) + parts)
    x, y, z = np.where(parts > _SMALL, roots, _SLOPE * parts + _OFFSET)
    return np.stack([_L * y - _L_OFFSET, _A * (x - y), _B * (y - z)])


@kernel()
def _to_lab(
    rows: NDArray[np.float32],
    parts: NDArray[np.float32],
    roots: NDArray[np.float32],
    xyz: NDArray[np.float32],
    n: int,
) -> None:
    """Turn rows of linear red, green and blue into L*, a* and b*, in their places.

    A third of a number's bits are nearly those of its cube root: the guess that Halley's steps begin with.
    """
    red, green, blue = rows[0, :n], rows[1, :n], rows[2, :n]
    bits, guesses = parts.view(np.int32), roots.view(np.int32)
    for k in range(3):
        of_red, of_green, of_blue = xyz[k, 0], xyz[k, 1], xyz[k, 2]
        part, root, bit, guess = parts[k, :n], roots[k, :n], bits[k, :n], guesses[k, :n]
        for i in range(n):
            part[i] = red[i] * of_red + green[i] * of_green + blue[i] * of_blue
        for i in range(n):
            guess[i] = np.int32(np.float32(bit[i]) * _THIRD) + _GUESS
        for i in range(n):
            t, c = part[i], root[i]
            cube = c * c * c
            c = c * (cube + (t + t)) / ((cube + cube) + t)
            cube = c * c * c
            c = c * (cube + (t + t)) / ((cube + cube) + t)
            root[i] = c if t > _SMALL else _SLOPE * t + _OFFSET
    x, y, z = roots[0, :n], roots[1, :n], roots[2, :n]
    for i in range(n):
        red[i] = _L * y[i] - _L_OFFSET
        green[i] = _A * (x[i] - y[i])
        blue[i] = _B * (y[i] - z[i])
