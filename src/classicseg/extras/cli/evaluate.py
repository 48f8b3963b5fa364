"""Scores of a label image beside the truth, on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray

from classicseg import metrics
from classicseg.extras.cli.options import Integer
from classicseg.extras.files import MAX_PIXELS, check_outputs, read_markers, read_mask, write_table

_LIMIT = Integer(MAX_PIXELS)
Score = tuple[str, str, float]
"""What it looks at, its name, and its value."""


def evaluate(
    labels: Annotated[Path, Parameter(name="LABELS", help="The labels to judge, an image file.")],
    truth: Annotated[Path, Parameter(name="TRUTH", help="The true labels, an image file of the same size.")],
    /,
    *,
    ignore_label: Annotated[Integer | None, Parameter(help="Pixels of this true label do not count.")] = None,
    mask: Annotated[
        Path | None, Parameter(help="An image file of the same size: a pixel counts where it is not 0.")
    ] = None,
    tolerance: Annotated[
        float, Parameter(help="How far boundaries may be off, as a share of the diagonal.")
    ] = 0.0075,
    table: Annotated[Path | None, Parameter(help="Also write the scores to this file (CSV).")] = None,
    max_pixels: Annotated[Integer, Parameter(help="Refuse files of more pixels times pages.")] = _LIMIT,
) -> int:
    """Score labels against the truth: overlap, partition, boundaries, objects."""
    check_outputs([] if table is None else [table], [labels, truth, *([] if mask is None else [mask])])
    found, true = (read_markers(path, max_pixels=max_pixels) for path in (labels, truth))
    if found.shape != true.shape:
        raise ValueError(f"{labels} has the shape {found.shape}, and {truth} {true.shape}; expected the same")
    kept = None if mask is None else read_mask(mask, max_pixels=max_pixels)
    options = {"ignore_label": ignore_label, "mask": kept}
    scores = list(_scores(true, found, options, tolerance))
    if table is not None:
        write_table(table, ["of", "score", "value"], scores)
    _print_scores(scores)
    return 0


def _scores(
    truth: NDArray[Any], labels: NDArray[Any], options: dict[str, Any], tolerance: float
) -> Iterator[Score]:
    yield "labels as numbered", "pixel accuracy", metrics.pixel_accuracy(truth, labels, **options)
    yield "labels as numbered", "mean IoU", metrics.iou(truth, labels, **options).mean
    yield "labels as numbered", "mean Dice", metrics.dice(truth, labels, **options).mean
    renamed = metrics.match_labels(truth, labels, **options)
    yield "labels renamed to fit", "pixel accuracy", metrics.pixel_accuracy(truth, renamed, **options)
    yield "labels renamed to fit", "mean IoU", metrics.iou(truth, renamed, **options).mean
    yield "partition", "covering of the truth", metrics.segmentation_covering(truth, labels, **options)
    yield "partition", "adjusted Rand index", metrics.adjusted_rand_index(truth, labels, **options)
    yield "partition", "adapted Rand error", metrics.adapted_rand_error(truth, labels, **options).error
    information = metrics.variation_of_information(truth, labels, **options)
    yield "partition", "variation of information, split, bits", information.split
    yield "partition", "variation of information, merge, bits", information.merge
    boundary = metrics.boundary_f1(truth, labels, tolerance=tolerance, **options)
    yield from (
        ("boundaries", name, value) for name, value in zip(("F", "precision", "recall"), boundary, strict=True)
    )
    quality = metrics.panoptic_quality(truth, labels, **options)
    yield "objects", "panoptic quality", quality.quality
    yield "objects", "average precision", metrics.average_precision(truth, labels, **options).mean
    if all(len(np.unique(array[array > 0])) <= 1 for array in (truth, labels)):
        yield "two-valued", "F-measure", metrics.f_measure(truth, labels, **options)
        yield "two-valued", "DRD", metrics.drd(truth, labels, **options)
        yield "two-valued", "Hausdorff distance, pixels", metrics.hausdorff(truth, labels, **options)
        yield "two-valued", "Hausdorff distance, 95 %", metrics.hausdorff95(truth, labels, **options)
        yield "two-valued", "mean surface distance", metrics.average_surface_distance(truth, labels, **options)


def _print_scores(scores: list[Score]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("of", "score")
    table.add_column("value", justify="right")
    previous = ""
    for part, name, value in scores:
        table.add_row(part if part != previous else "", name, f"{value:.4f}")
        previous = part
    Console().print(table)
