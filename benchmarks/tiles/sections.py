"""The tables: beside the whole image, beside dask-image, and by the number of tiles."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
from numpy.typing import NDArray

import classicseg
from benchmarks.tables import Section, markdown
from benchmarks.tiles import scene
from benchmarks.tiles.work import METHODS, OF_COLORS
from classicseg.extras import dask as tiled

_REPEATS = 3
_WHOLE = 12_000_000
_GRIDS = (10, 32, 100)
_PEER_GRIDS = (4, 8, 10)
_SMALL = 64


def beside_the_whole() -> Section:
    """400 megapixels in memory, in tiles; 12 as a whole; and a run from Zarr to Zarr in a process of its own."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for method, call in METHODS.items():
            colors = method in OF_COLORS
            source = Path(folder, "colors.zarr" if colors else "grey.zarr")
            if not source.exists():
                scene.write(source, colors=colors)
            small = np.ascontiguousarray(scene.part(colors=colors)[:3000, :4000])
            large = np.tile(scene.part(colors=colors), (5, 5, 1)[: small.ndim])
            chunked = da.from_array(large, chunks=(scene.CHUNK, scene.CHUNK, 3)[: small.ndim])
            whole, pieces = [], []
            for _ in range(_REPEATS):  # in turn
                whole.append(_seconds(lambda call=call, small=small: call(classicseg, small)))
                pieces.append(_seconds(lambda call=call, chunked=chunked: _each_corner(call(tiled, chunked))))
            mean = float(np.median(whole)) * scene.SIDE**2 / _WHOLE
            ours = float(np.median(pieces))
            del large, chunked
            run = _run(method, source, Path(folder, "labels.zarr"))
            times = (f"{mean:.2f}", f"{ours:.2f}", f"{ours / mean:.2f}")
            rows.append([method, *times, f"{run['seconds']:.1f}", f"{run['peak']:.0f}"])
    header = ["work", "whole, s", "in tiles, s", "ratio", "Zarr to Zarr, s", "peak, MB"]
    return Section("20 000 × 20 000 pixels in 25 tiles", f"{_EXPLAINED}\n\n{markdown(header, rows)}")


def beside_dask_image() -> Section:
    """Connected components of as many chunks as either can do."""
    from dask_image.ndmeasure import label

    rows = []
    for grid in (*_PEER_GRIDS, 32):
        image = _small_tiles(grid)
        ours = _median(lambda image=image: tiled.connected_regions(image).compute())
        cells = ["–", "–", "–"]
        if grid in _PEER_GRIDS:
            n_tasks = len(dict(label(image)[0].__dask_graph__()))
            theirs = _seconds(lambda image=image: label(image)[0].compute())
            cells = [f"{theirs:.2f}", f"{theirs / ours:.0f}", str(n_tasks)]
        n_ours = len(dict(tiled.connected_regions(image).__dask_graph__()))
        rows.append([f"{grid * grid} chunks", f"{ours:.3f}", *cells, str(n_ours)])
    header = ["components", "ours, s", "dask-image, s", "times", "its tasks", "our tasks"]
    return Section(f"Chunks of {_SMALL} × {_SMALL} pixels beside dask-image", markdown(header, rows))


def by_tiles() -> Section:
    """Tasks, seconds to build the graph and to compute it, by the number of tiles."""
    methods: dict[str, Callable[[da.Array], da.Array]] = {
        "threshold": lambda image: tiled.threshold_segment(image, thresholds=0.5),
        "components": tiled.connected_regions,
        "Canny": lambda image: tiled.canny_edges(image, sigma=0, high=0.2),
    }
    rows = []
    for method, call in methods.items():
        for grid in _GRIDS:
            image = _small_tiles(grid)
            built = _median(lambda call=call, image=image: call(image))
            listed = _median(lambda call=call, image=image: dict(call(image).__dask_graph__()))
            n_tasks = len(dict(call(image).__dask_graph__()))
            computed = _seconds(lambda call=call, image=image: call(image).compute())
            n = grid * grid
            times = (f"{built:.3f}", f"{listed:.3f}", f"{computed:.2f}", f"{1e3 * computed / n:.2f}")
            rows.append([method, n, n_tasks, f"{n_tasks / n:.1f}", *times])
    header = ["work", "tiles", "tasks", "per tile", "call, s", "graph, s", "compute, s", "ms per tile"]
    return Section(f"By the number of tiles, each {_SMALL} × {_SMALL} pixels", markdown(header, rows, 1))


_EXPLAINED = (
    "Seconds for 400 megapixels, medians of runs in turn: as a whole (12 megapixels, taken 33 times), and in "
    "tiles of an image in memory. From Zarr to Zarr, with all passes, in a process of its own; its peak of "
    "resident memory, libraries and compiled code included."
)


def _run(method: str, source: Path, target: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.tiles.work", method, str(source), str(target)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _each_corner(labels: da.Array) -> NDArray[Any]:
    """Compute all chunks and keep a pixel of each."""
    return labels.map_blocks(_corner, dtype=labels.dtype, meta=np.empty((0, 0), labels.dtype)).compute()


def _corner(block: NDArray[Any]) -> NDArray[Any]:
    return block[-1:, -1:].copy()  # a view would keep the block


def _small_tiles(grid: int) -> da.Array:
    """Made as they are needed, as tiles of a file are."""
    chunks = ((_SMALL,) * grid,) * 2
    return da.map_blocks(_blobs, chunks=chunks, dtype=np.uint8, meta=np.empty((0, 0), np.uint8))


def _blobs(block_id: tuple[int, ...]) -> NDArray[np.uint8]:
    coarse = np.random.default_rng(block_id).random((_SMALL // 8, _SMALL // 8)) > 0.5
    return np.kron(coarse, np.ones((8, 8), bool)).astype(np.uint8)


def _median(call: Callable[[], object]) -> float:
    return float(np.median([_seconds(call) for _ in range(_REPEATS)]))


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
