"""The work of outlines: exact polygons of many regions, and simplified ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import measure

from benchmarks.images import few_colors
from benchmarks.speed.measure import Case, Peer
from classicseg import region_outlines, slic_segment

_N_REGIONS = 10_000


def cases() -> Iterator[Callable[[], Case]]:
    """Each case makes its labels when it is called for."""
    yield _exact
    yield _of_few
    yield _simplified


@cache
def _labels() -> NDArray[np.int32]:
    return slic_segment(few_colors(), n_segments=_N_REGIONS)


def _by_rasterio(labels: NDArray[np.int32]) -> list[Any]:
    from rasterio import features

    return list(features.shapes(labels, mask=labels > 0, connectivity=4))


def _by_contours(labels: NDArray[np.int32]) -> list[Any]:
    """A contour for each region, in its box: lines through the centers of pixels, which is less than is asked."""
    found = []
    for label, box in enumerate(ndimage.find_objects(labels), 1):
        found += measure.find_contours(np.pad(labels[box] == label, 1), 0.5)
    return found


def _exact() -> Case:
    labels = _labels()
    ours = partial(region_outlines, labels)

    def note() -> str:
        outlines, theirs = ours(), _by_rasterio(labels)
        return f"polygons: {len(outlines.label)}, {len(theirs)}; points: {len(outlines.points)}"

    return Case(
        f"outlines of {labels.max()} superpixels, {labels.size / 1e6:.0f} Mpx, exact",
        ours,
        [
            Peer("rasterio.features.shapes", partial(_by_rasterio, labels), 1),
            Peer("skimage.measure.find_contours, each region in its box", partial(_by_contours, labels), 10),
        ],
        note,
    )


def _of_few() -> Case:
    """Masks of the whole image, as most people write it, take too long for more."""
    labels = _labels()[:1000, :1200]

    def by_contours() -> list[Any]:
        return [measure.find_contours(np.pad(labels == label, 1), 0.5) for label in np.unique(labels)]

    return Case(
        f"outlines of {len(np.unique(labels))} superpixels, {labels.size / 1e6:.1f} Mpx, exact",
        partial(region_outlines, labels),
        [Peer("skimage.measure.find_contours, a mask of each region", by_contours, 50)],
    )


def _by_shapely(labels: NDArray[np.int32]) -> Any:
    import shapely
    from shapely.geometry import shape

    return shapely.coverage_simplify([shape(polygon) for polygon, _ in _by_rasterio(labels)], 1.0)


def _simplified() -> Case:
    labels = _labels()
    ours = partial(region_outlines, labels, tolerance=1.0)

    def note() -> str:
        import shapely

        return f"points: {len(ours().points)}, {shapely.get_num_coordinates(_by_shapely(labels)).sum()}"

    peer = Peer("rasterio and shapely.coverage_simplify", partial(_by_shapely, labels), 1)
    return Case(
        f"outlines of {labels.max()} superpixels, {labels.size / 1e6:.0f} Mpx, tolerance 1 pixel",
        ours,
        [peer],
        note,
    )
