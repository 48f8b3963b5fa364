"""The work of mean shift, on a photograph of 0.15 megapixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray
from skimage import data

from benchmarks.speed.measure import Case, Peer
from classicseg import mean_shift_segment

_SPATIAL, _RANGE = 8.0, 20.0
"""Radii in pixels, and in units of uint8 colors."""
_SIDE = 120
"""scikit-learn's takes minutes for a photograph: it gets a part of so many pixels a side."""


def cases() -> Iterator[Callable[[], Case]]:
    """Each case makes its images when it is called for."""
    yield _photograph
    yield _part


def photograph() -> NDArray[np.uint8]:
    """321 × 481 pixels, as those of BSDS500."""
    return np.ascontiguousarray(data.astronaut()[:321, :481])


def opencv_regions(image: NDArray[np.uint8], spatial: float, ranged: float) -> NDArray[np.int32]:
    """Filtered by the pyramid, and filled from one pixel after the other, as its documentation says."""
    import cv2

    filtered = cv2.pyrMeanShiftFiltering(image, spatial, ranged)
    labels = np.zeros((image.shape[0] + 2, image.shape[1] + 2), np.uint8)
    found, number, step = np.zeros(image.shape[:2], np.int32), 0, (2, 2, 2)
    for y, x in np.ndindex(found.shape):
        if found[y, x] == 0:
            number += 1
            _, _, _, (left, top, width, height) = cv2.floodFill(
                filtered, labels, (x, y), 0, step, step, 4 | 1 << 8 | cv2.FLOODFILL_MASK_ONLY
            )
            box = labels[1 + top : 1 + top + height, 1 + left : 1 + left + width]
            found[top : top + height, left : left + width][box == 1] = number
            box[box == 1] = 2
    return found


def sklearn_clusters(image: NDArray[np.uint8], spatial: float, ranged: float) -> NDArray[np.int64]:
    """Clusters of places and colors, each in units of its radius, by bins of seeds (`bin_seeding`)."""
    from sklearn.cluster import MeanShift

    places = np.indices(image.shape[:2]).reshape(2, -1).T / spatial
    points = np.concatenate([places, image.reshape(-1, 3) / ranged], axis=1)
    return MeanShift(bandwidth=1.0, bin_seeding=True).fit_predict(points).reshape(image.shape[:2])


def _photograph() -> Case:
    image = photograph()
    ours = partial(
        mean_shift_segment, image, spatial_radius=_SPATIAL, range_radius=_RANGE, color_space="given", min_area=1
    )
    return Case(
        "mean shift, uint8 color, 0.15 Mpx",
        ours,
        [Peer("OpenCV, pyramid and floods", partial(opencv_regions, image, _SPATIAL, _RANGE), 1)],
    )


def _part() -> Case:
    part = np.ascontiguousarray(photograph()[:_SIDE, :_SIDE])
    ours = partial(mean_shift_segment, part, spatial_radius=_SPATIAL, range_radius=_RANGE, color_space="given")
    theirs = partial(sklearn_clusters, part, _SPATIAL, _RANGE)
    return Case(f"mean shift, uint8 color, {_SIDE}^2", ours, [Peer("scikit-learn, bin_seeding", theirs, 100)])
