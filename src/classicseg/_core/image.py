"""The only validation: what a caller passed becomes canonical arrays, or one precise error, before any work.

Everything behind this file may rely on: native byte order, C order, read-only, one of uint8, uint16, float32
and float64, finite, channels last (one for a grey image), and a mask that already leaves out what is masked
or not finite.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import as_array, as_filled
from classicseg._core.bands import run_bands
from classicseg._core.numbers import LARGEST, as_choice, as_count, as_number, per_axis, shown
from classicseg.types import ChannelAxis, Mask, Spacing

LUMINANCE = (0.2125, 0.7154, 0.0721)
"""The weights of red, green and blue (ITU-R BT.709, as in scikit-image)."""

_EXACT = 2**53
"""float64 holds every integer up to here."""

_REAL = "real numbers (bool, integers or floats); cast it, e.g. np.asarray(image, float), or take np.abs of it"

_SPACINGS = 1e50
"""Spacings are at most this, and at least its inverse: values up to 1e100 may be divided by them and squared."""


@dataclass(frozen=True, eq=False)
class Image:
    """A canonical image."""

    values: NDArray[Any]
    """Spatial shape + (channels,); 0 where a pixel takes no part."""
    mask: NDArray[np.bool_] | None
    """Spatial shape, True where a pixel takes part; None where all do."""
    extremes: tuple[float, float] | None = None
    """Lower and upper bound of the valid values; of a tile, those of the whole image. They are the least and the
    greatest value where an image without a mask was parsed whole. None if unknown."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The spatial shape."""
        return self.values.shape[:-1]

    @property
    def n_channels(self) -> int:
        """The length of the last axis."""
        return int(self.values.shape[-1])

    def mask_array(self) -> NDArray[np.bool_]:
        """The mask as an array, also where all pixels take part."""
        return np.ones(self.shape, bool) if self.mask is None else self.mask

    def pixels(self) -> NDArray[Any]:
        """The pixels that take part, (n, channels), in raster order."""
        flat = self.values.reshape(-1, self.n_channels)
        return flat if self.mask is None else flat.compress(self.mask.ravel(), axis=0)  # 4 times as fast as [mask]

    def scatter(self, labels: NDArray[np.int32]) -> NDArray[np.int32]:
        """Give each pixel that takes part its label, in raster order, and all others 0."""
        if self.mask is None:
            return labels.reshape(self.shape)
        painted = np.zeros(self.shape, np.int32)
        painted[self.mask] = labels
        return painted


class ValueRange(NamedTuple):
    """The dtype, the least and the greatest valid value, and the number of valid pixels of an image or a tile."""

    dtype: np.dtype[Any]
    """As it is stored."""
    low: int | float
    """The least valid value; 0 if there is none."""
    high: int | float
    """The greatest valid value; 0 if there is none."""
    n_pixels: int
    """The number of pixels that take part."""


def as_image(
    image: ArrayLike, *, channel_axis: ChannelAxis = "auto", mask: Mask = None, name: str = "image"
) -> Image:
    """Parse an image once, by the law for images."""
    values, given = read_values(image, channel_axis, mask, name)
    if given is None and _is_small(values.dtype):  # nothing to look for
        return Image(
            as_canonical(values.astype(working_dtype(ValueRange(values.dtype, 0, 0, 0)), copy=False)), None
        )
    values, given, low, high = without_missing(values, given)
    dtype = working_dtype(ValueRange(values.dtype, low.item(), high.item(), values.size), name)
    canonical = as_canonical(values.astype(dtype, copy=False))
    if given is not None and not given.all():
        return Image(canonical, given)
    return Image(canonical, None, (float(low), float(high)))


def as_scalar_image(image: ArrayLike, *, channel_axis: ChannelAxis = "auto", mask: Mask = None) -> Image:
    """Parse an image for a method of one value a pixel: three channels become their luminance."""
    return luminance(as_image(image, channel_axis=channel_axis, mask=mask))


def luminance(image: Image) -> Image:
    """Turn a parsed image of one or three channels into one of a single channel."""
    check_scalar(image.n_channels)
    if image.n_channels == 1:
        return image
    red, green, blue = (image.values[..., c] * weight for c, weight in enumerate(LUMINANCE))
    return Image(as_canonical((red + green + blue)[..., np.newaxis]), image.mask)


def check_scalar(n_channels: int) -> None:
    """Refuse channels that have no luminance."""
    if n_channels not in (1, 3):
        raise ValueError(
            f"image has {n_channels} channels; expected 1, or 3 (red, green, blue) to take the luminance of; pass "
            "one channel, e.g. image[..., 0], or channel_axis=None if every axis is spatial"
        )


def working_dtype(value_range: ValueRange, name: str = "image") -> type[np.generic]:
    """Choose the dtype that an image is worked on in, or refuse its values."""
    dtype, largest = value_range.dtype, check_largest(value_range, name)
    if 0 < largest < 1 / LARGEST:
        raise ValueError(f"{name} holds values up to {largest:.6g} only; expected 1e-150 or more; scale it up")
    if _is_small(dtype):  # in either byte order
        return np.uint16 if dtype.itemsize == 2 else np.uint8
    return np.float32 if dtype.kind == "f" and dtype.itemsize <= 4 else np.float64


def check_largest(value_range: ValueRange, name: str = "image") -> int | float:
    """Return the largest magnitude, or refuse one that is too large."""
    dtype, largest = value_range.dtype, max(abs(value_range.low), abs(value_range.high))
    if dtype.kind in "iu" and largest > _EXACT:
        raise ValueError(
            f"{name} holds integers up to {largest:.6g}; expected at most 2**53 in magnitude, which float64 "
            "holds exactly; subtract an offset or divide first"
        )
    if largest > LARGEST:
        raise ValueError(f"{name} holds values up to {largest:.6g}; expected at most 1e150; divide it first")
    return largest


def as_channel_axis(shape: tuple[int, ...], channel_axis: ChannelAxis) -> int | None:
    """Return the axis of the channels, from 0; None if every axis is spatial."""
    ndim = len(shape)
    if channel_axis is None:
        return None
    if isinstance(channel_axis, str):
        as_choice("channel_axis", channel_axis, ["auto"], "an integer, None or ")
        if ndim < 3:
            return None
        if shape[-1] > 4:
            axis = 0 if shape[0] < shape[-1] else ndim - 1  # bands come first in many files
            raise ValueError(
                f"image has shape {shape}: its last axis is too long to be the channels of a photograph; pass "
                f"channel_axis=None for a volume (every axis spatial), or channel_axis={axis} for {shape[axis]} "
                "channels"
            )
        return ndim - 1
    if ndim < 2:
        raise ValueError(f"image has one axis and channel_axis is {channel_axis!r}; no axis is left for space")
    return as_count("channel_axis", channel_axis, least=-ndim, most=ndim - 1) % ndim


def as_mask(mask: Mask, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """Parse a mask of the spatial shape."""
    if mask is None:
        return None
    array = as_filled("mask", mask, "b", "bool, True = takes part; pass e.g. mask > 0")
    if array.shape != shape:
        raise ValueError(f"mask has shape {array.shape}; expected the image's spatial shape {shape}")
    return np.ascontiguousarray(array)


def as_labels(labels: ArrayLike, name: str = "labels") -> NDArray[np.int32]:
    """Parse a label image: integers from 0, or bool; what is masked is 0."""
    array = as_classes(labels, name)
    return array if array.dtype == np.int32 else as_canonical(array.astype(np.int32))


def as_classes(labels: ArrayLike, name: str = "labels") -> NDArray[Any]:
    """Parse a label image whose labels are only compared: uint8 and uint16 stay what they are, bool is uint8."""
    array = as_filled(name, labels, "iub", "integers or bool; cast it first")
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}: it holds no pixels; expected at least one")
    if array.dtype == np.bool_:
        return as_canonical(array).view(np.uint8)
    if array.dtype.kind == "u" and array.dtype.itemsize <= 2:  # nothing to look for
        return as_canonical(array.astype(np.uint16 if array.dtype.itemsize == 2 else np.uint8, copy=False))
    low, high = (int(value) for value in _extremes(array))
    if low < 0 or high > np.iinfo(np.int32).max:
        raise ValueError(f"{name} holds values from {low} to {high}; expected 0 to 2147483647; relabel it first")
    return as_canonical(array.astype(np.int32, copy=False))


def as_spacing(spacing: Spacing, ndim: int) -> tuple[float, ...]:
    """Parse the distance between neighbors into one number an axis."""
    if spacing is None:
        return (1.0,) * ndim
    numbers = [as_number("spacing", number, above=0.0) for number in per_axis("spacing", spacing, ndim)]
    if numbers and not 1 / _SPACINGS <= min(numbers) <= max(numbers) <= _SPACINGS:
        raise ValueError(
            f"spacing is {shown(numbers)}; expected {1 / _SPACINGS:g} to {_SPACINGS:g}; take another unit"
        )
    return tuple(numbers)


def read_values(
    image: ArrayLike, channel_axis: ChannelAxis, mask: Mask, name: str = "image"
) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Return the values, channels last, and the pixels that take part by the masks given; None if all do."""
    array, hidden = as_array(name, image, "biuf", _REAL)
    if array.ndim == 0:
        raise ValueError(f"{name} is a single number; expected an array with at least one axis")
    axis = as_channel_axis(array.shape, channel_axis)
    values = array[..., np.newaxis] if axis is None else np.moveaxis(array, axis, -1)
    if values.size == 0:
        raise ValueError(f"{name} has shape {array.shape}: it holds no pixels; expected at least one")
    given = as_mask(mask, values.shape[:-1])
    if hidden is not None:
        visible = np.logical_not(hidden if axis is None else np.moveaxis(hidden, axis, -1).any(axis=-1))
        given = visible if given is None else given & visible
    return values, given


def _is_small(dtype: np.dtype[Any]) -> bool:
    """Whether a dtype is bool, uint8 or uint16, all of whose values are worked on as they are."""
    return dtype.kind in "bu" and dtype.itemsize <= 2


def without_missing(
    values: NDArray[Any], mask: NDArray[np.bool_] | None
) -> tuple[NDArray[Any], NDArray[np.bool_] | None, np.generic, np.generic]:
    """Leave out what is not finite, with 0 in its place; return values, mask, least and greatest value."""
    lowest, highest = _extremes(values)  # NaN and infinities show in them, without a temporary
    if values.dtype.kind == "f" and not (np.isfinite(lowest) and np.isfinite(highest)):
        finite = np.isfinite(values).all(axis=-1)
        mask = finite if mask is None else mask & finite
    if mask is not None:  # what takes no part decides nothing below, and no kernel meets a NaN
        values = np.where(mask[..., np.newaxis], values, values.dtype.type(0))
        lowest, highest = _extremes(values)
    return values, mask, lowest, highest


def _extremes(values: NDArray[Any]) -> tuple[np.generic, np.generic]:
    """Return the least and the greatest value."""
    found = run_bands(_extremes_in_band, len(values), values[0].size, values)
    return np.min([low for low, _ in found]), np.max([high for _, high in found])


def _extremes_in_band(values: NDArray[Any], start: int, stop: int) -> tuple[np.generic, np.generic]:
    return values[start:stop].min(), values[start:stop].max()  # the second look finds the band in the cache


def as_canonical(array: NDArray[Any]) -> NDArray[Any]:
    """C order, aligned, read-only: one signature for the kernels, and no way to write to the caller's array."""
    canonical = np.require(array, requirements=["C", "A"]).view()
    canonical.flags.writeable = False
    return canonical
