"""The work on gradients and edges."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage import feature, filters

from benchmarks.images import floats, grey, volume
from benchmarks.speed.measure import Case, Peer
from classicseg import canny_edges, gradient_magnitude
from classicseg._core.bands import run_bands

_LOW, _HIGH = 3.0, 8.0


def cases() -> Iterator[Callable[[], Case]]:
    """Each case makes its images when it is called for."""
    yield _sobel
    yield _sobel_of_bytes
    yield _canny_by_sectors
    yield _canny
    yield _canny_in_volume


def _sobel_by_opencv(image: NDArray[Any]) -> NDArray[np.float32]:
    import cv2

    values = image.astype(np.float32, copy=False)
    return cv2.magnitude(cv2.Sobel(values, cv2.CV_32F, 1, 0), cv2.Sobel(values, cv2.CV_32F, 0, 1))


def _sobel() -> Case:
    image = floats()
    warm = np.zeros_like(image)

    def copy(out: NDArray[np.float32]) -> None:
        run_bands(lambda start, stop: np.copyto(out[start:stop], image[start:stop]), len(image), image[0].size)

    return Case(
        "Sobel's magnitude, float32",
        partial(gradient_magnitude, image),
        [
            Peer("OpenCV", partial(_sobel_by_opencv, image), 3),
            Peer("scikit-image", partial(filters.sobel, image), 12),
            Peer("a copy, in bands, to fresh memory", lambda: copy(np.empty_like(image)), 1 / 2),
            Peer("a copy, in bands, to memory in use", lambda: copy(warm), 1 / 2),
        ],
    )


def _sobel_of_bytes() -> Case:
    image = grey()
    return Case(
        "Sobel's magnitude, uint8",
        partial(gradient_magnitude, image),
        [Peer("OpenCV, by way of float32", partial(_sobel_by_opencv, image), 4)],
    )


def _canny_by_sectors() -> Case:
    image = grey()
    ours = partial(canny_edges, image, sigma=0, low=10, high=25, suppression="sector")

    def by_opencv() -> NDArray[np.uint8]:
        import cv2

        return cv2.Canny(image, 80, 200, L2gradient=True)

    def note() -> str:
        one, other = ours(), by_opencv() > 0
        return f"{np.sum(one != other)} of {np.sum(one | other)} edge pixels differ, at ties"

    return Case("Canny, uint8, sigma 0, four directions", ours, [Peer("OpenCV", by_opencv, 2)], note)


def _canny() -> Case:
    image = floats()

    def by_simple_itk() -> object:
        import SimpleITK

        return SimpleITK.CannyEdgeDetection(SimpleITK.GetImageFromArray(image), _LOW, _HIGH, [1, 1])

    return Case(
        "Canny, float32, sigma 1",
        partial(canny_edges, image, low=_LOW, high=_HIGH),
        [
            Peer("scikit-image", partial(feature.canny, image, 1, 8 * _LOW, 8 * _HIGH), 20),
            Peer("SimpleITK", by_simple_itk, 15),
        ],
        most=6 * 12 + 12,
    )


def _canny_in_volume() -> Case:
    image = volume()

    def by_simple_itk() -> object:
        import SimpleITK

        return SimpleITK.CannyEdgeDetection(SimpleITK.GetImageFromArray(image), _LOW, _HIGH, [1, 1, 1])

    def by_diplib() -> object:
        import diplib

        return diplib.Canny(image, [1.0], 0.5, 0.9)

    return Case(
        "Canny, float32, 256 x 256 x 256, sigma 1",
        partial(canny_edges, image, low=_LOW, high=_HIGH, channel_axis=None),
        [Peer("SimpleITK", by_simple_itk, 5), Peer("DIPlib", by_diplib, 5)],
        lambda: "DIPlib takes quantiles in place of thresholds",
    )
