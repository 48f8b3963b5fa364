"""The colors of labels: a label has the same color in every picture; 1 is blue, 2 orange, 3 green.

Hues follow the golden angle, which sets successive numbers far apart, and lightness takes turns between three
levels, which tells them apart for eyes that do not see every hue.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

ON_PICTURES = (0.84, 0.55, 0.70)
"""Lightness of the labels 3, 1, 2, and so on."""
ON_WHITE = (0.68, 0.46, 0.57)
"""The same for thin lines on paper, where light colors would be lost."""
ON_DARK = (0.90, 0.70, 0.72)
"""The same for thin lines on a darkened photograph, where blue would be lost."""

_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
_FIRST_HUE = math.radians(122.5)
_CHROMA = 0.17
_LAB_TO_CONES = np.array([[1, 0.3963378, 0.2158038], [1, -0.1055613, -0.0638542], [1, -0.0894842, -1.2914855]])
_CONES_TO_RGB = np.array(
    [
        [4.0767417, -3.3077116, 0.2309699],
        [-1.268438, 2.6097574, -0.3413194],
        [-0.0041961, -0.7034186, 1.7076147],
    ]
)


def label_colors(labels: ArrayLike, lightness: tuple[float, float, float] = ON_PICTURES) -> NDArray[np.float64]:
    """Give each label its color, red, green and blue from 0 to 1 along a new last axis, by OKLab [1]_.

    .. [1] Ottosson B. A perceptual color space for image processing, 2020.
    """
    array = np.asarray(labels)
    names, compact = np.unique(array, return_inverse=True)
    hue = _FIRST_HUE + names * _GOLDEN_ANGLE
    lab = np.stack([np.array(lightness)[names % 3], _CHROMA * np.cos(hue), _CHROMA * np.sin(hue)])
    cones = (_LAB_TO_CONES @ lab) ** 3
    linear = np.clip(_CONES_TO_RGB @ cones, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(encoded.T[compact.reshape(array.shape)])
