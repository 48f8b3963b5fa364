"""The work of measuring regions: tables of all that is known of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import zoom
from scipy.spatial import cKDTree
from skimage.measure import regionprops_table

from benchmarks.images import SHAPE, floats, volume
from benchmarks.speed.measure import Case, Peer
from classicseg import region_table
from classicseg.labeling.numbering import number_by_first_pixel

_THEIRS = [
    "label", "num_pixels", "area", "centroid", "bbox", "extent", "equivalent_diameter_area", "axis_major_length",
    "axis_minor_length", "inertia_tensor_eigvals", "euler_number", "area_convex", "solidity", "feret_diameter_max",
    "intensity_min", "intensity_max", "intensity_mean", "intensity_std", "intensity_median", "centroid_weighted",
]  # fmt: skip
"""What scikit-image has in the plane and in space."""

_IN_THE_PLANE = ["eccentricity", "orientation", "perimeter_crofton"]


def cases() -> Iterator[Callable[[], Case]]:
    """Each case makes its images when it is called for."""
    yield _in_the_plane
    yield _common
    yield _in_space


def _regions(shape: tuple[int, ...], n_regions: int, reach: float) -> NDArray[np.int32]:
    """Ragged cells around random points, no pixel of which is farther than `reach` times their mean distance."""
    rng = np.random.default_rng(3)
    coarse = [-(-length // 8) for length in shape]
    places = np.stack(np.indices(shape, np.float32), axis=-1)
    for axis in range(len(shape)):
        ragged = zoom(rng.normal(0, 4, coarse), 8, order=1).astype(np.float32)
        places[..., axis] += ragged[tuple(map(slice, shape))]
    points = rng.random((n_regions, len(shape))) * shape
    distances, nearest = cKDTree(points).query(places.reshape(-1, len(shape)))
    mean = (np.prod(shape) / n_regions) ** (1 / len(shape))
    labels = np.where(distances < reach * mean, nearest + 1, 0).astype(np.int32)
    return number_by_first_pixel(labels.reshape(shape))


def _quartiles(region: NDArray[np.bool_], values: NDArray[Any]) -> NDArray[np.float64]:
    return np.percentile(values[region], [5, 25, 75, 95])


def _by_scikit_image(labels: NDArray[np.int32], image: NDArray[Any], names: list[str]) -> dict[str, NDArray[Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of hulls that it cannot make
        return regionprops_table(labels, image, properties=names, extra_properties=[_quartiles])


def _in_the_plane() -> Case:
    labels, image = _regions(SHAPE, 10_000, np.inf), floats()
    ours = partial(region_table, labels, image, properties="all")
    theirs = partial(_by_scikit_image, labels, image, _THEIRS + _IN_THE_PLANE)

    def note() -> str:
        table, found = ours(), theirs()
        names = {
            "area_convex": "convex_area",
            "perimeter_crofton": "perimeter",
            "axis_major_length": "major_axis_length",
        }
        apart = max(np.abs(table[ours_] / found[name] - 1).max() for name, ours_ in names.items())
        return f"{len(table)} columns, hulls, perimeters and axes within {apart:.0e} of theirs"

    return Case(
        "table of 10 000 regions, all columns with hulls and percentiles, 12 Mpx, float32",
        ours,
        [Peer("scikit-image, its columns", theirs, 100)],
        note,
        48,
    )


def _common() -> Case:
    labels, image = _regions(SHAPE, 10_000, np.inf), floats()
    names = [
        "label", "area", "centroid", "bbox", "equivalent_diameter_area", "axis_major_length", "axis_minor_length",
        "eccentricity", "orientation", "perimeter_crofton", "intensity_min", "intensity_max", "intensity_mean",
        "intensity_std",
    ]  # fmt: skip
    return Case(
        "table of 10 000 regions, the common columns, 12 Mpx, float32",
        partial(region_table, labels, image),
        [Peer("scikit-image", partial(regionprops_table, labels, image, properties=names), 100)],
        most=48,
    )


def _in_space() -> Case:
    image = volume()
    labels = _regions(image.shape, 300, 0.5)
    return Case(
        "table of 300 bodies, all columns with hulls and percentiles, 256^3, float32",
        partial(region_table, labels, image, properties="all", channel_axis=None),
        [Peer("scikit-image, its columns", partial(_by_scikit_image, labels, image, _THEIRS), 20)],
    )
