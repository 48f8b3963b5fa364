"""Feature vectors for clustering: one a pixel, of its color and position, or one a distinct color."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from classicseg._core.arrays import as_filled, check_sizes
from classicseg._core.image import LUMINANCE, Image, as_spacing
from classicseg._core.numbers import as_choice, as_number
from classicseg.clustering.bounding_boxes import nearest
from classicseg.filters.color import as_lab
from classicseg.histograms.distinct_colors import (
    are_packable,
    distinct_colors,
    have_table,
    paint_colors,
    present_colors,
)
from classicseg.histograms.values import value_histogram
from classicseg.types import Labels, PixelHistogram, Spacing, Weights

_FLOAT32_SAFE = 1e37
"""Differences of coordinates beyond this would overflow float32."""

ColorSpace: TypeAlias = Literal["given", "lab"]
"""The space that colors are compared in: as they are given, or CIE Lab of red, green and blue."""


@dataclass(frozen=True)
class FeatureSpace:
    """How a pixel becomes a vector."""

    color_space: ColorSpace
    spatial_weight: float
    spacing: tuple[float, ...]

    def n_features(self, image: Image) -> int:
        """The length of a vector."""
        return image.n_channels + (len(image.shape) if self.spatial_weight else 0)

    def colors(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Convert colors, (n, channels)."""
        return as_lab(pixels) if self.color_space == "lab" else pixels

    def brightness(self, n_channels: int) -> NDArray[np.float64]:
        """The weights of the channels in what orders colors from dark to bright."""
        if self.color_space == "lab":
            return np.array([1.0, 0.0, 0.0])
        return np.array(LUMINANCE) if n_channels == 3 else np.ones(n_channels)

    def pixels(self, image: Image) -> NDArray[Any]:
        """One vector for each pixel that takes part: its color, then its weighted coordinates."""
        colors = self.colors(image.pixels())
        if self.spatial_weight == 0:
            return colors
        units = self.spatial_weight * np.array(self.spacing)
        is_small = colors.dtype != np.float64 and (units * image.shape).max() < _FLOAT32_SAFE
        dtype = np.float32 if is_small else np.float64
        vectors = np.empty((len(colors), colors.shape[1] + len(units)), dtype)
        vectors[:, : colors.shape[1]] = colors
        for axis, (unit, length) in enumerate(zip(units, image.shape, strict=True)):
            column = unit * np.arange(length).reshape([-1 if a == axis else 1 for a in range(len(units))])
            coordinates = np.broadcast_to(column, image.shape)
            inside = coordinates.ravel() if image.mask is None else coordinates[image.mask]
            vectors[:, colors.shape[1] + axis] = inside
        return vectors


@dataclass(frozen=True, eq=False)
class Features:
    """Vectors with their weights, and the colors or pixels that they stand for."""

    vectors: NDArray[Any]
    """(n, features): the channels of a color, then the weighted coordinates of a pixel."""
    weights: NDArray[np.float64]
    """(n,), or (0,) where each counts once."""
    brightness: NDArray[np.float64]
    """(channels,), the weights of the channels in what orders centers from dark to bright."""
    colors: NDArray[Any] | None = None
    """(n, channels), the distinct colors, where each has one vector."""
    are_pixels: bool = False
    """Whether there is a vector for each pixel that takes part, in raster order."""


def as_feature_space(
    color_space: ColorSpace = "given", spatial_weight: float = 0.0, spacing: Spacing = None, ndim: int = 1
) -> FeatureSpace:
    """Parse how a pixel becomes a vector."""
    known = as_choice("color_space", color_space, get_args(ColorSpace))
    weight = as_number("spatial_weight", spatial_weight, least=0.0)
    return FeatureSpace(known, weight, as_spacing(spacing, ndim))


def as_weights(weights: Weights, image: Image) -> NDArray[np.float64] | None:
    """Parse how much each pixel counts; what is masked weighs 0."""
    if weights is None:
        return None
    array = as_filled("weights", weights, "biuf", "real numbers")
    if array.shape != image.shape:
        raise ValueError(f"weights have shape {array.shape}; expected the image's spatial shape {image.shape}")
    inside = (array if image.mask is None else array[image.mask]).astype(np.float64).ravel()
    if not (np.isfinite(inside).all() and (inside >= 0).all()):
        raise ValueError("weights are not all finite and >= 0 where pixels take part; mask those pixels")
    check_sizes("weights", inside)
    if inside.size and not inside.any():
        raise ValueError("weights are 0 wherever pixels take part; expected some > 0")
    return inside


def image_features(image: Image, weights: NDArray[np.float64] | None, space: FeatureSpace) -> Features:
    """Take the distinct values of an image with their counts, or its pixels where position or weights count, too.

    The weights are those of the pixels that take part, in raster order.
    """
    pixels, brightness = image.pixels(), space.brightness(image.n_channels)
    if space.spatial_weight == 0 and image.n_channels == 1:
        levels, sums = value_histogram(space.colors(pixels)[:, 0], weights)
        return Features(levels[:, np.newaxis], sums.astype(np.float64), brightness)
    if space.spatial_weight == 0 and weights is None and are_packable(pixels):
        colors, counts = distinct_colors(pixels)
        return Features(space.colors(colors), counts, brightness, colors=colors)
    vectors = space.pixels(image)
    if weights is None:
        return Features(vectors, np.empty(0), brightness, are_pixels=True)
    weigh = weights > 0
    if weigh.all():
        return Features(vectors, weights, brightness, are_pixels=True)
    return Features(vectors[weigh], weights[weigh], brightness)


def histogram_features(histogram: PixelHistogram, space: FeatureSpace) -> Features:
    """Take the distinct values of one image or several."""
    vectors = space.colors(histogram.values)
    return Features(vectors, histogram.counts.astype(np.float64), space.brightness(vectors.shape[1]))


def paint_features(image: Image, centers: NDArray[np.float64], space: FeatureSpace, features: Features) -> Labels:
    """Give each pixel the number of the center nearest to its vector, of which `features` has what was found."""
    if features.are_pixels:
        return image.scatter(nearest(features.vectors, centers))
    if features.colors is not None and have_table(pixels := image.pixels()):
        return image.scatter(paint_colors(pixels, features.colors, nearest(features.vectors, centers)))
    return paint_nearest(image, centers, space)


def paint_nearest(
    image: Image, centers: NDArray[np.float64], space: FeatureSpace, colors: NDArray[Any] | None = None
) -> Labels:
    """Give each pixel the number of the center nearest to its vector; `colors` are the distinct ones, if known."""
    pixels = image.pixels()
    if space.spatial_weight == 0 and have_table(pixels):
        if colors is None and space.color_space == "lab":  # 18 times as fast for a photograph as to convert pixels
            colors = present_colors(pixels)
        if colors is not None:
            return image.scatter(paint_colors(pixels, colors, nearest(space.colors(colors), centers)))
    return image.scatter(nearest(space.pixels(image), centers))
