"""The work of cuts: the maximum flow on a grid, GrabCut, and ink on a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray
from skimage import data

from benchmarks.images import photograph
from benchmarks.speed.measure import Case, Peer
from classicseg import grabcut_segment, ink_segment
from classicseg._core.grid import pad
from classicseg._core.image import as_image
from classicseg.solvers.contrast import contrast_arcs, contrast_of
from classicseg.solvers.grid_flow import Grid, source_side

_BOX = (80, 100, 700, 930)
"""Around the cup, of 768 x 1024 pixels."""


def cases() -> Iterator[Callable[[], Case]]:
    """Each case makes its images when it is called for."""
    yield partial(_flow, 1)
    yield partial(_flow, 2)
    yield _grabcut
    yield _ink


def _flow(connectivity: int) -> Case:
    """The graph is made before, by both; only the flow is timed, and what it needs to begin."""
    image = as_image(photograph())
    arcs = contrast_arcs(image, contrast_of(image, 50.0, (1.0, 1.0), connectivity))
    gains = np.rint(_gains(image.values) * arcs.scale).astype(np.int32)
    terminals = pad(np.clip(gains, -arcs.bound, arcs.bound), 2).reshape(-1)

    def ours() -> object:
        return source_side(arcs.grid._replace(arcs=arcs.grid.arcs.copy(), terminals=terminals.copy()))

    peer = Peer("PyMaxflow", lambda: _built(arcs.grid, terminals).maxflow(), 1.2)
    n_neighbors = len(arcs.grid.offsets)
    return Case(f"maximum flow, {n_neighbors} neighbors, 0.8 Mpx; the peer builds its graph, too", ours, [peer])


def _gains(values: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Logarithms of how much more often a color is in the box than out of it."""
    bins = (values >> 4).astype(np.int64) @ np.array([256, 16, 1])
    inside = np.zeros(bins.shape, bool)
    inside[_BOX[0] : _BOX[2], _BOX[1] : _BOX[3]] = True
    counts = [np.bincount(bins[part], minlength=4096) + 1.0 for part in (inside, ~inside)]
    shares = [np.log(count / count.sum()) for count in counts]
    return (shares[0] - shares[1])[bins]


def _built(grid: Grid, terminals: NDArray[np.int32]) -> object:
    """The same graph as PyMaxflow has it."""
    import maxflow

    rows, columns = (length + 2 for length in grid.shape)
    graph = maxflow.GraphInt(rows * columns, rows * columns * len(grid.offsets) // 2)
    nodes = graph.add_grid_nodes((rows, columns))
    for direction in range(0, len(grid.offsets), 2):
        structure = np.zeros((3, 3))
        structure[tuple(1 + grid.steps[direction])] = 1
        weights = grid.arcs[:, direction].reshape(rows, columns)
        graph.add_grid_edges(nodes, weights, structure, symmetric=True)
    ends = terminals.reshape(rows, columns)
    graph.add_grid_tedges(nodes, ends.clip(0), -ends.clip(None, 0))
    return graph


def _grabcut() -> Case:
    image = photograph()
    ours = partial(grabcut_segment, image, box=_BOX, smoothness=50)  # as OpenCV's is
    work = "GrabCut, a box, 5 iterations, 8 neighbors, RGB, uint8, 0.8 Mpx"
    return Case(work, ours, [Peer("OpenCV", partial(_grabcut_of_opencv, image), 4)])


def _grabcut_of_opencv(image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    import cv2

    cv2.setRNGSeed(0)
    mask = np.zeros(image.shape[:2], np.uint8)
    box = (_BOX[1], _BOX[0], _BOX[3] - _BOX[1], _BOX[2] - _BOX[0])
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(np.ascontiguousarray(image[..., ::-1]), mask, box, *models, 5, cv2.GC_INIT_WITH_RECT)
    return mask % 2 == 1


def _ink() -> Case:
    page = np.tile(data.page(), (5, 3))
    work = f"ink on a page, grey, uint8, {page.size / 1e6:.1f} Mpx, asked are 2 s a megapixel; a local threshold"
    return Case(work, partial(ink_segment, page), [Peer("scikit-image", partial(_sauvola, page), 0)])


def _sauvola(page: NDArray[np.uint8]) -> NDArray[np.bool_]:
    from skimage.filters import threshold_sauvola

    return page < threshold_sauvola(page, 25)
