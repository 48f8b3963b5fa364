"""The work of cleaning objects: holes, small ones, the border, distances, growth."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import morphology, segmentation

from benchmarks.images import SHAPE
from benchmarks.speed.measure import Case, Peer
from classicseg import (
    clear_border,
    connected_regions,
    distance_map,
    expand_labels,
    fill_holes,
    remove_small_regions,
)

_SMALL = 200
"""Pixels."""


def cases() -> Iterator[Callable[[], Case]]:
    """Each case makes its objects when it is called for."""
    for size, make, times in (("12.0 Mpx", blobs, (12, 6, 4, 10, 10)), ("256^3", bodies, (5, 5, 5, 5, 5))):
        yield partial(_fill, size, make, times[0])
        yield partial(_remove, size, make, times[1])
        yield partial(_clear_mask, size, make, times[2])
        yield partial(_clear_labels, size, make, times[3])
        yield partial(_expand, size, make, times[4])
        yield partial(_distances, size, make, None)
        yield partial(_distances, size, make, 2.5)


@functools.cache
def blobs() -> NDArray[np.bool_]:
    """12 Mpx, round objects of some tens of pixels with ragged outlines, a quarter of the image."""
    return _bright_quarter(SHAPE, 8)


@functools.cache
def bodies() -> NDArray[np.bool_]:
    """256 x 256 x 256, the same."""
    return _bright_quarter((256, 256, 256), 4)


def _bright_quarter(shape: tuple[int, ...], sigma: float) -> NDArray[np.bool_]:
    rng = np.random.default_rng(3)
    values = ndimage.gaussian_filter(rng.random(shape, dtype=np.float32), sigma)
    values += 0.05 * values.std() * rng.random(shape, dtype=np.float32)
    return values > np.quantile(values[::3, ::3], 0.75)


def _same(ours: Callable[[], Any], theirs: Callable[[], Any]) -> str:
    return f"differ in {np.count_nonzero(ours() != theirs())} pixels"


def _case(work: str, ours: Callable[[], Any], name: str, theirs: Callable[[], Any], least: float) -> Case:
    return Case(work, ours, [Peer(name, theirs, least)], partial(_same, ours, theirs))


def _fill(size: str, make: Callable[[], NDArray[np.bool_]], least: float) -> Case:
    mask = make()
    theirs = partial(ndimage.binary_fill_holes, mask)
    return _case(f"fill_holes of a mask, {size}", partial(fill_holes, mask), "SciPy", theirs, least)


def _remove(size: str, make: Callable[[], NDArray[np.bool_]], least: float) -> Case:
    mask = make()
    ours = partial(remove_small_regions, mask, min_area=_SMALL + 1)
    theirs = partial(morphology.remove_small_objects, mask, max_size=_SMALL)
    return _case(f"remove_small_regions of a mask, {size}", ours, "scikit-image", theirs, least)


def _clear_mask(size: str, make: Callable[[], NDArray[np.bool_]], least: float) -> Case:
    mask = make()
    theirs = partial(segmentation.clear_border, mask)
    connected = partial(clear_border, mask, connectivity=mask.ndim)
    return _case(f"clear_border of a mask, {size}", connected, "scikit-image", theirs, least)


def _clear_labels(size: str, make: Callable[[], NDArray[np.bool_]], least: float) -> Case:
    labels = connected_regions(make())
    theirs = partial(segmentation.clear_border, labels)
    return _case(f"clear_border of labels, {size}", partial(clear_border, labels), "scikit-image", theirs, least)


def _expand(size: str, make: Callable[[], NDArray[np.bool_]], least: float) -> Case:
    """Their labels differ at ties only."""
    labels = connected_regions(make())
    ours = partial(expand_labels, labels, distance=5)
    theirs = partial(segmentation.expand_labels, labels, distance=5)
    return _case(f"expand_labels by 5, {size}", ours, "scikit-image", theirs, least)


def _distances(size: str, make: Callable[[], NDArray[np.bool_]], first: float | None) -> Case:
    mask = make()
    spacing = [1.0] * mask.ndim if first is None else [first, *[0.7] * (mask.ndim - 1)]
    ours = partial(distance_map, mask, spacing=spacing)
    scipys = partial(ndimage.distance_transform_edt, mask, sampling=spacing)

    def by_edt() -> Any:
        import edt

        return edt.edt(mask, anisotropy=spacing, parallel=2)

    def note() -> str:
        return f"largest difference {np.abs(ours() - scipys()).max():.1g}"

    words = "" if first is None else ", spacing"
    return Case(f"distances{words}, {size}", ours, [Peer("SciPy", scipys, 12), Peer("edt", by_edt, 2)], note)
