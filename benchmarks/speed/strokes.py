"""The work of strokes: random walkers and geodesic distances from a few marked pixels, and contours that move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.images import grey, volume
from benchmarks.speed.measure import Case, Peer
from classicseg import chan_vese_segment, geodesic_distance, random_walker_probabilities
from classicseg.level_sets.starts import grid_of_squares

_BETA = 130
"""scikit-image's, which takes images from 0 to 1, and divides it by 10 times their standard deviation."""


def cases() -> Iterator[Callable[[], Case]]:
    """Each case makes its images when it is called for."""
    yield partial(_walker, "1.0 Mpx, 2 labels", _photograph)
    yield partial(_walker, "128^3, 3 labels", _bodies)
    yield _distance
    yield _distance_in_volume
    yield _chan_vese


def _photograph() -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """1 Mpx of the photograph, from 0 to 1, with a stroke in its middle and one along its top."""
    image, strokes = grey()[800:1800, 1500:2548] / 255, np.zeros((1000, 1048), np.int32)
    strokes[480:520, 500:510], strokes[20:24, 50:950] = 1, 2
    return image, strokes


def _bodies() -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    image = volume()[:128, :128, :128].astype(np.float64)
    image = (image - image.min()) / np.ptp(image)
    strokes = np.zeros(image.shape, np.int32)
    for label, place in enumerate((20, 64, 100), start=1):
        strokes[place : place + 4, place : place + 20, place : place + 4] = label
    return image, strokes


def _walker(size: str, make: Callable[[], tuple[NDArray[np.float64], NDArray[np.int32]]]) -> Case:
    from skimage.segmentation import random_walker

    image, strokes = make()
    beta = _BETA / (10 * image.std())
    ours = partial(random_walker_probabilities, image, strokes=strokes, beta=beta, channel_axis=None)
    theirs = partial(random_walker, image, strokes, beta=_BETA, return_full_prob=True)
    peers = [
        Peer("scikit-image, cg_j, tol 1e-5", partial(theirs, mode="cg_j", tol=1e-5), 12),
        Peer("scikit-image, cg_mg, tol 1e-5", partial(theirs, mode="cg_mg", tol=1e-5), 4),
    ]
    most = 4 * np.unique(strokes[strokes > 0]).size * image.size / 1e6 + 100 * image.size / 1e6
    return Case(f"random walker, float64, {size}", ours, peers, partial(_apart, ours, peers[1].call), most=most)


def _apart(ours: Callable[[], Any], theirs: Callable[[], Any]) -> str:
    """How far apart two probabilities are."""
    apart = np.abs(np.moveaxis(ours(), -1, 0) - theirs())
    return f"probabilities {apart.max():.1e} apart at most, {apart.mean():.1e} in the mean"


def _distance() -> Case:
    image = np.ascontiguousarray(grey()[:2048, :2048]).astype(np.float32)
    start = (700, 700)
    ours = partial(geodesic_distance, image, strokes=[start])
    return Case(
        "geodesic distance, float32, 4.2 Mpx",
        ours,
        [Peer("scikit-fmm", partial(_travel_time, image, start, (1.0, 1.0)), 2)],
    )


def _distance_in_volume() -> Case:
    image, start, spacing = volume(), (128, 128, 128), (2.0, 1.0, 1.0)
    ours = partial(geodesic_distance, image, strokes=[start], channel_axis=None, spacing=spacing)
    return Case(
        "geodesic distance, float32, 256^3, spacing (2, 1, 1)",
        ours,
        [Peer("SimpleITK", partial(_fast_marching, image, start, spacing), 3)],
    )


def _speed(image: NDArray[np.float32], spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """One by the slowness, of central differences."""
    gradient = np.gradient(image.astype(np.float64), *spacing)
    return 1 / np.sqrt(1 + (50 / image.std()) ** 2 * sum(part * part for part in gradient))


def _travel_time(image: NDArray[np.float32], start: tuple[int, ...], spacing: tuple[float, ...]) -> Any:
    import skfmm

    phi = np.ones(image.shape)
    phi[start] = -1
    return skfmm.travel_time(phi, _speed(image, spacing), dx=list(spacing), order=1)


def _fast_marching(image: NDArray[np.float32], start: tuple[int, ...], spacing: tuple[float, ...]) -> Any:
    import SimpleITK

    speed = SimpleITK.GetImageFromArray(_speed(image, spacing).astype(np.float32))
    speed.SetSpacing(spacing[::-1])
    marching = SimpleITK.FastMarchingImageFilter()
    marching.AddTrialPoint([int(index) for index in start[::-1]])
    marching.SetStoppingValue(1e30)
    return SimpleITK.GetArrayFromImage(marching.Execute(speed))


def _chan_vese() -> Case:
    from skimage.segmentation import morphological_chan_vese

    image = np.ascontiguousarray(grey()[800:1800, 1500:2548])
    start = grid_of_squares(image.shape)
    ours = partial(chan_vese_segment, image, init=start)
    theirs = partial(morphological_chan_vese, image.astype(np.float64), 200, start.astype(np.int8))

    def note() -> str:
        steps = next(n for n in range(1, 201) if (ours(max_iter=n) == ours()).all())
        differ = np.mean((ours() == 1) != (theirs() > 0))
        return f"{differ:.2%} of the pixels differ; nothing changes after step {steps}; the peer goes on"

    return Case("Chan-Vese, uint8, 1.0 Mpx, up to 200 steps", ours, [Peer("scikit-image", theirs, 20)], note)
