"""The images of the benchmarks: photographs that come with scikit-image, made as large as a camera's."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import data

SHAPE = 3000, 4000


@functools.cache
def few_colors() -> NDArray[np.uint8]:
    """12 Mpx, RGB, 113 thousand distinct colors: a photograph side by side with itself."""
    return np.ascontiguousarray(np.tile(data.astronaut(), (6, 8, 1))[: SHAPE[0], : SHAPE[1]])


@functools.cache
def many_colors() -> NDArray[np.uint8]:
    """12 Mpx, RGB, 1.3 million distinct colors: a photograph enlarged, with the noise of a sensor."""
    small = data.astronaut()
    zoom = [length / old for length, old in zip(SHAPE, small.shape[:2], strict=True)]
    channels = np.moveaxis(small, -1, 0).astype(np.float32)
    large = np.stack([ndimage.zoom(channel, zoom, order=3) for channel in channels], axis=-1)
    noise = np.random.default_rng(0).normal(0, 4, large.shape)
    return np.clip(np.rint(large + noise), 0, 255).astype(np.uint8)


@functools.cache
def photograph() -> NDArray[np.uint8]:
    """0.8 Mpx, RGB, as they come from a camera: scikit-image's coffee, cut and enlarged."""
    small = np.moveaxis(data.coffee()[:, :533], -1, 0).astype(np.float32)
    large = np.stack([ndimage.zoom(channel, (768 / 400, 1024 / 533), order=3) for channel in small], axis=-1)
    return np.clip(np.rint(large), 0, 255).astype(np.uint8)


def grey() -> NDArray[np.uint8]:
    """12 Mpx, 8 bits."""
    return np.ascontiguousarray(many_colors()[..., 1])


def floats() -> NDArray[np.float32]:
    """12 Mpx, float32."""
    return grey().astype(np.float32)


def deep() -> NDArray[np.uint16]:
    """12 Mpx, 16 bits, all 65 536 levels."""
    spread = np.random.default_rng(1).integers(0, 257, SHAPE)
    return np.clip(grey().astype(np.int64) * 256 + spread, 0, 65535).astype(np.uint16)


@functools.cache
def volume() -> NDArray[np.float32]:
    """256 x 256 x 256: smooth bodies with the noise of a scanner."""
    rng = np.random.default_rng(2)
    bodies = ndimage.zoom(rng.random((32, 32, 32)), 8, order=3)
    return (100 * (bodies + rng.normal(0, 0.05, bodies.shape))).astype(np.float32)
