"""Photographs as bad ones are: noisy, strongly compressed, or of half the size. A model learns from a few of them,
too, so that it finds boundaries there nearly as well."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.training_sets import Drawn

_SHARE = 0.5
"""How many samples are drawn of a bad photograph, beside a good one."""

_NOISE = 0.03, 0.10
"""The standard deviation, as a share of white, from least to most."""

_QUALITIES = 20, 45
"""Of JPEG."""


def degraded(drawn: Drawn, kind: int, rng: np.random.Generator) -> Drawn:
    """Return an image with what was drawn on it, made worse: of kind 0 noisy, 1 compressed, 2 of half the size."""
    image = drawn.image
    if kind == 2 and min(image.shape[:2]) > 1:
        return _halved(drawn)
    if kind == 1 and image.dtype == np.uint8:
        return drawn._replace(image=_compressed(image, int(rng.integers(*_QUALITIES))), share=_SHARE)
    white = np.iinfo(image.dtype).max if image.dtype.kind == "u" else 1
    noisy = image + rng.normal(0, rng.uniform(*_NOISE) * white, image.shape)
    return drawn._replace(image=_cast(np.clip(noisy, 0, white), image.dtype), share=_SHARE)


def _cast(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Numbers of an image of a dtype; whole numbers are rounded."""
    if dtype.kind == "b":
        return values > 0.5
    return (np.rint(values) if dtype.kind in "ui" else values).astype(dtype)


def _compressed(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """A JPEG of the image, read again."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[2:] == (1,) else image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file)).reshape(image.shape)


def _halved(drawn: Drawn) -> Drawn:
    """Means of 2 × 2 pixels; a boundary is where one of these was."""
    height, width = (length // 2 for length in drawn.image.shape[:2])

    def blocks(array: NDArray[Any]) -> NDArray[Any]:
        return array[: 2 * height, : 2 * width].reshape(height, 2, width, 2, *array.shape[2:])

    return Drawn(
        _cast(blocks(drawn.image).mean(axis=(1, 3)), drawn.image.dtype),
        [blocks(labels)[:, 0, :, 0].copy() for labels in drawn.segmentations],
        [np.asarray(blocks(lines).any(axis=(1, 3))) for lines in drawn.boundaries],
        _SHARE,
    )
