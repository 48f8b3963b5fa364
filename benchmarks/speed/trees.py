"""The work of trees: flat zones, watersheds by area, and cuts, beside Higra."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.images import grey
from benchmarks.speed.measure import Case, Peer
from classicseg import RegionTree, cut_tree, flat_zone_tree, watershed_tree

_LEVELS = [2, 3, 5, 8, 12, 18, 25, 35, 50, 70, 100, 140, 200, 280, 400, 560, 800, 1100, 1500, 2000]


def cases() -> Iterator[Callable[[], Case]]:
    """Each case makes its images when it is called for."""
    yield _flat_zones
    yield _area_watershed
    yield _cuts


def _small() -> NDArray[np.uint8]:
    """0.8 Mpx of the photograph."""
    return np.ascontiguousarray(grey()[:775, :1030])


def _higra_graph(image: NDArray[np.uint8]) -> tuple[Any, Any]:
    import higra

    graph = higra.get_4_adjacency_graph(image.shape)
    return graph, higra.weight_graph(graph, image.astype(np.float64), higra.WeightFunction.L1)


def _higra_flat_zones(image: NDArray[np.uint8]) -> Any:
    import higra

    return higra.quasi_flat_zone_hierarchy(*_higra_graph(image))


def _higra_area_watershed(image: NDArray[np.uint8]) -> Any:
    import higra

    return higra.watershed_hierarchy_by_area(*_higra_graph(image))


def _flat_zones() -> Case:
    image = _small()
    ours, theirs = partial(flat_zone_tree, image), partial(_higra_flat_zones, image)
    note = partial(_same_partitions, ours, theirs, [0, 1, 2, 3, 5, 10, 20, 50])
    return Case("flat-zone tree, uint8, 0.8 Mpx", ours, [Peer("Higra, its graph included", theirs, 6)], note)


def _area_watershed() -> Case:
    image = _small()
    ours = partial(watershed_tree, image, order="area", sigma=0)
    theirs = partial(_higra_area_watershed, image)
    note = partial(_same_partitions, ours, theirs, [0, 2, 5, 10, 50, 100, 1000, 10_000])
    peers = [Peer("Higra, its graph included", theirs, 12)]
    return Case("watershed tree by area, uint8, 0.8 Mpx", ours, peers, note)


def _cuts() -> Case:
    """Higra's labels are numbers of nodes; made to int32 they are as ours but for the numbers."""
    import higra

    image = _small()
    tree, (nodes, altitudes) = flat_zone_tree(image), _higra_flat_zones(image)
    explorer = higra.HorizontalCutExplorer(nodes, altitudes)

    def theirs() -> NDArray[np.int32]:
        cuts = [explorer.horizontal_cut_from_num_regions(n).labelisation_leaves(nodes) for n in _LEVELS]
        return np.stack(cuts).astype(np.int32)

    work = "20 cuts of 2 to 2000 segments, 0.8 Mpx"
    return Case(work, partial(cut_tree, tree, n_segments=_LEVELS), [Peer("Higra, one kept explorer", theirs, 6)])


def _same_partitions(ours: Callable[[], RegionTree], theirs: Callable[[], Any], heights: list[float]) -> str:
    import higra

    tree, (nodes, altitudes) = ours(), theirs()
    for height, labels in zip(heights, cut_tree(tree, height=heights), strict=True):
        names = higra.labelisation_horizontal_cut_from_threshold(nodes, altitudes, height)
        together = len(np.unique(labels.astype(np.int64) << 32 | names))
        assert together == labels.max() == len(np.unique(names))
    return f"the same partitions at {len(heights)} heights"
