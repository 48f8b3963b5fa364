"""The defaults of methods that make regions, searched for on the training images of BSDS500.

What goes by the image's own contrast is searched for as a share of it. The score is the covering of what people
drew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality import sets
from benchmarks.quality.sets import Humans
from benchmarks.tables import Section, markdown
from classicseg import boundary_segment, gradient_magnitude, region_growing_segment, watershed_segment
from classicseg.extras.tuning import tune
from classicseg.metrics import segmentation_covering


def defaults(data: Path) -> Section:
    """Search, and list what was tried."""
    samples = sets.bsds500(data / "bsds500", "train")
    tables = []
    for name, (segment, grid) in _SEARCHES.items():
        found = tune(segment, samples.images, samples.truths, metric=_covering, grid=grid)
        trials = sorted(found.trials, key=lambda trial: -(trial.score or 0))
        rows = [(*(f"{value:g}" for value in trial.setting.values()), f"{trial.score:.4f}") for trial in trials]
        tables.append(f"### {name}\n\n{markdown([*grid, 'covering'], rows, 0)}")
    return Section("Defaults (BSDS500 train)", "\n\n".join(tables))


def _covering(truth: Humans, labels: NDArray[np.int32]) -> float:
    return segmentation_covering(truth.segmentations, labels)


def _grow(image: NDArray[Any], *, share: float) -> NDArray[np.int32]:
    deviation = float(np.sqrt(image.reshape(-1, 3).var(axis=0).sum()))
    return region_growing_segment(image, tolerance=share * deviation)


def _flood(image: NDArray[Any], *, sigma: float, share: float) -> NDArray[np.int32]:
    depth = share * float(gradient_magnitude(image, sigma=sigma).std())
    return watershed_segment(image, sigma=sigma, min_depth=depth)


_SEARCHES: dict[str, tuple[Callable[..., NDArray[np.int32]], Mapping[str, Sequence[float]]]] = {
    "region_growing_segment: tolerance, of the deviation of values": (
        _grow,
        {"share": (0.5, 0.75, 1.0, 1.25)},
    ),
    "watershed_segment: sigma, and min_depth of the deviation of the gradient": (
        _flood,
        {"sigma": (1, 2, 3), "share": (0.5, 0.75, 1, 1.5)},
    ),
    "boundary_segment": (boundary_segment, {"sigma": (1.4, 2, 2.8, 4), "max_gap": (5, 8, 12)}),
}
