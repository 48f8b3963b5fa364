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

_FITTING = 0.005
"""Names fit where others would make no more pixels agree than this share."""
_MOST_CLASSES = 64
"""Of more true labels, which are objects rather than classes, none is scored by itself."""


def evaluate(
    labels: Annotated[Path, Parameter(name="LABELS", help="The labels to judge, an image file.")],
    truth: Annotated[Path, Parameter(name="TRUTH", help="The true labels, an image file of the same size.")],
    /,
    *,
    foreground: Annotated[
        Integer | None,
        Parameter(help="Of two-valued images: the true value that is looked for, such as 0 for ink."),
    ] = None,
    ignore_label: Annotated[
        list[Integer] | None,
        Parameter(
            help="Pixels of this true label do not count; several are typed 0 255 or 0,255.", negative_iterable=""
        ),
    ] = None,
    nodata: Annotated[
        list[Integer] | None,
        Parameter(
            help="Pixels that have this value in the truth or in the labels do not count; several are typed "
            "0 255 or 0,255.",
            negative_iterable="",
        ),
    ] = None,
    mask: Annotated[
        Path | None, Parameter(help="An image file of the same size: a pixel counts where it is not 0.")
    ] = None,
    tolerance: Annotated[
        float, Parameter(help="How far boundaries may be off, as a share of the diagonal.")
    ] = 0.0075,
    table: Annotated[Path | None, Parameter(help="Also write the scores to this file (CSV).")] = None,
    max_pixels: Annotated[Integer, Parameter(help="Refuse files of more pixels times pages.")] = _LIMIT,
) -> int:
    """Score labels against the truth: overlap, partition, boundaries, objects, and each class.

    First comes whether the labels have the truth's names. Where they do not, each class is scored under the name
    that fits it best.

    Where both have two values, they are scored as ink and paper, too. Labels 1 and 2 beside a truth with 0 are its
    dark and its bright value, and the dark one is looked for; elsewhere it is what is not 0.
    """
    check_outputs([] if table is None else [table], [labels, truth, *([] if mask is None else [mask])])
    found, true = (_read(path, max_pixels) for path in (labels, truth))
    if found.shape != true.shape:
        raise ValueError(f"{labels} has the shape {found.shape}, and {truth} {true.shape}; expected the same")
    kept = np.ones(true.shape, bool) if mask is None else read_mask(mask, max_pixels=max_pixels)
    if kept.shape == true.shape:  # else the first score says so
        kept = kept & _counts(true, found, ignore_label or [], nodata or [])
    options: dict[str, Any] = {"mask": kept}
    found, page = _as_page(true, found, options, foreground)
    scores = [] if page is None else _page_scores(*page, kept)
    if page is not None:
        f, psnr, drd = (value for _, _, value in scores[:3])
        print(f"F-measure {f:.4g}, PSNR {psnr:.4g} dB, DRD {drd:.4g}")
    renamed = metrics.match_labels(true, found, **options)
    fits = _say_names(true, found, renamed, options)
    names = [("labels as numbered", found), ("labels renamed to fit", renamed)]
    for part, judged in names if fits else names[::-1]:
        scores += _name_scores(part, true, judged, options)
    scores += [
        *_scores(true, found, options, tolerance),
        *_class_scores(true, found if fits else renamed, options),
    ]
    if table is not None:
        write_table(table, ["of", "score", "value"], scores)
    _print_scores(scores)
    return 0


def _scores(
    truth: NDArray[Any], labels: NDArray[Any], options: dict[str, Any], tolerance: float
) -> Iterator[Score]:
    """The scores that no names enter: of what they judge, their name, their value."""
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


def _counts(
    truth: NDArray[Any], labels: NDArray[Any], ignored: list[Integer], nodata: list[Integer]
) -> NDArray[np.bool_]:
    """Where a pixel counts."""
    for name, values in (("ignore_label", ignored), ("nodata", nodata)):
        if any(value < 0 for value in values):
            raise ValueError(f"{name} is {min(values)}; expected a label, a whole number >= 0")
    return ~(np.isin(truth, [*ignored, *nodata]) | np.isin(labels, nodata))


def _say_names(truth: NDArray[Any], labels: NDArray[Any], renamed: NDArray[Any], options: dict[str, Any]) -> bool:
    """Print whether the labels have the truth's names, and how much agrees; return it."""
    plain, fitted = (metrics.pixel_accuracy(truth, found, **options) for found in (labels, renamed))
    fits = bool(fitted - plain < _FITTING)
    if fits:
        print(f"the labels have the names of the truth: {plain:.1%} of the pixels agree")
    else:
        print(
            f"the labels have other names than the truth: {fitted:.1%} of the pixels agree when each is renamed "
            f"to fit, {plain:.1%} as numbered"
        )
    return fits


def _name_scores(part: str, truth: NDArray[Any], labels: NDArray[Any], options: dict[str, Any]) -> Iterator[Score]:
    """The scores that compare names."""
    yield part, "pixel accuracy", metrics.pixel_accuracy(truth, labels, **options)
    yield part, "mean IoU", metrics.iou(truth, labels, **options).mean
    yield part, "mean Dice", metrics.dice(truth, labels, **options).mean


def _class_scores(truth: NDArray[Any], labels: NDArray[Any], options: dict[str, Any]) -> Iterator[Score]:
    """The scores of each true class, where these are few enough to be classes."""
    named = set(metrics.contingency_table(truth, labels, **options).truth.tolist())
    if len(named) > _MOST_CLASSES:
        return
    iou, dice = metrics.iou(truth, labels, **options), metrics.dice(truth, labels, **options)
    for name, overlap, coefficient in zip(iou.label.tolist(), iou.score, dice.score, strict=True):
        if name in named:
            yield f"class {name}", "IoU", float(overlap)
            yield f"class {name}", "Dice", float(coefficient)


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
