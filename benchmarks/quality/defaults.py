"""The defaults of methods that make regions, searched for on the training images of BSDS500.

What goes by the image's own contrast is searched for as a share of it. The score is the covering of what people
drew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

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
    tables.append(_seeded(samples))
    return Section("Defaults (BSDS500 train)", "\n\n".join(tables))


def _seeded(samples: sets.Samples) -> str:
    """The tolerance of growth from one seed, the pixel of a region that is farthest from its border.

    Regions are those of the first person, of 400 pixels or more, on every seventh image.
    """
    overlaps: dict[float, list[float]] = {share: [] for share in _SHARES}
    leaks: dict[float, list[bool]] = {share: [] for share in _SHARES}
    for image, truth in zip(samples.images[::7], samples.truths[::7], strict=True):
        for region in (truth.segmentations[0] == name for name in np.unique(truth.segmentations[0])):
            if region.sum() < 400:
                continue
            inner = ndimage.distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1]
            seed = np.unravel_index(inner.argmax(), inner.shape)
            for share in _SHARES:
                grown = region_growing_segment(image, seeds=[seed], tolerance=share * _deviation(image)) > 0
                overlaps[share].append((grown & region).sum() / (grown | region).sum())
                leaks[share].append(grown.sum() > 2 * region.sum())
    rows = [(f"{share:g}", f"{fmean(overlaps[share]):.3f}", f"{fmean(leaks[share]):.2f}") for share in _SHARES]
    header = ["share", "IoU", "regions that grow to more than twice their area"]
    title = "region_growing_segment from a seed: tolerance, of the deviation of values"
    return f"### {title}\n\n{markdown(header, rows, 0)}"


def _covering(truth: Humans, labels: NDArray[np.int32]) -> float:
    return segmentation_covering(truth.segmentations, labels)


def _deviation(image: NDArray[Any]) -> float:
    return float(np.sqrt(image.reshape(-1, 3).var(axis=0).sum()))


def _grow(image: NDArray[Any], *, share: float) -> NDArray[np.int32]:
    return region_growing_segment(image, tolerance=share * _deviation(image))


def _flood(image: NDArray[Any], *, sigma: float, share: float) -> NDArray[np.int32]:
    depth = share * float(gradient_magnitude(image, sigma=sigma).std())
    return watershed_segment(image, sigma=sigma, min_depth=depth)


_SHARES = (0.3, 0.4, 0.5, 0.6, 0.75, 1.0)
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
