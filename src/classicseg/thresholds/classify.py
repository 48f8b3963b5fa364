"""Split an image into classes at ascending thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.types import Labels


def classify(image: Image, thresholds: NDArray[np.float64]) -> Labels:
    """Split at ascending thresholds T: class 1 is v < T[0], class i + 1 is T[i-1] <= v < T[i]; 0 takes no part."""
    values = image.values.reshape(-1)
    if not len(thresholds):
        return image.mask_array().astype(np.int32)
    labels = np.empty(values.shape, np.int32)
    run_bands(_classify, values.size, 1, values, thresholds, labels)
    if image.mask is not None:
        labels[~image.mask.ravel()] = 0
    return labels.reshape(image.shape)


def _classify_numpy(
    values: NDArray[Any], thresholds: NDArray[np.float64], labels: NDArray[np.int32], start: int, stop: int
) -> None:
    labels[start:stop] = 1 + np.searchsorted(thresholds, values[start:stop].astype(np.float64), side="right")


@kernel(numpy=_classify_numpy)
def _classify(
    values: NDArray[Any], thresholds: NDArray[np.float64], labels: NDArray[np.int32], start: int, stop: int
) -> None:
    """One pass for each threshold: straight loops, which are vectorized."""
    own, out = values[start:stop], labels[start:stop]
    for i in range(len(out)):
        out[i] = 1 + (own[i] >= thresholds[0])
    for k in range(1, len(thresholds)):
        for i in range(len(out)):
            out[i] += own[i] >= thresholds[k]
