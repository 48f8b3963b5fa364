"""The work of superpixels, and of the colors that they compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from skimage import color, segmentation

from benchmarks.images import photograph, volume
from benchmarks.speed.measure import Case, Peer
from classicseg import etps_segment, rgb_to_lab, set_workers, slic_segment, snic_segment

_SEGMENTS = 400
_SPACING = 3, 1, 1


def cases() -> Iterator[Callable[[], Case]]:
    """Each case makes its images when it is called for."""
    yield _lab
    yield _slic
    yield _slic_volume
    yield _etps
    yield _snic


def _on_one_thread(function: Callable[..., Any], *args: Any, **options: Any) -> Callable[[], object]:
    """A call of ours, or of OpenCV's, that computes with one thread."""

    def call() -> object:
        import cv2

        before = cv2.getNumThreads()
        cv2.setNumThreads(1)
        try:
            with set_workers(1):
                return function(*args, **options)
        finally:
            cv2.setNumThreads(before)

    return call


def _lab() -> Case:
    image = photograph()

    def by_opencv() -> object:
        import cv2

        return cv2.cvtColor(image, cv2.COLOR_RGB2LAB)

    def note() -> str:
        exact = color.rgb2lab(image.astype(np.float64) / 255)
        return f"largest error {np.abs(rgb_to_lab(image) - exact).max():.1e}; OpenCV's result is of 8 bits"

    return Case(
        "L*a*b*, uint8, 0.8 Mpx, one thread",
        _on_one_thread(rgb_to_lab, image),
        [Peer("OpenCV", _on_one_thread(by_opencv), 0.67), Peer("scikit-image", partial(color.rgb2lab, image), 20)],
        note,
    )


def _slic() -> Case:
    image = photograph()

    def by_opencv() -> Any:
        import cv2

        side = round((image.shape[0] * image.shape[1] / _SEGMENTS) ** 0.5)
        made = cv2.ximgproc.createSuperpixelSLIC(
            cv2.cvtColor(image, cv2.COLOR_RGB2LAB), cv2.ximgproc.SLIC, side, 10.0
        )
        made.iterate(10)
        made.enforceLabelConnectivity(25)
        return made.getLabels()

    def by_fast_slic() -> Any:
        from fast_slic.avx2 import SlicAvx2

        return SlicAvx2(num_components=_SEGMENTS, compactness=10, num_threads=1).iterate(image, 10)

    def by_scikit_image() -> Any:
        return segmentation.slic(image, _SEGMENTS, compactness=10, max_num_iter=10)

    def note() -> str:
        ours, *theirs = (len(np.unique(call())) for call in (ours_alone, by_scikit_image, by_opencv, by_fast_slic))
        return f"{ours} superpixels; theirs {theirs[0]}, {theirs[1]} and {theirs[2]}"

    ours_alone = _on_one_thread(slic_segment, image, n_segments=_SEGMENTS, compactness=10)
    return Case(
        f"SLIC, {_SEGMENTS} of 0.8 Mpx, RGB, 10 rounds, L*a*b* included, one thread",
        ours_alone,
        [
            Peer("scikit-image", by_scikit_image, 15),
            Peer("OpenCV", _on_one_thread(by_opencv), 8),
            Peer("fast-slic", by_fast_slic, 1.1),
        ],
        note,
        most=16 * image.shape[0] * image.shape[1] / 1e6,
    )


def _slic_volume() -> Case:
    image, n = volume(), 2000
    side = (image.size * np.prod(_SPACING) / n) ** (1 / 3)

    def by_simpleitk() -> object:
        import SimpleITK

        given = SimpleITK.GetImageFromArray(image)
        given.SetSpacing([float(length) for length in _SPACING[::-1]])
        grid = [round(side / length) for length in _SPACING[::-1]]
        return SimpleITK.SLIC(
            given, superGridSize=grid, maximumNumberOfIterations=10, initializationPerturbation=False
        )

    def by_scikit_image() -> object:
        return segmentation.slic(image, n, 0.1, max_num_iter=10, spacing=_SPACING, channel_axis=None)

    return Case(
        f"SLIC, {n} of 256³, float32, spacing {_SPACING}, 10 rounds",
        partial(slic_segment, image, n_segments=n, channel_axis=None, spacing=_SPACING),
        [Peer("scikit-image", by_scikit_image, 10), Peer("SimpleITK", by_simpleitk, 3)],
    )


def _etps() -> Case:
    image = photograph()
    height, width = image.shape[:2]

    def by_opencv() -> Any:
        import cv2

        made = cv2.ximgproc.createSuperpixelSEEDS(width, height, 3, _SEGMENTS, 4)
        made.iterate(cv2.cvtColor(image, cv2.COLOR_RGB2LAB), 10)
        return made

    def note() -> str:
        ours = len(np.unique(etps_segment(image, n_segments=_SEGMENTS)))
        return f"{ours} superpixels; SEEDS finds {by_opencv().getNumberOfSuperpixels()}"

    return Case(
        f"ETPS, {_SEGMENTS} of 0.8 Mpx, RGB, L*a*b* included; the peer is SEEDS",
        partial(etps_segment, image, n_segments=_SEGMENTS),
        [Peer("OpenCV", by_opencv, 0.67)],
        note,
    )


def _snic() -> Case:
    image = photograph()
    return Case(
        f"SNIC, {_SEGMENTS} of 0.8 Mpx, RGB, L*a*b* included; the peer is our SLIC",
        partial(snic_segment, image, n_segments=_SEGMENTS),
        [Peer("classicseg", partial(slic_segment, image, n_segments=_SEGMENTS), 0.33)],
    )
