"""How the time of each method grows with the image, and what a second worker gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks.images import many_colors
from benchmarks.speed.measure import seconds
from benchmarks.tables import Section, markdown
from classicseg import (
    boundary_segment,
    canny_edges,
    connected_regions,
    gradient_segment,
    kmeans_segment,
    local_threshold_segment,
    region_growing_segment,
    set_workers,
    threshold_segment,
    watershed_segment,
)

_MEGAPIXELS = (0.25, 1, 4, 12, 50)
_WORKERS = (1, 2)
_SECONDS = 2.0
"""After a call to warm up, a call is repeated for about as long as this, 1 to 5 times."""


def n_measured() -> int:
    """How many times are measured."""
    return len(_calls(np.zeros((60, 60, 3), np.uint8))) * len(_MEGAPIXELS) * len(_WORKERS)


def times() -> Iterator[tuple[str, float, int, float]]:
    """The method, the megapixels, the workers and the median of the seconds."""
    for megapixels in _MEGAPIXELS:
        image = _image(megapixels)
        for name, call in _calls(image).items():
            for n_workers in _WORKERS:
                with set_workers(n_workers):
                    repeats = int(np.clip(_SECONDS / seconds(call), 1, 5))
                    again = [seconds(call) for _ in range(repeats)]
                yield name, megapixels, n_workers, float(np.median(again))


def scaling(found: list[tuple[str, float, int, float]]) -> Section:
    """Milliseconds a megapixel, by size; by size and workers in the plot."""
    by_key = {(name, megapixels, n_workers): value for name, megapixels, n_workers, value in found}
    names = list(dict.fromkeys(name for name, *_ in found))
    most = max(_WORKERS)
    rows = [
        [name]
        + [f"{1000 * by_key[name, size, most] / size:.1f}" for size in _MEGAPIXELS]
        + [f"{by_key[name, 12, 1] / by_key[name, 12, most]:.2f}"]
        for name in names
    ]
    header = ["method", *(f"{size:g} Mpx" for size in _MEGAPIXELS), f"{most} workers are faster by (12 Mpx)"]
    text = f"Milliseconds a megapixel of 8 bits, with {most} workers.\n\n{markdown(header, rows)}"
    return Section("Scaling", text, {"scaling": _plot(by_key, names)})


def _plot(by_key: dict[tuple[str, float, int], float], names: list[str]) -> Figure:
    figure = Figure(figsize=(8, 5), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    for number, name in enumerate(names):
        for n_workers, style in zip(_WORKERS, ("--", "-"), strict=True):
            values = [1000 * by_key[name, size, n_workers] for size in _MEGAPIXELS]
            label = name if n_workers == max(_WORKERS) else None
            axes.loglog(_MEGAPIXELS, values, style, color=f"C{number}", marker=".", label=label)
    axes.set(xlabel="megapixels", ylabel="milliseconds", title="one worker dashed, two drawn through")
    axes.set_xticks(_MEGAPIXELS, [f"{size:g}" for size in _MEGAPIXELS])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def _image(megapixels: float) -> NDArray[np.uint8]:
    """A part of the photograph, or several beside each other."""
    height, width = (round(length * (megapixels / 12) ** 0.5) for length in (3000, 4000))
    repeats = -(-height // 3000), -(-width // 4000), 1
    return np.ascontiguousarray(np.tile(many_colors(), repeats)[:height, :width])


def _calls(image: NDArray[np.uint8]) -> dict[str, Callable[[], Any]]:
    grey = np.ascontiguousarray(image[..., 1])
    halves = grey > 127
    markers = np.zeros(grey.shape, np.int32)
    markers[15::30, 15::30].flat = np.arange(1, markers[15::30, 15::30].size + 1)
    return {
        "threshold, Otsu": partial(threshold_segment, grey),
        "local threshold": partial(local_threshold_segment, grey),
        "gradient": partial(gradient_segment, grey),
        "k-means, 8 clusters, RGB": partial(kmeans_segment, image, n_clusters=8),
        "Canny": partial(canny_edges, grey),
        "boundary": partial(boundary_segment, grey),
        "watershed, markers every 30 pixels": partial(watershed_segment, grey, markers=markers),
        "growing from a seed": partial(
            region_growing_segment, grey, seeds=(grey.shape[0] // 2, grey.shape[1] // 2)
        ),
        "connected regions": partial(connected_regions, halves),
    }
