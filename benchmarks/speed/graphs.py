"""The work of merging pixels over the pairs of neighbors: Felzenszwalb's regions, and statistical merging."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage import segmentation

from benchmarks.images import few_colors
from benchmarks.speed.measure import Case, Peer
from classicseg import felzenszwalb_segment, srm_segment

_SHAPE = (768, 1024)


def cases() -> Iterator[Callable[[], Case]]:
    """Each case makes its image when it is called for."""
    yield partial(_felzenszwalb, 500, 100)
    yield partial(_felzenszwalb, 100, 20)
    yield _default_felzenszwalb
    yield _statistical


def _image() -> NDArray[np.uint8]:
    return np.ascontiguousarray(few_colors()[: _SHAPE[0], : _SHAPE[1]])


def _by_opencv(image: NDArray[np.uint8], scale: float, min_area: int) -> Any:
    import cv2

    return cv2.ximgproc.segmentation.createGraphSegmentation(0.8, scale, min_area).processImage(image)


def _peers(image: NDArray[np.uint8], scale: float, min_area: int) -> list[Peer]:
    theirs = partial(segmentation.felzenszwalb, image, scale=scale, sigma=0.8, min_size=min_area)
    return [Peer("OpenCV", partial(_by_opencv, image, scale, min_area), 4), Peer("scikit-image", theirs, 15)]


def _felzenszwalb(scale: float, min_area: int) -> Case:
    image = _image()
    ours = partial(felzenszwalb_segment, image, scale=scale, min_area=min_area, connectivity=2)
    peers = _peers(image, scale, min_area)

    def note() -> str:
        return f"regions: {ours().max()}, {peers[0].call().max() + 1}, {peers[1].call().max() + 1}"

    return Case(
        f"Felzenszwalb, scale {scale}, min_area {min_area}, RGB, uint8, 0.8 Mpx, 8 neighbors",
        ours,
        peers,
        note,
        most=36 * image[..., 0].size / 1e6 + 4,
    )


def _default_felzenszwalb() -> Case:
    image = _image()
    return Case(
        "Felzenszwalb, defaults (4 neighbors, scale 500 for the peers), RGB, uint8, 0.8 Mpx",
        partial(felzenszwalb_segment, image),
        _peers(image, 500, 786),
    )


def _statistical() -> Case:
    """No library that pip installs has it: beside scikit-image's Felzenszwalb, another merging of pixels."""
    image = _image()
    return Case(
        "statistical region merging, defaults, RGB, uint8, 0.8 Mpx",
        partial(srm_segment, image),
        [Peer("scikit-image (Felzenszwalb)", _peers(image, 500, 786)[1].call, 1)],
    )
