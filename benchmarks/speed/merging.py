"""The work of merging: trees from a graph of regions and from pixels, and one threshold of superpixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from benchmarks.images import photograph
from benchmarks.speed.measure import Case, Peer
from classicseg import connected_regions, cut_tree, gradient_magnitude, merge_tree, slic_segment
from classicseg._core.image import as_image
from classicseg.regions.graph import contacts_of
from classicseg.trees.criteria import CRITERIA, prices_of
from classicseg.trees.measures import measures_of
from classicseg.trees.merging import Contacts, Measures, merge_all
from classicseg.trees.region_tree import region_tree


def cases() -> Iterator[Callable[[], Case]]:
    """Each case makes its images when it is called for."""
    yield partial(_of_regions, "ward")
    yield partial(_of_regions, "border")
    yield _of_pixels
    yield _one_threshold


def _of_regions(criterion: str) -> Case:
    """The graph of 10 000 superpixels is given to both."""
    image = photograph()
    regions = connected_regions(slic_segment(image, n_segments=10000))
    measures = measures_of(as_image(image), regions, False, (1.0, 1.0))
    found = contacts_of(regions, gradient_magnitude(image, sigma=2), 1)
    table = np.empty((len(found.ends), 0))
    if CRITERIA[criterion].border_power > 0:
        table = np.column_stack([found.counts.sum(axis=1), found.strengths])

    def ours() -> object:
        ends = Contacts(found.ends.copy(), table.copy())
        rows = Measures(measures.table.copy(), *measures[1:])
        merges = merge_all(prices_of(criterion), rows, ends, np.ones(3), CRITERIA[criterion].waits)
        return region_tree(regions, measures.table[:, 0], *merges)

    def by_higra() -> object:
        import higra

        graph = higra.UndirectedGraph()
        graph.add_vertices(len(measures.table))
        graph.add_edges(*found.ends.T.astype(np.int64))
        if criterion == "ward":
            centers = measures.table[:, 1:] / measures.table[:, :1]
            return higra.binary_partition_tree_ward_linkage(graph, centers, measures.table[:, 0].copy())
        means = table[:, 1] / table[:, 0]
        return higra.binary_partition_tree_average_linkage(graph, means, table[:, 0].copy())

    work = f"tree of {len(measures.table)} regions by criterion {criterion!r}, their graph given"
    return Case(work, ours, [Peer("Higra", by_higra, 5)])


def _of_pixels() -> Case:
    image = photograph()

    def by_higra() -> object:
        import higra

        graph = higra.get_4_adjacency_graph(image.shape[:2])
        return higra.binary_partition_tree_ward_linkage(graph, image.reshape(-1, 3).astype(float))

    ours = partial(merge_tree, image, criterion="ward")
    return Case("tree of pixels by Ward's criterion, RGB, 0.8 Mpx", ours, [Peer("Higra", by_higra, 15)])


def _one_threshold() -> Case:
    """The distance of the means, up to 20."""
    image = photograph()
    regions = connected_regions(slic_segment(image, n_segments=2000))

    def ours() -> object:
        return cut_tree(merge_tree(image, regions=regions, criterion="mean", weights=(1, 1, 1)), height=20)

    def by_scikit_image() -> object:
        from skimage import graph

        rag = graph.rag_mean_color(image, regions)
        return graph.merge_hierarchical(
            regions, rag, 20, rag_copy=False, in_place_merge=True, merge_func=_merge, weight_func=_weight
        )

    return Case(f"{len(np.unique(regions))} superpixels merged up to one distance of means, 0.8 Mpx", ours, [
        Peer("scikit-image", by_scikit_image, 100)
    ])  # fmt: skip


def _merge(graph: Any, one: int, other: int) -> None:
    for key in ("total color", "pixel count"):
        graph.nodes[other][key] += graph.nodes[one][key]
    graph.nodes[other]["mean color"] = graph.nodes[other]["total color"] / graph.nodes[other]["pixel count"]


def _weight(graph: Any, one: int, other: int, neighbor: int) -> dict[str, float]:
    apart = graph.nodes[other]["mean color"] - graph.nodes[neighbor]["mean color"]
    return {"weight": float(np.linalg.norm(apart))}
