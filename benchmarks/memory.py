"""The most memory that a call takes beyond its input and its labels, measured in a process of its own."""

from __future__ import annotations

import functools
import gc
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.images import few_colors, floats, grey, many_colors
from classicseg import (
    canny_edges,
    kmeans_segment,
    local_threshold_segment,
    region_growing_segment,
    threshold_segment,
    watershed_segment,
)


def _marked() -> NDArray[np.uint8]:
    """The image, after its markers, which are input too."""
    _markers(grey().shape)
    return grey()


@functools.cache
def _markers(shape: tuple[int, int]) -> NDArray[np.int32]:
    markers = np.zeros(shape, np.int32)
    grid = markers[15::30, 15::30]
    grid[:] = np.arange(1, grid.size + 1).reshape(grid.shape)
    return markers


def _grown(image: NDArray[np.uint8], criterion: Any, tolerance: float) -> NDArray[np.int32]:
    """A region over half of the image or more."""
    seed = (min(500, len(image) - 1), min(500, image.shape[1] - 1))
    return region_growing_segment(image, seeds=seed, criterion=criterion, tolerance=tolerance)


CALLS = {
    "k-means (8), uint8 RGB, 113 k colors": (few_colors, lambda image: kmeans_segment(image, n_clusters=8)),
    "k-means (8), uint8 RGB, 1.3 M colors": (many_colors, lambda image: kmeans_segment(image, n_clusters=8)),
    "Otsu, uint8": (grey, threshold_segment),
    "Sauvola, window 75, uint8": (grey, lambda image: local_threshold_segment(image, window=75)),
    "Canny, sigma 1, numbers for thresholds": (floats, lambda image: canny_edges(image, low=3, high=8)),
    "Canny, sigma 1, Otsu": (floats, canny_edges),
    "watershed, uint8, markers every 30 pixels": (
        _marked,
        lambda image: watershed_segment(image, markers=_markers(image.shape), surface="image"),
    ),
    "region growing by seed, uint8": (grey, lambda image: _grown(image, "seed", 70)),
    "region growing by neighbor, uint8": (grey, lambda image: _grown(image, "neighbor", 4)),
}
_SIX_BYTES = "72 MB: 6 bytes a pixel"
MOST = {
    "k-means": "80 MB + 1 byte a pixel",
    "Otsu": "",
    "Sauvola": "16 MB",
    "Canny": _SIX_BYTES,
    "watershed": _SIX_BYTES,
    "region growing": "24 MB: 2 bytes a pixel",
}


@dataclass(frozen=True)
class Peak:
    """One line of the table."""

    work: str
    megabytes: float
    most: str


def peaks() -> Iterator[Peak]:
    """Measure each call in a fresh process."""
    for name in CALLS:
        command = [sys.executable, "-m", "benchmarks.memory", name]
        printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        most = next(text for start, text in MOST.items() if name.startswith(start))
        yield Peak(name, float(printed), most)


def table(rows: list[Peak]) -> str:
    """The rows in Markdown."""
    lines = ["| work on 12 Mpx | MB beyond input and labels | at most |", "|---|---:|---|"]
    lines += [f"| {row.work} | {row.megabytes:.1f} | {row.most} |" for row in rows]
    return "\n".join(lines)


def _measure(name: str) -> float:
    make, call = CALLS[name]
    image: NDArray[np.uint8] = make()
    call(image[:300, :400].copy())  # compiled, and the pool's threads are there
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # start the high-water mark anew (Linux)
    before = _kilobytes("VmRSS")
    labels = call(image)
    return (_kilobytes("VmHWM") - before - labels.nbytes / 1024) / 1024


def _kilobytes(field: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return float(next(line for line in lines if line.startswith(field)).split()[1])


if __name__ == "__main__":
    print(_measure(sys.argv[1]))
