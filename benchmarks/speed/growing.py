"""The work of growing: regions from seeds, by each criterion, and connected components."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import segmentation

from benchmarks.images import floats, grey, volume
from benchmarks.speed.heap import seeded_region_growing
from benchmarks.speed.measure import Case, Peer
from classicseg import connected_regions, kmeans_segment, otsu_threshold, region_growing_segment

_SEED = (500, 500)
_CENTER = (128, 128, 128)


def cases() -> Iterator[Callable[[], Case]]:
    """Each case makes its images when it is called for."""
    yield _by_seed
    yield _by_seed_in_volume
    yield _by_neighbor
    yield partial(_confidence, "12.0 Mpx", floats, (300, 3900))
    yield partial(_confidence, "256^3", volume, _CENTER)
    yield _competition
    yield partial(_components, "12.0 Mpx, Otsu's classes", _two_classes, 1)
    yield partial(_components, "12.0 Mpx, Otsu's classes", _two_classes, 2)
    yield partial(_components, "12.0 Mpx, 8 classes", _eight_classes, 1)
    yield partial(_components, "12.0 Mpx, 8 classes", _eight_classes, 2)
    yield partial(_components, "256^3, Otsu's classes", _bodies, 1)
    yield partial(_components, "256^3, Otsu's classes", _bodies, 3)
    yield partial(_components, "256^3, 8 classes", _classes_of_volume, 1)
    yield partial(_components, "256^3, 8 classes", _classes_of_volume, 3)


def _by_seed() -> Case:
    """A region over about half of the photograph."""
    image, tolerance = grey(), 70
    ours = partial(region_growing_segment, image, seeds=_SEED, tolerance=tolerance)
    opencv = partial(_flood_by_opencv, image, tolerance, fixed=True)
    low, high = int(image[_SEED]) - tolerance, int(image[_SEED]) + tolerance
    peers = [
        Peer("OpenCV", opencv, 1),
        Peer("scikit-image", partial(segmentation.flood, image, _SEED, tolerance=tolerance, connectivity=1), 5),
        Peer("SimpleITK", partial(_connected_threshold, "grey", _SEED, low, high), 5),
    ]
    return Case("region growing by seed, uint8, 12.0 Mpx", ours, peers, partial(_same, ours, opencv), most=24 + 48)


def _by_seed_in_volume() -> Case:
    image, tolerance = volume(), np.float32(20)
    low, high = float(image[_CENTER] - tolerance), float(image[_CENTER] + tolerance)
    ours = partial(region_growing_segment, image, seeds=_CENTER, tolerance=tolerance, channel_axis=None)
    theirs = partial(segmentation.flood, image, _CENTER, tolerance=tolerance, connectivity=1)
    peers = [
        Peer("scikit-image", theirs, 5),
        Peer("SimpleITK", partial(_connected_threshold, "volume", _CENTER, low, high), 5),
    ]
    return Case("region growing by seed, float32, 256^3", ours, peers, partial(_same, ours, theirs))


def _by_neighbor() -> Case:
    image, tolerance = grey(), 4
    ours = partial(region_growing_segment, image, seeds=_SEED, criterion="neighbor", tolerance=tolerance)
    opencv = partial(_flood_by_opencv, image, tolerance, fixed=False)
    work = "region growing by neighbor, uint8, 12.0 Mpx"
    return Case(work, ours, [Peer("OpenCV", opencv, 1)], partial(_same, ours, opencv), most=24 + 48)


def _confidence(size: str, make: Callable[[], NDArray[np.float32]], seed: tuple[int, ...]) -> Case:
    image = make()
    options = {"multiplier": 3, "max_iter": 4, "initial_radius": 1}
    ours = partial(region_growing_segment, image, seeds=seed, criterion="confidence", channel_axis=None, **options)

    def theirs() -> Any:
        import SimpleITK

        return SimpleITK.ConfidenceConnected(_in_simpleitk(make.__name__), [seed[::-1]], 4, 3, 1, 1)

    def note() -> str:
        import SimpleITK

        mine, other = ours() > 0, SimpleITK.GetArrayFromImage(theirs()) > 0
        return f"{mine.mean():.0%} of the pixels; {(mine == other).mean():.3%} are SimpleITK's"

    return Case(f"region growing by confidence, float32, {size}", ours, [Peer("SimpleITK", theirs, 3)], note)


def _competition() -> Case:
    """50 markers, anywhere."""
    image = np.ascontiguousarray(grey()[:775, :1030])
    markers = np.zeros(image.shape, np.int32)
    places = np.random.default_rng(3).choice(image.size, 50, replace=False)
    markers.reshape(-1)[places] = np.arange(1, 51)
    ours = partial(region_growing_segment, image, seeds=markers, criterion="competition")
    theirs = partial(seeded_region_growing, image, markers)

    def note() -> str:
        return f"{np.mean(ours() != theirs()):.1%} of the pixels differ"

    work = "region growing by competition, uint8, 0.8 Mpx, 50 seeds"
    return Case(work, ours, [Peer("a heap in numba", theirs, 1.5)], note)


def _components(work: str, make: Callable[[], NDArray[Any]], connectivity: int) -> Case:
    labels = make()
    n_neighbors = {(2, 1): 4, (2, 2): 8, (3, 1): 6, (3, 3): 26}[labels.ndim, connectivity]

    def by_cc3d() -> Any:
        import cc3d

        return cc3d.connected_components(labels, connectivity=n_neighbors)

    structure = ndimage.generate_binary_structure(labels.ndim, connectivity)
    peers = [Peer("cc3d", by_cc3d, 1)]
    if labels.dtype == np.bool_:
        peers.append(Peer("SciPy", partial(ndimage.label, labels, structure), 2))

    def note() -> str:
        ours = int(connected_regions(labels, connectivity=connectivity).max())
        assert ours == by_cc3d().max()
        return f"{ours} pieces in each"

    work = f"connected components, {work}, {n_neighbors} neighbors"
    return Case(work, partial(connected_regions, labels, connectivity=connectivity), peers, note)


@functools.cache
def _two_classes() -> NDArray[np.bool_]:
    return grey() > otsu_threshold(grey())


@functools.cache
def _eight_classes() -> NDArray[np.int32]:
    return kmeans_segment(grey(), n_clusters=8)


@functools.cache
def _smooth() -> NDArray[np.float32]:
    return ndimage.gaussian_filter(volume(), 1.0)


@functools.cache
def _bodies() -> NDArray[np.bool_]:
    return _smooth() > otsu_threshold(_smooth(), channel_axis=None)


@functools.cache
def _classes_of_volume() -> NDArray[np.int32]:
    return kmeans_segment(_smooth(), n_clusters=8, channel_axis=None)


def _flood_by_opencv(image: NDArray[np.uint8], tolerance: int, *, fixed: bool) -> NDArray[np.uint8]:
    """The mask with its border of one pixel cut off."""
    import cv2

    mask = np.zeros((image.shape[0] + 2, image.shape[1] + 2), np.uint8)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | (cv2.FLOODFILL_FIXED_RANGE if fixed else 0)
    cv2.floodFill(image, mask, _SEED[::-1], 0, tolerance, tolerance, flags)
    return mask[1:-1, 1:-1]


def _connected_threshold(name: str, seed: tuple[int, ...], low: float, high: float) -> Any:
    import SimpleITK

    return SimpleITK.ConnectedThreshold(_in_simpleitk(name), [seed[::-1]], low, high)


@functools.cache
def _in_simpleitk(name: str) -> Any:
    """An image as SimpleITK's own, whose making is not measured."""
    import SimpleITK

    return SimpleITK.GetImageFromArray({"grey": grey, "floats": floats, "volume": volume}[name]())


def _same(ours: Callable[[], NDArray[Any]], theirs: Callable[[], NDArray[Any]]) -> str:
    mine = ours() > 0
    assert np.array_equal(mine, theirs() > 0)
    return f"the same pixels, {mine.mean():.0%} of them"
