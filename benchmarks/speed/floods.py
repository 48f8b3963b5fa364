"""The work of floods: the watershed from markers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage import segmentation

from benchmarks.images import grey
from benchmarks.speed.measure import Case, Peer
from classicseg import gradient_magnitude, watershed_segment

_STEP = 30


def cases() -> Iterator[Callable[[], Case]]:
    """Each case makes its images when it is called for."""
    yield partial(_watershed, (775, 1030))
    yield partial(_watershed, (3000, 4000))
    yield _watershed_of_floats


def _gradient(shape: tuple[int, int]) -> NDArray[np.float32]:
    return np.ascontiguousarray(gradient_magnitude(grey())[: shape[0], : shape[1]])


def _markers(shape: tuple[int, int]) -> NDArray[np.int32]:
    """Single pixels on a grid."""
    markers = np.zeros(shape, np.int32)
    grid = markers[_STEP // 2 :: _STEP, _STEP // 2 :: _STEP]
    grid[:] = np.arange(1, grid.size + 1).reshape(grid.shape)
    return markers


def _by_diplib(levels: NDArray[Any], markers: NDArray[np.int32]) -> object:
    import diplib

    seeds = diplib.Image(markers.astype(np.uint32))
    return diplib.SeededWatershed(diplib.Image(levels), seeds, None, 1, -1, 0, {"labels", "no gaps"})


def _watershed(shape: tuple[int, int]) -> Case:
    """Half levels of the gradient, and more, in 8 bits."""
    levels = np.clip(np.rint(2 * _gradient(shape)), 0, 255).astype(np.uint8)
    markers = _markers(shape)

    def by_opencv() -> object:
        import cv2

        return cv2.watershed(cv2.merge([levels] * 3), markers.copy())

    def note() -> str:
        ours = watershed_segment(levels, markers=markers, surface="image")
        theirs = segmentation.watershed(levels, markers)
        return f"{np.mean(ours != theirs):.1%} of pixels differ from scikit-image's, at ties"

    return Case(
        f"watershed, uint8, {levels.size / 1e6:.1f} Mpx, markers on a grid of 30 pixels",
        partial(watershed_segment, levels, markers=markers, surface="image"),
        [
            Peer("OpenCV", by_opencv, 1),
            Peer("scikit-image", partial(segmentation.watershed, levels, markers), 5),
            Peer("DIPlib", partial(_by_diplib, levels, markers), 5),
        ],
        note,
        most=(6 + 4) * levels.size / 1e6,
    )


def _watershed_of_floats() -> Case:
    levels = _gradient((3000, 4000))
    markers = _markers(levels.shape)
    return Case(
        "watershed, float32, 12.0 Mpx, markers on a grid of 30 pixels",
        partial(watershed_segment, levels, markers=markers, surface="image"),
        [
            Peer("scikit-image", partial(segmentation.watershed, levels, markers), 2),
            Peer("DIPlib", partial(_by_diplib, levels, markers), 2),
        ],
    )
