"""Scores of a label image beside the truth, on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray

from classicseg import metrics
from classicseg.extras.cli.report import print_table
from classicseg.extras.files import MAX_PIXELS, check_outputs, read_markers, read_mask, write_table
from classicseg.extras.signatures import Integer

_LIMIT = Integer(MAX_PIXELS)
Score = tuple[str, str, float]
"""What it looks at, its name, and its value."""


def evaluate(
    labels: Annotated[Path, Parameter(name="LABELS", help="The labels to judge, an image file.")],
    truth: Annotated[Path, Parameter(name="TRUTH", help="The true labels, an image file of the same size.")],
    /,
    *,
    foreground: Annotated[
        Integer | None,
        Parameter(help="Of two-valued images: the true value that is looked for, such as 0 for ink."),
    ] = None,
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
    """Score labels against the truth: overlap, partition, boundaries, objects.

    Where both have two values, they are scored as ink and paper, too. Labels 1 and 2 beside a truth with 0 are its
    dark and its bright value, and the dark one is looked for; elsewhere it is what is not 0.
    """
    check_outputs([] if table is None else [table], [labels, truth, *([] if mask is None else [mask])])
    found, true = (_read(path, max_pixels) for path in (labels, truth))
    if found.shape != true.shape:
        raise ValueError(f"{labels} has the shape {found.shape}, and {truth} {true.shape}; expected the same")
    kept = None if mask is None else read_mask(mask, max_pixels=max_pixels)
    options = {"ignore_label": ignore_label, "mask": kept}
    found, page = _as_page(true, found, options, foreground)
    scores = list(_scores(true, found, options, tolerance))
    if page is not None:
        inside = np.ones(true.shape, bool) if kept is None else kept
        scores += _page_scores(*page, inside if ignore_label is None else inside & (true != ignore_label))
    if table is not None:
        write_table(table, ["of", "score", "value"], scores)
    _print_scores(scores)
    return 0


def _scores(
    truth: NDArray[Any], labels: NDArray[Any], options: dict[str, Any], tolerance: float
) -> Iterator[Score]:
    """All scores of labels: of what they judge, their name, their value."""
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


def _page_scores(truth: NDArray[np.bool_], labels: NDArray[np.bool_], mask: NDArray[np.bool_]) -> list[Score]:
    """Those of two sets of pixels."""
    return [
        ("two-valued", "F-measure", metrics.f_measure(truth, labels, mask=mask)),
        ("two-valued", "PSNR, dB", metrics.psnr(truth, labels, mask=mask, channel_axis=None)),
        ("two-valued", "DRD", metrics.drd(truth, labels, mask=mask)),
        ("two-valued", "Hausdorff distance, pixels", metrics.hausdorff(truth, labels, mask=mask)),
        ("two-valued", "Hausdorff distance, 95 %", metrics.hausdorff95(truth, labels, mask=mask)),
        ("two-valued", "mean surface distance", metrics.average_surface_distance(truth, labels, mask=mask)),
    ]


def _as_page(
    truth: NDArray[Any], labels: NDArray[Any], options: dict[str, Any], foreground: int | None
) -> tuple[NDArray[Any], tuple[NDArray[np.bool_], NDArray[np.bool_]] | None]:
    """Labels by the truth's names, and what is looked for in both; None where they are not two-valued.

    What was done is printed, where it is more than to look for what is not 0.
    """
    table = metrics.contingency_table(truth, labels, **options)
    names, given = table.truth.tolist(), table.labels.tolist()
    highest = max(names)
    are_classes = given == [1, 2] and names == [0, highest]
    if are_classes:
        labels = np.where(labels == 1, 0, highest).astype(np.int32)
        print(f"labels 1 and 2, dark and bright, are taken for the true values 0 and {highest}")
    elif any(len(set(side) - {0}) > 1 for side in (names, given)):
        if foreground is not None:
            raise ValueError(
                f"foreground is {foreground}; truth or labels have more than two values; leave it out"
            )
        return labels, None
    if foreground not in (None, 0, highest):
        raise ValueError(f"foreground is {foreground}, and the true values are {names}; expected one of them")
    is_dark = are_classes if foreground is None else foreground == 0
    if are_classes or foreground is not None:
        print(f"the true value {0 if is_dark else highest} is looked for; --foreground chooses")
    return labels, ((truth != 0) != is_dark, (labels != 0) != is_dark)


def _read(path: Path, max_pixels: int) -> NDArray[Any]:
    """Labels of a file, or of a Zarr that was written in tiles."""
    if not path.is_dir():
        return read_markers(path, max_pixels=max_pixels)
    from classicseg.extras.files.chunked import open_chunked

    stored = open_chunked(path, max_pixels=max_pixels).pixels
    if stored.dtype.kind not in "iub":
        raise ValueError(f"{path}: holds {stored.dtype}; expected whole numbers, one a pixel")
    return np.asarray(stored.compute())


def _print_scores(scores: list[Score]) -> None:
    """Print a table of scores; the scores of a kind follow its name."""
    from rich.table import Table

    table = Table("of", "score")
    table.add_column("value", justify="right")
    previous = ""
    for part, name, value in scores:
        table.add_row(part if part != previous else "", name, f"{value:.4f}")
        previous = part
    print_table(table)
